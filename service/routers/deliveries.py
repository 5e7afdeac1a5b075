"""Deliveries: what reacted to an event, what is parked, and another try."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from service.auth import Actor, Permission
from service.domain import deliveries
from service.models.outbox import Delivery, DeliveryStatus
from service.models.outbox_shapes import DeliveryRead
from service.routers.access import Page, Paging, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

_COPIED = (set(DeliveryRead.model_fields) & set(Delivery.model_fields)) - {"target"}
router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["deliveries"])
Operator = Annotated[Actor, allow(Permission.DELIVERIES_WRITE)]
Replayer = Annotated[Actor, allow(Permission.DELIVERIES_WRITE, Permission.WEBHOOKS_WRITE)]


class DeliveryQuery(Paging):
    """Filter of the list."""

    status: DeliveryStatus | None = Field(None, description="Only this status; `parked` waits for a person")

    def before(self) -> UUID | None:
        """Where the page starts. Raises InvalidInput."""
        key = self.after(1)
        return keyset_id(key[0]) if key else None


@router.get("/deliveries", operation_id="list_deliveries")
async def list_deliveries(
    query: Annotated[DeliveryQuery, Query()], session: Session, actor: Operator
) -> Page[DeliveryRead]:
    """Reactions to events, the newest first."""
    rows = await deliveries.listed(session, actor, status=query.status, before=query.before(), limit=query.limit + 1)
    page, more = page_of(rows, query.limit)
    return Page(items=[delivery_read(*row) for row in page], next=cursor(page[-1][0].id) if more else None)


@router.post("/deliveries/{delivery_id}/replay", operation_id="replay_delivery")
async def replay_delivery(delivery_id: UUID, session: Session, actor: Replayer) -> DeliveryRead:
    """Tries a parked delivery again, from its first attempt; 409 when it is not parked.

    One to a webhook can be sent again also when it was done, and with `webhooks:write` alone.
    """
    return delivery_read(*await deliveries.replay(session, actor, delivery_id))


def delivery_read(delivery: Delivery, event_type: str) -> DeliveryRead:
    """What the API says about a delivery."""
    target = UUID(delivery.target) if delivery.target else None
    return DeliveryRead(**delivery.model_dump(include=_COPIED), event_type=event_type, target=target)
