"""WhatsApp's Cloud API on loopback, a real HTTP server: messages, templates, error codes, faults and signed webhooks.

Written from the published shapes: POST /{version}/{phone_number_id}/messages, GET /{version}/{phone_number_id} and
/{version}/{account_id}/message_templates (in pages), errors as {"error": {"code": ...}}, and reports as
{"entry": [{"changes": [{"value": {"statuses": [...]}}]}]}.
"""

import asyncio
import contextlib
import hmac
import itertools
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

Mode = Literal["accept", "error", "hang", "lost", "busy"]
VARIABLES = 4


@dataclass(frozen=True)
class Sent:
    """A message that WhatsApp took."""

    wamid: str
    to: str
    template: str
    language: str
    parameters: list[str]
    reference: str


class WhatsApp:
    """Runs on the test's own loop between `start()` and `stop()`.

    `mode`: `accept`, `error` (500), `hang`, `busy` (429 with Retry-After), `lost` (takes the message, then hangs up).
    `refused`: an error code by number; `templates`: those that were approved, by name and language; `unapproved`: the
    status of others; `complaint`: status and code of every answer to GET.
    """

    def __init__(self) -> None:
        self.token = "EAAG-token-of-the-simulator"
        self.phone_number_id = "106540352242922"
        self.app_secret = "app-secret-of-the-simulator"
        self.mode: Mode = "accept"
        self.messages: list[Sent] = []
        self.refused: dict[str, int] = {}
        self.templates: set[tuple[str, str]] = set()
        self.account_id = "102290129340398"
        self.unapproved: dict[tuple[str, str], str] = {}
        self.complaint: tuple[int, int] | None = None
        self.page_size = 25
        self.attempts = 0
        self.port = 0
        self._numbers = itertools.count(1)
        self._released = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listens, on the port it had before if it was stopped."""
        self._released.clear()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """From now on connections are refused."""
        self._released.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._server = None

    def copies(self) -> Counter[str]:
        """How often each of our messages was taken."""
        return Counter(sent.reference for sent in self.messages)

    def report(self, sent: Sent, status: str, *, error: int | None = None) -> dict[str, Any]:
        """One status, as it stands in a webhook."""
        said = {
            "id": sent.wamid,
            "status": status,
            "timestamp": "1687222800",
            "recipient_id": sent.to,
            "biz_opaque_callback_data": sent.reference,
        }
        return said | ({"errors": [{"code": error, "title": "failed"}]} if error else {})

    def webhook(self, *statuses: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """The bytes and headers of a webhook with these statuses; sending them again repeats it."""
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": self.phone_number_id},
            "statuses": statuses,
        }
        body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": value}]}]}
        raw = json.dumps(body).encode()
        return raw, self.signed(raw)

    def signed(self, raw: bytes) -> dict[str, str]:
        signature = hmac.digest(self.app_secret.encode(), raw, "sha256").hex()
        return {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request per connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _sep, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.attempts += 1
            if self.mode == "hang":
                await self._released.wait()
            else:
                method, address = head[0].split(" ")[:2]
                answer = self._read(address, headers) if method == "GET" else self._answer(address, headers, body)
                if self.mode != "lost":
                    writer.write(answer)
                    await writer.drain()
        writer.close()

    def _answer(self, path: str, headers: dict[str, str], raw: bytes) -> bytes:
        if self.mode == "error":
            return _error(500, 131000)
        if self.mode == "busy":
            return _error(429, 130429, "Retry-After: 90\r\n")
        if headers.get("authorization") != f"Bearer {self.token}":
            return _error(401, 190)
        _version, number, noun = path.strip("/").split("/")
        if (number, noun) != (self.phone_number_id, "messages"):
            return _error(400, 100)
        body = json.loads(raw)
        wrong = self._wrong(body)
        if wrong is not None:
            return _error(*wrong)
        sent = self._keep(body)
        return _http(
            200,
            {"messaging_product": "whatsapp", "contacts": [{"wa_id": sent.to}], "messages": [{"id": sent.wamid}]},
        )

    def _read(self, address: str, headers: dict[str, str]) -> bytes:
        """What an owner of the account looks up."""
        if self.mode == "error":
            return _error(500, 131000)
        if headers.get("authorization") != f"Bearer {self.token}":
            return _error(401, 190)
        if self.complaint:
            return _error(*self.complaint)
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query))
        match path.strip("/").split("/")[1:]:
            case [self.phone_number_id]:
                return _http(200, {"id": self.phone_number_id, "verified_name": "Kabupaten Luwu"})
            case [self.account_id, "message_templates"]:
                return _http(200, self._page(int(query.get("after", "0"))))
        return _error(400, 100)

    def _page(self, first: int) -> dict[str, Any]:
        known = dict.fromkeys(sorted(self.templates), "APPROVED") | self.unapproved
        rows = [{"name": name, "language": code, "status": status} for (name, code), status in known.items()]
        last = first + self.page_size
        more = {"next": f"{self.url}/next"} if last < len(rows) else {}
        return {"data": rows[first:last], "paging": {"cursors": {"before": str(first), "after": str(last)}, **more}}

    def _wrong(self, body: dict[str, Any]) -> tuple[int, int] | None:
        """HTTP status and code of what is wrong with a message."""
        template, texts = body["template"], _parameters(body)
        if body["messaging_product"] != "whatsapp" or not body["to"].isdigit():
            return 400, 100
        if (template["name"], template["language"]["code"]) not in self.templates:
            return 404, 132001
        if len(texts) != VARIABLES:
            return 400, 132000
        if any(not text or "\n" in text or "\t" in text or "    " in text for text in texts):
            return 400, 132018
        code = self.refused.get(body["to"])
        return (400, code) if code else None

    def _keep(self, body: dict[str, Any]) -> Sent:
        sent = Sent(
            wamid=f"wamid.{next(self._numbers)}",
            to=body["to"],
            template=body["template"]["name"],
            language=body["template"]["language"]["code"],
            parameters=_parameters(body),
            reference=body.get("biz_opaque_callback_data", ""),
        )
        self.messages.append(sent)
        return sent


def _parameters(body: dict[str, Any]) -> list[str]:
    [component] = body["template"]["components"]
    return [parameter["text"] for parameter in component["parameters"]]


def _error(status: int, code: int, headers: str = "") -> bytes:
    said = {"message": f"(#{code}) refused", "type": "OAuthException", "code": code, "fbtrace_id": "x"}
    return _http(status, {"error": said}, headers)


def _http(status: int, body: dict[str, Any], headers: str = "") -> bytes:
    raw = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n{headers}"
    return f"{head}Connection: close\r\n\r\n".encode() + raw
