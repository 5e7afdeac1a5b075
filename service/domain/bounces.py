"""Mail that came back: delivery status notifications (RFC 3464), read as what they are, input from anybody.

What is known of the sender is that it knows the Message-ID of a mail of ours, which nobody but its recipient and the
servers on the way have seen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message as Part
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.db import settings_of
from service.errors import NotFound, UnreadableNotice
from service.events import MessageBounced
from service.models.messages import Channel, Message, MessageStatus

MOST_PARTS = 40
"""Marks of nesting in one notification; a real one has a handful. More would keep the parser busy for seconds."""
_NESTING = re.compile(rb"boundary|message/", re.IGNORECASE)
_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([^<>\s]{1,255})>", re.IGNORECASE)
_STATUS = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_MESSAGE_ID = re.compile(r"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_RETURNED = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
_REPORTS = {"message/delivery-status", "message/global-delivery-status"}


@dataclass(frozen=True)
class Bounce:
    """What a notification says: of which of our mails (id, host), and the status code, e.g. 5.1.1."""

    message_id: UUID
    host: str
    code: str

    @property
    def final(self) -> bool:
        """Whether the mail will never arrive; else it is only late."""
        return self.code.startswith("5")


def read(raw: bytes) -> Bounce:
    """What a notification says. Raises UnreadableNotice for what is none, NotFound when it names no mail like ours."""
    if len(_NESTING.findall(raw)) > MOST_PARTS:
        raise UnreadableNotice
    try:
        report = message_from_bytes(raw, policy=policy.compat32)
        parts = list(report.walk())
    except (MessageError, ValueError, LookupError, AttributeError, TypeError) as broken:
        # Python's parser stumbles over some of what is sent to it, each time in another way.
        raise UnreadableNotice from broken
    code = _code(parts)
    if code is None:
        raise UnreadableNotice
    found = next(_named(report, parts), None)
    if found is None:
        raise NotFound
    return Bounce(UUID(found[1]), found[2].lower(), code)


async def receive(session: AsyncSession, bounce: Bounce, organizer_id: UUID | None = None) -> Message:
    """Keeps that a mail came back; a second notification changes nothing, one of a delay is only noted.

    `organizer_id` limits it to one house. Raises NotFound (unknown, or not a mail of this service).
    """
    if bounce.host != (urlsplit(settings_of(session).base_url).hostname or "localhost"):
        raise NotFound
    query = select(Message).where(Message.id == bounce.message_id, col(Message.channel) == Channel.MAIL)
    message = (await session.exec(query.with_for_update())).first()
    if message is None or organizer_id not in (None, message.organizer_id):
        raise NotFound
    if message.status in (MessageStatus.BOUNCED, MessageStatus.DROPPED, MessageStatus.UNREACHABLE):
        return message
    message.error = f"SMTP {bounce.code}"
    if bounce.final:
        message.status = MessageStatus.BOUNCED
        message.attempts += 1
        await outbox.record(session, MessageBounced(organizer_id=message.organizer_id, message_id=message.id))
    session.add(message)
    await session.flush()
    return message


def _code(parts: list[Part]) -> str | None:
    """The gravest status of any recipient; None when there is no report of a failure or delay in it."""
    codes = []
    for part in parts:
        if part.get_content_type() not in _REPORTS:
            continue
        for block in _blocks(part):
            found = _STATUS.match(str(block.get("Status", "")))
            action = str(block.get("Action", "")).strip().lower()
            if action in ("failed", "delayed"):
                codes.append(".".join(found.groups()) if found else "5.0.0" if action == "failed" else "4.0.0")
    # A success reported beside says nothing; "failed" with 2.x.x is no code to rely on.
    return max((code for code in codes if code[0] in "45"), default=None)


def _blocks(part: Part) -> list[Part]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Part)] if isinstance(payload, list) else []


def _named(report: Part, parts: list[Part]) -> Iterator[re.Match[str]]:
    """Message-IDs like ours: of the returned mail first, else of the mail that the notification answers."""
    for part in parts:
        if part.get_content_type() in _RETURNED:
            found = _MESSAGE_ID.search(_text(part))
            if found and (ours := _OURS.fullmatch(found[1])):
                yield ours
    for name in ("In-Reply-To", "References"):
        yield from _OURS.finditer(str(report.get(name, "")))


def _text(part: Part) -> str:
    """The returned headers as they stand: what is quoted or encoded there is nobody's Message-ID."""
    payload = part.get_payload()
    if isinstance(payload, list):
        first = payload[0] if payload else None
        return f"Message-ID: {first.get('Message-ID', '')}" if isinstance(first, Part) else ""
    return payload if isinstance(payload, str) else ""
