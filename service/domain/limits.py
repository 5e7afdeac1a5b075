"""How often something may happen in a window of real time, counted in the database so that it holds across workers."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import Database
from service.errors import TooManyRequests
from service.models.idempotency import LimitCounter


async def hit(database: Database, key: str, limit: int, window: timedelta, *, count: int = 1) -> datetime:
    """Counts one more (or `count`) under `key`; when the window ends (real time).

    Raises TooManyRequests, with the seconds to wait, beyond `limit` in `window`.

    Takes the Database, not a session: the count is committed on its own, so that it survives the refusal of whatever
    is being counted. Call it before a transaction is open; on SQLite a second writer would wait for the first.
    """
    now = clock.real_now()
    insert = postgresql.insert if database.dialect == "postgresql" else sqlite.insert
    over = col(LimitCounter.window_ends_at) <= now
    fresh = insert(LimitCounter).values(key=_stored(key), window_ends_at=now + window, count=count)
    statement = fresh.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((over, count), else_=col(LimitCounter.count) + count),
            "window_ends_at": case((over, fresh.excluded.window_ends_at), else_=col(LimitCounter.window_ends_at)),
        },
    ).returning(col(LimitCounter.count), col(LimitCounter.window_ends_at))
    async with database.write() as session:
        counted: int
        ends_at: datetime
        counted, ends_at = (await session.exec(statement)).one()
    if counted > limit:
        raise TooManyRequests(retry_after=max(1, int((ends_at - now).total_seconds()) + 1))
    return ends_at


async def give_back(database: Database, *keys: str) -> None:
    """Takes one hit back under each key: what was counted beforehand turned out to be harmless."""
    statement = (
        update(LimitCounter)
        .where(col(LimitCounter.key).in_([_stored(key) for key in keys]), col(LimitCounter.count) > 0)
        .values(count=col(LimitCounter.count) - 1)
    )
    async with database.write() as session:
        await session.exec(statement)


async def forget_old(session: AsyncSession) -> None:
    """Drops counters whose window is over."""
    await session.exec(delete(LimitCounter).where(col(LimitCounter.window_ends_at) <= clock.real_now()))


def _stored(key: str) -> str:
    """Keys are made of addresses, which have no business in this table."""
    return tokens.fingerprint(key)
