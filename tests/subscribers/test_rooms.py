"""Personal links: given once to whoever has a place, taken from whoever gave it up. A simulated provider stands in."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlmodel import select

from service import outbox
from service.auth import system
from service.clients import rooms as port
from service.clients.rooms import Capabilities, Meeting, OpenedRoom, Person, PersonalLink, RoomUnavailable
from service.db import Database
from service.domain import registrations, rooms
from service.events import RoomOpened
from service.models.registrations import RegistrationStatus
from service.models.rooms import Provider, Room, RoomLink, RoomStatus
from service.models.rooms_shapes import RoomCreate
from service.models.workshops import Workshop
from service.worker import Worker
from tests import factories


@dataclass
class Simulator:
    """A provider with personal links that keeps who was let in."""

    away: bool = False
    inside: dict[str, str] = field(default_factory=dict)
    admitted: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    capabilities = Capabilities(creates_rooms=True, personal_links=True, reports_presence=True)

    async def create_room(self, meeting: Meeting) -> OpenedRoom:
        return OpenedRoom(meeting.key, None, None)

    async def cancel_room(self, external_id: str) -> None:
        self.closed.append(external_id)

    async def admit(self, external_id: str, person: Person) -> PersonalLink:
        if self.away:
            raise RoomUnavailable
        self.admitted.append(person.key)
        self.inside[person.key] = person.email
        return PersonalLink(f"https://rooms.example/{external_id}/{person.key}", f"r-{person.key}")

    async def revoke(self, external_id: str, person: Person, personal_id: str) -> None:
        assert personal_id == f"r-{person.key}"
        del self.inside[person.key]


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    made = Simulator()
    known = {"zoom": made, "static": port.StaticRooms()}
    monkeypatch.setattr(port, "provider", lambda name, _settings: known.get(name))
    return made


async def opened(database: Database, gathering: Workshop) -> UUID:
    async with database.write() as session:
        room = Room(
            organizer_id=gathering.organizer_id,
            workshop_id=gathering.id,
            provider=Provider.ZOOM,
            status=RoomStatus.ACTIVE,
            external_id="m1",
        )
        session.add(room)
        ids = {"organizer_id": gathering.organizer_id, "workshop_id": gathering.id, "room_id": room.id}
        await outbox.record(session, RoomOpened(**ids))
        return room.id


async def workshop(database: Database) -> Workshop:
    async with database.write() as session:
        house = await factories.organizer(session, alias_domain="bimtek.luwukab.go.id")
        return await factories.workshop(session, house)


async def links(database: Database) -> dict[str, str]:
    async with database.read() as session:
        return {str(link.registration_id): link.url for link in await session.exec(select(RoomLink))}


async def test_everybody_with_a_place_gets_one_link_and_nobody_else(
    database: Database, worker: Worker, simulator: Simulator
) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        one = await factories.registration(session, gathering)
        other = await factories.registration(session, gathering, email=None, contact_key=None)
        await factories.registration(session, gathering, status=RegistrationStatus.WAITLISTED)
    await opened(database, gathering)
    await worker.drain()
    await opened_again(database, gathering)
    await worker.drain()
    assert sorted(simulator.admitted) == sorted([str(one.id), str(other.id)])
    assert simulator.inside[str(other.id)] == f"{other.id}@bimtek.luwukab.go.id"
    assert await links(database) == {key: f"https://rooms.example/m1/{key}" for key in simulator.admitted}


async def opened_again(database: Database, gathering: Workshop) -> None:
    async with database.write() as session:
        room = await rooms.current(session, gathering.id)
        assert room
        ids = {"organizer_id": gathering.organizer_id, "workshop_id": gathering.id, "room_id": room.id}
        await outbox.record(session, RoomOpened(**ids))


async def test_a_provider_that_is_away_is_asked_again(database: Database, worker: Worker, simulator: Simulator) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        await factories.registration(session, gathering)
    simulator.away = True
    await opened(database, gathering)
    await worker.drain()
    assert await links(database) == {}
    simulator.away = False
    await opened_again(database, gathering)
    await worker.drain()
    assert len(await links(database)) == 1


async def test_whoever_gives_the_place_up_loses_the_link_and_a_closed_room_is_told(
    database: Database, worker: Worker, simulator: Simulator
) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        row = await factories.registration(session, gathering)
    room_id = await opened(database, gathering)
    await worker.drain()
    actor = system(gathering.organizer_id)
    async with database.write() as session:
        await registrations.cancel(session, actor, row.id, None)
        await rooms.cancel(session, actor, room_id)
    await worker.drain()
    assert (simulator.inside, simulator.closed) == ({}, ["m1"])
    assert await links(database) == {}


async def test_a_room_with_one_link_for_all_keeps_no_link_per_person(
    database: Database, worker: Worker, simulator: Simulator
) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        await factories.registration(session, gathering)
        data = RoomCreate(provider=Provider.STATIC, url="https://meet.example.go.id/j/1")
        await rooms.open_room(session, system(gathering.organizer_id), gathering.id, data)
    await worker.drain()
    assert (await links(database), simulator.admitted) == ({}, [])
