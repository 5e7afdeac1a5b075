"""Personal links: given once to whoever has a place, taken from whoever gave it up, whatever goes wrong in between."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from service import clock, outbox
from service.clients import rooms as port
from service.clients.rooms import Person, RoomBusy, RoomRefused
from service.db import Database
from service.domain import (
    rooms,
    rooms_budget,
    rooms_links,
)
from service.domain.rooms_links import Taken
from service.errors import LinkNotReady
from service.events import RegistrationConfirmed, RoomOpened
from service.models.outbox import DeliveryStatus
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import RoomLink
from service.models.workshops import HallLinks, Mode
from service.settings import Settings
from service.worker import Worker
from tests.factories import at
from tests.simulators.zoom import ZoomSimulator
from tests.support.zoomed import Zoomed, real_time_passes, zoomed


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, zoom: ZoomSimulator) -> Settings:
    return settings.model_copy(update=dict(zoom.settings()))


@pytest.fixture
async def world(database: Database, worker: Worker, zoom: ZoomSimulator) -> Zoomed:
    return await zoomed(database, worker, zoom)


async def record(world: Zoomed, person: Registration) -> None:
    """The person's confirmation, as `register` records it."""
    async with world.database.write() as session:
        ids = {"organizer_id": person.organizer_id, "workshop_id": person.workshop_id}
        await outbox.record(session, RegistrationConfirmed(**ids, registration_id=person.id))


async def open_again(world: Zoomed) -> None:
    async with world.database.write() as session:
        room = await rooms_links.current(session, world.gathering.id)
        assert room
        ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
        await outbox.record(session, RoomOpened(**ids))


async def test_everybody_with_a_place_gets_one_link_and_nobody_else(world: Zoomed) -> None:
    one, other = await world.person(), await world.person(email=None, contact_key=None)
    await world.person(status=RegistrationStatus.WAITLISTED)
    await world.person(mode=Mode.OFFLINE)
    await world.open_room()
    await open_again(world)
    await world.worker.drain()
    alias = f"{other.id}@bimtek.luwukab.go.id"
    names = {person.id: f"{person.number} {person.name}" for person in (one, other)}
    assert world.inside() == {one.email: names[one.id], alias: names[other.id]}
    assert (world.added(), set(await world.links())) == ([1, 1], {one.id, other.id})


async def test_two_who_share_an_address_are_two_people_at_the_provider(world: Zoomed) -> None:
    shared = {"email": "dinas@luwukab.go.id"}
    first, second = await world.person(**shared, name="Kepala Seksi"), await world.person(**shared, name="Staf")
    long = await world.person(email="x" * 120 + "@luwukab.go.id")
    await world.open_room()
    assert set(world.inside()) == {
        "dinas@luwukab.go.id",
        f"{second.id}@bimtek.luwukab.go.id",
        f"{long.id}@bimtek.luwukab.go.id",
    }
    assert len(set((await world.links()).values())) == 3
    assert first.id in await world.links()


@pytest.mark.parametrize(
    ("policy", "asked", "admitted"),
    [
        (HallLinks.NEVER, True, False),
        (HallLinks.ON_REQUEST, False, False),
        (HallLinks.ON_REQUEST, True, True),
        (HallLinks.ALWAYS, False, True),
    ],
)
async def test_the_policy_says_whether_the_hall_has_links(
    database: Database, worker: Worker, zoom: ZoomSimulator, policy: HallLinks, asked: bool, admitted: bool
) -> None:
    world = await zoomed(database, worker, zoom, hall_links=policy)
    person = await world.person(mode=Mode.OFFLINE, link_requested_at=clock.now() if asked else None)
    await world.open_room()
    assert (person.id in await world.links()) is admitted
    async with database.read() as session:
        assert await rooms_links.expected(session, world.gathering) == admitted


async def test_asking_for_the_way_in_from_the_hall_gets_it(world: Zoomed) -> None:
    person = await world.person(mode=Mode.OFFLINE)
    await world.open_room()
    async with world.database.write() as session:
        row = await session.get_one(Registration, person.id)
        clock.freeze(at("07-03 08:30"))
        with pytest.raises(LinkNotReady):
            await rooms.join(session, row)
    await world.worker.drain()
    async with world.database.write() as session:
        link = await rooms.join(session, await session.get_one(Registration, person.id))
    assert {link.url} == set((await world.links()).values())


