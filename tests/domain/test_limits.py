"""Limits counted in the database, in a transaction of their own or in that of what is counted."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from service.db import Database
from service.domain import limits
from service.errors import TooManyRequests
from service.models.idempotency import LimitCounter
from service.settings import Settings
from service.tokens import fingerprint
from tests.test_race_state import blocked

MINUTE = timedelta(minutes=1)


async def _within(database: Database, limit: int) -> None:
    async with database.write() as session:
        await limits.hit_within(session, "somebody", limit, MINUTE)


async def test_two_processes_count_together(database: Database, settings: Settings) -> None:
    other = Database(settings)
    for counter in (database, other, database):
        await _within(counter, 3)
    with pytest.raises(TooManyRequests) as refused:
        await _within(other, 3)
    await other.close()
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 61


async def test_what_is_refused_in_its_own_transaction_is_not_counted(database: Database) -> None:
    await _within(database, 1)
    for _ in range(3):
        with pytest.raises(TooManyRequests):
            await _within(database, 1)
    await _within(database, 2)


async def test_a_count_of_its_own_survives_the_refusal(database: Database) -> None:
    await limits.hit(database, "somebody", 1, MINUTE)
    for _ in range(3):
        with pytest.raises(TooManyRequests):
            await limits.hit(database, "somebody", 1, MINUTE)
    with pytest.raises(TooManyRequests):
        await _within(database, 4)


async def test_a_new_window_begins_from_nothing(database: Database) -> None:
    await limits.hit(database, "somebody", 5, timedelta(), count=5)
    await limits.hit(database, "somebody", 5, MINUTE, count=5)
    with pytest.raises(TooManyRequests):
        await limits.hit(database, "somebody", 5, MINUTE)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)  # SQLite has one writer
async def test_who_gives_back_waits_for_who_counts_and_never_the_other_way_round(database: Database) -> None:
    second, first = sorted(["account", "address"], key=fingerprint)
    for key in (second, first):
        await limits.hit(database, key, 9, MINUTE)
    async with database.write() as session:
        await limits.hit_within(session, first, 9, MINUTE)
        given_back = asyncio.ensure_future(limits.give_back(database, first, second))
        await blocked(database)
        await limits.hit_within(session, second, 9, MINUTE)
    await given_back
    async with database.read() as session:
        assert (await session.exec(select(LimitCounter.count))).all() == [1, 1]
