"""Attendance as a list and as counters."""

import json
from uuid import UUID

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Organizer
from service.models.registrations import RegistrationStatus
from tests import factories
from tests.factories import at
from tests.support.door import Door, Json, scan, undo, walk_in
from tests.support.online import MORNING, connection, get, report


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


# The list


async def test_the_list_has_every_confirmed_or_attending_person_in_every_block(door: Door) -> None:
    here, ticket = await door.person(name="Camat")
    await door.person(name="Lurah")
    admitted, exception = await door.person(name="Tamu", status=RegistrationStatus.WAITLISTED)
    await door.person(status=RegistrationStatus.CANCELLED, cancelled_at=MORNING)
    await door.send(scan(ticket, MORNING))
    await door.send(scan(exception, MORNING, admit={"reason": "Izin"}))
    clock.freeze(at("07-03 16:30"))
    items = (await get(door, "attendance"))["items"]
    states = {(item["registration"]["name"], item["block"]): item["state"] for item in items}
    assert len(states) == 3 * 4
    assert [states["Camat", block] for block in ("D1P", "D1S", "D2P")] == ["present", "absent", "pending"]
    assert [states["Lurah", block] for block in ("D1P", "D1S", "D2P")] == ["absent", "absent", "pending"]
    assert states["Tamu", "D1P"] == "present"
    assert here.email
    assert here.email not in json.dumps(items)
    assert items[0]["first_in"] == "2023-07-03T01:02:00Z"
    assert admitted.id


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"block": "D1P"}, 2),
        ({"date": "2023-07-04"}, 4),
        ({"date": "0001-01-01"}, 0),
        ({"date": "9999-12-31"}, 0),
        ({"mode": "offline"}, 1),
        ({"mode": "dual"}, 0),
        ({"organisation": "bps"}, 4),
        ({"block": "D9"}, 0),
    ],
)
async def test_the_list_is_filtered(door: Door, wanted: dict[str, str], count: int) -> None:
    async with door.database.write() as session:
        house = await factories.organisation(session, await session.get_one(Organizer, door.house.id), "bps")
    _, ticket = await door.person(organisation_id=house.id)
    await door.person()
    await door.send(scan(ticket, MORNING))
    assert len((await get(door, "attendance", **wanted))["items"]) == count


async def test_the_pages_of_the_list_join_without_gap_or_repetition(door: Door) -> None:
    for _ in range(3):
        await door.person()
    whole = (await get(door, "attendance"))["items"]
    seen: list[Json] = []
    cursor = None
    while True:
        page = await get(door, "attendance", limit=5, **({"cursor": cursor} if cursor else {}))
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole
    assert len(whole) == 12


async def test_another_house_reads_nothing(door: Door, client: AsyncClient) -> None:
    other = await Door.open(client, door.database)
    for path in ("attendance", "attendance/summary", "attendance/stream", "presences"):
        answer = await client.get(f"/api/v1/workshops/{door.workshop.id}/{path}", headers=other.staff)
        assert answer.status_code == 404, path


# The counters


async def attend(door: Door, organisation_id: UUID | None, *, hall: tuple[str, ...] = (), online: bool = False) -> None:
    person, ticket = await door.person(organisation_id=organisation_id)
    for block in hall:
        await door.send(scan(ticket, MORNING, block=block))
    if online:
        await report(door, connection("09:00", "12:00", str(person.id), registration_id=str(person.id)))


async def test_the_counters_are_disjoint_by_mode_and_count_people_once(door: Door) -> None:
    async with door.database.write() as session:
        agency = await factories.organisation(session, door.house, "dishub")
        silent = await factories.organisation(session, door.house, "bps")
    await attend(door, agency.id, hall=("D1P", "D1S"))
    await attend(door, agency.id, online=True)
    await attend(door, None, hall=("D1P", "D2P"), online=True)
    await attend(door, None, hall=("D1S",), online=True)
    await attend(door, silent.id)
    found = await get(door, "attendance/summary")
    present = {block["code"]: tuple(block["present"].values()) for block in found["blocks"]}
    assert present == {"D1P": (1, 2, 1, 4), "D1S": (2, 0, 0, 2), "D2P": (1, 0, 0, 1), "D2S": (0, 0, 0, 0)}
    days = {day["date"]: tuple(day["present"].values()) for day in found["days"]}
    assert days == {"2023-07-03": (1, 1, 2, 4), "2023-07-04": (1, 0, 0, 1)}
    agencies = {one["organisation"]: (one["present"]["unique"], one["expected"]) for one in found["organisations"]}
    assert agencies == {"bps": (0, 1), "dishub": (2, 2), None: (2, 2)}
    assert (found["expected"], tuple(found["present"].values())) == (5, (1, 1, 2, 4))


async def test_the_counters_follow_every_change_and_keep_their_etag_otherwise(door: Door) -> None:
    _, ticket = await door.person()
    url = f"/api/v1/workshops/{door.workshop.id}/attendance/summary"
    before = await door.client.get(url, headers=door.staff)
    same = await door.client.get(url, headers=door.staff | {"If-None-Match": before.headers["etag"]})
    assert same.status_code == 304
    told = await door.send(scan(ticket, MORNING))
    after = await door.client.get(url, headers=door.staff | {"If-None-Match": before.headers["etag"]})
    assert after.json()["blocks"][0]["present"]["offline"] == 1
    await door.client.post(f"/api/v1/checkins/{told['checkin_id']}/annulment", json={"reason": "x"}, headers=door.staff)
    undone = await door.client.get(url, headers=door.staff)
    assert undone.headers["etag"] == before.headers["etag"]


async def test_a_walk_in_whose_only_scan_was_undone_is_expected_no_longer(door: Door) -> None:
    _, ticket = await door.person(name="Camat")
    mistaken, right = scan(walk_in("a"), MORNING), scan(walk_in("b"), MORNING)
    for item in (scan(ticket, MORNING), mistaken, right):
        await door.send(item)
    assert (await get(door, "attendance/summary"))["expected"] == 3
    await door.upload([undo(mistaken, MORNING)])
    found = await get(door, "attendance/summary")
    assert (found["expected"], found["present"]["unique"]) == (2, 2)
    assert {one["registration"]["name"] for one in (await get(door, "attendance"))["items"]} == {"Camat", "Tamu b"}


async def test_a_change_that_commits_late_is_not_missed(door: Door) -> None:
    _, ticket = await door.person()
    from service.auth import system
    from service.domain import checkins
    from service.models.attendance_shapes import CheckinCreate

    if door.database.dialect == "sqlite":
        pytest.skip("a SQLite database has one writer at a time, so nothing commits out of order")
    url = f"/api/v1/workshops/{door.workshop.id}/attendance/summary"
    async with door.database.write() as session:
        # Recorded first, committed last: its event is older than one that the counters have seen.
        await checkins.check_in(
            session,
            system(door.house.id),
            door.workshop.id,
            CheckinCreate.model_validate(scan(ticket, MORNING)),
        )
        _, other = await door.person()
        await door.send(scan(other, MORNING))
        meanwhile = await door.client.get(url, headers=door.staff)
    after = await door.client.get(url, headers=door.staff)
    assert [one.json()["blocks"][0]["present"]["unique"] for one in (meanwhile, after)] == [1, 2]
