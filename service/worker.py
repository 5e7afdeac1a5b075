"""Drains the outbox: seals events, fans them out, delivers. A task inside `serve`, or a process of its own.

Sealing and delivering run beside each other: a mail server that hangs must not hold up the change feed.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, sealing
from service.clients.files import Store
from service.db import Database
from service.domain import (
    deliveries,
    join_uses,
    limits,
    messages,
    orphans,
    privacy,
    privacy_retention,
    quotas,
    registrations,
    reminders,
    rooms_schedule,
    sessions,
    staff_invitations,
)
from service.models.outbox import Delivery, EventRow
from service.routers import idempotency

log = structlog.get_logger()

CONCURRENCY = 20
TARGETED_AT_ONCE = 20
"""Deliveries to webhooks, beside the others: receivers that hang must not hold up the mail."""
AT_ONE_TARGET = 8
"""A receiver that takes its time must not hold up the other ones."""
IDLE_SECONDS = 1.0
FIRE_SECONDS = 5.0
TIDY_SECONDS = 3600.0


class Worker:
    """Works until `stop()`; what it claimed and did not finish is taken over when the lease runs out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._stopping = False
        self._idle = False
        self._recorded = asyncio.Event()
        self._deliverable = asyncio.Event()
        self._ended = asyncio.Event()
        self._running: dict[asyncio.Task[None], str] = {}
        """Deliveries under way, and their targets."""
        self._finished: list[outbox.Outcome] = []
        self._settling = asyncio.Lock()
        self._swept_at: datetime | None = None
        database.on_recorded.append(self._recorded.set)

    async def run(self) -> None:
        """Seals and delivers whenever something was recorded, and looks once a second for what others left."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(self.seal, self._recorded, IDLE_SECONDS))
            group.create_task(self._keep(self.deliver, self._deliverable, IDLE_SECONDS))
            group.create_task(self._keep(self.fire, self._ended, FIRE_SECONDS))
            group.create_task(self._keep(self.tidy, self._ended, TIDY_SECONDS))
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _keep(self, work: Callable[[], Awaitable[bool]], wake: asyncio.Event, pause: float) -> None:
        while not self._stopping:
            wake.clear()
            try:
                busy = await work()
            except Exception as failure:  # noqa: BLE001 - the worker outlives whatever happens, or nobody gets mail
                # Mostly the database, away for a while.
                log.warning("worker_pauses", work=work.__name__, error=type(failure).__name__)
                busy = False
            if not busy and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), pause)

    async def seal(self) -> bool:
        """Seals and fans out what was recorded. True when there was something."""
        if not await self._waits(sealing.waits_to_be_sealed):
            return False
        async with self.database.write() as session:
            sealed = await sealing.seal(session)
        if sealed:
            self._deliverable.set()
        return bool(sealed)

    async def fire(self) -> bool:
        """Does what has become due by the clock: gives back seats that were held, erases what waited for a message to
        go, records reminders and what rooms are to be asked. True when there was something.
        """
        released = await self._waits(quotas.waits)
        if released:
            # A transaction of its own: whoever changes a workshop locks its capacity first, reminders do not.
            async with self.database.write() as session:
                await quotas.fire(session)
        erased = await self._waits(privacy.waits)
        if erased:
            async with self.database.write() as session:
                await privacy.fire(session)
        if not (await self._waits(reminders.waits) or await self._waits(rooms_schedule.waits)):
            return released or erased
        async with self.database.write() as session:
            fired = await reminders.fire(session)
            asked = await rooms_schedule.fire(session)
        return bool(released or erased or fired or asked)

    async def deliver(self) -> bool:
        """Starts due deliveries, no more than there is room for: a lease that waits in line would run out.

        True when some were started, or one that ran made room.
        """
        targets = Counter(target for target in self._running.values() if target)
        free, told = CONCURRENCY - len(self._running) + targets.total(), TARGETED_AT_ONCE - targets.total()
        if free <= 0 and told <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return True
        # After a pass that found nothing, look before writing: an empty commit makes kept answers be looked up again.
        if self._idle and not await self._waits(outbox.waits_to_be_delivered):
            return False
        async with self.database.write() as session:
            claimed = await outbox.claim(session, free) if free > 0 else []
            if told > 0:
                busy = [target for target, running in targets.items() if running >= AT_ONE_TARGET]
                claimed += await outbox.claim_targeted(session, min(told, AT_ONE_TARGET), busy)
            events = await outbox.events_of(session, claimed)
        for delivery in claimed:
            task = asyncio.create_task(self._deliver_one(delivery, events.get(delivery.event_id)))
            self._running[task] = delivery.target
            task.add_done_callback(self._forget)
        self._idle = not claimed
        return bool(claimed)

    async def _waits(self, look: Callable[[AsyncSession], Awaitable[bool]]) -> bool:
        async with self.database.read() as session:
            return await look(session)

    async def _deliver_one(self, delivery: Delivery, event: EventRow | None) -> None:
        outcome = await outbox.deliver(self.database, delivery, event)
        # On a line of its own: `_finished` may have become another list while the delivery ran.
        self._finished.append(outcome)
        await self._settle()

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._deliverable.set()
        if not task.cancelled() and (failure := task.exception()):
            # Not settled: the lease runs out and the delivery comes back.
            log.warning("delivery_not_settled", error=type(failure).__name__)

    async def _settle(self) -> None:
        """Settles in one transaction whatever finished while the one before was being written."""
        async with self._settling:
            outcomes, self._finished = self._finished, []
            if outcomes:
                async with self.database.write() as session:
                    await outbox.settle(session, outcomes)

    async def tidy(self) -> bool:
        """Forgets what is kept for a while only, from answers to old deliveries; drops messages that came too late."""
        async with self.database.write() as session:
            await idempotency.forget_old(session)
            await limits.forget_old(session)
            await sessions.forget_ended(session)
            await staff_invitations.forget_old(session)
            await registrations.forget_unconfirmed(session)
            await join_uses.forget_old(session)
            await deliveries.forget_old(session)
            await messages.drop_stale(session)
        while await self._waits(privacy_retention.waits) and not self._stopping:
            async with self.database.write() as session:
                await privacy_retention.anonymise_some(session)
        await self._sweep()
        return False

    async def _sweep(self) -> None:
        """Removes files that belong to nothing, once a day."""
        now = clock.real_now()
        if self._swept_at is not None and now - self._swept_at < orphans.GRACE:
            return
        self._swept_at = now
        store = Store(self.database.settings.data_dir / "files")
        # The store first: what is written down after this was listed is younger than anything in the list.
        stored, unfinished = await asyncio.to_thread(store.older_than, now - orphans.GRACE)
        async with self.database.read() as session:
            named = await orphans.named(session)
        found = orphans.orphans(stored, named)
        if orphans.is_doubtful(found, named):
            log.warning("files_not_swept", files=len(found), named=len(named))
            return
        for place in found:
            await asyncio.to_thread(store.delete, place)
        for path in unfinished:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def step(self) -> bool:
        """One round of what is due, sealing and delivering. True when there was something to do."""
        fired, sealed, started = await self.fire(), await self.seal(), await self.deliver()
        await asyncio.gather(*self._running)
        return fired or sealed or started

    async def drain(self) -> None:
        """Works until nothing is due: for tests, the demo and the command line."""
        while await self.step():
            pass

    def stop(self) -> None:
        """Finish what runs and return from `run()`."""
        self._stopping = True
        for wake in (self._recorded, self._deliverable, self._ended):
            wake.set()
