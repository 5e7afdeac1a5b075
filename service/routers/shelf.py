"""Answers kept in this process, under keys that change whenever the answer would."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from weakref import WeakKeyDictionary

from fastapi import Request, Response

from service import clock
from service.auth import Actor, ActorKind
from service.db import Database
from service.i18n import language
from service.routers.access import database_of, etag_matches, not_modified

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


class Etags:
    """ETags of what strangers read, good until the next commit and for this second of the domain clock.

    They answer polling websites and calendars without a look at the database. Only on SQLite, where every commit is
    made by this process (that of a command run beside it is seen within the second); elsewhere nothing is kept.
    """

    def __init__(self, max_entries: int = 10_000) -> None:
        self._max_entries = max_entries
        self._kept: WeakKeyDictionary[Database, tuple[Hashable, dict[Hashable, str]]] = WeakKeyDictionary()

    def open(self, database: Database, actor: Actor) -> dict[Hashable, str]:
        """The ETags that hold now; what is read from now on may be noted there, for it is not older."""
        if actor.kind is not ActorKind.ANONYMOUS or database.dialect != "sqlite":
            return {}
        stamp = database.commits, int(clock.now().timestamp())
        kept = self._kept.get(database)
        if kept is None or kept[0] != stamp or len(kept[1]) >= self._max_entries:
            kept = self._kept[database] = (stamp, {})
        return kept[1]


class Answers:
    """Answers conditional GETs: finds the ETag first, and makes a body only when nobody has made it before."""

    def __init__(self, media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self._media_type = media_type
        self._headers = dict(headers or {})
        self._bodies = Shelf()
        self._etags = Etags()

    async def give(self, request: Request, actor: Actor, look: Look) -> Response:
        """200 or 304. `look` finds the ETag cheaply, and returns it with what builds the body and the ETag of that.

        Raises what `look` raises. An ETag must stand for one body of its address, whoever asks.
        """
        address = request.url.path, request.url.query, language()
        etags = self._etags.open(database_of(request), actor)
        etag, build = etags.get(address), None
        if etag is None:
            etag, build = await look()
            etags[address] = etag
        if etag_matches(request, etag):
            return not_modified(etag, **self._headers)
        body = self._bodies.get((address, etag))
        if body is None:
            if build is None:
                _etag, build = await look()
            etag, body = await build()
            self._bodies.put((address, etag), body)
        return Response(body, media_type=self._media_type, headers={"ETag": etag, **self._headers})
