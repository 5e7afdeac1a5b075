"""Walk-ins of whom nothing stands any more: whoever was recorded by mistake keeps no seat and is not counted.

Only those whom nobody but the door knows: no contact, in nobody's place. What happened stays, marked.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.db import listed
from service.domain import registrations, seats, waiting, workshops
from service.domain.own_reasons import UNDONE
from service.events import RegistrationConfirmed
from service.models.attendance import Checkin, PresenceMatch
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import Capacity, Workshop


async def lock(session: AsyncSession, workshop_id: UUID, ids: Collection[UUID]) -> None:
    """Locks the capacity row where undoing scans of these people can free a seat: before any of them is locked."""
    if ids and (await session.exec(select(Registration.id).where(_of_the_door(session, ids)).limit(1))).first():
        await workshops.lock_capacity(session, workshop_id)


async def settle(session: AsyncSession, actor: Actor, workshop_id: UUID, ids: Collection[UUID]) -> bool:
    """Cancels those of these people of whom no scan and no connection stands. Whether there was one.

    The caller has locked them, and the capacity row before.
    """
    if not ids:
        return False
    await session.flush()
    gone = select(Registration.id).where(
        Registration.workshop_id == workshop_id, _of_the_door(session, ids), ~_stands()
    )
    found = (await session.exec(gone.order_by(col(Registration.id)))).all()
    if not found:
        return False
    capacity = await workshops.lock_capacity(session, workshop_id)
    for person in found:
        row = await registrations.lock(session, person)
        await registrations.leave(session, actor, capacity, row, UNDONE)
    workshop = await session.get_one(Workshop, workshop_id, populate_existing=True)
    await waiting.promote(session, actor, workshop, capacity)
    return True


async def revive(
    session: AsyncSession, actor: Actor, workshop_id: UUID, capacity: Capacity, ids: Collection[UUID]
) -> None:
    """Whoever was withdrawn and is recorded again stands again: it makes no difference which of the two came first.

    The capacity row is locked by the caller.
    """
    if not ids:
        return
    query = select(Registration.id).where(
        Registration.workshop_id == workshop_id,
        listed(session, col(Registration.id), ids),
        col(Registration.walk_in),
        col(Registration.status) == RegistrationStatus.CANCELLED,
        Registration.reason == UNDONE,
    )
    for person in (await session.exec(query.order_by(col(Registration.id)))).all():
        row = await registrations.lock(session, person)
        row.status, row.cancelled_at, row.reason = RegistrationStatus.CONFIRMED, None, None
        if seats.room(capacity, row.mode) != 0:
            seats.take_place(capacity, row)
        seats.touch(row)
        session.add(row)
        await session.flush()
        event = RegistrationConfirmed(
            organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id
        )
        await outbox.record(session, event, actor.label)


def _of_the_door(session: AsyncSession, ids: Collection[UUID]) -> ColumnElement[bool]:
    """Live, and known to nobody but the door."""
    return and_(
        listed(session, col(Registration.id), ids),
        col(Registration.walk_in),
        col(Registration.contact_key).is_(None),
        col(Registration.substitute_for_id).is_(None),
        col(Registration.status).in_(LIVE),
    )


def _stands() -> ColumnElement[bool]:
    """Whether anything says that the person was there."""
    mine = col(Registration.id)
    scanned = select(Checkin.id).where(col(Checkin.registration_id) == mine, col(Checkin.annulled_at).is_(None))
    online = select(PresenceMatch.presence_id).where(col(PresenceMatch.registration_id) == mine)
    return or_(scanned.exists(), online.exists())
