"""Capacity with quotas: the public, organisations and the clock reach for the same seats at once.

The control, with the lock off, must oversell.
"""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import Database
from service.domain import workshops
from service.models.invitations import Invitation
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.routers.test_quotas import House, person
from tests.routers.test_registrations import form, make
from tests.test_race_capacity import clients as clients  # noqa: PLC0414 - a fixture: four services on one database

SEATS, ORGANISATIONS, QUOTA, PUBLIC = 50, 10, 3, 200
DEADLINE = "2023-06-30T16:00:00+08:00"


class Crowd:
    """A hall of 50 seats of which ten organisations have three each, and everybody who wants one."""

    def __init__(self, clients: list[AsyncClient], database: Database, url: str, key: dict[str, str]) -> None:
        self.clients, self.database, self.url, self.key = clients, database, url, key
        self.links: list[str] = []

    @classmethod
    async def gather(
        cls,
        clients: list[AsyncClient],
        database: Database,
        deadline: str | None = DEADLINE,
        quota: int | None = QUOTA,
    ) -> "Crowd":
        house, gathering, key = await make(database, offline=SEATS)
        async with database.write() as session:
            for number in range(ORGANISATIONS):
                await factories.organisation(session, house, f"opd-{number}")
        crowd = cls(clients, database, f"/api/v1/workshops/{gathering.id}", key)
        batch = {"org_class": "opd", "quota": {"offline": quota}, "deadline": deadline}
        made = await clients[0].post(f"{crowd.url}/invitations/batch", json=batch, headers=key)
        assert made.status_code == 201, made.text
        crowd.links = [f"/api/v1/invitations/{one['link'].rsplit('/', 1)[1]}" for one in made.json()["items"]]
        return crowd

    async def call(self, index: int, method: str, url: str, **request: Any) -> dict[str, Any]:
        """Through one of the services; nobody may get a 5xx."""
        answer = await self.clients[index % len(self.clients)].request(method, url, **request)
        assert answer.status_code < 500, answer.text
        return dict(answer.json())

    async def arrive(self, index: int) -> str:
        person = form(name=f"Umum {index}", email=f"umum{index}@luwukab.go.id")
        body = await self.call(index, "POST", f"{self.url}/registrations", json=person)
        return f"public {body.get('status') if 'number' in body else body['code']}"

    async def name(self, index: int, count: int = QUOTA) -> str:
        items = [
            {"name": f"Staf {index}.{one}", "email": f"staf{index}.{one}@luwukab.go.id", "mode": "offline"}
            for one in range(count)
        ]
        body = await self.call(index, "PUT", f"{self.links[index]}/delegates", json={"items": items})
        statuses = {one["status"] for one in body["delegates"]} if "delegates" in body else {body["code"]}
        return f"delegates {'/'.join(sorted(statuses))}"

    async def people(self) -> list[Registration]:
        async with self.database.read() as session:
            return list(await session.exec(select(Registration).order_by(col(Registration.number))))

    async def capacity(self) -> Capacity:
        async with self.database.read() as session:
            return (await session.exec(select(Capacity))).one()

    async def held(self) -> int:
        async with self.database.read() as session:
            return sum(await session.exec(select(Invitation.held_offline)))


