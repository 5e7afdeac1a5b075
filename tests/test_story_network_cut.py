"""The network is cut at the hall, 07:45. One phone takes everybody in; at 10:00 it uploads, in parts and twice."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.auth import system
from service.db import Database
from service.domain.substitutes import substitute
from service.models.registrations import Registration, RegistrationStatus
from service.models.registrations_shapes import SubstituteCreate
from service.models.workshops import Capacity
from tests import factories
from tests.factories import at
from tests.support.door import Door, Json, scan, walk_in

CUT, SUBSTITUTED, BACK = at("07-03 07:45"), at("07-03 07:50"), at("07-03 10:00")
PHONE_IS_AHEAD = timedelta(minutes=-7)


async def substitutes(door: Door, people: list[Registration]) -> list[tuple[Registration, Json]]:
    """The committee replaces these people from its own desk, which has a network."""
    clock.freeze(SUBSTITUTED)
    made = []
    async with door.database.write() as session:
        for number, person in enumerate(people):
            data = SubstituteCreate(name=f"Pengganti {number}", email=f"pengganti{number}@luwukab.go.id")
            _, new = await substitute(session, system(door.house.id), person.id, data)
            made.append((new, {"ticket": factories.ticket(session, new)}))
    return made


@pytest.mark.parametrize("parts", [1, 2, 3])
async def test_nobody_is_refused_nobody_is_lost_and_first_is_the_true_arrival(
    client: AsyncClient, database: Database, parts: int
) -> None:
    clock.freeze(CUT)
    door = await Door.open(client, database, offline=85)
    arrivals = [await door.person() for _ in range(80)]
    absent = [await door.person() for _ in range(5)]
    async with database.write() as session:
        capacity = await session.get_one(Capacity, door.workshop.id)
        capacity.offline_taken, capacity.last_number = 85, 100_000
        session.add(capacity)
    replacing = await substitutes(door, [person for person, _ in absent])
    # Two of the replaced had already come in on their own ticket before they were replaced.
    early = [(absent[0], CUT + timedelta(minutes=1)), (absent[1], CUT + timedelta(minutes=2))]

    came: dict[str, datetime] = {}
    items: list[Json] = []

    def arrives(name: str, who: Json, moment: datetime) -> None:
        came[name] = moment
        items.append(scan(who, moment + PHONE_IS_AHEAD))

    for (person, ticket), moment in early:
        arrives(str(person.id), ticket, moment)
    moments = (CUT + timedelta(minutes=6, seconds=10 * n) for n in range(200))
    for person, ticket in arrivals:
        arrives(str(person.id), ticket, next(moments))
    for number in range(10):
        arrives(f"Tamu tamu-{number}", walk_in(f"tamu-{number}"), next(moments))
    for person, ticket in replacing:
        arrives(str(person.id), ticket, next(moments))

    clock.freeze(BACK)
    size = -(-len(items) // parts)
    uploads = [items[start : start + size] for start in range(0, len(items), size)]
    told = []
    for upload in uploads:
        told += await door.upload(upload, skew=PHONE_IS_AHEAD)
    repeated = []
    for upload in reversed(uploads):
        repeated += await door.upload([*upload, *items[:7]], skew=PHONE_IS_AHEAD)

    assert Counter(one["verdict"] for one in told) == {"accepted": 97}
    assert all(one["late"] for one in told)
    assert {one["nonce"]: one for one in repeated} == {one["nonce"]: one for one in told}
    async with database.read() as session:
        rows = (await session.exec(select(Registration).where(Registration.workshop_id == door.workshop.id))).all()
        walk_ins = {row.id: row.name for row in rows if row.walk_in}
        cancelled = [row for row in rows if row.status is RegistrationStatus.CANCELLED]
    names: dict[UUID, str] = {row.id: walk_ins.get(row.id, str(row.id)) for row in rows}
    attended = {names[person]: row for (person, block), row in (await door.attendance()).items() if block == "D1P"}
    assert {name: row[3] for name, row in attended.items()} == came
    assert {row[:2] for row in attended.values()} == {(True, "offline")}
    assert (len(walk_ins), len(cancelled)) == (10, 5)
    assert {one["first"]["at"] for one in told} == {
        moment.astimezone(clock.now().tzinfo).isoformat().replace("+00:00", "Z") for moment in came.values()
    }


async def test_a_replaced_person_who_comes_after_the_replacement_is_refused(
    client: AsyncClient, database: Database
) -> None:
    clock.freeze(CUT)
    door = await Door.open(client, database)
    person, ticket = await door.person()
    await substitutes(door, [person])
    clock.freeze(BACK)
    before, after = await door.upload([scan(ticket, CUT), scan(ticket, SUBSTITUTED + timedelta(seconds=1))])
    assert (before["verdict"], after["verdict"], after["reason"]) == ("accepted", "refused", "cancelled")
