"""A message on its way out: what it says now and by which channel, and what became of it.

Decided at the last moment: since the row was made the person may have cancelled or got an address, the workshop may
have gone into rehearsal, the message may have become stale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.db import pieces, run, settings_of
from service.domain import channels, committee, unsubscriptions
from service.domain.letters import facts
from service.domain.letters_facts import Facts
from service.events import MessageBounced, MessageRequested
from service.models.messages import OPTIONAL_OCCASIONS, Channel, Message, MessageStatus
from service.models.organizers import Organizer
from service.models.people import Organisation

STALE = "stale"
"""The error of a message that was dropped because it came too late to be of use."""
RESENT = ":again:"
"""Marks the occasion of a message that a member of staff sent once more."""
GIVEN_UP = "given up: "
"""Begins the error of a message that was put off so often that its delivery now waits for a person."""

_MINE = (col(Message.id) == bindparam("message"), col(Message.status) == MessageStatus.QUEUED)
_SENT = (
    update(Message)
    .where(
        col(Message.id) == bindparam("message"),
        # What goes on by another channel meanwhile, WhatsApp having reported a failure, is still to be sent there.
        col(Message.channel) == bindparam("by"),
        col(Message.status).in_((MessageStatus.QUEUED, MessageStatus.FAILED)),
    )
    .values(
        status=MessageStatus.SENT,
        sent_at=bindparam("at"),
        error=bindparam("note"),
        external_id=bindparam("theirs"),
    )
)
_FAILED = (
    update(Message)
    .where(*_MINE)
    .values(status=bindparam("outcome"), error=bindparam("reason"), attempts=col(Message.attempts) + 1)
)


@dataclass(frozen=True)
class Outgoing:
    """What is to be sent, and how. `note`: why it does not go by the channel that was tried before."""

    facts: Facts
    channel: Channel
    note: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What WhatsApp reports of a message: its id there, our id that it was given, and an error if it failed."""

    external_id: str
    message_id: UUID | None
    status: str
    error: str | None = None


async def take(session: AsyncSession, message_id: UUID) -> Outgoing | None:
    """What to send now; None when it was sent already, waits for a person, or is dropped (then it says so)."""
    message = await session.get_one(Message, message_id)
    if message.status not in (MessageStatus.QUEUED, MessageStatus.FAILED):
        return None
    if message.status is MessageStatus.FAILED:
        message.error = None
    return await aim(session, message)


async def aim(session: AsyncSession, message: Message) -> Outgoing | None:
    """Decides how a message stands now, and keeps that; what to send when it is to be sent now."""
    found = await facts_now(session, message)
    if found is None or is_stale(message):
        message.status = MessageStatus.DROPPED
        message.error = STALE if found is not None else message.error
    else:
        message.rehearsal = found.rehearsal
        message.status, message.channel = _standing(session, message, found)
    session.add(message)
    await session.flush()
    if found is None or message.status is not MessageStatus.QUEUED:
        return None
    note = message.error if message.channel is Channel.MAIL and _by_whatsapp(message.error) else None
    return Outgoing(found, message.channel, note)


async def facts_now(session: AsyncSession, message: Message) -> Facts | None:
    """The facts of a message, addressed to whom it goes now: to the committee while the workshop is in rehearsal.

    None when its occasion has passed, or its reader wants none of its kind any more.
    """
    found = await facts(session, message)
    if found is None or await _is_unwanted(session, message, found):
        return None
    if found.rehearsal or message.to_committee:
        house = await session.get_one(Organizer, message.organizer_id)
        found.to, found.phones = await committee.addresses(session, house), []
    return found


async def _is_unwanted(session: AsyncSession, message: Message, found: Facts) -> bool:
    if message.occasion not in OPTIONAL_OCCASIONS:
        return False
    if found.registration is not None:
        key = unsubscriptions.contact_key(found.registration)
    else:
        key = unsubscriptions.contact_key(await session.get_one(Organisation, message.organisation_id))
    return bool(await unsubscriptions.among(session, message.organizer_id, [key]))


def is_stale(message: Message) -> bool:
    """Whether a message came too late to be of use."""
    return message.stale_at is not None and clock.now() > message.stale_at


def _standing(session: AsyncSession, message: Message, found: Facts) -> channels.Standing:
    # Once a channel was tried or asked for, the message does not go back to WhatsApp.
    decided = message.attempts > 0 or RESENT in message.occasion_key
    preferred = found.registration.channel if found.registration else None
    return channels.choose(
        found.to,
        found.phones,
        preferred=message.channel if decided else preferred,
        api=channels.by_api(settings_of(session), message.occasion)
        and not (decided and message.channel is not Channel.WHATSAPP),
        committee=found.rehearsal or message.to_committee,
    )


