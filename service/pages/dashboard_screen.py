"""The dashboard behind a secret link, for the screen of a meeting room: keeps itself up to date, changes nothing."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import commitments_read, dashboard_links, workshops
from service.domain.commitments_as_of import Moment
from service.domain.commitments_read import Filters
from service.domain.reports import dashboard
from service.domain.reports.tables_names import Item, Names, add_items, offices
from service.errors import NotFound
from service.i18n import gettext as _
from service.models.commitments_shapes import CommitmentRead
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.pages import dashboard_view as view
from service.pages.dashboard import day_of
from service.pages.house import house_page
from service.pages.menus import DASHBOARD
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Paging, Session, cursor, keyset_id

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LINES = 100
REFRESH_SECONDS = 60
Part = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True)
class Entry:
    """A commitment as the screen lists it: what, whose, and how it stands. No reasons, files or contacts."""

    read: CommitmentRead
    item: Item
    organisation: str


@router.get(f"{DASHBOARD}/{{token}}", operation_id="page_dashboard_screen")
async def show_screen(
    token: Token,
    session: Session,
    _visitor: Visitor,
    detail: Annotated[str, Query(max_length=1, description="1: everything, to scroll through")] = "",
    as_of: Annotated[str, Query(max_length=10, description="A past day; empty: now")] = "",
) -> Response:
    """In large type what matters now; with `detail` the whole dashboard."""
    actor, house, workshop = await _opened(session, token)
    seen = await view.look(session, actor, workshop, day_of(as_of) if detail else None) if workshop else None
    home = f"{DASHBOARD}/{token}"
    query = urlencode({name: value for name, value in (("detail", detail), ("as_of", as_of)) if value})
    return house_page(
        session,
        house,
        "dashboard.html" if detail and seen else "dashboard_wall.html",
        chosen=workshop,
        choices=[],
        seen=seen,
        now=clock.now(),
        home=home,
        items=f"{home}/items?",
        review="",
        brief="",
        questions=[],
        state=view.state,
        words=view.state_words(),
        spoken=view.spoken,
        links=None,
        publishes=False,
        issued="",
        done="",
        timezone=house.timezone,
        refresh=REFRESH_SECONDS,
        addressed=view.ADDRESSED,
        carried=f"{query}&" if query else "",
    )


@router.get(f"{DASHBOARD}/{{token}}/items", operation_id="page_dashboard_items")
async def show_items(
    token: Token,
    session: Session,
    _visitor: Visitor,
    workshop: Annotated[str, Query(max_length=36, description="As the dashboard's own links say it")] = "",
    organisation: Part = "",
    dimension: Part = "",
    overdue: Annotated[str, Query(max_length=5, description="true: late ones alone")] = "",
    as_of: Annotated[str, Query(max_length=10, description="A past day; empty: now")] = "",
    after: Annotated[str | None, Query(max_length=500, description="Where the page begins")] = None,
) -> Response:
    """What lies behind a figure: the commitments of an organisation, of a dimension, or of both."""
    actor, house, shown = await _opened(session, token)
    if shown is None or (workshop and workshop != str(shown.id)):
        raise NotFound
    wanted = Filters(
        workshop=shown.id,
        organisation=organisation or None,
        dimension=dimension or None,
        overdue=True if overdue == "true" else None,
    )
    when = Moment.of(day_of(as_of), house.timezone)
    key = Paging(cursor=after).after(2)
    start = (key[0], keyset_id(key[1])) if key else None
    reads = await commitments_read.page(session, actor, when, wanted, start, LINES + 1)
    names = await offices(session, house, shown)
    await add_items(session, names)
    parts = {"organisation": organisation, "dimension": dimension, "overdue": overdue, "as_of": as_of}
    query = urlencode({name: value for name, value in parts.items() if value})
    following = urlencode({"after": cursor(reads[LINES - 1].code, reads[LINES - 1].id)}) if len(reads) > LINES else ""
    return house_page(
        session,
        house,
        "dashboard_items.html",
        chosen=shown,
        entries=[Entry(one, names.item(one.data_item), names.organisation(one.organisation)) for one in reads[:LINES]],
        about=_about(names, organisation, dimension),
        told=view.spoken(day_of(as_of) or clock.now(), house.timezone),
        back=f"{DASHBOARD}/{token}?{urlencode({'detail': '1', 'as_of': as_of})}",
        more=f"?{query}&{following}" if following else "",
        carried=f"{query}&" if query else "",
    )


def _about(names: Names, organisation: str, dimension: str) -> str:
    parts = [names.organisation(organisation)] if organisation else []
    parts += [names.dimension(dimension)] if dimension else []
    return " · ".join(parts) or _("Semua komitmen")


async def _opened(session: AsyncSession, token: str) -> tuple[Actor, Organizer, Workshop | None]:
    """Who looks, whose house it is, and the workshop to show, if there is one yet. Raises NotFound."""
    link = await dashboard_links.open_link(session, token)
    actor = dashboard_links.viewer(link)
    house = await session.get_one(Organizer, link.organizer_id)
    try:
        workshop_id = link.workshop_id or await dashboard.current_workshop(session, actor)
    except NotFound:
        return actor, house, None
    return actor, house, await workshops.find(session, actor, workshop_id)
