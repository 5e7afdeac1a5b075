"""One's own account: who is signed in, the password, the browsers that are signed in, one's own calendar."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import calendars_staff, second_factor, sessions
from service.errors import InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.organizers import Role
from service.pages import forms, once
from service.pages.forms import errors_of
from service.pages.house import staff_page
from service.pages.menus import ACCOUNT
from service.pages.render import CSP, FormError, page
from service.pages.route import SECOND_FACTOR, PageRoute
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.sessions import second_factor_of, set_cookie, set_known, visit_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Account = Annotated[Actor, allow(Permission.ACCOUNT_OWN)]
AccountFirst = Annotated[Actor, allow_first(Permission.ACCOUNT_OWN)]
Own = Annotated[Actor, allow(Permission.SESSION_OWN)]
SHOWN = 50
FALLBACK_ZONE = "Asia/Makassar"
Secret = Annotated[str, Form(max_length=256)]


@router.get(ACCOUNT, operation_id="page_account")
async def show_account(session: Session, actor: Account, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Everything about one's own account."""
    return await _page(session, actor, done=done)


@router.post(ACCOUNT + "/password", operation_id="page_change_password")
async def change_password(
    request: Request,
    actor: AccountFirst,
    current_password: Secret = "",
    password: Secret = "",
    again: Secret = "",
) -> Response:
    """Sets a new password; all other browsers are signed out."""
    database = database_of(request)
    try:
        same_twice(password, again)
        held = visit_of(request).known
        cookie, known = await sessions.change_password(database, actor, current_password, password, held)
    except Refusal as refused:
        async with database.read() as session:
            return await _page(session, actor, errors=errors_of(refused), status=refused.status)
    answer = RedirectResponse(f"{ACCOUNT}?done=password", status_code=303)
    set_cookie(answer, database.settings, cookie)
    set_known(answer, database.settings, known)
    return answer


@router.post(ACCOUNT + "/sessions/others/end", operation_id="page_end_other_sessions")
async def end_others(session: Session, actor: Account) -> Response:
    """Signs out every browser but this one."""
    row, staff = await sessions.current(session, actor.session_id)
    await sessions.end_others(session, staff.id, row.id)
    return RedirectResponse(f"{ACCOUNT}?done=ended#sesi", status_code=303)


@router.post(ACCOUNT + "/sessions/{session_id}/end", operation_id="page_end_session")
async def end_session(session_id: UUID, session: Session, actor: Account) -> Response:
    """Signs out one of one's own browsers."""
    await sessions.end_one(session, actor, session_id)
    return RedirectResponse(f"{ACCOUNT}?done=ended#sesi", status_code=303)


@router.post("/staff/calendar", operation_id="page_issue_own_calendar")
async def issue_own_calendar(request: Request, session: Session, actor: Own) -> Response:
    """A new address of one's own calendar, shown this once; the former one ends."""
    address = await calendars_staff.issue(session, actor)
    await once.claim(session, actor, await forms.typed(request), f"{ACCOUNT}?done={once.SENT}")
    return await _page(session, actor, calendar=address)


@router.post("/staff/calendar/end", operation_id="page_end_own_calendar")
async def end_own_calendar(session: Session, actor: Own) -> Response:
    """Ends the address of one's own calendar."""
    await calendars_staff.end(session, actor)
    return RedirectResponse(f"{ACCOUNT}?done=calendar#kalender", status_code=303)


def same_twice(password: str, again: str) -> None:
    """A password that nobody sees is typed twice. Raises InvalidInput."""
    if password != again:
        raise InvalidInput.at("/again", _("Kedua kata sandi baru tidak sama. Ketik ulang keduanya."))


async def account_page(session: AsyncSession, actor: Actor, template: str, status: int, **context: object) -> Response:
    """A page of the account, which also somebody has who works for no organizer yet."""
    if actor.organizer_id is not None:
        return await staff_page(session, actor, template, ACCOUNT, workshop=None, status=status, **context)
    demo = clock.now() if settings_of(session).now else None
    told = {"csrf": actor.csrf, "timezone": FALLBACK_ZONE, "demo": demo} | context
    return page(template, status=status, private=True, csp=CSP, **told)


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    calendar: str | None = None,
) -> Response:
    """`calendar`: the address that was just made. Only members of the organizer worked for can have one."""
    row, staff = await sessions.current(session, actor.session_id)
    choices = await sessions.organizers_of(session, staff)
    house, role = next((each for each in choices if each[0].id == row.organizer_id), (None, Role.SUPER_OWNER))
    member = house is not None and not actor.unproven
    return await account_page(
        session,
        actor,
        "account.html",
        status,
        staff=staff,
        role=role,
        organizers=[each for each, _role in choices] if len(choices) > 1 or (choices and house is None) else [],
        second_factor=second_factor_of(staff, house).value,
        second_factor_page=SECOND_FACTOR,
        codes_left=await second_factor.codes_left(session, staff.id) if staff.totp_since else 0,
        sessions=await sessions.own(session, actor, None, SHOWN),
        this_one=row.id,
        has_calendar=await calendars_staff.is_issued(session, actor) if member else None,
        calendar=calendar,
        once=once.value(),
        errors=errors,
        done=done,
    )
