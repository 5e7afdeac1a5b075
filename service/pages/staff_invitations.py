"""What the bearer of an invitation's link sees: whose staff they become, and the choice of a password."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import staff_invitations
from service.errors import AlreadyMember, Conflict, InvalidInput, TooManyRequests
from service.models.accounts_shapes import Acceptance
from service.pages import forms
from service.pages.account import same_twice
from service.pages.forms import errors_of
from service.pages.house import house_page
from service.pages.render import FormError
from service.pages.route import SIGN_IN, PageRoute
from service.pages.session import remember_email
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.sessions import visit_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PLACE = "/invitation-staff/{token}"
Anyone = Annotated[Actor, allow_first(Permission.PUBLIC)]
Reader = Annotated[Actor, allow(Permission.PUBLIC)]
Secret = Annotated[str, Form(max_length=256)]


@router.get(PLACE, operation_id="page_staff_invitation")
async def show(token: str, session: Session, _actor: Reader) -> Response:
    """What is offered; opening the link accepts nothing."""
    return await _page(session, token)


@router.post(PLACE, operation_id="page_accept_staff_invitation")
async def accept(
    token: str,
    request: Request,
    _actor: Anyone,
    name: Annotated[str, Form(max_length=300)] = "",
    password: Secret = "",
    again: Secret = "",
) -> Response:
    """Becomes a member, and signs in next."""
    database = database_of(request)
    try:
        same_twice(password, again)
        given = {"password": password} | ({"name": name} if name.strip() else {})
        data = forms.read(Acceptance, given, {})
        email = await staff_invitations.accept(database, token, data, visit_of(request))
    except (InvalidInput, AlreadyMember, Conflict, TooManyRequests) as refused:
        async with database.read() as session:
            return await _page(session, token, name, errors_of(refused), refused.status)
    answer = RedirectResponse(f"{SIGN_IN}?done=accepted", status_code=303)
    remember_email(answer, email, secure=database.settings.secure)
    return answer


async def _page(
    session: AsyncSession, token: str, name: str | None = None, errors: Sequence[FormError] = (), status: int = 200
) -> Response:
    row, house = await staff_invitations.opened(session, token)
    return house_page(
        session,
        house,
        "invitation_staff.html",
        status=status,
        action=PLACE.format(token=token),
        email=row.email,
        called=row.name if name is None else name,
        role=row.role,
        until=row.expires_at,
        timezone=house.timezone,
        errors=errors,
    )
