"""Links into an organisation's portal for single contacts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from service.auth import Actor, Permission
from service.domain import organisations, portal_links
from service.models.portal_links import PortalLink
from service.models.portal_links_shapes import PortalLinkCreate, PortalLinkMade, PortalLinkRead
from service.routers.access import Page, PageQuery, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["organisations"])
Writer = Annotated[Actor, allow(Permission.ORGANISATIONS_WRITE)]


@router.get("/organisations/{code}/portal-links", operation_id="list_portal_links")
async def list_portal_links(code: str, paging: PageQuery, session: Session, actor: Writer) -> Page[PortalLinkRead]:
    """The open links of an organisation's contacts, in the order in which they were made. The links are not shown."""
    organisation = await organisations.find(session, actor, code)
    key = paging.after(1)
    after = keyset_id(key[0]) if key else None
    page, more = page_of(await portal_links.page(session, organisation, after, paging.limit + 1), paging.limit)
    items = [PortalLinkRead.model_validate(_values(actor, code, row)) for row in page]
    return Page(items=items, next=cursor(page[-1].id) if more else None)


@router.post(
    "/organisations/{code}/portal-links",
    operation_id="add_portal_link",
    status_code=201,
    openapi_extra={"x-idempotency": False},
)
async def add_portal_link(code: str, data: PortalLinkCreate, session: Session, actor: Writer) -> PortalLinkMade:
    """Gives one contact a link of its own, shown once. It opens what the organisation's main link opens.

    Refused: `too_many_portal_links` when the organisation has 20; an address that has an open link already.
    """
    row = await portal_links.add(session, actor, code, data)
    shown = {"token": portal_links.token_of(session, row), "portal": portal_links.address(session, row)}
    return PortalLinkMade.model_validate(_values(actor, code, row) | shown)


@router.delete("/portal-links/{portal_link_id}", operation_id="revoke_portal_link", status_code=204)
async def revoke_portal_link(portal_link_id: UUID, session: Session, actor: Writer) -> None:
    """Closes one contact's link at once; the other links of the organisation stay."""
    await portal_links.revoke(session, actor, portal_link_id)


def _values(actor: Actor, code: str, row: PortalLink) -> dict[str, object]:
    return {
        "id": row.id,
        "organisation": code,
        "label": row.label,
        "email": row.email if actor.may(Permission.CONTACTS_READ) else None,
        "created_at": row.created_at,
    }
