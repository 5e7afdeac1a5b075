"""Online presence as a provider reports it, and whose it is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from service import clock
from service.auth import Actor, Permission
from service.documents import presence_report
from service.documents.presence_report import Report
from service.documents.presence_times import ReportDatesUnclear
from service.domain import presences, presences_decisions, presences_import, presences_suggestions, workshops
from service.domain.presences_import import Outcome
from service.errors import BadRequest, InvalidInput
from service.i18n import gettext as _
from service.models.attendance_shapes import PresenceCreate
from service.models.presences_shapes import (
    PresenceImportRead,
    PresenceMatchCreate,
    PresenceMatchRead,
    PresenceRead,
    PresencesCreate,
    PresencesRead,
    RefusedRow,
    SuggestionsRead,
)
from service.models.workshops import Workshop
from service.models.workshops_shapes import Zone
from service.routers import uploads
from service.routers.access import Page, Paging, Session, allow, allow_first, cursor, database_of, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["presences"])
SHOWN_FAULTS = 200
_REPORT = {"type": "string", "format": "binary", "description": "The report itself"}
_CSV, _XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORM = {
    "x-idempotency": False,
    "requestBody": {
        "required": True,
        "content": {
            _CSV: {"schema": _REPORT},
            _XLSX: {"schema": _REPORT},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "The provider's report as its portal exports it: CSV, or the same as XLSX",
                        }
                    },
                }
            },
        },
    },
}


class PresenceQuery(Paging):
    """Which connections are wanted."""

    matched: bool | None = Field(
        None, description="false: only those that wait for a person to say whose they are; true: only somebody's"
    )


class ImportQuery(BaseModel):
    """How a report is read."""

    dry_run: bool = Field(False, description="Say what would become of each row, and store nothing")
    timezone: Zone | None = Field(
        None, description="IANA time zone of the provider's account; the workshop's if left out"
    )


@dataclass(frozen=True)
class Received:
    """A report that was read, its connections, and the zone it was read in."""

    report: Report
    items: list[PresenceCreate]
    timezone: str


@router.post("/workshops/{workshop_id}/presences", operation_id="report_presences", status_code=201)
async def report_presences(
    workshop_id: UUID,
    data: PresencesCreate,
    session: Session,
    actor: Annotated[Actor, allow(Permission.PRESENCES_WRITE)],
) -> PresencesRead:
    """Stores connections. The same `external_id` and `joined_at` is the same connection: the later end counts."""
    rows = await presences.report(session, actor, workshop_id, data.items)
    personal = actor.may(Permission.CONTACTS_READ)
    return PresencesRead(items=await presences.read_many(session, rows, show_email=personal))


@router.post(
    "/workshops/{workshop_id}/presences/import",
    operation_id="import_presences",
    openapi_extra=_FORM,
    max_body_size=uploads.UNBOUNDED,
)
async def import_presences(
    workshop_id: UUID,
    wanted: Annotated[ImportQuery, Query()],
    request: Request,
    actor: Annotated[Actor, allow_first(Permission.PRESENCES_WRITE)],
) -> PresenceImportRead:
    """Takes over a meeting provider's report of who was connected; with `dry_run` only says what would become
    of it.

    Rows that cannot be read are refused one by one, with their number and the reason; the others are stored. Sent
    again, the same report changes nothing, nor does it repeat what a webhook told. Whose a connection is follows from
    the registrant's id, else from an address that one person alone has, never from a name; what a person decided stays.
    The body is the file, or a form with it as `file`.
    """
    database = database_of(request)
    async with database.read() as session:
        workshop = await workshops.find(session, actor, workshop_id)
    async with _file_of(request, database.settings.max_upload_bytes) as file:
        received = await read_report(file, workshop, wanted.timezone)
    act = presences_import.preview if wanted.dry_run else presences_import.take_over
    async with database.read() if wanted.dry_run else database.write() as session:
        outcome = await act(session, actor, workshop_id, received.items)
    return import_read(received, outcome, dry_run=wanted.dry_run)


@router.get("/workshops/{workshop_id}/presences", operation_id="list_presences")
async def list_presences(
    workshop_id: UUID,
    paging: Annotated[PresenceQuery, Query()],
    session: Session,
    actor: Annotated[Actor, allow(Permission.ATTENDANCE_READ)],
) -> Page[PresenceRead]:
    """The connections in order of arrival."""
    key = paging.after(1)
    after = keyset_id(key[0]) if key else None
    found = await presences.page(session, actor, workshop_id, paging.matched, after, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    items = await presences.read_many(session, page, show_email=actor.may(Permission.CONTACTS_READ))
    return Page(items=items, next=cursor(page[-1].id) if more else None)


@router.post("/presences/{presence_id}/match", operation_id="match_presence")
async def match_presence(
    presence_id: UUID,
    data: PresenceMatchCreate,
    session: Session,
    actor: Annotated[Actor, allow(Permission.PRESENCES_WRITE)],
) -> PresenceMatchRead:
    """Says whose connection it is, in place of what was known; nothing automatic changes that afterwards.

    With `also_same_name` the same goes for every other connection of this id or shown name that nobody is known for.
    """
    others = 0
    if data.also_same_name:
        row, others = await presences_decisions.match_alike(session, actor, presence_id, data.registration_ids)
    else:
        row = await presences_decisions.match(session, actor, presence_id, data.registration_ids)
    [read] = await presences.read_many(session, [row], show_email=actor.may(Permission.CONTACTS_READ))
    return PresenceMatchRead(**dict(read), others=others)


@router.get("/presences/{presence_id}/suggestions", operation_id="list_presence_suggestions")
async def list_suggestions(
    presence_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.PRESENCES_WRITE)]
) -> SuggestionsRead:
    """Whose connection it may be, each with its reasons; for a person to decide, never applied by itself."""
    row = await presences_decisions.find(session, actor, presence_id)
    known = await presences_suggestions.suggestions(session, row.workshop_id)
    return SuggestionsRead(items=known.of(row, personal=actor.may(Permission.CONTACTS_READ)))


@asynccontextmanager
async def _file_of(request: Request, most: int) -> AsyncIterator[BinaryIO]:
    """The report, whichever way it is sent. Raises BadRequest, InvalidInput, and as `uploads`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {_CSV, _XLSX}:
        async with uploads.body_of(request, most) as file:
            yield file
    elif kind == "multipart/form-data":
        async with uploads.form_of(request, most) as form:
            if set(form.keys()) != {"file"}:
                raise InvalidInput.at("/file", _("Sertakan satu berkas CSV atau XLSX."))
            yield report_in(form)
    else:
        raise BadRequest