@pytest.fixture
def lock_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts what is taken and forgets to hold it, as most peers do."""

    async def peek(session: AsyncSession, workshop_id: UUID) -> Capacity:
        row = await session.get_one(Capacity, workshop_id, populate_existing=True)
        session.expunge(row)
        drawn.append(len(drawn))
        row.last_number = 100 * len(drawn)
        await asyncio.sleep(0)
        return row

    drawn: list[int] = []
    monkeypatch.setattr(workshops, "lock_capacity", peek)


@pytest.fixture
async def crowd(clients: list[AsyncClient], database: Database) -> Crowd:
    return await Crowd.gather(clients, database)


async def test_two_hundred_and_ten_organisations_get_what_is_theirs_and_not_a_seat_more(crowd: Crowd) -> None:
    told = Counter(
        await asyncio.gather(
            *(crowd.arrive(index) for index in range(PUBLIC)), *(crowd.name(index) for index in range(ORGANISATIONS))
        )
    )
    pool = SEATS - ORGANISATIONS * QUOTA
    assert told == {
        "public confirmed": pool,
        "public waitlisted": PUBLIC - pool,
        "delegates confirmed": ORGANISATIONS,
    }
    capacity = await crowd.capacity()
    assert (capacity.offline_taken, capacity.offline_reserved, await crowd.held()) == (SEATS, 0, 0)
    numbers = [row.number for row in await crowd.people()]
    assert numbers == list(range(1, PUBLIC + ORGANISATIONS * QUOTA + 1))


async def test_seats_stay_exact_while_delegates_leave_organisations_decline_and_the_hall_grows(crowd: Crowd) -> None:
    await asyncio.gather(*(crowd.name(index) for index in range(ORGANISATIONS)))
    await asyncio.gather(*(crowd.arrive(index) for index in range(40)))
    leaving = [row.id for row in await crowd.people() if row.name.startswith(("Staf 0.", "Staf 1."))]

    async def leave(index: int, registration_id: UUID) -> None:
        await crowd.call(index, "POST", f"/api/v1/registrations/{registration_id}/cancellation", headers=crowd.key)

    async def grow() -> None:
        limit = {"capacity": {"offline": {"limit": SEATS + 5}}}
        await crowd.call(1, "PATCH", crowd.url, json=limit, headers=crowd.key | {"If-Match": "*"})

    async def decline(index: int) -> None:
        await crowd.call(index, "POST", f"{crowd.links[index]}/decline", json={"reason": "Bertugas"})

    await asyncio.gather(
        *(leave(index, one) for index, one in enumerate(leaving)),
        *(decline(index) for index in (7, 8, 9)),
        grow(),
        *(crowd.arrive(100 + index) for index in range(40)),
    )
    capacity, rows = await crowd.capacity(), await crowd.people()
    seated = [row for row in rows if row.status is RegistrationStatus.CONFIRMED]
    assert capacity.offline_taken == len(seated) == sum(row.holds_seat for row in rows)
    assert (capacity.offline_reserved, await crowd.held()) == (len(leaving), len(leaving))
    assert capacity.offline_taken + capacity.offline_reserved == SEATS + 5
    public = [row for row in seated if row.invitation_id is None]
    waiting = [row for row in rows if row.status is RegistrationStatus.WAITLISTED]
    # Every seat that became free for everybody went to who waited longest.
    assert max(row.number for row in public) < min(row.number for row in waiting)


async def test_at_the_deadline_every_seat_is_released_once_whoever_comes_first(
    crowd: Crowd, app: FastAPI, database: Database
) -> None:
    await asyncio.gather(*(crowd.name(index) for index in range(5)))
    await asyncio.gather(*(crowd.arrive(index) for index in range(60)))
    clock.freeze(at("06-30 16:01"))
    workers = [Worker(database) for _ in range(4)]
    told = await asyncio.gather(
        *(worker.fire() for worker in workers),
        *(crowd.arrive(100 + index) for index in range(20)),
        *(crowd.name(index) for index in range(5, ORGANISATIONS)),
    )
    assert set(told[-5:]) == {"delegates invitation_over"}
    capacity, rows = await crowd.capacity(), await crowd.people()
    assert (capacity.offline_taken, capacity.offline_reserved, capacity.release_due_at) == (SEATS, 0, None)
    assert sum(row.holds_seat for row in rows) == SEATS
    public = [row for row in rows if row.invitation_id is None]
    assert [row.holds_seat for row in public] == [True] * (SEATS - 15) + [False] * (80 - SEATS + 15)
    async with database.read() as session:
        released = (await session.exec(select(EventRow).where(EventRow.type == "invitation.released"))).all()
    assert [row.data["seats"] for row in released] == [QUOTA] * 5


async def give_seats(clients: list[AsyncClient], database: Database) -> tuple[Counter[int], int]:
    """Eight who wait together, for five free seats, are each given one by two members of the committee at once."""
    house = await House.open(clients[0], database, offline=5)
    dinkes = await house.invite(deadline=None, quota={})
    await house.name(dinkes, *(person(index) for index in range(8)), all_or_none=True)
    async with database.read() as session:
        waiting = list(await session.exec(select(Registration.id)))

    async def give(index: int, one: UUID) -> int:
        url = f"/api/v1/registrations/{one}/seat"
        answer = await clients[index % len(clients)].post(url, json={"reason": "Utusan"}, headers=house.key)
        return answer.status_code

    told = Counter(await asyncio.gather(*(give(index, one) for index, one in enumerate(waiting * 2))))
    async with database.read() as session:
        return told, sum(await session.exec(select(Registration.holds_seat)))


async def test_seats_given_out_of_turn_are_given_once_each(clients: list[AsyncClient], database: Database) -> None:
    assert await give_seats(clients, database) == ({200: 5, 409: 11}, 5)


async def test_with_the_lock_off_the_same_seats_are_given_to_more(
    clients: list[AsyncClient], database: Database, lock_off: None
) -> None:
    _told, seated = await give_seats(clients, database)
    assert seated > 5


async def test_naming_with_one_idempotency_key_names_once(crowd: Crowd) -> None:
    person = form(name="Sekretaris", email="sekretaris@luwukab.go.id", organisation="opd-1")
    headers = crowd.key | {"Idempotency-Key": "satu-kunci"}
    told = await asyncio.gather(
        *(crowd.call(index, "POST", f"{crowd.url}/registrations", json=person, headers=headers) for index in range(20))
    )
    assert {one["number"] for one in told} == {1}
    capacity = await crowd.capacity()
    assert (capacity.offline_taken, capacity.offline_reserved) == (1, ORGANISATIONS * QUOTA - 1)


async def test_two_who_name_the_same_person_in_one_organisation_name_one(crowd: Crowd) -> None:
    await asyncio.gather(*(crowd.name(3, 1) for _ in range(8)))
    assert [row.status for row in await crowd.people()] == ["confirmed"]
    assert (await crowd.capacity()).offline_taken == 1


async def test_with_the_lock_off_delegates_oversell(
    clients: list[AsyncClient], database: Database, lock_off: None
) -> None:
    crowd = await Crowd.gather(clients, database, deadline=None, quota=None)
    await asyncio.gather(*(crowd.name(index, 2 * SEATS // ORGANISATIONS) for index in range(ORGANISATIONS)))
    assert sum(row.holds_seat for row in await crowd.people()) > SEATS


async def test_with_the_lock_on_the_same_delegates_do_not(clients: list[AsyncClient], database: Database) -> None:
    crowd = await Crowd.gather(clients, database, deadline=None, quota=None)
    await asyncio.gather(*(crowd.name(index, 2 * SEATS // ORGANISATIONS) for index in range(ORGANISATIONS)))
    assert sum(row.holds_seat for row in await crowd.people()) == SEATS
