"""The fifteen questions and the dashboard."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service import i18n
from service.auth import Actor, Permission
from service.domain import reports
from service.models.columns import Shape
from service.models.dashboard_shapes import BurnUpRead, MatrixRead
from service.models.reports import AsOf, DashboardRead, ReportInfo, ReportList, ReportRead, ReportTitle
from service.routers.access import Session, allow, etag_matches, not_modified
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["reports"])
Reader = Annotated[Actor, allow(Permission.REPORTS_READ)]
AsOfQuery = Annotated[
    AsOf | None,
    Query(description="A day (its end in the organizer's zone) or an RFC 3339 instant; now when left out"),
]

ShownQuery = Annotated[UUID | None, Query(description="The workshop; the one that started last when left out")]


@router.get("/reports", operation_id="list_reports")
async def list_reports(actor: Reader) -> ReportList:  # noqa: ARG001 - the permission stands in the signature
    """The questions that can be asked, with titles in both languages and the form of each answer."""
    items = [
        ReportInfo(
            name=report.name,
            title=ReportTitle(id=report.title, en=i18n.catalogue("en").gettext(report.title)),
            shape=report.shape,
        )
        for report in reports.REPORTS.values()
    ]
    return ReportList(items=items, next=None)


@router.get("/reports/{name}", operation_id="get_report", response_model=ReportRead)
async def get_report(
    name: str,
    workshop: Annotated[UUID, Query(description="The workshop to ask about")],
    request: Request,
    session: Session,
    actor: Reader,
    as_of: AsOfQuery = None,
) -> Response:
    """The answer to one question about a workshop, as of a moment. Computed from the rows, never stored."""
    return _answer(request, await reports.ask(session, actor, name, workshop, as_of))


@router.get("/dashboard", operation_id="get_dashboard", response_model=DashboardRead)
async def get_dashboard(
    request: Request,
    session: Session,
    actor: Reader,
    workshop: ShownQuery = None,
    as_of: AsOfQuery = None,
) -> Response:
    """Readiness per dimension, totals of what is owed, overdue and waiting, people per day, and the next due dates."""
    return _answer(request, await reports.overview(session, actor, workshop, as_of))


@router.get("/dashboard/matrix", operation_id="get_dashboard_matrix", response_model=MatrixRead)
async def get_matrix(
    request: Request, session: Session, actor: Reader, workshop: ShownQuery = None, as_of: AsOfQuery = None
) -> Response:
    """Organisations by dimensions: who was asked for what, and how far it is, in commitments."""
    return _answer(request, await reports.matrix_of(session, actor, workshop, as_of))


@router.get("/dashboard/burn-up", operation_id="get_dashboard_burn_up", response_model=BurnUpRead)
async def get_burn_up(
    request: Request, session: Session, actor: Reader, workshop: ShownQuery = None, as_of: AsOfQuery = None
) -> Response:
    """What has come in, day by day up to the moment, against the due dates known then.

    Each point is what `GET /dashboard` says of the end of that day.
    """
    return _answer(request, await reports.burn_up_of(session, actor, workshop, as_of))


def _answer(request: Request, shape: Shape) -> Response:
    """The shape with a strong ETag over its bytes, since no version counts what a report reads."""
    body = shape.model_dump_json().encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if etag_matches(request, etag):
        return not_modified(etag)
    return Response(body, media_type="application/json", headers={"ETag": etag})
