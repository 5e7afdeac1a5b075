"""How often something may happen in a window of real time, counted in the database so that it holds across workers."""

from datetime import datetime, timedelta

from sqlalchemy import Executable, bindparam, case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import Database, is_postgresql, run
from service.errors import TooManyRequests
from service.models.columns import UtcDateTime
from service.models.idempotency import LimitCounter


def _hit(insert: type[postgresql.Insert] | type[sqlite.Insert]) -> Executable:
    counter = LimitCounter.__table__  # type: ignore[attr-defined] # SQLModel does not declare it
    fresh = insert(counter).values(
        key=bindparam("name"), window_ends_at=bindparam("ends", type_=UtcDateTime), count=bindparam("by")
    )
    over = col(LimitCounter.window_ends_at) <= bindparam("now", type_=UtcDateTime)
    return fresh.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((over, fresh.excluded.count), else_=col(LimitCounter.count) + fresh.excluded.count),
            "window_ends_at": case((over, fresh.excluded.window_ends_at), else_=col(LimitCounter.window_ends_at)),
        },
    ).returning(col(LimitCounter.count).label("counted"), col(LimitCounter.window_ends_at).label("ends_at"))


# Kept: on the way of every registration, and to make a statement costs more than to run it.
_HIT = {"postgresql": _hit(postgresql.Insert), "sqlite": _hit(sqlite.Insert)}


async def hit(database: Database, key: str, limit: int, window: timedelta, *, count: int = 1) -> datetime:
    """Counts one more (or `count`) under `key`; when the window ends (real time).

    Raises TooManyRequests, with the seconds to wait, beyond `limit` in `window`.

    Takes the Database, not a session: the count is committed on its own, so that it survives the refusal of whatever
    is being counted. Call it before a transaction is open; on SQLite a second writer would wait for the first.
    """
    async with database.write() as session:
        counted, ends_at, now = await _count(session, key, window, count)
    _check(counted, limit, ends_at, now)
    return ends_at


async def hit_within(session: AsyncSession, key: str, limit: int, window: timedelta) -> None:
    """`hit` in a transaction that is open already, for what is frequent and costs a commit of its own anyway.

    What is refused, here or later, is not counted. Whoever counts under the same key waits until the transaction ends:
    call it before any other lock is taken. Raises TooManyRequests.
    """
    counted, ends_at, now = await _count(session, key, window, 1)
    _check(counted, limit, ends_at, now)


async def _count(session: AsyncSession, key: str, window: timedelta, count: int) -> tuple[int, datetime, datetime]:
    """Counts, and says how much was counted, when the window ends, and what time it is."""
    now = clock.real_now()
    values = {"name": _stored(key), "ends": now + window, "by": count, "now": now}
    row = (await run(session, _HIT["postgresql" if is_postgresql(session) else "sqlite"], values)).one()
    return row.counted, row.ends_at, now


def _check(counted: int, limit: int, ends_at: datetime, now: datetime) -> None:
    if counted > limit:
        raise TooManyRequests(retry_after=max(1, int((ends_at - now).total_seconds()) + 1))


async def give_back(database: Database, *keys: str) -> None:
    """Takes one hit back under each key: what was counted beforehand turned out to be harmless.

    One key after the other, as they were counted: two who take them in another order could wait for each other.
    """
    async with database.write() as session:
        for key in keys:
            counted = col(LimitCounter.key) == _stored(key), col(LimitCounter.count) > 0
            await session.exec(update(LimitCounter).where(*counted).values(count=col(LimitCounter.count) - 1))


async def forget(session: AsyncSession, key: str) -> None:
    """Nothing was counted under the key."""
    await session.exec(delete(LimitCounter).where(col(LimitCounter.key) == _stored(key)))


async def forget_old(session: AsyncSession) -> None:
    """Drops counters whose window is over."""
    await session.exec(delete(LimitCounter).where(col(LimitCounter.window_ends_at) <= clock.real_now()))


def _stored(key: str) -> str:
    """Keys are made of addresses, which have no business in this table."""
    return tokens.fingerprint(key)
