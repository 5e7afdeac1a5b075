"""What the fixture knows of the two days follows from scans and connections alone."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock
from service.db import Database
from service.domain import attendance, reports
from service.models.attendance import Attendance, AttendanceMode, Checkin, PresenceMatch
from service.settings import Settings
from tests.support import fixture_world
from tests.support.report_tables import Tables

END = date(2023, 8, 1)
ASKED = ("headcount", "certificate-eligibility")


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    made = Database(settings)
    yield made
    await made.close()


@pytest.fixture
async def tables(database: Database) -> Tables:
    async with database.write() as session:
        made = Tables(session, fixture_world.world(fixture_world.fixture()))
        await made.write()
    return made


async def asked(session: AsyncSession, tables: Tables) -> dict[str, Any]:
    actor = auth.system(tables.organizer.id)
    return {
        name: (await reports.ask(session, actor, name, tables.workshop.id, END)).model_dump(mode="json")["answer"]
        for name in ASKED
    }


async def forget_and_fold(session: AsyncSession, tables: Tables) -> None:
    await session.exec(delete(Attendance))
    await attendance.refresh_workshop(session, tables.workshop.id)


async def test_the_answers_come_back_when_every_stored_row_is_thrown_away(database: Database, tables: Tables) -> None:
    known = fixture_world.expected(fixture_world.fixture())
    async with database.write() as session:
        await session.exec(update(Attendance).values(present=False, mode=None, minutes=0))
        assert await asked(session, tables) != {name: known[name] for name in ASKED}
        await forget_and_fold(session, tables)
        assert await asked(session, tables) == {name: known[name] for name in ASKED}


async def test_without_scans_nobody_was_in_the_hall_and_without_connections_nobody_was_there(
    database: Database, tables: Tables
) -> None:
    async with database.write() as session:
        before = await asked(session, tables)
        await session.exec(update(Checkin).values(annulled_at=clock.now()))
        await forget_and_fold(session, tables)
        modes = set(await session.exec(select(Attendance.mode).where(Attendance.present)))
        assert modes == {AttendanceMode.ONLINE}
        await session.exec(delete(PresenceMatch))
        await forget_and_fold(session, tables)
        assert (await session.exec(select(Attendance))).all() == []
        assert (await asked(session, tables))["headcount"] != before["headcount"]
