"""Telling people that a workshop's time or place changed: once, however many edits it took.

Whoever plans edits several times in a row. The edits of a burst are less than `QUIET` apart, the last one at most
`LONGEST` after the first, or an endless series would never be told; the last one tells of all of them. Which one that
is follows from the events alone, so it does not matter in which order they are delivered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import messages, messages_organisations
from service.domain.rooms_links import may_enter
from service.events import WorkshopChanged
from service.models.invitations import Invitation, InvitationStatus
from service.models.messages import Message, Occasion
from service.models.outbox import EventRow
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Modality, Workshop, WorkshopStatus
from service.tokens import made_at

QUIET = timedelta(minutes=5)
LONGEST = timedelta(minutes=25)
BACK = timedelta(days=1)
"""How far back the first of a series of edits is looked for."""
_TOLD = ("time", "modality", "venue")


@dataclass(frozen=True)
class Burst:
    """Edits that are told together: what they changed, and when the last one was made (domain time)."""

    what: str
    happened_at: datetime


def matters(what: str) -> bool:
    """Whether people are told of these changed parts."""
    return not set(_TOLD).isdisjoint(what.split(","))


def moves_people(workshop: Workshop, what: str) -> bool:
    """Whether those who are registered have to know: of another time, or of another hall while there is one.

    Who has to attend in another way is told of that as of any switch; for the others nothing changes by it.
    """
    parts = what.split(",")
    return "time" in parts or ("venue" in parts and workshop.modality is not Modality.ONLINE)


def quiet_at(event_id: UUID) -> datetime:
    """When no further edit can belong to this one's burst (real time)."""
    return made_at(event_id) + QUIET


async def concerns_anybody(session: AsyncSession, workshop_id: UUID) -> bool:
    """Whether the workshop is announced and not over. One that was removed since concerns nobody."""
    workshop = await session.get(Workshop, workshop_id)
    return workshop is not None and workshop.status is WorkshopStatus.PUBLISHED and clock.now() < workshop.ends_at


async def burst(session: AsyncSession, event: WorkshopChanged, event_id: UUID) -> Burst | None:
    """The burst that this edit ends; None when a later edit tells of it."""
    edits = await _edits(session, event, least_id(made_at(event_id) - BACK))
    mine = next((one for one in _bursts(edits) if one[-1].id == event_id), None)
    if mine is None:
        return None
    changed = {part for row in mine for part in str(row.data["what"]).split(",")}
    return Burst(",".join(part for part in _TOLD if part in changed), mine[-1].happened_at)


def _bursts(edits: Sequence[EventRow]) -> list[list[EventRow]]:
    bursts: list[list[EventRow]] = []
    for row in edits:
        last = bursts[-1] if bursts else None
        if last and made_at(row.id) <= min(quiet_at(last[-1].id), made_at(last[0].id) + LONGEST):
            last.append(row)
        else:
            bursts.append([row])
    return bursts


async def tell(session: AsyncSession, workshop_id: UUID, told: Burst, key: str) -> list[Message]:
    """The message to everybody with a place or in the queue whom it concerns, and to every organisation with an open
    invitation, who knew the former plan. Returns those to be sent now.
    """
    if not await concerns_anybody(session, workshop_id):
        return []
    workshop = await session.get_one(Workshop, workshop_id)
    about = {"what": told.what, "stale_at": workshop.ends_at}
    statuses = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)
    people: Sequence[Registration] = ()
    if moves_people(workshop, told.what):
        people = await _people(session, workshop_id, statuses, knew(told.happened_at))
    invited = await open_invitations(session, workshop_id, told.happened_at)
    made = await messages.about_people(session, Occasion.CHANGED, people, key, **about)
    return made + await messages_organisations.about_invitations(session, Occasion.CHANGED, invited, key, **about)


def knew(instant: datetime) -> ColumnElement[bool]:
    """Whether a registration had its seat or its place in the queue by then: whoever came later was told the new plan
    when it was given.
    """
    seated = func.coalesce(col(Registration.confirmed_at), col(Registration.created_at))
    queued = func.coalesce(col(Registration.queued_at), col(Registration.created_at))
    has_seat = col(Registration.status) == RegistrationStatus.CONFIRMED
    came = (has_seat & (seated <= instant)) | (~has_seat & (queued <= instant))
    return came & (col(Registration.created_at) <= instant)


