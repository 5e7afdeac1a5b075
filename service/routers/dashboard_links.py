"""Read-only links to the dashboard, for the screen of a meeting room."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from service.auth import Actor, Permission
from service.domain import dashboard_links
from service.models.dashboard_links import DashboardLink
from service.models.dashboard_shapes import DashboardLinkCreate, DashboardLinkIssued, DashboardLinkRead
from service.routers.access import Page, PageQuery, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["reports"])
Sharer = Annotated[Actor, allow(Permission.REPORTS_SHARE)]


@router.get("/dashboard-links", operation_id="list_dashboard_links")
async def list_dashboard_links(paging: PageQuery, session: Session, actor: Sharer) -> Page[DashboardLinkRead]:
    """The links that work, in the order in which they were made, without their secrets."""
    key = paging.after(1)
    rows = await dashboard_links.in_use(session, actor, keyset_id(key[0]) if key else None, paging.limit + 1)
    page, more = page_of(rows, paging.limit)
    return Page(items=[_read(row) for row in page], next=cursor(page[-1].id) if more else None)


@router.post(
    "/dashboard-links", operation_id="add_dashboard_link", status_code=201, openapi_extra={"x-idempotency": False}
)
async def add_dashboard_link(data: DashboardLinkCreate, session: Session, actor: Sharer) -> DashboardLinkIssued:
    """Makes a link that shows the dashboard, read-only, to whoever has it: offices and data, no people."""
    row = await dashboard_links.add(session, actor, data)
    token, link = dashboard_links.token_of(session, row), dashboard_links.link_of(session, row)
    return DashboardLinkIssued(**_read(row).model_dump(), token=token, link=link)


@router.delete("/dashboard-links/{dashboard_link_id}", operation_id="revoke_dashboard_link", status_code=204)
async def revoke_dashboard_link(dashboard_link_id: UUID, session: Session, actor: Sharer) -> None:
    """Closes a link at once."""
    await dashboard_links.revoke(session, actor, dashboard_link_id)


def _read(row: DashboardLink) -> DashboardLinkRead:
    return DashboardLinkRead(id=row.id, name=row.name, workshop=row.workshop_id, created_at=row.created_at)
