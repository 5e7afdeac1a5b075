"""Writing to several people in the committee's own words: whom it reaches, how it reads, and only then sending it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import mail
from service.domain import announcements, wordings_sample, workshops
from service.domain.announcements import LONGEST_BY_WHATSAPP
from service.errors import NotFound, Refusal
from service.i18n import gettext as _, language
from service.models.announcements_shapes import AnnouncementCreate, AnnouncementPreview, AnnouncementTo
from service.models.messages import Channel, Occasion
from service.models.wordings_shapes import WordingDraft
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import staff_page
from service.pages.menus import REGISTRATIONS, SEND_LIST
from service.pages.message_words import ways
from service.pages.registrations import mode_words, offices_of, role_words, status_words
from service.pages.registrations_wanted import list_at, wanted_of
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of
from service.tokens import new_id

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Opener = Annotated[Actor, allow(Permission.MESSAGES_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.MESSAGES_WRITE)]
HERE = REGISTRATIONS + "/{workshop_id}/message"
EARLIER = 10


@router.get(HERE, operation_id="page_message")
async def show_message(workshop_id: UUID, session: Session, actor: Opener) -> Response:
    """A message to everybody who is still registered, and what was written before."""
    workshop = await workshops.find(session, actor, workshop_id)
    return await message_page(session, actor, workshop, AnnouncementTo(), {})


@router.post(HERE, operation_id="page_send_message")
async def send(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Shows how it reads, or sends it when it was seen and is confirmed."""
    typed = await forms.typed(request)
    to = _addressed(typed)
    database = database_of(request)
    try:
        data = _read(typed, to)
        if typed.get("step") == "send":
            async with database.write() as session:
                await announcements.make(session, actor, workshop_id, data, _nonce(typed))
            return RedirectResponse(list_at(workshop_id, wanted_of(typed), "told"), status_code=303)
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            announcements.check(workshop, data)
            return await message_page(session, actor, workshop, to, typed, seen=typed.get("step") == "preview")
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            errors = forms.errors_of(refused)
            return await message_page(session, actor, workshop, to, typed, errors=errors, status=refused.status)


async def message_page(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    to: AnnouncementTo,
    typed: Typed,
    *,
    seen: bool = False,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    """The form, with how many it reaches; `seen`: with how it reads, and the button that sends it."""
    preview = await announcements.preview(session, actor, workshop.id, to)
    letter = await _letter(session, actor, workshop, typed) if seen else None
    wanted = wanted_of(typed)
    return await staff_page(
        session,
        actor,
        "registrations_message.html",
        REGISTRATIONS,
        workshop=workshop,
        status=status,
        chosen=workshop,
        action=f"{REGISTRATIONS}/{workshop.id}/message",
        back=list_at(workshop.id, wanted),
        wanted=wanted,
        send_list=f"{SEND_LIST}?workshop={workshop.id}",
        preview=preview,
        ways=[(ways(settings_of(session))[channel], count) for channel, count in sorted(preview.channels.items())],
        reached=preview.people - preview.channels.get(Channel.NONE, 0),
        cut=LONGEST_BY_WHATSAPP if _is_cut(preview, typed) else 0,
        whom=_whom(to, await offices_of(session, workshop) if to.organisation else ()),
        to=to.model_dump_json(exclude_defaults=True),
        letter=letter,
        nonce=new_id(),
        placeholders=[f"{{{name}}}" for name in announcements.placeholders(workshop)],
        told=await announcements.page(session, actor, workshop.id, None, EARLIER),
        typed=typed,
        errors=errors,
    )


async def _letter(session: AsyncSession, actor: Actor, workshop: Workshop, typed: Typed) -> mail.Letter:
    """How it reads to an office that is invented."""
    draft = WordingDraft(
        occasion=Occasion.ANNOUNCEMENT,
        language=language(),
        subject=typed.get("subject"),
        text=typed.get("text"),
        workshop=workshop.id,
    )
    return mail.compose(await wordings_sample.facts(session, actor, draft))


def _read(typed: Typed, to: AnnouncementTo) -> AnnouncementCreate:
    advice = {"subject": _("Tuliskan pokok pesan."), "text": _("Tuliskan isi pesan.")}
    values = {"subject": typed.get("subject", ""), "text": typed.get("text", ""), "to": to}
    return forms.read(AnnouncementCreate, values, advice)


def _addressed(typed: Typed) -> AnnouncementTo:
    """Whom the form was about, as it was sent along. Raises BadForm."""
    try:
        return AnnouncementTo.model_validate_json(typed.get("to", "{}"))
    except ValidationError as broken:
        raise BadForm from broken


def _nonce(typed: Typed) -> UUID:
    try:
        return UUID(typed.get("nonce", ""))
    except ValueError as broken:
        raise BadForm from broken


def _is_cut(preview: AnnouncementPreview, typed: Typed) -> bool:
    return Channel.WHATSAPP in preview.channels and len(typed.get("text", "")) > LONGEST_BY_WHATSAPP


def _whom(to: AnnouncementTo, offices: Sequence[Option]) -> list[str]:
    """The choice in words."""
    if to.registration_ids:
        return [_("yang dicentang")]
    attended = {True: _("pernah hadir"), False: _("belum pernah hadir"), None: ""}
    said = [
        status_words()[to.status] if to.status else _("semua yang masih terdaftar"),
        mode_words()[to.mode] if to.mode else "",
        role_words()[to.role] if to.role else "",
        next((one.label for one in offices if one.value == to.organisation), to.organisation or ""),
        attended[to.attended],
        _("tidak dapat dihubungi") if to.unreachable else "",
        _("cocok dengan {text}").format(text=to.q) if to.q else "",
    ]
    return [one for one in said if one]
