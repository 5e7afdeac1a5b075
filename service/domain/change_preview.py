"""What a change of a workshop would lead to: the change itself, made, looked at, and undone.

So the preview obeys the same rules as the change and cannot disagree with it. It takes the same locks, for as long as
a change takes, and leaves nothing behind: neither rows nor events.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
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
from service.domain import channels, due_dates, quotas, reminders, rooms, rooms_budget, rooms_plan, seats, workshops
from service.domain.letters_facts import contacts_of
from service.domain.messages_changes import knew, least_id, moves_people, open_invitations, standing_invitations
from service.events import RegistrationPromoted, RegistrationSwitched, WorkshopChanged
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.invitations import Invitation
from service.models.messages import Channel, Occasion, Reminder, ReminderStatus
from service.models.outbox import EventRow
from service.models.people import Organisation
from service.models.preparation_shapes import (
    ChangePreview,
    ClosingKept,
    DueDatesMoved,
    InvitationsKept,
    ModalityMove,
    OrganisationsTold,
    ReminderMove,
    RoomsTold,
    SwitchedRead,
    TimeMove,
    ToldRead,
    VenueMove,
)
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.rooms import Provider
from service.models.workshops import Capacity, Modality, ReminderKind, Workshop, WorkshopStatus

Change = Callable[[AsyncSession, Workshop, Capacity], Awaitable[object]]
"""Makes the change on rows locked with `workshops.find_for_change`."""
_NAMED = 5
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
    modality: Modality
    closes_at: datetime | None
    sequence: int
    since: datetime
    recorded: frozenset[UUID]
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
    since = clock.real_now()
    before = _Standing(
        at=clock.now(),
        modality=workshop.modality,
        closes_at=workshop.registration_closes_at,
        since=since,
        recorded=frozenset(one.id for one in await _recorded(session, workshop, since)),
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        venue=workshop.venue_name,
        sequence=workshop.sequence,
        short=_short(capacity),
        planned=await _planned(session, workshop),
    )
    await change(session, workshop, capacity)
    await session.flush()
    raise _Undone(await _compare(session, workshop, capacity, before))


async def _compare(session: AsyncSession, workshop: Workshop, capacity: Capacity, before: _Standing) -> ChangePreview:
    happened = [one for one in await _recorded(session, workshop, before.since) if one.id not in before.recorded]
    what = ",".join(str(one.data["what"]) for one in happened if one.type == WorkshopChanged.type)
    announced = workshop.status is WorkshopStatus.PUBLISHED and clock.now() < workshop.ends_at
    calendars = announced and workshop.sequence > before.sequence
    shown = ChangePreview(
        times=_times(workshop, before),
        venue=VenueMove(before=before.venue, after=workshop.venue_name)
        if workshop.venue_name != before.venue
        else None,
        modality=ModalityMove(before=before.modality, after=workshop.modality)
        if workshop.modality is not before.modality
        else None,
        switched=await _switched(session, workshop, capacity, happened),
        invitations_without_mode=await _without_mode(session, workshop)
        if workshop.modality is not before.modality
        else 0,
        closing=_closing(workshop, before),
        invitations=await _kept(session, workshop, before, moves=moves_people(workshop, what)),
        calendars=calendars,
        told=await told(session, workshop, Occasion.CHANGED, _TOLD, knew(before.at))
        if calendars and moves_people(workshop, what)
        else _NOBODY,
        told_organisations=_offices(
            session, Occasion.CHANGED, await open_invitations(session, workshop.id, before.at) if calendars else ()
        ),
        rehearsal=workshop.rehearsal,
        promoted=sum(one.type == RegistrationPromoted.type for one in happened),
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


def _closing(workshop: Workshop, before: _Standing) -> ClosingKept | None:
    at = workshop.registration_closes_at
    if at is None or at != before.closes_at or not _times(workshop, before):
        return None
    return ClosingKept(at=at, late=at > workshop.ends_at)


async def _kept(session: AsyncSession, workshop: Workshop, before: _Standing, *, moves: bool) -> InvitationsKept:
    if not moves:
        return InvitationsKept(letters=0, deadlines=0, first=None, late=0)
    invited = [one for one, _organisation in await open_invitations(session, workshop.id, before.at)]
    deadlines = [one.deadline for one in invited if one.deadline] if _times(workshop, before) else []
    return InvitationsKept(
        letters=sum(one.letter_number is not None for one in invited),
        deadlines=len(deadlines),
        first=min(deadlines, default=None),
        late=sum(deadline >= workshop.starts_at for deadline in deadlines),
    )


def _is_effective(shown: ChangePreview) -> bool:
    counts = (shown.promoted, shown.switched.count, shown.seats_short, shown.rooms.count, shown.due_dates.count)
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


async def cancelled(session: AsyncSession, workshop: Workshop) -> OrganisationsTold:
    """Which organisations would be written to that the workshop is called off; one statement."""
    return _offices(session, Occasion.WORKSHOP_CANCELLED, await standing_invitations(session, workshop.id))


def _offices(
    session: AsyncSession, occasion: Occasion, invited: Sequence[tuple[Invitation, Organisation]]
) -> OrganisationsTold:
    offices = [(organisation.name, *contacts_of(organisation)) for _invitation, organisation in invited]
    counts = _by_channel(session, occasion, [(emails, phones, None, 1) for _name, emails, phones in offices])
    names = sorted(name for name, emails, phones in offices if emails or phones)
    return OrganisationsTold(**counts.model_dump(), names=names[:_NAMED])


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


async def _recorded(session: AsyncSession, workshop: Workshop, since: datetime) -> list[EventRow]:
    """What happened in the workshop since then (real time), events of this transaction among it."""
    query = select(EventRow).where(col(EventRow.id) >= least_id(since), EventRow.organizer_id == workshop.organizer_id)
    return [row for row in await session.exec(query) if row.data.get("workshop_id") == str(workshop.id)]


async def _switched(
    session: AsyncSession, workshop: Workshop, capacity: Capacity, happened: Sequence[EventRow]
) -> SwitchedRead:
    moved = [one.registration_id for one in happened if one.type == RegistrationSwitched.type]
    if not moved:
        return SwitchedRead(count=0, waiting=0, enough=None, told=_NOBODY)
    theirs = col(Registration.id).in_(moved)
    queued = col(Registration.workshop_id) == workshop.id, col(Registration.status) == RegistrationStatus.WAITLISTED
    waiting = (await session.exec(select(func.count()).where(theirs, *queued))).one()
    # Who waited before them would get a seat first.
    all_waiting = (await session.exec(select(func.count()).where(*queued))).one()
    return SwitchedRead(
        count=len(moved),
        waiting=waiting,
        enough=seats.promised(capacity, workshops.offered_modes(workshop)[0]) + all_waiting if waiting else None,
        told=await told(session, workshop, Occasion.SWITCHED, LIVE, theirs),
    )


async def _without_mode(session: AsyncSession, workshop: Workshop) -> int:
    """Open invitations that ask for delegates in a mode that is not offered."""
    offered = workshops.offered_modes(workshop)
    return sum(
        any((quota or 0) > 0 for mode, quota in quotas.asked_for(invitation).items() if mode not in offered)
        for invitation, _organisation in await open_invitations(session, workshop.id, clock.now())
    )


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
