"""Lists as offices have them, CSV or XLSX, of people, offices or data items: tried first, then taken over whole."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request
from openpyxl.utils import column_index_from_string, get_column_letter
from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError
from starlette.datastructures import FormData, UploadFile

from service.auth import Actor, Permission
from service.documents import tables
from service.documents.tables_errors import TableTooLong
from service.domain import (
    imports,
    imports_carried_out,
    imports_data_items,
    imports_heads,
    imports_organisations,
    imports_registrations,
)
from service.domain.imports import Judged
from service.domain.imports_columns import Noun, fields_of, words_of
from service.domain.imports_heads import Found
from service.errors import BadRequest, InvalidInput
from service.i18n import gettext as _
from service.models.imports_shapes import ImportColumn, ImportCounts, ImportRead, ImportRow
from service.models.workshops import Mode
from service.routers import uploads
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["imports"])
_SAMPLES = 3
F = TypeVar("F", bound="ImportFields")


class ImportFields(BaseModel):
    """The parts of the form beside the file."""

    model_config = ConfigDict(extra="forbid")

    sheet: str | None = Field(None, max_length=100)
    mapping: Json[dict[str, str | int | None]] = Field(default_factory=dict)
    dry_run: bool = True
    skip_faulty: bool = False


class PeopleFields(ImportFields):
    """What a list of participants may say besides."""

    mode: Mode | None = None
    notify: bool = True
    take: Json[list[int]] = Field(default_factory=list, max_length=20_000)


def _described(fields: str, **more: dict[str, object]) -> dict[str, Any]:  # OpenAPI is JSON
    parts: dict[str, dict[str, object]] = {
        "file": {"type": "string", "format": "binary", "description": "CSV or XLSX"},
        "sheet": {
            "type": "string",
            "description": "Sheet to read; else the visible one that looks most like such a list",
        },
        "mapping": {
            "type": "string",
            "description": "JSON object that names a column (letter, number or head) for a field; null: unused. "
            f"Fields: {fields}",
        },
        "dry_run": {"type": "boolean", "default": True, "description": "Judge every row and write nothing"},
        "skip_faulty": {"type": "boolean", "default": False, "description": "Take over the others all the same"},
    }
    schema = {"type": "object", "required": ["file"], "properties": parts | more}
    return {
        "x-idempotency": False,
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
    }


def _listed(noun: Noun) -> str:
    return ", ".join(sorted(fields_of(noun)))


_PEOPLE = _described(
    "name, email, phone, mode, organisation_name, ..., answers.<code>",
    mode={"type": "string", "enum": ["offline", "online"], "description": "For rows that name none"},
    notify={"type": "boolean", "default": True, "description": "Whether the people are written to"},
    take={
        "type": "string",
        "description": "JSON list of numbers of rows that are `undecided`, and of another person after all",
    },
)


@router.post(
    "/workshops/{workshop_id}/registrations/import",
    operation_id="import_registrations",
    openapi_extra=_PEOPLE,
    max_body_size=uploads.UNBOUNDED,
)
async def import_registrations(
    workshop_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.REGISTRATIONS_WRITE)]
) -> ImportRead:
    """Registers the people of a list; by default only says what would become of each row.

    One transaction, all or nothing. A person is known by `code`, else by contact and name, else by name and
    organisation: sent again, the same list changes nothing. Seats are given in the order of the file.

    Who has the NIP of somebody who is there already, or the contact and, titles apart, the name, is `undecided`: left
    out until `take` says that it is another person.
    """
    database = database_of(request)
    async with database.read() as session:
        workshop = await imports_registrations.check_open(session, actor, workshop_id)
        labels = imports_registrations.labels_of(workshop)
    fields, table = await _received(request, PeopleFields, "registrations")
    found = await asyncio.to_thread(found_in, table, "registrations", labels, fields.mapping)
    entries = await asyncio.to_thread(imports_registrations.entries_of, workshop, found)
    async with database.read() if fields.dry_run else database.write() as session:
        plan = await imports_registrations.plan(
            session, actor, workshop_id, entries, fields.mode, lock=not fields.dry_run, taken=fields.take
        )
        if not fields.dry_run:
            if not fields.skip_faulty:
                imports.check_faultless(plan.judged)
            await imports_carried_out.carry_out(session, actor, plan, notify=fields.notify)
    return read_of(actor, fields, table, found, plan.judged)


@router.post(
    "/organisations/import",
    operation_id="import_organisations",
    openapi_extra=_described(_listed("organisations")),
    max_body_size=uploads.UNBOUNDED,
)
async def import_organisations(
    request: Request, actor: Annotated[Actor, allow_first(Permission.ORGANISATIONS_WRITE)]
) -> ImportRead:
    """Adds or changes the organisations of a list; by default only says what would become of each row.

    One transaction, all or nothing. An organisation is known by `code`, else by its name.
    """
    fields, table = await _received(request, ImportFields, "organisations")
    found = await asyncio.to_thread(found_in, table, "organisations", {}, fields.mapping)
    database = database_of(request)
    async with database.read() if fields.dry_run else database.write() as session:
        plan = await imports_organisations.plan(session, actor, found, lock=not fields.dry_run)
        if not fields.dry_run:
            if not fields.skip_faulty:
                imports.check_faultless(plan.judged)
            await imports_organisations.carry_out(session, actor, plan)
    return read_of(actor, fields, table, found, plan.judged)


@router.post(
    "/data-items/import",
    operation_id="import_data_items",
    openapi_extra=_described(_listed("data_items")),
    max_body_size=uploads.UNBOUNDED,
)
async def import_data_items(
    request: Request, actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
) -> ImportRead:
    """Adds or changes the data items of a list; by default only says what would become of each row.

    One transaction, all or nothing. A data item is known by `code`, else by its name. A dimension is understood in any
    spelling that the programme knows, an organisation by code or name.
    """
    fields, table = await _received(request, ImportFields, "data_items")
    found = await asyncio.to_thread(found_in, table, "data_items", {}, fields.mapping)
    database = database_of(request)
    async with database.read() if fields.dry_run else database.write() as session:
        plan = await imports_data_items.plan(session, actor, found.data, found.fields, lock=not fields.dry_run)
        if not fields.dry_run:
            if not fields.skip_faulty:
                imports.check_faultless(plan.judged)
            await imports_data_items.carry_out(session, actor, plan)
    return read_of(actor, fields, table, found, plan.judged)


async def _received(request: Request, shape: type[F], noun: Noun) -> tuple[F, tables.Table]:
    """The form and the list in it. No transaction is open while it streams and is parsed."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise BadRequest
    async with uploads.form_of(request, database_of(request).settings.max_upload_bytes) as form:
        fields = _fields(shape, uploads.texts_of(form))
        table = await table_in(form, fields.sheet, noun)
    return fields, table


