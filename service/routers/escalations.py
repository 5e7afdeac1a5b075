"""Escalation: letters to the heads of organisations whose data is late, and the regional secretary's list."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from service.auth import Actor, Permission
from service.documents import escalation_letter, escalation_list
from service.documents.tables_write import XLSX_TYPE
from service.domain import escalation_letters, escalation_lists, escalations, escalations_read
from service.domain.escalations_read import Filters
from service.domain.file_names import attachment
from service.models.columns import Code
from service.models.escalations import EscalationLevel
from service.models.escalations_shapes import EscalationHandled, EscalationPatch, EscalationRead
from service.models.sheets_shapes import Paper
from service.routers import uploads
from service.routers.access import (
    Page,
    Paging,
    Session,
    allow,
    allow_first,
    check_version,
    cursor,
    database_of,
    keyset_id,
    keyset_instant,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["escalations"])
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Printer = Annotated[Actor, allow_first(Permission.COMMITMENTS_READ)]
Reviewer = Annotated[Actor, allow(Permission.COMMITMENTS_REVIEW)]
PDF = "application/pdf"
PaperQuery = Annotated[Paper, Query(description="Size of the paper, used across")]


class EscalationQuery(Paging):
    """Filters of the list."""

    workshop: UUID | None = Field(None, description="Only this workshop (id)")
    organisation: Code | None = Field(None, description="Only this organisation (code)")
    level: EscalationLevel | None = Field(None, description="Only letters, or only the list")
    handled: bool | None = Field(None, description="Only what was dealt with, or what was not")


def _file(media_type: str) -> dict[int | str, dict[str, object]]:
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": "The file", "content": {media_type: {"schema": schema}}}}


@router.get("/escalations", operation_id="list_escalations")
async def list_escalations(
    query: Annotated[EscalationQuery, Query()], session: Session, actor: Reader
) -> Page[EscalationRead]:
    """Steps that were taken when reminders did not help, the latest first."""
    wanted = Filters(**query.model_dump(exclude={"limit", "cursor"}))
    key = query.after(2)
    after = (keyset_instant(key[0]), keyset_id(key[1])) if key else None
    found = await escalations_read.page(session, actor, wanted, after, query.limit + 1)
    items, more = page_of(found, query.limit)
    return Page(items=list(items), next=cursor(items[-1].raised_at.isoformat(), items[-1].id) if more else None)


@router.get("/escalations/{escalation_id}", operation_id="get_escalation", response_model=EscalationRead)
async def get_escalation(escalation_id: UUID, request: Request, session: Session, actor: Reader) -> Response:
    """One step."""
    row = await escalations.find(session, actor, escalation_id)
    return respond(request, await escalations_read.one(session, actor, row), row.version)


@router.patch("/escalations/{escalation_id}", operation_id="change_escalation", response_model=EscalationRead)
async def change_escalation(
    escalation_id: UUID, data: EscalationPatch, request: Request, session: Session, actor: Reviewer
) -> Response:
    """Gives the letter its number, or keeps a note."""
    row = await escalations.find(session, actor, escalation_id, lock=True)
    check_version(request, row.version)
    row = await escalations.change(session, row, data)
    return respond(request, await escalations_read.one(session, actor, row), row.version)


@router.post("/escalations/{escalation_id}/handled", operation_id="handle_escalation", response_model=EscalationRead)
async def handle_escalation(
    escalation_id: UUID, data: EscalationHandled, request: Request, session: Session, actor: Reviewer
) -> Response:
    """Records that the committee has dealt with it; doing so again changes nothing."""
    row = await escalations.handle(session, actor, escalation_id, data.note)
    return respond(request, await escalations_read.one(session, actor, row), row.version)


@router.get(
    "/escalations/{escalation_id}/letter.pdf",
    operation_id="print_escalation_letter",
    response_class=Response,
    responses=_file(PDF),
)
async def print_escalation_letter(escalation_id: UUID, request: Request, actor: Printer) -> Response:
    """The letter to the head of the organisation, ready to be signed: what is overdue now, or was when it was dealt
    with.
    """
    database = database_of(request)
    async with database.read() as session:
        sheet = await escalation_letters.of_one(session, actor, escalation_id)
    content = await asyncio.to_thread(escalation_letter.render, sheet, uploads.store_of(database.settings))
    return _answer(content, PDF, f"{sheet.name}.pdf")


@router.get(
    "/workshops/{workshop_id}/escalation-list.pdf",
    operation_id="print_escalation_list",
    response_class=Response,
    responses=_file(PDF),
)
async def print_escalation_list(
    workshop_id: UUID, request: Request, actor: Printer, paper: PaperQuery = Paper.A4
) -> Response:
    """The regional secretary's list as it stands now."""
    database = database_of(request)
    async with database.read() as session:
        listing = await escalation_lists.of_workshop(session, actor, workshop_id)
    store = uploads.store_of(database.settings)
    content = await asyncio.to_thread(escalation_list.pages, listing, store, paper.size)
    return _answer(content, PDF, f"{listing.name}.pdf")


@router.get(
    "/workshops/{workshop_id}/escalation-list.xlsx",
    operation_id="export_escalation_list",
    response_class=Response,
    responses=_file(XLSX_TYPE),
)
async def export_escalation_list(
    workshop_id: UUID, request: Request, actor: Printer, paper: PaperQuery = Paper.A4
) -> Response:
    """The regional secretary's list as a workbook that is ready to be printed."""
    async with database_of(request).read() as session:
        listing = await escalation_lists.of_workshop(session, actor, workshop_id)
    content = await asyncio.to_thread(escalation_list.workbook, listing, paper)
    return _answer(content, XLSX_TYPE, f"{listing.name}.xlsx")


def _answer(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": attachment(name),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return Response(content, media_type=media_type, headers=headers)
