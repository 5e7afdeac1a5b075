"""Taking over a list of participants: tried first, with what each column is taken for, then carried out."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import tables
from service.documents.tables_write import CSV_TYPE
from service.domain import imports, imports_carried_out, imports_registrations, questions, workshops
from service.domain.file_names import attachment
from service.domain.imports_heads import Found
from service.domain.imports_registrations import Plan
from service.errors import ImportFaulty, InvalidInput, Refusal
from service.models.imports_shapes import Verdict
from service.models.registrations import RegistrationStatus
from service.models.workshops import Mode, Workshop
from service.pages import forms, importing
from service.pages.choosing import choose
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.importing import MOST_SENT, Tried
from service.pages.menus import REGISTRATIONS
from service.pages.registrations import COUNTED
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.uploading import allow_upload, form_from
from service.routers import csrf, uploads
from service.routers.access import Session, allow, database_of
from service.routers.imports import PeopleFields, found_in, read_of, table_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Registrar = Annotated[Actor, allow(Permission.REGISTRATIONS_WRITE)]
Uploader = Annotated[Actor, allow_upload(Permission.REGISTRATIONS_WRITE)]
IMPORT = f"{REGISTRATIONS}-import"
_TABLE = tables.Table([])
"""A list that waits in the page has been read from its sheet before."""


@router.get(IMPORT, operation_id="page_import_registrations")
async def show_import(session: Session, actor: Registrar, workshop: Annotated[UUID | None, Query()] = None) -> Response:
    """Where a list is taken from, for a workshop that still takes people."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(REGISTRATIONS, status_code=303)
    return await _page(session, actor, chosen)


@router.post(IMPORT + "/{workshop_id}", operation_id="page_try_registrations", max_body_size=uploads.UNBOUNDED)
async def try_list(workshop_id: UUID, request: Request, actor: Uploader) -> Response:
    """Tries a list: the page says what would become of its rows, and asks whether they should be taken over."""
    database = database_of(request)
    async with form_from(request, actor) as form:
        typed = {name: text for name, text in uploads.texts_of(form).items() if text}
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
        try:
            async with database.read() as session:
                await imports_registrations.check_open(session, actor, workshop_id)
            table = await table_in(form, None, "registrations")
            labels = imports_registrations.labels_of(workshop)
            found = await asyncio.to_thread(found_in, table, "registrations", labels, {})
            async with database.read() as session:
                tried, statuses = await _tried(session, actor, workshop, found, typed, table)
                return await _page(session, actor, workshop, tried=tried, typed=typed, statuses=statuses)
        except Refusal as refusal:
            async with database.read() as session:
                errors = forms.errors_of(refusal)
                return await _page(session, actor, workshop, typed=typed, errors=errors, status=refusal.status)


@router.post(IMPORT + "/{workshop_id}/again", operation_id="page_try_registrations_again", max_body_size=MOST_SENT)
async def try_again(workshop_id: UUID, request: Request, actor: Uploader) -> Response:
    """Tries the same list with its columns taken for something else."""
    typed, workshop, found = await _sent(request, actor, workshop_id)
    async with database_of(request).read() as session:
        tried, statuses = await _tried(session, actor, workshop, found, typed)
        errors: Sequence[FormError] = ()
        try:
            importing.check_named(found, "registrations")
        except Refusal as refusal:
            errors = forms.errors_of(refusal)
        return await _page(
            session, actor, workshop, tried=tried, typed=typed, statuses=statuses, errors=errors,
            status=422 if errors else 200,
        )  # fmt: skip


@router.post(IMPORT + "/{workshop_id}/refused", operation_id="page_refused_registrations", max_body_size=MOST_SENT)
async def take_refused(workshop_id: UUID, request: Request, actor: Uploader) -> Response:
    """The rows that cannot be taken over, with what to put right in each, as CSV."""
    typed, workshop, found = await _sent(request, actor, workshop_id)
    async with database_of(request).read() as session:
        plan = await _plan(session, actor, workshop, found, typed, lock=False)
    content = await asyncio.to_thread(importing.refused_rows, found, plan.judged)
    headers = {"Content-Disposition": attachment("peserta-perlu-diperbaiki.csv"), "Cache-Control": "no-store"}
    return Response(content, media_type=CSV_TYPE, headers=headers)