async def table_in(form: FormData, sheet: str | None, noun: Noun) -> tables.Table:
    """The list in a form. Raises InvalidInput and the refusals of tables_errors."""
    file = _file(form)

    def judge(rows: Sequence[tables.Row]) -> int:
        return imports_heads.score(rows, noun)

    try:
        return await asyncio.to_thread(tables.read, file.file, sheet, judge)
    except tables.SheetUnknown as unknown:
        said = _("Lembar ini tidak ada. Yang ada: {sheets}.").format(sheets=", ".join(unknown.sheets))
        raise InvalidInput.at("/sheet", said) from unknown


def _file(form: FormData) -> UploadFile:
    found = [part for name, part in form.multi_items() if name == "file" and not isinstance(part, str)]
    if len(found) != 1:
        raise InvalidInput.at("/file", _("Sertakan satu berkas CSV atau XLSX."))
    return found[0]


def _fields(shape: type[F], texts: Mapping[str, str]) -> F:
    try:
        return shape.model_validate({name: text for name, text in texts.items() if text})
    except ValidationError as invalid:
        names = {str(error["loc"][0]) for error in invalid.errors(include_input=False, include_url=False)}
        raise InvalidInput(
            [{"pointer": f"/{name}", "message": _("Nilainya tidak sah.")} for name in sorted(names)]
        ) from invalid


def found_in(
    table: tables.Table, noun: Noun, labels: Mapping[str, str], mapping: Mapping[str, str | int | None]
) -> Found:
    """Where the list is and what its columns mean. Raises InvalidInput, TableTooLong."""
    found = imports_heads.find(table.rows, noun, labels, headless=bool(mapping))
    if found is None:
        raise InvalidInput.at(
            "/mapping", _("Baris judul kolom tidak ditemukan. Tulis judul kolom, atau sebut kolomnya lewat mapping.")
        )
    if not found.data and not found.ignored:
        raise InvalidInput.at("/file", _("Tidak ada baris data di bawah judul kolom."))
    if len(found.data) > tables.LIMITS.rows:
        raise TableTooLong(max_rows=tables.LIMITS.rows)
    for field, column in mapping.items():
        if field not in fields_of(noun) and field not in labels.values():
            known = ", ".join(sorted(fields_of(noun).union(labels.values())))
            said = _("Bagian ini tidak dikenal. Tulis bagian, lalu kolomnya: {example}. Bagian yang ada: {fields}.")
            raise InvalidInput.at(f"/mapping/{field[:64]}", said.format(example='{"name": "B"}', fields=known))
        found.assign(field, None if column is None else _place(column, found.heads, field))
    if "name" not in found.fields and not (noun != "registrations" and "code" in found.fields):
        raise InvalidInput.at("/mapping/name", _("Kolom nama tidak ditemukan; sebut kolomnya lewat mapping."))
    return found


def _place(column: str | int, heads: Sequence[str], field: str) -> int:
    """The position of a column given by its number from 1, its letter or its head. Raises InvalidInput."""
    place = None
    wanted = str(column).strip()
    named = [spot for spot, head in enumerate(heads) if words_of(head) == words_of(wanted) and words_of(wanted)]
    if named:
        place = named[0]
    elif wanted.isascii() and wanted.isdigit() and len(wanted) < 4:
        place = int(wanted) - 1
    elif re.fullmatch(r"[A-Za-z]{1,2}", wanted):
        place = column_index_from_string(wanted) - 1
    if place is None or not 0 <= place < len(heads):
        raise InvalidInput.at(f"/mapping/{field[:64]}", _("Kolom ini tidak ada di berkas."))
    return place


def read_of(
    actor: Actor, fields: ImportFields, table: tables.Table, found: Found, entries: Sequence[Judged]
) -> ImportRead:
    """What the API says of it."""
    judged = imports.with_ignored(entries, found)
    shows = actor.may(Permission.CONTACTS_READ)
    columns = [
        ImportColumn(
            column=get_column_letter(place + 1),
            head=head[:300],
            field=found.fields[place],
            samples=_samples(found, place) if shows else [],
        )
        for place, head in enumerate(found.heads)
    ]
    return ImportRead(
        dry_run=fields.dry_run,
        sheets=list(table.sheets),
        sheet=table.sheet,
        head_row=found.head_row,
        columns=columns,
        counts=ImportCounts(**imports.counts_of(judged)),
        rows=[ImportRow.model_validate(one) for one in judged],
    )


def _samples(found: Found, place: int) -> list[str]:
    filled = [row.cells[place] for row in found.data[:50] if place < len(row.cells) and row.cells[place]]
    return [text[:100] for text in filled[:_SAMPLES]]
