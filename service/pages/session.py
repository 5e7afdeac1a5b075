"""The door for staff: signing in and out, and the page behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import calendars_staff, sessions
from service.errors import TooManyRequests, WrongCredentials
from service.i18n import gettext as _
from service.models.organizers import Role
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Modality, Workshop, WorkshopStatus
from service.pages.house import HOME, staff_nav
from service.pages.render import FormError, page
from service.pages.route import SIGN_IN, PageRoute
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.sessions import forget_cookie, open_session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 50
Anyone = Annotated[Actor, allow_first(Permission.PUBLIC)]
Own = Annotated[Actor, allow(Permission.SESSION_OWN)]


@dataclass(frozen=True)
class ListedWorkshop:
    """A workshop on the home page; `registered` counts those who wait as well. A draft has no page yet."""

    title: str
    href: str | None
    status: WorkshopStatus
    modality: Modality
    starts_at: datetime
    ends_at: datetime
    timezone: str
    registered: int


@router.get("/sign-in", operation_id="page_sign_in")
async def show_sign_in(
    request: Request, _actor: Anyone, after: Annotated[str, Query(alias="next", max_length=500)] = ""
) -> Response:
    """The sign-in form."""
    return _form(request, after=after)


@router.post("/sign-in", operation_id="page_signed_in")
async def sign_in(
    request: Request,
    _actor: Anyone,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    after: Annotated[str, Form(alias="next", max_length=500)] = "",
) -> Response:
    """Signs in and goes on to where the person wanted to go."""
    answer = RedirectResponse(local_path(after) or HOME, status_code=303)
    try:
        await open_session(request, answer, email, password)
    except WrongCredentials:
        error = FormError("email", _("Surel atau kata sandi salah. Periksa keduanya, lalu coba lagi."))
        return _form(request, email=email, after=after, error=error, status=401)
    except TooManyRequests as refused:
        minutes = -(-(refused.retry_after or 60) // 60)
        error = FormError("", _("Terlalu banyak percobaan. Coba lagi setelah {minutes} menit.").format(minutes=minutes))
        response = _form(request, email=email, after=after, error=error, status=429)
        response.headers["Retry-After"] = str(refused.retry_after)
        return response
    return answer


@router.post("/sign-out", operation_id="page_sign_out")
async def sign_out(request: Request, session: Session, actor: Own) -> Response:
    """Ends the session."""
    await sessions.sign_out(session, actor)
    answer = RedirectResponse(SIGN_IN, status_code=303)
    forget_cookie(answer, database_of(request).settings)
    return answer


@router.post("/staff/organizer", operation_id="page_choose_organizer")
async def choose_organizer(session: Session, actor: Own, slug: Annotated[str, Form(max_length=80)]) -> Response:
    """Works for another of one's organizers."""
    await sessions.choose_organizer(session, actor, slug)
    return RedirectResponse(HOME, status_code=303)


@router.get("/staff", operation_id="page_staff_home")
async def show_home(session: Session, actor: Own) -> Response:
    """The organizer's workshops, and who is signed in."""
    return await _home(session, actor)


@router.post("/staff/calendar", operation_id="page_issue_own_calendar")
async def issue_own_calendar(session: Session, actor: Own) -> Response:
    """A new address of one's own calendar, shown this once; the former one ends. Reloading the page makes another."""
    return await _home(session, actor, calendar=await calendars_staff.issue(session, actor))


@router.post("/staff/calendar/end", operation_id="page_end_own_calendar")
async def end_own_calendar(session: Session, actor: Own) -> Response:
    """Ends the address of one's own calendar."""
    await calendars_staff.end(session, actor)
    return RedirectResponse(HOME, status_code=303)


async def _home(session: AsyncSession, actor: Actor, calendar: str | None = None) -> Response:
    """`calendar`: the address that was just made. Only members of the organizer worked for can have one."""
    row, staff = await sessions.current(session, actor.session_id)
    choices = await sessions.organizers_of(session, staff)
    house, role = next((each for each in choices if each[0].id == row.organizer_id), (None, Role.SUPER_OWNER))
    has_calendar = await calendars_staff.is_issued(session, actor) if house else None
    return page(
        "home.html",
        private=True,
        organizer=house,
        calendar=calendar,
        has_calendar=has_calendar,
        staff=staff,
        role=role,
        organizers=[each for each, _role in choices] if len(choices) > 1 else [],
        sign_out="/sign-out",
        workshops=await _workshops(session, actor, house.slug) if house else [],
        nav=staff_nav(actor, HOME) if house else (),
        csrf=actor.csrf,
        demo=clock.now() if settings_of(session).now else None,
    )


def local_path(text: str) -> str | None:
    """The text when it is a path on this host, else None: nobody is led elsewhere after signing in."""
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if plain else None


def _form(
    request: Request, *, email: str = "", after: str = "", error: FormError | None = None, status: int = 200
) -> Response:
    response = page(
        "sign_in.html",
        status=status,
        action=SIGN_IN,
        email=email,
        next=local_path(after) or "",
        errors=(error,) if error else (),
        demo=clock.now() if database_of(request).settings.now else None,
    )
    # With no-referrer a browser says `Origin: null`, and the form could not be told from another site's.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


async def _workshops(session: AsyncSession, actor: Actor, house: str) -> Sequence[ListedWorkshop]:
    query = select(Workshop).where(Workshop.organizer_id == actor.tenant)
    if actor.workshops is not None:
        query = query.where(col(Workshop.id).in_(actor.workshops))
    rows = (await session.exec(query.order_by(col(Workshop.starts_at).desc(), col(Workshop.id)).limit(SHOWN))).all()
    waiting = (RegistrationStatus.CONFIRMED, RegistrationStatus.PENDING, RegistrationStatus.WAITLISTED)
    counting = (
        select(Registration.workshop_id, func.count())
        .where(col(Registration.workshop_id).in_([row.id for row in rows]), col(Registration.status).in_(waiting))
        .group_by(col(Registration.workshop_id))
    )
    registered = dict((await session.exec(counting)).all())
    return [
        ListedWorkshop(
            title=row.title,
            href=None if row.status is WorkshopStatus.DRAFT or row.never_published else f"/w/{house}/{row.slug}",
            status=row.status,
            modality=row.modality,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            timezone=row.timezone,
            registered=registered.get(row.id, 0),
        )
        for row in rows
    ]
