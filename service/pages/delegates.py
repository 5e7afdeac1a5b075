"""One delegate of an invited organisation: the data of the appointment, somebody else instead, or nobody."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import invitations
from service.errors import NotFound
from service.models.invitations import Invitation
from service.models.invitations_shapes import DelegateCreate, DelegateRead, InvitationView
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.forms import BadForm, Option, Typed
from service.pages.invitations import DELEGATE, delegate_of, invitation_page, modes, submit
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
NEW = "new_"
"""Before the names of the fields that are about the substitute: two forms of one page share no id."""


@router.get("/invitations/{token}/delegates/{delegate_id}", operation_id="page_delegate")
async def show_delegate(token: Token, delegate_id: UUID, session: Session, _visitor: Visitor) -> Response:
    """What is known about the delegate, and the forms. Looking changes nothing."""
    return await _page(delegate_id, session, token, {})


@router.post("/invitations/{token}/delegates/{delegate_id}", operation_id="page_change_delegate")
async def change_delegate(token: Token, delegate_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says: change, replace or withdraw."""
    return await submit(request, token, partial(_act, delegate_id), partial(_page, delegate_id))


async def _act(delegate_id: UUID, session: AsyncSession, row: Invitation, typed: Typed) -> str:
    named = _find(await invitations.view(session, row), delegate_id)
    match typed.get("do"):
        case "change":
            said = {name: typed.get(name) for name in DELEGATE}
            data = forms.read(DelegateCreate, {"id": delegate_id, **said}, forms.advice())
            if named.email or named.phone:
                forms.check_reachable(data)
            await invitations.change_delegate(session, row, data)
            return "changed"
        case "replace":
            values = {name.removeprefix(NEW): text for name, text in typed.items() if name.startswith(NEW)}
            await invitations.replace_delegate(session, row, delegate_id, delegate_of({**values, "mode": named.mode}))
            return "replaced"
        case "withdraw":
            await invitations.withdraw_delegate(session, row, delegate_id)
            return "withdrawn"
    raise BadForm


async def _page(
    delegate_id: UUID,
    session: AsyncSession,
    token: str,
    typed: Typed,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    row = await invitations.open_link(session, token)
    view = await invitations.view(session, row)
    if view.over and not errors:
        raise NotFound
    delegate = _find(view, delegate_id)
    own = typed if typed.get("do") == "change" else _stored(delegate)
    if typed.get("do") == "replace":
        errors = [FormError(f"{NEW}{one.field}" if one.field else "", one.message) for one in errors]
    return await invitation_page(
        session,
        row,
        view,
        "delegate.html",
        status=status,
        delegate=delegate,
        modes=_modes(await session.get_one(Workshop, row.workshop_id), view, delegate),
        typed={**typed, **own},
        errors=errors,
        action=f"/invitations/{token}/delegates/{delegate_id}",
        back=f"/invitations/{token}",
    )


def _find(view: InvitationView, delegate_id: UUID) -> DelegateRead:
    found = next((one for one in view.delegates if one.id == delegate_id), None)
    if found is None:
        raise NotFound
    return found


def _stored(delegate: DelegateRead) -> dict[str, str]:
    known = delegate.model_dump(mode="json", include=set(DELEGATE))
    return {name: text for name, text in known.items() if text}


def _modes(workshop: Workshop, view: InvitationView, delegate: DelegateRead) -> list[Option]:
    """The delegate's own mode can always stay, also where the quota is used up."""
    return [
        Option(one.value, one.label, one.note, one.disabled and one.value != delegate.mode)
        for one in modes(workshop, view)
    ]
