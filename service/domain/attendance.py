"""Attendance is a fold: a pure function of the scans and the online presence of a person in a block.

It does not matter in which order, how often or in how many parts the facts arrive. The `attendance` row is a cache of
that function, refreshed in the transaction that stores a fact.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, delete, select as select_columns, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import as_json, for_each, is_postgresql, listed, rows_in_json, run
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
TABLE = Attendance.metadata.tables["attendance"]
_SCANS = select_columns(
    col(Checkin.registration_id),
    col(Checkin.id),
    col(Checkin.nonce),
    col(Checkin.block_id),
    col(Checkin.direction),
    col(Checkin.happened_at),
    col(Checkin.verdict),
    col(Checkin.refusal),
    col(Checkin.needs_admit),
    col(Checkin.admit_reason).is_not(None),
    col(Checkin.annulled_at).is_not(None),
    col(Device.name),
).outerjoin(Device, col(Device.id) == col(Checkin.device_id))
_CHUNK = 1000


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

    @property
    def barred(self) -> bool:
        """Whether the person was turned away for good: no exception lets a rejected person in."""
        return self.refusal is RefusalReason.NOT_CONFIRMED and not self.needs_admit


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
        return Folded(first, self.online, self.minutes, max(scan.happened_at, self.last_fact_at or scan.happened_at))


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
    valid = [scan for scan in scans if not scan.annulled and not scan.barred]
    admitted = any(scan.admits for scan in valid)
    return [
        scan
        for scan in valid
        if scan.block_id is not None
        and scan.refusal in (None, RefusalReason.NOT_CONFIRMED)
        and (admitted or not scan.needs_admit)
    ]


def fold(
    scans: Iterable[Scan],
    presences: Collection[Interval],
    items: Sequence[Interval],
    block_minutes: int,
    threshold: float,
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
    left = inside[-1][1]
    return replace(
        folded,
        minutes=minutes,
        # Rounded, because 0.55 x 180 is a hair more than 99 in binary.
        online=minutes >= round(threshold * block_minutes, 6),
        last_fact_at=max(left, folded.last_fact_at or left),
    )


def overlaps(presences: Collection[Interval], items: Iterable[Interval]) -> list[Interval]:
    """The time that lies in the union of `presences` and in the union of `items`, in order."""
    wanted = _union(items) if presences else []
    return [
        (max(start, opens), min(end, closes))
        for start, end in _union(presences)
        for opens, closes in wanted
        if max(start, opens) < min(end, closes)
    ]


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def fold_person(
    scans: Iterable[Scan], presences: Sequence[Interval], plans: Mapping[UUID, BlockPlan]
) -> dict[UUID, Folded]:
    """One person's attendance in every block where a fact counts."""
    by_block: dict[UUID, list[Scan]] = defaultdict(list)
    for scan in counted(scans):
        if scan.block_id:
            by_block[scan.block_id].append(scan)
    folded = {
        block_id: fold(by_block[block_id], presences, plan.items, plan.minutes, plan.threshold)
        for block_id, plan in plans.items()
        if presences or block_id in by_block
    }
    return {block_id: one for block_id, one in folded.items() if one.last_fact_at}


# The cache


async def lock(session: AsyncSession, registration_ids: Collection[UUID]) -> None:
    """Locks these registrations until the transaction ends, in one order for all, so that their facts stand still."""
    query = select(Registration.id).where(col(Registration.id).in_(registration_ids)).order_by(col(Registration.id))
    await session.exec(query.with_for_update(key_share=True))


async def refresh(
    session: AsyncSession,
    workshop_id: UUID,
    registration_ids: Collection[UUID],
    scans: Mapping[UUID, Sequence[Scan]] | None = None,
) -> None:
    """Folds the facts of these people of one workshop again and stores what changed. The caller has locked them.

    `scans`: all their scans, if the caller, under that lock, knows them.
    """
    if not registration_ids:
        return
    if scans is None:
        scans = await scans_of(session, registration_ids)
    presences = await _presences(session, listed(session, col(PresenceMatch.registration_id), registration_ids), None)
    mine = {one: known for one in registration_ids if (known := scans.get(one))}
    folded = await _fold_all(session, workshop_id, mine, presences)
    now = clock.now()
    cached = await _cached(session, workshop_id, registration_ids, now)
    rows = {key: attendance_row(workshop_id, key, one, now) for key, one in sorted(folded.items())}
    await store(session, [row for key, row in rows.items() if row != cached.get(key)])
    gone = cached.keys() - rows.keys()
    if gone:
        keys = tuple_(col(Attendance.registration_id), col(Attendance.block_id))
        await session.exec(delete(Attendance).where(keys.in_(gone)))


async def _cached(
    session: AsyncSession, workshop_id: UUID, registration_ids: Collection[UUID], now: datetime
) -> dict[Key, dict[str, object]]:
    """The stored rows of these people, as if stored now."""
    whose = listed(session, col(Attendance.registration_id), registration_ids)
    query = select_columns(*TABLE.columns).where(col(Attendance.workshop_id) == workshop_id, whose)
    rows = [dict(zip(TABLE.columns.keys(), row, strict=True)) for row in await rows_of(session, query)]
    return {(row["registration_id"], row["block_id"]): row | {"updated_at": now} for row in rows}


async def refresh_workshop(session: AsyncSession, workshop_id: UUID) -> None:
    """The same for everybody, after agenda, blocks or the online threshold changed."""
    scanned = select(Checkin.registration_id).where(
        Checkin.workshop_id == workshop_id, col(Checkin.registration_id).is_not(None)
    )
    matched = (
        select(PresenceMatch.registration_id)
        .join(Presence, col(Presence.id) == col(PresenceMatch.presence_id))
        .where(Presence.workshop_id == workshop_id)
    )
    people = sorted({one for one in await session.exec(scanned) if one} | set(await session.exec(matched)))
    for start in range(0, len(people), _CHUNK):
        await lock(session, people[start : start + _CHUNK])
        await refresh(session, workshop_id, people[start : start + _CHUNK])


