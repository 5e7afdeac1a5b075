"""Attendance as staff and dashboards read it: the list, person by block, and the counters."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select as select_columns,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import organisations
from service.domain.attendance import rows_of
from service.models.attendance import Attendance, AttendanceMode, AttendanceState, Checkin, PresenceMatch
from service.models.attendance_shapes import (
    AttendanceRead,
    AttendanceSummary,
    BlockSummary,
    DaySummary,
    OrganisationSummary,
    PersonBrief,
    PresentCount,
)
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Workshop

# Two bits per block, offline and online, in one 63-bit number.
_BLOCKS_PER_MASK = 31


@dataclass(frozen=True)
class Filters:
    """What part of the list is wanted."""

    block: str | None = None
    day: date | None = None
    mode: AttendanceMode | None = None
    organisation: str | None = None


def state_of(*, present: bool, ends_at: datetime) -> AttendanceState:
    """A block that has not ended is pending until somebody is present."""
    if present:
        return AttendanceState.PRESENT
    return AttendanceState.ABSENT if clock.now() >= ends_at else AttendanceState.PENDING


async def page(
    session: AsyncSession, workshop: Workshop, wanted: Filters, after: tuple[int, int] | None, limit: int
) -> list[tuple[tuple[int, int], AttendanceRead]]:
    """Every confirmed or attending person in every block, by number and block, at most `limit`, each with its key."""
    query = _list_query(workshop, wanted)
    if after:
        query = query.where(tuple_(col(Registration.number), col(AttendanceBlock.position)) > after)
    query = query.order_by(col(Registration.number), col(AttendanceBlock.position)).limit(limit)
    return [((row.number, row.block_position), _read(row)) for row in await rows_of(session, query)]


def expected_here() -> ColumnElement[bool]:
    """Confirmed; and whom only the door knows, by a fact that still stands: an undone scan leaves nobody to expect."""
    mine = col(Registration.id)
    scanned = select(Checkin.id).where(col(Checkin.registration_id) == mine, col(Checkin.annulled_at).is_(None))
    online = select(PresenceMatch.presence_id).where(col(PresenceMatch.registration_id) == mine)
    return and_(
        col(Registration.status) == RegistrationStatus.CONFIRMED,
        or_(col(Registration.walk_in).is_(False), scanned.exists(), online.exists()),
    )


def _list_query(workshop: Workshop, wanted: Filters) -> Select[*tuple[Any, ...]]:
    anywhere = aliased(Attendance)
    came = select_columns(literal(1)).where(
        col(anywhere.registration_id) == col(Registration.id), col(anywhere.present)
    )
    query: Select[*tuple[Any, ...]] = (
        select_columns(
            col(Registration.id),
            col(Registration.number),
            col(Registration.name),
            func.coalesce(col(Organisation.code), col(Registration.organisation_name)).label("organisation"),
            col(Registration.position),
            col(Registration.represents),
            col(Registration.mode),
            col(AttendanceBlock.position).label("block_position"),
            col(AttendanceBlock.code),
            col(AttendanceBlock.ends_at),
            func.coalesce(col(Attendance.present), literal(value=False)).label("present"),
            col(Attendance.mode).label("attended_mode"),
            func.coalesce(col(Attendance.minutes), 0).label("minutes"),
            col(Attendance.first_in),
        )
        .select_from(Registration)
        .join(AttendanceBlock, col(AttendanceBlock.workshop_id) == col(Registration.workshop_id))
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .outerjoin(
            Attendance,
            and_(
                col(Attendance.registration_id) == col(Registration.id),
                col(Attendance.block_id) == col(AttendanceBlock.id),
            ),
        )
        .where(
            col(Registration.workshop_id) == workshop.id,
            or_(expected_here(), came.exists()),
        )
    )
    if wanted.block:
        query = query.where(col(AttendanceBlock.code) == wanted.block)
    if wanted.day:
        day = (
            clock.start_of_day(wanted.day, workshop.timezone),
            clock.end_of_day(wanted.day, workshop.timezone),
        )
        query = query.where(col(AttendanceBlock.starts_at).between(*day))
    if wanted.mode:
        query = query.where(col(Attendance.present), col(Attendance.mode) == wanted.mode)
    if wanted.organisation:
        offices = organisations.of_code(wanted.organisation, workshop.organizer_id)
        query = query.where(col(Registration.organisation_id).in_(offices))
    return query


def _read(row: Row[*tuple[Any, ...]]) -> AttendanceRead:
    return AttendanceRead(
        registration=PersonBrief(
            id=row.id,
            number=row.number,
            name=row.name,
            organisation=row.organisation,
            position=row.position,
            represents=row.represents,
            mode=row.mode,
        ),
        block=row.code,
        state=state_of(present=row.present, ends_at=row.ends_at),
        mode=row.attended_mode,
        minutes=row.minutes,
        first_in=row.first_in,
    )


# The counters


@dataclass(frozen=True)
class _Group:
    """People of one organisation who were in the same places: per block whether offline, whether online."""

    organisation_id: UUID | None
    people: int
    offline: frozenset[int]
    online: frozenset[int]


async def summary(session: AsyncSession, workshop: Workshop) -> AttendanceSummary:
    """The counters, from one grouped statement for who came and one for who was expected."""
    query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    blocks = (await session.exec(query.order_by(col(AttendanceBlock.position)))).all()
    groups = await _groups(session, workshop.id, blocks)
    expected = await _expected(session, workshop.id)
    everybody = sum(expected.values())
    days: dict[date, set[int]] = defaultdict(set)
    for position, block in enumerate(blocks):
        days[clock.local_date(block.starts_at, workshop.timezone)].add(position)
    return AttendanceSummary(
        workshop_id=workshop.id,
        present=_present(groups, set(range(len(blocks)))),
        expected=everybody,
        blocks=[
            BlockSummary(code=block.code, label=block.label, present=_present(groups, {position}), expected=everybody)
            for position, block in enumerate(blocks)
        ],
        days=[
            DaySummary(date=day, present=_present(groups, positions), expected=everybody)
            for day, positions in sorted(days.items())
        ],
        organisations=await _organisations(session, groups, expected, blocks),
    )


def _present(groups: Iterable[_Group], blocks: set[int]) -> PresentCount:
    offline = online = dual = 0
    for group in groups:
        here, there = not blocks.isdisjoint(group.offline), not blocks.isdisjoint(group.online)
        if here and there:
            dual += group.people
        elif here:
            offline += group.people
        elif there:
            online += group.people
    return PresentCount(offline=offline, online=online, dual=dual, unique=offline + online + dual)


async def _groups(session: AsyncSession, workshop_id: UUID, blocks: Sequence[AttendanceBlock]) -> list[_Group]:
    """One row per organisation and pattern of attendance, however many people: the database adds up bits per person."""
    chunks = [blocks[start : start + _BLOCKS_PER_MASK] for start in range(0, len(blocks), _BLOCKS_PER_MASK)]
    if not chunks:
        return []
    each = (
        select_columns(
            col(Attendance.registration_id),
            *(func.sum(_bits(chunk)).label(f"mask{number}") for number, chunk in enumerate(chunks)),
        )
        .where(col(Attendance.workshop_id) == workshop_id, col(Attendance.present))
        .group_by(col(Attendance.registration_id))
        .subquery("each_person")
    )
    masks = [each.c[f"mask{number}"] for number in range(len(chunks))]
    query = (
        select_columns(col(Registration.organisation_id), func.count(), *masks)
        .join(each, each.c.registration_id == col(Registration.id))
        .group_by(col(Registration.organisation_id), *masks)
    )
    return [_group(*tuple(row)) for row in await rows_of(session, query)]


def _bits(chunk: Sequence[AttendanceBlock]) -> ColumnElement[int]:
    offline = case(
        {block.id: literal(1 << 2 * n, BigInteger) for n, block in enumerate(chunk)}, value=col(Attendance.block_id)
    )
    factor = case({AttendanceMode.OFFLINE: 1, AttendanceMode.ONLINE: 2}, value=col(Attendance.mode), else_=3)
    return func.coalesce(offline * factor, 0)


def _group(organisation_id: UUID | None, people: int, *masks: int) -> _Group:
    bits = sum(int(mask) << 2 * _BLOCKS_PER_MASK * number for number, mask in enumerate(masks))
    places = range((bits.bit_length() + 1) // 2)
    return _Group(
        organisation_id,
        people,
        frozenset(place for place in places if bits >> 2 * place & 1),
        frozenset(place for place in places if bits >> 2 * place & 2),
    )


async def _expected(session: AsyncSession, workshop_id: UUID) -> dict[UUID | None, int]:
    query = (
        select(Registration.organisation_id, func.count())
        .where(Registration.workshop_id == workshop_id, expected_here())
        .group_by(col(Registration.organisation_id))
    )
    return dict((await session.exec(query)).all())


async def _organisations(
    session: AsyncSession,
    groups: Sequence[_Group],
    expected: dict[UUID | None, int],
    blocks: Sequence[AttendanceBlock],
) -> list[OrganisationSummary]:
    ours: dict[UUID | None, list[_Group]] = defaultdict(list, {one: [] for one in expected})
    for group in groups:
        ours[group.organisation_id].append(group)
    known = await organisations.names(session, ours)
    entries = [
        OrganisationSummary(
            organisation=known.get(one, (None, None))[0],
            name=known.get(one, (None, None))[1],
            present=_present(theirs, set(range(len(blocks)))),
            expected=expected.get(one, 0),
            blocks={block.code: _present(theirs, {position}).unique for position, block in enumerate(blocks)},
        )
        for one, theirs in ours.items()
    ]
    return sorted(entries, key=lambda entry: (entry.organisation is None, entry.organisation or ""))
