"""Whoever scans a certificate's code sees at a glance whether it holds; and its holder gets the paper."""

from fastapi import APIRouter, Request, Response

from service import clock
from service.models.certificates_shapes import CertificateStatus
from service.pages.participants import participant_of
from service.pages.render import page
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor, Word
from service.routers import certificates
from service.routers.access import database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/certificates/{code}", operation_id="page_certificate")
async def show_check(code: Word, request: Request, _visitor: Visitor) -> Response:
    """Valid, revoked, or unknown: the same words for every code that opens nothing."""
    found = await certificates.checked(request, code)
    settings = database_of(request).settings
    return page(
        "certificate.html",
        status=404 if found.status is CertificateStatus.UNKNOWN else 200,
        found=found,
        demo=clock.now() if settings.now else None,
    )


@router.get("/my/{token}/certificate.pdf", operation_id="page_my_certificate")
async def show_own(token: Token, request: Request, _visitor: Visitor) -> Response:
    """The PDF; what is wrong is said on a page."""
    async with database_of(request).read() as session:
        paper = await certificates.own_paper(session, (await participant_of(session, token)).id)
    return await certificates.answer(request, paper)
