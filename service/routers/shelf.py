"""Answers kept in this process, under keys that change whenever the answer would."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import NamedTuple

from fastapi import Request, Response

from service import clock
from service.db import Database
from service.i18n import language
from service.routers.access import etag_matches, not_modified

Build = Callable[[], Awaitable[tuple[str, bytes]]]
Look = Callable[[], Awaitable[tuple[str, Build]]]


class Shelf:
    """A bounded cache of bodies; the one not asked for longest goes first.

    The key holds the ETag, so nothing on the shelf is ever wrong, only no longer asked for.
    """

    def __init__(self, max_bytes: int = 16_000_000) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        """The body kept under `key`."""
        body = self._kept.get(key)
        if body is not None:
            self._kept.move_to_end(key)
        return body

    def put(self, key: Hashable, body: bytes) -> None:
        """Keeps `body`; makes room by dropping others."""
        self._bytes += len(body) - len(self._kept.pop(key, b""))
        self._kept[key] = body
        while self._bytes > self._max_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)


_BESIDE_THE_BODY = 2_000
"""Bytes that an entry's address and headers take, roughly."""


class Kept(NamedTuple):
    """What a stranger was answered. `headers` lack the request's id; no `body`: only that the ETag still holds (304).

    `steady`: only a commit changes it, not the passing of time.
    """

    etag: str
    headers: list[tuple[bytes, bytes]]
    body: bytes | None
    route: str
    steady: bool


class Standing:
    """The answers that hold at one moment: what is looked up from now on may be noted here, for it is not older."""

    def __init__(self, steady: dict[Hashable, Kept], timely: dict[Hashable, Kept]) -> None:
        self.steady = steady
        self.timely = timely

    def get(self, key: Hashable) -> Kept | None:
        """What was answered to the same request."""
        return self.steady.get(key) or self.timely.get(key)


class Recent:
    """What strangers were answered, good until somebody commits; and for this second, where time alone changes it.

    It spares polling websites and calendars everything: routing, session, database. This process hears of its own
    commits at once, and asks once a second whether another process has committed.
    """

    def __init__(self, database: Database, max_bytes: int = 16_000_000) -> None:
        self._database = database
        self._max_bytes = max_bytes
        self._bytes = 0
        self._commits = 0
        self._second = 0
        self._moment = 0
        self._seen: Hashable = None
        self._standing = Standing({}, {})

    async def open(self) -> Standing:
        """The answers that hold now."""
        second, commits = int(clock.real_now().timestamp()), self._database.commits
        if second != self._second:
            # Set first: whoever comes while we ask is answered as a moment before.
            self._second = second
            seen = await self._database.seen()
            if seen is None or seen != self._seen:
                self._forget()
            self._seen = seen
        if commits != self._commits or self._bytes > self._max_bytes:
            self._commits = commits
            self._forget()
        # Domain time opens and closes registrations; it may stand still, or run apart from real time.
        moment = int(clock.now().timestamp())
        if moment != self._moment:
            # What a calendar feed leaves out for its age changes with the day; an hour is sooner than anybody notices.
            steady = self._standing.steady if moment // 3600 == self._moment // 3600 else {}
            self._moment, self._standing = moment, Standing(steady, {})
        return self._standing

    def _forget(self) -> None:
        self._standing, self._bytes = Standing({}, {}), 0

    def note(self, standing: Standing, key: Hashable, kept: Kept) -> None:
        """Keeps an answer to a request that came when `standing` was opened."""
        (standing.steady if kept.steady else standing.timely)[key] = kept
        self._bytes += len(kept.body or b"") + _BESIDE_THE_BODY


class Answers:
    """Answers conditional GETs: finds the ETag first, and makes a body only when nobody has made it before."""

    def __init__(self, media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self._media_type = media_type
        self._headers = dict(headers or {})
        self._bodies = Shelf()

    async def give(self, request: Request, look: Look) -> Response:
        """200 or 304. `look` finds the ETag cheaply, and returns it with what builds the body and the ETag of that.

        Raises what `look` raises. An ETag must stand for one body of its address, whoever asks.
        """
        address = request.url.path, request.url.query, language()
        etag, build = await look()
        if etag_matches(request, etag):
            return not_modified(etag, **self._headers)
        body = self._bodies.get((address, etag))
        if body is None:
            etag, body = await build()
            self._bodies.put((address, etag), body)
        return Response(body, media_type=self._media_type, headers={"ETag": etag, **self._headers})