async def fold_again(session: AsyncSession, workshop_id: UUID, as_of: datetime) -> dict[Key, Folded]:
    """Attendance as of an earlier moment, for everybody whose cached row knows a later fact."""
    changed = select(Attendance.registration_id).where(
        Attendance.workshop_id == workshop_id, col(Attendance.last_fact_at) > as_of
    )
    mine = col(Checkin.registration_id).in_(changed)
    matched = col(PresenceMatch.registration_id).in_(changed)
    scans, presences = await _scans(session, mine, as_of), await _presences(session, matched, as_of)
    return await _fold_all(session, workshop_id, scans, presences)


async def _fold_all(
    session: AsyncSession,
    workshop_id: UUID,
    scans: Mapping[UUID, Sequence[Scan]],
    presences: Mapping[UUID, Sequence[Interval]],
) -> dict[Key, Folded]:
    if not scans and not presences:
        return {}
    plans = await block_plans(session, workshop_id)
    return {
        (person, block_id): folded
        for person in scans.keys() | presences.keys()
        for block_id, folded in fold_person(scans.get(person, ()), presences.get(person, ()), plans).items()
    }


async def scans_of(session: AsyncSession, registration_ids: Collection[UUID]) -> dict[UUID, list[Scan]]:
    """Everything scanned of these people, by person; an empty list for anybody else."""
    return await _grouped(session, for_each(session, _SCANS, col(Checkin.registration_id), registration_ids))


async def _scans(session: AsyncSession, mine: ColumnElement[bool], as_of: datetime) -> dict[UUID, list[Scan]]:
    return await _grouped(session, _SCANS.where(mine, col(Checkin.happened_at) <= as_of))


async def _grouped(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> dict[UUID, list[Scan]]:
    found: dict[UUID, list[Scan]] = defaultdict(list)
    for person, *facts in await rows_of(session, query):
        found[person].append(Scan(*facts))
    return found


async def _presences(
    session: AsyncSession, matched: ColumnElement[bool], as_of: datetime | None
) -> dict[UUID, list[Interval]]:
    query = (
        select(PresenceMatch.registration_id, Presence.joined_at, Presence.left_at)
        .join(Presence, col(Presence.id) == col(PresenceMatch.presence_id))
        .where(matched)
    )
    if as_of:
        query = query.where(col(Presence.joined_at) < as_of)
    found: dict[UUID, list[Interval]] = defaultdict(list)
    for person, joined_at, left_at in await session.exec(query):
        found[person].append((joined_at, min(left_at, as_of) if as_of else left_at))
    return found


async def block_plans(session: AsyncSession, workshop_id: UUID) -> dict[UUID, BlockPlan]:
    """Every block of the workshop with its agenda items and the organizer's online threshold."""
    query = (
        select_columns(
            col(AttendanceBlock.id),
            col(AttendanceBlock.hours),
            col(Organizer.online_threshold),
            col(AgendaItem.starts_at),
            col(AgendaItem.ends_at),
        )
        .join(Workshop, col(Workshop.id) == col(AttendanceBlock.workshop_id))
        .join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
        .outerjoin(AgendaItem, col(AgendaItem.block_id) == col(AttendanceBlock.id))
        .where(col(AttendanceBlock.workshop_id) == workshop_id)
    )
    items: dict[UUID, list[Interval]] = defaultdict(list)
    rules: dict[UUID, tuple[int, float]] = {}
    for block_id, hours, threshold, starts_at, ends_at in await rows_of(session, query):
        rules[block_id] = hours * 45, threshold
        if starts_at:
            items[block_id].append((starts_at, ends_at))
    return {
        block_id: BlockPlan(items[block_id], minutes, threshold) for block_id, (minutes, threshold) in rules.items()
    }


async def rows_of(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of a query over columns, without the cost of mapping objects."""
    await session.flush()
    return (await (await session.connection()).execute(query)).all()


def attendance_row(workshop_id: UUID, key: Key, folded: Folded, now: datetime) -> dict[str, object]:
    """The cached row of a fold."""
    mode = folded.mode
    return {
        "registration_id": key[0],
        "block_id": key[1],
        "workshop_id": workshop_id,
        "present": mode is not None,
        "mode": mode.value if mode else None,
        "minutes": folded.minutes,
        "first_in": folded.first.happened_at if folded.first else None,
        "first_device": folded.first.device if folded.first else None,
        "last_fact_at": folded.last_fact_at,
        "updated_at": now,
    }


Insert = TypeVar("Insert", postgresql.Insert, sqlite.Insert)


def upsert(statement: Insert) -> Insert:
    """An insert into the cache that writes over what is there."""
    fresh = {one.name: statement.excluded[one.name] for one in TABLE.columns if one.name not in TABLE.primary_key}
    return statement.on_conflict_do_update(index_elements=["registration_id", "block_id"], set_=fresh)


_SQLITE_UPSERT = upsert(sqlite.insert(TABLE))
_POSTGRESQL_UPSERT = upsert(
    postgresql.insert(TABLE).from_select(
        TABLE.columns.keys(), rows_in_json(TABLE, TABLE.columns.keys()), include_defaults=False
    )
)


async def store(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """Writes cached rows over what is there. The caller holds the lock of each registration."""
    if not rows:
        return
    if is_postgresql(session):
        await run(session, _POSTGRESQL_UPSERT, as_json(rows))
    else:
        await run(session, _SQLITE_UPSERT, list(rows))
