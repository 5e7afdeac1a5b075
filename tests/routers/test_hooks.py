"""Incoming webhooks: only what is signed, now, and ours has an effect; the answer comes before the work."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.outbox import EventRow
from service.models.rooms import RoomNotice
from service.settings import Settings
from service.worker import Worker
from tests.factories import at
from tests.simulators.zoom import Hook, ZoomSimulator
from tests.support.zoomed import Zoomed, zoomed

MORNING = at("07-03 09:00")


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, zoom: ZoomSimulator) -> Settings:
    return settings.model_copy(update=dict(zoom.settings()))


@pytest.fixture
async def world(database: Database, worker: Worker, zoom: ZoomSimulator) -> Zoomed:
    return await zoomed(database, worker, zoom)


async def send(
    client: AsyncClient, raw: bytes, headers: dict[str, str], house: str, prefix: str = "/api/v1"
) -> Response:
    return await client.post(f"{prefix}/webhooks/zoom/{house}", content=raw, headers=headers)


async def kept(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(row.kind for row in await session.exec(select(RoomNotice)))


async def a_visit(world: Zoomed) -> list[Hook]:
    person = await world.person()
    await world.open_room()
    connection = world.zoom.join((await world.links())[person.id], at=MORNING)
    world.zoom.leave(connection, at=MORNING + timedelta(hours=1))
    clock.freeze(MORNING + timedelta(hours=1))
    return world.zoom.hooks


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_what_the_provider_tells_is_kept_once_however_often_it_repeats_itself(
    client: AsyncClient, database: Database, world: Zoomed, prefix: str
) -> None:
    hooks = await a_visit(world)
    answers = [
        await send(client, hook.raw, world.zoom.signed(hook.raw), world.house.slug, prefix) for hook in [*hooks, *hooks]
    ]
    assert [answer.json() for answer in answers] == [{"kept": 1}] * 3 + [{"kept": 0}] * 3
    assert await kept(database) == ["joined", "left", "started"]
    async with database.read() as session:
        rows = (await session.exec(select(EventRow).where(EventRow.type == "room.noticed"))).all()
    assert (len(rows), {row.actor for row in rows}) == (3, {"zoom"})


async def test_without_a_fresh_signature_of_ours_nothing_happens(
    client: AsyncClient, database: Database, world: Zoomed
) -> None:
    raw = (await a_visit(world))[0].raw
    now = clock.real_now()
    wrong = [
        {},
        world.zoom.signed(raw, secret="another"),
        world.zoom.signed(raw + b" "),
        world.zoom.signed(raw, at=now - timedelta(seconds=310)),
        world.zoom.signed(raw, at=now + timedelta(seconds=310)),
        {name: value for name, value in world.zoom.signed(raw).items() if name != "x-zm-request-timestamp"},
        world.zoom.signed(raw) | {"x-zm-request-timestamp": "soon"},
    ]
    answers = [await send(client, raw, headers, world.house.slug) for headers in wrong]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "wrong_signature")}
    assert await kept(database) == []


async def test_an_address_with_an_unknown_house_does_not_work_from_the_first_question_on(
    client: AsyncClient, database: Database, world: Zoomed, zoom: ZoomSimulator
) -> None:
    raw, question = (await a_visit(world))[0].raw, zoom.validation()
    assert (await send(client, question, zoom.signed(question), "nobody")).status_code == 404
    assert (await send(client, raw, zoom.signed(raw), "nobody")).status_code == 404
    assert (await send(client, raw, {}, "nobody")).status_code == 401
    assert await kept(database) == []


async def test_the_question_whether_the_address_is_ours_is_answered(client: AsyncClient, world: Zoomed) -> None:
    raw = world.zoom.validation()
    answer = await send(client, raw, world.zoom.signed(raw), world.house.slug)
    assert (answer.status_code, set(answer.json())) == (200, {"plainToken", "encryptedToken"})


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"event": "meeting.ended"}', b"\xff\xfe"])
async def test_what_is_signed_but_cannot_be_read_is_400(client: AsyncClient, world: Zoomed, raw: bytes) -> None:
    answer = await send(client, raw, world.zoom.signed(raw), world.house.slug)
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_notice")


async def test_names_that_no_database_keeps_are_cleaned(client: AsyncClient, database: Database, world: Zoomed) -> None:
    room = await world.open_room()
    world.zoom.join_unknown(room.external_id or "", "Tamu\x00 " + "x" * 400, at=MORNING)
    raw = world.zoom.hooks[-1].raw
    assert (await send(client, raw, world.zoom.signed(raw), world.house.slug)).json() == {"kept": 1}
    async with database.read() as session:
        (row,) = (await session.exec(select(RoomNotice))).all()
    assert row.display_name == ("Tamu " + "x" * 400)[:300]


async def test_a_provider_that_is_not_set_up_is_not_found(
    client: AsyncClient, database: Database, world: Zoomed
) -> None:
    raw = (await a_visit(world))[0].raw
    database.settings.zoom_account_id = None
    answers = [await send(client, raw, headers, world.house.slug) for headers in ({}, world.zoom.signed(raw))]
    assert {answer.status_code for answer in answers} == {404}
    assert (await client.post(f"/api/v1/webhooks/static/{world.house.slug}")).status_code in {404, 405}
