"""Writes to people about what happened: which message goes to whom on which occasion."""

from datetime import timedelta
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import messages, messages_changes
from service.events import (
    Event,
    InvitationSent,
    InvitationWithdrawn,
    LinkShared,
    MessageRequested,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationHeld,
    RegistrationPromoted,
    RegistrationRejected,
    RegistrationRelinked,
    RegistrationRepeated,
    RegistrationRepresenting,
    RegistrationRequested,
    RegistrationSeated,
    RegistrationSubstituted,
    RegistrationSwitched,
    RegistrationWaitlisted,
    RoomReplaced,
    WorkshopCancelled,
    WorkshopChanged,
)
from service.models.messages import Message, Occasion
from service.models.registrations import Registration
from service.outbox import After, Later, Reaction, subscribe
from service.subscribers import sending

E = TypeVar("E", bound=Event)
REPEAT_SECONDS = 600
"""Somebody who registers again and again within this time is written to once."""

_OCCASIONS: dict[type[RegistrationEvent], Occasion] = {
    RegistrationConfirmed: Occasion.CONFIRMATION,
    RegistrationPromoted: Occasion.PROMOTED,
    RegistrationSeated: Occasion.PROMOTED,
    RegistrationWaitlisted: Occasion.WAITLISTED,
    RegistrationRequested: Occasion.REQUESTED,
    RegistrationRejected: Occasion.REJECTED,
    RegistrationCancelled: Occasion.CANCELLED,
    RegistrationSwitched: Occasion.SWITCHED,
    RegistrationRepresenting: Occasion.REPRESENTING,
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
        lambda session: messages.about_repeated(session, event.registration_id, key),
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


@subscribe("messages.invitation_withdrawn", InvitationWithdrawn)
async def invitation_withdrawn(reaction: Reaction) -> After | None:
    """Tells an organisation that it is not invited any more."""
    event = _as(InvitationWithdrawn, reaction)
    return await sending.write(
        reaction,
        lambda session: messages_changes.tell_of_withdrawal(session, event.invitation_id, str(reaction.event_id)),
    )


@subscribe("messages.workshop_cancelled", WorkshopCancelled)
async def workshop_cancelled(reaction: Reaction) -> After | None:
    """Tells everybody who is registered, unless it happened in silence, and the organisations that were invited."""
    event = _as(WorkshopCancelled, reaction)
    key, silent = str(reaction.event_id), event.silent
    return await sending.write(
        reaction,
        lambda session: messages_changes.tell_of_cancellation(session, event.workshop_id, key, silent=silent),
    )


@subscribe("messages.changed", WorkshopChanged)
async def changed(reaction: Reaction) -> After | None:
    """Tells who is registered that time or place changed: once for edits that follow each other, after the last one.

    Raises Later while another edit may still follow.
    """
    event = _as(WorkshopChanged, reaction)
    if not messages_changes.matters(event.what):
        return None
    async with reaction.database.read() as session:
        if not await messages_changes.concerns_anybody(session, event.workshop_id):
            return None
        wait = messages_changes.quiet_at(reaction.event_id) - clock.real_now()
        if wait > timedelta():
            raise Later(wait)
        burst = await messages_changes.burst(session, event, reaction.event_id)
    if burst is None:
        return None

    async def everybody(session: AsyncSession) -> list[Message]:
        return await messages_changes.tell(session, event.workshop_id, burst, str(reaction.event_id))

    return await sending.write(reaction, everybody)


@subscribe("messages.room_changed", RoomReplaced)
async def room_changed(reaction: Reaction) -> After | None:
    """Tells who has a way into the online room that the room is another one, and the link the same."""
    event = _as(RoomReplaced, reaction)
    key, swapped_at = str(reaction.event_id), reaction.happened_at
    return await sending.write(
        reaction, lambda session: messages_changes.tell_of_room(session, event.workshop_id, key, swapped_at)
    )


@subscribe("messages.link_shared", LinkShared)
async def link_shared(reaction: Reaction) -> After | None:
    """Tells the committee that a join link was used from many places at once."""
    event = _as(LinkShared, reaction)

    async def one(session: AsyncSession) -> list[Message]:
        row = await session.get_one(Registration, event.registration_id)
        key = str(reaction.event_id)
        return await messages.about_committee(session, Occasion.LINK_SHARED, row, key, what=str(event.places))

    return await sending.write(reaction, one)


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
