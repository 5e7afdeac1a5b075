"""Doors that race: for one ticket, for one nonce, for one walk-in. With the lock off, several are told `accepted`."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.domain import checkins
from service.models.attendance import Annulment, Attendance, Checkin
from service.models.registrations import Registration
from service.models.workshops import Capacity
from tests.factories import at
from tests.support.door import Door, Json, scan, undo, walk_in

MORNING = at("07-03 09:02")
DEVICES = 20


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def race(door: Door, items: list[Json], *, long_way: bool = False) -> list[Json]:
    """Each item from a device of its own, all at once; with keys that keep them from going by checkin_at_once."""
    devices = [await door.device(f"Gerbang {number}") for number in range(len(items))]
    if long_way:
        devices = [headers | {"Idempotency-Key": str(number)} for number, headers in enumerate(devices)]
    return await asyncio.gather(*(door.send(item, headers) for item, headers in zip(items, devices, strict=True)))


@pytest.mark.parametrize("long_way", [False, True])
async def test_twenty_devices_racing_for_one_ticket_accept_it_once(door: Door, long_way: bool) -> None:
    person, ticket = await door.person()
    # Clocks of real devices differ a little, in no order.
    items = [scan(ticket, MORNING + timedelta(milliseconds=(7 * n) % DEVICES)) for n in range(DEVICES)]
    told = await race(door, items, long_way=long_way)
    assert Counter(one["verdict"] for one in told) == {"accepted": 1, "already_in": DEVICES - 1}
    [winner] = [one for one in told if one["verdict"] == "accepted"]
    assert {str(one["first"]) for one in told} == {str(winner["first"])}
    earliest = min(range(DEVICES), key=lambda n: str(items[n]["claimed_at"]))
    assert (await door.attendance())[person.id, "D1P"][3:] == (MORNING, f"Gerbang {earliest}")


async def test_without_the_lock_several_devices_are_told_accepted(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is the lock on the registration that keeps the promise. On SQLite writers queue anyway."""
    if door.database.dialect == "sqlite":
        pytest.skip("a SQLite database has one writer at a time, there is no lock to switch off")
    monkeypatch.setattr(checkins, "_PERSON_THROUGH_DOOR", checkins._through_door(checkins._PERSON))
    most = 0
    for _ in range(10):
        _, ticket = await door.person()
        told = await race(door, [scan(ticket, MORNING) for _ in range(DEVICES)], long_way=True)
        most = max(most, sum(one["verdict"] == "accepted" for one in told))
        if most > 1:
            break
    assert most > 1


@pytest.mark.parametrize("known", [True, False])
async def test_twenty_repeats_of_one_nonce_get_one_answer_and_store_one_fact(door: Door, known: bool) -> None:
    _, ticket = await door.person()
    item = scan(ticket if known else {"ticket": "asing"}, MORNING)
    told = await race(door, [item] * DEVICES)
    assert all(one == told[0] for one in told)
    async with door.database.read() as session:
        assert len((await session.exec(select(Checkin))).all()) == 1


async def test_one_nonce_for_two_people_at_once_gets_one_answer(door: Door) -> None:
    people = [await door.person() for _ in range(10)]
    nonce = scan({}, MORNING)["nonce"]
    told = await race(door, [scan(ticket, MORNING, nonce=nonce) for _, ticket in people])
    assert all(one == told[0] for one in told)
    async with door.database.read() as session:
        assert len((await session.exec(select(Attendance))).all()) == 1


async def test_twenty_devices_with_one_walk_in_make_one_registration(door: Door) -> None:
    told = await race(door, [scan(walk_in("tamu"), MORNING) for _ in range(DEVICES)])
    assert Counter(one["verdict"] for one in told) == {"accepted": 1, "already_in": DEVICES - 1}
    async with door.database.read() as session:
        [row] = (await session.exec(select(Registration))).all()
        assert (await session.get_one(Capacity, door.workshop.id)).last_number == row.number == 1


async def test_the_same_batch_uploaded_several_times_at_once_is_stored_once(door: Door) -> None:
    people = [await door.person() for _ in range(20)]
    items = [scan(ticket, MORNING) for _, ticket in people] + [scan(walk_in(f"t{n}"), MORNING) for n in range(5)]
    told = await asyncio.gather(*(door.upload(items[n:] + items[:n]) for n in range(5)))
    answers = [{one["nonce"]: one for one in batch} for batch in told]
    assert all(answer == answers[0] for answer in answers)
    async with door.database.read() as session:
        assert len((await session.exec(select(Checkin))).all()) == 25
        assert len((await session.exec(select(Registration))).all()) == 25
        assert len((await session.exec(select(Attendance))).all()) == 25


async def test_a_scan_and_its_undo_in_flight_together_leave_nobody_present(door: Door) -> None:
    people = [await door.person() for _ in range(15)]
    items = [scan(ticket, MORNING) for _, ticket in people]
    singles = [door.send(item) for item in items]
    undos = [door.upload([undo(item, MORNING)]) for item in items]
    await asyncio.gather(*(one for pair in zip(undos, singles, strict=True) for one in pair))
    assert await door.attendance() == {}
    async with door.database.read() as session:
        assert len((await session.exec(select(Annulment))).all()) == 15


async def test_scans_and_online_presence_of_one_person_at_once_are_both_counted(door: Door) -> None:
    person, ticket = await door.person()
    clock.freeze(at("07-03 12:00"))
    url = f"/api/v1/workshops/{door.workshop.id}/presences"

    async def connect(number: int) -> int:
        start, end = MORNING, MORNING + timedelta(hours=2, minutes=number)
        item = {
            "registration_id": str(person.id),
            "external_id": f"z{number}",
            "joined_at": start.isoformat(),
            "left_at": end.isoformat(),
        }
        return (await door.client.post(url, json={"items": [item]}, headers=door.staff)).status_code

    scans = [door.send(scan(ticket, MORNING, block=code)) for code in ("D1P", "D1S")]
    statuses = await asyncio.gather(*(connect(number) for number in range(8)), *scans)
    assert statuses[:8] == [201] * 8
    # 09:15-10:00 and 10:15-11:09: the longest of the connections.
    assert (await door.attendance())[person.id, "D1P"][:3] == (True, "offline", 99)
