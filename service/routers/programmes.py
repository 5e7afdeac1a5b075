"""Programmes with their stages and dimensions, and the catalogues that organizers share."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.domain import data_items_copy, programmes
from service.errors import NotFound
from service.models.programmes_shapes import (
    CatalogueRead,
    ProgrammeCopy,
    ProgrammeCreate,
    ProgrammePatch,
    ProgrammeRead,
)
from service.routers.access import Page, PageQuery, Session, allow, check_version, cursor, page_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["programmes"])
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_READ)]
Writer = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]


@router.get("/programmes", operation_id="list_programmes")
async def list_programmes(session: Session, actor: Reader, paging: PageQuery) -> Page[ProgrammeRead]:
    """The organizer's programmes by code."""
    after = paging.after(1)
    rows = await programmes.page(session, actor, after[0] if after else None, paging.limit + 1)
    page, more = page_of(rows, paging.limit)
    items = [ProgrammeRead.model_validate(row) for row in page]
    return Page(items=items, next=cursor(page[-1].code) if more else None)


@router.post("/programmes", operation_id="create_programme", status_code=201, response_model=ProgrammeRead)
async def create_programme(data: ProgrammeCreate, request: Request, session: Session, actor: Writer) -> Response:
    """A new programme with its stages, dimensions and the spellings that mean them."""
    row = await programmes.create(session, actor, data)
    return respond(request, ProgrammeRead.model_validate(row), row.version, status=201)


@router.get("/programmes/{programme}", operation_id="get_programme", response_model=ProgrammeRead)
async def get_programme(programme: str, request: Request, session: Session, actor: Reader) -> Response:
    """One programme by its code."""
    row = await programmes.find(session, actor, programme)
    return respond(request, ProgrammeRead.model_validate(row), row.version)


@router.patch("/programmes/{programme}", operation_id="change_programme", response_model=ProgrammeRead)
async def change_programme(
    programme: str, data: ProgrammePatch, request: Request, session: Session, actor: Writer
) -> Response:
    """Changes a programme; lists are replaced as a whole.

    Where the due date of a stage moves, commitments that depend on it move along, and their organisations are told.
    """
    row = await programmes.find(session, actor, programme, lock=True)
    check_version(request, row.version)
    row = await programmes.change(session, actor, row, data)
    return respond(request, ProgrammeRead.model_validate(row), row.version)


@router.delete("/programmes/{programme}", operation_id="remove_programme", status_code=204)
async def remove_programme(programme: str, session: Session, actor: Writer) -> None:
    """Removes a programme to which no data item and no workshop belongs; programme_in_use names how many do."""
    await programmes.remove(session, actor, programme)


@router.post(
    "/programmes/{programme}/copies", operation_id="copy_programme", status_code=201, response_model=ProgrammeRead
)
async def copy_programme(
    programme: str, data: ProgrammeCopy, request: Request, session: Session, actor: Writer
) -> Response:
    """A new programme with the stages, dimensions and data items of this one, or of one that another organizer shares.

    Without `ending` data items whose code stands already are left out; those of the same house then get
    `-<code of the new programme>`.
    """
    source = await programmes.readable(session, actor, programme, data.organizer)
    if source is None:
        raise NotFound
    row = await programmes.copy(session, actor, source, data)
    if data.data_items:
        own = source.organizer_id == row.organizer_id
        ending = data.ending or (f"-{row.code}" if own else "")
        await data_items_copy.copy(session, actor, source, row, None, ending)
    return respond(request, ProgrammeRead.model_validate(row), row.version, status=201)


@router.get("/catalogues", operation_id="list_catalogues")
async def list_catalogues(
    session: Session, _actor: Annotated[Actor, allow(Permission.COMMITMENTS_READ)], paging: PageQuery
) -> Page[CatalogueRead]:
    """The programmes that the organizers of this installation let each other copy, with their data items."""
    page, more = page_of(await programmes.catalogues(session, paging.after(2), paging.limit + 1), paging.limit)
    return Page(items=list(page), next=cursor(page[-1].organizer, page[-1].code) if more else None)
