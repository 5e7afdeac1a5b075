"""Every migration runs up, down and up again on data, and four at once are as good as one."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel, select

from service import outbox, sealing
from service.db import Database
from service.domain.verification import verify
from service.events import RegistrationConfirmed
from service.migrate import config, downgrade, head, migrate
from service.models.messages import Reminder
from service.models.outbox import EventRow
from service.models.registrations import Registration
from service.models.workshops import ReminderKind, Workshop
from service.settings import Settings
from tests import factories
from tests.conftest import SECRET
from tests.support.crowd import environment
from tests.support.postgres import Postgres
from tests.support.processes import Process
from tests.support.server import ROOT

REVISIONS = list(ScriptDirectory.from_config(config()).walk_revisions())


async def test_the_migrations_make_exactly_the_tables_that_the_models_describe(database: Database) -> None:
    assert await _differences(database) == []


async def _differences(database: Database) -> list[object]:
    def compare(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda revision: revision.revision)
async def test_up_down_and_up_again_keeps_data_and_tokens(database: Database, revision: Script) -> None:
    """The first revision has nothing below it to keep data in: there, the way down leaves nothing behind."""
    tickets = await _tickets_of_new_data(database)
    async with database.write() as session:
        people = (await session.exec(select(Registration))).all()
        where = {"organizer_id": people[0].organizer_id, "workshop_id": people[0].workshop_id}
        await outbox.record_all(session, [RegistrationConfirmed(**where, registration_id=row.id) for row in people])
        await sealing.seal(session)
    below = revision.down_revision
    assert below is None or isinstance(below, str)
    await downgrade(database, below or "base")
    if below is None:
        assert await _tables(database) <= {"alembic_version"}
    await migrate(database)
    assert await _differences(database) == []
    async with database.read() as session:
        kept = [factories.ticket(session, row) for row in await session.exec(select(Registration))]
        about = [row.registration_id for row in await session.exec(select(EventRow))]
        assert (await verify(session)).findings == []
    assert set(about) == ({row.id for row in people} if below else set())
    assert kept == (tickets if below else [])


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_nobody_is_reminded_out_of_the_blue_of_what_was_owed_years_before(database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        over, owing = await factories.workshop(session, house), await factories.workshop(session, house)
        to_come = await factories.workshop(session, house, ends_at=datetime(2999, 1, 1, tzinfo=UTC))
        session.add(
            Reminder(
                organizer_id=house.id,
                workshop_id=owing.id,
                kind=ReminderKind.COMMITMENTS_DAY,
                about=owing.ends_at.date(),
                due_at=owing.ends_at,
                stale_at=owing.ends_at,
            )
        )
    await downgrade(database, "0004")
    await migrate(database)
    async with database.read() as session:
        kinds = {row.id: set(row.reminders) for row in await session.exec(select(Workshop))}
    new = {"commitments_overdue", "review", "escalation"}
    assert (kinds[over.id] & new, kinds[owing.id] >= new, kinds[to_come.id] >= new) == (set(), True, True)


async def _tickets_of_new_data(database: Database) -> list[str]:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        return [factories.ticket(session, await factories.registration(session, gathering)) for _person in range(3)]


async def _tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda plain: inspect(plain).get_table_names()))


async def test_migrating_again_changes_nothing(database: Database) -> None:
    tickets = await _tickets_of_new_data(database)
    await migrate(database)
    async with database.read() as session:
        assert [factories.ticket(session, row) for row in await session.exec(select(Registration))] == tickets


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_four_migrations_at_once_are_as_good_as_one(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = None
    if kind == "postgresql":
        cluster: Postgres = request.getfixturevalue("postgres")
        url = SecretStr(cluster.create_database(f"four_{os.getpid()}"))
    settings = Settings(data_dir=tmp_path, database_url=url, secret_key=SecretStr(SECRET))
    argv = [sys.executable, "-m", "service.cli", "migrate"]
    logs = [tmp_path / f"migrate-{number}" for number in range(4)]
    four = [Process(argv, environment(settings), log, ROOT) for log in logs]
    ends = [await asyncio.to_thread(process.wait, 120) for process in four]
    assert [(code, process.tail()) for code, process in zip(ends, four, strict=True)] == [(0, "")] * 4
    database = Database(settings)
    assert await _differences(database) == []
    async with database.engine.connect() as connection:
        found = await connection.run_sync(lambda plain: MigrationContext.configure(plain).get_current_revision())
    assert found == head()
    await database.close()
