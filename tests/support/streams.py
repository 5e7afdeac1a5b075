"""Server-sent events in tests, as an EventSource reads them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

PATIENCE_SECONDS = 10
Message = dict[str, str]
"""The fields of one message; `comment` for what stands behind a colon."""


@dataclass
class Stream:
    """An open stream: `await heard()` is its next message, None when it has ended."""

    status: int = 0
    _messages: asyncio.Queue[Message | None] = field(default_factory=asyncio.Queue)

    async def heard(self) -> Message | None:
        """Raises TimeoutError when nothing comes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._messages.get()

    async def event(self) -> Message:
        """The next message with data. Raises AssertionError when the stream ends first."""
        while (message := await self.heard()) is not None:
            if "data" in message:
                return message
        raise AssertionError("the stream has ended")


@contextlib.asynccontextmanager
async def listening(app: FastAPI, path: str, headers: dict[str, str]) -> AsyncIterator[Stream]:
    """Opens a stream; leaving the block closes the connection, and waits until the application has noticed."""
    stream, gone, asked = Stream(), asyncio.Event(), False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            stream.status = message["status"]
            return
        for block in message["body"].decode().split("\n\n"):
            if block.strip():
                await stream._messages.put(parse(block))
        if not message.get("more_body"):
            await stream._messages.put(None)

    names = {"host": "127.0.0.1"} | headers
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in names.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    task = asyncio.create_task(app(scope, receive, send))
    try:
        yield stream
        gone.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def parse(block: str) -> Message:
    """The fields of one message."""
    fields = (line.partition(":") for line in block.splitlines())
    return {name or "comment": value.strip() for name, _colon, value in fields}