@router.post(IMPORT + "/{workshop_id}/confirmed", operation_id="page_take_registrations", max_body_size=MOST_SENT)
async def take_list(workshop_id: UUID, request: Request, actor: Uploader) -> Response:
    """Takes over the list that was tried; faulty rows are left out where that was asked for."""
    typed, workshop, found = await _sent(request, actor, workshop_id)
    database = database_of(request)
    try:
        async with database.write() as session:
            importing.check_named(found, "registrations")
            plan = await _plan(session, actor, workshop, found, typed, lock=True)
            if "skip_faulty" not in typed:
                imports.check_faultless(plan.judged)
            await imports_carried_out.carry_out(session, actor, plan, notify="notify" in typed)
    except (ImportFaulty, InvalidInput) as refusal:
        async with database.read() as session:
            # No column for names, or a row that somebody else made faulty meanwhile: the list is judged anew, not lost.
            tried, statuses = await _tried(session, actor, workshop, found, typed)
            errors = forms.errors_of(refusal)
            return await _page(
                session, actor, workshop, tried=tried, typed=typed, statuses=statuses, errors=errors,
                status=refusal.status,
            )  # fmt: skip
    except Refusal as refusal:
        async with database.read() as session:
            errors = forms.errors_of(refusal)
            return await _page(session, actor, workshop, typed=typed, errors=errors, status=refusal.status)
    counts = {name: count for name, count in imports.counts_of(plan.judged).items() if name in COUNTED}
    return RedirectResponse(
        f"{REGISTRATIONS}?{urlencode({'workshop': workshop_id, 'done': 'imported'} | counts)}", status_code=303
    )


async def _sent(request: Request, actor: Actor, workshop_id: UUID) -> tuple[Typed, Workshop, Found]:
    """What a page sent back. Raises CsrfFailed, BadForm, NotFound."""
    typed = await forms.typed(request)
    csrf.check(actor, typed.get("csrf"))
    async with database_of(request).read() as session:
        workshop = await workshops.find(session, actor, workshop_id)
    labels = imports_registrations.labels_of(workshop)
    keyring = database_of(request).settings.keyring
    found = await asyncio.to_thread(importing.unpack, keyring, actor, "registrations", typed, labels)
    return typed, workshop, found


async def _plan(
    session: AsyncSession, actor: Actor, workshop: Workshop, found: Found, typed: Typed, *, lock: bool
) -> Plan:
    """Raises InvalidState."""
    entries = await asyncio.to_thread(imports_registrations.entries_of, workshop, found)
    return await imports_registrations.plan(
        session, actor, workshop.id, entries, _mode(typed), lock=lock, taken=_taken(typed)
    )


def _taken(typed: Typed) -> list[int]:
    """Rows that were ticked: people who are somebody else than they look."""
    rows = [name.removeprefix("take-") for name in typed if name.startswith("take-")]
    return [int(row) for row in rows if row.isascii() and row.isdecimal() and len(row) < 8]


def _unticked(typed: Typed) -> Typed:
    return {name: text for name, text in typed.items() if not name.startswith("take-")}


def _mode(typed: Typed) -> Mode | None:
    """For rows that name none."""
    return Mode(typed["mode"]) if typed.get("mode") in set(Mode) else None


async def _tried(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    found: Found,
    typed: Typed,
    table: tables.Table = _TABLE,
) -> tuple[Tried, Counter[RegistrationStatus]]:
    """The trial, and how the new people would stand. Raises InvalidState."""
    # What is ticked decides when the list is taken over; until then those rows are to be decided.
    plan = await _plan(session, actor, workshop, found, _unticked(typed), lock=False)
    told = read_of(actor, PeopleFields(), table, found, plan.judged)
    statuses = Counter(one.status for one in plan.judged if one.verdict is Verdict.NEW and one.status)
    keyring = settings_of(session).keyring
    packed = await asyncio.to_thread(importing.pack, keyring, actor, "registrations", found)
    return Tried(told, packed), statuses


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    *,
    tried: Tried | None = None,
    typed: Typed | None = None,
    statuses: Counter[RegistrationStatus] | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    fields = [one.field for one in tried.told.columns] if tried else []
    asked = questions.parsed([*workshop.former_questions, *workshop.questions])
    answers = {f"answers.{one.code}": one.label for one in asked}
    typed = typed or {}
    return await staff_page(
        session,
        actor,
        "registrations_import.html",
        REGISTRATIONS,
        workshop=workshop,
        status=status,
        chosen=workshop,
        action=f"{IMPORT}/{workshop.id}",
        again=f"{IMPORT}?workshop={workshop.id}",
        back=f"{REGISTRATIONS}?workshop={workshop.id}",
        modes=workshops.offered_modes(workshop),
        tried=tried,
        kept=[("mode", typed["mode"])] if _mode(typed) else [],
        statuses=statuses or Counter(),
        meanings=[*importing.meanings("registrations", fields), *sorted(answers.keys() - set(fields))],
        answers=answers,
        typed=typed,
        errors=errors,
    )
