"""What a seat costs and brings: the arithmetic of the capacity row. The caller holds that row's lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import run
from service.domain.workshops import (
    PUBLIC_STATUSES,
    is_release_due,
    lock_capacity,
    offered_modes,
    registration_state,
    seats_left,
)
from service.errors import Full, ModeNotOffered, NotFound, RegistrationClosed, RegistrationNotOpen
from service.models.invitations import Invitation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Modality, Mode, RegistrationState, Workshop, WorkshopStatus


class Offer(NamedTuple):
    """What of a workshop decides whether and how somebody registers."""

    id: UUID
    organizer_id: UUID
    status: WorkshopStatus
    never_published: bool
    modality: Modality
    timezone: str
    ends_at: datetime
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    waiting_list: bool
    approval: bool
    questions: Sequence[Mapping[str, object]]

    @property
    def public(self) -> bool:
        """Whether everybody may see the workshop."""
        return self.status in PUBLIC_STATUSES and not self.never_published


_LOCK = select(Capacity).where(col(Capacity.workshop_id) == bindparam("id")).with_for_update()
_OFFER = select(*[col(getattr(Workshop, name)) for name in Offer._fields]).where(col(Workshop.id) == bindparam("id"))
_COUNTED = {"offline_taken", "offline_reserved", "online_taken", "online_reserved", "last_number"}
_KEEP = (
    update(Capacity)
    .where(col(Capacity.workshop_id) == bindparam("id"))
    .values({name: bindparam(name) for name in sorted(_COUNTED)})
)


async def lock(session: AsyncSession, workshop_id: UUID) -> tuple[Offer, Capacity]:
    """`workshops.lock_capacity` for whoever registers, past the ORM. Raises NotFound.

    The capacity row is a copy: what changes is written with `keep`. The workshop is read in a statement of its own:
    in the locking one PostgreSQL would show it as it was before the waiting, still open though just cancelled.
    What was held until a deadline that has passed goes back to everybody first.
    """
    await session.flush()
    row = (await run(session, _LOCK, {"id": workshop_id})).first()
    if row is None:
        raise NotFound
    capacity = Capacity(**dict(zip(Capacity.model_fields, row, strict=True)))
    if is_release_due(capacity):
        await lock_capacity(session, workshop_id)
        return await lock(session, workshop_id)
    offer = (await run(session, _OFFER, {"id": workshop_id})).one()
    return Offer._make(offer), capacity


async def keep(session: AsyncSession, capacity: Capacity) -> None:
    """Writes what was counted on the copy that `lock` gave."""
    await run(session, _KEEP, capacity.model_dump(include=_COUNTED) | {"id": capacity.workshop_id})


def takes_people(status: WorkshopStatus) -> bool:
    """Whether the committee can still add people to a workshop."""
    return status in (WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED)


def check_open(workshop: Workshop | Offer, capacity: Capacity) -> None:
    """Raises RegistrationNotOpen with `opens_at`, RegistrationClosed."""
    state = registration_state(workshop, capacity, clock.now())
    if state is RegistrationState.NOT_OPEN:
        assert workshop.registration_opens_at
        raise RegistrationNotOpen(
            opens_at=workshop.registration_opens_at.astimezone(clock.zone(workshop.timezone)).isoformat()
        )
    if state is RegistrationState.CLOSED:
        raise RegistrationClosed


def check_offered(workshop: Workshop | Offer, mode: Mode) -> None:
    """Raises ModeNotOffered."""
    if mode not in offered_modes(workshop):
        raise ModeNotOffered


def next_status(workshop: Workshop | Offer, capacity: Capacity, mode: Mode) -> RegistrationStatus:
    """What a new registration gets now. Raises ModeNotOffered, Full."""
    check_offered(workshop, mode)
    return RegistrationStatus.PENDING if workshop.approval else seat_or_queue(workshop, capacity, mode)


def seat_or_queue(
    workshop: Workshop | Offer, capacity: Capacity, mode: Mode, invitation: Invitation | None = None
) -> RegistrationStatus:
    """A seat while there is one, else the queue. Raises Full when the workshop keeps no queue."""
    if room(capacity, mode, invitation) != 0:
        return RegistrationStatus.CONFIRMED
    if not workshop.waiting_list:
        raise Full
    return RegistrationStatus.WAITLISTED


def left(capacity: Capacity, mode: Mode) -> int | None:
    """Seats of a mode that nobody has taken yet, whoever they are held for; None when unlimited."""
    offline = mode is Mode.OFFLINE
    limit = capacity.offline_limit if offline else capacity.online_limit
    return None if limit is None else max(0, limit - (capacity.offline_taken if offline else capacity.online_taken))


def promised(capacity: Capacity, mode: Mode) -> int:
    """Seats of a mode that are taken or held for somebody, whatever the limit is."""
    if mode is Mode.OFFLINE:
        return capacity.offline_taken + capacity.offline_reserved
    return capacity.online_taken + capacity.online_reserved


def room(capacity: Capacity, mode: Mode, invitation: Invitation | None = None) -> int | None:
    """Seats for a delegate of that invitation: what is held for it and what anybody can have, None when unlimited.

    Never more than nobody has taken: the limit may have been lowered below what was promised.
    """
    untaken, pool = left(capacity, mode), seats_left(capacity, mode)
    if untaken is None or pool is None:
        return None
    return min(untaken, pool + (held(invitation, mode) if invitation else 0))


def held(invitation: Invitation, mode: Mode) -> int:
    """Seats set aside for delegates who are not named yet."""
    return invitation.held_offline if mode is Mode.OFFLINE else invitation.held_online


def hold(capacity: Capacity, invitation: Invitation, mode: Mode, change: int) -> None:
    """Sets seats aside for an invitation, or gives them back to everybody (negative)."""
    if mode is Mode.OFFLINE:
        invitation.held_offline += change
        capacity.offline_reserved += change
    else:
        invitation.held_online += change
        capacity.online_reserved += change


def take(capacity: Capacity, mode: Mode, invitation: Invitation | None = None) -> bool:
    """Counts a seat as taken. True when it is one of those held for the invitation, which are taken first."""
    count(capacity, mode, 1)
    if invitation is None or held(invitation, mode) == 0:
        return False
    hold(capacity, invitation, mode, -1)
    return True


def next_number(capacity: Capacity) -> int:
    """The next registration number of the workshop."""
    capacity.last_number += 1
    return capacity.last_number


def count(capacity: Capacity, mode: Mode, change: int) -> None:
    """Takes (+1) or frees (-1) a seat of the mode."""
    if mode is Mode.OFFLINE:
        capacity.offline_taken += change
    else:
        capacity.online_taken += change


def take_place(capacity: Capacity, row: Registration, invitation: Invitation | None = None) -> None:
    """What a status brings with it: a seat and its time, or a place in the queue."""
    if row.status is RegistrationStatus.CONFIRMED and not row.holds_seat:
        sit(row, quota=take(capacity, row.mode, invitation))
    elif row.status is RegistrationStatus.WAITLISTED:
        row.queued_at = row.queued_at or clock.now()


def sit(row: Registration, *, quota: bool) -> None:
    """The row has the seat that was counted for it; `quota`: one of those held for its invitation."""
    row.status = RegistrationStatus.CONFIRMED
    row.holds_seat = True
    row.quota_seat = quota
    row.confirmed_at = row.confirmed_at or clock.now()
    row.queued_at = None


def close(row: Registration, reason: str | None) -> None:
    """Cancels a registration whose seat was counted back (see `quotas.vacate`)."""
    row.status = RegistrationStatus.CANCELLED
    row.cancelled_at = clock.now()
    row.reason = reason
    row.queued_at = None
    row.sequence += 1
    touch(row)


def touch(row: Registration) -> None:
    """One more change."""
    row.version += 1
    row.updated_at = clock.now()
