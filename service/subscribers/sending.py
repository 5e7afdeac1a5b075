"""Sends what is queued: outside any transaction, one message per occasion, settled one by one.

A kill between sending and settling sends once more, under the same Message-ID; there is never a second row.
"""

from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.clients import mail
from service.domain import messages
from service.domain.letters import Facts
from service.models.messages import Message
from service.outbox import After, Later, Park, Reaction
from service.subscribers.mailing import mail_of

BUDGET = timedelta(minutes=2)
"""How long one event's messages are sent before the lease is renewed; well below the lease."""


async def write(
    reaction: Reaction, enqueue: Callable[[AsyncSession], Coroutine[None, None, list[Message]]]
) -> After | None:
    """Makes the rows, then sends what is queued. Raises Later for the rest of a long list, Park for a lone refusal."""
    async with reaction.database.write() as session:
        waiting = await enqueue(session)
        lone = await messages.take(session, waiting[0].id) if len(waiting) == 1 else None
    if len(waiting) > 1:
        await _send_all(reaction, [message.id for message in waiting])
    if lone is None:
        return None
    try:
        await _send(reaction, lone)
    except mail.MailRefused as refusal:
        raise Park(str(refusal)) from None
    return partial(messages.settle, message_id=lone.message_id)


async def _send_all(reaction: Reaction, waiting: Sequence[UUID]) -> None:
    """One after the other, each settled at once; what is put off or refused keeps nobody else waiting."""
    started = clock.real_now()
    deferred: mail.MailDeferred | None = None
    for message_id in waiting:
        if clock.real_now() - started > BUDGET:
            raise deferred or Later(timedelta())
        async with reaction.database.write() as session:
            facts = await messages.take(session, message_id)
        if facts is None:
            continue
        try:
            await _send(reaction, facts)
        except mail.MailRefused:
            continue
        except mail.MailDeferred as delay:
            deferred = delay
            continue
        async with reaction.database.write() as session:
            await messages.settle(session, message_id)
    if deferred is not None:
        raise deferred


async def _send(reaction: Reaction, facts: Facts) -> None:
    """Hands a message over, and keeps a failure with it before raising it."""
    try:
        await mail.send(reaction.settings, mail_of(facts, reaction.settings))
    except (mail.MailRefused, mail.MailUnavailable) as failure:
        final = isinstance(failure, mail.MailRefused)
        async with reaction.database.write() as session:
            await messages.settle(session, facts.message_id, error=str(failure), final=final)
        raise
