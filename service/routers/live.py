"""Live counters: one poller per workshop and process, however many listen."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import Request
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

from service import stopping
from service.db import Database
from service.domain import attendance_counters
from service.domain.attendance_counters import Counters
from service.models.workshops import Workshop
from service.routers.access import database_of

POLL_SECONDS = 1.0
STREAM_SECONDS = 300.0
"""A stream ends after this time; the browser opens it again, and its permission is checked again."""


class LiveCounters:
    """Streams of a process. They end when the process is asked to, for the server waits for its listeners."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feeds: dict[UUID, _Feed] = {}

    async def listen(self, workshop: Workshop) -> AsyncIterator[Counters]:
        """The counters now, then again whenever they have changed."""
        feed = self._feeds.get(workshop.id)
        if feed is None:
            feed = self._feeds[workshop.id] = _Feed(self._database, workshop)
        feed.listeners += 1
        told = ""
        loop = asyncio.get_running_loop()
        until = loop.time() + STREAM_SECONDS
        try:
            while not stopping.requested():
                news = feed.news
                if feed.counters and feed.counters.etag != told:
                    told = feed.counters.etag
                    yield feed.counters
                else:
                    await asyncio.wait_for(news.wait(), until - loop.time())
        except TimeoutError:
            return
        finally:
            feed.listeners -= 1
            if not feed.listeners:
                del self._feeds[workshop.id]
                feed.task.cancel()


class _Feed:
    def __init__(self, database: Database, workshop: Workshop) -> None:
        self.listeners = 0
        self.counters: Counters | None = None
        self.news = asyncio.Event()
        self.task = asyncio.create_task(self._poll(database, workshop))

    def wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    async def _poll(self, database: Database, workshop: Workshop) -> None:
        while not stopping.requested():
            # The database may be away for a while; the stream outlives that.
            with contextlib.suppress(DBAPIError, PoolTimeout, OSError):
                async with database.read() as session:
                    found = await attendance_counters.read(session, workshop)
                if self.counters is None or found.etag != self.counters.etag:
                    self.counters = found
                    self.wake()
            await asyncio.sleep(POLL_SECONDS)
        self.wake()


def live_counters(request: Request) -> LiveCounters:
    """The streams of the application that answers this request."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = LiveCounters(database_of(request))
    live: LiveCounters = state.live
    return live
