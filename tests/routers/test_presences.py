"""Online presence as a provider reports it, and whose it is."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.outbox import EventRow
from service.models.workshops import Mode
from tests import factories
from tests.support.door import Door, scan
from tests.support.online import AFTERWARDS, MORNING, connection, get, known_online, report


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def test_a_known_registrant_is_matched_and_present_with_enough_minutes(door: Door) -> None:
    person, _ = await door.person(mode=Mode.ONLINE)
    await known_online(door, person, "reg-1")
    [stored] = await report(door, connection("08:55", "11:50", "reg-1"))
    assert stored["registration_ids"] == [str(person.id)]
    assert await door.attendance() == {(person.id, "D1P"): (True, "online", 135, None, None)}


async def test_too_few_minutes_are_kept_and_make_nobody_present(door: Door) -> None:
    person, _ = await door.person()
    await report(door, connection("09:30", "09:50", registration_id=str(person.id)))
    assert await door.attendance() == {(person.id, "D1P"): (False, None, 20, None, None)}


async def test_hall_and_online_are_dual(door: Door) -> None:
    person, ticket = await door.person()
    await report(door, connection("08:55", "11:50", registration_id=str(person.id)))
    await door.send(scan(ticket, MORNING))
    assert (await door.attendance())[person.id, "D1P"] == (True, "dual", 135, MORNING, "Gerbang A")


async def test_repeating_changes_nothing_and_only_a_later_end_counts(door: Door) -> None:
    person, _ = await door.person()
    for end in ("11:00", "11:50", "09:20"):
        await report(door, connection("09:15", end, registration_id=str(person.id)))
    page = await get(door, "presences")
    assert [one["left_at"] for one in page["items"]] == ["2023-07-03T03:50:00Z"]
    assert (await door.attendance())[person.id, "D1P"][2] == 135


async def test_a_stranger_is_listed_as_unmatched_and_never_guessed_by_name(door: Door) -> None:
    await door.person(name="Admin")
    await report(door, connection("09:15", "11:45", "x", display_name="Admin"))
    [unmatched] = (await get(door, "presences", matched=False))["items"]
    assert unmatched["display_name"] == "Admin"
    assert (await get(door, "presences", matched=True))["items"] == []


async def test_several_people_may_share_one_connection_and_a_repeat_loses_no_match(door: Door) -> None:
    first, second = (await door.person())[0], (await door.person())[0]
    [stored] = await report(door, connection("09:15", "11:45", "ruang-rapat"))
    url = f"/api/v1/presences/{stored['id']}/match"
    ids = [str(first.id), str(second.id)]
    matched = await door.client.post(url, json={"registration_ids": ids}, headers=door.staff)
    assert sorted(matched.json()["registration_ids"]) == sorted(ids)
    await report(door, connection("09:15", "11:45", "ruang-rapat"))
    assert {person for person, _ in await door.attendance()} == {first.id, second.id}


async def test_what_a_person_matched_is_not_overruled_by_the_registrant_id(door: Door) -> None:
    wrong, right = (await door.person())[0], (await door.person())[0]
    await known_online(door, wrong, "reg-1")
    [stored] = await report(door, connection("09:15", "11:45", "reg-1"))
    url = f"/api/v1/presences/{stored['id']}/match"
    await door.client.post(url, json={"registration_ids": [str(right.id)]}, headers=door.staff)
    await report(door, connection("09:15", "11:50", "reg-1"))
    assert {person for person, _ in await door.attendance()} == {right.id}


async def test_an_end_before_the_start_and_a_stranger_s_registration_are_422(door: Door) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/presences"
    for item in (connection("10:00", "09:59"), connection("10:00", "11:00", registration_id=str(factories.some_id()))):
        answer = await door.client.post(url, json={"items": [item]}, headers=door.staff)
        assert answer.status_code == 422


async def test_a_connection_that_is_matched_later_changes_the_counters(door: Door) -> None:
    person, _ = await door.person()
    seen = connection("09:00", "11:50")
    await report(door, seen)
    url = f"/api/v1/workshops/{door.workshop.id}/attendance/summary"
    before = await door.client.get(url, headers=door.staff)
    await report(door, seen | {"registration_id": str(person.id)})
    after = await door.client.get(url, headers=door.staff | {"If-None-Match": before.headers["etag"]})
    assert before.json()["present"]["online"] == 0
    assert after.status_code == 200
    assert after.json()["present"]["online"] == 1
    await report(door, seen | {"registration_id": str(person.id)})
    async with door.database.read() as session:
        events = (await session.exec(select(EventRow).where(EventRow.type == "presence.matched"))).all()
    assert [event.data["registration_id"] for event in events] == [str(person.id)]


async def test_nobody_is_present_in_a_time_that_is_still_to_come(door: Door) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/presences"
    clock.freeze(AFTERWARDS)
    limit = AFTERWARDS + timedelta(minutes=2)
    fine = connection("09:00", "12:00") | {"left_at": limit.isoformat()}
    ahead = connection("09:00", "12:00") | {"left_at": (limit + timedelta(seconds=1)).isoformat()}
    refused = await door.client.post(url, json={"items": [fine, ahead]}, headers=door.staff)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/items/1/left_at"]
    assert (await get(door, "presences"))["items"] == []
    assert len(await report(door, fine)) == 1
