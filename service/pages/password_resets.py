"""A forgotten password: asking for the link, and setting another password with it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from service import clock
from service.auth import Actor, Permission
from service.domain import password_resets
from service.errors import InvalidInput, TooManyRequests
from service.pages.account import same_twice
from service.pages.forms import errors_of
from service.pages.message_words import unsent
from service.pages.render import FormError, page
from service.pages.route import SIGN_IN, PageRoute
from service.pages.session import remember_email
from service.routers import visiting
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.sessions import set_known, visit_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
RESET = "/reset"
Anyone = Annotated[Actor, allow_first(Permission.PUBLIC)]
Reader = Annotated[Actor, allow(Permission.PUBLIC)]
Secret = Annotated[str, Form(max_length=256)]


@router.get(RESET, operation_id="page_reset")
async def show_request(request: Request, _actor: Anyone) -> Response:
    """Asks for the address."""
    return _asks(request)


@router.post(RESET, operation_id="page_request_reset")
async def ask(request: Request, _actor: Anyone, email: Annotated[str, Form(max_length=254)] = "") -> Response:
    """Has the link sent; says the same whether the address has an account or not."""
    try:
        await password_resets.request(database_of(request), email, visiting.source(request))
    except TooManyRequests as refused:
        response = _asks(request, errors=errors_of(refused), status=refused.status)
        response.headers["Retry-After"] = str(refused.retry_after)
        return response
    return _asks(request, sent=True)


@router.get(RESET + "/{token}", operation_id="page_reset_link")
async def show_link(token: str, request: Request, session: Session, _actor: Reader) -> Response:
    """Asks for the new password; opening the link changes nothing."""
    await password_resets.find(session, token)
    return _sets(request, token)


@router.post(RESET + "/{token}", operation_id="page_reset_password")
async def set_password(
    token: str, request: Request, _actor: Anyone, password: Secret = "", again: Secret = ""
) -> Response:
    """Sets the password; the person signs in with it."""
    try:
        same_twice(password, again)
        database = database_of(request)
        email, known = await password_resets.use(database, token, password, visit_of(request).known)
    except InvalidInput as refused:
        async with database_of(request).read() as session:
            await password_resets.find(session, token)
        return _sets(request, token, errors_of(refused), refused.status)
    answer = RedirectResponse(f"{SIGN_IN}?done=reset", status_code=303)
    set_known(answer, database.settings, known)
    remember_email(answer, email, secure=database.settings.secure)
    return answer


def _asks(request: Request, *, sent: bool = False, errors: Sequence[FormError] = (), status: int = 200) -> Response:
    settings = database_of(request).settings
    return page(
        "reset.html",
        status=status,
        action=RESET,
        sign_in=SIGN_IN,
        sent=sent,
        errors=errors,
        demo=clock.now() if settings.now else None,
        unsent=unsent(settings),
    )


def _sets(request: Request, token: str, errors: Sequence[FormError] = (), status: int = 200) -> Response:
    demo = clock.now() if database_of(request).settings.now else None
    return page("reset_password.html", status=status, action=f"{RESET}/{token}", errors=errors, demo=demo)
