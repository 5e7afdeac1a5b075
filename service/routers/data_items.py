"""Data items: the catalogue of what is asked of organisations."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from service.auth import Actor, Permission
from service.domain import data_items, data_items_copy, programmes
from service.domain.data_items import Filters
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.columns import Code, Line
from service.models.data_items import ItemKind
from service.models.data_items_shapes import DataItemCreate, DataItemPatch, DataItemRead
from service.models.programmes_shapes import CopiesRead, DataItemCopies
from service.routers.access import Page, Paging, Session, allow, check_version, cursor, page_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["data-items"])
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Writer = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]


class DataItemQuery(Paging):
    """Filters of the list."""

    dimension: Line | None = Field(None, description="Only this dimension (code)")
    item_kind: ItemKind | None = Field(None, description="Only this kind")
    programme: Code | None = Field(None, description="Only this programme (code)")
    requested_from: Code | None = Field(None, description="Only what this organisation (code) is expected to have")
    q: Line | None = Field(None, description="Only with this text in the code or the name")


@router.get("/data-items", operation_id="list_data_items")
async def list_data_items(
    query: Annotated[DataItemQuery, Query()], session: Session, actor: Reader
) -> Page[DataItemRead]:
    """The catalogue by code."""
    after = query.after(1)
    wanted = Filters(**query.model_dump(exclude={"limit", "cursor"}))
    rows = await data_items.page(session, actor, wanted, after, query.limit + 1)
    page, more = page_of(rows, query.limit)
    return Page(items=await data_items.reads(session, actor, page), next=cursor(page[-1].code) if more else None)


@router.post("/data-items", operation_id="create_data_item", status_code=201, response_model=DataItemRead)
async def create_data_item(data: DataItemCreate, request: Request, session: Session, actor: Writer) -> Response:
    """A new entry. A dimension may be given in any spelling that the programme knows."""
    row = await data_items.add(session, actor, data)
    [read] = await data_items.reads(session, actor, [row])
    return respond(request, read, row.version, status=201)


@router.get("/data-items/{code}", operation_id="get_data_item", response_model=DataItemRead)
async def get_data_item(code: str, request: Request, session: Session, actor: Reader) -> Response:
    """One entry."""
    row = await data_items.find(session, actor, code)
    [read] = await data_items.reads(session, actor, [row])
    return respond(request, read, row.version)


@router.patch("/data-items/{code}", operation_id="change_data_item", response_model=DataItemRead)
async def change_data_item(
    code: str, data: DataItemPatch, request: Request, session: Session, actor: Writer
) -> Response:
    """Changes an entry. Commitments made before keep a due date that is a day; one that depends on it follows."""
    row = await data_items.find(session, actor, code, lock=True)
    check_version(request, row.version)
    row = await data_items.change(session, actor, row, data)
    [read] = await data_items.reads(session, actor, [row])
    return respond(request, read, row.version)


@router.post("/data-items/copies", operation_id="copy_data_items", status_code=201)
async def copy_data_items(data: DataItemCopies, session: Session, actor: Writer) -> CopiesRead:
    """Takes data items of another programme, or of one that another organizer shares, into a programme of one's own.

    What stands already is left out and named.
    """
    target = await programmes.named(session, actor, data.programme, "/programme")
    source = await programmes.readable(session, actor, data.source, data.organizer)
    if source is None:
        raise InvalidInput.at("/source", _("Program ini tidak dikenal atau tidak dibagikan."))
    return await data_items_copy.copy(session, actor, source, target, data.codes, data.ending or "")
