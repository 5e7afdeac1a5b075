"""What a door device reads: who it is, how the half-days stand, and what time it is with us."""

from datetime import timedelta

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from tests import factories
from tests.factories import at
from tests.support.door import Door, scan
from tests.support.statements import counted


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(at("07-03 09:02"))
    return await Door.open(client, database)


def reads(statements: list[str]) -> list[str]:
    """Without what a transaction begins with."""
    return [one for one in statements if one.lstrip().upper().startswith(("SELECT", "WITH"))]


async def test_a_device_learns_who_it_is_and_nobody_else_is_a_device(door: Door, client: AsyncClient) -> None:
    mine = await client.get("/api/v1/device", headers=door.headers)
    assert (mine.json()["name"], mine.json()["workshop_id"]) == ("Gerbang A", str(door.workshop.id))
    assert (await client.get("/api/v1/device", headers=door.staff)).status_code == 403
    assert (await client.get("/api/v1/device")).status_code == 401


async def test_the_door_shows_who_came_who_is_inside_and_the_organisations(door: Door, client: AsyncClient) -> None:
    async with door.database.write() as session:
        await factories.organisation(session, door.house, "bps", name="BPS Kabupaten Luwu")
    came, stays = await door.person()
    gone, leaves = await door.person()
    _absent, _ = await door.person()
    await door.send(scan(stays, clock.now()))
    await door.send(scan(leaves, clock.now()))
    clock.freeze(at("07-03 10:00"))
    await door.send(scan(leaves, clock.now(), direction="out"))
    url = f"/api/v1/workshops/{door.workshop.id}/door"
    told = (await client.get(url, headers=door.headers)).json()
    [morning, *others] = told["blocks"]
    assert morning["present"] == {"offline": 2, "online": 0, "dual": 0, "unique": 2}
    assert (morning["expected"], morning["inside"]) == (3, 1)
    assert morning["numbers"] == sorted([came.number, gone.number])
    assert [block["out"] for block in told["blocks"]] == [[gone.number], [], [], []]
    assert [block["inside"] for block in others] == [0, 0, 0]
    assert told["device"] | {"id": ""} == {"id": "", "name": "Gerbang A", "gate": "A"}
    assert told["organisations"] == [{"code": "bps", "name": "BPS Kabupaten Luwu"}]
    assert (await client.get(url, headers=door.staff)).json()["device"] is None
    await door.send(scan(leaves, clock.now()))
    assert (await client.get(url, headers=door.headers)).json()["blocks"][0]["inside"] == 2
    assert (await client.get(url, headers=door.headers)).json()["blocks"][0]["out"] == []


async def test_time_alone_changes_no_etag_yet_every_answer_says_our_time(door: Door, client: AsyncClient) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/door"
    first = await client.get(url, headers=door.headers)
    assert first.headers["x-server-time"] == "2023-07-03T01:02:00.000Z"
    clock.freeze(clock.now() + timedelta(milliseconds=1500))
    with counted(door.database) as statements:
        again = await client.get(url, headers=door.headers | {"If-None-Match": first.headers["etag"]})
    assert len(reads(statements)) <= 8
    assert (again.status_code, again.headers["x-server-time"]) == (304, "2023-07-03T01:02:01.500Z")
    _, ticket = await door.person()
    await door.send(scan(ticket, clock.now()))
    changed = await client.get(url, headers=door.headers | {"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
