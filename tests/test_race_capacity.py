"""Capacity is never exceeded: 400 people reach for 50 seats at once. The control, with the lock off, must oversell."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Limits
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.app import create_app
from service.db import Database
from service.domain import seats
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Workshop
from service.settings import Settings
from tests.routers.test_registrations import form, make

SEATS, PEOPLE = 50, 400


@pytest.fixture
async def clients(app: FastAPI, settings: Settings) -> AsyncIterator[list[AsyncClient]]:
    """Four services on one PostgreSQL database, with 100 connections together; on SQLite there is one service only."""
    async with AsyncExitStack() as stack:
        apps = [app]
        if settings.on_postgresql:
            wide = settings.model_copy(update={"pool_size": 25})
            apps = [create_app(wide) for _ in range(4)]
            for other in apps:
                await stack.enter_async_context(other.router.lifespan_context(other))
        yield [
            await stack.enter_async_context(
                AsyncClient(
                    transport=ASGITransport(app=one, raise_app_exceptions=False),
                    base_url="http://127.0.0.1:8000",
                    limits=Limits(max_connections=None),
                )
            )
            for one in apps
        ]


async def rush(clients: list[AsyncClient], gathering: Workshop, people: int = PEOPLE) -> Counter[str]:
    """Everybody registers at once; what they were told, counted."""

    async def one(index: int) -> str:
        answer = await clients[index % len(clients)].post(
            f"/api/v1/workshops/{gathering.id}/registrations",
            json=form(name=f"Staf {index}", email=f"staf{index}@luwukab.go.id"),
        )
        assert answer.status_code < 500, answer.text
        body = answer.json()
        return str(body["status"] if answer.status_code == 201 else body["code"])

    return Counter(await asyncio.gather(*(one(index) for index in range(people))))


async def confirmed(database: Database, gathering: Workshop) -> int:
    async with database.read() as session:
        query = select(Registration.id).where(
            Registration.workshop_id == gathering.id, col(Registration.status) == RegistrationStatus.CONFIRMED
        )
        return len((await session.exec(query)).all())


async def test_four_hundred_people_get_fifty_seats_and_the_others_wait_in_order(
    clients: list[AsyncClient], database: Database
) -> None:
    _house, gathering, _key = await make(database, offline=SEATS)
    assert await rush(clients, gathering) == {"confirmed": SEATS, "waitlisted": PEOPLE - SEATS}
    async with database.read() as session:
        rows = (await session.exec(select(Registration).order_by(col(Registration.number)))).all()
        capacity = await session.get(Capacity, gathering.id)
    assert [row.number for row in rows] == list(range(1, PEOPLE + 1))
    assert [row.status for row in rows[:SEATS]] == [RegistrationStatus.CONFIRMED] * SEATS
    assert capacity
    assert capacity.offline_taken == SEATS


async def test_without_a_waiting_list_the_others_are_told_it_is_full(
    clients: list[AsyncClient], database: Database
) -> None:
    _house, gathering, _key = await make(database, offline=SEATS, waiting_list=False)
    assert await rush(clients, gathering) == {"confirmed": SEATS, "full": PEOPLE - SEATS}


async def test_seats_stay_exact_while_people_cancel_and_the_hall_grows(
    clients: list[AsyncClient], database: Database
) -> None:
    _house, gathering, key = await make(database, offline=SEATS)
    await rush(clients, gathering, people=SEATS + 20)
    async with database.read() as session:
        seated = (await session.exec(select(Registration.id).order_by(col(Registration.number)).limit(10))).all()

    async def leave(registration_id: UUID) -> None:
        answer = await clients[0].post(f"/api/v1/registrations/{registration_id}/cancellation", headers=key)
        assert answer.status_code == 200, answer.text

    async def grow() -> None:
        answer = await clients[-1].patch(
            f"/api/v1/workshops/{gathering.id}",
            json={"capacity": {"offline": {"limit": SEATS + 5}}},
            headers=key | {"If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text

    async def arrive(index: int) -> None:
        person = form(name=f"Tamu {index}", email=f"tamu{index}@luwukab.go.id")
        url = f"/api/v1/workshops/{gathering.id}/registrations"
        answer = await clients[index % len(clients)].post(url, json=person)
        assert answer.status_code == 201, answer.text

    await asyncio.gather(*(leave(one) for one in seated), grow(), *(arrive(index) for index in range(100)))
    async with database.read() as session:
        rows = (await session.exec(select(Registration).order_by(col(Registration.number)))).all()
        capacity = await session.get(Capacity, gathering.id)
    holding = [row for row in rows if row.status is RegistrationStatus.CONFIRMED]
    waiting = [row for row in rows if row.status is RegistrationStatus.WAITLISTED]
    assert capacity
    assert (len(holding), capacity.offline_taken, capacity.offline_limit) == (SEATS + 5, SEATS + 5, SEATS + 5)
    # Every freed seat went to who waited longest: nobody with a seat came after somebody who still waits.
    assert max(row.number for row in holding) < min(row.number for row in waiting)


async def test_with_the_lock_off_the_same_rush_oversells(
    clients: list[AsyncClient], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _house, gathering, _key = await make(database, offline=SEATS, waiting_list=False)

    async def read_only(_session: AsyncSession, workshop_id: UUID) -> tuple[seats.Offer, Capacity]:
        """Counts what is taken and forgets to hold it, as most peers do."""
        async with database.read() as other:
            query = select(Capacity.offline_taken, Capacity.last_number).where(Capacity.workshop_id == workshop_id)
            [(taken, last)] = await other.exec(query)
        number = len(drawn) + 1
        drawn.append(number)
        await asyncio.sleep(0)
        held = Capacity(workshop_id=workshop_id, offline_limit=SEATS, offline_taken=taken, last_number=number + last)
        return seats.Offer(**gathering.model_dump(include=set(seats.Offer._fields))), held

    async def forget(_session: AsyncSession, _capacity: Capacity) -> None:
        """Nothing is held, so nothing can be written back."""

    drawn: list[int] = []
    monkeypatch.setattr(seats, "lock", read_only)
    monkeypatch.setattr(seats, "keep", forget)
    told = await rush(clients, gathering)
    assert told["confirmed"] > SEATS
    assert await confirmed(database, gathering) == told["confirmed"]
