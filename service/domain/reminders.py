"""Reminders: rows computed from the agenda, computed anew when it moves, fired when their time has come.

A row is about one day: of the workshop, or on which data is due; one that comes again and again is about the day, or
the Monday of the week, on which it comes, and only the next ones are planned. Working days are Monday to Friday minus
the organizer's holidays. The rows follow from other rows alone, so it does not matter in which order changes arrive.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.domain import escalations
from service.domain.commitments_as_of import OWING_DELIVERIES, OWING_PROMISES
from service.domain.working_days import (
    EARLIEST,
    LATEST,
    holidays_of,
    monday_of,
    next_working_day,
    working_day_before,
    working_day_until,
    working_week,
)
from service.events import ReminderFired
from service.models.commitments import Commitment, FulfilmentStatus
from service.models.messages import Message, MessageStatus, Reminder, ReminderStatus
from service.models.organizers import Organizer
from service.models.workshops import AttendanceBlock, ReminderKind, Workshop, WorkshopStatus

AT_ONCE = 100
"""How many reminders one call of `fire` looks at."""
MORNING = time(8)
AHEAD = timedelta(hours=1)
USEFUL = timedelta(minutes=30)
"""How long after the beginning it still makes sense to say that it begins."""
THANKS_USEFUL = timedelta(days=30)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)

RECURRING = (ReminderKind.COMMITMENTS_OVERDUE, ReminderKind.REVIEW, ReminderKind.ESCALATION)

Key = tuple[ReminderKind, date]

_DUE = (
    select(Reminder)
    .where(col(Reminder.status) == ReminderStatus.PLANNED, col(Reminder.due_at) <= bindparam("now"))
    .order_by(col(Reminder.due_at), col(Reminder.id))
    .limit(AT_ONCE)
)


@dataclass(frozen=True)
class Due:
    """When a reminder is sent, and when it has become useless."""

    at: datetime
    stale_at: datetime


async def waits(session: AsyncSession) -> bool:
    """Whether a reminder is due: a look that is cheaper than a transaction that writes nothing."""
    return (await session.exec(_DUE.limit(1), params={"now": clock.now()})).first() is not None


async def fire(session: AsyncSession) -> int:
    """Records an event for every reminder that is due, and drops those that have become stale. Returns how many.

    Before that they are planned anew: the agenda may have moved while nobody worked. The workshop's lock, passed over
    when somebody holds it, keeps several workers from firing the same row.
    """
    now = {"now": clock.now()}
    waiting = {row.workshop_id for row in await session.exec(_DUE, params=now)}
    if not waiting:
        return 0
    lock = select(Workshop).where(col(Workshop.id).in_(waiting)).order_by(col(Workshop.id))
    lock = lock.with_for_update(key_share=True, skip_locked=True)
    mine = (await session.exec(lock, execution_options={"populate_existing": True})).all()
    for workshop in mine:
        await _plan(session, workshop)
    due = _DUE.where(col(Reminder.workshop_id).in_([workshop.id for workshop in mine]))
    rows = (await session.exec(due.with_for_update(skip_locked=True), params=now)).all()
    for row in rows:
        fresh = row.stale_at > clock.now()
        row.status = ReminderStatus.FIRED if fresh else ReminderStatus.DROPPED
        row.fired_at = clock.now() if fresh else row.fired_at
        session.add(row)
    fired = [row for row in rows if row.status is ReminderStatus.FIRED]
    happened = [
        ReminderFired(organizer_id=row.organizer_id, workshop_id=row.workshop_id, reminder_id=row.id) for row in fired
    ]
    await outbox.record_all(session, happened)
    await session.flush()
    return len(rows)


async def catch_up(session: AsyncSession) -> None:
    """Does in a restored database whatever has fallen due since; what follows from it may have been sent then.

    Escalation is raised here, or it would be raised, and told, again on the next morning.
    """
    late = select(Reminder.workshop_id).where(
        Reminder.kind == ReminderKind.ESCALATION,
        Reminder.status == ReminderStatus.PLANNED,
        col(Reminder.due_at) <= clock.now(),
    )
    for workshop_id in set(await session.exec(late)):
        await escalations.raise_due(session, workshop_id)
    while await fire(session):
        pass


async def plan(session: AsyncSession, workshop_id: UUID) -> None:
    """Makes a workshop's reminders what its agenda, its commitments and the holidays say now."""
    lock = select(Workshop).where(Workshop.id == workshop_id).with_for_update(key_share=True)
    workshop = (await session.exec(lock, execution_options={"populate_existing": True})).first()
    if workshop is not None:
        await _plan(session, workshop)


async def concerned(session: AsyncSession, organizer_id: UUID) -> Sequence[UUID]:
    """The organizer's workshops that still have somebody to remind of something."""
    planned = select(Reminder.workshop_id).where(Reminder.status == ReminderStatus.PLANNED)
    query = select(Workshop.id).where(
        Workshop.organizer_id == organizer_id,
        (col(Workshop.ends_at) > clock.now()) | col(Workshop.id).in_(planned),
    )
    return (await session.exec(query.order_by(col(Workshop.id)))).all()


