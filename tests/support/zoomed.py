"""A workshop whose room is run by the simulated Zoom, and what a test says about it in a few words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from service import clock
from service.auth import Actor, system
from service.db import Database
from service.domain import rooms
from service.models.organizers import Organizer
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration
from service.models.rooms import Provider, Room, RoomLink
from service.models.rooms_shapes import RoomCreate
from service.models.workshops import HallLinks, Mode, Workshop
from service.worker import Worker
from tests import factories
from tests.simulators.zoom import ZoomSimulator


@dataclass
class Zoomed:
    """A published workshop; `actor` may do everything in its house."""

    database: Database
    worker: Worker
    zoom: ZoomSimulator
    house: Organizer
    gathering: Workshop

    @property
    def actor(self) -> Actor:
        return system(self.house.id)

    async def ask_for_room(self) -> Room:
        """Staff ask for a Zoom meeting; nothing is delivered yet."""
        async with self.database.write() as session:
            data = RoomCreate(provider=Provider.ZOOM)
            return await rooms.open_room(session, self.actor, self.gathering.id, data, configured=True)

    async def open_room(self) -> Room:
        """The same, and everything that follows."""
        asked = await self.ask_for_room()
        await self.worker.drain()
        return await self.room(asked.id)

    async def room(self, room_id: UUID) -> Room:
        async with self.database.read() as session:
            return await session.get_one(Room, room_id)

    async def person(self, **values: object) -> Registration:
        """Somebody who attends online."""
        async with self.database.write() as session:
            return await factories.registration(session, self.gathering, **({"mode": Mode.ONLINE} | values))

    async def links(self) -> dict[UUID, str]:
        """Open links by person, in rooms old and new."""
        async with self.database.read() as session:
            found = await session.exec(select(RoomLink).where(col(RoomLink.revoked_at).is_(None)))
            return {link.registration_id: link.url for link in found if link.url is not None}

    async def deliveries(self, subscriber: str) -> list[Delivery]:
        async with self.database.read() as session:
            query = select(Delivery).where(Delivery.subscriber == subscriber).order_by(col(Delivery.id))
            return list(await session.exec(query))

    async def open_deliveries(self) -> set[str]:
        """Who is still to be told something."""
        async with self.database.read() as session:
            return {
                one.subscriber
                for one in await session.exec(select(Delivery))
                if one.status in (DeliveryStatus.PENDING, DeliveryStatus.RUNNING)
            }

    def inside(self) -> dict[str, str]:
        """Whom Zoom lets in: name by address."""
        people = self.zoom.only().registrants.values()
        return {one.email: one.name for one in people if one.status == "approved"}

    def added(self) -> list[int]:
        """How often each person was added at Zoom."""
        return [one.added for meeting in self.zoom.live() for one in meeting.registrants.values()]


async def zoomed(database: Database, worker: Worker, zoom: ZoomSimulator, **values: Any) -> Zoomed:
    """A workshop that gives a seat in the hall a way in on request, unless `values` say otherwise."""
    values = {"hall_links": HallLinks.ON_REQUEST} | values
    async with database.write() as session:
        house = await factories.organizer(session, alias_domain="bimtek.luwukab.go.id")
        return Zoomed(database, worker, zoom, house, await factories.workshop(session, house, **values))


def real_time_passes(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> datetime:
    """Moves real time on from the machine's own; answers with what it is now."""
    now = datetime.now(tz=clock.real_now().tzinfo) + span
    monkeypatch.setattr(clock, "real_now", lambda: now)
    return now
