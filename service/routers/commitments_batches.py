"""Asking many organisations for many data items at once."""

from typing import Annotated

from fastapi import APIRouter, Response

from service.auth import Actor, Permission
from service.domain import commitments_batches
from service.models.commitments_batch_shapes import BatchCreate, BatchRead
from service.routers.access import Session, allow
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["commitments"])


@router.post("/commitments/batch", operation_id="request_commitments", status_code=201)
async def request_commitments(
    data: BatchCreate,
    response: Response,
    session: Session,
    actor: Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)],
) -> BatchRead:
    """Asks many organisations for many data items, at most 10,000 together; a `dry_run` answers 200.

    What stands already is left out and named, so that the same request can be sent again. An organisation is written
    to once.
    """
    made = await commitments_batches.request_many(session, actor, data)
    response.status_code = 200 if made.dry_run else 201
    return made
