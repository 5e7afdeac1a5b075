"""Attendance is a fold: a pure function of the scans and the online presence of a person in a block.

It does not matter in which order, how often or in how many parts the facts arrive. The `attendance` row is a cache of
that function, refreshed in the transaction that stores a fact.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import is_postgresql
from service.models.attendance import (
    Attendance,
    AttendanceMode,
    Checkin,
    Direction,
    Presence,
    PresenceMatch,
    RefusalReason,
    Verdict,
)
from service.models.devices import Device
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import AgendaItem, AttendanceBlock, Workshop

Interval = tuple[datetime, datetime]
Key = tuple[UUID, UUID]
"""A registration and a block."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of one person, as far as attendance cares. `block_id` is missing where no block was open."""

    id: UUID
    nonce: UUID
    block_id: UUID | None
    direction: Direction
    happened_at: datetime
    verdict: Verdict = Verdict.ACCEPTED
    refusal: RefusalReason | None = None
    needs_admit: bool = False
    admits: bool = False
    annulled: bool = False
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """A person's attendance in a block. `first` is the earliest counted scan in; `minutes` are online minutes."""

    first: Scan | None = None
    online: bool = False
    minutes: int = 0
    last_fact_at: datetime | None = None

    @property
    def mode(self) -> AttendanceMode | None:
        """Where the person was; None when not present."""
        if self.first:
            return AttendanceMode.DUAL if self.online else AttendanceMode.OFFLINE
        return AttendanceMode.ONLINE if self.online else None

    def plus(self, scan: Scan) -> "Folded":
        """The fold over one more counted scan."""
        if scan.direction is not Direction.IN:
            return self
        first = scan if self.first is None else min(self.first, scan, key=_earliest)
        return replace(self, first=first, last_fact_at=max(scan.happened_at, self.last_fact_at or scan.happened_at))


@dataclass(frozen=True)
class BlockPlan:
    """What the fold must know of a block: its agenda items and the minutes that make somebody present online."""

    items: Sequence[Interval]
    minutes: int
    threshold: float


def _earliest(scan: Scan) -> tuple[datetime, UUID]:
    return scan.happened_at, scan.nonce


def counted(scans: Iterable[Scan]) -> list[Scan]:
    """Those of one person's scans that count, in and out.

    Not an undone one, nor a refused one; but what was refused for want of a confirmation counts as soon as the person
    has been admitted at any door, whichever of the two arrived first.
    """
    valid = [scan for scan in scans if not scan.annulled]
    admitted = any(scan.admits for scan in valid)
    return [
        scan
        for scan in valid
        if scan.block_id is not None
        and scan.refusal in (None, RefusalReason.NOT_CONFIRMED)
        and (admitted or not scan.needs_admit)
    ]


def fold(
    scans: Iterable[Scan], presences: Iterable[Interval], items: Sequence[Interval], block_minutes: int, threshold: float
) -> Folded:
    """The attendance that follows from the counted scans in one block and all online intervals of a person.

    Present online: the union of the intervals inside the block's agenda items, in whole minutes, reaches `threshold`
    (0..1) of `block_minutes`. A scan out takes nothing away.
    """
    folded = Folded()
    for scan in scans:
        folded = folded.plus(scan)
    inside = overlaps(presences, items)
    if not inside:
        return folded
    minutes = int(sum((end - start for start, end in inside), timedelta()).total_seconds() // 60)
    left = max(end for _, end in presences_inside(presences, items))
    return replace(
        folded,
        minutes=minutes,
        # Rounded, because 0.55 x 180 is a hair more than 99 in binary.
        online=minutes >= round(threshold * block_minutes, 6),
        last_fact_at=max(left, folded.last_fact_at or left),
    )
