"""A receiver of webhooks on loopback, written from the Standard Webhooks specification; it answers as the test says."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Self

TOLERANCE_SECONDS = 300
LONGEST_HANG_SECONDS = 5.0


class ForgedError(AssertionError):
    """A message that our secret did not sign."""


@dataclass(frozen=True)
class Received:
    """One POST."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    def verify(self, secret: str, now: float | None = None) -> None:
        """As a receiver does. Raises ForgedError."""
        timestamp = self.headers["webhook-timestamp"]
        if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
            raise ForgedError("stale")
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{timestamp}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = [one.split(",", 1) for one in self.headers["webhook-signature"].split(" ")]
        if not any(version == "v1" and hmac.compare_digest(value, expected) for version, value in given):
            raise ForgedError("not signed by this secret")


@dataclass
class WebhookReceiver:
    """Listens between `start()` and `stop()` on the test's own loop; `async with` does both.

    `mode`: an HTTP status, or `hang` (no answer, at most LONGEST_HANG_SECONDS), `huge` (200 and a body without end),
    `garbage` (no HTTP). Events of the types in `refused` get 500. `headers` go with every answer.
    """

    mode: int | str = 200
    answer: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    sent_bytes: int = 0
    connections: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/hooks/bimtek"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]

    async def start(self) -> None:
        """On the same port again after `stop()`."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _sep, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(head[0].split(" ")[1], headers, body))
            await self._reply(reader, writer)
        writer.close()

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "hang":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), LONGEST_HANG_SECONDS)
            return
        if self.mode == "garbage":
            writer.write(b"220 mail.invalid ESMTP\r\n")
            await writer.drain()
            return
        status = self.mode if isinstance(self.mode, int) else 200
        if self.refused and self.received[-1].event["type"] in self.refused:
            status = 500
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        if self.mode == "huge":
            writer.write(f"HTTP/1.1 200 OK\r\n{extra}Content-Length: 1073741824\r\n\r\n".encode())
            while self.sent_bytes < 1_073_741_824:
                writer.write(b"x" * 65_536)
                await writer.drain()
                self.sent_bytes += 65_536
            return
        length = f"Content-Length: {len(self.answer)}\r\n" if status != 204 else ""
        writer.write(f"HTTP/1.1 {status} -\r\n{extra}{length}Connection: close\r\n\r\n".encode() + self.answer)
        await writer.drain()
