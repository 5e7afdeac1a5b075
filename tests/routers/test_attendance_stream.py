"""Counters as they change: what a listener hears, for how long, and what it costs."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI, routing
from httpx import AsyncClient
from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock, stopping
from service.auth import ANONYMOUS, Actor, Permission
from service.db import Database
from service.domain.attendance_counters import Counters
from service.models.organizers import ApiKey, Membership, Role, Staff, StaffSession
from service.routers import live
from service.routers.live import LiveCounters
from tests import factories
from tests.support.door import Door, scan
from tests.support.online import MORNING
from tests.support.statements import counted
from tests.support.streams import Message, listening

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""What has nothing to do with the database."""


@pytest.fixture
async def door(client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> Door:
    clock.freeze(MORNING)
    monkeypatch.setattr(live, "POLL_SECONDS", 0.02)
    return await Door.open(client, database)


def path(door: Door) -> str:
    return f"/api/v1/workshops/{door.workshop.id}/attendance/stream"


def count(message: Message) -> int:
    found: int = json.loads(message["data"])["blocks"][0]["present"]["unique"]
    return found


async def test_the_stream_sends_the_counters_now_and_after_each_change(door: Door, app: FastAPI) -> None:
    _, ticket = await door.person()
    async with listening(app, path(door), door.staff) as stream:
        assert await stream.heard() == {"comment": "counters", "retry": "2000"}
        assert count(await stream.event()) == 0
        await door.send(scan(ticket, MORNING))
        assert count(await stream.event()) == 1
    assert app.state.live._feeds == {}


async def test_who_comes_back_is_told_only_what_it_does_not_know(door: Door, app: FastAPI) -> None:
    _, ticket = await door.person()
    async with listening(app, path(door), door.staff) as stream:
        known = (await stream.event())["id"]
        again = door.staff | {"Last-Event-ID": known}
        async with listening(app, path(door), again) as second:
            assert await second.heard() == {"comment": "counters", "retry": "2000"}
            await door.send(scan(ticket, MORNING))
            assert count(await second.event()) == 1
        async with listening(app, path(door), again) as third:
            assert count(await third.event()) == 1
        async with listening(app, path(door), door.staff | {"Last-Event-ID": "of another time"}) as fourth:
            assert count(await fourth.event()) == 1


@ON_SQLITE
async def test_a_quiet_stream_is_kept_open_by_comments(
    door: Door, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.05)
    async with listening(app, path(door), door.staff) as stream:
        await stream.event()
        assert await stream.heard() == {"comment": "ping"}


@ON_SQLITE
async def test_a_stream_ends_after_its_time(door: Door, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.1)
    async with listening(app, path(door), door.staff) as stream:
        await stream.event()
        assert await stream.heard() is None


async def sign_in(door: Door, role: Role = Role.VIEWER) -> tuple[Staff, StaffSession, dict[str, str]]:
    async with door.database.write() as session:
        person = await factories.staff(session, door.house, role)
        cookie, row = await auth.open_session(session, person, door.house.id)
        return person, row, {"Cookie": f"bimtek={cookie}"}


async def test_a_stream_ends_soon_after_its_caller_may_no_longer_watch(
    door: Door, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.0)
    people = {how: await sign_in(door) for how in ("sign out", "membership", "role", "disabled")}
    _, _, colleague = await sign_in(door)
    callers = {how: cookie for how, (_person, _session, cookie) in people.items()} | {"key": door.staff}
    async with contextlib.AsyncExitStack() as opened:
        other, *streams = [
            await opened.enter_async_context(listening(app, path(door), headers))
            for headers in (colleague, *callers.values())
        ]
        for stream in (other, *streams):
            await stream.event()
        for how, stream in zip(callers, streams, strict=True):
            async with door.database.write() as session:
                await lose(session, how, *people.get(how, people["role"])[:2])
            assert await stream.heard() is None, how
        _, ticket = await door.person()
        await door.send(scan(ticket, MORNING))
        assert count(await other.event()) == 1
        for how, headers in callers.items():
            again = await opened.enter_async_context(listening(app, path(door), headers))
            await again.heard()
            assert again.status in {401, 403}, how


async def lose(session: AsyncSession, how: str, person: Staff, signed_in: StaffSession) -> None:
    """Takes from somebody what a stream needs."""
    if how == "sign out":
        await session.delete(await session.get_one(StaffSession, signed_in.id))
    elif how == "disabled":
        (await session.get_one(Staff, person.id)).disabled_at = clock.now()
    elif how == "key":
        await session.exec(update(ApiKey).values(revoked_at=clock.now()))
    else:
        changed = {"disabled_at": clock.now()} if how == "membership" else {"role": Role.DOOR}
        await session.exec(update(Membership).where(col(Membership.staff_id) == person.id).values(**changed))


@contextlib.asynccontextmanager
async def crowd(streams: LiveCounters, door: Door, listeners: int) -> AsyncIterator[asyncio.Queue[Counters]]:
    """So many who have heard the counters once; afterwards nobody polls but the test."""
    heard: asyncio.Queue[Counters] = asyncio.Queue()
    async with door.database.read() as session:
        actor = await auth.identify(session, door.staff["Authorization"].removeprefix("Bearer "), None)

    async def listen() -> None:
        async with contextlib.aclosing(streams.listen(door.workshop, actor)) as stream:
            async for counters in stream:
                await heard.put(counters)

    tasks = [asyncio.create_task(listen()) for _ in range(listeners)]
    async with asyncio.timeout(10):
        for _ in tasks:
            await heard.get()
    yield heard
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def cost(door: Door, listeners: int) -> tuple[list[int], list[int]]:
    """Statements of a look while nothing happens, of one after a scan that all hear, and of a check of permissions."""
    streams = LiveCounters(door.database)
    _, ticket = await door.person()
    looks = []
    async with crowd(streams, door, listeners) as heard:
        await streams.look()
        for step in ("nothing", "scan", "check"):
            if step == "scan":
                await door.send(scan(ticket, MORNING))
            with counted(door.database) as seen:
                await (streams.check() if step == "check" else streams.look())
            looks.append(len(seen))
        async with asyncio.timeout(10):
            told = [await heard.get() for _ in range(listeners)]
    return looks, [len({one.etag for one in told}), len(told)]


async def test_fifty_listeners_cost_the_statements_of_one(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS", 3600)
    one, fifty = await cost(door, 1), await cost(door, 50)
    assert one[0] == fifty[0]
    assert (one[1], fifty[1]) == ([1, 1], [1, 50])
    # BEGIN on SQLite, and the question whether anything happened.
    assert fifty[0][0] <= 2


@ON_SQLITE
async def test_every_stream_ends_when_the_process_is_asked_to(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_requested", False)
    streams = LiveCounters(door.database)
    heard = []

    async def listen() -> None:
        async for counters in streams.listen(door.workshop, ANONYMOUS):
            heard.append(counters)
            if len(heard) == 2:
                stopping.request()

    async with asyncio.timeout(10):
        await asyncio.gather(listen(), listen())
    assert len(heard) == 2


async def test_nobody_else_is_taken_for_a_watcher(door: Door) -> None:
    async with door.database.read() as session:
        key = await auth.identify(session, door.staff["Authorization"].removeprefix("Bearer "), None)
        assert await auth.still(session, [key]) == {key.id: key}
        device = await auth.identify(session, door.headers["Authorization"].removeprefix("Bearer "), None)
        assert await auth.still(session, [device, ANONYMOUS]) == {}
    expired = Actor(key.kind, factories.some_id(), key.organizer_id, frozenset({Permission.ATTENDANCE_READ}))
    async with door.database.write() as session:
        await session.exec(update(ApiKey).values(expires_at=clock.real_now() - timedelta(seconds=1)))
        assert await auth.still(session, [key, expired]) == {}