def _by_whatsapp(error: str | None) -> bool:
    return error is not None and error.startswith("WhatsApp ")


async def sent(
    session: AsyncSession,
    message_id: UUID,
    channel: Channel,
    *,
    external_id: str | None = None,
    note: str | None = None,
) -> None:
    """Keeps that a message went out over this channel."""
    values = {"message": message_id, "by": channel, "at": clock.now(), "note": note, "theirs": external_id}
    await run(session, _SENT, values)


async def not_sent(session: AsyncSession, message_id: UUID, error: str, *, final: bool) -> None:
    """Keeps why an attempt failed: for good, or to be tried again."""
    outcome = MessageStatus.FAILED if final else MessageStatus.QUEUED
    await run(session, _FAILED, {"message": message_id, "outcome": outcome, "reason": error})


async def give_up(session: AsyncSession, ids: Sequence[UUID], reason: str) -> None:
    """What is still queued has failed: nothing tries again by itself, and the committee has to see it."""
    why = GIVEN_UP + func.coalesce(col(Message.error), reason)
    for some in pieces(ids):
        queued = (col(Message.id).in_(some), col(Message.status) == MessageStatus.QUEUED)
        await session.exec(update(Message).where(*queued).values(status=MessageStatus.FAILED, error=why))


def is_given_up(message: Message) -> bool:
    """Whether a message failed only because it was put off too often."""
    return message.status is MessageStatus.FAILED and (message.error or "").startswith(GIVEN_UP)


async def fall_back(session: AsyncSession, message_id: UUID, error: str) -> Outgoing | None:
    """WhatsApp will not take a message: it goes on by mail, or stands on the send list; the error stays with it."""
    query = select(Message).where(Message.id == message_id).with_for_update()
    message = (await session.exec(query, execution_options={"populate_existing": True})).one()
    if message.status is not MessageStatus.QUEUED or message.channel is not Channel.WHATSAPP:
        return None
    return await _without_whatsapp(session, message, error)


async def _without_whatsapp(session: AsyncSession, message: Message, error: str) -> Outgoing | None:
    message.attempts += 1
    message.error = error
    message.status, message.channel = MessageStatus.QUEUED, Channel.NONE
    message.external_id = message.sent_at = message.delivered_at = message.read_at = None
    return await aim(session, message)


async def receive(session: AsyncSession, receipts: list[Receipt]) -> None:
    """Keeps what WhatsApp reports, in any order and any number of times; unknown messages are passed over.

    A report about a message whose sending had no answer shows that it was sent, which ends the trying. One that failed
    after it was accepted goes on by another channel.
    """
    # Sorted, so that two reports about the same messages never wait for each other.
    for receipt in sorted(receipts, key=lambda one: one.external_id):
        named = col(Message.external_id) == receipt.external_id
        if receipt.message_id is not None:
            named = or_(named, col(Message.id) == receipt.message_id)
        query = select(Message).where(named, col(Message.channel) == Channel.WHATSAPP).with_for_update()
        for message in (await session.exec(query, execution_options={"populate_existing": True})).all():
            await _keep(session, message, receipt)


async def _keep(session: AsyncSession, message: Message, receipt: Receipt) -> None:
    if receipt.status == "failed":
        await _undelivered(session, message, receipt)
        return
    if message.status in (MessageStatus.QUEUED, MessageStatus.FAILED):
        message.status, message.sent_at, message.error = MessageStatus.SENT, clock.now(), None
        message.external_id = receipt.external_id
    if message.status is not MessageStatus.SENT:
        return
    if receipt.status in ("delivered", "read"):
        message.delivered_at = message.delivered_at or clock.now()
    if receipt.status == "read":
        message.read_at = message.read_at or clock.now()
    session.add(message)
    await session.flush()


async def _undelivered(session: AsyncSession, message: Message, receipt: Receipt) -> None:
    other_copy = message.external_id is not None and message.external_id != receipt.external_id
    if other_copy or message.delivered_at is not None:
        return
    if message.status not in (MessageStatus.SENT, MessageStatus.QUEUED):
        return
    await outbox.record(session, MessageBounced(organizer_id=message.organizer_id, message_id=message.id))
    again = await _without_whatsapp(session, message, f"WhatsApp {receipt.error or 'failed'}")
    # Also for what is still queued: its own delivery may be about to settle what it gave to WhatsApp.
    if again is not None:
        await outbox.record(session, MessageRequested(organizer_id=message.organizer_id, message_id=message.id))
