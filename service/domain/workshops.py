"""Workshops: planning, publishing, cancelling, completing them; and their capacity row."""

from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.errors import NotFound
from service.models.workshops import Capacity, Mode, RegistrationState, Workshop, WorkshopStatus

PUBLIC_STATUSES = (WorkshopStatus.PUBLISHED, WorkshopStatus.COMPLETED, WorkshopStatus.CANCELLED)


async def find(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    """The actor's own workshop, drafts included. Raises NotFound."""
    actor.require_workshop(workshop_id)
    row = await session.get(Workshop, workshop_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    return row


async def find_public(session: AsyncSession, workshop_id: UUID) -> Workshop:
    """A workshop that everybody may see. Raises NotFound."""
    row = await session.get(Workshop, workshop_id)
    if row is None or row.status not in PUBLIC_STATUSES:
        raise NotFound
    return row


async def lock_capacity(session: AsyncSession, workshop_id: UUID) -> Capacity:
    """The workshop's capacity row, locked until the transaction ends. Raises NotFound.

    Whoever gives or frees a seat holds this lock; that is what keeps a workshop from being oversold. On SQLite the
    writing transaction itself is the lock.
    """
    query = select(Capacity).where(Capacity.workshop_id == workshop_id).with_for_update()
    row = (await session.exec(query, execution_options={"populate_existing": True})).first()
    if row is None:
        raise NotFound
    return row


def seats_left(capacity: Capacity, mode: Mode) -> int | None:
    """Free seats of a mode, None when unlimited; never negative."""
    limit, taken = (
        (capacity.offline_limit, capacity.offline_taken)
        if mode is Mode.OFFLINE
        else (capacity.online_limit, capacity.online_taken)
    )
    return None if limit is None else max(0, limit - taken)


def offered_modes(workshop: Workshop) -> tuple[Mode, ...]:
    """The modes in which people can attend."""
    return tuple(Mode) if workshop.modality == "hybrid" else (Mode(workshop.modality),)


def registration_state(workshop: Workshop, capacity: Capacity, now: datetime) -> RegistrationState:
    """Whether somebody could register now. `full` means no free seat in any offered mode."""
    if workshop.status is not WorkshopStatus.PUBLISHED:
        return RegistrationState.CLOSED
    if workshop.registration_opens_at and now < workshop.registration_opens_at:
        return RegistrationState.NOT_OPEN
    if now >= (workshop.registration_closes_at or workshop.ends_at):
        return RegistrationState.CLOSED
    if all(seats_left(capacity, mode) == 0 for mode in offered_modes(workshop)):
        return RegistrationState.FULL
    return RegistrationState.OPEN


