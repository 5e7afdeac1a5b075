"""Three devices whose clocks are wrong collect scans all morning; they upload in six orders, cut and repeated.

One of them scans a few tickets while its clock stands in another century: those are kept, flagged, and count nowhere.
"""

import itertools
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlmodel import func, select

from service import clock
from service.db import Database
from service.models.attendance import Checkin
from service.models.registrations import Registration
from service.models.workshops import Capacity
from tests import factories
from tests.factories import at
from tests.support.door import Door, Json, scan, undo

OPENS, NOON = at("07-03 07:00"), at("07-03 12:30")
CLOCKS = {"A": timedelta(hours=-2), "B": timedelta(), "C": timedelta(hours=2)}
ABSURD = ["0001-01-01T00:00:00+08:00", "1970-01-01T08:00:00+08:00", "2099-12-31T23:59:59+08:00", "9999-12-31T23:59:59Z"]
State = dict[str, tuple[bool, str, datetime, str]]


def collected(number_of_scans: int, people: int) -> dict[str, list[tuple[int, int]]]:
    """By device: (person, seconds after the doors opened), no two at the same second. Many come to several doors."""
    random = Random(20230703)
    seconds = iter(random.sample(range(4 * 3600), 3 * number_of_scans))
    return {
        device: sorted(
            ((random.randrange(people), next(seconds)) for _scan in range(number_of_scans)), key=lambda pair: pair[1]
        )
        for device in CLOCKS
    }


def expected_of(scans: dict[str, list[tuple[int, int]]], undone: set[tuple[str, int]]) -> State:
    """Who was first seen when and where: the plain reading of the list."""
    first: dict[int, tuple[int, str]] = {}
    for device, came in scans.items():
        for position, (person, second) in enumerate(came):
            if (device, position) not in undone:
                first[person] = min(first.get(person, (second, device)), (second, device))
    return {
        f"Peserta {person}": (True, "offline", OPENS + timedelta(seconds=second), f"Gerbang {device}")
        for person, (second, device) in first.items()
    }


@pytest.mark.parametrize(
    ("number_of_scans", "people"), [(40, 60), pytest.param(500, 700, marks=pytest.mark.soak, id="500 each")]
)
async def test_three_devices_give_one_state_in_six_orders(
    client: AsyncClient, database: Database, number_of_scans: int, people: int
) -> None:
    scans = collected(number_of_scans, people)
    undone = {(device, position) for device in CLOCKS for position in range(0, number_of_scans, 20)}
    clock.freeze(NOON)
    for order in itertools.permutations(CLOCKS):
        door = await Door.open(client, database, offline=None)
        tickets = await _tickets(door, people)
        uploads = {name: _items(scans[name], tickets, name, undone) for name in CLOCKS}
        told: Counter[str] = Counter()
        for name in order:
            device = await door.device(f"Gerbang {name}")
            cut = number_of_scans // 3
            parts = [uploads[name][:cut], uploads[name][cut:]]
            for part in parts[:: -1 if name == "B" else 1]:
                answers = await door.upload(part, headers=device, skew=CLOCKS[name])
                told.update(str(one["reason"]) for one in answers)
                assert await door.upload(part, headers=device, skew=CLOCKS[name]) == answers
        assert told == {"None": sum(map(len, uploads.values())) - len(ABSURD), "clock_implausible": len(ABSURD)}
        assert await _state(door) == expected_of(scans, undone)
        assert await _stored(door) == 3 * number_of_scans + len(ABSURD)


def _items(came: list[tuple[int, int]], tickets: list[Json], device: str, undone: set[tuple[str, int]]) -> list[Json]:
    items = [
        scan(tickets[person], OPENS + timedelta(seconds=second) + CLOCKS[device], block="D1P")
        for person, second in came
    ]
    undos = [undo(item, NOON) for position, item in enumerate(items) if (device, position) in undone]
    absurd = [scan(tickets[0], NOON, block="D1P") | {"claimed_at": claimed} for claimed in ABSURD]
    # An undo may stand before its scan: uploads are cut anywhere.
    return [*undos[:1], *items, *undos[1:], *(absurd if device == "C" else [])]


async def _tickets(door: Door, people: int) -> list[Json]:
    async with door.database.write() as session:
        capacity = await session.get_one(Capacity, door.workshop.id)
        capacity.last_number = people
        rows = [await factories.registration(session, door.workshop, name=f"Peserta {n}") for n in range(people)]
        return [{"ticket": factories.ticket(session, row)} for row in rows]


async def _state(door: Door) -> State:
    async with door.database.read() as session:
        query = select(Registration.id, Registration.name).where(Registration.workshop_id == door.workshop.id)
        names: dict[UUID, str] = dict((await session.exec(query)).all())
    return {
        names[person]: (present, str(mode), first_in, device)  # type: ignore[misc]  # the columns of one row
        for (person, _block), (present, mode, _minutes, first_in, device) in (await door.attendance()).items()
    }


async def _stored(door: Door) -> int:
    async with door.database.read() as session:
        return (await session.exec(select(func.count()).where(Checkin.workshop_id == door.workshop.id))).one()
