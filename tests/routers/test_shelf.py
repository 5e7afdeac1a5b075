"""Answers kept in memory are bounded, and never older than the last commit."""

from httpx import AsyncClient

from service.db import Database
from service.models.workshops import Capacity, Workshop
from service.routers.shelf import Shelf
from tests import factories


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
