"""The counters of a workshop, kept in memory until something happens.

Counting 50,000 people takes tens of milliseconds, asking whether anything happened takes a fraction of one. Every
change records an event in its own transaction, and an event's id carries the time it was made. So the number of an
organizer's events younger than a cutoff tells: as long as it stays the same, nothing was committed since. The cutoff
lies a minute back, because a transaction may commit later than it made its ids; the newest id alone would miss it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import case, func, select as select_columns
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import attendance_reads
from service.domain.attendance import rows_of
from service.models.outbox import EventRow
from service.models.workshops import Workshop

LONGEST_TRANSACTION = timedelta(minutes=1)
_KEPT_WORKSHOPS = 50


@dataclass(frozen=True)
class Counters:
    """A workshop's summary as JSON, with its strong ETag."""

    body: bytes
    etag: str


@dataclass
class _Entry:
    counters: Counters
    cutoff: UUID
    seen: int


_kept: OrderedDict[UUID, _Entry] = OrderedDict()


async def read(session: AsyncSession, workshop: Workshop) -> Counters:
    """The workshop's summary as it is now."""
    entry = _kept.get(workshop.id)
    cutoff = _cutoff()
    then, now = await _events_after(session, workshop.organizer_id, entry.cutoff if entry else cutoff, cutoff)
    if entry is None or then != entry.seen:
        # Counted after the events: what is committed in between shows up as one more event next time.
        summary = await attendance_reads.summary(session, workshop)
        body = summary.model_dump_json().encode()
        entry = _Entry(Counters(body, f'"{sha256(body).hexdigest()[:32]}"'), cutoff, now)
    entry.cutoff, entry.seen = cutoff, now
    _kept[workshop.id] = entry
    _kept.move_to_end(workshop.id)
    while len(_kept) > _KEPT_WORKSHOPS:
        _kept.popitem(last=False)
    return entry.counters


def _cutoff() -> UUID:
    """The smallest UUIDv7 of the moment before which every transaction has ended."""
    moment = clock.real_now() - LONGEST_TRANSACTION
    return UUID(int=int(moment.timestamp() * 1000) << 80)


async def _events_after(session: AsyncSession, organizer_id: UUID, former: UUID, cutoff: UUID) -> tuple[int, int]:
    """Events after the former and after the new cutoff, in one statement: two would see two different states."""
    younger = case((col(EventRow.id) > cutoff, 1))
    query = select_columns(func.count(), func.count(younger)).where(
        col(EventRow.id) > former, col(EventRow.organizer_id) == organizer_id
    )
    [(then, now)] = await rows_of(session, query)
    return then, now
