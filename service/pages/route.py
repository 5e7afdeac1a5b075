"""The one kind of route pages are made of: the visitor's language, and refusals as pages instead of problem+json."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from service import auth, clock, i18n
from service.auth import SecondFactorRequired
from service.domain import sessions
from service.errors import BadRequest, CsrfFailed, DeadLink, NotFound, Refusal, TooManyRequests, Unauthenticated
from service.i18n import gettext as _
from service.pages.forms import BadForm, what_to_do
from service.pages.menus import HOME
from service.pages.once import SentBefore
from service.pages.render import page
from service.pages.ways import TYPED, page_of
from service.routers import visiting
from service.routers.access import database_of, session_cookie_name, undo
from service.routers.csrf import OtherOrganizer
from service.routers.route import check_address

SIGN_IN = "/sign-in"
SECOND_FACTOR = "/staff/account/second-factor"
CHOOSE_ORGANIZER = "/staff/organizer"
LANGUAGE_COOKIE = "bimtek-lang"
LONGEST_NEXT = 500
OF_STAFF = ("/staff", "/dashboard", "/sign-out")
_YEAR = 365 * 24 * 3600


class PageRoute(APIRoute):
    """See the module. A stranger on a page of staff is led to the sign-in form and back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            chosen = request.query_params.get("lang", "")
            spoken = chosen or request.cookies.get(LANGUAGE_COOKIE, "")
            if spoken in i18n.LANGUAGES:
                i18n.use(spoken)
            try:
                check_address(request)
                response = await inner(request)
            except (Refusal, RequestValidationError, SentBefore) as refused:
                # The framework sees an answer, and would commit what was done before the refusal.
                await undo(request)
                response = await answer(request, refused)
            if chosen in i18n.LANGUAGES:
                secure = database_of(request).settings.secure
                response.set_cookie(
                    LANGUAGE_COOKIE, chosen, max_age=_YEAR, secure=secure, httponly=True, samesite="lax"
                )
            return response

        return handle


async def answer(request: Request, refused: Refusal | RequestValidationError | SentBefore) -> Response:
    """A refusal as a page, or the way to where it can be put right."""
    match refused:
        case Unauthenticated():
            return _to_sign_in(request)
        case SecondFactorRequired():
            return RedirectResponse(SECOND_FACTOR, status_code=303)
        case SentBefore():
            return refused.answer
        case OtherOrganizer():
            return await _other_organizer(request, refused)
        case RequestValidationError():
            return await _refused(request, _judged(refused))
    return await _refused(request, refused)


async def _other_organizer(request: Request, refused: OtherOrganizer) -> Response:
    """Names both organizers, and offers to go back to the one that the form was shown for."""
    database = database_of(request)
    async with database.read() as session:
        cookie = request.cookies.get(session_cookie_name(secure=database.settings.secure), "")
        actor = await auth.staff_session(session, cookie)
        row, staff = await sessions.current(session, actor.session_id if actor else None)
        houses = {house.id: house for house, _role in await sessions.organizers_of(session, staff)}
    meant, now = houses.get(refused.shown_for), houses.get(row.organizer_id) if row.organizer_id else None
    if actor is None or meant is None or now is None:
        return refusal_page(request, refused)
    form = page_of(request)
    return page(
        "other_organizer.html",
        status=refused.status,
        meant=meant,
        now=now,
        action=CHOOSE_ORGANIZER,
        back=form + TYPED if form and len(form) < LONGEST_NEXT else HOME,
        home=HOME,
        csrf=actor.csrf,
        demo=clock.now() if database.settings.now else None,
    )


class OddAddress(BadRequest):
    """A value after the question mark that makes no sense."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.said = _('Bagian alamat "{name}" tidak dapat dibaca. Perbaiki atau hapus bagian itu.').format(name=name)


def _judged(invalid: RequestValidationError) -> Refusal:
    """What is named by an id that is none is not there, wherever in the address the id stands."""
    for error in invalid.errors():
        part, *names = error["loc"]
        if part == "path" or (part == "query" and error["type"].startswith("uuid")):
            return NotFound()
        if part == "query" and names:
            return OddAddress(str(names[0]))
    return BadForm()


async def _refused(request: Request, refusal: Refusal) -> Response:
    judged = await visiting.judged(request, refusal)
    if isinstance(judged, NotFound) and (place := to_page(request)):
        return place
    if isinstance(judged, NotFound) and "token" in request.path_params:
        judged = DeadLink()
    return refusal_page(request, judged)


def refusal_page(request: Request, refusal: Refusal) -> Response:
    """A refusal, as people read it."""
    form, home = _ways_on(request, refusal)
    response = page(
        "error.html",
        status=refusal.status,
        title=_(refusal.title),
        detail=refusal.said if isinstance(refusal, OddAddress) else what_to_do(refusal),
        retry=None if isinstance(refusal, TooManyRequests) else refusal.retry_after,
        request_id=request.scope.get("request_id"),
        form=form,
        home=home,
        demo=clock.now() if database_of(request).settings.now else None,
    )
    response.headers.update(refusal.headers)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def to_page(request: Request) -> Response | None:
    """For who opens by its address what only a form can be sent to: on to the page with that form, if there is one."""
    place = page_of(request) if request.method == "GET" else None
    return RedirectResponse(place, status_code=303) if place else None


def _ways_on(request: Request, refusal: Refusal) -> tuple[str | None, str | None]:
    """Where a refusal leads: to the form, where it is worth sending again, and to a page to start from."""
    cookie = session_cookie_name(secure=database_of(request).settings.secure)
    staff = request.url.path.startswith((*OF_STAFF, "/api/")) and cookie in request.cookies
    form = page_of(request) if staff and isinstance(refusal, CsrfFailed) else None
    return form and form + TYPED, HOME if staff else None


def _to_sign_in(request: Request) -> Response:
    """A form that was sent too late is found again after signing in, on its page."""
    path, query = request.url.path, request.url.query
    back = f"{path}?{query}" if query else path
    if request.method != "GET":
        back = (page_of(request) or "") + TYPED
    if len(back) > LONGEST_NEXT:
        back = path if request.method == "GET" else ""
    return RedirectResponse(SIGN_IN + (f"?next={quote(back)}" if back else ""), status_code=303)
