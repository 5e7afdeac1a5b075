"""Deliveries: what reacted to an event, what failed, and another try."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, Permission
from service.errors import InvalidState, NotFound
from service.models.outbox import Delivery, DeliveryStatus, EventRow

KEPT = timedelta(days=30)


async def listed(
    session: AsyncSession,
    actor: Actor,
    *,
    status: DeliveryStatus | None,
    before: UUID | None,
    limit: int,
    target: str | None = None,
) -> Sequence[tuple[Delivery, str]]:
    """The organizer's deliveries with the type of their event, the newest first, older than `before`.

    `target`: only those to this webhook.
    """
    query = (
        select(Delivery, EventRow.type)
        .join(EventRow, col(EventRow.id) == col(Delivery.event_id))
        .where(Delivery.organizer_id == actor.tenant)
        .order_by(col(Delivery.id).desc())
        .limit(limit)
    )
    if status is not None:
        query = query.where(Delivery.status == status)
    if target is not None:
        query = query.where(Delivery.target == target)
    if before is not None:
        query = query.where(col(Delivery.id) < before)
    return (await session.exec(query)).all()


async def replay(session: AsyncSession, actor: Actor, delivery_id: UUID) -> tuple[Delivery, str]:
    """Puts a parked delivery back into the queue, one to a webhook also when it was done.

    Raises NotFound, InvalidState, Forbidden for another than to a webhook when the actor may replay only those.
    """
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
    if not delivery.target:
        actor.require(Permission.DELIVERIES_WRITE)
    # A receiver knows a repeated event by its id; other reactions that were done may not be done twice.
    replayable = {DeliveryStatus.PARKED, DeliveryStatus.DONE} if delivery.target else {DeliveryStatus.PARKED}
    if delivery.status not in replayable:
        raise InvalidState
    await outbox.replay(session, delivery)
    return delivery, event_type


async def forget_old(session: AsyncSession, limit: int = 5000) -> None:
    """Deletes deliveries to webhooks that were settled more than KEPT ago (real time), at most `limit` at a time."""
    old = (
        select(Delivery.id)
        .where(col(Delivery.target) != "", col(Delivery.settled_at) < clock.real_now() - KEPT)
        .limit(limit)
    )
    await session.exec(delete(Delivery).where(col(Delivery.id).in_(old)))
