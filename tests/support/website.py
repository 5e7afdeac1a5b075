"""The examples of docs/website.md, and another website that shows them."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "website.md"
WRITTEN_BASE = "https://bimtek.luwukab.go.id"
_BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(base_url: str) -> dict[str, str]:
    """Every example by its name, for a service that stands at `base_url`."""
    found = {
        name: code.replace(WRITTEN_BASE, base_url) for _kind, name, code in _BLOCK.findall(PAGE.read_text("utf-8"))
    }
    assert found
    return found


def html(*parts: str) -> str:
    """A page of the office's website."""
    head = '<!doctype html><html lang="id"><meta charset="utf-8"><title>Kantor</title>'
    return f"{head}<body>{''.join(parts)}</body></html>"


@contextmanager
def website(pages: Mapping[str, str]) -> Iterator[str]:
    """Serves these pages on loopback, by their path; its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path)
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((found or "").encode())

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
