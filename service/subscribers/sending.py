"""Sends what is queued: outside any transaction, one message per occasion, settled one by one.

A kill between sending and settling sends a mail once more, under the same Message-ID; there is never a second row.
What WhatsApp refuses goes on by mail at once, or stands on the send list.
"""

from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.clients import mail, whatsapp
from service.domain import dispatch
from service.domain.dispatch import Outgoing
from service.models.messages import Channel, Message
from service.outbox import RETRY_GAPS, After, Later, Park, Reaction
from service.subscribers import allowances
from service.subscribers.mailing import enclosed, mail_of
from service.subscribers.whatsapping import template_of

BUDGET = timedelta(minutes=2)
"""How long one event's messages are sent before the lease is renewed; well below the lease."""


async def write(
    reaction: Reaction, enqueue: Callable[[AsyncSession], Coroutine[None, None, list[Message]]]
) -> After | None:
    """Makes the rows, then sends what is queued. Raises Later for the rest of a long list, Park for a lone refusal.

    What cannot be sent at the last attempt has failed.
    """
    async with reaction.database.write() as session:
        waiting = await enqueue(session)
        lone = await dispatch.take(session, waiting[0].id) if len(waiting) == 1 else None
    try:
        if len(waiting) > 1:
            await _send_all(reaction, waiting)
        return await _send_alone(reaction, lone) if lone else None
    except (Later, Park):
        raise
    except Exception as failure:
        if reaction.attempt > len(RETRY_GAPS):
            async with reaction.database.write() as session:
                await dispatch.give_up(session, [message.id for message in waiting], type(failure).__name__)
        raise


async def _send_alone(reaction: Reaction, outgoing: Outgoing) -> After | None:
    try:
        return await _send(reaction, outgoing)
    except mail.MailRefused as refusal:
        raise Park(str(refusal)) from None
    except whatsapp.WhatsAppBusy as busy:
        raise Later(busy.delay) from None


async def _send_all(reaction: Reaction, waiting: Sequence[Message]) -> None:
    """One after the other, each settled at once; what is put off or refused keeps nobody else waiting."""
    until = clock.real_now() + BUDGET
    this = _Round(reaction)
    for message in waiting:
        if clock.real_now() > until:
            raise this.outcome or Later(timedelta())
        if message.channel not in this.closed:
            await this.attempt(message)
    if this.outcome is not None:
        raise this.outcome


class _Round:
    """One way through a list of messages. A channel that is away or full is left alone for the rest of it.

    `outcome` is why some are still to be sent. A failure goes before a pause: it counts as an attempt, and the gap
    that follows it is a pause too.
    """

    def __init__(self, reaction: Reaction) -> None:
        self.reaction = reaction
        self.closed: set[Channel] = set()
        self.outcome: Exception | None = None

    async def attempt(self, message: Message) -> None:
        """Sends and settles one message, if it is still to be sent and its channel is open."""
        async with self.reaction.database.write() as session:
            outgoing = await dispatch.take(session, message.id)
        if outgoing is None or outgoing.channel in self.closed:
            return
        try:
            settle = await _send(self.reaction, outgoing)
        except mail.MailRefused:
            return
        except (mail.MailDeferred, whatsapp.WhatsAppDeferred) as put_off:
            self.outcome = put_off
        except (mail.MailUnavailable, whatsapp.WhatsAppUnavailable, Later) as away:
            self.closed.add(outgoing.channel)
            self._hold_back(away)
        else:
            if settle is not None:
                async with self.reaction.database.write() as session:
                    await settle(session)

    def _hold_back(self, away: Exception) -> None:
        if isinstance(away, whatsapp.WhatsAppBusy):
            away = Later(away.delay)
        if self.outcome is None or not isinstance(away, Later):
            self.outcome = away


async def _send(reaction: Reaction, outgoing: Outgoing) -> After | None:
    """Hands a message over, and says what is to be settled; None when a person has to send it now.

    A failure is kept with the message before it is raised.
    """
    if outgoing.channel is Channel.WHATSAPP:
        try:
            return await _by_whatsapp(reaction, outgoing)
        except whatsapp.WhatsAppRefused as refusal:
            async with reaction.database.write() as session:
                other = await dispatch.fall_back(session, outgoing.facts.message_id, str(refusal))
            if other is None:
                return None
            outgoing = other
    return await _by_mail(reaction, outgoing)


async def _by_mail(reaction: Reaction, outgoing: Outgoing) -> After:
    await allowances.spend(reaction.database, Channel.MAIL)
    try:
        written = mail_of(outgoing.facts, reaction.settings, await enclosed(reaction.database, outgoing.facts))
        partly = await mail.send(reaction.settings, written)
    except (mail.MailRefused, mail.MailUnavailable) as failure:
        await _keep(reaction, outgoing, failure, final=isinstance(failure, mail.MailRefused))
        raise
    return partial(
        dispatch.sent, message_id=outgoing.facts.message_id, channel=Channel.MAIL, note=partly or outgoing.note
    )


async def _by_whatsapp(reaction: Reaction, outgoing: Outgoing) -> After:
    await allowances.spend(reaction.database, Channel.WHATSAPP)
    try:
        theirs = await whatsapp.send(reaction.settings, template_of(outgoing.facts, reaction.settings))
    except whatsapp.WhatsAppUnavailable as failure:
        await _keep(reaction, outgoing, failure, final=False)
        raise
    message_id = outgoing.facts.message_id
    return partial(dispatch.sent, message_id=message_id, channel=Channel.WHATSAPP, external_id=theirs)


async def _keep(reaction: Reaction, outgoing: Outgoing, failure: Exception, *, final: bool) -> None:
    async with reaction.database.write() as session:
        await dispatch.not_sent(session, outgoing.facts.message_id, str(failure), final=final)
