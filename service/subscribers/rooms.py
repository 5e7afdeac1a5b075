"""Lets people into the current room, and out again, for providers whose links are personal.

A room with one link for all needs no row per person: `/join` leads to the room's own address.
"""

from service.clients import rooms as port
from service.clients.rooms import Person, RoomProvider, RoomRefused
from service.domain import rooms
from service.domain.rooms import Guest
from service.events import (
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationPromoted,
    RegistrationSubstituted,
    RegistrationSwitched,
    RoomCancelled,
    RoomOpened,
)
from service.models.rooms import Provider
from service.outbox import Park, Reaction, subscribe
from service.settings import Settings

_ADMITTING = (RegistrationConfirmed, RegistrationPromoted, RegistrationSubstituted, RegistrationSwitched, RoomOpened)


def _gives_links(settings: Settings) -> bool:
    gates = [port.provider(name, settings) for name in Provider]
    return any(gate is not None and gate.capabilities.personal_links for gate in gates)


# Whoever registers before a provider is configured is let in by `RoomOpened` of its first room.
@subscribe("rooms.admit", *_ADMITTING, when=_gives_links)
async def admit(reaction: Reaction) -> None:
    """Gets the personal links that are missing in the workshop's current room."""
    event = reaction.event
    assert isinstance(event, RegistrationEvent | RoomOpened)
    async with reaction.database.read() as session:
        room = await rooms.current(session, event.workshop_id)
        guests = await rooms.guests_without_link(session, room) if room else []
    gate = _personal(reaction, room.provider) if room else None
    if room is None or room.external_id is None or gate is None:
        return
    for guest in guests:
        try:
            link = await gate.admit(room.external_id, _person(guest))
        except RoomRefused as refusal:
            raise Park(str(refusal)) from None
        async with reaction.database.write() as session:
            await rooms.keep_link(session, room.id, guest.registration_id, link.url, link.external_id)


@subscribe("rooms.revoke", RegistrationCancelled, RegistrationSubstituted)
async def revoke(reaction: Reaction) -> None:
    """Makes the personal links of somebody who gave up the place useless."""
    event = reaction.event
    assert isinstance(event, RegistrationEvent)
    async with reaction.database.read() as session:
        links = await rooms.links_of_departed(session, event.registration_id)
    for room, guest, external_id in links:
        gate = _personal(reaction, room.provider)
        if gate is not None and room.external_id is not None and external_id is not None:
            await gate.revoke(room.external_id, _person(guest), external_id)
        async with reaction.database.write() as session:
            await rooms.forget_link(session, room.id, guest.registration_id)


@subscribe("rooms.close", RoomCancelled)
async def close(reaction: Reaction) -> None:
    """Tells the provider that a room is no longer used."""
    event = reaction.event
    assert isinstance(event, RoomCancelled)
    async with reaction.database.read() as session:
        room = await rooms.get(session, event.room_id)
    gate = port.provider(room.provider, reaction.settings)
    if gate is not None and room.external_id is not None:
        await gate.cancel_room(room.external_id)


def _personal(reaction: Reaction, name: str) -> RoomProvider | None:
    gate = port.provider(name, reaction.settings)
    return gate if gate is not None and gate.capabilities.personal_links else None


def _person(guest: Guest) -> Person:
    return Person(str(guest.registration_id), guest.name, guest.email)
