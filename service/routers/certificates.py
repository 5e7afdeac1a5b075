"""Certificates: their words, issuing and revoking them, the papers, and what strangers may check."""

import asyncio
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import certificate
from service.domain import certificates, certificates_paper, certificates_reads, workshops
from service.domain.certificates_paper import Paper
from service.domain.certificates_reads import UNKNOWN, Filters
from service.domain.file_names import attachment, safe_name
from service.errors import NotFound
from service.models.certificates_shapes import (
    CertificateCheckRead,
    CertificateIssue,
    CertificateOutcome,
    CertificateRead,
    CertificateSettingsInput,
    CertificateSettingsRead,
    CertificateStatus,
    RevocationReason,
)
from service.models.workshops import Workshop
from service.routers import uploads, visiting
from service.routers.access import (
    Page,
    Paging,
    Session,
    allow,
    allow_first,
    check_version,
    cursor,
    database_of,
    int_key,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["certificates"])
Issuer = Annotated[Actor, allow(Permission.CERTIFICATES_WRITE)]
Printer = Annotated[Actor, allow_first(Permission.ATTENDANCE_READ)]
PDF = "application/pdf"
_ANSWER: dict[int | str, dict[str, object]] = {
    200: {"description": "The certificate", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


class CertificateQuery(Paging):
    """Which of a workshop's certificates."""

    status: Literal[CertificateStatus.VALID, CertificateStatus.REVOKED] | None = Field(
        None, description="Only those that hold, or only revoked ones"
    )
    registration: UUID | None = Field(None, description="Only those of this person")


class Batch(Paging):
    """How many certificates at once."""

    limit: int = Field(200, ge=1, le=200, description="Certificates in one document")


@router.get(
    "/workshops/{workshop_id}/certificate-settings",
    operation_id="get_certificate_settings",
    response_model=CertificateSettingsRead,
)
async def get_settings(
    workshop_id: UUID, request: Request, session: Session, actor: Annotated[Actor, allow(Permission.WORKSHOPS_READ)]
) -> Response:
    """How the workshop's certificates are numbered, and what they say."""
    workshop = await workshops.find(session, actor, workshop_id)
    return respond(request, await certificates_paper.settings(session, workshop), workshop.version)


@router.put(
    "/workshops/{workshop_id}/certificate-settings",
    operation_id="replace_certificate_settings",
    response_model=CertificateSettingsRead,
)
async def replace_settings(
    workshop_id: UUID, data: CertificateSettingsInput, request: Request, session: Session, actor: Issuer
) -> Response:
    """Sets all of it; If-Match is the workshop's. Certificates that were issued stay as they are."""
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    check_version(request, workshop.version)
    workshop = await certificates.replace_settings(session, actor, workshop, data)
    return respond(request, await certificates_paper.settings(session, workshop), workshop.version)


@router.post("/workshops/{workshop_id}/certificates", operation_id="issue_certificates")
async def issue(workshop_id: UUID, data: CertificateIssue, session: Session, actor: Issuer) -> CertificateOutcome:
    """Issues certificates to those who earned one, exactly the people of the report `certificate-eligibility`.

    What an earlier one says stays when the settings change; name its holder to have it issued anew with today's words.

    Safe to repeat: whoever holds one that is right keeps it. One that a correction made wrong (name, hours) is revoked
    and another issued in its place; one that is no longer earned is revoked. 409 `workshop_not_over` before the end,
    `no_hours` where the blocks have none (JP).
    """
    return await certificates.issue(session, actor, workshop_id, data)


@router.get("/workshops/{workshop_id}/certificates", operation_id="list_certificates")
async def list_certificates(
    workshop_id: UUID,
    session: Session,
    actor: Annotated[Actor, allow(Permission.ATTENDANCE_READ)],
    wanted: Annotated[CertificateQuery, Query()],
) -> Page[CertificateRead]:
    """The workshop's certificates by their sequence, the revoked ones too. `outdated`: a correction made it wrong."""
    after = wanted.after(1)
    filters = Filters(wanted.status, wanted.registration)
    rows = await certificates_reads.page(
        session, actor, workshop_id, filters, int_key(after[0]) if after else None, wanted.limit + 1
    )
    page, more = page_of(rows, wanted.limit)
    return Page(items=list(page), next=cursor(page[-1].sequence) if more else None)


@router.get(
    "/workshops/{workshop_id}/certificates/{certificate_id}.pdf",
    operation_id="print_certificate",
    response_class=Response,
    responses=_ANSWER,
)
async def print_certificate(workshop_id: UUID, certificate_id: UUID, request: Request, actor: Printer) -> Response:
    """One certificate, ready to be signed; a revoked one is marked as such. Needs contacts:read besides."""
    actor.require(Permission.CONTACTS_READ)
    async with database_of(request).read() as session:
        row = await certificates.find(session, actor, workshop_id, certificate_id)
        paper = await certificates_paper.of_certificate(session, row)
    return await answer(request, paper)


@router.get(
    "/workshops/{workshop_id}/certificates.pdf",
    operation_id="print_certificates",
    response_class=Response,
    responses=_ANSWER,
)
async def print_certificates(
    workshop_id: UUID, request: Request, actor: Printer, batch: Annotated[Batch, Query()]
) -> Response:
    """All certificates that hold in one document, by their sequence. Needs contacts:read besides.

    When there are more than `limit`, the Link header (rel="next", RFC 8288) names the next document.
    """
    actor.require(Permission.CONTACTS_READ)
    after = batch.after(1)
    async with database_of(request).read() as session:
        paper, more = await certificates_paper.of_workshop(
            session, actor, workshop_id, int_key(after[0]) if after else None, batch.limit
        )
    response = await answer(request, paper)
    if more is not None:
        query = urlencode({"limit": batch.limit, "cursor": cursor(more)})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return response


@router.post("/workshops/{workshop_id}/certificates/{certificate_id}/revocation", operation_id="revoke_certificate")
async def revoke(
    workshop_id: UUID, certificate_id: UUID, data: RevocationReason, session: Session, actor: Issuer
) -> CertificateRead:
    """Takes a certificate back; whoever checks it is told so from now on, without the reason."""
    row = await certificates.revoke(session, actor, workshop_id, certificate_id, data.reason)
    workshop = await session.get_one(Workshop, workshop_id)
    return (await certificates_reads.read(session, workshop, [row]))[0]


@router.get(
    "/my/certificate.pdf", operation_id="get_my_certificate", response_class=Response, responses=_ANSWER, tags=["my"]
)
async def get_own(request: Request, actor: Annotated[Actor, allow_first(Permission.REGISTRATION_OWN)]) -> Response:
    """The person's own certificate; 404 while there is none."""
    async with database_of(request).read() as session:
        paper = await own_paper(session, actor.id)
    return await answer(request, paper)


@router.get("/certificates/{code}", operation_id="check_certificate")
async def check(
    code: Annotated[str, Path(max_length=200, description="The end of the address in the QR code")],
    request: Request,
    _actor: Annotated[Actor, allow_first(Permission.PUBLIC)],
) -> CertificateCheckRead:
    """Whether a certificate holds: `valid`, `revoked` or `unknown`. Its holder is not named, initials aside."""
    return await checked(request, code)


async def checked(request: Request, code: str) -> CertificateCheckRead:
    """What strangers are told of this code; too many that open nothing are refused. Raises TooManyRequests."""
    async with database_of(request).read() as session:
        found = await certificates_reads.check(session, code)
    if found is UNKNOWN:
        await visiting.count_guess(request)
    return found


async def own_paper(session: AsyncSession, registration_id: UUID | None) -> Paper:
    """The certificate of this person that holds. Raises NotFound."""
    row = await certificates_reads.valid_of(session, registration_id) if registration_id else None
    if row is None:
        raise NotFound
    return await certificates_paper.of_certificate(session, row)


async def answer(request: Request, paper: Paper) -> Response:
    """The certificates as a download, set in a thread when no connection is held any more."""
    store = uploads.store_of(database_of(request).settings)
    content = await asyncio.to_thread(certificate.render, paper, store)
    number = str(paper.certificates[0]["number"]).replace("/", "-") if len(paper.certificates) == 1 else ""
    name = safe_name(f"Sertifikat {number}".strip() + ".pdf")
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return Response(content, media_type=PDF, headers=headers)
