"""A workshop with screens in tests: what they show now, and people who type it."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from httpx import AsyncClient, Response
from sqlmodel import func, select

from service.db import Database
from service.models.attendance import Attendance, Checkin, Presence
from service.models.registrations import Registration
from tests import factories
from tests.support.door import Door

Json = dict[str, Any]


@dataclass
class Screened:
    """A door whose workshop lets people check themselves in, with one screen in the hall and one online."""

    door: Door
    client: AsyncClient
    hall: str
    online: str

    @classmethod
    async def open(cls, client: AsyncClient, database: Database, **values: Any) -> "Screened":
        door = await Door.open(client, database, **({"self_checkin": True} | values))
        made = cls(door, client, "", "")
        made.hall = (await made.add("hall"))["link"].rsplit("/", 1)[1]
        made.online = (await made.add("online"))["link"].rsplit("/", 1)[1]
        return made

    async def add(self, audience: str) -> Json:
        """One more screen."""
        url = f"/api/v1/workshops/{self.door.workshop.id}/screens"
        answer = await self.client.post(url, json={"audience": audience, "name": "Aula"}, headers=self.door.staff)
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    async def shows(self, token: str) -> Json:
        """What a screen shows now."""
        answer = await self.client.get(f"/api/v1/screens/{token}/code")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
        found: Json = answer.json()
        return found

    async def person(self, **values: Any) -> tuple[Registration, dict[str, str]]:
        """A registration, and the headers of its own link."""
        row, _ticket = await self.door.person(**values)
        async with self.door.database.read() as session:
            return row, factories.bearer(factories.participant_token(session, row))

    async def send(self, headers: dict[str, str], code: str, nonce: str | None = None) -> Response:
        """One check-in of one's own."""
        body = {"code": code, "nonce": nonce or str(uuid4())}
        return await self.client.post("/api/v1/my/checkins", json=body, headers=headers)

    async def facts(self) -> tuple[int, int, int]:
        """How many scans, online intervals and cached rows there are."""
        async with self.door.database.read() as session:
            counts = [(await session.exec(select(func.count()).select_from(t))).one() for t in _FACTS]
        return counts[0], counts[1], counts[2]


_FACTS = (Checkin, Presence, Attendance)
