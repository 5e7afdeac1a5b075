"""What providers know of who was there and who may enter: notices, the report afterwards, and the list of people."""

from datetime import timedelta

from service import clock
from service.clients.rooms import Person, RoomBusy, RoomRefused, RoomUnavailable, Stay
from service.domain import rooms, rooms_checks, rooms_links, rooms_notices
from service.domain.rooms_checks import Known
from service.domain.rooms_links import Taken, wait
from service.domain.rooms_notices import TooEarly
from service.events import RoomCheckRequested, RoomNoticed, RoomReportRequested
from service.models.attendance_shapes import PresenceCreate
from service.models.rooms import Room, RoomStatus
from service.outbox import Later, Park, Reaction, subscribe
from service.subscribers.rooms_asking import asking, gate_of, personal_gate
from service.subscribers.rooms_links import Usher, gives_links

NOT_READY = timedelta(minutes=15)
GIVE_UP = timedelta(hours=24)
WRONG_CLOCK = timedelta(hours=1)


@subscribe("rooms.presence", RoomNoticed)
async def presence(reaction: Reaction) -> None:
    """Stores the connections that follow from what a provider told."""
    event = reaction.event
    assert isinstance(event, RoomNoticed)
    try:
        async with reaction.database.write() as session:
            await rooms_notices.fold(session, event.notice_id)
    except TooEarly as early:
        ahead = early.until - clock.now()
        if ahead > WRONG_CLOCK:
            raise Park("the provider's clock runs more than an hour ahead of ours") from None
        raise Later(ahead) from None


@subscribe("rooms.report", RoomReportRequested)
async def report(reaction: Reaction) -> None:
    """Fetches the provider's report of who was there, which fills what notices left out. Waits a day for it."""
    event = reaction.event
    assert isinstance(event, RoomReportRequested)
    async with reaction.database.read() as session:
        room = await rooms.get(session, event.room_id)
        sittings = await rooms_notices.sittings(session, room.id)
    gate = gate_of(reaction, room)
    if gate is None or room.external_id is None or not gate.capabilities.reports_presence:
        return
    try:
        stays = await gate.report(room.external_id, sittings)
    except RoomBusy as busy:
        raise Later(wait(busy.until)) from None
    except RoomUnavailable:
        if clock.now() - reaction.happened_at > GIVE_UP:
            raise Park("the provider had no report of this day after 24 hours") from None
        raise Later(NOT_READY) from None
    except RoomRefused as refusal:
        raise Park(str(refusal)) from None
    async with reaction.database.write() as session:
        items = [_presence(stay) for stay in stays if stay.left_at >= stay.joined_at]
        await rooms_notices.report(session, room, items, f"{room.provider}_report")


def _presence(stay: Stay) -> PresenceCreate:
    return PresenceCreate(
        registration_id=None,
        external_id=(stay.registrant or stay.connection)[: rooms_notices.LONGEST_ID],
        display_name=rooms_notices.clean_name(stay.display_name),
        joined_at=stay.joined_at,
        left_at=stay.left_at,
    )


@subscribe("rooms.reconcile", RoomCheckRequested, when=gives_links)
async def reconcile(reaction: Reaction) -> None:
    """Lets in whom the provider has lost, and turns out whom it should not know."""
    event = reaction.event
    assert isinstance(event, RoomCheckRequested)
    async with reaction.database.read() as session:
        room = await rooms.get(session, event.room_id)
    if room.status is not RoomStatus.ACTIVE or personal_gate(reaction, room) is None:
        return
    check = Check(reaction, room)
    finished = False
    try:
        await check.run()
        finished = True
    except RoomRefused as refusal:
        raise Park(str(refusal)) from None
    finally:
        async with reaction.database.write() as session:
            await rooms_checks.checked(session, room.id, check.repaired, asked=reaction.happened_at, finished=finished)


class Check:
    """One comparison, or as much of it as the lease allows."""

    def __init__(self, reaction: Reaction, room: Room) -> None:
        self._turned_out = 0
        self._reaction = reaction
        self._room = room
        self._usher = Usher(reaction, room)

    @property
    def repaired(self) -> int:
        """How much was put right so far."""
        return self._usher.done + self._turned_out

    async def run(self) -> None:
        """Raises Later, RoomUnavailable, RoomRefused."""
        async with self._reaction.database.read() as session:
            people = await rooms_links.unsettled(session, self._room, refused=True)
        await self._usher.settle_all(people)
        asked_at = clock.real_now()
        async with asking(self._reaction, self._room):
            there = [Known(one.email, one.external_id) for one in await self._usher.lookup.people()]
        async with self._reaction.database.read() as session:
            found = await rooms_checks.differences(session, self._room, there, asked_at)
        for stranger in found.extra:
            await self._turn_out(stranger)
        for registration_id in found.lost:
            self._usher.renew()
            try:
                async with self._reaction.database.write() as session:
                    errand = await rooms_links.take_lost(session, self._room.id, registration_id)
                await self._usher.run(errand)
            except (Taken, RoomRefused):
                continue

    async def _turn_out(self, stranger: Known) -> None:
        self._usher.renew()
        person = Person(stranger.external_id, "", stranger.email)
        async with asking(self._reaction, self._room):
            await self._usher.gate.revoke(self._usher.external_id, person, stranger.external_id)
        self._turned_out += 1
