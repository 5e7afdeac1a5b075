"""Formal agreements (*Komitmen Bersama*) as the committee keeps them: what is agreed, who signed, the paper."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import agreements
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.agreements_shapes import (
    AgreementCreate,
    AgreementPatch,
    AgreementRead,
    SignatureCreate,
    SignatureFields,
)
from service.models.workshops import Workshop
from service.pages import forms, uploading
from service.pages.choosing import choose
from service.pages.commitments import names_of
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import AGREEMENTS, COMMITMENTS
from service.pages.portal_commitment import limits_of
from service.pages.portal_delivery import at_the_files
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers import uploads
from service.routers.access import Session, allow, allow_first, database_of, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Writer = Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
Uploader = Annotated[Actor, uploading.allow_upload(Permission.COMMITMENTS_WRITE)]
SHOWN = 100
_WORDS = ("title", "number", "signed_on", "text")


@router.get(AGREEMENTS, operation_id="page_agreements")
async def show_agreements(
    session: Session, actor: Reader, after: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The agreements of the house by code, those behind the code `after`."""
    return await _list(session, actor, after)


@router.post(AGREEMENTS, operation_id="page_add_agreement")
async def add(request: Request, actor: Writer) -> Response:
    """Writes a new agreement down."""
    typed = await forms.typed(request)
    database = database_of(request)
    values = {name: typed[name] for name in ("workshop", "code", *_WORDS) if name in typed}
    try:
        async with database.write() as session:
            row = await agreements.add(session, actor, forms.read(AgreementCreate, values, _advice()))
            return _to(row.id, "added")
    except Refusal as refused:
        async with database.read() as session:
            errors = forms.errors_of(refused)
            return await _list(session, actor, typed=typed, errors=errors, status=refused.status)


@router.get(AGREEMENTS + "/{agreement_id}", operation_id="page_agreement")
async def show_agreement(
    agreement_id: UUID, session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One agreement: its text, who has signed, and what became part of it."""
    return await _one(session, actor, agreement_id, done=done)


@router.post(AGREEMENTS + "/{agreement_id}", operation_id="page_act_on_agreement")
async def act(agreement_id: UUID, request: Request, actor: Writer) -> Response:
    """Changes the words."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            await _change(session, actor, agreement_id, typed)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            errors = forms.errors_of(refused)
            return await _one(session, actor, agreement_id, typed=typed, errors=errors, status=refused.status)
    return _to(agreement_id, "changed")


@router.get(AGREEMENTS + "/{agreement_id}/signatures", operation_id="page_agreement_signatures")
async def lead_back(agreement_id: UUID, session: Session, actor: Reader) -> Response:
    """The page of the form that posts here, for whoever asks for it anew, as in another language."""
    await agreements.find(session, actor, agreement_id)
    return RedirectResponse(f"{AGREEMENTS}/{agreement_id}", status_code=303)


@router.post(
    AGREEMENTS + "/{agreement_id}/signatures", operation_id="page_sign_agreement", max_body_size=uploads.UNBOUNDED
)
async def sign(agreement_id: UUID, request: Request, actor: Uploader) -> Response:
    """Records who has signed, with scans of the signed paper if they are at hand."""
    seen: dict[str, str] = {}
    database = database_of(request)
    try:
        async with uploading.received(request, actor, seen) as form:
            values = {name: seen.get(name, "") for name in ("organisation", "signatory_office")}
            shape: type[SignatureCreate | SignatureFields] = SignatureFields if form.files else SignatureCreate
            data = forms.read(shape, values, _advice())
            async with database.write() as session:
                new = await agreements.sign(session, actor, agreement_id, data, [asdict(file) for file in form.files])
            if not new:
                await uploads.discard(uploads.store_of(database.settings), form.files)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            errors = forms.errors_of(at_the_files(refused))
            return await _one(session, actor, agreement_id, typed=seen, errors=errors, status=refused.status)
    return _to(agreement_id, "signed")


async def _change(session: AsyncSession, actor: Actor, agreement_id: UUID, typed: Typed) -> None:
    row = await agreements.find(session, actor, agreement_id, lock=True)
    words: dict[str, object] = {"title": typed.get("title", ""), "text": typed.get("text", "")}
    words |= {"number": typed.get("number"), "signed_on": typed.get("signed_on")}
    await agreements.change(session, actor, row, forms.read(AgreementPatch, words, _advice()))


async def _list(
    session: AsyncSession,
    actor: Actor,
    after: str = "",
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    choices, _nearest = await choose(session, actor, None)
    entries, more = page_of(await agreements.page(session, actor, None, after or None, SHOWN + 1), SHOWN)
    return await staff_page(
        session,
        actor,
        "agreements.html",
        COMMITMENTS,
        status=status,
        entries=entries,
        more=f"{AGREEMENTS}?after={entries[-1].code}" if more else "",
        workshops=choices,
        may_write=actor.may(Permission.COMMITMENTS_WRITE),
        typed=typed or {},
        errors=errors,
    )


async def _one(
    session: AsyncSession,
    actor: Actor,
    agreement_id: UUID,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    read = await agreements.one(session, actor, agreement_id)
    names = await names_of(session, actor, ())
    return await staff_page(
        session,
        actor,
        "agreement.html",
        COMMITMENTS,
        status=status,
        agreement=read,
        gathering=await session.get_one(Workshop, read.workshop),
        offices=[Option(code, name) for code, name in names.organisations.items()],
        parts={one.organisation: _part(read, one.organisation) for one in read.signatures},
        action=f"{AGREEMENTS}/{read.id}",
        limits=limits_of(session),
        may_write=actor.may(Permission.COMMITMENTS_WRITE),
        typed=typed or {},
        errors=errors,
        done=done,
    )


def _part(read: AgreementRead, organisation: str) -> str:
    """Where the commitments of an organisation that are part of an agreement are listed."""
    return f"{COMMITMENTS}?agreement={read.code}&organisation={organisation}"


def _to(agreement_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{AGREEMENTS}/{agreement_id}?done={done}", status_code=303)


def _advice() -> dict[str, str]:
    return {
        "workshop": _("Pilih kegiatan dari daftar."),
        "code": _("Gunakan huruf, angka, titik, garis bawah, atau tanda hubung."),
        "title": _("Tuliskan judul kesepakatan."),
        "signed_on": _("Isi dengan tanggal yang benar."),
        "organisation": _("Pilih perangkat daerah dari daftar."),
        "signatory_office": _("Tuliskan jabatan yang menandatangani, misalnya Kepala Dinas."),
    }
