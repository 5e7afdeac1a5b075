"""An organizer's workshops within another website's page: a script that makes frames, and what stands in them.

Only the organizer's own websites (`embed_origins`) may frame these pages. No cookie is set or read: the language goes
along in the address, and nothing remembers who looked.
"""

from collections.abc import Callable, Coroutine
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.auth import ANONYMOUS
from service.db import settings_of
from service.domain import workshops_reading
from service.domain.workshops_reading import Filters
from service.errors import NotFound, Refusal
from service.models.organizers import Organizer
from service.models.registrations import RegistrationStatus
from service.pages import forms, public
from service.pages.forms import BadForm, Typed
from service.pages.guards import hidden
from service.pages.house import public_contact
from service.pages.public import Refused
from service.pages.render import CSP, STATIC, page
from service.pages.route import refusal_page
from service.pages.visitors import Visitor, Word, base_of, find_house, find_workshop
from service.routers.access import Session, database_of
from service.routers.route import conditional

SHOWN = 12
_NOBODY = "frame-ancestors 'none'"


class EmbedRoute(APIRoute):
    """The visitor's language from the address or the browser; refusals as pages of their own."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            i18n.use(request.query_params.get("lang") or i18n.language())
            try:
                return conditional(request, await inner(request))
            except RequestValidationError:
                return refusal_page(request, BadForm())
            except Refusal as refusal:
                return refusal_page(request, refusal)

        return handle


router = APIRouter(route_class=EmbedRoute, include_in_schema=False)


@router.get("/embed/{organizer}.js", operation_id="embed_script")
async def show_script(organizer: Word, session: Session, _visitor: Visitor) -> Response:
    """The script for the organizer's websites: it finds its places in the page and puts a frame into each."""
    await find_house(session, organizer)
    headers = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(_script(), media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/embed/{organizer}", operation_id="embed_list")
async def show_list(organizer: Word, session: Session, _visitor: Visitor) -> Response:
    """What comes, soonest first; each leads to its page, in the whole window."""
    house = await find_house(session, organizer)
    # Whole minutes: the statement is kept by its filters.
    now = clock.now().replace(second=0, microsecond=0)
    filters = Filters(organizer=house.slug, coming_at=now)
    glances = await workshops_reading.page(session, ANONYMOUS, filters, None, SHOWN)
    found = await workshops_reading.read(session, [glance.id for glance in glances])
    workshops = [found[glance.id] for glance in glances if glance.id in found]
    return _framed(session, house, "embed_list.html", workshops=workshops, home=f"{base_of(session)}/o/{house.slug}")


@router.get("/embed/{organizer}/{slug}", operation_id="embed_form")
async def show_form(organizer: Word, slug: Word, session: Session, _visitor: Visitor) -> Response:
    """A workshop's registration form; when nobody can register, why."""
    house = await find_house(session, organizer)
    try:
        return await _form(session, house, slug, {}, None)
    except NotFound:
        # Said in the frame: another refusal would leave it blank.
        return _framed(session, house, "embed_gone.html", status=404, home=f"{base_of(session)}/o/{house.slug}")


@router.post("/embed/{organizer}/{slug}", operation_id="embed_register")
async def register(organizer: Word, slug: Word, request: Request, _visitor: Visitor) -> Response:
    """Registers a person, as the workshop's own page does; what comes next is said within the frame."""
    typed = await forms.typed(request)
    outcome = await public.attempt(request, organizer, slug, typed)
    if isinstance(outcome, Refused):
        async with database_of(request).read() as session:
            return await _form(session, await find_house(session, organizer), slug, typed, outcome)
    query = f"{public.onward(outcome, typed)}&{urlencode({'lang': i18n.language()})}"
    return RedirectResponse(f"/embed/{organizer}/{slug}/registered?{query}", status_code=303)


@router.get("/embed/{organizer}/{slug}/registered", operation_id="embed_registered")
async def show_registered(
    organizer: Word,
    slug: Word,
    session: Session,
    _visitor: Visitor,
    status: Annotated[str, Query(max_length=20)] = RegistrationStatus.CONFIRMED,
    via: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What to do next. It says the same to a new and to a known address."""
    house, workshop = await find_house(session, organizer), await find_workshop(session, organizer, slug)
    return _framed(
        session,
        house,
        "embed_registered.html",
        workshop=workshop,
        status_now=status,
        by_whatsapp=via == public.WHATSAPP,
        home=workshop.links.page,
    )


async def _form(session: AsyncSession, house: Organizer, slug: str, typed: Typed, refused: Refused | None) -> Response:
    workshop = await find_workshop(session, house.slug, slug)
    context = await public.context_of(session, house, workshop)
    context |= {
        "action": f"/embed/{house.slug}/{slug}?{urlencode({'lang': i18n.language()})}",
        "typed": typed,
        "errors": refused.errors if refused else (),
        "guard": hidden(settings_of(session)),
        "home": workshop.links.page,
    }
    response = _framed(session, house, "embed_form.html", status=refused.status if refused else 200, **context)
    # The form carries the time it was issued: a browser must not show an old one again.
    response.headers["Cache-Control"] = "no-store"
    if refused is not None and refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _framed(
    session: AsyncSession, house: Organizer, template: str, *, status: int = 200, **context: object
) -> Response:
    """A page that the organizer's websites may show in a frame, and nobody else."""
    ancestors = f"frame-ancestors {' '.join(house.embed_origins)}" if house.embed_origins else _NOBODY
    demo = clock.now() if settings_of(session).now else None
    csp = CSP.replace(_NOBODY, ancestors)
    contact = public_contact(house)
    response = page(
        template, status=status, private=False, csp=csp, organizer=house, contact=contact, demo=demo, **context
    )
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Vary"] = "Accept-Language"
    return response


@cache
def _script() -> bytes:
    return (STATIC / "embed.js").read_bytes()
