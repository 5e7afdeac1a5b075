"""Deliveries: what reacted to an event, what failed, and another try."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.errors import InvalidState, NotFound
from service.models.outbox import Delivery, DeliveryStatus, EventRow


async def listed(
    session: AsyncSession, actor: Actor, *, status: DeliveryStatus | None, before: UUID | None, limit: int
) -> Sequence[tuple[Delivery, str]]:
    """The organizer's deliveries with the type of their event, the newest first, older than `before`."""
    query = (
        select(Delivery, EventRow.type)
        .join(EventRow, col(EventRow.id) == col(Delivery.event_id))
        .where(Delivery.organizer_id == actor.tenant)
        .order_by(col(Delivery.id).desc())
        .limit(limit)
    )
    if status is not None:
        query = query.where(Delivery.status == status)
    if before is not None:
        query = query.where(col(Delivery.id) < before)
    return (await session.exec(query)).all()


async def replay(session: AsyncSession, actor: Actor, delivery_id: UUID) -> tuple[Delivery, str]:
    """Puts a parked delivery back into the queue. Raises NotFound, InvalidState when it is not parked."""
    query = (
        select(Delivery, EventRow.type)
        .join(EventRow, col(EventRow.id) == col(Delivery.event_id))
        .where(Delivery.id == delivery_id, Delivery.organizer_id == actor.tenant)
        .with_for_update(of=Delivery)
    )
    found = (await session.exec(query)).first()
    if found is None:
        raise NotFound
    delivery, event_type = found
    if delivery.status is not DeliveryStatus.PARKED:
        raise InvalidState
    await outbox.replay(session, delivery)
    return delivery, event_type
