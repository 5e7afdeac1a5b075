"""What is to be asked of room providers by the clock: who has links, and who was there. In domain time."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.db import is_postgresql
from service.events import Event, RoomCheckRequested, RoomReportRequested
from service.models.rooms import Provider, Room, RoomStatus
from service.models.workshops import AttendanceBlock, Workshop

REPORT_AFTER = timedelta(minutes=45)
"""How long after the day's last block: sessions overrun, and a report is not ready at once."""
CHECK_EVERY = timedelta(hours=1)


async def arm(session: AsyncSession, room: Room) -> None:
    """Sets when an active room is to be looked after; nobody reports on, or checks, a pasted link."""
    if room.provider is Provider.STATIC:
        return
    workshop = await session.get_one(Workshop, room.workshop_id)
    room.report_due_at = await _next_report(session, workshop)
    room.check_due_at = _next_check(workshop)


async def disarm(session: AsyncSession, room: Room) -> None:
    """Of a room that is closed only the report is asked for, and only when it may have been used."""
    workshop = await session.get_one(Workshop, room.workshop_id)
    room.check_due_at = None
    if clock.now() < workshop.starts_at - CHECK_EVERY or room.status is not RoomStatus.ACTIVE:
        room.report_due_at = None


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(col(Room.report_due_at) <= now, col(Room.check_due_at) <= now)


async def waits(session: AsyncSession) -> bool:
    """Whether a provider is to be asked something: a look that is cheaper than a transaction that writes nothing."""
    return (await session.exec(select(Room.id).where(_due(clock.now())).limit(1))).first() is not None


async def fire(session: AsyncSession) -> int:
    """Records an event for every room that is to be checked or reported on. Returns how many."""
    now = clock.now()
    query = select(Room, Workshop).join(Workshop, col(Workshop.id) == col(Room.workshop_id))
    query = query.where(_due(now)).order_by(col(Room.id))
    if is_postgresql(session):
        query = query.with_for_update(skip_locked=True, key_share=True, of=Room.__table__)  # type: ignore[attr-defined] # SQLModel hides its table
    events: list[Event] = []
    for room, workshop in await session.exec(query):
        ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
        if room.report_due_at is not None and room.report_due_at <= now:
            events.append(RoomReportRequested(**ids))
            active = room.status is RoomStatus.ACTIVE
            room.report_due_at = await _next_report(session, workshop) if active else None
        if room.check_due_at is not None and room.check_due_at <= now:
            events.append(RoomCheckRequested(**ids))
            room.check_due_at = _next_check(workshop)
        session.add(room)
    await outbox.record_all(session, events)
    return len(events)


def _next_check(workshop: Workshop) -> datetime | None:
    due = clock.now() + CHECK_EVERY
    return due if due < workshop.ends_at else None


async def _next_report(session: AsyncSession, workshop: Workshop) -> datetime | None:
    """When the next day that is still to end is to be reported on; None when all are over."""
    ends: dict[date, datetime] = {}
    query = select(AttendanceBlock.ends_at).where(AttendanceBlock.workshop_id == workshop.id)
    for end in list(await session.exec(query)) or [workshop.ends_at]:
        day = clock.local_date(end, workshop.timezone)
        ends[day] = max(end, ends.get(day, end))
    due = sorted(end + REPORT_AFTER for end in ends.values())
    return next((one for one in due if one > clock.now()), None)
