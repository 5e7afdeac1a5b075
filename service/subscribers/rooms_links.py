"""Lets people into the current room, and out again, for providers whose links are personal.

A room with one link for all needs no row per person: `/join` leads to the room's own address.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from service import clock, tokens
from service.clients import rooms as port
from service.clients.rooms import Person, PersonalLink, RoomBusy, RoomProvider, RoomRefused, RoomUnavailable
from service.domain import rooms_links
from service.domain.rooms_links import Deed, Errand, Guest, Taken, wait
from service.events import (
    LinkRequested,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationPromoted,
    RegistrationRejected,
    RegistrationRelinked,
    RegistrationSeated,
    RegistrationSubstituted,
    RegistrationSwitched,
    RoomCancelled,
    RoomOpened,
    WorkshopChanged,
    WorkshopEvent,
)
from service.models.rooms import Provider, Room
from service.outbox import LEASE, Later, Park, Reaction, subscribe
from service.settings import Settings
from service.subscribers.rooms_asking import Lookup, asking, personal_gate

BUDGET = timedelta(minutes=2)
"""How long one delivery lets people in before its lease is renewed; well below the lease."""
SOON = timedelta(seconds=5)
"""When to look again after somebody else who is asking about the same person."""
SEVERAL = 3
"""So many people in one run whom the provider puts off, or does not answer for: it is not about them."""

_COMING = (
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationSeated,
    RegistrationSubstituted,
    RegistrationSwitched,
    LinkRequested,
)
_GOING = (RegistrationCancelled, RegistrationRejected, RegistrationSubstituted)
_EVERYBODY = (RoomOpened, RoomCancelled, WorkshopChanged)


def gives_links(settings: Settings) -> bool:
    """Whether any configured provider has personal links."""
    gates = [port.provider(name, settings) for name in Provider]
    return any(gate is not None and gate.capabilities.personal_links for gate in gates)


@subscribe("rooms.admit", *_COMING, when=gives_links)
async def admit(reaction: Reaction) -> None:
    """Gets a person the link that has become due, or takes back one that is due no more after a change of mode."""
    event = reaction.event
    assert isinstance(event, RegistrationEvent)
    person = event.substitute_id if isinstance(event, RegistrationSubstituted) else event.registration_id
    await _settle_in_every_room(reaction, event.workshop_id, person)


@subscribe("rooms.revoke", *_GOING, when=gives_links)
async def revoke(reaction: Reaction) -> None:
    """Makes the personal links of somebody who gave up the place useless."""
    event = reaction.event
    assert isinstance(event, RegistrationEvent)
    await _settle_in_every_room(reaction, event.workshop_id, event.registration_id)


@subscribe("rooms.renew", RegistrationRelinked, when=gives_links)
async def renew(reaction: Reaction) -> None:
    """The links sent to the former address, or to too many people, are dead: so is the provider's own."""
    event = reaction.event
    assert isinstance(event, RegistrationRelinked)
    since = tokens.made_at(reaction.event_id)
    await _settle_in_every_room(reaction, event.workshop_id, event.registration_id, renewed_since=since)


# Whoever registers before there is a room is let in when it opens; when a newer one closes, by that; and when the
# policy for the hall changes, by that.
@subscribe("rooms.admit_all", *_EVERYBODY, when=gives_links)
async def admit_all(reaction: Reaction) -> None:
    """Brings everybody's link in the workshop's current room to what it should be."""
    event = reaction.event
    assert isinstance(event, WorkshopEvent)
    async with reaction.database.read() as session:
        room = await rooms_links.current(session, event.workshop_id)
        people = await rooms_links.unsettled(session, room) if room and personal_gate(reaction, room) else []
    if room is not None and people:
        await Usher(reaction, room).settle_all(people)


async def _settle_in_every_room(
    reaction: Reaction, workshop_id: UUID, registration_id: UUID, *, renewed_since: datetime | None = None
) -> None:
    async with reaction.database.read() as session:
        rooms = await rooms_links.rooms_of(session, workshop_id, registration_id)
    for room in rooms:
        if personal_gate(reaction, room) is None:
            continue
        usher = Usher(reaction, room)
        try:
            if renewed_since is not None:
                await usher.renew_link(registration_id, renewed_since)
            await usher.settle(registration_id)
        except Taken as taken:
            raise Later(_patience(taken)) from None
        except RoomRefused as refusal:
            raise Park(str(refusal)) from None


