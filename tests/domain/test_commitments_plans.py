"""How PostgreSQL finds its way at scale: what a house asks about its promises costs nothing for the others' rows."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock
from service.db import Database, run_sql
from service.domain import commitments_read, reports
from service.domain.commitments_read import Filters
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.data_items import ItemKind
from service.settings import Settings
from tests.support import many_promises
from tests.support.many_promises import Many

MANY = Many(datetime.fromisoformat("2023-05-15T08:00:00+08:00"), houses=50, organisations=16, items=16)
MINE = 7
READ_THROUGH = re.compile(r"Seq Scan on (commitments|commitment_history|submissions|data_items|organisations)\b")
TIMES = (None, MANY.middle)
Statement = tuple[str, Sequence[Any]]

LISTS = (
    Filters(),
    Filters(workshop=many_promises.workshop_id(MINE)),
    Filters(organisation="opd-003"),
    Filters(dimension="economy", fulfilment_status=FulfilmentStatus.RETURNED),
    Filters(commitment_status=CommitmentStatus.WITHDRAWN),
    Filters(owes=False),
    Filters(overdue=True, organisation="opd-001", dimension="branding"),
    Filters(due_before=date(2020, 1, 1)),
    Filters(item_kind=ItemKind.NEED, programme="smart-city"),
    Filters(data_item="DI-004"),
    Filters(agreement="KB-1"),
    Filters(q="Dinas 12"),
    Filters(waiting_on="opd-003"),
    Filters(extension_requested=True),
)


@pytest.fixture
async def crowded(settings: Settings) -> AsyncIterator[Database]:
    """Fifty houses with 256 promises each, of which only one is asked about."""
    database = Database(settings)
    async with database.write() as session:
        await many_promises.write(session, MANY, settings.keyring.current_id)
    clock.freeze(MANY.start + timedelta(days=33))
    yield database
    await database.close()


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_no_answer_about_promises_reads_through_the_tables_of_all_houses(crowded: Database) -> None:
    async with crowded.read() as session:
        asked = await everything(crowded, session)
        assert len(asked) > 100
        plans = {statement: await plan(session, statement, values) for statement, values in asked}
    assert {statement: found for statement, text in plans.items() if (found := READ_THROUGH.findall(text))} == {}
    # The control: without its index the history is read through, and it is seen.
    async with crowded.write() as session:
        await run_sql(session, "DROP INDEX ix_commitment_history_at")
        found = [await plan(session, statement, values) for statement, values in asked[-20:]]
    assert any("commitment_history" in READ_THROUGH.findall(each) for each in found)


def actor() -> auth.Actor:
    return auth.system(many_promises.house_id(MINE))


async def everything(database: Database, session: AsyncSession) -> list[Statement]:
    """The statements of every report, of the dashboard and of every list, now and in the past."""
    workshop = many_promises.workshop_id(MINE)
    with statements(database) as asked:
        for as_of in TIMES:
            for name in reports.REPORTS:
                assert (await reports.ask(session, actor(), name, workshop, as_of)).answer is not None
            await reports.overview(session, actor(), workshop, as_of)
            await reports.matrix_of(session, actor(), workshop, as_of)
            await reports.burn_up_of(session, actor(), workshop, as_of)
            when = await commitments_read.moment(session, actor(), as_of)
            for wanted in LISTS:
                await commitments_read.page(session, actor(), when, wanted, ("C-001", workshop), 51)
    return asked


@contextmanager
def statements(database: Database) -> Iterator[list[Statement]]:
    """What is asked of the database meanwhile, as the driver gets it."""
    seen: list[Statement] = []

    def note(*call: Any) -> None:  # connection, cursor, statement, values, context, many
        seen.append((call[2], call[3]))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def plan(session: AsyncSession, statement: str, values: Sequence[Any]) -> str:
    connection = await session.connection()
    rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", tuple(values))
    return "\n".join(row[0] for row in rows)