async def open_invitations(
    session: AsyncSession, workshop_id: UUID, instant: datetime
) -> list[tuple[Invitation, Organisation]]:
    """The invitations that were made by then, were not declined, and can still be answered then; one statement."""
    answerable = or_(col(Invitation.deadline).is_(None), col(Invitation.deadline) >= instant)
    return await _invited(session, workshop_id, col(Invitation.created_at) <= instant, answerable)


async def standing_invitations(session: AsyncSession, workshop_id: UUID) -> list[tuple[Invitation, Organisation]]:
    """The invitations that were neither declined nor withdrawn; one statement."""
    return await _invited(session, workshop_id)


async def tell_of_cancellation(session: AsyncSession, workshop_id: UUID, key: str, *, silent: bool) -> list[Message]:
    """The message to everybody still registered, unless it happens in silence, and to every organisation whose
    invitation stands.

    Returns those to be sent now.
    """
    made = await messages.about_cancelled(session, workshop_id, key, silent=silent)
    invited = await standing_invitations(session, workshop_id)
    return made + await messages_organisations.about_invitations(session, Occasion.WORKSHOP_CANCELLED, invited, key)


async def tell_of_withdrawal(session: AsyncSession, invitation_id: UUID, key: str) -> list[Message]:
    """The message to the organisation whose invitation was taken back, unless the workshop is over or called off, or
    another invitation of it holds since a merger. Returns those to be sent now.
    """
    invitation = await session.get(Invitation, invitation_id)
    if invitation is None:
        return []
    workshop = await session.get_one(Workshop, invitation.workshop_id)
    if workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED) or clock.now() >= workshop.ends_at:
        return []
    invited = [(invitation, await session.get_one(Organisation, invitation.organisation_id))]
    about = {"stale_at": workshop.ends_at}
    return await messages_organisations.about_invitations(session, Occasion.INVITATION_WITHDRAWN, invited, key, **about)


async def tell_of_room(session: AsyncSession, workshop_id: UUID, key: str, swapped_at: datetime) -> list[Message]:
    """The message to everybody who has a way into the online room and had it before the swap (domain time).

    Returns those to be sent now.
    """
    if not await concerns_anybody(session, workshop_id):
        return []
    workshop = await session.get_one(Workshop, workshop_id)
    people = await _people(session, workshop_id, (RegistrationStatus.CONFIRMED,))
    people = [row for row in people if may_enter(workshop, row) and (row.confirmed_at or row.created_at) <= swapped_at]
    return await messages.about_people(session, Occasion.ROOM_CHANGED, people, key, stale_at=workshop.ends_at)


async def _invited(
    session: AsyncSession, workshop_id: UUID, *where: ColumnElement[bool]
) -> list[tuple[Invitation, Organisation]]:
    query = (
        select(Invitation, Organisation)
        .join(Organisation, col(Organisation.id) == col(Invitation.organisation_id))
        .where(Invitation.workshop_id == workshop_id, Invitation.status == InvitationStatus.SENT, *where)
    )
    return list(await session.exec(query.order_by(col(Invitation.id))))


async def _people(
    session: AsyncSession, workshop_id: UUID, statuses: Sequence[RegistrationStatus], *where: ColumnElement[bool]
) -> Sequence[Registration]:
    query = select(Registration).where(
        Registration.workshop_id == workshop_id, col(Registration.status).in_(statuses), *where
    )
    return (await session.exec(query.order_by(col(Registration.number)))).all()


async def _edits(session: AsyncSession, event: WorkshopChanged, since: UUID) -> list[EventRow]:
    """The workshop's edits that people are told of, in order of their ids, which tell when they were made."""
    query = select(EventRow).where(
        col(EventRow.id) >= since,
        EventRow.organizer_id == event.organizer_id,
        EventRow.type == WorkshopChanged.type,
    )
    rows = await session.exec(query.order_by(col(EventRow.id)))
    mine = str(event.workshop_id)
    return [row for row in rows if row.data["workshop_id"] == mine and matters(str(row.data["what"]))]


def least_id(instant: datetime) -> UUID:
    """No event recorded at that instant (real time) or later has a smaller id."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
