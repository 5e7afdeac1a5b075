"""Inviting many organisations at once: whom and to what, then what that would do, then the word to do it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain import inviting, inviting_reads, workshops
from service.domain.inviting_reads import Preview, Uninvited
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.invitations_shapes import InvitationBatch
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.instants import write_instant
from service.pages.invitations_staff import advice, seen, values_of
from service.pages.menus import INVITATIONS, ORGANISATIONS
from service.pages.organisations import class_word
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Inviter = Annotated[Actor, allow(Permission.INVITATIONS_WRITE)]
FirstInviter = Annotated[Actor, allow_first(Permission.INVITATIONS_WRITE)]
INVITE = "/staff/invite"
CHOSEN = "chosen"
_BEFORE = timedelta(days=2)
"""How long before the start delegates are to be named, unless the committee says otherwise."""


@router.get(INVITE, operation_id="page_invite")
async def show_form(
    session: Session,
    actor: Inviter,
    workshop: Annotated[UUID | None, Query()] = None,
    organisation: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Whom to invite, one of them perhaps ticked, with what quota, until when."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(INVITATIONS, status_code=303)
    ticked = {"whom": CHOSEN, "organisations": organisation} if organisation else {}
    return await _form(session, actor, chosen, {**_proposed(chosen), **ticked})


@router.post(INVITE + "/{workshop_id}/preview", operation_id="page_preview_invitations")
async def show_preview(workshop_id: UUID, request: Request, session: Session, actor: Inviter) -> Response:
    """What inviting them would do; nothing is written yet."""
    typed = await forms.typed(request)
    workshop = await workshops.find(session, actor, workshop_id)
    try:
        data = _batch(typed, workshop)
        found = await inviting_reads.preview(session, actor, workshop_id, data)
    except Refusal as refused:
        return await _form(session, actor, workshop, typed, _errors(refused), refused.status)
    return await _form(session, actor, workshop, typed, preview=found, deadline=data.deadline)


@router.post(INVITE + "/{workshop_id}", operation_id="page_invite_many")
async def invite(workshop_id: UUID, request: Request, actor: FirstInviter) -> Response:
    """Invites them, or with the button `back` shows the form again. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            if "back" in typed:
                return await _form(session, actor, workshop, typed)
            made, before = await inviting.invite_many(session, actor, workshop_id, _batch(typed, workshop))
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            return await _form(session, actor, workshop, typed, _errors(refused), refused.status)
    query = {"workshop": str(workshop_id), "done": "invited", "count": len(made), "left": len(before)}
    return RedirectResponse(f"{INVITATIONS}?{urlencode(query)}", status_code=303)


def _batch(typed: Typed, workshop: Workshop) -> InvitationBatch:
    """Raises InvalidInput."""
    whom = typed.get("whom", "")
    codes = typed.get("organisations", "").splitlines()
    if not whom or (whom == CHOSEN and not codes):
        raise InvalidInput.at("/whom" if not whom else "/organisations", _("Pilih instansi yang diundang."))
    who = {"organisations": codes} if whom == CHOSEN else {"org_class": whom}
    return forms.read(InvitationBatch, who | values_of(typed, workshop), advice())


def _errors(refused: Refusal) -> list[FormError]:
    """A class is chosen among the radio buttons, which are called `whom`."""
    return [
        FormError("whom", one.message) if one.field.partition("-")[0] in {"org_class", "organisations"} else one
        for one in seen(forms.errors_of(refused))
    ]


def _proposed(workshop: Workshop) -> Typed:
    """Two days before the start, where that is still to come."""
    deadline = workshop.starts_at - _BEFORE
    return {"deadline": write_instant(deadline, workshop.timezone)} if deadline > clock.now() else {}


def _groups(people: Sequence[Uninvited]) -> list[Option]:
    """Every class with an organisation that is not invited yet, the largest first, and one's own choice."""
    counts = Counter(one.org_class for one in people)
    groups = [
        Option(
            name,
            _("Semua {group}").format(group=class_word(name)),
            _("{count} instansi belum diundang").format(count=n),
        )
        for name, n in counts.most_common()
    ]
    return [*groups, Option(CHOSEN, _("Pilih satu per satu"), _("Centang instansinya pada daftar di bawah."))]


async def _form(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    typed: Typed,
    errors: Sequence[FormError] = (),
    status: int = 200,
    preview: Preview | None = None,
    deadline: datetime | None = None,
) -> Response:
    people = [] if preview else await inviting_reads.uninvited(session, actor, workshop)
    ticked = set(typed.get("organisations", "").splitlines())
    return await staff_page(
        session,
        actor,
        "invite.html",
        INVITATIONS,
        workshop=workshop,
        status=status,
        chosen=workshop,
        action=f"{INVITE}/{workshop.id}",
        back=f"{INVITATIONS}?workshop={workshop.id}",
        new_office=f"{ORGANISATIONS}-new" if actor.may(Permission.ORGANISATIONS_WRITE) else "",
        groups=_groups(people),
        people=people,
        ticked=ticked,
        modes=workshops.offered_modes(workshop),
        preview=preview,
        deadline=deadline,
        sent=[(name, line) for name, text in typed.items() if name != "csrf" for line in text.splitlines()],
        typed=typed,
        errors=errors,
    )
