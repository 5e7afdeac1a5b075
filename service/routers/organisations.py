"""Organisations: what forms need publicly, and the register that staff keep."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import organisations, organisations_merging, organisations_removal, organizers
from service.models.columns import Code
from service.models.people import Organisation
from service.models.people_shapes import (
    ContactShape,
    MergeCreate,
    MergeRead,
    OrganisationCreate,
    OrganisationLinks,
    OrganisationName,
    OrganisationPatch,
    OrganisationRead,
)
from service.routers.access import (
    Page,
    PageQuery,
    Paging,
    Session,
    allow,
    check_version,
    cursor,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["organisations"])
Reader = Annotated[Actor, allow(Permission.ORGANISATIONS_READ)]
Writer = Annotated[Actor, allow(Permission.ORGANISATIONS_WRITE)]


class OrganisationQuery(Paging):
    """Filters of the list."""

    org_class: Code | None = Field(None, description="Only this class, e.g. opd")


@router.get("/organizers/{slug}/organisations", operation_id="list_organisation_names")
async def list_organisation_names(
    slug: str, session: Session, paging: PageQuery, _actor: Annotated[Actor, allow(Permission.PUBLIC)]
) -> Page[OrganisationName]:
    """Codes and names of an organizer's organisations, for the registration form."""
    house = await organizers.find_public(session, slug)
    rows = await organisations.page(session, house.id, None, paging.after(1), paging.limit + 1)
    page, more = page_of(rows, paging.limit)
    items = [OrganisationName.model_validate(row) for row in page]
    return Page(items=items, next=cursor(page[-1].code) if more else None)


@router.get("/organisations", operation_id="list_organisations")
async def list_organisations(
    query: Annotated[OrganisationQuery, Query()], session: Session, actor: Reader
) -> Page[OrganisationRead]:
    """All organisations by code."""
    rows = await organisations.page(session, actor.tenant, query.org_class, query.after(1), query.limit + 1)
    page, more = page_of(rows, query.limit)
    items = [_read(session, actor, row) for row in page]
    return Page(items=items, next=cursor(page[-1].code) if more else None)


@router.post("/organisations", operation_id="create_organisation", status_code=201, response_model=OrganisationRead)
async def create_organisation(data: OrganisationCreate, request: Request, session: Session, actor: Writer) -> Response:
    """A new organisation."""
    row = await organisations.add(session, actor, data)
    return respond(request, _read(session, actor, row), row.version, status=201)


@router.get("/organisations/{code}", operation_id="get_organisation", response_model=OrganisationRead)
async def get_organisation(code: str, request: Request, session: Session, actor: Reader) -> Response:
    """One organisation. Contacts need contacts:read, the portal link organisations:write."""
    row = await organisations.find(session, actor, code)
    return respond(request, _read(session, actor, row), row.version)


@router.patch("/organisations/{code}", operation_id="change_organisation", response_model=OrganisationRead)
async def change_organisation(
    code: str, data: OrganisationPatch, request: Request, session: Session, actor: Writer
) -> Response:
    """Changes an organisation; contacts are replaced as a whole."""
    row = await organisations.find(session, actor, code, lock=True)
    check_version(request, row.version)
    row = await organisations.change(session, actor, row, data)
    return respond(request, _read(session, actor, row), row.version)


@router.delete("/organisations/{code}", operation_id="remove_organisation", status_code=204)
async def remove_organisation(code: str, session: Session, actor: Writer) -> None:
    """Removes an organisation to which nothing refers yet; organisation_in_use names what does."""
    await organisations_removal.remove(session, actor, code)


@router.get("/organisations/{code}/merger", operation_id="preview_merger")
async def preview_merger(
    code: str,
    other: Annotated[Code, Query(description="Code of the same organisation, kept twice")],
    session: Session,
    actor: Writer,
) -> MergeRead:
    """What merging the other organisation into this one would move and end; nothing is changed."""
    return await organisations_merging.preview(session, actor, code, other)


@router.post("/organisations/{code}/merger", operation_id="merge_organisations")
async def merge_organisations(code: str, data: MergeCreate, session: Session, actor: Writer) -> MergeRead:
    """Merges an organisation that is kept twice into this one, for good.

    Whatever named the other one names this one; its code, name and links lead here from then on.
    """
    return await organisations_merging.merge(session, actor, code, data.other)


@router.post(
    "/organisations/{code}/portal-link/rotation",
    operation_id="rotate_portal_link",
    response_model=OrganisationRead,
    openapi_extra={"x-idempotency": False},
)
async def rotate_portal_link(code: str, request: Request, session: Session, actor: Writer) -> Response:
    """Closes the organisation's portal link at once and shows the new one."""
    row = await organisations.find(session, actor, code, lock=True)
    row = await organisations.rotate_portal_link(session, actor, row)
    return respond(request, _read(session, actor, row), row.version)


def _read(session: AsyncSession, actor: Actor, row: Organisation) -> OrganisationRead:
    contacts = [ContactShape.model_validate(contact) for contact in row.contacts]
    portal = organisations.portal_link(session, row) if actor.may(Permission.ORGANISATIONS_WRITE) else None
    return OrganisationRead(
        id=row.id,
        code=row.code,
        name=row.name,
        org_class=row.org_class,
        kind=row.kind,
        contacts=contacts if actor.may(Permission.CONTACTS_READ) else None,
        links=OrganisationLinks(portal=portal) if portal else None,
        version=row.version,
        updated_at=row.updated_at,
    )
