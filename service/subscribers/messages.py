"""Writes to people about what happened: one message per occasion, sent outside any transaction.

A kill between sending and settling sends once more, under the same Message-ID; there is never a second row.
"""

from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.clients import mail
from service.documents import ics
from service.documents.mail import compose
from service.domain import messages
from service.domain.letters import Facts
from service.events import (
    Event,
    InvitationSent,
    MessageRequested,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationHeld,
    RegistrationPromoted,
    RegistrationRejected,
    RegistrationRelinked,
    RegistrationRepeated,
    RegistrationRequested,
    RegistrationSubstituted,
    RegistrationSwitched,
    RegistrationWaitlisted,
    WorkshopCancelled,
)
from service.i18n import gettext as _
from service.models.messages import Message, Occasion
from service.models.workshops import AttendanceBlock, Mode, Workshop
from service.outbox import After, Later, Park, Reaction, subscribe
from service.settings import Settings

E = TypeVar("E", bound=Event)
BUDGET = timedelta(minutes=2)
"""How long one event's messages are sent before the lease is renewed; well below the lease."""
REPEAT_SECONDS = 600
"""Somebody who registers again and again within this time is written to once."""

_OCCASIONS: dict[type[RegistrationEvent], Occasion] = {
    RegistrationConfirmed: Occasion.CONFIRMATION,
    RegistrationPromoted: Occasion.PROMOTED,
    RegistrationWaitlisted: Occasion.WAITLISTED,
    RegistrationRequested: Occasion.REQUESTED,
    RegistrationRejected: Occasion.REJECTED,
    RegistrationCancelled: Occasion.CANCELLED,
    RegistrationSwitched: Occasion.SWITCHED,
    RegistrationRelinked: Occasion.LINKS_RENEWED,
}
_WITH_CALENDAR = frozenset(
    {Occasion.CONFIRMATION, Occasion.PROMOTED, Occasion.SUBSTITUTE, Occasion.SWITCHED, Occasion.LINKS_RENEWED}
)


@subscribe("messages.registration", *_OCCASIONS)
async def registration(reaction: Reaction) -> After | None:
    """Tells a person how the registration stands."""
    event = _as(RegistrationEvent, reaction)
    occasion = _OCCASIONS[type(event)]
    return await _write(
        reaction,
        lambda session: messages.about_registration(session, occasion, event.registration_id, str(reaction.event_id)),
    )


@subscribe("messages.substitution", RegistrationSubstituted)
async def substitution(reaction: Reaction) -> After | None:
    """Tells both: who gave the place away, and who comes instead."""
    event = _as(RegistrationSubstituted, reaction)
    key = str(reaction.event_id)

    async def both(session: AsyncSession) -> list[Message]:
        old = await messages.about_registration(session, Occasion.SUBSTITUTED, event.registration_id, key)
        return old + await messages.about_registration(session, Occasion.SUBSTITUTE, event.substitute_id, key)

    return await _write(reaction, both)


@subscribe("messages.repetition", RegistrationRepeated)
async def repetition(reaction: Reaction) -> After | None:
    """Tells the owner of a known address that the registration stands; not more often than every ten minutes."""
    event = _as(RegistrationRepeated, reaction)
    key = str(int(reaction.happened_at.timestamp()) // REPEAT_SECONDS)
    return await _write(
        reaction,
        lambda session: messages.about_registration(session, Occasion.REPEATED, event.registration_id, key),
    )


@subscribe("messages.held", RegistrationHeld)
async def held(reaction: Reaction) -> After | None:
    """Asks the known contact whether the other person is meant."""
    event = _as(RegistrationHeld, reaction)
    return await _write(reaction, lambda session: messages.about_held(session, event.held_id))


@subscribe("messages.invitation", InvitationSent)
async def invitation(reaction: Reaction) -> After | None:
    """Sends an organisation its invitation."""
    event = _as(InvitationSent, reaction)
    return await _write(
        reaction,
        lambda session: messages.about_invitation(session, event.invitation_id, str(reaction.event_id)),
    )


@subscribe("messages.workshop_cancelled", WorkshopCancelled)
async def workshop_cancelled(reaction: Reaction) -> After | None:
    """Tells everybody who is registered."""
    event = _as(WorkshopCancelled, reaction)
    return await _write(
        reaction,
        lambda session: messages.about_workshop(
            session, Occasion.WORKSHOP_CANCELLED, event.workshop_id, str(reaction.event_id)
        ),
    )


@subscribe("messages.requested", MessageRequested)
async def requested(reaction: Reaction) -> After | None:
    """Sends what a member of staff asked for."""
    event = _as(MessageRequested, reaction)

    async def one(session: AsyncSession) -> list[Message]:
        return [await session.get_one(Message, event.message_id)]

    return await _write(reaction, one)


def _as(kind: type[E], reaction: Reaction) -> E:
    assert isinstance(reaction.event, kind)
    return reaction.event


async def _write(
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
        await mail.send(reaction.settings, _mail(facts, reaction.settings))
    except (mail.MailRefused, mail.MailUnavailable) as failure:
        final = isinstance(failure, mail.MailRefused)
        async with reaction.database.write() as session:
            await messages.settle(session, facts.message_id, error=str(failure), final=final)
        raise


def _mail(facts: Facts, settings: Settings) -> mail.Mail:
    i18n.use(facts.language)
    letter = compose(facts)
    return mail.Mail(
        id=str(facts.message_id),
        to=facts.to,
        sender_name=facts.organizer,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        host=urlsplit(settings.base_url).hostname or "localhost",
        attachments=_calendar(facts) if facts.occasion in _WITH_CALENDAR else (),
    )


def _calendar(facts: Facts) -> list[mail.Attachment]:
    """The half-days as a file to import; the same UIDs as in the feeds, so that nothing stands there twice."""
    if facts.registration is None or facts.workshop is None or facts.calendar_url is None:
        return []
    enters = facts.join_url if facts.mode == Mode.ONLINE else None
    spans: Sequence[AttendanceBlock | Workshop] = facts.blocks or [facts.workshop]
    entries = [
        ics.Entry(
            uid=str(span.id),
            summary=f"{facts.title} · {span.label}" if isinstance(span, AttendanceBlock) else facts.title,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            changed_at=max(facts.workshop.updated_at, facts.registration.updated_at),
            sequence=facts.workshop.sequence + facts.registration.sequence,
            location=_("Daring") if enters else facts.venue or "",
            url=None if enters else facts.my_url,
            conference=(_("Ruang daring"), enters) if enters else None,
        )
        for span in spans
    ]
    feed = ics.Feed(name=facts.title, source_url=facts.calendar_url, timezone=facts.timezone, entries=entries)
    return [mail.Attachment("bimtek.ics", 'text/calendar; charset="utf-8"', ics.render(feed))]
