"""A house with a webhook at a receiver on loopback, and the time that passes between attempts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock, outbox
from service.db import Database
from service.events import Event, OrganisationChanged
from service.models.organizers import Organizer
from service.models.outbox import Delivery
from service.worker import Worker
from tests import factories
from tests.simulators.webhooks import WebhookReceiver

WEBHOOKS = "/api/v1/webhooks"


@dataclass
class HookWorld:
    """`passed` is how far real time was moved."""

    client: AsyncClient
    database: Database
    worker: Worker
    receiver: WebhookReceiver
    house: Organizer
    key: dict[str, str]
    passed: timedelta = timedelta()

    @classmethod
    async def build(
        cls, client: AsyncClient, database: Database, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
    ) -> "HookWorld":
        async with database.write() as session:
            house = await factories.organizer(session)
            key = await factories.api_key(session, house)
        world = cls(client, database, Worker(database), receiver, house, key)
        monkeypatch.setattr(clock, "real_now", lambda: datetime.now(UTC) + world.passed)
        return world

    async def hook(self, **values: Any) -> dict[str, Any]:
        """A new webhook at the receiver, its first event (its own `webhook.changed`) taken and forgotten."""
        answer = await self.client.post(WEBHOOKS, json={"url": self.receiver.url} | values, headers=self.key)
        assert answer.status_code == 201, answer.text
        await self.worker.drain()
        self.receiver.received.clear()
        made: dict[str, Any] = answer.json()
        return made

    async def happens(self, *happened: Event, times: int = 1) -> None:
        """Something is recorded, and tried once."""
        events = happened or [
            OrganisationChanged(organizer_id=self.house.id, organisation_id=factories.some_id()) for _ in range(times)
        ]
        async with self.database.write() as session:
            await outbox.record_all(session, events)
        await self.worker.drain()

    async def pass_time(self, gap: timedelta) -> None:
        self.passed += gap
        await self.worker.drain()

    async def read(self, hook: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.get(f"{WEBHOOKS}/{hook['id']}", headers=self.key)
        read: dict[str, Any] = answer.json()
        return read

    async def log(self, hook: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
        """The webhook's deliveries, the newest first."""
        answer = await self.client.get(f"{WEBHOOKS}/{hook['id']}/deliveries{query}", headers=self.key)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def feed(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/api/v1/events?limit=200", headers=self.key)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def deliveries(self) -> list[Delivery]:
        async with self.database.read() as session:
            return list(await session.exec(select(Delivery).where(col(Delivery.target) != "")))
