"""The signed-in browser of a member of staff: JSON for applications that bring their own pages."""

import re
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import ROLE_PERMISSIONS, Actor, Permission
from service.domain import sessions, signing_in
from service.domain.signing_in import Opened, Visit
from service.errors import CrossSite
from service.models.accounts_shapes import SignedIn
from service.models.organizers import Organizer, Role, Staff, StaffSession
from service.models.organizers_shapes import (
    OrganizerChoice,
    PasswordChange,
    SecondFactorState,
    SessionOrganizer,
    SessionRead,
    SessionStaff,
    SignIn,
)
from service.routers import visiting
from service.routers.access import (
    Page,
    PageQuery,
    Session,
    allow,
    allow_first,
    cursor,
    database_of,
    keyset_id,
    page_of,
    session_cookie_name,
)
from service.routers.route import ApiRoute
from service.settings import Settings

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["session"])
Own = Annotated[Actor, allow(Permission.ACCOUNT_OWN)]
OwnFirst = Annotated[Actor, allow_first(Permission.ACCOUNT_OWN)]
NO_REPLAY: dict[str, object] = {"x-idempotency": False}
_KNOWN, _KNOWN_SECONDS = "-known", 400 * 24 * 3600
"""The longest that browsers keep a cookie."""


@router.post("/session", operation_id="sign_in", openapi_extra=NO_REPLAY)
async def sign_in(
    data: SignIn,
    request: Request,
    response: Response,
    _actor: Annotated[Actor, allow_first(Permission.PUBLIC)],
) -> SessionRead:
    """Signs in with address and password; the session cookie comes with the answer. Only from this host's pages.

    An account with a second factor also sends its code; without it the answer is 401 `second_factor_needed`.
    """
    row = await open_session(request, response, data.email, data.password, data.code)
    async with database_of(request).read() as session:
        return await _read(session, row)


@router.get("/session", operation_id="get_session")
async def get_session(session: Session, actor: Own) -> SessionRead:
    """Who is signed in, for which organizer, and the CSRF token for changes."""
    row, _staff = await sessions.current(session, actor.session_id)
    return await _read(session, row)


@router.put("/session/organizer", operation_id="choose_organizer")
async def choose_organizer(data: OrganizerChoice, session: Session, actor: Own) -> SessionRead:
    """Works for another of one's organizers from now on."""
    return await _read(session, await sessions.choose_organizer(session, actor, data.slug))


@router.put("/session/password", operation_id="change_password", status_code=204)
async def change_password(data: PasswordChange, request: Request, response: Response, actor: OwnFirst) -> None:
    """Changes the password and ends all other sessions of the person; this one gets a new cookie."""
    database, held = database_of(request), visit_of(request).known
    cookie, known = await sessions.change_password(database, actor, data.current_password, data.password, held)
    set_cookie(response, database.settings, cookie)
    set_known(response, database.settings, known)


@router.delete("/session", operation_id="sign_out", status_code=204)
async def sign_out(request: Request, response: Response, session: Session, actor: Own) -> None:
    """Ends the session."""
    await sessions.sign_out(session, actor)
    forget_cookie(response, database_of(request).settings)


@router.get("/sessions", operation_id="list_sessions")
async def list_sessions(session: Session, actor: Own, paging: PageQuery) -> Page[SignedIn]:
    """The caller's signed-in browsers, the newest first."""
    after = paging.after(1)
    found = await sessions.own(session, actor, keyset_id(after[0]) if after else None, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=[_signed_in(row, actor) for row in page], next=cursor(page[-1].id) if more else None)


@router.delete("/sessions", operation_id="end_other_sessions", status_code=204)
async def end_other_sessions(session: Session, actor: Own) -> None:
    """Signs the caller out of every browser but this one."""
    row, staff = await sessions.current(session, actor.session_id)
    await sessions.end_others(session, staff.id, row.id)


@router.delete("/sessions/{session_id}", operation_id="end_session", status_code=204)
async def end_session(session_id: UUID, session: Session, actor: Own) -> None:
    """Ends one of the caller's sessions."""
    await sessions.end_one(session, actor, session_id)


async def open_session(
    request: Request, response: Response, email: str, password: str, code: str | None = None
) -> StaffSession:
    """Signs in and puts the cookie on the response; the browser's former session ends.

    Raises CrossSite, WrongCredentials, SecondFactorNeeded, WrongCode, TooManyRequests.
    """
    database = database_of(request)
    require_same_origin(request, database.settings)
    opened = await signing_in.sign_in(database, email, password, visit_of(request), code)
    return _opened(response, database.settings, opened)


