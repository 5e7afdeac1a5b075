"""Links are taken back when somebody leaves, and given anew when somebody comes back or a link is known to others."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from service import clock, outbox
from service.clients import rooms as port
from service.clients.rooms import Person
from service.db import Database
from service.domain import (
    messaging,
    presences,
    registrations,
    registrations_edit,
    rooms,
    substitutes,
    workshops,
)
from service.events import RegistrationConfirmed
from service.models.attendance_shapes import PresenceCreate
from service.models.messaging_shapes import MessagingInput
from service.models.outbox import Delivery
from service.models.registrations_shapes import SubstituteCreate
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


async def test_whoever_gives_the_place_up_loses_the_link(world: Zoomed) -> None:
    person, other = await world.person(), await world.person()
    await world.open_room()
    async with world.database.write() as session:
        await registrations.cancel(session, world.actor, person.id, None)
    await world.worker.drain()
    assert list(world.inside()) == [other.email]
    assert list(await world.links()) == [other.id]
    async with world.database.read() as session:
        rows = {row.registration_id: row for row in await session.exec(select(RoomLink))}
    assert rows[person.id].external_id is not None
    assert rows[person.id].revoked_at is not None


async def test_a_substitute_gets_a_link_of_their_own_and_the_former_one_is_dead(world: Zoomed) -> None:
    person = await world.person()
    await world.open_room()
    before = (await world.links())[person.id]
    async with world.database.write() as session:
        data = SubstituteCreate(name="Sekretaris Dinas", email="sekdis@luwukab.go.id")
        _old, new = await substitutes.substitute(session, world.actor, person.id, data)
    await world.worker.drain()
    links = await world.links()
    assert list(links) == [new.id]
    assert links[new.id] != before
    assert list(world.inside()) == ["sekdis@luwukab.go.id"]
    with pytest.raises(LookupError):
        world.zoom.join(before)


async def test_switching_to_the_hall_and_back_takes_the_link_and_gives_a_new_one(world: Zoomed) -> None:
    person = await world.person()
    await world.open_room()
    for mode in (Mode.OFFLINE, Mode.ONLINE):
        async with world.database.write() as session:
            await registrations.switch_mode(session, world.actor, person.id, mode)
        await world.worker.drain()
        assert (person.id in await world.links()) is (mode is Mode.ONLINE)
        assert (person.email in world.inside()) is (mode is Mode.ONLINE)
    assert world.zoom.join((await world.links())[person.id]).registrant


async def test_a_link_that_others_know_is_renewed_once_and_who_used_the_former_one_is_still_known(
    world: Zoomed,
) -> None:
    person = await world.person()
    await world.open_room()
    former = (await world.links())[person.id]
    registrant = world.zoom.join(former).registrant
    assert registrant
    async with world.database.write() as session:
        await registrations_edit.relink(session, world.actor, person.id)
    await world.worker.drain()
    renewed = (await world.links())[person.id]
    assert renewed != former
    with pytest.raises(LookupError):
        world.zoom.join(former)
    async with world.database.write() as session:
        for delivery in await session.exec(select(Delivery).where(Delivery.subscriber == "rooms.renew")):
            await outbox.replay(session, delivery)
    await world.worker.drain()
    assert (await world.links())[person.id] == renewed
    clock.freeze(at("07-03 11:00"))
    stay = PresenceCreate(
        external_id=registrant.id,
        display_name="iPhone",
        joined_at=at("07-03 09:15"),
        left_at=at("07-03 10:00"),
    )
    async with world.database.write() as session:
        [row] = await presences.report(session, world.actor, world.gathering.id, [stay])
        [read] = await presences.read_many(session, [row])
    assert read.registration_ids == [person.id]


async def test_coming_back_more_often_than_the_provider_allows_waits_for_tomorrow(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.person()
    await world.open_room()
    for _time in range(3):
        for mode in (Mode.OFFLINE, Mode.ONLINE):
            async with world.database.write() as session:
                await registrations.switch_mode(session, world.actor, person.id, mode)
            await world.worker.drain()
    assert await world.links() == {}
    assert world.zoom.calls["register"] == 3
    real_time_passes(monkeypatch, timedelta(days=1))
    await world.worker.drain()
    assert set(await world.links()) == {person.id}


async def test_whoever_leaves_while_being_let_in_is_out_again(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    person = await world.person()
    gate = port.provider("zoom", settings)
    assert gate
    kept = gate.admit

    async def slowly(external_id: str, one: Person) -> port.PersonalLink:
        link = await kept(external_id, one)
        async with world.database.write() as session:
            await registrations.cancel(session, world.actor, person.id, None)
        return link

    monkeypatch.setattr(gate, "admit", slowly)
    await world.open_room()
    assert (world.inside(), await world.links()) == ({}, {})


async def test_when_the_newest_room_is_closed_everybody_has_a_link_into_the_one_before(world: Zoomed) -> None:
    first = await world.open_room()
    second = await world.open_room()
    person = await world.person()
    async with world.database.write() as session:
        ids = {"organizer_id": person.organizer_id, "workshop_id": person.workshop_id}
        await outbox.record(session, RegistrationConfirmed(**ids, registration_id=person.id))
    await world.worker.drain()
    async with world.database.write() as session:
        await rooms.cancel(session, world.actor, second.id)
    await world.worker.drain()
    assert world.zoom.only().id == int(first.external_id or 0)
    assert list(world.inside()) == [person.email]


async def test_a_new_policy_lets_the_hall_in_and_the_former_one_takes_it_out_again(
    database: Database, worker: Worker, zoom: ZoomSimulator
) -> None:
    world = await zoomed(database, worker, zoom, hall_links=HallLinks.NEVER)
    hall, online = await world.person(mode=Mode.OFFLINE), await world.person()
    await world.open_room()
    found = []
    for policy in (HallLinks.ALWAYS, HallLinks.NEVER):
        async with database.write() as session:
            workshop, _capacity = await workshops.find_for_change(session, world.actor, world.gathering.id)
            data = MessagingInput(hall_links=policy, rehearsal=False, reminders=[])
            await messaging.change(session, world.actor, workshop, data)
        await worker.drain()
        found.append(set(world.inside()))
    assert found == [{hall.email, online.email}, {online.email}]
