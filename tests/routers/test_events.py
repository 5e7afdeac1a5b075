"""The change feed shows sealed events, whole and in order, to whoever may read them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import update
from starlette.requests import Request

from service import clock, outbox
from service.auth import Permission, system
from service.db import Database
from service.domain import events
from service.events import WorkshopChanged, WorkshopPublished
from service.migrate import migrate
from service.models.organizers import ApiKey, Organizer
from service.routers.events import StreamQuery, stream_events
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.conftest import SECRET
from tests.support.server import Server

EVENTS = "/api/v1/events"


async def _record(database: Database, house: Organizer, count: int) -> None:
    """`count` publications, and as many changes."""
    some = factories.some_id()
    async with database.write() as session:
        for _number in range(count):
            await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=some))
            await outbox.record(session, WorkshopChanged(organizer_id=house.id, workshop_id=some, what="venue"))


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session)


@pytest.fixture
async def reader(database: Database, house: Organizer) -> dict[str, str]:
    async with database.write() as session:
        return await factories.api_key(session, house, Permission.EVENTS_READ)


async def test_only_sealed_events_are_shown(
    client: AsyncClient, database: Database, worker: Worker, house: Organizer, reader: dict[str, str]
) -> None:
    await _record(database, house, 1)
    assert (await client.get(EVENTS, headers=reader)).json() == {"items": [], "next": None}
    await worker.drain()
    items = (await client.get(EVENTS, headers=reader)).json()["items"]
    assert [(item["sequence"], item["type"]) for item in items] == [(1, "workshop.published"), (2, "workshop.changed")]
    assert items[1]["data"]["what"] == "venue"


async def test_a_reader_that_keeps_its_last_sequence_sees_every_event_once(
    client: AsyncClient, database: Database, worker: Worker, house: Organizer, reader: dict[str, str]
) -> None:
    await _record(database, house, 4)
    await worker.drain()
    seen: list[int] = []
    after: str | None = "0"
    while after is not None:
        page = (await client.get(EVENTS, params={"after": after, "limit": 3}, headers=reader)).json()
        seen += [item["sequence"] for item in page["items"]]
        after = page["next"]
    assert seen == list(range(1, 9))


async def test_types_filter_and_a_misspelt_one_is_refused(
    client: AsyncClient, database: Database, worker: Worker, house: Organizer, reader: dict[str, str]
) -> None:
    await _record(database, house, 2)
    await worker.drain()
    page = (await client.get(EVENTS, params={"type": "workshop.changed"}, headers=reader)).json()
    assert [item["sequence"] for item in page["items"]] == [2, 4]
    assert (await client.get(EVENTS, params={"type": "workshop.chnaged"}, headers=reader)).status_code == 422
    assert (await client.get(EVENTS, params={"after": 2**70}, headers=reader)).status_code == 422


async def test_another_house_sees_nothing_of_it(
    client: AsyncClient, database: Database, worker: Worker, house: Organizer
) -> None:
    await _record(database, house, 1)
    await worker.drain()
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
    assert (await client.get(EVENTS, headers=stranger)).json()["items"] == []


async def test_a_stream_resumes_after_the_last_event_id_and_ends_with_its_credential(
    app: FastAPI, database: Database, worker: Worker, house: Organizer, reader: dict[str, str]
) -> None:
    await _record(database, house, 2)
    await worker.drain()
    actor = system(house.id)
    headers = [(b"authorization", reader["Authorization"].encode())]
    request = Request({"type": "http", "app": app, "method": "GET", "headers": headers, "query_string": b""})
    stream = stream_events(request, StreamQuery(), actor, last_event_id=3)
    first = await anext(stream)
    assert (first.id, first.event) == ("4", "workshop.changed")
    assert json.loads(first.raw_data or "")["sequence"] == 4
    async with database.write() as session:
        await session.exec(update(ApiKey).values(revoked_at=clock.real_now()))
    await _record(database, house, 1)
    await worker.drain()
    assert [item async for item in stream] == []


async def test_many_followers_look_at_the_table_once(database: Database, house: Organizer) -> None:
    ticker = events.Ticker(database)
    with ticker.following(house.id), ticker.following(house.id):
        looker = ticker._task
    assert looker
    assert ticker._task is None


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[tuple[Server, dict[str, str]]]:
    """A real server with a house that has two events, and the headers of its reader."""
    env = {"BIMTEK_DATA_DIR": str(tmp_path / "data"), "BIMTEK_SECRET_KEY": SECRET}
    database = Database(Settings(data_dir=tmp_path / "data", secret_key=SECRET))
    await migrate(database)
    async with database.write() as session:
        house = await factories.organizer(session)
        headers = await factories.api_key(session, house, Permission.EVENTS_READ)
    await _record(database, house, 1)
    await database.close()
    with Server(env, tmp_path / "log") as server:
        yield server, headers


async def test_an_open_stream_does_not_keep_the_server_from_ending(
    running: tuple[Server, dict[str, str]],
) -> None:
    server, headers = running
    async with (
        httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=20) as browser,
        browser.stream("GET", f"{EVENTS}/stream", params={"after": 0}) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        got = [await anext(lines) for _ in range(3)]
        assert (got[0], got[2]) == ("event: workshop.published", "id: 1")
        assert server.terminate(timeout=20) == 0
        rest = [line async for line in lines]
    assert "id: 2" in rest
