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
    """A complete answer (200) that a stranger was given. `headers` lack the request's id."""

    etag: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    route: str


class Recent:
    """What strangers were answered, good until this process commits again and for this second.

    It spares polling websites and calendars everything: routing, session, database. On SQLite every commit is made by
    this process; those of other processes are seen within the second.
    """

    def __init__(self, database: Database, max_bytes: int = 16_000_000) -> None:
        self._database = database
        self._max_bytes = max_bytes
        self._bytes = 0
        self._stamp: tuple[int, int, int] | None = None
        self._answers: dict[Hashable, Kept] = {}

    def open(self) -> dict[Hashable, Kept]:
        """The answers that hold now. What is looked up from now on may be noted there, for it is not older."""
        # Domain time opens and closes registrations; it may stand still, or run apart from real time.
        stamp = self._database.commits, int(clock.now().timestamp()), int(clock.real_now().timestamp())
        if stamp != self._stamp or self._bytes > self._max_bytes:
            self._stamp, self._answers, self._bytes = stamp, {}, 0
        return self._answers

    def note(self, answers: dict[Hashable, Kept], key: Hashable, kept: Kept) -> None:
        """Keeps an answer to a request that came when `answers` was opened."""
        answers[key] = kept
        self._bytes += len(kept.body) + _BESIDE_THE_BODY


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
