"""What everybody may see of the promised data, if the organizer chose to show it: counts, no files, no reasons."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from service import i18n
from service.auth import Actor, ActorKind, Permission
from service.documents import charts
from service.domain import workshops
from service.domain.reports import dashboard
from service.errors import NotFound
from service.i18n import gettext as _
from service.models.dashboard_shapes import PublicProgress
from service.models.reports import ReadinessRead
from service.pages import dashboard_view as view
from service.pages.public import show_workshop
from service.pages.route import PageRoute
from service.pages.visitors import Front, Visitor, Word, base_of, find_house, open_page
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SLUG = "progress"


@dataclass(frozen=True)
class Share:
    """A dimension as everybody sees it."""

    short: str
    label: str
    ready: ReadinessRead
    bar: Markup


@router.get(f"/w/{{organizer}}/{SLUG}", operation_id="page_progress")
async def show_progress(organizer: Word, request: Request, session: Session, visitor: Visitor) -> Response:
    """How far the data of the current workshop is. While this is off, a workshop of that name has the address."""
    house = await find_house(session, organizer)
    shown = PublicProgress.model_validate(house.public_progress)
    if not shown.enabled:
        return await show_workshop(organizer, SLUG, request, session, visitor)
    actor = Actor(ActorKind.ANONYMOUS, None, house.id, frozenset({Permission.REPORTS_READ}))
    workshop = await workshops.find(session, actor, await dashboard.current_workshop(session, actor))
    if workshop.never_published:
        raise NotFound
    seen = await view.look(session, actor, workshop, None, dated=False)
    # Who has delivered nothing yet is not named: that half says who is late, or declined.
    named = [row for row in seen.matrix.organisations if row.total.accepted] if shown.organisations else []
    percent = i18n.speak_number(seen.ready.readiness_pct)
    front = Front(
        url=f"{base_of(session)}/w/{house.slug}/{SLUG}",
        title=_("Perkembangan pemenuhan data"),
        description=_("{percent} % butir data yang diminta telah diterima.").format(percent=percent),
    )
    return open_page(
        request,
        session,
        house,
        "progress.html",
        front=front,
        seen=seen,
        dimensions=[_share(one) for one in seen.dimensions if one.ready.items],
        bar=_bar(seen.ready),
        organisations=sorted(named, key=lambda row: row.name.casefold()),
        chosen=workshop,
        shown=shown,
        day=seen.day,
    )


def _share(one: view.Dimension) -> Share:
    return Share(one.short, one.label, one.ready, _bar(one.ready))


def _bar(ready: ReadinessRead) -> Markup:
    """Data items, as the share beside it counts them. Nobody is called late in public, nor is it told who declined."""
    return charts.bar([("accepted", ready.accepted), ("gone", ready.items - ready.accepted)])
