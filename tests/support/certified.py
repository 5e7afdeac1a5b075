"""A workshop that is over, and the people who were there for this or that many hours."""

from dataclasses import dataclass
from typing import Any

from httpx import AsyncClient, Response
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.attendance import Attendance, AttendanceMode
from service.models.certificates import Certificate
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop
from tests import factories
from tests.factories import at

Json = dict[str, Any]
ALL = ("D1P", "D1S", "D2P", "D2S")
"""3, 4, 4 and 3 hours; ten of the fourteen are needed."""
LETTERHEAD: dict[str, object] = {
    "government": "Pemerintah Kabupaten Luwu",
    "place": "Belopa",
    "signatory_office": "Kepala Dinas Kominfo-SP",
}


@dataclass
class Certified:
    """The committee of a workshop that ended, at the API."""

    client: AsyncClient
    database: Database
    house: Organizer
    workshop: Workshop
    key: dict[str, str]

    @classmethod
    async def open(cls, client: AsyncClient, database: Database) -> "Certified":
        async with database.write() as session:
            house = await factories.organizer(session, letterhead=LETTERHEAD, certificate_threshold=0.7)
            # The midnight at which it ends is no day of its own.
            until = at("07-05 00:00")
            workshop = await factories.workshop(
                session, house, slug="bimtek-1", venue_name="Aula Bappelitbangda", ends_at=until
            )
            key = await factories.api_key(session, house)
        clock.freeze(at("07-05 09:00"))
        return cls(client, database, house, workshop, key)

    @property
    def url(self) -> str:
        return f"/api/v1/workshops/{self.workshop.id}"

    async def person(self, *blocks: str, **values: object) -> Registration:
        """Somebody who was in these half-days, by default in all."""
        async with self.database.write() as session:
            row = await factories.registration(session, self.workshop, **values)
        await self.attend(row, *(blocks or ALL))
        return row

    async def attend(self, row: Registration, *codes: str) -> None:
        """Makes the person's attendance these half-days and no others."""
        async with self.database.write() as session:
            mine = select(AttendanceBlock).where(AttendanceBlock.workshop_id == self.workshop.id)
            for block in (await session.exec(mine)).all():
                fact = await session.get(Attendance, (row.id, block.id))
                if fact is None:
                    fact = Attendance(
                        registration_id=row.id,
                        block_id=block.id,
                        workshop_id=self.workshop.id,
                        present=False,
                        mode=AttendanceMode.OFFLINE,
                        last_fact_at=block.starts_at,
                    )
                fact.present = block.code in codes
                session.add(fact)

    async def issue(self, **data: object) -> Json:
        """What became of it, without what became of nobody."""
        answer = await self.client.post(f"{self.url}/certificates", json=data, headers=self.key)
        assert answer.status_code == 200, answer.text
        return {name: count for name, count in answer.json().items() if count}

    async def listed(self, **query: str | int) -> list[Json]:
        answer = await self.client.get(f"{self.url}/certificates", params=query, headers=self.key)
        assert answer.status_code == 200, answer.text
        items: list[Json] = answer.json()["items"]
        return items

    async def revoke(self, certificate: Json) -> Response:
        return await self.client.post(
            f"{self.url}/certificates/{certificate['id']}/revocation", json={"reason": "Keliru"}, headers=self.key
        )

    async def check(self, link: str) -> Json:
        """What a stranger is told of the address in the QR code."""
        answer = await self.client.get(f"/api/v1/certificates/{link.rsplit('/', 1)[-1]}")
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def stored(self) -> list[Certificate]:
        async with self.database.read() as session:
            return list(await session.exec(select(Certificate).order_by(col(Certificate.sequence))))
