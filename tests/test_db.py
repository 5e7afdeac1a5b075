"""The session commits before the answer leaves, and what the database is set to do is what we promise."""

import asyncio
import contextlib

import pysqlite3
import pytest
from httpx import AsyncClient
from sqlalchemy.exc import OperationalError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import system
from service.db import Database
from service.domain import privacy
from service.models.organizers import Organizer
from service.models.registrations import Registration
from tests import factories
from tests.routers.test_registrations import form, make

CANARY = "kenari@luwukab.go.id"


async def test_a_commit_that_fails_is_not_answered_with_success(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _house, gathering, _key = await make(database)

    async def broken(_session: AsyncSession) -> None:
        raise OperationalError("COMMIT", {}, ConnectionError("connection is closed"))

    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "commit", broken)
        answer = await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=form())
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    async with database.read() as session:
        assert (await session.exec(select(Registration))).all() == []


async def test_a_block_that_raises_changes_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await factories.organizer(session, "luwu")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.read() as session:
        assert (await session.exec(select(Organizer))).all() == []


async def test_a_reader_is_not_kept_waiting_by_a_writer(database: Database) -> None:
    async with database.write() as writing:
        await factories.organizer(writing, "luwu")
        async with asyncio.timeout(5), database.read() as reading:
            assert (await reading.exec(select(Organizer))).all() == []


async def test_writers_queue_in_order(database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
    seen: list[int] = []

    async def write(turn: int) -> None:
        async with database.write() as session:
            row = await session.get(Organizer, house.id, with_for_update=True)
            assert row
            row.version += 1
            seen.append(turn)

    await asyncio.gather(*(write(turn) for turn in range(20)))
    async with database.read() as session:
        row = await session.get(Organizer, house.id)
    assert row
    assert row.version == 21
    assert sorted(seen) == list(range(20))


async def checkpointed(database: Database) -> bytes:
    """The database file with all that was written in it."""
    with contextlib.closing(pysqlite3.connect(str(database.settings.sqlite_path))) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    return database.settings.sqlite_path.read_bytes()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_was_erased_is_not_left_in_the_file(database: Database) -> None:
    long = {"alasan": CANARY * 300}  # more than a page, so that whole pages become free
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        row = await factories.registration(session, gathering, email=CANARY, answers=long)
    assert CANARY.encode() in await checkpointed(database)
    async with database.write() as session:
        await privacy.erase(session, system(gathering.organizer_id), row.id)
    assert CANARY.encode() not in await checkpointed(database)
