"""Answers kept in memory are bounded, and never older than the last commit."""

from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.registrations import Registration
from service.models.workshops import Capacity, Workshop
from service.routers.shelf import Shelf
from service.settings import Settings
from tests import factories
from tests.conftest import NOW as START
from tests.support.statements import counted


def test_a_shelf_drops_what_was_not_asked_for_longest() -> None:
    shelf = Shelf(max_bytes=30)
    for key in "abc":
        shelf.put(key, key.encode() * 10)
    assert shelf.get("a") == b"a" * 10
    shelf.put("d", b"d" * 10)
    assert [shelf.get(key) for key in "abcd"] == [b"a" * 10, None, b"c" * 10, b"d" * 10]
    shelf.put("a", b"A" * 5)
    shelf.put("e", b"e" * 5)
    assert [shelf.get(key) for key in "acde"] == [b"A" * 5, b"c" * 10, b"d" * 10, b"e" * 5]
    shelf.put("huge", b"h" * 31)
    assert shelf.get("huge") is None


async def test_every_commit_is_seen_by_the_next_reader(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, await factories.organizer(session, "luwu"), offline=None)
    addresses = [f"/api/v1/workshops/{row.id}", "/api/v1/workshops", "/api/v1/workshops?organizer=luwu"]
    for taken in range(1, 4):
        async with database.write() as session:
            (await session.get_one(Capacity, row.id)).offline_taken = taken
        for address in addresses * 2:
            found = (await client.get(address)).json()
            [workshop] = found.get("items", [found])
            assert workshop["capacity"]["offline"]["taken"] == taken
    async with database.write() as session:
        changed = await session.get_one(Workshop, row.id)
        changed.title, changed.version = "Judul baru", 2
    assert "SUMMARY:Judul baru" in (await client.get("/calendar/luwu.ics")).text


async def test_a_feed_stays_known_over_seconds_until_somebody_commits(
    client: AsyncClient, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        row = await factories.workshop(session, house)
    second = datetime.fromisoformat("2026-11-22T01:00:00+00:00")
    moved = second
    monkeypatch.setattr(clock, "real_now", lambda: moved)
    etag = (await client.get("/calendar/luwu.ics")).headers["ETag"]
    for number in range(3):
        moved = second + timedelta(seconds=number)
        clock.freeze(START + timedelta(seconds=number))
        with counted(database) as statements:
            answer = await client.get("/calendar/luwu.ics", headers={"If-None-Match": etag})
        assert answer.status_code == 304
        # PostgreSQL's snapshot is the cluster's: other tests write there meanwhile.
        assert statements == [] or database.dialect == "postgresql"
    other = Database(settings)
    async with other.write() as session:
        changed = await session.get_one(Workshop, row.id)
        changed.title, changed.version = "Judul lain", 2
    await other.close()
    moved = second + timedelta(seconds=9)
    answer = await client.get("/calendar/luwu.ics", headers={"If-None-Match": etag})
    assert (answer.status_code, "SUMMARY:Judul lain" in answer.text) == (200, True)


async def test_what_time_alone_changes_is_not_repeated_a_second_later(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        row = await factories.workshop(session, house, registration_opens_at=clock.now() + timedelta(seconds=2))
    address = f"/api/v1/workshops/{row.id}"
    states = []
    for _second in range(4):
        states.append((await client.get(address)).json()["registration"]["state"])
        clock.freeze(clock.now() + timedelta(seconds=1))
    assert states == ["not_open", "not_open", "open", "open"]


async def test_a_personal_calendar_ends_with_its_link(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        row = await factories.registration(
            session, await factories.workshop(session, await factories.organizer(session))
        )
        address = f"/calendar/my/{factories.participant_token(session, row)}.ics"
    assert [(await client.get(address)).status_code for _ in range(2)] == [200, 200]
    async with database.write() as session:
        (await session.get_one(Registration, row.id)).link_version += 1
    assert (await client.get(address)).status_code == 404


async def test_another_process_is_heard_within_a_second_and_at_once_by_whoever_signs_in(
    client: AsyncClient, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        row = await factories.workshop(session, house, offline=None)
        key = await factories.api_key(session, house)
    second = datetime.fromisoformat("2026-11-22T01:00:00+00:00")
    monkeypatch.setattr(clock, "real_now", lambda: second)

    async def taken(**headers: str) -> int:
        answer = await client.get(f"/api/v1/workshops/{row.id}", headers=headers)
        return int(answer.json()["capacity"]["offline"]["taken"])

    assert await taken() == 0
    other = Database(settings)
    async with other.write() as session:
        (await session.get_one(Capacity, row.id)).offline_taken = 1
    await other.close()
    assert await taken() in (0, 1)
    assert await taken(**key) == 1
    assert await taken(Cookie="bimtek=unknown") == 1
    second += timedelta(seconds=1)
    assert await taken() == 1


async def test_a_repeated_answer_says_everything_the_first_one_said(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, await factories.organizer(session))
    address = f"/api/v1/workshops/{row.id}"
    first, again = [await client.get(address) for _ in range(2)]
    assert again.content == first.content
    assert first.headers.pop("x-request-id") != again.headers.pop("x-request-id")
    assert dict(again.headers) == dict(first.headers)
    unchanged = await client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert "content-type" not in unchanged.headers
    assert unchanged.headers["etag"] == first.headers["etag"]


async def test_languages_and_queries_are_kept_apart_and_refusals_not_at_all(
    client: AsyncClient, database: Database
) -> None:
    address = "/calendar/luwu.ics"
    assert (await client.get(address)).status_code == 404
    async with database.write() as session:
        await factories.workshop(session, await factories.organizer(session, "luwu"))
    spoken = {tongue: await client.get(address, headers={"Accept-Language": tongue}) for tongue in ("id", "en", "id")}
    assert [answer.status_code for answer in spoken.values()] == [200, 200]
    assert spoken["id"].headers["etag"] != spoken["en"].headers["etag"]
    counts = [len((await client.get(f"/api/v1/workshops?{q}")).json()["items"]) for q in ("q=bimtek", "q=rapat") * 2]
    assert counts == [1, 0, 1, 0]


async def test_a_write_that_fails_leaves_no_trace_in_what_is_read(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        row = await factories.workshop(session, house, venue_name="Aula")
        key = await factories.api_key(session, house)
    address = f"/api/v1/workshops/{row.id}"
    before = await client.get(address)
    refused = await client.patch(address, json={"title": "Lain", "ends_at": None}, headers=key | {"If-Match": "*"})
    assert refused.status_code == 422
    after = await client.get(address)
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
