"""Messages of a workshop as the committee sees them: who was not reached and why, what is planned, what to share."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import group_text, mail
from service.domain import letters, messages, messages_overview, registrations_edit
from service.i18n import gettext as _
from service.models.messages import MessageStatus, Reminder
from service.models.registrations import LIVE, Registration
from service.models.workshops import ReminderKind, Workshop, WorkshopStatus
from service.pages.choosing import choose
from service.pages.house import staff_page
from service.pages.menus import MESSAGES, SEND_LIST
from service.pages.message_words import keeps_mail
from service.pages.route import PageRoute
from service.routers.access import Session, allow

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.MESSAGES_READ)]
Sender = Annotated[Actor, allow(Permission.MESSAGES_WRITE)]
Relinker = Annotated[Actor, allow(Permission.REGISTRATIONS_WRITE)]
SHOWN = 100
_TROUBLE = (MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNREACHABLE)


@dataclass(frozen=True)
class Trouble:
    """A message that did not arrive, and why."""

    name: str
    organisation: str
    occasion: str
    status: str
    reason: str | None
    at: datetime
    resend: str


@dataclass(frozen=True)
class Planned:
    """A reminder: when it goes out, and which day it is about."""

    kind: str
    about: date
    due_at: datetime
    status: str


@dataclass(frozen=True)
class Shared:
    """A join link that was used from many places at once."""

    name: str
    number: int
    at: datetime
    renew: str | None


@router.get(MESSAGES, operation_id="page_messages")
async def show_messages(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The state of a workshop's messages; without a choice that of the one that runs or is nearest."""
    actor.require(Permission.CONTACTS_READ)
    choices, chosen = await choose(session, actor, workshop)
    shown = await _about(session, actor, chosen) if chosen else {}
    return await staff_page(
        session,
        actor,
        "messages.html",
        MESSAGES,
        workshop=None,
        status=200,
        choices=choices,
        chosen=chosen,
        may_send=actor.may(Permission.MESSAGES_WRITE),
        done=done,
        **shown,
    )


@router.post(MESSAGES + "/{message_id}/resend", operation_id="page_resend_message")
async def resend(message_id: UUID, session: Session, actor: Sender) -> Response:
    """Sends a message again, to the contact as it is now."""
    row = await messages.resend(session, actor, message_id)
    return _back(row.workshop_id, "resent")


@router.post(MESSAGES + "/links/{registration_id}", operation_id="page_renew_links")
async def renew_links(registration_id: UUID, session: Session, actor: Relinker) -> Response:
    """Replaces the links of somebody whose join link was passed on."""
    row = await registrations_edit.relink(session, actor, registration_id)
    return _back(row.workshop_id, "relinked")


def _back(workshop_id: UUID | None, done: str) -> Response:
    chosen = f"workshop={workshop_id}&" if workshop_id else ""
    return RedirectResponse(f"{MESSAGES}?{chosen}done={done}", status_code=303)


async def _about(session: AsyncSession, actor: Actor, workshop: Workshop) -> dict[str, object]:
    text = await _group_text(session, actor, workshop)
    return {
        "counts": await _counts(session, actor, workshop),
        "troubles": await _troubles(session, actor, workshop),
        "reminders": await _reminders(session, workshop),
        "flagged": await _flagged(session, actor, workshop),
        "group_text": text,
        "share": group_text.whatsapp_url(text) if text else None,
        "send_list": f"{SEND_LIST}?workshop={workshop.id}",
        "every": f"{MESSAGES}/all?workshop={workshop.id}",
        "kept": keeps_mail(settings_of(session)),
    }


async def _group_text(session: AsyncSession, actor: Actor, workshop: Workshop) -> str | None:
    """What may stand in a group chat: the public page, never anybody's own link; None while there is no such page."""
    if workshop.status is not WorkshopStatus.PUBLISHED:
        return None
    _workshop, house, public_page = await messages_overview.announced(session, actor, workshop.id)
    return group_text.compose(
        title=workshop.title,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        timezone=workshop.timezone,
        venue=workshop.venue_name,
        page=public_page,
        language=house.language,
    )


async def _counts(session: AsyncSession, actor: Actor, workshop: Workshop) -> dict[str, int]:
    seen = await messages_overview.overview(session, actor, workshop.id)
    statuses = (MessageStatus.WAITING, MessageStatus.FAILED, MessageStatus.BOUNCED)
    return {"unreachable": seen.unreachable} | {status.value: seen.total(status) for status in statuses}


async def _troubles(session: AsyncSession, actor: Actor, workshop: Workshop) -> list[Trouble]:
    rows = await messages.listed(session, actor, workshop_id=workshop.id, statuses=_TROUBLE, limit=SHOWN)
    return [
        Trouble(
            name=addressee.name or "",
            organisation=addressee.organisation or "",
            occasion=mail.occasion_name(row.occasion),
            status=row.status.value,
            reason=row.error,
            at=row.created_at,
            resend=f"{MESSAGES}/{row.id}/resend",
        )
        for row, addressee in zip(rows, await letters.addressees(session, rows), strict=True)
    ]


async def _reminders(session: AsyncSession, workshop: Workshop) -> list[Planned]:
    query = select(Reminder).where(Reminder.workshop_id == workshop.id).order_by(col(Reminder.due_at))
    names = {
        ReminderKind.WEEK: _("Pengingat H-7"),
        ReminderKind.DAY: _("Pengingat H-1"),
        ReminderKind.HOUR: _("Pengingat satu jam sebelumnya"),
        ReminderKind.EACH_DAY: _("Pengingat hari berikutnya"),
        ReminderKind.THANKS: _("Ucapan terima kasih dan sertifikat"),
        ReminderKind.COMMITMENTS_WEEK: _("Tenggat data: satu minggu lagi"),
        ReminderKind.COMMITMENTS_DAY: _("Tenggat data: besok"),
        ReminderKind.COMMITMENTS_OVERDUE: _("Data yang melewati tenggat, setiap minggu"),
        ReminderKind.REVIEW: _("Data yang menunggu verifikasi, untuk panitia"),
        ReminderKind.ESCALATION: _("Surat kepada pimpinan, lalu daftar Sekda"),
    }
    return [Planned(names[row.kind], row.about, row.due_at, row.status.value) for row in await session.exec(query)]


async def _flagged(session: AsyncSession, actor: Actor, workshop: Workshop) -> list[Shared]:
    shared_at = col(Registration.link_shared_at)
    query = select(Registration).where(
        Registration.workshop_id == workshop.id, shared_at.is_not(None), col(Registration.status).in_(LIVE)
    )
    may = actor.may(Permission.REGISTRATIONS_WRITE)
    return [
        Shared(row.name, row.number, row.link_shared_at, f"{MESSAGES}/links/{row.id}" if may else None)
        for row in await session.exec(query.order_by(shared_at.desc()))
        if row.link_shared_at
    ]
