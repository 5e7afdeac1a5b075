"""People who keep registering and checking in over HTTP, and remember what they were told."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from pydantic import SecretStr
from sqlmodel import col, func, select

from service import clock
from service.db import Database
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.settings import Settings
from tests import factories

TIMEOUT = 30.0


@dataclass(frozen=True)
class Stage:
    """A workshop that anybody may register for until 2090, and the headers of its committee."""

    house_id: UUID
    workshop_id: UUID
    headers: dict[str, str]


async def make_stage(settings: Settings) -> Stage:
    """Writes the stage into the database of these settings."""
    database = Database(settings)
    async with database.write() as session:
        house = await factories.organizer(session)
        later = factories.at("07-03 08:00").replace(year=2090)
        gathering = await factories.workshop(session, house, offline=None, ends_at=later, registration_closes_at=later)
        headers = await factories.api_key(session, house)
    await database.close()
    return Stage(house.id, gathering.id, headers)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """What `bimtek serve` needs in its environment to work with these settings."""
    env = {"BIMTEK_DATA_DIR": str(settings.data_dir), "BIMTEK_LOG_LEVEL": "warning"} | more
    for name, value in {"SECRET_KEY": settings.secret_key, "DATABASE_URL": settings.database_url}.items():
        if isinstance(value, SecretStr):
            env[f"BIMTEK_{name}"] = value.get_secret_value()
    return env


async def worker_goes_on(settings: Settings) -> None:
    """Waits until every event is sealed and no delivery waits for its first attempt. Raises TimeoutError.

    What was claimed while the database failed may still wait for its lease.
    """
    database = Database(settings)
    unsealed = select(func.count()).where(col(EventRow.sequence).is_(None))
    untried = select(func.count()).where(Delivery.status == DeliveryStatus.PENDING, Delivery.attempts == 0)
    async with asyncio.timeout(30):
        while True:
            async with database.read() as session:
                if (await session.exec(unsealed)).one() + (await session.exec(untried)).one() == 0:
                    break
            await asyncio.sleep(0.05)
    await database.close()


@dataclass
class Crowd:
    """Registers one person after the other, each followed by a scan at the door.

    What got no answer is repeated, under the same key and nonce, once `up` is set.
    """

    base_url: str
    stage: Stage
    registered: dict[str, int] = field(default_factory=dict)
    scanned: dict[str, str] = field(default_factory=dict)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _done: bool = False
    _counted: asyncio.Condition = field(default_factory=asyncio.Condition)

    @contextmanager
    def working(self, group: asyncio.TaskGroup, people: int = 4) -> Iterator[None]:
        """`people` at a time, until the block ends; whoever has begun then finishes."""
        self.up.set()
        for _place in range(people):
            group.create_task(self._go_on())
        try:
            yield
        finally:
            self._done = True

    async def more(self, count: int) -> None:
        """Waits until `count` more people were told that they are registered and were seen."""
        wanted = len(self.scanned) + count
        async with self._counted:
            await self._counted.wait_for(lambda: len(self.scanned) >= wanted)

    async def _go_on(self) -> None:
        async with httpx.AsyncClient(base_url=self.base_url, headers=self.stage.headers, timeout=TIMEOUT) as client:
            while not self._done:
                await self._one(client, f"staf{next(self._numbers)}@luwukab.go.id")

    async def _one(self, client: httpx.AsyncClient, email: str) -> None:
        path = f"/api/v1/workshops/{self.stage.workshop_id}"
        form = {"name": f"Staf {email}", "email": email, "mode": "offline", "consent": True}
        answer = await self._told(client, f"{path}/registrations", form, {"Idempotency-Key": str(uuid4())})
        self.registered[email] = answer["number"]
        nonce = str(uuid4())
        scan = {"ticket": answer["ticket"], "block": "D1P", "nonce": nonce, "direction": "in", "method": "qr"}
        seen = await self._told(client, f"{path}/checkins", scan | {"claimed_at": clock.real_now().isoformat()}, {})
        assert seen["verdict"] == "accepted"
        self.scanned[nonce] = str(seen["checkin_id"])
        async with self._counted:
            self._counted.notify_all()

    async def _told(
        self, client: httpx.AsyncClient, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> dict[str, Any]:
        """The answer, asked for again after a kill. Raises TransportError when nobody killed, AssertionError."""
        stale = 0
        while True:
            await self.up.wait()
            try:
                answer = await client.post(path, json=body, headers=headers)
            except httpx.TransportError:
                # A kept connection may still lead to the former process; a second one may not.
                stale += self.up.is_set()
                if stale > 2:
                    raise
                continue
            if "retry-after" in answer.headers:
                # The former process' transaction is still being undone.
                await asyncio.sleep(float(answer.headers["retry-after"]))
                continue
            assert answer.is_success, answer.text
            told: dict[str, Any] = answer.json()
            return told
