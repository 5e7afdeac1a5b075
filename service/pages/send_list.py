"""The send list: people who can be reached by telephone only, one tap each on a committee phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import mail
from service.domain import letters, messages
from service.models.messages import Channel, Message, MessageStatus
from service.models.organizers import Organizer, Staff
from service.pages.render import page
from service.pages.route import PageRoute
from service.routers.access import Session, allow

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/staff/send-list"
DONE_STAYS = timedelta(days=1)
Sender = Annotated[Actor, allow(Permission.MESSAGES_WRITE)]


@dataclass(frozen=True)
class Entry:
    """One message: to be sent, or marked as sent."""

    name: str
    organisation: str
    occasion: str
    whatsapp: str
    mark: str
    sent_at: datetime | None
    sent_by: str | None


@router.get(LIST, operation_id="page_send_list")
async def show_list(session: Session, actor: Sender) -> Response:
    """What waits for a phone, and what was sent within the last day. Opening the page changes nothing."""
    actor.require(Permission.CONTACTS_READ)
    organizer = await session.get_one(Organizer, actor.tenant)
    return page(
        "send_list.html",
        entries=await _entries(session, actor),
        organizer=organizer,
        timezone=organizer.timezone,
        csrf=actor.csrf,
        demo=clock.now() if settings_of(session).now else None,
    )


@router.post(LIST + "/{message_id}/sent", operation_id="page_mark_sent")
async def mark_sent(message_id: UUID, session: Session, actor: Sender) -> Response:
    """Marks a message as sent, by whom and when, and goes back to the list."""
    await messages.mark_sent(session, actor, message_id)
    return RedirectResponse(LIST, status_code=303)


async def _entries(session: AsyncSession, actor: Actor) -> list[Entry]:
    waiting = await messages.listed(session, actor, statuses=[MessageStatus.WAITING], channel=Channel.SEND_LIST)
    sent = await messages.listed(session, actor, statuses=[MessageStatus.SENT], channel=Channel.SEND_LIST, limit=50)
    done = [row for row in sent if row.sent_at and row.sent_at > clock.now() - DONE_STAYS]
    rows = [*reversed(waiting), *done]
    names = await _senders(session, done)
    shown = []
    for row, addressee in zip(rows, await letters.addressees(session, rows), strict=True):
        facts = await letters.facts(session, row) if row.sent_at is None else None
        whatsapp = mail.whatsapp_url(facts.phones, facts) if facts else None
        if row.sent_at is None and whatsapp is None:
            continue
        shown.append(
            Entry(
                name=addressee.name or "",
                organisation=addressee.organisation or "",
                occasion=mail.occasion_name(row.occasion),
                whatsapp=whatsapp or "",
                mark=f"{LIST}/{row.id}/sent",
                sent_at=row.sent_at,
                sent_by=names.get(row.sent_by or ""),
            )
        )
    return shown


async def _senders(session: AsyncSession, rows: Sequence[Message]) -> dict[str, str]:
    """Names of the staff who marked messages, by the label kept with them."""
    labels = {row.sent_by for row in rows if row.sent_by and row.sent_by.startswith("staff:")}
    ids = [UUID(label.removeprefix("staff:")) for label in labels]
    found = await session.exec(select(Staff.id, Staff.name).where(col(Staff.id).in_(ids)))
    return {f"staff:{staff_id}": name for staff_id, name in found}
