"""The send list: people who can be reached by telephone only, one tap each on a committee phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.documents import mail
from service.domain import dispatch, letters, messages
from service.models.messages import Channel, Message, MessageStatus
from service.models.organizers import Staff
from service.models.workshops import Workshop
from service.pages.house import staff_page
from service.pages.menus import SEND_LIST
from service.pages.route import PageRoute
from service.routers.access import Session, allow

router = APIRouter(route_class=PageRoute, include_in_schema=False)
DONE_STAYS = timedelta(days=1)
Sender = Annotated[Actor, allow(Permission.MESSAGES_WRITE)]


@dataclass(frozen=True)
class Entry:
    """One message: to be sent, or marked as sent."""

    workshop_id: UUID | None
    name: str
    organisation: str
    occasion: str
    whatsapp: str
    mark: str
    sent_at: datetime | None
    sent_by: str | None


@dataclass(frozen=True)
class Group:
    """What waits for people of one workshop."""

    title: str
    entries: list[Entry]


@router.get(SEND_LIST, operation_id="page_send_list")
async def show_list(
    session: Session, actor: Sender, workshop: Annotated[UUID | None, Query(description="Only this one")] = None
) -> Response:
    """What waits for a phone, and what was sent within the last day. Opening the page changes nothing."""
    actor.require(Permission.CONTACTS_READ)
    listed = partial(messages.listed, session, actor, workshop_id=workshop, channel=Channel.SEND_LIST)
    waiting = await listed(statuses=[MessageStatus.WAITING])
    sent = await listed(statuses=[MessageStatus.SENT], limit=50)
    done = [row for row in sent if row.sent_by and row.sent_at and row.sent_at > clock.now() - DONE_STAYS]
    entries = await _waiting(session, waiting[::-1])
    return await staff_page(
        session,
        actor,
        "send_list.html",
        SEND_LIST,
        groups=await _groups(session, entries),
        left=len(entries),
        sent=await _sent(session, done),
    )


@router.post(SEND_LIST + "/{message_id}/sent", operation_id="page_mark_sent")
async def mark_sent(message_id: UUID, session: Session, actor: Sender) -> Response:
    """Marks a message as sent, by whom and when, and goes back to the list, where the next one stands first."""
    await messages.mark_sent(session, actor, message_id)
    return RedirectResponse(SEND_LIST, status_code=303)


async def _waiting(session: AsyncSession, rows: Sequence[Message]) -> list[Entry]:
    """Messages that still have a reason and a number, the oldest first."""
    entries = []
    found = zip(rows, await letters.addressees(session, rows), await letters.facts_of(session, rows), strict=True)
    for row, addressee, facts in found:
        whatsapp = mail.whatsapp_url(facts.phones, facts) if facts and not dispatch.is_stale(row) else None
        if whatsapp:
            entries.append(_entry(row, addressee, whatsapp, None))
    return entries


async def _sent(session: AsyncSession, rows: Sequence[Message]) -> list[Entry]:
    """Messages marked as sent, the latest mark first."""
    names = await _senders(session, rows)
    pairs = zip(rows, await letters.addressees(session, rows), strict=True)
    entries = [_entry(row, addressee, "", names.get(row.sent_by or "")) for row, addressee in pairs]
    return sorted(entries, key=lambda entry: entry.sent_at or clock.now(), reverse=True)


def _entry(row: Message, addressee: letters.Addressee, whatsapp: str, sent_by: str | None) -> Entry:
    return Entry(
        workshop_id=row.workshop_id,
        name=addressee.name or "",
        organisation=addressee.organisation or "",
        occasion=mail.occasion_name(row.occasion),
        whatsapp=whatsapp,
        mark=f"{SEND_LIST}/{row.id}/sent",
        sent_at=row.sent_at,
        sent_by=sent_by,
    )


async def _groups(session: AsyncSession, entries: Sequence[Entry]) -> list[Group]:
    """Entries under the title of their workshop, the workshop that begins first before the others."""
    query = select(Workshop).where(col(Workshop.id).in_({entry.workshop_id for entry in entries}))
    rows = (await session.exec(query.order_by(col(Workshop.starts_at), col(Workshop.id)))).all()
    order = {row.id: (place, row.title) for place, row in enumerate(rows)}
    nowhere = (len(rows), "")
    ordered = sorted(entries, key=lambda entry: order.get(entry.workshop_id, nowhere)[0] if entry.workshop_id else -1)
    grouped = groupby(ordered, key=lambda entry: entry.workshop_id)
    return [Group(order[key][1] if key in order else "", list(group)) for key, group in grouped]


async def _senders(session: AsyncSession, rows: Sequence[Message]) -> dict[str, str]:
    """Names of the staff who marked messages, by the label kept with them."""
    labels = {row.sent_by for row in rows if row.sent_by and row.sent_by.startswith("staff:")}
    ids = [UUID(label.removeprefix("staff:")) for label in labels]
    found = await session.exec(select(Staff.id, Staff.name).where(col(Staff.id).in_(ids)))
    return {f"staff:{staff_id}": name for staff_id, name in found}
