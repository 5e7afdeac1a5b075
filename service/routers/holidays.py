"""The yearly list of holidays, taken over from a text, a spreadsheet or a calendar: tried first."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile

from service import clock
from service.auth import Actor, Permission
from service.documents import holidays_ics, tables
from service.domain import holidays, holidays_reading, organizers
from service.domain.due_dates import Move
from service.domain.holidays import Plan
from service.domain.holidays_reading import Found
from service.errors import BadRequest, InvalidInput
from service.i18n import gettext as _
from service.models.holidays_shapes import HolidayImport, UnreadLine
from service.models.organizers_shapes import HolidayShape
from service.routers import uploads
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["organizers"])
MOST_BYTES = 2_000_000
_PARTS = {
    "file": {"type": "string", "format": "binary", "description": "Text, CSV, XLSX or iCalendar; or give `text`"},
    "text": {"type": "string", "description": "The list as text, a line for each day or span of days"},
    "year": {"type": "integer", "description": "Meant where the list names none; the current one unless given"},
    "whole": {"type": "boolean", "default": False, "description": "Days of its years that it lacks are taken out"},
    "dry_run": {"type": "boolean", "default": True, "description": "Say what would become of it and write nothing"},
}
_FORM: dict[str, Any] = {  # OpenAPI is JSON
    "x-idempotency": False,
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"type": "object", "properties": _PARTS}}},
    },
}


class HolidayFields(BaseModel):
    """The parts of the form beside the file."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=100_000)
    year: int | None = Field(None, ge=1990, le=2200)
    whole: bool = False
    dry_run: bool = True


@router.post("/holidays/import", operation_id="import_holidays", openapi_extra=_FORM, max_body_size=uploads.UNBOUNDED)
async def import_holidays(
    request: Request, actor: Annotated[Actor, allow_first(Permission.HOLIDAYS_WRITE)]
) -> HolidayImport:
    """Adds the days of a yearly list, such as the joint decree (SKB); by default only says what would follow.

    Lines that name no day, or one that an earlier line named, are answered in `unread` and left out. Due dates counted
    in working days move along, and their organisations are told.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadRequest
    database = database_of(request)
    async with uploads.form_of(request, MOST_BYTES) as form:
        fields = fields_of(uploads.texts_of(form))
        found = await list_in(form, fields)
    async with database.read() if fields.dry_run else database.write() as session:
        house = await organizers.own(session, actor, lock=not fields.dry_run)
        current = [HolidayShape.model_validate(row) for row in await organizers.holidays_of(session, actor)]
        plan = holidays.plan(current, found.items, whole=fields.whole)
        moves = await holidays.moves(session, house.id, plan.items)
        if plan.differs and not fields.dry_run:
            await organizers.replace_holidays(session, actor, house, plan.items)
    return _read(fields, plan, found, moves)


def fields_of(texts: dict[str, str]) -> HolidayFields:
    """The texts of the form. Raises InvalidInput."""
    try:
        return HolidayFields.model_validate({name: text for name, text in texts.items() if text})
    except ValidationError as invalid:
        names = {str(error["loc"][0]) for error in invalid.errors(include_input=False, include_url=False)}
        advice = {"year": _("Tulis tahunnya, misalnya 2027."), "text": _("Tempel daftar yang lebih pendek.")}
        said = [(name, advice.get(name, _("Nilainya tidak sah."))) for name in sorted(names)]
        raise InvalidInput([{"pointer": f"/{name}", "message": message} for name, message in said]) from invalid


async def list_in(form: FormData, fields: HolidayFields) -> Found:
    """The list in a form: its file, else its text. Raises InvalidInput, and what unreadable files are refused with."""
    files = [part for part in form.getlist("file") if isinstance(part, UploadFile) and part.size]
    year = fields.year or clock.now().year
    if not files and not fields.text.strip():
        raise InvalidInput.at("/text", _("Tempel daftarnya, atau pilih berkasnya."))
    if files:
        found = await asyncio.to_thread(_in_file, files[0], year)
    else:
        found = await asyncio.to_thread(holidays_reading.read, fields.text.splitlines(), year)
    if not found.items:
        said = _("Tidak ada satu pun hari libur yang dapat dibaca. Tulis tiap hari pada satu baris, misalnya: {line}")
        raise InvalidInput.at("/file" if files else "/text", said.format(line="17 Agustus 2027 Proklamasi Kemerdekaan"))
    if len(found.items) > holidays_reading.MOST_LINES:
        raise InvalidInput.at("/file" if files else "/text", _("Daftar ini terlalu panjang. Impor per tahun."))
    return found


def _in_file(file: UploadFile, year: int) -> Found:
    """A calendar, else a table whose rows are read as lines."""
    if holidays_ics.is_calendar(file.file.read(64)):
        file.file.seek(0)
        return holidays_reading.read_entries(holidays_ics.read(file.file.read()))
    table = tables.read(file.file, None, _dated)
    return holidays_reading.read(["\t".join(row.cells) for row in table.rows], year)


def _dated(rows: Sequence[tables.Row]) -> int:
    """How many of a sheet's first rows name a day."""
    return len(holidays_reading.read(["\t".join(row.cells) for row in rows], clock.now().year).items)


def _read(fields: HolidayFields, plan: Plan, found: Found, moves: Sequence[Move]) -> HolidayImport:
    return HolidayImport(
        dry_run=fields.dry_run,
        added=plan.added,
        changed=plan.changed,
        removed=plan.removed,
        same=plan.same,
        unread=[UnreadLine(line=one.number, text=one.text, message=one.why) for one in found.puzzles],
        moved=len(moves),
        organisations=len({move.organisation_id for move in moves}),
    )
