"""Papers of a workshop: attendance sheets to sign, recaps of attendance, badges. All of them are personal data."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.auth import Actor, Permission
from service.clients.files import Store
from service.db import Database
from service.documents import attendance_recap, attendance_sheet, badges as badges_pages
from service.documents.tables_write import XLSX_TYPE
from service.domain import attendance_recaps, attendance_sheets, badges as making
from service.domain.file_names import attachment
from service.models.sheets_shapes import (
    BadgesQuery,
    PrintedRecapQuery,
    PrintedSheetQuery,
    RecapQuery,
    SheetQuery,
)
from service.routers import uploads
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["attendance"])
Reader = Annotated[Actor, allow_first(Permission.ATTENDANCE_READ)]
PDF = "application/pdf"
_printer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="papers")
"""One paper at a time: a thousand people take 200 MB while they are set. And nobody else waits for these threads."""
P = ParamSpec("P")


def _file(media_type: str) -> dict[int | str, dict[str, object]]:
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": "The file", "content": {media_type: {"schema": schema}}}}


@router.get(
    "/workshops/{workshop_id}/attendance-sheet.pdf",
    operation_id="print_attendance_sheet",
    response_class=Response,
    responses=_file(PDF),
)
async def print_attendance_sheet(
    workshop_id: UUID, query: Annotated[PrintedSheetQuery, Query()], request: Request, actor: Reader
) -> Response:
    """The day's attendance sheet (Daftar Hadir) on paper used across: before the day a form to sign, from the first
    recorded presence on with what was recorded beside the signatures. Needs contacts:read too.

    A workshop of several days needs `date`. Where there are more than 1,000 people, the Link header (rel="next",
    RFC 8288) names the next part.
    """
    database = _personal(request, actor)
    async with database.read() as session:
        whole = await attendance_sheets.of_day(session, actor, workshop_id, query)
    sheet, more = attendance_sheets.part_of(whole, query.part)
    content = await _printed(attendance_sheet.pages, sheet, _store(request), query.paper.size)
    return _answer(content, PDF, f"{sheet.name}.pdf", _next(request, query.part) if more else None)


@router.get(
    "/workshops/{workshop_id}/attendance-sheet.xlsx",
    operation_id="export_attendance_sheet",
    response_class=Response,
    responses=_file(XLSX_TYPE),
)
async def export_attendance_sheet(
    workshop_id: UUID, query: Annotated[SheetQuery, Query()], request: Request, actor: Reader
) -> Response:
    """The day's attendance sheet as a workbook that is ready to be printed. Needs contacts:read too."""
    database = _personal(request, actor)
    async with database.read() as session:
        sheet = await attendance_sheets.of_day(session, actor, workshop_id, query)
    content = await _printed(attendance_sheet.workbook, sheet, query.paper)
    return _answer(content, XLSX_TYPE, f"{sheet.name}.xlsx")


@router.get(
    "/workshops/{workshop_id}/attendance-recap.pdf",
    operation_id="print_attendance_recap",
    response_class=Response,
    responses=_file(PDF),
)
async def print_attendance_recap(
    workshop_id: UUID, query: Annotated[PrintedRecapQuery, Query()], request: Request, actor: Reader
) -> Response:
    """Who was there as of a moment, per organisation and per person, with hours (JP) and whether a certificate is
    earned. Needs contacts:read too. For more than 1,000 people see the Link header (rel="next", RFC 8288).
    """
    database = _personal(request, actor)
    async with database.read() as session:
        whole = await attendance_recaps.of_workshop(session, actor, workshop_id, query.as_of)
    recap, more = attendance_recaps.part_of(whole, query.part)
    content = await _printed(attendance_recap.pages, recap, _store(request), query.paper.size)
    return _answer(content, PDF, f"{recap.name}.pdf", _next(request, query.part) if more else None)


@router.get(
    "/workshops/{workshop_id}/attendance-recap.xlsx",
    operation_id="export_attendance_recap",
    response_class=Response,
    responses=_file(XLSX_TYPE),
)
async def export_attendance_recap(
    workshop_id: UUID, query: Annotated[RecapQuery, Query()], request: Request, actor: Reader
) -> Response:
    """The recap as a workbook of two sheets, for organisations and for people. Needs contacts:read too."""
    database = _personal(request, actor)
    async with database.read() as session:
        recap = await attendance_recaps.of_workshop(session, actor, workshop_id, query.as_of)
    content = await _printed(attendance_recap.workbook, recap, query.paper)
    return _answer(content, XLSX_TYPE, f"{recap.name}.xlsx")


@router.get(
    "/workshops/{workshop_id}/badges.pdf",
    operation_id="print_badges",
    response_class=Response,
    responses=_file(PDF),
)
async def print_badges(
    workshop_id: UUID, query: Annotated[BadgesQuery, Query()], request: Request, actor: Reader
) -> Response:
    """Badges of confirmed people with their tickets, to be cut. Needs contacts:read and, since whoever holds a ticket
    can check its person in, registrations:write too. For more than 1,000 people see the Link header (rel="next").
    """
    actor.require(Permission.REGISTRATIONS_WRITE)
    database = _personal(request, actor)
    async with database.read() as session:
        whole = await making.of_workshop(session, actor, workshop_id, query)
    badges, more = making.part_of(whole, query.part)
    content = await _printed(badges_pages.pages, badges, _store(request), query.paper.size)
    return _answer(content, PDF, f"{badges.name}.pdf", _next(request, query.part) if more else None)


def _personal(request: Request, actor: Actor) -> Database:
    """Raises Forbidden for who may not see NIPs and telephone numbers."""
    actor.require(Permission.CONTACTS_READ)
    return database_of(request)


def _store(request: Request) -> Store:
    return uploads.store_of(database_of(request).settings)


async def _printed(render: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> bytes:
    return await asyncio.get_running_loop().run_in_executor(_printer, partial(render, *args, **kwargs))


def _next(request: Request, part: int) -> str:
    said = [(name, value) for name, value in request.query_params.multi_items() if name != "part"]
    return f'<{request.url.path}?{urlencode([*said, ("part", part + 1)])}>; rel="next"'


def _answer(content: bytes, media_type: str, name: str, following: str | None = None) -> Response:
    headers = {
        "Content-Disposition": attachment(name),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    if following:
        headers["Link"] = following
    return Response(content, media_type=media_type, headers=headers)
