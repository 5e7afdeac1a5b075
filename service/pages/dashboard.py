"""The dashboard of the committee: who has to act on what, on any day, and the fifteen questions as tables."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import dashboard_links, reports
from service.domain.reports import tables
from service.errors import NotFound
from service.i18n import gettext as _
from service.models.dashboard_shapes import PublicProgress
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.pages import dashboard_view as view, once
from service.pages.choosing import choose
from service.pages.forms import Option
from service.pages.house import staff_page
from service.pages.menus import COMMITMENTS, DASHBOARD, REVIEW
from service.pages.render import FormError
from service.pages.route import OddAddress, PageRoute
from service.routers.access import Session, allow

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.REPORTS_READ)]
Shown = Annotated[UUID | None, Query(description="The workshop to show")]
AsOf = Annotated[str, Query(max_length=10, description="A past day; empty: now")]


@router.get(DASHBOARD, operation_id="page_dashboard")
async def show_dashboard(
    session: Session,
    actor: Reader,
    workshop: Shown = None,
    as_of: AsOf = "",
    done: Annotated[str, Query(max_length=20, description="What was done")] = "",
) -> Response:
    """The state of a workshop's data, with the ways to whatever lies behind each figure."""
    try:
        return await page(session, actor, workshop, as_of, done=done)
    except OddAddress:
        odd = FormError("as_of", _("Pilih tanggal, misalnya {example}.").format(example="2023-07-21"))
        return await page(session, actor, workshop, "", status=400, errors=[odd])


async def page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    as_of: str,
    *,
    status: int = 200,
    done: str = "",
    issued: str = "",
    errors: Sequence[FormError] = (),
) -> Response:
    """The dashboard. `issued`: the address of a link that was just made; `errors`: of the form that makes one."""
    choices, chosen = await choose(session, actor, workshop_id or await current(session, actor))
    seen = await view.look(session, actor, chosen, day_of(as_of)) if chosen else None
    shares = actor.may(Permission.REPORTS_SHARE)
    house = await session.get_one(Organizer, actor.tenant)
    return await staff_page(
        session,
        actor,
        "dashboard.html",
        DASHBOARD,
        status=status,
        choices=choices,
        chosen=chosen,
        seen=seen,
        home=DASHBOARD,
        items=f"{COMMITMENTS}?" if actor.may(Permission.COMMITMENTS_READ) else "",
        review=f"{REVIEW}?workshop={chosen.id}" if chosen and actor.may(Permission.COMMITMENTS_REVIEW) else "",
        brief=f"/api/v1/dashboard.pdf?{seen.query()}" if seen else "",
        questions=[Option(name, _(one.title)) for name, one in reports.REPORTS.items()],
        state=view.state,
        words=view.state_words(),
        spoken=view.spoken,
        links=await dashboard_links.in_use(session, actor) if shares else None,
        progress=PublicProgress.model_validate(house.public_progress),
        publishes=actor.may(Permission.ORGANIZER_WRITE),
        public=f"/w/{house.slug}/progress",
        issued=issued,
        once=once.value(),
        done=done,
        errors=errors,
        carried=f"{seen.query()}&" if seen else "",
    )


async def current(session: AsyncSession, actor: Actor) -> UUID | None:
    """The workshop that is shown unasked; None where there is none."""
    try:
        return await reports.dashboard.current_workshop(session, actor)
    except NotFound:
        return None


def day_of(as_of: str) -> date | None:
    """The day typed, None for now. Raises OddAddress."""
    try:
        return view.read_day(as_of)
    except ValueError:
        raise OddAddress("as_of") from None


@router.get(f"{DASHBOARD}/reports/{{name}}", operation_id="page_report")
async def show_report(name: str, session: Session, actor: Reader, workshop: Shown = None, as_of: AsOf = "") -> Response:
    """One of the fifteen questions about a workshop, answered as a table."""
    choices, chosen = await choose(session, actor, workshop or await current(session, actor))
    if chosen is None or name not in reports.REPORTS:
        raise NotFound
    day = day_of(as_of)
    read = await reports.ask(session, actor, name, chosen.id, day)
    names = list(reports.REPORTS)
    return await staff_page(
        session,
        actor,
        "dashboard_report.html",
        DASHBOARD,
        status=200,
        choices=choices,
        chosen=chosen,
        table=await tables.table(session, actor, read),
        number=names.index(name) + 1,
        others=[Option(one, _(reports.REPORTS[one].title)) for one in names],
        as_of=as_of,
        told=view.spoken(read.as_of, chosen.timezone),
        query=_query(chosen, as_of),
        items=f"{COMMITMENTS}?" if actor.may(Permission.COMMITMENTS_READ) else "",
        item_query=urlencode,
        carried=f"{_query(chosen, as_of)}&",
    )


def _query(workshop: Workshop, as_of: str) -> str:
    parts = {"workshop": str(workshop.id), "as_of": as_of}
    return urlencode({name: value for name, value in parts.items() if value})
