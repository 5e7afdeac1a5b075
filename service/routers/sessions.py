"""The signed-in browser of a member of staff: JSON for applications that bring their own pages."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import ROLE_PERMISSIONS, Actor, Permission
from service.db import Database
from service.domain import sessions
from service.errors import CrossSite
from service.models.organizers import Organizer, Role, StaffSession
from service.models.organizers_shapes import (
    OrganizerChoice,
    PasswordChange,
    SessionOrganizer,
    SessionRead,
    SessionStaff,
    SignIn,
)
from service.routers.access import Session, allow, allow_first, database_of, session_cookie_name
from service.routers.route import ApiRoute
from service.settings import Settings

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["session"])
Own = Annotated[Actor, allow(Permission.SESSION_OWN)]
NO_REPLAY: dict[str, object] = {"x-idempotency": False}


@router.post("/session", operation_id="sign_in", openapi_extra=NO_REPLAY)
async def sign_in(
    data: SignIn,
    request: Request,
    response: Response,
    _actor: Annotated[Actor, allow_first(Permission.PUBLIC)],
) -> SessionRead:
    """Signs in with address and password; the session cookie comes with the answer. Only from this host's pages."""
    row = await open_session(request, response, data.email, data.password)
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
async def change_password(
    data: PasswordChange, request: Request, actor: Annotated[Actor, allow_first(Permission.SESSION_OWN)]
) -> None:
    """Changes the password and ends all other sessions of the person."""
    await sessions.change_password(database_of(request), actor, data.current_password, data.password)


@router.delete("/session", operation_id="sign_out", status_code=204)
async def sign_out(request: Request, response: Response, session: Session, actor: Own) -> None:
    """Ends the session."""
    await sessions.sign_out(session, actor)
    forget_cookie(response, database_of(request).settings)


async def open_session(request: Request, response: Response, email: str, password: str) -> StaffSession:
    """Signs in and puts the cookie on the response; the browser's former session ends.

    Raises CrossSite, WrongCredentials, TooManyRequests.
    """
    database: Database = database_of(request)
    require_same_origin(request, database.settings)
    name = session_cookie_name(secure=database.settings.secure)
    address = request.client.host if request.client else ""
    cookie, row = await sessions.sign_in(database, email, password, address=address, former=request.cookies.get(name))
    response.set_cookie(
        name,
        cookie,
        max_age=database.settings.session_hours * 3600,
        secure=database.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return row


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
    permissions = ROLE_PERMISSIONS[chosen[1]] if chosen else frozenset[Permission]()
    return SessionRead(
        csrf_token=row.csrf,
        staff=SessionStaff(id=staff.id, name=staff.name, email=staff.email),
        organizer=_choice(*chosen) if chosen else None,
        organizers=[_choice(*each) for each in choices],
        permissions=sorted(permissions),
        expires_at=row.expires_at,
    )


def _choice(house: Organizer, role: Role) -> SessionOrganizer:
    return SessionOrganizer(slug=house.slug, name=house.name, role=role)
