"""Questions and remarks about a commitment, both ways."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import commitments_remarks
from service.models.commitments_shapes import RemarkCreate, RemarkRead
from service.routers.access import Page, PageQuery, Paging, Session, allow, cursor, keyset_id, keyset_instant, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["commitments"])


@router.get("/commitments/{commitment_id}/remarks", operation_id="list_remarks")
async def list_remarks(
    commitment_id: UUID,
    paging: PageQuery,
    session: Session,
    actor: Annotated[Actor, allow(Permission.COMMITMENTS_READ)],
) -> Page[RemarkRead]:
    """What was asked and said about a commitment, oldest first."""
    return await listed(session, actor, commitment_id, paging)


@router.post("/commitments/{commitment_id}/remarks", operation_id="make_remark", status_code=201)
async def make_remark(
    commitment_id: UUID,
    data: RemarkCreate,
    session: Session,
    actor: Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)],
) -> RemarkRead:
    """A question or remark to the organisation, which is told of it. Never changed, never removed."""
    return await commitments_remarks.say(session, actor, commitment_id, data)


async def listed(session: AsyncSession, actor: Actor, commitment_id: UUID, paging: Paging) -> Page[RemarkRead]:
    """A page of the remarks about a commitment of the actor's."""
    key = paging.after(2)
    after = (keyset_instant(key[0]), keyset_id(key[1])) if key else None
    found = await commitments_remarks.of(session, actor, commitment_id, after, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=list(page), next=cursor(page[-1].at.isoformat(), page[-1].id) if more else None)
