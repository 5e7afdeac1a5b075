"""The change feed: sealed events in their sequence, and what wakes those who follow it."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import stopping
from service.auth import Actor
from service.db import Database
from service.models.outbox import EventChain, EventRow

log = structlog.get_logger()

POLL_SECONDS = 1.0
LARGEST = 2**63 - 1
"""The highest sequence there can be."""


async def sealed(
    session: AsyncSession, actor: Actor, *, after: int, types: Sequence[str] = (), limit: int
) -> Sequence[EventRow]:
    """The organizer's sealed events later than the sequence `after`."""
    query = select(EventRow).where(EventRow.organizer_id == actor.tenant, col(EventRow.sequence) > after)
    if types:
        query = query.where(col(EventRow.type).in_(types))
    return (await session.exec(query.order_by(col(EventRow.sequence)).limit(limit))).all()


@dataclass(frozen=True)
class Wanted:
    """Which events of the log: of these types (empty: all), by this kind of actor, from `since` to `until`."""

    types: Sequence[str] = ()
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def latest(
    session: AsyncSession, actor: Actor, wanted: Wanted, before: int | None, limit: int
) -> Sequence[EventRow]:
    """The organizer's sealed events, the newest first, those with a sequence below `before`."""
    query = select(EventRow).where(EventRow.organizer_id == actor.tenant, col(EventRow.sequence).is_not(None))
    if wanted.types:
        query = query.where(col(EventRow.type).in_(wanted.types))
    if wanted.by:
        query = query.where((col(EventRow.actor) == wanted.by) | col(EventRow.actor).startswith(f"{wanted.by}:"))
    if wanted.since:
        query = query.where(col(EventRow.happened_at) >= wanted.since)
    if wanted.until:
        query = query.where(col(EventRow.happened_at) <= wanted.until)
    if before is not None:
        query = query.where(col(EventRow.sequence) < before)
    return (await session.exec(query.order_by(col(EventRow.sequence).desc()).limit(limit))).all()


async def head(session: AsyncSession, organizer_id: UUID) -> int:
    """The sequence of the organizer's latest sealed event, 0 before the first."""
    query = select(EventChain.sequence).where(EventChain.organizer_id == organizer_id)
    return (await session.exec(query)).first() or 0


class Ticker:
    """Tells the streams of one process where the logs end: one look a second, however many streams there are."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._followed: dict[UUID, int] = {}
        self._heads: dict[UUID, int] = {}
        self._looked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def following(self, organizer_id: UUID) -> Iterator[None]:
        """Looks at this organizer's log while the block runs."""
        self._followed[organizer_id] = self._followed.get(organizer_id, 0) + 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._followed[organizer_id] -= 1
            if self._followed[organizer_id] == 0:
                del self._followed[organizer_id]
            if not self._followed and self._task:
                self._task.cancel()
                self._task = None

    async def beyond(self, organizer_id: UUID, sequence: int) -> bool:
        """Waits until the log ends later than `sequence`; False when the process is about to end instead."""
        while self._heads.get(organizer_id, 0) <= sequence:
            if stopping.requested():
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._looked.wait(), POLL_SECONDS)
        return not stopping.requested()

    async def _run(self) -> None:
        while True:
            try:
                async with self.database.read() as session:
                    query = select(EventChain.organizer_id, EventChain.sequence).where(
                        col(EventChain.organizer_id).in_(list(self._followed))
                    )
                    self._heads = dict((await session.exec(query)).all())
            except (DBAPIError, PoolTimeout, OSError) as away:
                # The streams stay open and go on where they were.
                log.warning("feed_waits_for_database", error=type(away).__name__)
            looked, self._looked = self._looked, asyncio.Event()
            looked.set()
            await asyncio.sleep(POLL_SECONDS)
