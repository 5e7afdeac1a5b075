"""Announcements: what the committee writes to participants in its own words."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from service.auth import Actor, Permission
from service.domain import announcements, workshops
from service.models.announcements_shapes import AnnouncementCreate, AnnouncementPreview, AnnouncementRead
from service.routers.access import Page, PageQuery, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["messages"])
Writer = Annotated[Actor, allow(Permission.MESSAGES_WRITE)]


@router.get("/workshops/{workshop_id}/announcements", operation_id="list_announcements")
async def list_announcements(
    workshop_id: UUID,
    paging: PageQuery,
    session: Session,
    actor: Annotated[Actor, allow(Permission.MESSAGES_READ)],
) -> Page[AnnouncementRead]:
    """What was announced, the newest first, and how its messages stand."""
    key = paging.after(1)
    before = keyset_id(key[0]) if key else None
    found = await announcements.page(session, actor, workshop_id, before, paging.limit + 1)
    items, more = page_of(found, paging.limit)
    return Page(items=list(items), next=cursor(items[-1].id) if more else None)


@router.post("/workshops/{workshop_id}/announcements", operation_id="announce", status_code=201)
async def announce(workshop_id: UUID, data: AnnouncementCreate, session: Session, actor: Writer) -> AnnouncementRead:
    """Writes to everybody whom it is for: by mail, WhatsApp, or on the send list. `preview` tells whom, before."""
    row = await announcements.make(session, actor, workshop_id, data)
    [shown] = await announcements.read(session, [row])
    return shown


@router.post("/workshops/{workshop_id}/announcements/preview", operation_id="preview_announcement")
async def preview_announcement(
    workshop_id: UUID, data: AnnouncementCreate, session: Session, actor: Writer
) -> AnnouncementPreview:
    """Whom the announcement would reach, and how; nothing is sent."""
    announcements.check(await workshops.find(session, actor, workshop_id), data)
    return await announcements.preview(session, actor, workshop_id, data.to)
