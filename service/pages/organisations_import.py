"""Taking over a list of organisations: tried first, with what each column is taken for, then carried out."""

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
from service.documents.tables_write import CSV_TYPE
from service.domain import imports, imports_organisations
from service.domain.file_names import attachment
from service.domain.imports_heads import Found
from service.domain.imports_organisations import Plan
from service.errors import Refusal
from service.pages import forms, importing
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.importing import MOST_SENT, Tried
from service.pages.menus import ORGANISATIONS
from service.pages.organisations import IMPORT
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.uploading import allow_upload, form_from
from service.routers import csrf, uploads
from service.routers.access import Session, allow, database_of
from service.routers.imports import ImportFields, found_in, read_of, table_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Keeper = Annotated[Actor, allow(Permission.ORGANISATIONS_WRITE)]
Uploader = Annotated[Actor, allow_upload(Permission.ORGANISATIONS_WRITE)]
_TABLE = tables.Table([])
"""A list that waits in the page has been read from its sheet before."""


@router.get(IMPORT, operation_id="page_import_organisations")
async def show_import(session: Session, actor: Keeper) -> Response:
    """Where a list is taken from."""
    return await _page(session, actor)


@router.post(IMPORT, operation_id="page_try_organisations", max_body_size=uploads.UNBOUNDED)
async def try_list(request: Request, actor: Uploader) -> Response:
    """Tries a list: the page says what would become of its rows, and asks whether they should be taken over."""
    database = database_of(request)
    async with form_from(request, actor) as form:
        try:
            table = await table_in(form, None, "organisations")
            found = await asyncio.to_thread(found_in, table, "organisations", {}, {})
            async with database.read() as session:
                return await _page(session, actor, tried=await _tried(session, actor, found, table))
        except Refusal as refusal:
            async with database.read() as session:
                return await _page(session, actor, errors=forms.errors_of(refusal), status=refusal.status)


@router.post(IMPORT + "/again", operation_id="page_try_organisations_again", max_body_size=MOST_SENT)
async def try_again(request: Request, actor: Uploader) -> Response:
    """Tries the same list with its columns taken for something else."""
    _typed, found = await _sent(request, actor)
    async with database_of(request).read() as session:
        try:
            importing.check_named(found, "organisations")
            return await _page(session, actor, tried=await _tried(session, actor, found))
        except Refusal as refusal:
            tried = await _tried(session, actor, found)
            return await _page(session, actor, tried=tried, errors=forms.errors_of(refusal), status=refusal.status)


@router.post(IMPORT + "/refused", operation_id="page_refused_organisations", max_body_size=MOST_SENT)
async def take_refused(request: Request, actor: Uploader) -> Response:
    """The rows that cannot be taken over, with what to put right in each, as CSV."""
    _typed, found = await _sent(request, actor)
    async with database_of(request).read() as session:
        plan = await imports_organisations.plan(session, actor, found, lock=False)
    content = await asyncio.to_thread(importing.refused_rows, found, plan.judged)
    headers = {"Content-Disposition": attachment("instansi-perlu-diperbaiki.csv"), "Cache-Control": "no-store"}
    return Response(content, media_type=CSV_TYPE, headers=headers)


@router.post(IMPORT + "/confirmed", operation_id="page_take_organisations", max_body_size=MOST_SENT)
async def take_list(request: Request, actor: Uploader) -> Response:
    """Takes over the list that was tried; faulty rows are left out where that was asked for."""
    typed, found = await _sent(request, actor)
    database = database_of(request)
    try:
        async with database.write() as session:
            importing.check_named(found, "organisations")
            plan = await imports_organisations.plan(session, actor, found, lock=True)
            if "skip_faulty" not in typed:
                imports.check_faultless(plan.judged)
            await imports_organisations.carry_out(session, actor, plan)
    except Refusal as refusal:
        async with database.read() as session:
            # A row that somebody else has made faulty meanwhile: the list is judged anew, not lost.
            tried = await _tried(session, actor, found)
            return await _page(session, actor, tried=tried, errors=forms.errors_of(refusal), status=refusal.status)
    query = {"done": "imported", "count": len(plan.new) + len(plan.changed)}
    return RedirectResponse(f"{ORGANISATIONS}?{urlencode(query)}", status_code=303)


async def _sent(request: Request, actor: Actor) -> tuple[Typed, Found]:
    """What a page sent back. Raises CsrfFailed, BadForm."""
    typed = await forms.typed(request)
    csrf.check(actor, typed.get("csrf"))
    keyring = database_of(request).settings.keyring
    return typed, await asyncio.to_thread(importing.unpack, keyring, actor, "organisations", typed)


async def _tried(session: AsyncSession, actor: Actor, found: Found, table: tables.Table = _TABLE) -> Tried:
    plan: Plan = await imports_organisations.plan(session, actor, found, lock=False)
    told = read_of(actor, ImportFields(), table, found, plan.judged)
    keyring = settings_of(session).keyring
    return Tried(told, await asyncio.to_thread(importing.pack, keyring, actor, "organisations", found))


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    tried: Tried | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    fields = [one.field for one in tried.told.columns] if tried else []
    return await staff_page(
        session,
        actor,
        "organisations_import.html",
        ORGANISATIONS,
        status=status,
        action=IMPORT,
        back=ORGANISATIONS,
        tried=tried,
        meanings=importing.meanings("organisations", fields),
        errors=errors,
    )
