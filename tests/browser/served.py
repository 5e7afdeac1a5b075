"""The sample pages and the service's own files: answered in the browser itself, or by a server where they are many."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type

from playwright.sync_api import Route

from service import i18n
from service.documents import qr
from service.pages import render
from tests.pages.samples import FRAME, SAMPLES
from tests.support import pictures

TICKET = "AZHpmEbscp6sv3hSWbJKIYvXDH9eZCaWqSLAYRo10Bg"
ORIGIN = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Answer:
    """What a browser gets; without a body, 204."""

    body: bytes = b""
    kind: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return 200 if self.body else 204


def answer(path: str) -> Answer:
    """The sample named by the path, under the pages' strict policy. Anything else that a page asks for is an error."""
    path = path.partition("?")[0]
    if path.endswith(".svg") and "ticket" in path:
        return Answer(qr.svg(TICKET), "image/svg+xml")
    if path.startswith("/logos/"):
        return Answer(pictures.png(64, 64), "image/png")
    if path.startswith(("/api/", "/checkin/")):
        # What a page's script asks for once it runs: nothing is there, and the page must bear it.
        return Answer()
    if path.startswith("/static/"):
        file = render.STATIC / path.removeprefix("/static/")
        return Answer(file.read_bytes(), guess_type(file.name)[0] or "text/plain", {"Cache-Control": "max-age=3600"})
    template, context = SAMPLES[path.strip("/")]
    page = render.render(template, **(FRAME | context)).encode()
    return Answer(page, "text/html; charset=utf-8", {"Content-Security-Policy": render.CSP})


def fulfil(route: Route) -> None:
    found = answer(route.request.url.removeprefix(ORIGIN))
    route.fulfill(status=found.status, body=found.body, content_type=found.kind, headers=dict(found.headers))


class Samples(ThreadingHTTPServer):
    """Says all that in one language, on a port of its own; each file is fetched once."""

    language = i18n.DEFAULT
    daemon_threads = True

    @property
    def switch(self) -> str:
        """Chromium's switch that leads `ORIGIN` here."""
        return f"--host-resolver-rules=MAP 127.0.0.1:8000 127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Samples

    def do_GET(self) -> None:
        i18n.use(self.server.language)
        found = answer(self.path)
        self.send_response(found.status)
        for name, value in {"Content-Type": found.kind, **found.headers}.items():
            self.send_header(name, value)
        if found.body:
            self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        del format, arguments


@contextmanager
def samples() -> Iterator[Samples]:
    """A server of them on loopback."""
    server = Samples(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
