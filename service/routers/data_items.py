"""Data items: the catalogue of what is asked of organisations."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from service.auth import Actor, Permission
from service.domain import data_items
from service.models.columns import Line
from service.models.data_items import ItemKind
from service.models.data_items_shapes import DataItemCreate, DataItemPatch, DataItemRead
from service.routers.access import Page, Paging, Session, allow, check_version, cursor, page_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["data-items"])
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Writer = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]


class DataItemQuery(Paging):
    """Filters of the list."""

    dimension: Line | None = Field(None, description="Only this dimension (code)")
    item_kind: ItemKind | None = Field(None, description="Only this kind")


@router.get("/data-items", operation_id="list_data_items")
async def list_data_items(
    query: Annotated[DataItemQuery, Query()], session: Session, actor: Reader
) -> Page[DataItemRead]:
    """The catalogue by code."""
    after = query.after(1)
    rows = await data_items.page(session, actor, query.dimension, query.item_kind, after, query.limit + 1)
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
    """Changes an entry. Commitments made before keep their due dates."""
    row = await data_items.find(session, actor, code, lock=True)
    check_version(request, row.version)
    row = await data_items.change(session, actor, row, data)
    [read] = await data_items.reads(session, actor, [row])
    return respond(request, read, row.version)
