"""Messages to people: what was sent, what waits for a phone, what could not be sent."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import group_text, mail
from service.domain import bounces, dispatch, letters, messages, messages_overview
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.messages_shapes import GroupText, MessageRead, MessageResend, MessageSummary, OccasionCount
from service.routers.access import (
    Page,
    Paging,
    Session,
    allow,
    allow_first,
    cursor,
    database_of,
    keyset_id,
    page_of,
)
from service.routers.route import ApiRoute

_COPIED = set(MessageRead.model_fields) & set(Message.model_fields) - {"what"}
_MAIL = {"schema": {"type": "string", "description": "The notification as it arrived (RFC 5322)"}}
router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["messages"])


class MessagesQuery(Paging):
    """Which messages."""

    registration: UUID | None = Field(None, description="Only those about this registration")
    workshop: UUID | None = Field(None, description="Only those about this workshop")
    occasion: Occasion | None = Field(None, description="Only those of this occasion")
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
        workshop_id=query.workshop,
        occasion=query.occasion,
        statuses=[query.status] if query.status else [],
        channel=query.channel,
        before=keyset_id(key[0]) if key else None,
        limit=query.limit + 1,
    )
    page, more = page_of(found, query.limit)
    return Page(items=await _read(session, actor, page), next=cursor(page[-1].id) if more else None)


@router.get("/workshops/{workshop_id}/messages/summary", operation_id="summarise_messages")
async def summarise_messages(
    workshop_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.MESSAGES_READ)]
) -> MessageSummary:
    """How the workshop's messages stand, and how many people and organisations no channel reaches."""
    seen = await messages_overview.overview(session, actor, workshop_id)
    return MessageSummary(
        occasions=[
            OccasionCount(occasion=occasion, occasion_name=mail.occasion_name(occasion), counts=counts)
            for occasion, counts in seen.counts.items()
        ],
        unreachable=seen.unreachable,
        send_list=seen.total(MessageStatus.WAITING),
        failed=seen.total(MessageStatus.FAILED),
        bounced=seen.total(MessageStatus.BOUNCED),
    )


@router.get("/workshops/{workshop_id}/group-text", operation_id="get_group_text")
async def get_group_text(
    workshop_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.MESSAGES_READ)]
) -> GroupText:
    """A text for a WhatsApp group that names the public page alone: what stands in a group is everybody's."""
    workshop, house, url = await messages_overview.announced(session, actor, workshop_id)
    text = group_text.compose(
        title=workshop.title,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        timezone=workshop.timezone,
        venue=workshop.venue_name,
        page=url,
        language=house.language,
    )
    return GroupText(text=text, url=url, whatsapp=group_text.whatsapp_url(text))


@router.post("/messages/{message_id}/resend", operation_id="resend_message")
async def resend_message(
    message_id: UUID,
    session: Session,
    actor: Annotated[Actor, allow(Permission.MESSAGES_WRITE)],
    data: MessageResend | None = None,
) -> MessageRead:
    """Sends it again to the contact as it is now, and answers with the message that is on its way.

    By the best channel there is, or by the one asked for: what was mailed can be sent from a phone instead.
    """
    again = await messages.resend(session, actor, message_id, data.channel if data else None)
    [shown] = await _read(session, actor, [again])
    return shown


@router.post("/messages/{message_id}/sent", operation_id="mark_message_sent")
async def mark_message_sent(
    message_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.MESSAGES_WRITE)]
) -> MessageRead:
    """A person sent a waiting message from a phone: who and when is kept."""
    [shown] = await _read(session, actor, [await messages.mark_sent(session, actor, message_id)])
    return shown


@router.post(
    "/messages/bounces",
    operation_id="report_bounce",
    openapi_extra={
        "x-idempotency": False,
        "requestBody": {"required": True, "content": {"message/rfc822": _MAIL, "multipart/report": _MAIL}},
    },
)
async def report_bounce(
    request: Request, actor: Annotated[Actor, allow_first(Permission.MESSAGES_WRITE)]
) -> MessageRead:
    """Takes a mail server's notification that a mail came back (RFC 3464), and answers with the message it is about.

    The same notification again changes nothing. 404 when it names no message of this organizer.
    """
    bounce = await asyncio.to_thread(bounces.read, await request.body())
    async with database_of(request).write() as session:
        message = await bounces.receive(session, bounce, actor.tenant)
        [shown] = await _read(session, actor, [message])
    return shown


async def _read(session: AsyncSession, actor: Actor, rows: Sequence[Message]) -> list[MessageRead]:
    may_send = actor.may(Permission.MESSAGES_WRITE) and actor.may(Permission.CONTACTS_READ)
    waiting = [row for row in rows if may_send and row.status is MessageStatus.WAITING and not dispatch.is_stale(row)]
    whatsapp = {
        facts.message_id: mail.whatsapp_url(facts.phones, facts)
        for facts in await letters.facts_of(session, waiting)
        if facts
    }
    return [
        MessageRead(
            **row.model_dump(include=_COPIED),
            occasion_name=mail.occasion_name(row.occasion),
            what=row.what.split(",") if row.what and row.occasion == Occasion.CHANGED else [],
            recipient=addressee.name,
            organisation=addressee.organisation,
            stale=row.status is MessageStatus.DROPPED and row.error == dispatch.STALE,
            whatsapp=whatsapp.get(row.id),
        )
        for row, addressee in zip(rows, await letters.addressees(session, rows), strict=True)
    ]
