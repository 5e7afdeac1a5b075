"""Filling the catalogue: from a list, tried first and then taken over; from another programme."""

import asyncio
import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.auth import Actor, Permission
from service.domain import data_items_copy, imports, imports_data_items, organizers, programmes
from service.domain.imports_heads import Line
from service.errors import CsrfFailed, InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.imports_shapes import ImportRead, Verdict
from service.models.programmes_shapes import DataItemCopies, ProgrammeCopy
from service.pages import forms
from service.pages.data_items import MOST_PROGRAMMES
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import CATALOGUE, staff_page
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.uploading import allow_upload, form_from
from service.routers import uploads
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.imports import ImportFields, found_in, read_of, table_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Editor = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]
Uploader = Annotated[Actor, allow_upload(Permission.COMMITMENTS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
IMPORT = "/staff/catalogue/import"
MOST_PACKED = 4 * 1024 * 1024
"""Bytes of a tried list that wait in the page for the committee's word."""
_MOST_UNPACKED = 32 * 1024 * 1024
_SHOWN_ROWS = 100


@dataclass(frozen=True)
class Kept:
    """A line of a tried list, as `imports_heads.Line` has them."""

    number: int
    cells: tuple[str, ...]
    doubts: dict[int, str]
    above: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Packed:
    """A tried list as it waits: what its columns mean, and its lines."""

    fields: list[str | None]
    lines: list[tuple[int, tuple[str, ...], dict[int, str]]]


_PACKED = TypeAdapter(Packed)


@dataclass(frozen=True)
class Tried:
    """A list that was tried. `rows`: those that somebody should look at, at most a hundred of them."""

    told: ImportRead
    packed: str

    @property
    def wanted(self) -> int:
        """How many rows would be taken over."""
        return self.told.counts.new + self.told.counts.changed

    @property
    def rows(self) -> list[tuple[int, str, bool, list[str]]]:
        """Number, name, whether it is faulty, and what is said of it."""
        said = [
            (
                row.row,
                row.name or "",
                row.verdict is Verdict.FAULTY,
                [one.message for one in (*row.errors, *row.warnings)],
            )
            for row in self.told.rows
            if row.errors or row.warnings
        ]
        return sorted(said, key=lambda row: (not row[2], row[0]))[:_SHOWN_ROWS]


@router.get(IMPORT, operation_id="page_import_data_items")
async def show_import(session: Session, actor: Editor) -> Response:
    """Where lists and other programmes are taken from."""
    return await _page(session, actor)


@router.post(IMPORT, operation_id="page_try_data_items", max_body_size=uploads.UNBOUNDED)
async def try_list(request: Request, actor: Uploader) -> Response:
    """Tries a list: the page says what would become of its rows, and asks whether they should be taken over."""
    database = database_of(request)
    tried: Tried | None = None
    errors: list[FormError] = []
    status = 200
    async with form_from(request, actor) as form:
        try:
            table = await table_in(form, None, "data_items")
            found = await asyncio.to_thread(found_in, table, "data_items", {}, {})
            async with database.read() as session:
                plan = await imports_data_items.plan(session, actor, found.data, found.fields, lock=False)
            packed = await asyncio.to_thread(_pack, found.data, found.fields)
            tried = Tried(read_of(actor, ImportFields(), table, found, plan.judged), packed)
        except Refusal as refusal:
            errors, status = forms.errors_of(refusal), refusal.status
    async with database.read() as session:
        return await _page(session, actor, tried=tried, errors=errors, status=status)


@router.post(IMPORT + "/confirmed", operation_id="page_take_data_items", max_body_size=MOST_PACKED + 65_536)
async def take_list(request: Request, actor: Uploader) -> Response:
    """Takes over the list that was tried; faulty rows are left out where that was asked for."""
    typed = await forms.typed(request)
    if not auth.csrf_matches(actor, typed.get("csrf")):
        raise CsrfFailed
    packed = await asyncio.to_thread(_unpack, typed.get("packed", ""))
    lines = [Kept(*line) for line in packed.lines]
    database = database_of(request)
    try:
        async with database.write() as session:
            plan = await imports_data_items.plan(session, actor, lines, packed.fields, lock=True)
            if "skip_faulty" not in typed:
                imports.check_faultless(plan.judged)
            await imports_data_items.carry_out(session, actor, plan)
    except Refusal as refusal:
        async with database.read() as session:
            return await _page(session, actor, errors=forms.errors_of(refusal), status=refusal.status)
    return _back("imported", len(plan.new) + len(plan.changed))


@router.post("/staff/catalogue/copies", operation_id="page_copy_data_items")
async def copy(request: Request, actor: Writer) -> Response:
    """Copies what another programme asks for into one of the house, or into a new one."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            copied = await _copied(session, actor, typed)
            return _back("copied", copied)
    except Refusal as refused:
        async with database.read() as session:
            errors = forms.errors_of(refused)
            return await _page(session, actor, typed=typed, errors=errors, status=refused.status)


async def _copied(session: AsyncSession, actor: Actor, typed: Typed) -> int:
    organizer, _slash, code = typed.get("source", "").rpartition("/")
    source = await programmes.readable(session, actor, code, organizer or None) if code else None
    if source is None:
        raise InvalidInput.at("/source", _("Pilih program."))
    ending = {"ending": typed["ending"]} if "ending" in typed else {}
    advice = {
        "code": _("Isi dengan huruf, angka, titik, atau tanda hubung, misalnya smart-city-2024."),
        "programme": _("Pilih program tujuan, atau isi kode program baru."),
        "ending": _("Paling banyak 20 huruf, angka, titik, atau tanda hubung, misalnya -2024."),
    }
    if "code" in typed:
        actor.require(Permission.ORGANIZER_WRITE)
        wish = forms.read(ProgrammeCopy, {"code": typed["code"], **ending}, advice)
        target = await programmes.copy(session, actor, source, wish)
    else:
        values = {"source": code, "programme": typed.get("programme", ""), **ending}
        data = forms.read(DataItemCopies, values, advice)
        target = await programmes.named(session, actor, data.programme, "/programme")
    made = await data_items_copy.copy(session, actor, source, target, None, typed.get("ending", ""))
    if not made.copied and made.skipped:
        said = _("Semua kode sudah ada. Isi akhiran kode, misalnya -2024, agar salinannya berkode lain.")
        raise InvalidInput.at("/ending", said)
    return len(made.copied)


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    tried: Tried | None = None,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    own = await programmes.page(session, actor, None, MOST_PROGRAMMES)
    shared = await programmes.catalogues(session, None, MOST_PROGRAMMES)
    house = await organizers.own(session, actor)
    sources = [Option(f"/{row.code}", row.name) for row in own]
    sources += [
        Option(f"{one.organizer}/{one.code}", f"{one.name} · {one.organizer_name}")
        for one in shared
        if one.organizer != house.slug
    ]
    return await staff_page(
        session,
        actor,
        "data_items_import.html",
        "/staff/commitments",
        status=status,
        tried=tried,
        typed=typed or {},
        errors=errors,
        sources=sources,
        targets=[Option(row.code, row.name) for row in own],
        may_create=actor.may(Permission.ORGANIZER_WRITE),
    )


def _back(done: str, count: int) -> Response:
    return RedirectResponse(f"{CATALOGUE}?{urlencode({'done': done, 'count': count})}", status_code=303)


def _pack(lines: Sequence[Line], fields: Sequence[str | None]) -> str:
    """Raises InvalidInput for a list that is too long to wait in a page."""
    kept = [(line.number, tuple(line.cells), dict(line.doubts)) for line in lines]
    packed = base64.urlsafe_b64encode(zlib.compress(_PACKED.dump_json(Packed(list(fields), kept)))).decode()
    if len(packed) > MOST_PACKED:
        raise InvalidInput.at("/file", _("Daftar ini terlalu panjang. Bagi menjadi beberapa berkas."))
    return packed


def _unpack(packed: str) -> Packed:
    """Raises BadForm for what `_pack` did not make."""
    try:
        unpacking = zlib.decompressobj()
        raw = unpacking.decompress(base64.urlsafe_b64decode(packed), _MOST_UNPACKED)
        return _PACKED.validate_json(raw)
    except (binascii.Error, zlib.error, ValidationError, ValueError) as broken:
        raise BadForm from broken
