"""Keeps reminders in step with agenda, commitments and holidays, and writes to people when one has fired."""

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import dispatch, messages, messages_organisations, reminders
from service.domain.commitments_as_of import OWING_DELIVERIES, OWING_PROMISES
from service.events import (
    CommitmentDeclined,
    CommitmentExtended,
    CommitmentPledged,
    CommitmentReassigned,
    CommitmentWithdrawn,
    DataRequested,
    DueDatesMoved,
    EscalationRaised,
    ExtensionRefused,
    ExtensionRequested,
    HolidaysChanged,
    OrganizerChanged,
    ReminderFired,
    SubmissionAccepted,
    SubmissionReceived,
    SubmissionReturned,
    WorkshopCancelled,
    WorkshopChanged,
    WorkshopCompleted,
    WorkshopEvent,
    WorkshopPublished,
)
from service.models.attendance import Attendance
from service.models.commitments import Commitment
from service.models.messages import Message, MessageStatus, Occasion, Reminder, ReminderStatus
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import ReminderKind, Workshop
from service.outbox import After, Reaction, subscribe
from service.subscribers import sending

_MOVING = (
    WorkshopPublished,
    WorkshopChanged,
    WorkshopCancelled,
    WorkshopCompleted,
    DataRequested,
    DueDatesMoved,
    CommitmentExtended,
    ExtensionRequested,
    ExtensionRefused,
    CommitmentPledged,
    CommitmentDeclined,
    CommitmentWithdrawn,
    CommitmentReassigned,
    SubmissionReceived,
    SubmissionAccepted,
    SubmissionReturned,
    EscalationRaised,
)
_OCCASIONS = {
    ReminderKind.WEEK: Occasion.REMINDER_WEEK,
    ReminderKind.DAY: Occasion.REMINDER_DAY,
    ReminderKind.HOUR: Occasion.REMINDER_HOUR,
    ReminderKind.EACH_DAY: Occasion.REMINDER_EACH_DAY,
    ReminderKind.THANKS: Occasion.THANKS,
}


@subscribe("reminders.plan", *_MOVING, HolidaysChanged, OrganizerChanged)
async def plan(reaction: Reaction) -> None:
    """Plans anew what the event may have moved: one workshop, or all that have somebody to remind."""
    event = reaction.event
    if isinstance(event, WorkshopEvent):
        concerned = [event.workshop_id]
    else:
        async with reaction.database.read() as session:
            concerned = [*await reminders.concerned(session, event.organizer_id)]
    for workshop_id in concerned:
        # One transaction each: two at once would otherwise hold locks that the other waits for.
        async with reaction.database.write() as session:
            await reminders.plan(session, workshop_id)


@subscribe("messages.reminder", ReminderFired)
async def reminder(reaction: Reaction) -> After | None:
    """Writes to everybody whom a reminder concerns."""
    event = reaction.event
    assert isinstance(event, ReminderFired)

    async def enqueue(session: AsyncSession) -> list[Message]:
        row = await session.get(Reminder, event.reminder_id)
        # Planned again meanwhile, for another time: then there is another event.
        if row is None or row.status is not ReminderStatus.FIRED or row.kind not in _WRITERS:
            return []
        return await _WRITERS[row.kind](session, row)

    return await sending.write(reaction, enqueue)


def _key(row: Reminder) -> str:
    return f"{row.kind}:{row.about}:{row.due_at.isoformat()}"


async def _to_people(session: AsyncSession, row: Reminder) -> list[Message]:
    """Everybody with a seat who was there when it was due; later ones were told everything when they came."""
    came_at = func.coalesce(col(Registration.confirmed_at), col(Registration.created_at))
    query = select(Registration).where(
        Registration.workshop_id == row.workshop_id,
        Registration.status == RegistrationStatus.CONFIRMED,
        came_at <= row.due_at,
    )
    if row.kind is ReminderKind.THANKS:
        attended = select(Attendance.registration_id).where(
            Attendance.workshop_id == row.workshop_id, col(Attendance.present).is_(True)
        )
        query = query.where(col(Registration.id).in_(attended))
    people = (await session.exec(query.order_by(col(Registration.number)))).all()
    occasion = _OCCASIONS[row.kind]
    return await messages.about_people(session, occasion, people, _key(row), reminder_id=row.id, stale_at=row.stale_at)


async def _to_organisations(session: AsyncSession, row: Reminder) -> list[Message]:
    """Every organisation that owes something now: due on that day, or overdue. One message each."""
    day = col(Commitment.due_date) == row.about
    if row.kind is ReminderKind.COMMITMENTS_OVERDUE:
        house = await session.get_one(Organizer, row.organizer_id)
        day = col(Commitment.due_date) < clock.local_date(clock.now(), house.timezone)
    owing = select(Commitment.organisation_id).where(
        Commitment.workshop_id == row.workshop_id,
        day,
        col(Commitment.commitment_status).in_(OWING_PROMISES),
        col(Commitment.fulfilment_status).in_(OWING_DELIVERIES),
    )
    agencies = select(Organisation).where(col(Organisation.id).in_(owing)).order_by(col(Organisation.code))
    late = row.kind is ReminderKind.COMMITMENTS_OVERDUE
    written = await messages_organisations.about_organisations(
        session,
        Occasion.COMMITMENTS_OVERDUE if late else Occasion.COMMITMENTS_DUE,
        (await session.exec(agencies)).all(),
        row.workshop_id,
        _key(row),
        reminder_id=row.id,
        stale_at=row.stale_at,
    )
    if len(written) == 1:
        return written
    # As among people: of several, those that were refused stay refused.
    return [one for one in written if one.status is MessageStatus.QUEUED or dispatch.is_given_up(one)]


async def _to_committee(session: AsyncSession, row: Reminder) -> list[Message]:
    workshop = await session.get_one(Workshop, row.workshop_id)
    columns = {"reminder_id": row.id, "stale_at": row.stale_at}
    return await messages_organisations.about_workshop(session, Occasion.REVIEW_WAITING, workshop, _key(row), **columns)


_WRITERS = dict.fromkeys(_OCCASIONS, _to_people) | {
    ReminderKind.COMMITMENTS_WEEK: _to_organisations,
    ReminderKind.COMMITMENTS_DAY: _to_organisations,
    ReminderKind.COMMITMENTS_OVERDUE: _to_organisations,
    ReminderKind.REVIEW: _to_committee,
}
