"""Drains the outbox: seals events, fans them out, delivers. A task inside `serve`, or a process of its own."""

import asyncio
import contextlib

import structlog
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

from service import outbox
from service.db import Busy, Database
from service.models.outbox import Delivery

log = structlog.get_logger()

BATCH = 50
CONCURRENCY = 10
IDLE_SECONDS = 1.0


class Worker:
    """Works until `stop()`; what it claimed and did not finish is taken over when the lease runs out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._wake = asyncio.Event()
        self._stopping = False
        self._finished: list[outbox.Outcome] = []
        self._settling = asyncio.Lock()
        database.on_recorded.append(self._wake.set)

    async def run(self) -> None:
        """Seals and delivers whenever something was recorded, and looks once a second for what others left."""
        while not self._stopping:
            self._wake.clear()
            try:
                busy = await self.step()
            except* (DBAPIError, PoolTimeout, Busy, OSError) as away:
                # The database may be away for a while; the worker outlives that. A group: deliveries run side by side.
                log.warning("worker_waits_for_database", errors=len(away.exceptions), what=repr(away.exceptions)[:1500])
                busy = False
            if not busy and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)

    async def step(self) -> bool:
        """One round. True when there was something to do."""
        async with self.database.write() as session:
            sealed = await outbox.seal(session)
        async with self.database.write() as session:
            claimed = await outbox.claim(session, BATCH)
            events = await outbox.events_of(session, claimed)
        places = asyncio.Semaphore(CONCURRENCY)

        async def deliver_one(delivery: Delivery) -> None:
            async with places:
                self._finished.append(await outbox.deliver(self.database, delivery, events.get(delivery.event_id)))
                await self._settle()

        async with asyncio.TaskGroup() as group:
            for delivery in claimed:
                group.create_task(deliver_one(delivery))
        return bool(sealed or claimed)

    async def _settle(self) -> None:
        """Settles in one transaction whatever finished while the one before was being written."""
        async with self._settling:
            outcomes, self._finished = self._finished, []
            if outcomes:
                async with self.database.write() as session:
                    await outbox.settle(session, outcomes)

    async def drain(self) -> None:
        """Works until nothing is due: for tests, the demo and the command line."""
        while await self.step():
            pass

    def stop(self) -> None:
        """Finish the round and return from `run()`."""
        self._stopping = True
        self._wake.set()
