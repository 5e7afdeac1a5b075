"""An organisation answers its invitation: names who comes, takes somebody back, or declines. The link is the key."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import invitations, workshops
from service.errors import BadRequest, InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.invitations import Invitation
from service.models.invitations_shapes import DelegateCreate, InvitationView
from service.models.organizers import Organizer
from service.models.registrations_shapes import Reason
from service.models.workshops import Mode, Workshop
from service.pages import forms
from service.pages.forms import Option, Typed
from service.pages.house import house_page
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
DELEGATE = ("name", "position", "email", "phone", "mode")
Token = Annotated[str, Path(max_length=64)]
Visitor = Annotated[Actor, allow_first(Permission.PUBLIC)]


@router.get("/invitations/{token}", operation_id="page_invitation")
async def show_invitation(
    token: Token, session: Session, _visitor: Visitor, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The invitation, who is named so far, and the forms. Looking changes nothing."""
    return await _page(session, token, {}, (), done=done)


@router.post("/invitations/{token}", operation_id="page_answer_invitation")
async def answer(token: Token, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says: add, withdraw or decline."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            done = await _act(session, await invitations.open_link(session, token), typed)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            return await _page(session, token, typed, forms.errors_of(refused), status=refused.status)
    return RedirectResponse(f"/invitations/{token}?done={done}", status_code=303)


async def _act(session: AsyncSession, row: Invitation, typed: Typed) -> str:
    match typed.get("do"):
        case "add":
            values = {name: typed[name] for name in DELEGATE if name in typed}
            await invitations.add_delegate(session, row, _delegate(values))
            return "added"
        case "withdraw":
            await invitations.withdraw_delegate(session, row, _uuid(typed.get("delegate", "")))
            return "withdrawn"
        case "decline":
            advice = {"reason": _("Tuliskan alasan secara singkat.")}
            data = forms.read(Reason, {"reason": typed.get("reason", "")}, advice)
            await invitations.decline(session, row, data.reason)
            return "declined"
    raise BadRequest


def _delegate(values: dict[str, str]) -> DelegateCreate:
    advice = {
        "name": _("Tuliskan nama lengkap."),
        "mode": _("Pilih cara hadir."),
        "email": _("Isi dengan alamat surel, misalnya nama@luwukab.go.id."),
        "phone": _("Isi dengan nomor telepon, misalnya 0812-0000-0001."),
    }
    data = forms.read(DelegateCreate, values, advice)
    if not (data.email or data.phone):
        # Staff may leave it out, since they know whom they enter; a link for a delegate has to go somewhere.
        raise InvalidInput.at("/email", _("Isi alamat surel atau nomor telepon."))
    return data


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadRequest from None


async def _page(
    session: AsyncSession,
    token: str,
    typed: Typed,
    errors: Sequence[FormError],
    *,
    status: int = 200,
    done: str = "",
) -> Response:
    row = await invitations.open_link(session, token)
    workshop = await session.get_one(Workshop, row.workshop_id)
    organizer = await session.get_one(Organizer, row.organizer_id)
    view = await invitations.view(session, row)
    return house_page(
        session,
        organizer,
        "invitation.html",
        status=status,
        invitation=view,
        workshop=workshop,
        workshop_page=f"/w/{organizer.slug}/{workshop.slug}",
        over=invitations.is_over(row, workshop),
        reason=row.reason,
        letter_date=row.letter_date,
        modes=_modes(workshop, view),
        done=done,
        typed=typed,
        errors=errors,
        action=f"/invitations/{token}",
    )


def _modes(workshop: Workshop, view: InvitationView) -> list[Option]:
    """The offered modes and what the quota leaves of each."""
    labels = {Mode.OFFLINE: _("Luring (di tempat)"), Mode.ONLINE: _("Daring")}
    quotas = {Mode.OFFLINE: view.quota.offline, Mode.ONLINE: view.quota.online}
    options = []
    for mode in workshops.offered_modes(workshop):
        named = sum(delegate.mode is mode for delegate in view.delegates)
        quota = quotas[mode]
        if quota is None:
            note = _("{named} ditunjuk, tanpa batas kuota").format(named=named)
        else:
            note = _("{named} dari kuota {quota} sudah ditunjuk").format(named=named, quota=quota)
        options.append(Option(mode, labels[mode], note, quota is not None and named >= quota))
    return options
