"""Lists that offices take along, as CSV and XLSX: streamed, so that their length costs no memory."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import Database
from service.documents import tables_write
from service.documents.tables_write import CSV_TYPE, SEPARATORS, XLSX_TYPE, XlsxFile
from service.domain.commitments_filters import Filters
from service.domain.exports import Batch, Invitations, Organisations, Row, Title
from service.domain.exports_commitments import Commitments
from service.domain.exports_data_items import DataItems
from service.domain.exports_registrations import Registrations
from service.domain.file_names import attachment, safe_name
from service.models.columns import Code
from service.models.commitments_queries import CommitmentFilter
from service.models.registrations_shapes import RegistrationFilter
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["exports"])
Reader = Annotated[Actor, allow_first(Permission.REGISTRATIONS_READ)]
OfficeReader = Annotated[Actor, allow_first(Permission.ORGANISATIONS_READ)]
CatalogueReader = Annotated[Actor, allow_first(Permission.COMMITMENTS_READ)]
Separator = Annotated[
    Literal["comma", "semicolon"], Query(description="What parts the columns; semicolon for an Indonesian Excel")
]


class ExportQuery(RegistrationFilter):
    """The filters of the list."""

    nip: bool = Field(False, description="Show NIPs unmasked (needs contacts:read)")


class CsvExportQuery(ExportQuery):
    """The filters of the list, and how the file is cut."""

    separator: Literal["comma", "semicolon"] = Field(
        "comma", description="What parts the columns; semicolon for an Indonesian Excel"
    )


class CsvCommitmentQuery(CommitmentFilter):
    """The filters of the list, and how the file is cut."""

    separator: Literal["comma", "semicolon"] = Field(
        "comma", description="What parts the columns; semicolon for an Indonesian Excel"
    )


class List(Protocol):
    """A list that can be exported."""

    @property
    def title(self) -> Title: ...
    def heads(self) -> Row: ...
    async def batch(self, session: AsyncSession, actor: Actor, after: str | None) -> Batch: ...


def _file(media_type: str) -> dict[str, Any]:  # OpenAPI is JSON
    kind = media_type.partition(";")[0]
    schema = {"type": "string", "format": "binary"}
    answer = {"description": "The file", "content": {kind: {"schema": schema}}}
    return {"response_class": StreamingResponse, "responses": {200: answer}}


@router.get("/workshops/{workshop_id}/registrations.csv", operation_id="export_registrations_csv", **_file(CSV_TYPE))
async def export_registrations_csv(
    workshop_id: UUID, query: Annotated[CsvExportQuery, Query()], request: Request, actor: Reader
) -> StreamingResponse:
    """Who is registered, with attendance and answers, as CSV; contacts and answers need contacts:read."""
    database = database_of(request)
    async with database.read() as session:
        made = await Registrations.of(session, actor, workshop_id, query, nip=query.nip)
    return _csv(database, actor, made, query.separator)


@router.get("/workshops/{workshop_id}/registrations.xlsx", operation_id="export_registrations_xlsx", **_file(XLSX_TYPE))
async def export_registrations_xlsx(
    workshop_id: UUID, query: Annotated[ExportQuery, Query()], request: Request, actor: Reader
) -> StreamingResponse:
    """Who is registered, with attendance and answers, as a workbook; contacts and answers need contacts:read."""
    database = database_of(request)
    async with database.read() as session:
        made = await Registrations.of(session, actor, workshop_id, query, nip=query.nip)
    return await _xlsx(request, actor, made)


@router.get("/organisations.csv", operation_id="export_organisations_csv", **_file(CSV_TYPE))
async def export_organisations_csv(
    request: Request,
    actor: OfficeReader,
    separator: Separator = "comma",
    org_class: Annotated[Code | None, Query(description="Only this class, e.g. opd")] = None,
) -> StreamingResponse:
    """All organisations as CSV; their contacts need contacts:read."""
    database = database_of(request)
    async with database.read() as session:
        made = await Organisations.of(session, actor, org_class)
    return _csv(database, actor, made, separator)


@router.get("/organisations.xlsx", operation_id="export_organisations_xlsx", **_file(XLSX_TYPE))
async def export_organisations_xlsx(
    request: Request,
    actor: OfficeReader,
    org_class: Annotated[Code | None, Query(description="Only this class, e.g. opd")] = None,
) -> StreamingResponse:
    """All organisations as a workbook; their contacts need contacts:read."""
    database = database_of(request)
    async with database.read() as session:
        made = await Organisations.of(session, actor, org_class)
    return await _xlsx(request, actor, made)


@router.get("/workshops/{workshop_id}/invitations.csv", operation_id="export_invitations_csv", **_file(CSV_TYPE))
async def export_invitations_csv(
    workshop_id: UUID, request: Request, actor: OfficeReader, separator: Separator = "comma"
) -> StreamingResponse:
    """The invitations of a workshop as CSV; their secret links need invitations:write."""
    database = database_of(request)
    async with database.read() as session:
        made = await Invitations.of(session, actor, workshop_id)
    return _csv(database, actor, made, separator)


@router.get("/workshops/{workshop_id}/invitations.xlsx", operation_id="export_invitations_xlsx", **_file(XLSX_TYPE))
async def export_invitations_xlsx(workshop_id: UUID, request: Request, actor: OfficeReader) -> StreamingResponse:
    """The invitations of a workshop as a workbook; their secret links need invitations:write."""
    database = database_of(request)
    async with database.read() as session:
        made = await Invitations.of(session, actor, workshop_id)
    return await _xlsx(request, actor, made)


@router.get("/data-items.csv", operation_id="export_data_items_csv", **_file(CSV_TYPE))
async def export_data_items_csv(
    request: Request, actor: CatalogueReader, separator: Separator = "comma"
) -> StreamingResponse:
    """The whole catalogue as CSV, with heads that the import of data items knows."""
    database = database_of(request)
    async with database.read() as session:
        made = await DataItems.of(session, actor)
    return _csv(database, actor, made, separator)


@router.get("/data-items.xlsx", operation_id="export_data_items_xlsx", **_file(XLSX_TYPE))
async def export_data_items_xlsx(request: Request, actor: CatalogueReader) -> StreamingResponse:
    """The whole catalogue as a workbook, with heads that the import of data items knows."""
    database = database_of(request)
    async with database.read() as session:
        made = await DataItems.of(session, actor)
    return await _xlsx(request, actor, made)


@router.get("/commitments.csv", operation_id="export_commitments_csv", **_file(CSV_TYPE))
async def export_commitments_csv(
    query: Annotated[CsvCommitmentQuery, Query()], request: Request, actor: CatalogueReader
) -> StreamingResponse:
    """Commitments by code with the filters of the list, as CSV. Every row is told as of the same moment."""
    database = database_of(request)
    wanted = Filters(**query.model_dump(exclude={"separator", "as_of"}))
    async with database.read() as session:
        made = await Commitments.of(session, actor, wanted, query.as_of)
    return _csv(database, actor, made, query.separator)


@router.get("/commitments.xlsx", operation_id="export_commitments_xlsx", **_file(XLSX_TYPE))
async def export_commitments_xlsx(
    query: Annotated[CommitmentFilter, Query()], request: Request, actor: CatalogueReader
) -> StreamingResponse:
    """Commitments by code with the filters of the list, as a workbook. Every row is told as of the same moment."""
    wanted = Filters(**query.model_dump(exclude={"as_of"}))
    async with database_of(request).read() as session:
        made = await Commitments.of(session, actor, wanted, query.as_of)
    return await _xlsx(request, actor, made)


async def _batches(database: Database, actor: Actor, made: List) -> AsyncIterator[list[Row]]:
    """Every batch in a short read of its own: no transaction waits for a slow phone."""

    async def read(after: str | None) -> Batch:
        async with database.read() as session:
            return await made.batch(session, actor, after)

    after: str | None = None
    while True:
        # A reader who leaves cancels this: a connection that is interrupted while it reads never closes (aiosqlite).
        batch = await asyncio.shield(read(after))
        yield batch.rows
        after = batch.after
        if after is None:
            return


def _csv(database: Database, actor: Actor, made: List, separator: str) -> StreamingResponse:
    mark = SEPARATORS[separator]

    async def content() -> AsyncIterator[bytes]:
        yield tables_write.BOM + tables_write.csv_bytes([made.heads()], mark)
        async for rows in _batches(database, actor, made):
            yield tables_write.csv_bytes(rows, mark)

    return StreamingResponse(content(), media_type=CSV_TYPE, headers=_headers(made.title, "csv"))


async def _xlsx(request: Request, actor: Actor, made: List) -> StreamingResponse:
    """Written to a file first, by threads: a workbook's beginning is known only at its end."""
    heads = [str(head) for head in made.heads()]
    target = tempfile.TemporaryFile()  # noqa: SIM115 - it is gone as soon as nobody reads it any more
    with tempfile.TemporaryDirectory() as folder:
        book = await asyncio.to_thread(XlsxFile, target, folder, made.title.name, heads)
        async for rows in _batches(database_of(request), actor, made):
            await asyncio.to_thread(book.add, rows)
            if await request.is_disconnected():
                break  # nobody reads it: it need not be whole
        await asyncio.to_thread(book.close)
    return StreamingResponse(tables_write.pieces(target), media_type=XLSX_TYPE, headers=_headers(made.title, "xlsx"))


def _headers(title: Title, ending: str) -> dict[str, str]:
    day = clock.local_date(clock.now(), title.timezone).isoformat()
    name = title.name.lower().replace(" ", "-")
    return {
        "Content-Disposition": attachment(safe_name(f"{name}-{title.slug}-{day}.{ending}")),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
