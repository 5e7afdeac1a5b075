"""Live counters: one poller per process for all workshops that somebody watches, however many listen."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import Request
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

from service import auth, stopping
from service.auth import Actor, Permission
from service.db import Database
from service.domain import attendance_counters
from service.domain.attendance_counters import Counters
from service.models.workshops import Workshop
from service.routers.access import database_of

POLL_SECONDS = 0.5
CHECK_SECONDS = 5.0
"""How long a stream outlives its caller's session or key."""
STREAM_SECONDS = 300.0
"""A stream ends after this time; the browser opens it again."""
RETRY_SECONDS = 2


@dataclass(eq=False)
class _Listener:
    actor: Actor
    until: float

    def may_watch(self, known: dict[UUID, Actor], workshop: Workshop) -> bool:
        one = self.actor.session_id or self.actor.id
        now = known.get(one) if one else None
        return (
            now is not None
            and now.organizer_id == workshop.organizer_id
            and now.may(Permission.ATTENDANCE_READ)
            and (now.workshops is None or workshop.id in now.workshops)
        )


@dataclass(eq=False)
class _Feed:
    """What one workshop's listeners share."""

    workshop: Workshop
    listeners: set[_Listener] = field(default_factory=set)
    counters: Counters | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


class LiveCounters:
    """Streams of a process. They end when the process is asked to, for the server waits for its listeners."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feeds: dict[UUID, _Feed] = {}
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    async def listen(self, workshop: Workshop, actor: Actor, told: str = "") -> AsyncGenerator[Counters, None]:
        """The counters now, then again whenever they have changed. `told`: the `key` of those the caller knows."""
        loop = asyncio.get_running_loop()
        listener = _Listener(actor, loop.time() + STREAM_SECONDS)
        feed = self._feeds.setdefault(workshop.id, _Feed(workshop))
        feed.listeners.add(listener)
        if feed.counters is None:
            self._moved.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            while listener in feed.listeners and not stopping.requested():
                news = feed.news
                if feed.counters and key(feed.counters) != told:
                    told = key(feed.counters)
                    yield feed.counters
                else:
                    await asyncio.wait_for(news.wait(), listener.until - loop.time())
        except TimeoutError:
            return
        finally:
            feed.listeners.discard(listener)
            if not feed.listeners and self._feeds.get(workshop.id) is feed:
                del self._feeds[workshop.id]
                self._moved.set()

    async def look(self) -> None:
        """Reads the counters of every workshop that is watched: one short question each, while nothing happens."""
        async with self._database.read() as session:
            for feed in list(self._feeds.values()):
                found = await attendance_counters.read(session, feed.workshop)
                if feed.counters is None or found.etag != feed.counters.etag:
                    feed.counters = found
                    feed.wake()

    async def check(self) -> None:
        """Ends the streams of those who may not watch any more: two statements for all of them."""
        everybody = [(feed, one) for feed in self._feeds.values() for one in feed.listeners]
        async with self._database.read() as session:
            known = await auth.still(session, {one.actor for _feed, one in everybody})
        # Who has come meanwhile was not asked about.
        for feed, one in everybody:
            if not one.may_watch(known, feed.workshop):
                feed.listeners.discard(one)
                feed.wake()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        checked = loop.time()
        try:
            while self._feeds and not stopping.requested():
                self._moved.clear()
                # The database may be away for a while; the streams outlive that.
                with contextlib.suppress(DBAPIError, PoolTimeout, OSError):
                    await self.look()
                    if loop.time() - checked >= CHECK_SECONDS:
                        await self.check()
                        checked = loop.time()
                with contextlib.suppress(TimeoutError):
                    # Who comes to a workshop that nobody watched does not wait for the next round.
                    await asyncio.wait_for(self._moved.wait(), POLL_SECONDS)
        finally:
            for feed in self._feeds.values():
                feed.listeners.clear()
                feed.wake()


def key(counters: Counters) -> str:
    """What names these counters in a stream (`id`, `Last-Event-ID`)."""
    return counters.etag.strip('"')


def live_counters(request: Request) -> LiveCounters:
    """The streams of the application that answers this request."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = LiveCounters(database_of(request))
    live: LiveCounters = state.live
    return live
