"""A seat given by the committee to somebody who waits, before those who wait longer: a deliberate act, with a reason.

A seat that becomes free goes to the first in the queue by itself. So there is one to give out of turn only where others
are passed over, or when the committee adds one for this person. What is set aside for an organisation stays its own.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import quotas, registrations, seats
from service.errors import Full, InvalidState
from service.events import RegistrationSeated, WorkshopChanged
from service.models.invitations import Invitation
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus


@dataclass(frozen=True)
class Outlook:
    """What giving a seat would mean: whether one is free, else from which limit to which the seats grow; and how many
    who wait longer are passed over.
    """

    free: bool
    limit: int
    grown: int
    ahead: int


async def give(
    session: AsyncSession, actor: Actor, registration_id: UUID, reason: str, *, extra: bool = False
) -> Registration:
    """Gives a seat to somebody who waits: one held for the own organisation, else a free one, else with `extra` one
    more than there were.

    Raises NotFound, InvalidState, ModeNotOffered, and Full when a seat would have to be added and `extra` is not said.
    """
    row, workshop, capacity = await registrations.find_for_change(session, actor, registration_id)
    if not can_be_given(row, workshop):
        raise InvalidState
    seats.check_offered(workshop, row.mode)
    if not await quotas.seat_by_held(session, capacity, row):
        invitation = await quotas.invitation_of(session, row)
        if seats.room(capacity, row.mode, invitation) == 0:
            if not extra:
                raise Full
            await _grow(session, actor, workshop, capacity, row.mode)
        seats.sit(row, quota=seats.take(capacity, row.mode, invitation))
    row.reason = reason
    seats.touch(row)
    await session.flush()
    event = RegistrationSeated(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)
    await outbox.record(session, event, actor.label)
    return row


def can_be_given(row: Registration, workshop: Workshop) -> bool:
    """Whether the person waits, in a workshop that is still to take place."""
    waits = row.status is RegistrationStatus.WAITLISTED
    return waits and workshop.status is WorkshopStatus.PUBLISHED and clock.now() < workshop.ends_at


async def outlook(session: AsyncSession, row: Registration) -> Outlook:
    """What it would mean for somebody who waits."""
    capacity = await session.get_one(Capacity, row.workshop_id)
    invitation = await quotas.invitation_of(session, row) or await _own(session, row)
    queued, number = col(Registration.queued_at), col(Registration.number)
    ahead = select(func.count()).where(
        Registration.workshop_id == row.workshop_id,
        col(Registration.status) == RegistrationStatus.WAITLISTED,
        col(Registration.mode) == row.mode,
        or_(queued < row.queued_at, and_(queued == row.queued_at, number < row.number)),
    )
    return Outlook(
        free=seats.room(capacity, row.mode, invitation) != 0,
        limit=_limit(capacity, row.mode),
        grown=_grown(capacity, row.mode),
        ahead=(await session.exec(ahead)).one(),
    )


async def _own(session: AsyncSession, row: Registration) -> Invitation | None:
    """The invitation of the person's organisation, which was made after the registration."""
    if row.organisation_id is None or row.role is not ParticipantRole.PARTICIPANT:
        return None
    query = select(Invitation).where(
        Invitation.workshop_id == row.workshop_id, Invitation.organisation_id == row.organisation_id
    )
    return (await session.exec(query)).first()


def _limit(capacity: Capacity, mode: Mode) -> int:
    return (capacity.offline_limit if mode is Mode.OFFLINE else capacity.online_limit) or 0


def _grown(capacity: Capacity, mode: Mode) -> int:
    """One seat more than there are, or than were promised where the limit was lowered since."""
    return max(_limit(capacity, mode), seats.promised(capacity, mode)) + 1


async def _grow(session: AsyncSession, actor: Actor, workshop: Workshop, capacity: Capacity, mode: Mode) -> None:
    setattr(capacity, f"{mode}_limit", _grown(capacity, mode))
    workshop.version += 1
    workshop.updated_at = clock.now()
    changed = WorkshopChanged(organizer_id=workshop.organizer_id, workshop_id=workshop.id, what="capacity")
    await outbox.record(session, changed, actor.label)
