"""The state at any past moment, told by columns and history together."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import Database
from service.domain import commitments_read
from service.domain.commitments_as_of import Moment, commitments_as_of, overdue, owes
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentHistory,
    CommitmentStatus as P,
    FulfilmentStatus as F,
)
from tests.conftest import NOW
from tests.support.promise_verbs import VERBS, expected, pledge
from tests.support.promises import DUE, history_of, scene


def replayed(entries: list[CommitmentHistory], due: date | None, at: Any) -> tuple[str, str, date | None]:
    """What the history alone says was true at an instant."""
    promise, delivery = "", "not_submitted"
    for entry in entries:
        if entry.at > at:
            break
        if entry.axis is Axis.COMMITMENT:
            promise = entry.after
        elif entry.axis is Axis.FULFILMENT:
            delivery = entry.after
        elif entry.axis is Axis.DUE_DATE:
            due = date.fromisoformat(entry.after)
    return promise, delivery, due


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    lives=st.lists(
        st.lists(st.tuples(st.sampled_from([*VERBS]), st.integers(0, 400)), max_size=9), min_size=1, max_size=4
    ),
    hours=st.lists(st.integers(-5, 3000), min_size=1, max_size=6),
)
async def test_the_state_at_any_moment_equals_the_replayed_history(
    database: Database, lives: list[list[tuple[str, int]]], hours: list[int]
) -> None:
    clock.freeze(NOW)
    ids = []
    async with database.write() as session:
        s = await scene(session)
        for life in lives:
            clock.freeze(NOW)
            one = (await s.ask(session)).id
            ids.append(one)
            for verb, wait in life:
                clock.freeze(clock.now() + timedelta(hours=wait))
                state = await stored_in(session, one)
                if expected(*state, verb):
                    await VERBS[verb](session, s, one)
    histories = {one: await history_of(database, one) for one in ids}
    moments = [NOW + timedelta(hours=hour) for hour in hours] + [entry.at for entry in histories[ids[0]]]
    for at in moments:
        day = clock.local_date(at, s.house.timezone)
        then = commitments_as_of(at, col(Commitment.workshop_id) == s.workshop.id)
        query = select(then.c.id, then.c.commitment_status, then.c.fulfilment_status, then.c.due_date)
        async with database.read() as session:
            told = {row[0]: tuple(row[1:]) for row in (await session.exec(query)).all()}
            debts = set((await session.exec(select(then.c.id).where(owes(then)))).all())
            late = set((await session.exec(select(then.c.id).where(overdue(then, day)))).all())
        existing = {one: entries for one, entries in histories.items() if entries[0].at <= at}
        want = {one: replayed(entries, DUE, at) for one, entries in existing.items()}
        assert told == want
        owed = {
            one
            for one, (promise, delivery, _due) in want.items()
            if promise in ("requested", "committed") and delivery in ("not_submitted", "returned")
        }
        assert debts == owed
        assert late == {one for one in owed if (want[one][2] or day) < day}


async def stored_in(session: AsyncSession, one: UUID) -> tuple[P, F]:
    row = await session.get_one(Commitment, one)
    return row.commitment_status, row.fulfilment_status


async def test_a_date_means_the_end_of_that_local_day(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        one = (await s.ask(session)).id
        clock.freeze(clock.end_of_day(date(2023, 7, 4), "Asia/Makassar"))
        await pledge(session, s, one)
        clock.freeze(NOW + timedelta(days=90))
    async with database.read() as session:
        seen = {}
        for day in (date(2023, 7, 3), date(2023, 7, 4)):
            when = Moment.of(day, "Asia/Makassar")
            seen[day.day] = (await commitments_read.one(session, s.actor, one, when)).commitment_status
    assert seen == {3: P.REQUESTED, 4: P.COMMITTED}
