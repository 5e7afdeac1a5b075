"""Filling the catalogue: from a list, tried first and then taken over; from another programme."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import tables
from service.domain import data_items_copy, imports, imports_data_items, organizers, programmes
from service.domain.imports_heads import Found
from service.errors import InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.programmes_shapes import DataItemCopies, ProgrammeCopy
from service.pages import forms, importing
from service.pages.data_items import MOST_PROGRAMMES
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.importing import MOST_SENT, Tried
from service.pages.menus import CATALOGUE
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.uploading import allow_upload, form_from
from service.routers import csrf, uploads
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.imports import ImportFields, found_in, read_of, table_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Editor = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]
Uploader = Annotated[Actor, allow_upload(Permission.COMMITMENTS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
IMPORT = "/staff/catalogue/import"
_TABLE = tables.Table([])
"""A list that waits in the page has been read from its sheet before."""


@router.get(IMPORT, operation_id="page_import_data_items")
async def show_import(session: Session, actor: Editor) -> Response:
    """Where lists and other programmes are taken from."""
    return await _page(session, actor)


@router.post(IMPORT, operation_id="page_try_data_items", max_body_size=uploads.UNBOUNDED)
async def try_list(request: Request, actor: Uploader) -> Response:
    """Tries a list: the page says what would become of its rows, and asks whether they should be taken over."""
    database = database_of(request)
    async with form_from(request, actor) as form:
        try:
            table = await table_in(form, None, "data_items")
            found = await asyncio.to_thread(found_in, table, "data_items", {}, {})
            async with database.read() as session:
                return await _page(session, actor, tried=await _tried(session, actor, found, table))
        except Refusal as refusal:
            async with database.read() as session:
                return await _page(session, actor, errors=forms.errors_of(refusal), status=refusal.status)


@router.post(IMPORT + "/confirmed", operation_id="page_take_data_items", max_body_size=MOST_SENT)
async def take_list(request: Request, actor: Uploader) -> Response:
    """Takes over the list that was tried; faulty rows are left out where that was asked for."""
    typed = await forms.typed(request)
    csrf.check(actor, typed.get("csrf"))
    database = database_of(request)
    found = await asyncio.to_thread(importing.unpack, database.settings.keyring, actor, "data_items", typed)
    try:
        async with database.write() as session:
            plan = await imports_data_items.plan(session, actor, found.data, found.fields, lock=True)
            if "skip_faulty" not in typed:
                imports.check_faultless(plan.judged)
            await imports_data_items.carry_out(session, actor, plan)
    except Refusal as refusal:
        async with database.read() as session:
            # A row that somebody else has made faulty meanwhile: the list is judged anew, not lost.
            tried = await _tried(session, actor, found)
            return await _page(session, actor, tried=tried, errors=forms.errors_of(refusal), status=refusal.status)
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


async def _tried(session: AsyncSession, actor: Actor, found: Found, table: tables.Table = _TABLE) -> Tried:
    plan = await imports_data_items.plan(session, actor, found.data, found.fields, lock=False)
    told = read_of(actor, ImportFields(), table, found, plan.judged)
    keyring = settings_of(session).keyring
    return Tried(told, await asyncio.to_thread(importing.pack, keyring, actor, "data_items", found))


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
