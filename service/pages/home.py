"""What staff see first: the organizer's workshops, what comes before what is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import sessions, workshops_listed
from service.domain.workshops_listed import Listed, Shelf
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.workshops import Workshop, WorkshopStatus
from service.pages.menus import ATTENDANCE, DOOR, HOME, MY_DOOR, OVERVIEW, SETUP, staff_nav, works_at_door
from service.pages.render import CSP, page
from service.pages.route import CHOOSE_ORGANIZER, LONGEST_NEXT, PageRoute
from service.pages.session import local_path
from service.pages.workshops_new import NEW
from service.routers.access import Paging, Session, allow, cursor, keyset_id, keyset_instant, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 50
Own = Annotated[Actor, allow(Permission.SESSION_OWN)]
Chooser = Annotated[Actor, allow(Permission.ACCOUNT_OWN)]


@dataclass(frozen=True)
class Sort:
    """A link to the workshops of one sort, with how many there are."""

    label: str
    href: str
    count: int
    current: bool


@router.post(CHOOSE_ORGANIZER, operation_id="page_choose_organizer")
async def choose_organizer(
    session: Session,
    actor: Chooser,
    slug: Annotated[str, Form(max_length=80)],
    back: Annotated[str, Form(max_length=LONGEST_NEXT)] = "",
) -> Response:
    """Works for another of one's organizers; `back` is the page to go on with."""
    await sessions.choose_organizer(session, actor, slug)
    return RedirectResponse(local_path(back) or HOME, status_code=303)


@router.get(HOME, operation_id="page_staff_home")
async def show_home(
    session: Session,
    actor: Own,
    show: Annotated[Shelf | None, Query(description="Which workshops; else those that come, if any do")] = None,
    q: Annotated[str, Query(max_length=200, description="Words of the title")] = "",
    after: Annotated[str | None, Query(max_length=500, description="Where the list goes on")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The organizer's workshops. Searching looks through all of them."""
    if works_at_door(actor):
        return RedirectResponse(MY_DOOR, status_code=303)
    row, staff = await sessions.current(session, actor.session_id)
    choices = [house for house, _role in await sessions.organizers_of(session, staff)]
    house = next((one for one in choices if one.id == row.organizer_id), None)
    return page(
        "home.html",
        status=200,
        private=True,
        csp=CSP,
        organizer=house,
        done=done,
        organizers=choices if len(choices) > 1 or house is None else [],
        new=NEW if actor.may(Permission.WORKSHOPS_WRITE) else None,
        **(await _list(session, actor, house, show, q.strip(), after) if house else _NOTHING),
        nav=staff_nav(actor, HOME) if house else (),
        csrf=actor.csrf,
        demo=clock.now() if settings_of(session).now else None,
    )


_NOTHING: dict[str, object] = {"sorts": (), "workshops": (), "q": "", "show": Shelf.COMING, "following": None}


async def _list(
    session: AsyncSession, actor: Actor, house: Organizer, show: Shelf | None, words: str, after: str | None
) -> dict[str, object]:
    counts = await workshops_listed.counts(session, actor)
    default = Shelf.COMING if counts[Shelf.COMING] else Shelf.ALL
    shelf = Shelf.ALL if words else show or default
    key = Paging(cursor=after).after(2)
    position = (keyset_instant(key[0]), keyset_id(key[1])) if key else None
    found = await workshops_listed.page(session, actor, shelf, words, position, SHOWN + 1)
    rows, more = page_of(found, SHOWN)
    last = rows[-1].workshop if more else None
    onward = {"show": shelf.value, "q": words, "after": cursor(last.starts_at.isoformat(), last.id)} if last else None
    return {
        "sorts": _sorts(counts, shelf),
        "workshops": [_line(actor, house, one) for one in rows],
        "q": words,
        "show": shelf,
        "following": f"{HOME}?{urlencode(onward)}" if onward else None,
    }


def _sorts(counts: Mapping[Shelf, int], shown: Shelf) -> Sequence[Sort]:
    labels = {
        Shelf.COMING: _("Mendatang"),
        Shelf.DRAFT: _("Rancangan"),
        Shelf.PAST: _("Lampau"),
        Shelf.ALL: _("Semua"),
    }
    return [Sort(label, f"{HOME}?show={one.value}", counts[one], one is shown) for one, label in labels.items()]


def _line(actor: Actor, house: Organizer, one: Listed) -> dict[str, object]:
    return {
        "workshop": one.workshop,
        "registered": one.registered,
        "href": _page_of(actor, house, one.workshop),
        "rehearsal": one.workshop.rehearsal,
    }


def _page_of(actor: Actor, house: Organizer, row: Workshop) -> str | None:
    """Where whoever looks has something to do: preparing a draft, the overview of what is announced, the door."""
    if row.status is WorkshopStatus.DRAFT and actor.may(Permission.WORKSHOPS_WRITE):
        return f"{SETUP}?workshop={row.id}"
    for path, permission in (
        (OVERVIEW, Permission.REGISTRATIONS_READ),
        (ATTENDANCE, Permission.ATTENDANCE_READ),
        (DOOR, Permission.DEVICES_WRITE),
    ):
        if actor.may(permission):
            return f"{path}?workshop={row.id}"
    hidden = row.status is WorkshopStatus.DRAFT or row.never_published
    return None if hidden else f"/w/{house.slug}/{row.slug}"
