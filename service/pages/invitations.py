"""An organisation answers its invitation: names who comes, asks for all or none, or declines. The link is the key."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import i18n
from service.domain import invitations, workshops
from service.i18n import gettext as _
from service.models.invitations import Invitation, InvitationStatus
from service.models.invitations_shapes import DelegateCreate, InvitationView
from service.models.organizers import Organizer
from service.models.registrations import RegistrationStatus
from service.models.registrations_shapes import Reason
from service.models.workshops import Mode, Workshop, WorkshopStatus
from service.pages import forms
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import house_page, personal_contact
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.standing import is_over
from service.pages.visitors import Token, Visitor, mode_words
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
DELEGATE = ("name", "position", "represents", "email", "phone", "mode")
Deed = Callable[[AsyncSession, Invitation, Typed], Awaitable[str]]
"""Does what a form asks for; answers what is `done`."""


@router.get("/invitations/{token}", operation_id="page_invitation")
async def show_invitation(
    token: Token, session: Session, _visitor: Visitor, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The invitation, who is named so far, and the forms. Looking changes nothing."""
    return await _page(session, token, {}, done=done)


@router.post("/invitations/{token}", operation_id="page_answer_invitation")
async def answer(token: Token, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says: add, together or decline."""
    return await submit(request, token, _act, _page)


async def submit(request: Request, token: str, act: Deed, form: forms.Form) -> Response:
    """Does what the form asks for, with the invitation behind the link, and goes back to its page."""

    async def do(session: AsyncSession, typed: Typed) -> str:
        return await act(session, await invitations.open_link(session, token), typed)

    return await forms.submit(request, token, f"/invitations/{token}", do, form)


def delegate_of(values: Typed) -> DelegateCreate:
    """Somebody new as typed. Raises InvalidInput."""
    data = forms.read(DelegateCreate, {name: values[name] for name in DELEGATE if name in values}, forms.advice())
    # Staff may leave it out, since they know whom they enter.
    forms.check_reachable(data)
    return data


async def invitation_page(
    session: AsyncSession, row: Invitation, view: InvitationView, template: str, *, status: int = 200, **context: object
) -> Response:
    """A page about this invitation in the name of its organizer."""
    workshop = await session.get_one(Workshop, row.workshop_id)
    organizer = await session.get_one(Organizer, row.organizer_id)
    return house_page(
        session,
        organizer,
        template,
        status=status,
        private=True,
        invitation=view,
        workshop=workshop,
        workshop_page=f"/w/{organizer.slug}/{workshop.slug}",
        contact=personal_contact(organizer),
        **context,
    )


async def _act(session: AsyncSession, row: Invitation, typed: Typed) -> str:
    match typed.get("do"):
        case "add":
            before = {one.id for one in (await invitations.view(session, row)).delegates}
            named = await invitations.add_delegate(session, row, delegate_of(typed))
            waits = any(one.status is RegistrationStatus.WAITLISTED for one in named if one.id not in before)
            return "queued" if waits else "added"
        case "together":
            together = typed.get("together") == "yes"
            await invitations.ask_together(session, row, all_or_none=together)
            return "together" if together else "singly"
        case "decline":
            advice = {"reason": _("Tuliskan alasan secara singkat.")}
            data = forms.read(Reason, {"reason": typed.get("reason", "")}, advice)
            await invitations.decline(session, row, data.reason)
            return "declined"
    raise BadForm


async def _page(
    session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError] = (), status: int = 200, done: str = ""
) -> Response:
    row = await invitations.open_link(session, token)
    workshop = await session.get_one(Workshop, row.workshop_id)
    view = await invitations.view(session, row)
    return await invitation_page(
        session,
        row,
        view,
        "invitation.html",
        status=status,
        reason=row.reason,
        letter=f"/invitations/{token}/letter.pdf",
        closed=_closed(workshop) if view.over else None,
        held=held(workshop, view),
        modes=modes(workshop, view),
        together=workshop.waiting_list and row.status is InvitationStatus.SENT and _several(view),
        done=done,
        typed=typed,
        errors=errors,
        action=f"/invitations/{token}",
    )


def _closed(workshop: Workshop) -> str:
    """Why nobody can be named any more, and what to do then."""
    if workshop.status is WorkshopStatus.CANCELLED:
        return ". ".join(filter(None, (_("Kegiatan dibatalkan"), workshop.cancellation_reason)))
    if is_over(workshop):
        return _("Kegiatan sudah selesai")
    return _("Batas waktu undangan sudah lewat. Hubungi panitia untuk menunjuk atau mengganti peserta.")


def _several(view: InvitationView) -> bool:
    """Whether there can be several delegates who wait for each other."""
    quotas = (view.quota.offline, view.quota.online)
    return None in quotas or sum(quota or 0 for quota in quotas) > 1


def held(workshop: Workshop, view: InvitationView) -> list[str]:
    """What is set aside until when, in words; and when that is less than the quota, what happens to the others."""
    if view.over or view.deadline is None or view.status is not InvitationStatus.SENT:
        return []
    texts = {Mode.OFFLINE: _("{count} kursi luring"), Mode.ONLINE: _("{count} kursi daring")}
    counts = {mode: getattr(view.held, mode) or 0 for mode in workshops.offered_modes(workshop)}
    seats = ", ".join(texts[mode].format(count=count) for mode, count in counts.items() if count)
    until = i18n.speak_instant(view.deadline, view.timezone)
    aside = _("{seats} disediakan sampai {until}; sesudahnya kembali untuk umum.").format(seats=seats, until=until)
    said = [aside] if seats else []
    left = {mode: (getattr(view.quota, mode) or 0) - _named(view, mode) for mode in counts}
    if any(left[mode] > counts[mode] for mode in counts):
        said.append(_("Untuk kuota selebihnya kursi belum tersedia: peserta yang ditunjuk dapat masuk daftar tunggu."))
    return said


def modes(workshop: Workshop, view: InvitationView) -> list[Option]:
    """The offered modes and what the quota leaves of each."""
    words = mode_words()
    options = []
    for mode in workshops.offered_modes(workshop):
        named, quota = _named(view, mode), getattr(view.quota, mode)
        if quota is None:
            note = _("{named} ditunjuk, tanpa batas kuota").format(named=named)
        else:
            note = _("{named} dari kuota {quota} sudah ditunjuk").format(named=named, quota=quota)
        options.append(Option(mode, words[mode], note, quota is not None and named >= quota))
    return options


def _named(view: InvitationView, mode: Mode) -> int:
    return sum(delegate.mode is mode for delegate in view.delegates)
