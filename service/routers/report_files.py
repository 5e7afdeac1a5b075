"""The fifteen questions and the dashboard's brief as files: CSV, XLSX and PDF."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service import i18n
from service.auth import Actor, Permission
from service.documents import report_paper, tables_write
from service.documents.tables_write import CSV_TYPE, SEPARATORS, XLSX_TYPE
from service.domain import reports, workshops
from service.domain.file_names import attachment
from service.domain.reports import papers
from service.domain.reports.tables import table
from service.models.reports import AsOf
from service.models.sheets_shapes import Paper
from service.routers import printing
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["reports"])
Reader = Annotated[Actor, allow_first(Permission.REPORTS_READ)]


class BriefQuery(BaseModel):
    """What the brief is about."""

    workshop: UUID | None = Field(None, description="The workshop; the one that started last when left out")
    as_of: AsOf | None = Field(
        None, description="A day (its end in the organizer's zone) or an RFC 3339 instant; now when left out"
    )
    paper: Paper = Field(Paper.A4, description="Size of the paper, used across")


class ReportQuery(BriefQuery):
    """What is asked about."""

    workshop: UUID = Field(description="The workshop to ask about")


class ReportCsvQuery(BaseModel):
    """What is asked about, and how the file is cut."""

    workshop: UUID = Field(description="The workshop to ask about")
    as_of: AsOf | None = Field(
        None, description="A day (its end in the organizer's zone) or an RFC 3339 instant; now when left out"
    )
    separator: Literal["comma", "semicolon"] = Field(
        "comma", description="What parts the columns; semicolon for an Indonesian Excel"
    )


def _file(media_type: str) -> dict[str, Any]:  # OpenAPI is JSON
    kind = media_type.partition(";")[0]
    schema = {"type": "string", "format": "binary"}
    return {
        "response_class": Response,
        "responses": {200: {"description": "The file", "content": {kind: {"schema": schema}}}},
    }


@router.get("/reports/{name}.csv", operation_id="export_report_csv", **_file(CSV_TYPE))
async def export_report_csv(
    name: str, query: Annotated[ReportCsvQuery, Query()], request: Request, actor: Reader
) -> Response:
    """The answer to one question as a table with names, as CSV."""
    async with database_of(request).read() as session:
        made = await table(session, actor, await reports.ask(session, actor, name, query.workshop, query.as_of))
        workshop = await workshops.find(session, actor, query.workshop)
    heads = [column.head for column in made.columns]
    rows = [["" if cell is None else cell for cell in line.cells] for line in made.rows]
    content = tables_write.BOM + tables_write.csv_bytes([heads, *rows], SEPARATORS[query.separator])
    return _answer(content, CSV_TYPE, papers.file_name(name, workshop, query.as_of, workshop.timezone) + ".csv")


@router.get("/reports/{name}.xlsx", operation_id="export_report_xlsx", **_file(XLSX_TYPE))
async def export_report_xlsx(
    name: str, query: Annotated[ReportQuery, Query()], request: Request, actor: Reader
) -> Response:
    """The answer to one question as a workbook that is ready to be printed."""
    async with database_of(request).read() as session:
        paper = await papers.of_report(session, actor, name, query.workshop, query.as_of)
    content = await asyncio.to_thread(report_paper.workbook, paper, query.paper)
    return _answer(content, XLSX_TYPE, f"{paper.name}.xlsx")


@router.get("/reports/{name}.pdf", operation_id="print_report", **_file(printing.PDF))
async def print_report(name: str, query: Annotated[ReportQuery, Query()], request: Request, actor: Reader) -> Response:
    """The answer to one question as PDF with the organizer's letterhead; Indonesian, as papers are."""
    i18n.use(i18n.DEFAULT)
    async with database_of(request).read() as session:
        paper = await papers.of_report(session, actor, name, query.workshop, query.as_of)
    return await _pdf(request, paper, query.paper)


@router.get("/dashboard.pdf", operation_id="print_dashboard", **_file(printing.PDF))
async def print_dashboard(query: Annotated[BriefQuery, Query()], request: Request, actor: Reader) -> Response:
    """The brief for the regional secretary: readiness, who is late, what nobody has promised, who must act next."""
    i18n.use(i18n.DEFAULT)
    async with database_of(request).read() as session:
        paper = await papers.of_dashboard(session, actor, query.workshop, query.as_of)
    return await _pdf(request, paper, query.paper)


async def _pdf(request: Request, paper: papers.ReportPaper, size: Paper) -> Response:
    return await printing.answer(paper.name, report_paper.pages, paper, printing.store_of(request), size.size)


def _answer(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": attachment(name),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return Response(content, media_type=media_type, headers=headers)
