"""The queue: who gets what has become free, in which order, alone or together.

Delegates come first where a seat is held for their organisation. Everybody else gets a seat of the pool in the order
of the queue. Delegates whose organisation asked for all or none stand in it where the last of them stands, and are
passed over while there is not room enough for all: an empty seat helps nobody.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import seats, workshops
from service.events import RegistrationConfirmed, RegistrationPromoted
from service.models.invitations import Invitation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus


class _Waiting(NamedTuple):
    """Somebody in the queue."""

    id: UUID
    mode: Mode
    queued_at: datetime | None
    number: int
    invitation_id: UUID | None

    @property
    def place(self) -> tuple[datetime, int]:
        """Where in the queue."""
        return self.queued_at or datetime.max.replace(tzinfo=UTC), self.number


_COLUMNS = [col(getattr(Registration, name)) for name in _Waiting._fields]


async def promote(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    capacity: Capacity,
    fresh: Collection[UUID] = (),
) -> list[Registration]:
    """Gives every free seat to whoever waits longest for its mode. The capacity row is locked by the caller.

    `fresh` joined the queue in this transaction: who of them gets a seat is told of a confirmation.
    """
    if workshop.status is not WorkshopStatus.PUBLISHED or clock.now() >= workshop.ends_at:
        return []
    await session.flush()
    given = await _give(session, workshop, capacity)
    if not given:
        return []
    # One order for all: at the door several people are locked at once too.
    locked = select(Registration).where(col(Registration.id).in_(given)).order_by(col(Registration.id))
    rows = {
        row.id: row
        for row in await session.exec(
            locked.with_for_update(key_share=True), execution_options={"populate_existing": True}
        )
    }
    events = []
    for one, quota in given.items():
        seats.sit(rows[one], quota=quota)
        seats.touch(rows[one])
        kind = RegistrationConfirmed if one in fresh else RegistrationPromoted
        events.append(kind(organizer_id=workshop.organizer_id, workshop_id=workshop.id, registration_id=one))
    await session.flush()
    await outbox.record_all(session, events, actor.label)
    return [rows[one] for one in given]


async def _give(session: AsyncSession, workshop: Workshop, capacity: Capacity) -> dict[UUID, bool]:
    """Counts every seat that can be given now: to whom, in order, and whether it was held for the organisation."""
    modes = [mode for mode in workshops.offered_modes(workshop) if seats.left(capacity, mode) != 0]
    if not modes:
        return {}
    invited = await _invited(session, workshop)
    together = [one for one, invitation in invited.items() if invitation.all_or_none]
    given: dict[UUID, bool] = {}
    for mode in modes:
        owners = [one for one in invited if one not in together and seats.held(invited[one], mode)]
        for one in await _alone(session, workshop, mode, col(Registration.invitation_id).in_(owners)) if owners else ():
            assert one.invitation_id
            owner = invited[one.invitation_id]
            if seats.held(owner, mode) and seats.left(capacity, mode) != 0:
                given[one.id] = seats.take(capacity, mode, owner)
    queue = await _groups(session, workshop, together) if together else []
    for mode in modes:
        free = workshops.seats_left(capacity, mode)
        if free != 0:
            others = or_(
                col(Registration.invitation_id).is_(None), col(Registration.invitation_id).not_in(together)
            ) & col(Registration.id).not_in(given)
            queue += [[one] for one in await _alone(session, workshop, mode, others, limit=free)]
    for group in sorted(queue, key=lambda group: group[-1].place):
        invitation_id = group[0].invitation_id if group[0].invitation_id in together else None
        invitation = invited[invitation_id] if invitation_id else None
        if _fits(workshop, capacity, group, invitation):
            given |= {one.id: seats.take(capacity, one.mode, invitation) for one in group}
    return given


def _fits(workshop: Workshop, capacity: Capacity, group: Sequence[_Waiting], invitation: Invitation | None) -> bool:
    for mode, needed in Counter(one.mode for one in group).items():
        room = seats.room(capacity, mode, invitation)
        if mode not in workshops.offered_modes(workshop) or (room is not None and room < needed):
            return False
    return True


async def _invited(session: AsyncSession, workshop: Workshop) -> dict[UUID, Invitation]:
    """The invitations whose delegates wait."""
    delegates = select(Registration.invitation_id).where(
        Registration.workshop_id == workshop.id, col(Registration.status) == RegistrationStatus.WAITLISTED
    )
    query = select(Invitation).where(Invitation.workshop_id == workshop.id, col(Invitation.id).in_(delegates))
    found = await session.exec(query, execution_options={"populate_existing": True})
    return {invitation.id: invitation for invitation in found}


async def _groups(session: AsyncSession, workshop: Workshop, together: Collection[UUID]) -> list[list[_Waiting]]:
    groups: dict[UUID | None, list[_Waiting]] = {}
    for one in await _alone(session, workshop, None, col(Registration.invitation_id).in_(together)):
        groups.setdefault(one.invitation_id, []).append(one)
    return list(groups.values())


async def _alone(
    session: AsyncSession,
    workshop: Workshop,
    mode: Mode | None,
    condition: ColumnElement[bool],
    limit: int | None = None,
) -> list[_Waiting]:
    """Who waits, in order. Unlocked: nobody else gives or takes places while the capacity row is locked."""
    query = select(*_COLUMNS).where(
        col(Registration.workshop_id) == workshop.id,
        col(Registration.status) == RegistrationStatus.WAITLISTED,
        condition,
    )
    if mode is not None:
        query = query.where(col(Registration.mode) == mode)
    query = query.order_by(col(Registration.queued_at), col(Registration.number)).limit(limit)
    return [_Waiting._make(row) for row in await session.exec(query)]