async def take_second_step(request: Request, response: Response, challenge: str, code: str) -> None:
    """The second step of signing in; puts the cookie on the response.

    Raises CrossSite, StepExpired, WrongCode, TooManyRequests.
    """
    database = database_of(request)
    require_same_origin(request, database.settings)
    opened = await signing_in.second_step(database, challenge, code, visit_of(request))
    _opened(response, database.settings, opened)


def _opened(response: Response, settings: Settings, opened: Opened) -> StaffSession:
    set_cookie(response, settings, opened.cookie)
    set_known(response, settings, opened.known)
    return opened.session


def visit_of(request: Request) -> Visit:
    """Where a sign-in comes from."""
    name = session_cookie_name(secure=database_of(request).settings.secure)
    browser = browser_of(request.headers.get("user-agent", ""))
    held = request.cookies
    return Visit(visiting.source(request), held.get(name), browser, held.get(name + _KNOWN))


def set_cookie(response: Response, settings: Settings, cookie: str) -> None:
    """Gives the browser its session's cookie."""
    response.set_cookie(
        session_cookie_name(secure=settings.secure),
        cookie,
        max_age=settings.session_hours * 3600,
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def set_known(response: Response, settings: Settings, known: str) -> None:
    """Makes the browser known for an account; it stays so when the person signs out."""
    response.set_cookie(
        session_cookie_name(secure=settings.secure) + _KNOWN,
        known,
        max_age=_KNOWN_SECONDS,
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""What names itself in a User-Agent; the first that does counts, since each also claims to be those after it."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> str:
    """A browser in a few words, e.g. `Firefox, Android`, for people to recognise theirs; empty when it says nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    known = ", ".join(filter(None, (browser, system)))
    return known or re.sub(r"[^A-Za-z0-9 ._-]", "", user_agent.partition("/")[0])[:40]


def forget_cookie(response: Response, settings: Settings) -> None:
    """Takes the session cookie away from the browser."""
    name = session_cookie_name(secure=settings.secure)
    response.delete_cookie(name, secure=settings.secure, httponly=True, samesite="lax")


def require_same_origin(request: Request, settings: Settings) -> None:
    """Refuses a sign-in sent by a page of another site, which would sign the visitor into the attacker's account.

    Programs send none of these headers and are let through: they have no visitor's browser. Raises CrossSite.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise CrossSite
        return
    origin = request.headers.get("origin") or request.headers.get("referer")
    ours = {request.headers.get("host", "").lower(), urlsplit(settings.base_url).netloc.lower()}
    if origin is not None and _host_of(origin) not in ours:
        raise CrossSite


def _host_of(address: str) -> str | None:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return None


async def _read(session: AsyncSession, row: StaffSession) -> SessionRead:
    _row, staff = await sessions.current(session, row.id)
    choices = await sessions.organizers_of(session, staff)
    chosen = next(((house, role) for house, role in choices if house.id == row.organizer_id), None)
    second = second_factor_of(staff, chosen[0] if chosen else None)
    held = ROLE_PERMISSIONS[chosen[1]] if chosen else frozenset[Permission]()
    permissions = frozenset[Permission]() if second is SecondFactorState.REQUIRED else held
    return SessionRead(
        csrf_token=row.csrf,
        staff=SessionStaff(id=staff.id, name=staff.name, email=staff.email),
        organizer=_choice(*chosen) if chosen else None,
        organizers=[_choice(*each) for each in choices],
        permissions=sorted(permissions),
        second_factor=second,
        expires_at=row.expires_at,
    )


def _choice(house: Organizer, role: Role) -> SessionOrganizer:
    return SessionOrganizer(slug=house.slug, name=house.name, role=role)


def second_factor_of(staff: Staff, house: Organizer | None) -> SecondFactorState:
    """How the person's second factor stands with the organizer worked for."""
    if staff.totp_since is not None:
        return SecondFactorState.ON
    return SecondFactorState.REQUIRED if house and house.second_factor else SecondFactorState.OFF


def _signed_in(row: StaffSession, actor: Actor) -> SignedIn:
    return SignedIn(
        id=row.id,
        browser=row.browser,
        current=row.id == actor.session_id,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )
