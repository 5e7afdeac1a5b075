"""Preparing a workshop: whether it is ready, what a change would lead to, and copies of earlier ones."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import change_preview, publication, workshop_drafts, workshops, workshops_reading, workshops_removal
from service.domain.publication import Finding, Severity
from service.models.preparation_shapes import ChangePreview, FindingRead, PreparationRead, WorkshopCopy
from service.models.workshops import Capacity, Workshop
from service.models.workshops_shapes import WorkshopPatch, WorkshopRead
from service.routers.access import Session, allow, allow_first, database_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["workshops"])


@router.get("/workshops/{workshop_id}/readiness", operation_id="read_readiness", response_model=PreparationRead)
async def read_readiness(
    workshop_id: UUID, request: Request, session: Session, actor: Annotated[Actor, allow(Permission.WORKSHOPS_READ)]
) -> Response:
    """What is still missing before the workshop is announced, or would hurt the people who come."""
    workshop = await workshops.find(session, actor, workshop_id)
    found = await publication.readiness(session, workshop)
    base = settings_of(session).base_url.rstrip("/")
    ready = all(one.severity is not Severity.BLOCKING for one in found)
    read = PreparationRead(ready=ready, items=[_finding(one, workshop, base) for one in found])
    return respond(request, read, workshop.version)


@router.post(
    "/workshops/{workshop_id}/preview",
    operation_id="preview_change",
    openapi_extra={"x-idempotency": False},
)
async def preview_change(
    workshop_id: UUID,
    data: WorkshopPatch,
    request: Request,
    actor: Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)],
) -> ChangePreview:
    """Who would be told what, and what would move along, were this patch made now. Changes nothing."""

    async def change(session: AsyncSession, workshop: Workshop, capacity: Capacity) -> None:
        await workshops.change(session, actor, workshop, capacity, data)

    return await change_preview.preview(database_of(request), actor, workshop_id, change)


@router.delete("/workshops/{workshop_id}", operation_id="remove_workshop", status_code=204)
async def remove_workshop(
    workshop_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
) -> None:
    """Removes a workshop that was never announced and to which nobody belongs; workshop_in_use names what does."""
    await workshops_removal.remove(session, actor, workshop_id)


@router.post(
    "/workshops/{workshop_id}/copy", operation_id="copy_workshop", status_code=201, response_model=WorkshopRead
)
async def copy_workshop(
    workshop_id: UUID,
    data: WorkshopCopy,
    session: Session,
    actor: Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)],
) -> Response:
    """A new draft like this workshop, on other days and without its people; it follows that one if it comes later."""
    row = await workshop_drafts.copy(session, actor, workshop_id, data)
    read = (await workshops_reading.read(session, [row.id]))[row.id]
    headers = {"ETag": workshops_reading.etag_of(read), "Location": f"/api/v1/workshops/{row.id}"}
    return Response(read.model_dump_json(), 201, media_type="application/json", headers=headers)


def _finding(found: Finding, workshop: Workshop, base: str) -> FindingRead:
    return FindingRead(
        code=found.code,
        severity=found.severity,
        place=found.place,
        sentence=found.sentence,
        page=base + publication.path_of(found.place, workshop),
    )