async def test_a_provider_that_is_away_for_an_hour_loses_and_doubles_nobody(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.open_room()
    with world.zoom.away():
        people = [await world.person() for _number in range(3)]
        for person in people:
            await record(world, person)
        for minutes in (0, 1, 5, 30, 60):
            real_time_passes(monkeypatch, timedelta(minutes=minutes))
            await world.worker.drain()
        assert await world.links() == {}
    real_time_passes(monkeypatch, timedelta(hours=2))
    await world.worker.drain()
    assert (set(await world.links()), world.added()) == ({person.id for person in people}, [1, 1, 1])


async def test_an_answer_that_was_lost_is_looked_up_instead_of_asked_again(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await world.person() for _number in range(4)]
    world.zoom.fail("lost", on="register", times=2)
    await world.open_room()
    for minutes in (1, 2, 5):
        real_time_passes(monkeypatch, timedelta(minutes=minutes))
        await world.worker.drain()
    assert (set(await world.links()), world.added()) == ({person.id for person in people}, [1] * 4)


async def test_without_the_look_the_same_answer_is_asked_for_twice(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""

    async def blind(*_args: object) -> None:
        return None

    monkeypatch.setattr("service.subscribers.rooms_asking.Lookup.find", blind)
    await world.person()
    world.zoom.fail("lost", on="register", times=1)
    await world.open_room()
    real_time_passes(monkeypatch, timedelta(minutes=1))
    await world.worker.drain()
    assert world.added() == [2]


async def test_a_run_and_single_registrations_at_once_ask_once_per_person(world: Zoomed) -> None:
    people = [await world.person() for _number in range(12)]
    await world.ask_for_room()
    await world.worker.drain()
    async with world.database.write() as session:
        for link in await session.exec(select(RoomLink)):
            await session.delete(link)
    world.zoom.only().registrants.clear()
    for person in people:
        await record(world, person)
    await open_again(world)
    await world.worker.drain()
    assert world.added() == [1] * 12
    assert set(await world.links()) == {person.id for person in people}


async def test_only_one_of_many_takes_a_person(world: Zoomed) -> None:
    room = await world.open_room()
    person = await world.person()

    async def attempt() -> bool:
        try:
            async with world.database.write() as session:
                return await rooms_links.take(session, room.id, person.id) is not None
        except Taken:
            return False

    assert sorted(await asyncio.gather(*(attempt() for _number in range(8)))) == [False] * 7 + [True]


async def test_whoever_is_busy_is_waited_for_and_a_dead_one_is_taken_over_from(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, person = await world.open_room(), await world.person()
    async with world.database.write() as session:
        errand = await rooms_links.take(session, room.id, person.id)
    assert errand
    await record(world, person)
    await world.worker.seal()
    await world.worker.deliver()
    await world.worker.step()
    assert (await world.links(), await world.open_deliveries()) == ({}, {"rooms.admit"})
    real_time_passes(monkeypatch, outbox.LEASE + timedelta(minutes=1))
    await world.worker.drain()
    assert set(await world.links()) == {person.id}
    async with world.database.write() as session:
        # Who was thought dead comes back: the row is not its own any more.
        await rooms_links.keep(session, errand, "https://zoom.invalid/other", "other")
    assert "https://zoom.invalid/other" not in (await world.links()).values()


async def test_whoever_is_refused_keeps_nobody_else_waiting_and_is_counted(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    people = [await world.person() for _number in range(3)]
    gate = port.provider("zoom", settings)
    assert gate
    kept = gate.admit

    async def admit(external_id: str, person: Person) -> port.PersonalLink:
        if person.key == str(people[1].id):
            raise RoomRefused("Zoom 300: this address is blocked")
        return await kept(external_id, person)

    monkeypatch.setattr(gate, "admit", admit)
    room = await world.open_room()
    await record(world, people[1])
    await world.worker.drain()
    async with world.database.read() as session:
        counts = (await rooms_links.people(session, world.gathering, [room]))[room.id]
    assert (counts.admitted, counts.waiting, counts.failed) == (2, 0, 1)
    (delivery,) = await world.deliveries("rooms.admit")
    assert (delivery.status, delivery.error) == (DeliveryStatus.PARKED, "Zoom 300: this address is blocked")
    monkeypatch.setattr(gate, "admit", kept)
    async with world.database.write() as session:
        await rooms.request_check(session, world.actor, room.id)
    await world.worker.drain()
    assert set(await world.links()) == {person.id for person in people}


async def test_one_persons_daily_limit_at_the_provider_keeps_nobody_else_waiting(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    people = [await world.person() for _number in range(4)]
    gate = port.provider("zoom", settings)
    assert gate
    kept, tomorrow = gate.admit, rooms_budget.resets_at()

    async def admit(external_id: str, person: Person) -> port.PersonalLink:
        if person.key == str(people[0].id) and clock.real_now() < tomorrow:
            raise RoomBusy(tomorrow)
        return await kept(external_id, person)

    monkeypatch.setattr(gate, "admit", admit)
    await world.open_room()
    assert set(await world.links()) == {person.id for person in people[1:]}
    real_time_passes(monkeypatch, timedelta(days=1))
    await world.worker.drain()
    assert (set(await world.links()), world.added()) == ({person.id for person in people}, [1] * 4)


async def test_a_fault_that_one_person_meets_keeps_nobody_else_waiting(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await world.person() for _number in range(4)]
    world.zoom.fail("500", on="register", times=1)
    await world.open_room()
    assert set(await world.links()) == {person.id for person in people[1:]}
    real_time_passes(monkeypatch, timedelta(minutes=1))
    await world.worker.drain()
    assert set(await world.links()) == {person.id for person in people}


async def test_too_many_calls_in_a_second_are_waited_for(world: Zoomed, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [await world.person() for _number in range(12)]
    world.zoom.per_second_limit = 5
    await world.open_room()
    for seconds in range(2, 40, 4):
        world.zoom.recent.clear()
        real_time_passes(monkeypatch, timedelta(seconds=seconds))
        await world.worker.drain()
    assert (set(await world.links()), world.added()) == ({person.id for person in people}, [1] * 12)
