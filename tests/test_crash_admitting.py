"""SIGKILL of the worker in the middle of admitting: everybody has one registrant at the provider and one link here."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import update
from sqlmodel import col, func, select

from service import clock, outbox
from service.auth import system
from service.db import Database
from service.domain import rooms
from service.events import RegistrationConfirmed
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.models.rooms import Provider, Room, RoomLink, RoomStatus
from service.models.rooms_shapes import RoomCreate
from service.models.workshops import Mode
from service.settings import Settings
from tests import factories
from tests.simulators.zoom import ZoomSimulator
from tests.simulators.zoom_world import Meeting, Registrant
from tests.support.crowd import environment
from tests.support.processes import free_port
from tests.support.server import Server

SECONDS = 90
SHORT = (0.1, 0.6)
BLIND = (
    "-c",
    """
from service import cli
from service.subscribers.rooms_asking import Lookup

async def find(*_arguments):
    return None

Lookup.find = find
cli.main()
""",
)
"""The same service, which does not look up what became of an asking."""


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as made:
        yield made


class Executioner:
    """Kills the service once so many people were added: somebody was let in, and nobody has heard of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server: Server | None = None
        self.after = 0
        self.struck = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        kept = Meeting.add

        def add(meeting: Meeting, given: Mapping[str, JsonValue]) -> Registrant:
            found = kept(meeting, given)
            if self.server is not None and len(meeting.registrants) >= self.after:
                self.server.kill()
                self.server = None
                self._loop.call_soon_threadsafe(self.struck.set)
            return found

        monkeypatch.setattr(Meeting, "add", add)

    async def strike(self, server: Server, after: int) -> None:
        """Waits until the service is dead. Raises TimeoutError."""
        self.struck.clear()
        self.after, self.server = after, server
        async with asyncio.timeout(SECONDS):
            await self.struck.wait()


@pytest.mark.parametrize(
    ("people", "deaths"), [(40, SHORT), pytest.param(500, (0.1, 0.5, 0.9), marks=pytest.mark.soak)]
)
async def test_everybody_is_admitted_once_whenever_the_worker_is_killed(
    settings: Settings,
    zoom: ZoomSimulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    people: int,
    deaths: Sequence[float],
) -> None:
    database = Database(settings)
    room_id = await _crowded_room(database, people)
    await _through_kills(settings, zoom, tmp_path / "log", Executioner(monkeypatch), people, deaths)
    async with database.read() as session:
        links = list(await session.exec(select(RoomLink)))
        status = (await session.get_one(Room, room_id)).status
    await database.close()
    registrants = {one.id: one for one in zoom.only().registrants.values()}
    assert status is RoomStatus.ACTIVE
    assert {link.external_id for link in links} == registrants.keys()
    assert {link.url for link in links} == {one.join_url for one in registrants.values()}
    assert len({link.registration_id for link in links}) == len(registrants) == people
    assert [one.added for one in registrants.values()] == [1] * people


@pytest.mark.soak
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_worker_that_looks_nothing_up_asks_twice(
    settings: Settings, zoom: ZoomSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same kills find the fault when there is one."""
    database = Database(settings)
    await _crowded_room(database, 40)
    await database.close()
    await _through_kills(settings, zoom, tmp_path / "log", Executioner(monkeypatch), 40, SHORT, BLIND)
    assert max(one.added for one in zoom.only().registrants.values()) > 1


async def _crowded_room(database: Database, people: int) -> UUID:
    """Everybody waits for the room, which is asked for; of half of them a confirmation is under way as well."""
    later = factories.at("07-03 08:00").replace(year=2090)
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(
            session, house, blocks=False, starts_at=later, ends_at=later + timedelta(hours=8)
        )
        data = RoomCreate(provider=Provider.ZOOM)
        room = await rooms.open_room(session, system(house.id), gathering.id, data, configured=True)
        for number in range(people):
            person = await factories.registration(session, gathering, mode=Mode.ONLINE)
            ids = {"organizer_id": house.id, "workshop_id": gathering.id, "registration_id": person.id}
            if number % 2:
                await outbox.record(session, RegistrationConfirmed(**ids))
        return room.id


async def _through_kills(
    settings: Settings,
    zoom: ZoomSimulator,
    log: Path,
    executioner: Executioner,
    people: int,
    deaths: Sequence[float],
    program: Sequence[str] = ("-m", "service.cli"),
) -> None:
    """A service that is killed each time such a share was let in, the last of whom nobody has heard of, and goes on."""
    port = free_port()
    argv = [sys.executable, *program, "serve", "--port", str(port)]
    env = environment(settings, **zoom.environment())
    for share in deaths:
        server = Server(env, log, port=port, argv=argv)
        try:
            await executioner.strike(server, int(people * share))
        finally:
            server.kill()
        await _minutes_pass(settings)
    with Server(env, log, port=port, argv=argv) as server:
        await _drained(settings)
        assert await asyncio.to_thread(server.terminate) == 0


async def _minutes_pass(settings: Settings) -> None:
    """On PostgreSQL what a dead worker had taken waits for its lease; here those minutes pass at once.

    On SQLite there is one process, and it knows by itself that its predecessor is dead.
    """
    if not settings.on_postgresql:
        return
    database = Database(settings)
    async with database.write() as session:
        await outbox.release(session)
        between = col(RoomLink.url).is_(None) & col(RoomLink.revoked_at).is_(None)
        former = clock.real_now() - outbox.LEASE
        await session.exec(update(RoomLink).where(between).values(asked_at=former))
    await database.close()


async def _drained(settings: Settings) -> None:
    """Waits until nothing is left to seal or to deliver. Raises TimeoutError."""
    database = Database(settings)
    open_statuses = (DeliveryStatus.PENDING, DeliveryStatus.RUNNING)
    unsealed = select(func.count()).where(col(EventRow.sequence).is_(None))
    waiting = select(func.count()).where(col(Delivery.status).in_(open_statuses))
    async with asyncio.timeout(SECONDS):
        while True:
            async with database.read() as session:
                if (await session.exec(unsealed)).one() + (await session.exec(waiting)).one() == 0:
                    break
            await asyncio.sleep(0.05)
    await database.close()
