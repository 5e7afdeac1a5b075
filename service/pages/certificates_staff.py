"""Certificates, as the committee issues, prints and revokes them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import certificates, certificates_paper, certificates_reads, workshops
from service.domain.certificates_reads import Filters
from service.errors import InvalidInput, InvalidState
from service.i18n import gettext as _
from service.models.certificates_shapes import CertificateIssue, RevocationReason
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import Option
from service.pages.house import staff_page
from service.pages.menus import CERTIFICATES
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Paging, Session, allow, cursor, int_key, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Issuer = Annotated[Actor, allow(Permission.CERTIFICATES_WRITE)]
LINES, IN_ONE_DOCUMENT = 50, 200


@router.get(CERTIFICATES, operation_id="page_certificates")
async def show_certificates(
    session: Session,
    actor: Issuer,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    after: Annotated[str | None, Query(max_length=500, description="Where the list goes on")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What issuing would do now, and what was issued. Opening the page changes nothing."""
    return await _page(session, actor, workshop, after=after, done=done)


@router.post(CERTIFICATES + "/{workshop_id}", operation_id="page_issue_certificates")
async def issue(workshop_id: UUID, request: Request, session: Session, actor: Issuer) -> Response:
    """Issues, corrects and revokes for everybody, and writes to people if that is ticked."""
    notify = (await forms.typed(request)).get("notify") == "yes"
    await certificates.issue(session, actor, workshop_id, CertificateIssue(notify=notify))
    return _back(workshop_id, "issued")


@router.post(CERTIFICATES + "/{workshop_id}/{certificate_id}/revoke", operation_id="page_revoke_certificate")
async def revoke(
    workshop_id: UUID, certificate_id: UUID, request: Request, session: Session, actor: Issuer
) -> Response:
    """Takes one back by hand."""
    typed = await forms.typed(request)
    try:
        advice = {"reason": _("Tuliskan alasannya.")}
        data = forms.read(RevocationReason, {"reason": typed.get("reason", "")}, advice)
    except InvalidInput as refused:
        errors = [FormError(f"reason-{certificate_id}", one.message) for one in forms.errors_of(refused)]
        return await _page(session, actor, workshop_id, errors=errors)
    await certificates.revoke(session, actor, workshop_id, certificate_id, data.reason)
    return _back(workshop_id, "revoked")


@router.post(CERTIFICATES + "/{workshop_id}/{certificate_id}/reissue", operation_id="page_reissue_certificate")
async def reissue(workshop_id: UUID, certificate_id: UUID, session: Session, actor: Issuer) -> Response:
    """Issues another to the holder of one that was revoked by hand, if it is earned."""
    row = await certificates.find(session, actor, workshop_id, certificate_id)
    wanted = CertificateIssue(registration_ids=[row.registration_id])
    made = await certificates.issue(session, actor, workshop_id, wanted)
    return _back(workshop_id, "reissued" if made.issued else "")


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    *,
    after: str | None = None,
    errors: Sequence[FormError] = (),
    done: str = "",
) -> Response:
    choices, chosen = await choose(session, actor, workshop_id)
    return await staff_page(
        session,
        actor,
        "certificates.html",
        CERTIFICATES,
        workshop=chosen,
        status=422 if errors else 200,
        choices=choices,
        chosen=chosen,
        carried=f"workshop={chosen.id}&" if chosen else "",
        errors=errors,
        done=done,
        **(await _shown(session, actor, chosen, after) if chosen else {}),
    )


async def _shown(session: AsyncSession, actor: Actor, workshop: Workshop, after: str | None) -> dict[str, object]:
    await workshops.find(session, actor, workshop.id)
    begin = Paging(limit=LINES, cursor=after).after(1)
    rows = await certificates_reads.page(
        session, actor, workshop.id, Filters(), int_key(begin[0]) if begin else None, LINES + 1
    )
    items, more = page_of(rows, LINES)
    return {
        **(await _due(session, workshop)),
        "items": items,
        "following": cursor(items[-1].sequence) if more else None,
        "documents": await _documents(session, workshop),
    }


async def _due(session: AsyncSession, workshop: Workshop) -> dict[str, object]:
    """What issuing would do, or why it cannot be."""
    try:
        found = await certificates.preview(session, workshop)
    except InvalidState as refused:
        return {"due": None, "advice": _(refused.detail)}
    signatory = (await certificates_paper.settings(session, workshop)).used.signatory
    return {
        "due": found.outcome,
        "total": found.total,
        "lacking": found.below[:LINES],
        "others": max(0, len(found.below) - LINES),
        "withheld": found.withheld,
        "unsigned": signatory is None or not signatory.name,
    }


async def _documents(session: AsyncSession, workshop: Workshop) -> list[Option]:
    """Where the certificates that hold are printed, so many to a document."""
    base = f"/api/v1/workshops/{workshop.id}/certificates.pdf?limit={IN_ONE_DOCUMENT}"
    found = await certificates_reads.batches(session, workshop.id, IN_ONE_DOCUMENT)
    if len(found) == 1:
        return [Option(base, _("Unduh semua sertifikat (PDF)"))]
    return [
        Option(
            f"{base}&cursor={cursor(first - 1)}",
            _("Unduh nomor urut {first} sampai {last}").format(first=first, last=last),
        )
        for first, last in found
    ]


def _back(workshop_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{CERTIFICATES}?workshop={workshop_id}&done={done}", status_code=303)
