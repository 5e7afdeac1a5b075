"""Settings of the organizer, one part at a time: who it is, its letterhead, its rules, and what its website shows."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import letterhead
from service.domain import organisations, organizers, papers
from service.domain.identity import read_nip
from service.errors import CsrfFailed, NotFound, Refusal, Stale
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.organizers_shapes import OrganizerPatch
from service.pages import forms, settings_forms
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import SETTINGS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.settings_forms import DATA, HOUSE, LETTERHEAD, PARTS
from service.pages.uploading import allow_upload, form_from
from service.routers import logos, uploads
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]
Uploader = Annotated[Actor, allow_upload(Permission.ORGANIZER_WRITE)]
MOST_OFFICES = 500
PREVIEW = SETTINGS + "/letterhead.pdf"


@router.get(SETTINGS, operation_id="page_settings")
async def show_settings(session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Who the organizer is."""
    return await _page(session, actor, HOUSE, done=done)


@router.get(SETTINGS + "/{part}", operation_id="page_settings_part")
async def show_part(
    part: str, session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One part of the settings. Raises NotFound."""
    if part not in PARTS:
        raise NotFound
    return await _page(session, actor, part, done=done)


@router.post(PREVIEW, operation_id="page_preview_letterhead")
async def preview(request: Request, actor: Writer) -> Response:
    """An empty letter under the letterhead that was typed; nothing is kept."""
    typed = await forms.typed(request)
    async with database_of(request).read() as session:
        row = await organizers.own(session, actor)
        try:
            patch = forms.read(OrganizerPatch, PARTS[LETTERHEAD].patch(typed), settings_forms.advice())
        except Refusal as refused:
            errors = _errors(refused)
            return await _page(session, actor, LETTERHEAD, typed=typed, errors=errors, status=refused.status)
        shown = Organizer(slug=row.slug, name=row.name, letterhead=patch.letterhead.model_dump(exclude_none=True))
        head, key = papers.head_of(shown), row.logo_key
        store = uploads.store_of(settings_of(session))
    made = await asyncio.to_thread(letterhead.specimen, head, store, key, clock.now())
    headers = {"Content-Disposition": 'inline; filename="contoh-kop-surat.pdf"', "Cache-Control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)


@router.post(SETTINGS + "/logo", operation_id="page_replace_logo", max_body_size=uploads.UNBOUNDED)
async def replace_logo(request: Request, actor: Uploader) -> Response:
    """Keeps a new logo, which stands on the pages and at the head of letters."""
    try:
        async with form_from(request, actor) as form:
            version = uploads.texts_of(form).get("version")
            await logos.keep(request, actor, form, lambda row: _check_unchanged(row, version))
    except CsrfFailed:
        raise
    except Refusal as refused:
        async with database_of(request).read() as session:
            return await _page(session, actor, LETTERHEAD, errors=_errors(refused), status=refused.status)
    return _done(LETTERHEAD, "logo")


@router.post(SETTINGS + "/logo/removed", operation_id="page_remove_logo")
async def remove_logo(request: Request, actor: Writer) -> Response:
    """Takes the logo off pages and letters."""
    await logos.drop(request, actor)
    return _done(LETTERHEAD, "logo_removed")


@router.post(SETTINGS + "/{part}", operation_id="page_change_settings")
async def change(part: str, request: Request, actor: Writer) -> Response:
    """Keeps one part of the settings. Raises NotFound."""
    if part not in PARTS:
        raise NotFound
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            row = await organizers.own(session, actor, lock=True)
            _check_unchanged(row, typed.get("version"))
            data = forms.read(OrganizerPatch, PARTS[part].patch(typed), settings_forms.advice())
            await organizers.change_organizer(session, actor, row, data)
    except Refusal as refused:
        # What somebody else has changed meanwhile is shown, or saving again would undo it.
        kept = None if isinstance(refused, Stale) else typed
        async with database.read() as session:
            return await _page(session, actor, part, typed=kept, errors=_errors(refused), status=refused.status)
    return _done(part, "saved")


def _check_unchanged(row: Organizer, version: str | None) -> None:
    if version != str(row.version):
        raise Stale


def _errors(refused: Refusal) -> list[FormError]:
    errors = [replace(one, field=settings_forms.field_of(one.field)) for one in forms.errors_of(refused)]
    clash = _("Isi dengan jumlah hari yang lebih besar daripada jumlah hari untuk surat.")
    domain = _("Isi dengan jumlah hari yang lebih besar daripada letter_after.")
    return [replace(one, message=clash) if one.message == domain else one for one in errors]


async def _page(
    session: AsyncSession,
    actor: Actor,
    part: str,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    row = await organizers.own(session, actor)
    offices: list[Option] = []
    if part == DATA:
        rows = await organisations.page(session, row.id, None, None, MOST_OFFICES, by_name=True)
        offices = [Option(one.code, one.name) for one in rows]
    zones = settings_forms.zones()
    if row.timezone not in {one.value for one in zones}:
        zones.append(Option(row.timezone, row.timezone))
    return await staff_page(
        session,
        actor,
        "settings.html",
        SETTINGS,
        status=status,
        part=part,
        parts=[(name, SETTINGS if name == HOUSE else f"{SETTINGS}/{name}", label) for name, label in _parts()],
        row=row,
        kept=typed if typed is not None else PARTS[part].shown(row),
        zones=zones,
        offices=offices,
        odd_nip=part == LETTERHEAD and _is_odd(row.letterhead.get("signatory_nip")),
        errors=errors,
        done=done,
    )


def _is_odd(nip: object) -> bool:
    """Whether what is kept as a NIP can hardly be one: said, never refused."""
    return bool(nip) and bool(read_nip(str(nip)).warnings)


def _parts() -> list[tuple[str, str]]:
    return list(settings_forms.parts().items())


def _done(part: str, done: str) -> Response:
    home = SETTINGS if part == HOUSE else f"{SETTINGS}/{part}"
    return RedirectResponse(f"{home}?done={done}", status_code=303)
