"""Work that outlives its request, in the same process: tried out now, its result looked up later."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import Busy, Database
from service.domain import checks
from service.domain.checks import Run
from service.models.checks import Check

STOP_SECONDS = 1.5
Work = Callable[[], Awaitable[Mapping[str, object]]]
_log = logging.getLogger(__name__)


class Background:
    """What runs now. Whoever ends the process waits for it, or cancels it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: dict[asyncio.Task[None], Run] = {}

    def start(self, row: Check, work: Work) -> None:
        """Runs `work`, and keeps what it answers as the result of the check."""
        run = Run(row.id, row.started_at)
        task = asyncio.create_task(self._run(run, work))
        self._running[task] = run
        task.add_done_callback(self._running.pop)

    async def settle(self) -> None:
        """Waits until nothing runs any more."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def stop(self) -> None:
        """Cancels what runs, in STOP_SECONDS at most; its check then says that it did not end."""
        running = dict(self._running)
        for task in running:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*running, return_exceptions=True)
                # Not by the task itself: one that had not yet begun is never told that it was cancelled.
                for task, run in running.items():
                    if task.cancelled():
                        await self._note(partial(checks.give_up, run=run))

    async def _run(self, run: Run, work: Work) -> None:
        beats = asyncio.create_task(self._beat(run))
        try:
            result = await work()
        except Exception as failed:  # noqa: BLE001 - nobody waits for this task: whatever went wrong is its result
            _log.exception("work in the background failed")
            result = {"ok": False, "error": type(failed).__name__}
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)
        await self._note(partial(checks.finish, run=run, result=result))

    async def _beat(self, run: Run) -> None:
        """Says that it runs, as long as this process lives."""
        while True:
            await asyncio.sleep(checks.BEAT.total_seconds())
            await self._note(partial(checks.beat, run=run))

    async def _note(self, write: Callable[[AsyncSession], Awaitable[None]]) -> None:
        """Writes to a check, where the database can: one that is not heard of counts as dead."""
        try:
            async with self._database.write() as session:
                await write(session)
        except (SQLAlchemyError, OSError, Busy):
            _log.exception("what came of work in the background could not be written down")
