"""Online presence as a provider reports it, and whose it is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from service.auth import Actor, Permission
from service.domain import presences
from service.models.attendance_shapes import PresenceMatchCreate, PresenceRead, PresencesCreate, PresencesRead
from service.routers.access import Page, Paging, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["presences"])


class PresenceQuery(Paging):
    """Which connections are wanted."""

    matched: bool | None = Field(None, description="false: only those of nobody known")


@router.post("/workshops/{workshop_id}/presences", operation_id="report_presences", status_code=201)
async def report_presences(
    workshop_id: UUID,
    data: PresencesCreate,
    session: Session,
    actor: Annotated[Actor, allow(Permission.PRESENCES_WRITE)],
) -> PresencesRead:
    """Stores connections. The same `external_id` and `joined_at` is the same connection: the later end counts."""
    rows = await presences.report(session, actor, workshop_id, data.items)
    return PresencesRead(items=await presences.read_many(session, rows))


@router.get("/workshops/{workshop_id}/presences", operation_id="list_presences")
async def list_presences(
    workshop_id: UUID,
    paging: Annotated[PresenceQuery, Query()],
    session: Session,
    actor: Annotated[Actor, allow(Permission.ATTENDANCE_READ)],
) -> Page[PresenceRead]:
    """The connections in order of arrival."""
    key = paging.after(1)
    after = keyset_id(key[0]) if key else None
    found = await presences.page(session, actor, workshop_id, paging.matched, after, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    items = await presences.read_many(session, page)
    return Page(items=items, next=cursor(page[-1].id) if more else None)


@router.post("/presences/{presence_id}/match", operation_id="match_presence")
async def match_presence(
    presence_id: UUID,
    data: PresenceMatchCreate,
    session: Session,
    actor: Annotated[Actor, allow(Permission.PRESENCES_WRITE)],
) -> PresenceRead:
    """Says whose connection it is, in place of what was known; nothing automatic changes that afterwards."""
    row = await presences.match(session, actor, presence_id, data.registration_ids)
    [read] = await presences.read_many(session, [row])
    return read
