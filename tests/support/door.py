"""A workshop's door in tests: who scans whom, in one word."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.attendance import Attendance
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop
from tests import factories

Json = dict[str, Any]


def scan(who: Json, at: datetime, **values: Any) -> Json:
    """A scan in, of `who` ({"ticket": ...} and the like), at that time by the device's clock."""
    return {"direction": "in", "method": "qr", "claimed_at": at.isoformat(), "nonce": str(uuid4())} | who | values


def undo(target: Json, at: datetime) -> Json:
    """A batch item that undoes `target`."""
    return {
        "annul": {"nonce": target["nonce"], "reason": "Salah orang"},
        "nonce": str(uuid4()),
        "claimed_at": at.isoformat(),
    }


def walk_in(client_id: str, **values: Any) -> Json:
    """Somebody who never registered."""
    person = {"client_id": client_id, "name": f"Tamu {client_id}", "organisation_name": "Universitas Andi Djemma"}
    return {"walk_in": person | values}


@dataclass
class Door:
    """One workshop, its house, and a device with its headers."""

    client: AsyncClient
    database: Database
    house: Organizer
    workshop: Workshop
    headers: dict[str, str]
    staff: dict[str, str]
    tickets: dict[UUID, str] = field(default_factory=dict)

    @classmethod
    async def open(cls, client: AsyncClient, database: Database, **values: Any) -> Self:
        async with database.write() as session:
            house = await factories.organizer(session)
            workshop = await factories.workshop(session, house, **values)
            _, headers = await factories.device(session, workshop)
            staff = await factories.api_key(session, house)
        return cls(client, database, house, workshop, headers, staff)

    async def device(self, name: str) -> dict[str, str]:
        """Headers of one more device."""
        async with self.database.write() as session:
            return (await factories.device(session, self.workshop, name))[1]

    async def person(self, **values: Any) -> tuple[Registration, Json]:
        """A registration, and how a scan names it."""
        async with self.database.write() as session:
            row = await factories.registration(session, self.workshop, **values)
            return row, {"ticket": factories.ticket(session, row)}

    async def change(self, row: Registration, **values: Any) -> None:
        """Sets columns of a registration, as a domain function elsewhere would."""
        async with self.database.write() as session:
            found = await session.get_one(Registration, row.id)
            for name, value in values.items():
                setattr(found, name, value)
            session.add(found)

    async def send(self, item: Json, headers: dict[str, str] | None = None) -> Json:
        """One check-in, which must be answered with 200."""
        url = f"/api/v1/workshops/{self.workshop.id}/checkins"
        answer = await self.client.post(url, json=item, headers=headers or self.headers)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def upload(
        self, items: list[Json], *, headers: dict[str, str] | None = None, skew: timedelta = timedelta()
    ) -> list[Json]:
        """A batch from a device whose clock is `skew` ahead of ours."""
        body = {"device_clock": (clock.now() + skew).isoformat(), "items": items}
        url = f"/api/v1/workshops/{self.workshop.id}/checkins/batch"
        answer = await self.client.post(url, json=body, headers=headers or self.headers)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["items"]
        return found

    async def attendance(self) -> dict[tuple[UUID, str], tuple[object, ...]]:
        """The cached rows by person and block: present, mode, minutes, first scan in and its device."""
        async with self.database.read() as session:
            query = select(Attendance, AttendanceBlock.code).join(AttendanceBlock)
            return {
                (row.registration_id, code): (row.present, row.mode, row.minutes, row.first_in, row.first_device)
                for row, code in await session.exec(query.where(Attendance.workshop_id == self.workshop.id))
            }
