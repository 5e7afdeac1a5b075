"""Answers kept in this process, by a key that changes whenever the answer would."""

from collections import OrderedDict
from collections.abc import Hashable


class Shelf:
    """A bounded cache of bodies; the one not asked for longest goes first.

    The key holds the ETag, so nothing on the shelf is ever wrong, only no longer asked for.
    """

    def __init__(self, max_bytes: int) -> None:
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