def _patience(taken: Taken) -> timedelta:
    """Whoever is asking is mostly done in a moment; a day's limit is waited for."""
    pause = wait(taken.until)
    return SOON if pause < LEASE else pause


class Usher:
    """Asks one room's provider about people, one after the other; `done` counts who was put right."""

    def __init__(self, reaction: Reaction, room: Room) -> None:
        found = personal_gate(reaction, room)
        assert found is not None
        self.gate: RoomProvider = found[0]
        self.external_id: str = found[1]
        self.room = room
        self.lookup = Lookup(self.gate, self.external_id)
        self.done = 0
        self._reaction = reaction
        self._started = clock.real_now()

    async def settle_all(self, people: Sequence[UUID]) -> None:
        """Whoever is refused, or meets a fault or a day's limit of their own, keeps nobody else waiting.

        Raises Later for the rest of a long list, and for people about whom somebody else is asking; RoomUnavailable.
        """
        again = False
        failures: list[Later | RoomUnavailable] = []
        for person in people:
            self.renew()
            try:
                await self.settle(person)
            except Taken as taken:
                again = again or wait(taken.until) < LEASE
            except RoomRefused:
                continue
            except (Later, RoomUnavailable) as failure:
                failures.append(failure)
                if len(failures) == SEVERAL or (isinstance(failure, Later) and failure.delay < LEASE):
                    raise
        away = next((one for one in failures if isinstance(one, RoomUnavailable)), None)
        if away is not None:
            raise away
        if again or failures:
            raise Later(SOON if again else LEASE)

    def renew(self) -> None:
        """Raises Later when the lease should be renewed."""
        if clock.real_now() - self._started > BUDGET:
            raise Later(timedelta())

    async def settle(self, registration_id: UUID) -> None:
        """Does what is to be done about one person, until all is as it should be.

        Raises Taken, RoomRefused, Later, RoomUnavailable.
        """
        async with self._reaction.database.write() as session:
            errand = await rooms_links.take(session, self.room.id, registration_id)
        await self.run(errand)

    async def renew_link(self, registration_id: UUID, since: datetime) -> None:
        """Takes back a link that was given before `since` (real time); the next one follows. Raises as `settle`."""
        async with self._reaction.database.write() as session:
            errand = await rooms_links.take_renewed(session, self.room.id, registration_id, since)
        await self.run(errand)

    async def run(self, errand: Errand | None) -> None:
        """Runs an errand and those that follow from what happened meanwhile."""
        while errand is not None and await self._run(errand):
            async with self._reaction.database.write() as session:
                errand = await rooms_links.take(session, self.room.id, errand.guest.registration_id)

    async def _run(self, errand: Errand) -> bool:
        """Returns whether the person wants the opposite by now."""
        asked = False
        try:
            async with asking(self._reaction, self.room):
                known = await self._known(errand)
                asked = True
                if errand.deed is Deed.REVOKE:
                    await self._revoke(errand, known)
                    link = None
                else:
                    link = known or await self.gate.admit(self.external_id, person_of(errand.guest))
        except RoomRefused as refusal:
            async with self._reaction.database.write() as session:
                await rooms_links.refuse(session, errand, str(refusal))
            raise
        except (Later, RoomUnavailable) as failure:
            nothing_done = isinstance(failure, Later) and isinstance(failure.__cause__, RoomBusy)
            async with self._reaction.database.write() as session:
                await rooms_links.give_back(session, errand, asked=asked and not nothing_done)
            raise
        self.done += 1
        async with self._reaction.database.write() as session:
            if link is None:
                return await rooms_links.drop(session, errand)
            return not await rooms_links.keep(session, errand, link.url, link.external_id)

    async def _known(self, errand: Errand) -> PersonalLink | None:
        """What became of an earlier asking."""
        if errand.unknown_since is None:
            return None
        return await self.lookup.find(errand.guest.email, errand.unknown_since)

    async def _revoke(self, errand: Errand, known: PersonalLink | None) -> None:
        for personal_id in {errand.external_id, known.external_id if known else None} - {None}:
            assert personal_id is not None
            await self.gate.revoke(self.external_id, person_of(errand.guest), personal_id)


def person_of(guest: Guest) -> Person:
    """A guest as the port wants it."""
    return Person(str(guest.registration_id), guest.name, guest.email)
