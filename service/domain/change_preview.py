"""What a change of a workshop would lead to: the change itself, made, looked at, and undone.

So the preview obeys the same rules as the change and cannot disagree with it. It takes the same locks, for as long as
a change takes, and leaves nothing behind: neither rows nor events.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn
from uuid import UUID

from sqlalchemy import ColumnElement, func, select as core_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import Database, run, settings_of
from service.domain import channels, due_dates, reminders, rooms, rooms_budget, rooms_plan, workshops
from service.domain.letters_facts import contacts_of
from service.domain.messages_changes import knew, open_invitations
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.messages import Channel, Occasion, Reminder, ReminderStatus
from service.models.preparation_shapes import (
    ChangePreview,
    DueDatesMoved,
    ReminderMove,
    RoomsTold,
    TimeMove,
    ToldRead,
    VenueMove,
)
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import Provider
from service.models.workshops import Capacity, ReminderKind, Workshop, WorkshopStatus

Change = Callable[[AsyncSession, Workshop, Capacity], Awaitable[object]]
"""Makes the change on rows locked with `workshops.find_for_change`."""
_TOLD = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)


class _Undone(Exception):
    """Ends the transaction of a preview, so that nothing of it stays."""

    def __init__(self, preview: ChangePreview) -> None:
        super().__init__("undone")
        self.preview = preview


@dataclass(frozen=True)
class _Standing:
    """What a change may move, as it was before."""

    at: datetime
    starts_at: datetime
    ends_at: datetime
    venue: str | None
    sequence: int
    waiting: int
    short: int
    planned: Mapping[tuple[ReminderKind, date], datetime]


async def preview(database: Database, actor: Actor, workshop_id: UUID, change: Change) -> ChangePreview:
    """What the change would lead to, were it made now. Raises NotFound, and whatever the change itself refuses.

    Takes the Database: the change has a transaction of its own, which is given up.
    """
    try:
        async with database.write() as session:
            await _make(session, actor, workshop_id, change)
    except _Undone as undone:
        return undone.preview


async def _make(session: AsyncSession, actor: Actor, workshop_id: UUID, change: Change) -> NoReturn:
    workshop, capacity = await workshops.find_for_change(session, actor, workshop_id)
    # What the worker has not got round to yet does not come from this change.
    await reminders.plan(session, workshop_id)
    before = _Standing(
        at=clock.now(),
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        venue=workshop.venue_name,
        sequence=workshop.sequence,
        waiting=await _waiting(session, workshop),
        short=_short(capacity),
        planned=await _planned(session, workshop),
    )
    await change(session, workshop, capacity)
    await session.flush()
    raise _Undone(await _compare(session, workshop, capacity, before))


async def _compare(session: AsyncSession, workshop: Workshop, capacity: Capacity, before: _Standing) -> ChangePreview:
    announced = workshop.status is WorkshopStatus.PUBLISHED and clock.now() < workshop.ends_at
    calendars = announced and workshop.sequence > before.sequence
    shown = ChangePreview(
        times=_times(workshop, before),
        venue=VenueMove(before=before.venue, after=workshop.venue_name)
        if workshop.venue_name != before.venue
        else None,
        calendars=calendars,
        told=await told(session, workshop, Occasion.CHANGED, _TOLD, knew(before.at)) if calendars else _NOBODY,
        told_organisations=await _organisations(session, workshop, before.at) if calendars else _NOBODY,
        rehearsal=workshop.rehearsal,
        promoted=max(0, before.waiting - await _waiting(session, workshop)),
        seats_short=max(0, _short(capacity) - before.short),
        reminders=await _moved(session, workshop, before.planned),
        rooms=await _rooms(session, workshop),
        due_dates=await _due_dates(session, workshop),
        effective=False,
    )
    return shown.model_copy(update={"effective": _is_effective(shown)})


def _times(workshop: Workshop, before: _Standing) -> list[TimeMove]:
    moved = []
    if workshop.starts_at != before.starts_at:
        moved.append(TimeMove(what="starts_at", before=before.starts_at, after=workshop.starts_at))
    if workshop.ends_at != before.ends_at:
        moved.append(TimeMove(what="ends_at", before=before.ends_at, after=workshop.ends_at))
    return moved


def _is_effective(shown: ChangePreview) -> bool:
    counts = (shown.promoted, shown.seats_short, shown.rooms.count, shown.due_dates.count)
    return shown.calendars or bool(shown.reminders) or any(counts)


_NOBODY = ToldRead(mail=0, whatsapp=0, send_list=0, unreachable=0)


async def told(
    session: AsyncSession,
    workshop: Workshop,
    occasion: Occasion,
    statuses: Collection[RegistrationStatus],
    *where: ColumnElement[bool],
) -> ToldRead:
    """Who would be written to, by the way that reaches them; one statement."""
    # As `is_silent` has it: nothing goes to who withdrew or was erased.
    heard = col(Registration.withdrawn_at).is_(None), col(Registration.anonymised_at).is_(None)
    email, phone = col(Registration.email).is_not(None), col(Registration.phone).is_not(None)
    query = (
        core_select(email, phone, col(Registration.channel), func.count())
        .where(col(Registration.workshop_id) == workshop.id, col(Registration.status).in_(statuses), *heard, *where)
        .group_by(email, phone, col(Registration.channel))
    )
    return _by_channel(
        session,
        occasion,
        (
            (["@"] if has_email else [], ["+"] if has_phone else [], preferred, count)
            for has_email, has_phone, preferred, count in await run(session, query, {})
        ),
    )


async def _organisations(session: AsyncSession, workshop: Workshop, instant: datetime) -> ToldRead:
    """Which organisations would be written to; one statement."""
    invited = await open_invitations(session, workshop.id, instant)
    reached = [(*contacts_of(organisation), None, 1) for _invitation, organisation in invited]
    return _by_channel(session, Occasion.CHANGED, reached)


def _by_channel(
    session: AsyncSession, occasion: Occasion, many: Iterable[tuple[list[str], list[str], Channel | None, int]]
) -> ToldRead:
    """How many are reached how: their addresses, numbers, wish, and how many there are of the kind."""
    api = channels.by_api(settings_of(session), occasion)
    counts = dict.fromkeys(Channel, 0)
    for emails, phones, preferred, count in many:
        _status, channel = channels.choose(emails, phones, preferred=preferred, api=api)
        counts[channel] += count
    return ToldRead(
        mail=counts[Channel.MAIL],
        whatsapp=counts[Channel.WHATSAPP],
        send_list=counts[Channel.SEND_LIST],
        unreachable=counts[Channel.NONE],
    )


async def _waiting(session: AsyncSession, workshop: Workshop) -> int:
    query = select(func.count()).where(
        Registration.workshop_id == workshop.id, Registration.status == RegistrationStatus.WAITLISTED
    )
    return (await session.exec(query)).one()


def _short(capacity: Capacity) -> int:
    pairs = ((capacity.offline_limit, capacity.offline_taken), (capacity.online_limit, capacity.online_taken))
    return sum(max(0, taken - limit) for limit, taken in pairs if limit is not None)


async def _planned(session: AsyncSession, workshop: Workshop) -> dict[tuple[ReminderKind, date], datetime]:
    query = select(Reminder).where(Reminder.workshop_id == workshop.id, Reminder.status == ReminderStatus.PLANNED)
    return {(row.kind, row.about): row.due_at for row in await session.exec(query)}


async def _moved(
    session: AsyncSession, workshop: Workshop, before: Mapping[tuple[ReminderKind, date], datetime]
) -> list[ReminderMove]:
    """The reminders planned anew, one line for each kind that moves: a day further on it is about another day."""
    await reminders.plan(session, workshop.id)
    after = await _planned(session, workshop)
    moved: list[ReminderMove] = []
    for kind in ReminderKind:
        old, new = (sorted(due for (one, _about), due in plan.items() if one is kind) for plan in (before, after))
        for index in range(max(len(old), len(new))):
            was, will = old[index] if index < len(old) else None, new[index] if index < len(new) else None
            if was != will:
                moved.append(ReminderMove(kind=kind, before=was, after=will))
    return moved


async def _rooms(session: AsyncSession, workshop: Workshop) -> RoomsTold:
    """Rooms whose provider knows another plan than the workshop now has. Each change takes one call at least."""
    found = [room for room in await rooms.active(session, workshop.id) if room.external_id is not None]
    digest = (await rooms_plan.plan_of(session, workshop, "")).digest if found else ""
    changing = [room for room in found if room.plan != digest]
    limit = settings_of(session).zoom_daily_writes
    budget = await rooms_budget.read(session, Provider.ZOOM, limit)
    return RoomsTold(count=len(changing), needed=len(changing), remaining=budget.remaining or 0)


async def _due_dates(session: AsyncSession, workshop: Workshop) -> DueDatesMoved:
    """As `due_dates.follow` will move them, in three statements however many organisations there are."""
    query = (
        select(Commitment, DataItem)
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .where(Commitment.workshop_id == workshop.id, *due_dates.MOVABLE)
    )
    rows = (await session.exec(query)).all()
    if not rows:
        return DueDatesMoved(count=0, organisations=0)
    dates = await due_dates.Dates.of(session, workshop.organizer_id)
    moving = [row for row, item in rows if (dates.due(item, workshop).day or row.due_date) != row.due_date]
    return DueDatesMoved(count=len(moving), organisations=len({row.organisation_id for row in moving}))
