"""Work that outlives its request, in the same process: tried out now, its result looked up later."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import Busy, Database
from service.domain import checks

STOP_SECONDS = 1.5
Work = Callable[[], Awaitable[Mapping[str, object]]]
_log = logging.getLogger(__name__)


class Background:
    """What runs now. Whoever ends the process waits for it, or cancels it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: dict[asyncio.Task[None], UUID] = {}

    def start(self, check_id: UUID, work: Work) -> None:
        """Runs `work`, and keeps what it answers as the result of the check."""
        task = asyncio.create_task(self._run(check_id, work))
        self._running[task] = check_id
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
                for task, check_id in running.items():
                    if task.cancelled():
                        await self._note(partial(checks.give_up, check_id=check_id))

    async def _run(self, check_id: UUID, work: Work) -> None:
        try:
            result = await work()
        except Exception as failed:  # noqa: BLE001 - nobody waits for this task: whatever went wrong is its result
            _log.exception("work in the background failed")
            result = {"ok": False, "error": type(failed).__name__}
        await self._note(partial(checks.finish, check_id=check_id, result=result))

    async def _note(self, write: Callable[[AsyncSession], Awaitable[None]]) -> None:
        """Writes to a check, where the database can: one without an end is given up later."""
        try:
            async with self._database.write() as session:
                await write(session)
        except (SQLAlchemyError, OSError, Busy):
            _log.exception("what came of work in the background could not be written down")
