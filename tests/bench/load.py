"""A load generator that costs little beside the server it shares the machine with."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

import httptools

GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


Check = Callable[[Answer], bool]


@dataclass
class Load:
    """What came back. `unexpected` counts answers that the check refused, `broken` exchanges that had no answer."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unexpected: int = 0
    broken: int = 0
    first_problem: str = ""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def errors(self) -> int:
        return self.unexpected + self.broken

    def percentile(self, share: float) -> float:
        """Milliseconds within which `share` (0..1) of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


def request(method: str, path: str, *, bearer: str = "", body: bytes = b"", etag: str = "", cookie: str = "") -> bytes:
    """One keep-alive HTTP/1.1 request, ready to be written."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*"]
    if bearer:
        lines.append(f"Authorization: Bearer {bearer}")
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if etag:
        lines.append(f"If-None-Match: {etag}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def drive(port: int, requests: Iterator[bytes], accepts: Check, *, clients: int, seconds: float) -> Load:
    """Send until the requests or the seconds run out, `clients` at a time, each on its own connection."""
    load = Load()
    started = time.perf_counter()
    tasks = [asyncio.create_task(_client(port, requests, accepts, started + seconds, load)) for _ in range(clients)]
    _, hanging = await asyncio.wait(tasks, timeout=seconds + GRACE_SECONDS)
    for task in hanging:
        task.cancel()
        load.broken += 1
        load.first_problem = load.first_problem or f"no answer within {GRACE_SECONDS:g} s of the end"
    await asyncio.gather(*tasks, return_exceptions=True)
    load.seconds = time.perf_counter() - started
    return load


async def warm_up(port: int, requests: Iterator[bytes], *, clients: int, count: int) -> None:
    """Fill connection pools and caches; what comes back is not looked at."""
    await drive(port, islice(requests, count), lambda _: True, clients=clients, seconds=GRACE_SECONDS)


async def _client(port: int, requests: Iterator[bytes], accepts: Check, until: float, load: Load) -> None:
    connection: _Connection | None = None
    try:
        while (sent := time.perf_counter()) < until and (data := next(requests, None)):
            try:
                if connection is None or connection.closed:
                    _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", port)
                answer = await connection.exchange(data)
            except OSError as broken:
                load.broken += 1
                load.first_problem = load.first_problem or repr(broken)
                continue
            load.latencies.append(time.perf_counter() - sent)
            load.statuses[answer.status] += 1
            if not accepts(answer):
                load.unexpected += 1
                load.first_problem = load.first_problem or f"{answer.status} {answer.body[:300]!r}"
    finally:
        if connection:
            connection.close()


class _Connection(asyncio.Protocol):
    """One exchange at a time; the parser's callbacks are named by httptools."""

    def __init__(self) -> None:
        self.closed = True
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's do not inherit from it
        self._parser = httptools.HttpResponseParser(self)
        self.closed = False

    def exchange(self, data: bytes) -> "asyncio.Future[Answer]":
        """Raises OSError when the connection breaks."""
        assert self._transport
        self._waiting = asyncio.get_running_loop().create_future()
        self._body = []
        self._transport.write(data)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.close()
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(Answer(self._parser.get_status_code(), b"".join(self._body)))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(exc if isinstance(exc, OSError) else ConnectionResetError("closed unasked"))

    def close(self) -> None:
        self.closed = True
        if self._transport:
            self._transport.close()
