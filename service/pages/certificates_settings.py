"""What a workshop's certificates say and how they are numbered, with a sample as it would be printed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import certificate
from service.domain import certificates, certificates_paper, workshops
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.certificates_shapes import CertificateSettingsInput
from service.models.workshops import Workshop
from service.pages import forms, setup_saving
from service.pages.choosing import choose
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import CERTIFICATES
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers import uploads
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.CERTIFICATES_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.CERTIFICATES_WRITE)]
PAGE = CERTIFICATES + "/settings"
_WORDS = ("number_pattern", "title", "body", "place", "dated")
_SIGNATORY = ("position", "name", "rank", "nip")


@router.get(PAGE, operation_id="page_certificate_settings")
async def show_settings(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The words that certificates have of their own; those left empty are the standard ones."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(CERTIFICATES, status_code=303)
    return await _page(session, actor, chosen, _kept(chosen), done=done)


@router.post(CERTIFICATES + "/{workshop_id}/settings", operation_id="page_change_certificate_settings")
async def change(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Keeps the words; or, asked for a sample, shows a certificate as it would be printed with what is typed."""
    database = database_of(request)
    typed = await forms.typed(request)
    try:
        if "sample" in typed:
            return await _sample(request, actor, workshop_id, typed)
        async with database.write() as session:
            workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
            setup_saving.check_fresh(typed, workshop)
            await certificates.replace_settings(session, actor, workshop, _read(typed))
    except NotFound:
        raise
    except Refusal as refused:
        errors = [replace(one, field=one.field.replace("/", "_")) for one in setup_saving.errors_of(refused)]
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            return await _page(session, actor, workshop, typed, errors=errors, status=refused.status)
    return RedirectResponse(f"{PAGE}?workshop={workshop_id}&done=saved", status_code=303)


async def _sample(request: Request, actor: Actor, workshop_id: UUID, typed: Typed) -> Response:
    """Raises NotFound, InvalidInput."""
    database = database_of(request)
    async with database.read() as session:
        await workshops.find(session, actor, workshop_id)
        paper = await certificates_paper.sample(session, actor, workshop_id, _read(typed))
    content = await asyncio.to_thread(certificate.render, paper, uploads.store_of(database.settings))
    return setup_saving.shown_pdf(content, "Contoh sertifikat.pdf")


def _read(typed: Typed) -> CertificateSettingsInput:
    """Raises InvalidInput."""
    values: dict[str, object] = {name: typed[name] for name in _WORDS if name in typed}
    signatory = {name: typed[f"signatory_{name}"] for name in _SIGNATORY if f"signatory_{name}" in typed}
    if signatory and "position" not in signatory:
        raise InvalidInput.at("/signatory_position", _("Isi jabatan penanda tangan, atau kosongkan semuanya."))
    digits = typed.get("number_digits", "3")
    values |= {"signatory": signatory or None, "number_digits": int(digits) if digits in set("123456") else 0}
    advice = dict.fromkeys((*_WORDS, "signatory"), _("Hapus karakter yang tidak tercetak."))
    return forms.read(CertificateSettingsInput, values, advice | {"number_digits": _("Isi angka 1 sampai 6.")})


def _kept(workshop: Workshop) -> dict[str, str]:
    own = CertificateSettingsInput.model_validate(workshop.certificate)
    signatory = own.signatory.model_dump() if own.signatory else {}
    return (
        {name: getattr(own, name) or "" for name in _WORDS}
        | {f"signatory_{name}": signatory.get(name) or "" for name in _SIGNATORY}
        | {"number_digits": str(own.number_digits)}
    )


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    values: Mapping[str, str],
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    return await staff_page(
        session,
        actor,
        "certificates_settings.html",
        CERTIFICATES,
        workshop=workshop,
        status=status,
        chosen=workshop,
        carried=f"workshop={workshop.id}&",
        values=values,
        used=(await certificates_paper.settings(session, workshop)).used,
        standard=await certificates_paper.standard(session, workshop),
        errors=errors,
        done=done,
    )
