"""Commitment sheets (*lembar komitmen*) for the committee: printed for signing, and taken in again as scans."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import commitment_sheets, commitments, commitments_evidence
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.commitments import Commitment
from service.models.commitments_shapes import Evidence, EvidenceFields
from service.models.people import Organisation
from service.models.workshops import Workshop
from service.pages import forms, uploading
from service.pages.choosing import choose
from service.pages.commitments_story import story_page
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import staff_page
from service.pages.menus import COMMITMENTS
from service.pages.portal_commitment import limits_of
from service.pages.portal_delivery import at_the_files
from service.pages.portal_sheet import read_fields, ticked
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers import uploads
from service.routers.access import Session, allow, database_of
from service.routers.uploads import Received

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Uploader = Annotated[Actor, uploading.allow_upload(Permission.COMMITMENTS_WRITE)]
SHEETS = "/staff/commitment-sheets"


@router.get(SHEETS, operation_id="page_commitment_sheets")
async def show_sheets(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    organisation: Annotated[str, Query(max_length=64, description="The one whose signed sheet is there")] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A workshop's sheets to print, and the form that takes a signed one in."""
    return await _page(session, actor, workshop, organisation, {}, done=done)


@router.post(SHEETS, operation_id="page_take_commitment_sheet", max_body_size=uploads.UNBOUNDED)
async def take_sheet(request: Request, actor: Uploader) -> Response:
    """A signed sheet becomes evidence of what stands; what was only requested becomes a promise of the office."""
    seen: dict[str, str] = {}
    try:
        async with uploading.received(request, actor, seen) as form:
            workshop_id = await _taken(request, actor, seen, form)
    except NotFound:
        raise
    except Refusal as refused:
        workshop = _id(seen.get("workshop", ""))
        async with database_of(request).read() as session:
            errors = forms.errors_of(at_the_files(refused))
            organisation = seen.get("organisation", "")
            return await _page(session, actor, workshop, organisation, seen, errors, status=refused.status)
    return RedirectResponse(f"{SHEETS}?workshop={workshop_id}&done=taken", status_code=303)


@router.get(COMMITMENTS + "/{commitment_id}/evidence", operation_id="page_story_evidence")
async def lead_back(commitment_id: UUID, session: Session, actor: Reader) -> Response:
    """The page of the form that posts here, for whoever asks for it anew, as in another language."""
    await commitments.find(session, actor, commitment_id)
    return RedirectResponse(f"{COMMITMENTS}/{commitment_id}", status_code=303)


@router.post(
    COMMITMENTS + "/{commitment_id}/evidence", operation_id="page_add_evidence", max_body_size=uploads.UNBOUNDED
)
async def add_evidence(commitment_id: UUID, request: Request, actor: Uploader) -> Response:
    """A proof of one promise: scans, or the number or address of a paper."""
    seen: dict[str, str] = {}
    try:
        async with uploading.received(request, actor, seen) as form:
            await _proven(request, actor, commitment_id, seen, form)
    except NotFound:
        raise
    except Refusal as refused:
        errors = [FormError(f"prove-{one.field}" if one.field else "", one.message) for one in _errors(refused)]
        async with database_of(request).read() as session:
            typed = {**seen, "do": "prove"}
            return await story_page(session, actor, commitment_id, typed=typed, errors=errors, status=refused.status)
    return RedirectResponse(f"{COMMITMENTS}/{commitment_id}?done=prove", status_code=303)


async def _taken(request: Request, actor: Actor, typed: Typed, form: Received) -> UUID:
    if not form.files:
        raise InvalidInput.at("/files", _("Pilih berkas pindaian lembar yang sudah ditandatangani."))
    workshop_id, organisation = _id(typed.get("workshop", "")), typed.get("organisation")
    if workshop_id is None or organisation is None:
        raise InvalidInput.at("/organisation", _("Pilih perangkat daerah dari daftar."))
    data = read_fields(typed)
    database = database_of(request)
    async with database.write() as session:
        files = [asdict(file) for file in form.files]
        _read, is_new = await commitment_sheets.take(session, actor, workshop_id, organisation, data, files)
    if not is_new:
        await uploads.discard(uploads.store_of(database.settings), form.files)
    return workshop_id


async def _proven(request: Request, actor: Actor, commitment_id: UUID, typed: Typed, form: Received) -> None:
    values = {name.removeprefix("prove-"): text for name, text in typed.items() if name.startswith("prove-")}
    nothing = _("Isi pindaian, nomor, atau tautan.")
    advice = {"type": _("Pilih jenis bukti."), "url": _("Isi dengan alamat web lengkap."), "": nothing}
    database = database_of(request)
    known = []
    async with database.write() as session:
        if not form.files:
            await commitments_evidence.add(session, actor, commitment_id, forms.read(Evidence, values, advice))
        values.pop("url", None)
        for file in form.files:
            data = forms.read(EvidenceFields, values, advice)
            is_new = await commitments_evidence.add(session, actor, commitment_id, data, asdict(file))
            known += [] if is_new else [file]
    await uploads.discard(uploads.store_of(database.settings), known)


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    organisation: str,
    typed: Typed,
    errors: Sequence[FormError] = (),
    *,
    status: int = 200,
    done: str = "",
) -> Response:
    choices, chosen = await choose(session, actor, workshop_id)
    rows = await commitment_sheets.standing(session, chosen.id, organisation) if chosen and organisation else []
    return await staff_page(
        session,
        actor,
        "commitment_sheets.html",
        COMMITMENTS,
        status=status,
        choices=choices,
        chosen=chosen,
        offices=await _asked(session, chosen) if chosen else [],
        organisation=organisation if rows else "",
        boxes=[Option(row.code, item.name, row.commitment_status) for row, item in rows],
        ticked=ticked(typed) if typed else [row.code for row, _item in rows],
        limits=limits_of(session),
        may_write=actor.may(Permission.COMMITMENTS_WRITE),
        typed=typed,
        errors=errors,
        done=done,
        carried=(f"workshop={chosen.id}&" + (f"organisation={quote(organisation)}&" if rows else "")) if chosen else "",
    )


async def _asked(session: AsyncSession, workshop: Workshop) -> list[Option]:
    """The organisations with which something stands at a workshop: each of them has a sheet."""
    standing = select(Commitment.organisation_id).where(
        Commitment.workshop_id == workshop.id, col(Commitment.commitment_status).in_(commitments.STANDING)
    )
    query = select(Organisation.code, Organisation.name).where(col(Organisation.id).in_(standing))
    return [Option(code, name) for code, name in await session.exec(query.order_by(Organisation.name))]


def _errors(refused: Refusal) -> list[FormError]:
    """What is wrong with a proof. That nothing is in it is said at the field that would hold a number."""
    found = forms.errors_of(at_the_files(refused))
    empty = isinstance(refused, InvalidInput)
    return [FormError(one.field or "reference", one.message) if empty else one for one in found]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as broken:
        raise BadForm from broken
