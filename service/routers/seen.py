"""When API keys and signed-in browsers were last used, to a few minutes, without a write on the way of a request."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from service import clock
from service.auth import Actor, ActorKind
from service.db import Busy, Database, run
from service.models.organizers import ApiKey, StaffSession

PAUSE_SECONDS = 60.0
_MOST = 10_000
_KEY = update(ApiKey).where(col(ApiKey.id) == bindparam("used")).values(used_at=bindparam("at"))
_SESSION = update(StaffSession).where(col(StaffSession.id) == bindparam("used")).values(seen_at=bindparam("at"))
_log = logging.getLogger(__name__)


class Seen:
    """Uses since the last writing, in memory; each process writes its own, once a minute and when it ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[tuple[ActorKind, UUID], datetime] = {}

    def note(self, actor: Actor) -> None:
        """Somebody came with a credential."""
        used = actor.id if actor.kind is ActorKind.API_KEY else actor.session_id
        if used is not None and len(self._noted) < _MOST:
            self._noted[actor.kind, used] = clock.real_now()

    def forget(self) -> None:
        """Nothing was noted."""
        self._noted.clear()

    async def write(self) -> None:
        """Writes down what was noted; what cannot be written now is dropped, since it will be noted again."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            async with self._database.write() as session:
                # In one order, or two processes that write the same ones could wait for each other.
                for (kind, used), at in sorted(noted.items(), key=lambda one: one[0][1]):
                    await run(session, _KEY if kind is ActorKind.API_KEY else _SESSION, {"used": used, "at": at})
        except (SQLAlchemyError, OSError, Busy):
            _log.warning("when credentials were last used could not be written down")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Writes again and again while the block runs."""
        task = asyncio.create_task(self._write_on())
        try:
            yield
        finally:
            task.cancel()

    async def _write_on(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(PAUSE_SECONDS)
                await self.write()