async def of_workshop(
    session: AsyncSession, workshop_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Reminder]:
    """A workshop's reminders by the time they are due, at most `limit`, after that position."""
    query = select(Reminder).where(Reminder.workshop_id == workshop_id)
    if after is not None:
        due_at, last = after
        later = (col(Reminder.due_at) == due_at) & (col(Reminder.id) > last)
        query = query.where((col(Reminder.due_at) > due_at) | later)
    return (await session.exec(query.order_by(col(Reminder.due_at), col(Reminder.id)).limit(limit))).all()


async def _plan(session: AsyncSession, workshop: Workshop) -> None:
    """Plans a workshop that is locked."""
    # What came again and again is history once it is over; else there would be more of it to look at every day.
    over = col(Reminder.kind).in_(RECURRING) & (col(Reminder.status) != ReminderStatus.PLANNED)
    query = select(Reminder).where(
        Reminder.workshop_id == workshop.id, ~(over & (col(Reminder.stale_at) <= clock.now()))
    )
    found = await session.exec(
        query.order_by(col(Reminder.id)).with_for_update(), execution_options={"populate_existing": True}
    )
    existing: dict[Key, Reminder] = {(row.kind, row.about): row for row in found}
    wanted = await _wanted(session, workshop)
    if workshop.status is WorkshopStatus.COMPLETED:
        wanted |= _thanks(workshop, existing)
    for key, row in existing.items():
        if key not in wanted:
            await _unplan(session, row)
    for key, due in wanted.items():
        if key in existing:
            await _move(session, existing[key], due)
        elif due.stale_at > clock.now() and (due.at > clock.now() or key[0] is ReminderKind.THANKS):
            session.add(_row(workshop, key, due))
    await session.flush()


def _row(workshop: Workshop, key: Key, due: Due) -> Reminder:
    kind, about = key
    return Reminder(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        kind=kind,
        about=about,
        due_at=due.at,
        stale_at=due.stale_at,
    )


async def _unplan(session: AsyncSession, row: Reminder) -> None:
    """What was sent once, or came too late, stays as history; what it left unsent is no longer true."""
    if row.status is ReminderStatus.PLANNED and row.fired_at is None:
        await session.delete(row)
        return
    if row.status is ReminderStatus.PLANNED:
        row.status = ReminderStatus.FIRED
    session.add(row)
    await _withdraw(session, row)


async def _move(session: AsyncSession, row: Reminder, due: Due) -> None:
    """A planned row moves along. One that is over is planned again only for a time that is still to come."""
    if (row.due_at, row.stale_at) == (due.at, due.stale_at):
        return
    over = row.status is not ReminderStatus.PLANNED
    if over and (due.at <= clock.now() or due.at == row.due_at):
        return
    if over:
        await _withdraw(session, row)
    row.due_at, row.stale_at, row.status = due.at, due.stale_at, ReminderStatus.PLANNED
    session.add(row)


async def _withdraw(session: AsyncSession, row: Reminder) -> None:
    """Drops the messages of a reminder's former time that did not go out yet."""
    unsent = (MessageStatus.QUEUED, MessageStatus.WAITING)
    mine = (col(Message.reminder_id) == row.id, col(Message.status).in_(unsent))
    await session.exec(update(Message).where(*mine).values(status=MessageStatus.DROPPED))


async def _wanted(session: AsyncSession, workshop: Workshop) -> dict[Key, Due]:
    """Every reminder that the rows call for, whenever it is due; thanks left out."""
    if workshop.status not in (WorkshopStatus.PUBLISHED, WorkshopStatus.COMPLETED):
        return {}
    holidays = await holidays_of(session, workshop.organizer_id)
    wanted: dict[Key, Due] = {}
    if workshop.status is WorkshopStatus.PUBLISHED:
        blocks = select(AttendanceBlock.starts_at).where(AttendanceBlock.workshop_id == workshop.id)
        wanted |= _of_agenda(workshop, (await session.exec(blocks)).all(), holidays)
    house = await session.get_one(Organizer, workshop.organizer_id)
    owing = select(col(Commitment.due_date)).where(
        Commitment.workshop_id == workshop.id,
        col(Commitment.commitment_status).in_(OWING_PROMISES),
        col(Commitment.fulfilment_status).in_(OWING_DELIVERIES),
        col(Commitment.due_date).between(EARLIEST, LATEST),
    )
    due_dates = {due_date for due_date in await session.exec(owing.distinct()) if due_date}
    for due_date in due_dates:
        wanted |= _of_commitments(due_date, house.timezone, holidays)
    wanted |= await _again(session, workshop, house, due_dates, holidays)
    return {key: due for key, due in wanted.items() if key[0] in workshop.reminders and due.at < due.stale_at}


