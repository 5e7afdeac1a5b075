"""Messages to people: what was sent, what waits for a phone, what could not be sent."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import mail
from service.domain import letters, messages
from service.models.messages import Channel, Message, MessageStatus
from service.models.messages_shapes import MessageRead
from service.routers.access import Page, Paging, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

_COPIED = set(MessageRead.model_fields) & set(Message.model_fields)
router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["messages"])


class MessagesQuery(Paging):
    """Which messages."""

    registration: UUID | None = Field(None, description="Only those about this registration")
    status: MessageStatus | None = Field(None, description="Only those in this status")
    channel: Channel | None = Field(None, description="Only those over this channel")


@router.get("/messages", operation_id="list_messages")
async def list_messages(
    query: Annotated[MessagesQuery, Query()],
    session: Session,
    actor: Annotated[Actor, allow(Permission.MESSAGES_READ)],
) -> Page[MessageRead]:
    """Messages, the newest first. `?status=waiting&channel=send_list` is the send list."""
    key = query.after(1)
    found = await messages.listed(
        session,
        actor,
        registration_id=query.registration,
        statuses=[query.status] if query.status else [],
        channel=query.channel,
        before=keyset_id(key[0]) if key else None,
        limit=query.limit + 1,
    )
    page, more = page_of(found, query.limit)
    return Page(items=await _read(session, actor, page), next=cursor(page[-1].id) if more else None)


@router.post("/messages/{message_id}/resend", operation_id="resend_message")
async def resend_message(
    message_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.MESSAGES_WRITE)]
) -> MessageRead:
    """Sends it again to the contact as it is now, and answers with the message that is on its way."""
    [shown] = await _read(session, actor, [await messages.resend(session, actor, message_id)])
    return shown


@router.post("/messages/{message_id}/sent", operation_id="mark_message_sent")
async def mark_message_sent(
    message_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.MESSAGES_WRITE)]
) -> MessageRead:
    """A person sent a waiting message from a phone: who and when is kept."""
    [shown] = await _read(session, actor, [await messages.mark_sent(session, actor, message_id)])
    return shown


async def _read(session: AsyncSession, actor: Actor, rows: Sequence[Message]) -> list[MessageRead]:
    may_send = actor.may(Permission.MESSAGES_WRITE) and actor.may(Permission.CONTACTS_READ)
    waiting = [row for row in rows if may_send and row.status is MessageStatus.WAITING]
    whatsapp = {
        facts.message_id: mail.whatsapp_url(facts.phones, facts)
        for facts in await letters.facts_of(session, waiting)
        if facts
    }
    return [
        MessageRead(
            **row.model_dump(include=_COPIED),
            occasion_name=mail.occasion_name(row.occasion),
            recipient=addressee.name,
            organisation=addressee.organisation,
            whatsapp=whatsapp.get(row.id),
        )
        for row, addressee in zip(rows, await letters.addressees(session, rows), strict=True)
    ]