async def read_report(file: BinaryIO, workshop: Workshop, timezone: str | None) -> Received:
    """The report in an uploaded file. No transaction is open while it is read.

    Raises the refusals of presence_report and tables_errors.
    """
    zone = timezone or workshop.timezone
    latest = clock.now() + presences.AHEAD
    days = presences_import.days_of(workshop, zone)

    def read() -> Received:
        try:
            report = presence_report.read(file, ZoneInfo(zone), days, latest)
        except ReportDatesUnclear as unclear:
            raise ReportDatesUnclear(workshop=workshop.title, first_day=days[0], last_day=days[1]) from unclear
        return Received(report, presences_import.items_of(report.stays), zone)

    return await asyncio.to_thread(read)


def report_in(form: FormData) -> BinaryIO:
    """The one file of a form. Raises InvalidInput."""
    found = [part for name, part in form.multi_items() if name == "file" and not isinstance(part, str)]
    if len(found) != 1:
        raise InvalidInput.at("/file", _("Sertakan satu berkas CSV atau XLSX."))
    return found[0].file


def import_read(received: Received, outcome: Outcome, *, dry_run: bool) -> PresenceImportRead:
    """What became of a report, or would."""
    report = received.report
    faults: Sequence[presence_report.Fault] = report.faults[:SHOWN_FAULTS]
    return PresenceImportRead(
        dry_run=dry_run,
        timezone=received.timezone,
        date_order=report.order.value if report.order else None,
        rows=report.rows,
        new=outcome.new,
        repeated=outcome.repeated,
        skipped=report.skipped,
        matched=outcome.matched,
        unmatched=outcome.unmatched,
        nobody=outcome.nobody,
        first_at=outcome.first_at,
        last_at=outcome.last_at,
        minutes=outcome.minutes,
        minutes_inside=outcome.minutes_inside,
        refused=[RefusedRow(row=fault.row, reason=fault.reason) for fault in faults],
        refused_count=len(report.faults),
    )