def _of_agenda(workshop: Workshop, starts: Sequence[datetime], holidays: Collection[date]) -> dict[Key, Due]:
    zone = workshop.timezone
    first_of: dict[date, datetime] = {}
    for start in sorted(starts) or _presumed(workshop, holidays):
        first_of.setdefault(clock.local_date(start, zone), start)
    (first_day, begin), *later = first_of.items()
    last_call = _morning(working_day_before(first_day, holidays), zone)
    week_before = _morning(working_day_until(first_day - _WEEK, holidays), zone)
    wanted = {
        (ReminderKind.WEEK, first_day): Due(week_before, last_call),
        # Who missed it for days needs only the next one.
        (ReminderKind.DAY, first_day): Due(last_call, begin - AHEAD),
        (ReminderKind.HOUR, first_day): Due(begin - AHEAD, begin + USEFUL),
    }
    return wanted | {(ReminderKind.EACH_DAY, day): Due(start - AHEAD, start + USEFUL) for day, start in later}


def _presumed(workshop: Workshop, holidays: Collection[date]) -> list[datetime]:
    """Without half-days: every working day of the workshop begins at the time of the first."""
    zone = clock.zone(workshop.timezone)
    first, end = workshop.starts_at.astimezone(zone), workshop.ends_at.astimezone(zone)
    later = (first + _DAY * day for day in range(1, (end.date() - first.date()).days + 1))
    working = (start for start in later if working_day_until(start.date(), holidays) == start.date())
    return [first, *(start for start in working if start < end)]


def _of_commitments(due_date: date, zone: str, holidays: Collection[date]) -> dict[Key, Due]:
    last_call = _morning(working_day_before(due_date, holidays), zone)
    week_before = _morning(working_day_until(due_date - _WEEK, holidays), zone)
    return {
        (ReminderKind.COMMITMENTS_WEEK, due_date): Due(week_before, last_call),
        (ReminderKind.COMMITMENTS_DAY, due_date): Due(last_call, clock.end_of_day(due_date, zone)),
    }


async def _again(
    session: AsyncSession, workshop: Workshop, house: Organizer, due_dates: Collection[date], holidays: Collection[date]
) -> dict[Key, Due]:
    """What comes again and again: this time, and the next one."""
    zone = house.timezone
    today = clock.local_date(clock.now(), zone)
    wanted: dict[Key, Due] = {}
    if due_dates:
        wanted |= _weekly(min(due_dates), today, zone, holidays)
    days = {ReminderKind.REVIEW: today if await _waits_for_review(session, workshop) else None}
    if due_dates and ReminderKind.ESCALATION in workshop.reminders:
        days[ReminderKind.ESCALATION] = await escalations.next_day(session, workshop, house, holidays)
    for kind, day in days.items():
        for about in _mornings(day, today, holidays) if day else ():
            wanted[kind, about] = Due(_morning(about, zone), clock.end_of_day(about, zone))
    return wanted


def _weekly(oldest: date, today: date, zone: str, holidays: Collection[date]) -> dict[Key, Due]:
    """The first morning of the working weeks after `oldest` was due: Monday, or the next working day of that week."""
    wanted: dict[Key, Due] = {}
    this_week = monday_of(max(oldest, today))
    following = monday_of(next_working_day(this_week + _WEEK - _DAY, holidays))
    for monday in (this_week, following):
        days = working_week(monday, holidays)
        if days and days[0] > oldest:
            due = Due(_morning(days[0], zone), clock.end_of_day(days[-1], zone))
            wanted[ReminderKind.COMMITMENTS_OVERDUE, monday] = due
    return wanted


def _mornings(day: date, today: date, holidays: Collection[date]) -> set[date]:
    """The working day that begins then; of what should have been by now, today's and the next."""
    first = next_working_day(max(day, today) - _DAY, holidays)
    return {first} if day > today else {first, next_working_day(max(first, today), holidays)}


async def _waits_for_review(session: AsyncSession, workshop: Workshop) -> bool:
    query = select(Commitment.id).where(
        Commitment.workshop_id == workshop.id,
        Commitment.fulfilment_status == FulfilmentStatus.SUBMITTED,
        col(Commitment.commitment_status).in_(OWING_PROMISES),
    )
    return (await session.exec(query.limit(1))).first() is not None


def _thanks(workshop: Workshop, existing: Mapping[Key, Reminder]) -> dict[Key, Due]:
    """Thanks are due as soon as the workshop is completed, and said once, whatever becomes of its times afterwards."""
    said = {key: Due(row.due_at, row.stale_at) for key, row in existing.items() if key[0] is ReminderKind.THANKS}
    if said or ReminderKind.THANKS not in workshop.reminders:
        return said
    last_day = clock.local_date(workshop.ends_at, workshop.timezone)
    return {(ReminderKind.THANKS, last_day): Due(clock.now(), workshop.ends_at + THANKS_USEFUL)}


def _morning(day: date, zone: str) -> datetime:
    return datetime.combine(day, MORNING, clock.zone(zone))
