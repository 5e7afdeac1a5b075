"""People who chose a way of attending that a workshop no longer has: nobody is left behind.

They move to the way that remains. Who had a seat gets one there in the order in which the seats were given, while there
are any; then the place in the queue is the one that this order gives. Whoever was let in without a seat stays let in.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import quotas, seats, workshops
from service.events import RegistrationSwitched
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus


async def follow(session: AsyncSession, actor: Actor, workshop: Workshop, capacity: Capacity) -> None:
    """Moves everybody registered for a mode that is not offered; the caller has locked both rows, and promotes.

    Nothing is moved once the workshop is over: what people had chosen is then a record.
    """
    if workshop.status not in (WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED) or clock.now() >= workshop.ends_at:
        return
    offered = workshops.offered_modes(workshop)
    rows = await _left_behind(session, workshop, offered)
    for row in sorted(rows, key=_order):
        await _move(session, capacity, row, offered[0])
    await session.flush()
    moved = [
        RegistrationSwitched(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)
        for row in rows
    ]
    await outbox.record_all(session, moved, actor.label)


async def _left_behind(session: AsyncSession, workshop: Workshop, offered: Sequence[Mode]) -> Sequence[Registration]:
    await session.flush()
    query = select(Registration).where(
        Registration.workshop_id == workshop.id,
        col(Registration.status).in_(LIVE),
        col(Registration.mode).not_in(offered),
    )
    # One order for all: at the door several people are locked at once too.
    locked = query.order_by(col(Registration.id)).with_for_update(key_share=True)
    return (await session.exec(locked, execution_options={"populate_existing": True})).all()


def _order(row: Registration) -> tuple[datetime, int]:
    return row.confirmed_at or row.created_at, row.number


async def _move(session: AsyncSession, capacity: Capacity, row: Registration, mode: Mode) -> None:
    had_seat = row.holds_seat
    await quotas.vacate(session, capacity, row)
    row.mode = mode
    if row.status is RegistrationStatus.CONFIRMED:
        invitation = await quotas.invitation_of(session, row)
        if seats.room(capacity, mode, invitation) != 0:
            seats.sit(row, quota=seats.take(capacity, mode, invitation))
        elif had_seat:
            row.status, row.queued_at = RegistrationStatus.WAITLISTED, row.confirmed_at or row.created_at
    row.sequence += 1
    seats.touch(row)
