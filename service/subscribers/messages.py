"""Writes to people about what happened: which message goes to whom on which occasion."""

from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import messages
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
from service.models.messages import Message, Occasion
from service.outbox import After, Reaction, subscribe
from service.subscribers import sending

E = TypeVar("E", bound=Event)
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


@subscribe("messages.registration", *_OCCASIONS)
async def registration(reaction: Reaction) -> After | None:
    """Tells a person how the registration stands."""
    event = _as(RegistrationEvent, reaction)
    occasion = _OCCASIONS[type(event)]
    return await sending.write(
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

    return await sending.write(reaction, both)


@subscribe("messages.repetition", RegistrationRepeated)
async def repetition(reaction: Reaction) -> After | None:
    """Tells the owner of a known address that the registration stands; not more often than every ten minutes."""
    event = _as(RegistrationRepeated, reaction)
    key = str(int(reaction.happened_at.timestamp()) // REPEAT_SECONDS)
    return await sending.write(
        reaction,
        lambda session: messages.about_registration(session, Occasion.REPEATED, event.registration_id, key),
    )


@subscribe("messages.held", RegistrationHeld)
async def held(reaction: Reaction) -> After | None:
    """Asks the known contact whether the other person is meant."""
    event = _as(RegistrationHeld, reaction)
    return await sending.write(reaction, lambda session: messages.about_held(session, event.held_id))


@subscribe("messages.invitation", InvitationSent)
async def invitation(reaction: Reaction) -> After | None:
    """Sends an organisation its invitation."""
    event = _as(InvitationSent, reaction)
    return await sending.write(
        reaction,
        lambda session: messages.about_invitation(session, event.invitation_id, str(reaction.event_id)),
    )


@subscribe("messages.workshop_cancelled", WorkshopCancelled)
async def workshop_cancelled(reaction: Reaction) -> After | None:
    """Tells everybody who is registered."""
    event = _as(WorkshopCancelled, reaction)
    return await sending.write(
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

    return await sending.write(reaction, one)


def _as(kind: type[E], reaction: Reaction) -> E:
    assert isinstance(reaction.event, kind)
    return reaction.event
