"""The second factor, set up by scanning a code, with recovery codes shown once."""

import base64
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import qr
from service.domain import second_factor, sessions
from service.domain.second_factor import Setup
from service.errors import InvalidState, Refusal
from service.models.organizers import Organizer
from service.pages.account import account_page
from service.pages.forms import errors_of
from service.pages.menus import ACCOUNT, HOME
from service.pages.render import FormError
from service.pages.route import SECOND_FACTOR, PageRoute
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.sessions import second_factor_of, set_cookie

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Account = Annotated[Actor, allow(Permission.ACCOUNT_OWN)]
AccountFirst = Annotated[Actor, allow_first(Permission.ACCOUNT_OWN)]
Secret = Annotated[str, Form(max_length=256)]
SETTING_UP = SECOND_FACTOR + "/setup"
Code = Annotated[str, Form(max_length=80)]


@router.get(SECOND_FACTOR, operation_id="page_second_factor")
async def show(session: Session, actor: Account) -> Response:
    """How it stands, and what can be done about it."""
    return await _page(session, actor)


@router.post(SECOND_FACTOR, operation_id="page_begin_second_factor")
async def begin(request: Request, actor: AccountFirst, current_password: Secret = "") -> Response:
    """Makes the secret and leads on to its code, on a page of its own.

    Whoever sets up with the phone that browses comes back from the app, and the page may be loaded again then: the
    same code must be there.
    """
    try:
        await second_factor.begin(database_of(request), actor, current_password)
    except Refusal as refused:
        return await _again(request, actor, refused)
    return RedirectResponse(SETTING_UP, status_code=303)


@router.get(SETTING_UP, operation_id="page_second_factor_setup")
async def show_setup(session: Session, actor: Account) -> Response:
    """The code to scan; it has no effect until the app's first code is typed."""
    try:
        return await _page(session, actor, setup=await second_factor.pending(session, actor))
    except InvalidState:
        return RedirectResponse(SECOND_FACTOR, status_code=303)


@router.post(SECOND_FACTOR + "/confirm", operation_id="page_confirm_second_factor")
async def confirm(request: Request, actor: AccountFirst, code: Code = "") -> Response:
    """Turns it on; the recovery codes are in the answer, and never again."""
    try:
        codes, cookie = await second_factor.confirm(database_of(request), actor, code)
    except Refusal as refused:
        return await _again(request, actor, refused, scanned=True)
    return await _codes(request, actor, codes, cookie)


@router.post(SECOND_FACTOR + "/codes", operation_id="page_renew_recovery_codes")
async def renew_codes(
    request: Request, actor: AccountFirst, current_password: Secret = "", code: Code = ""
) -> Response:
    """New recovery codes in place of the former ones."""
    try:
        codes, cookie = await second_factor.renew_codes(database_of(request), actor, current_password, code)
    except Refusal as refused:
        return await _again(request, actor, refused)
    return await _codes(request, actor, codes, cookie)


@router.post(SECOND_FACTOR + "/off", operation_id="page_remove_second_factor")
async def turn_off(request: Request, actor: AccountFirst, current_password: Secret = "", code: Code = "") -> Response:
    """Turns it off."""
    try:
        cookie = await second_factor.turn_off(database_of(request), actor, current_password, code)
    except Refusal as refused:
        return await _again(request, actor, refused)
    answer = RedirectResponse(f"{ACCOUNT}?done=factor_off", status_code=303)
    set_cookie(answer, database_of(request).settings, cookie)
    return answer


async def _again(request: Request, actor: Actor, refused: Refusal, *, scanned: bool = False) -> Response:
    """The same form with what was wrong; after a wrong first code also the same picture."""
    async with database_of(request).read() as session:
        setup = None
        if scanned:
            try:
                setup = await second_factor.pending(session, actor)
            except Refusal:
                setup = None
        return await _page(session, actor, setup=setup, errors=errors_of(refused), status=refused.status)


async def _codes(request: Request, actor: Actor, codes: Sequence[str], cookie: str) -> Response:
    async with database_of(request).read() as session:
        response = await _page(session, actor, codes=codes)
    set_cookie(response, database_of(request).settings, cookie)
    return response


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    setup: Setup | None = None,
    codes: Sequence[str] = (),
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    row, staff = await sessions.current(session, actor.session_id)
    house = await session.get(Organizer, row.organizer_id) if row.organizer_id else None
    return await account_page(
        session,
        actor,
        "account_second_factor.html",
        status,
        action=SECOND_FACTOR,
        back=ACCOUNT,
        onward=HOME,
        state=second_factor_of(staff, house).value,
        since=staff.totp_since,
        codes_left=await second_factor.codes_left(session, staff.id) if staff.totp_since else 0,
        setup=setup,
        picture=_picture(setup) if setup else "",
        codes=codes,
        errors=errors,
    )


def _picture(setup: Setup) -> str:
    """The QR code as an address of its own: it is kept nowhere, and no other request can fetch it."""
    return "data:image/svg+xml;base64," + base64.b64encode(qr.svg(setup.uri)).decode("ascii")
