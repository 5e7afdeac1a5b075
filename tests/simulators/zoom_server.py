"""The HTTP side of the simulated Zoom: sign-in, limits, faults, shapes; one thread per connection."""

import contextlib
import json
import socket
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
from pydantic import JsonValue

from service import clock
from tests.simulators.zoom_calls import ROUTES, Call, limited_by_second
from tests.simulators.zoom_shapes import ANSWERS, REQUESTS
from tests.simulators.zoom_world import Refused

if TYPE_CHECKING:
    from tests.simulators.zoom import ZoomSimulator


class Listener(ThreadingHTTPServer):
    """Many may knock at once; whoever goes away in the middle is no mistake."""

    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, _request: object, _client: object) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            handler = self.RequestHandlerClass
            assert isinstance(handler, type) and issubclass(handler, Handler)  # noqa: PT018 - narrows
            handler.zoom.mistakes.append(repr(error))


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    zoom: ClassVar["ZoomSimulator"]
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = 65536
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method is answered: the standard library looks for do_GET and its like."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _serve(self) -> None:
        call = self._call()
        fault = self.zoom.fault_for(call.kind)
        if fault is not None and fault.how == "hang":
            fault.over.wait(self.zoom.hang_seconds)
        if fault is not None and fault.how in {"hang", "drop"}:
            self._drop(call)
        elif fault is not None and fault.how == "drip":
            self._drip(call, fault.over)
        elif fault is not None and fault.how == "500":
            self._answer(call, Refused(500, 500, "Internal error."))
        else:
            answer = self._outcome(call)
            if fault is not None:
                self._drop(call)
            else:
                self._answer(call, answer)

    def _call(self) -> Call:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body: JsonValue = None
        with contextlib.suppress(ValueError):
            body = json.loads(raw) if raw else None
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        made = Call("unknown", self.command, parts.path, query, body if isinstance(body, dict) else {})
        if (self.command, parts.path) == ("POST", "/oauth/token"):
            made.kind = "token"
        for kind, method, pattern, _ in ROUTES:
            found = pattern.fullmatch(parts.path)
            if found is not None and method == self.command:
                made.kind, made.arguments = kind, tuple(unquote(one) for one in found.groups())
        with self.zoom.lock:
            self.zoom.requests.append(made)
            self.zoom.calls[made.kind] += 1
        return made

    def _outcome(self, call: Call) -> tuple[int, JsonValue] | Refused:
        with self.zoom.lock:
            try:
                return self._token(call) if call.kind == "token" else self._done(call)
            except Refused as refused:
                return refused

    def _token(self, call: Call) -> tuple[int, JsonValue]:
        zoom = self.zoom
        credentials = b64encode(f"{zoom.client_id}:{zoom.client_secret}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {credentials}":
            return 401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}
        if call.query != {"grant_type": "account_credentials", "account_id": zoom.account_id}:
            return 400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}
        token = token_urlsafe(32)
        zoom.tokens[token] = clock.real_now() + timedelta(seconds=zoom.token_seconds)
        return 200, {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": zoom.token_seconds,
            "scope": zoom.scopes,
        }

    def _done(self, call: Call) -> tuple[int, JsonValue]:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        ends = self.zoom.tokens.get(token)
        if ends is None:
            raise Refused(401, 124, "Invalid access token.")
        if ends <= clock.real_now():
            raise Refused(401, 124, "Access token is expired.")
        if self.zoom.too_fast():
            raise limited_by_second(self.zoom)
        handler = next((handler for kind, _, _, handler in ROUTES if kind == call.kind), None)
        if handler is None:
            raise Refused(404, 2300, "This API endpoint is not recognized.")
        if call.kind in REQUESTS and not _validator(call.kind, answer=False).is_valid(call.body):
            raise Refused(400, 300, "Validation Failed.")
        status, answer = handler(self.zoom, call)
        if call.kind in ANSWERS and not _validator(call.kind, answer=True).is_valid(answer):
            self.zoom.mistakes.append(f"{call.kind} was answered against the published shape")
        return status, answer

    def _answer(self, call: Call, outcome: tuple[int, JsonValue] | Refused) -> None:
        if isinstance(outcome, Refused):
            call.status, call.answer, call.headers = outcome.status, outcome.body, outcome.headers
        else:
            call.status, call.answer = outcome
        body = b"" if call.answer is None else json.dumps(call.answer).encode()
        self.send_response(call.status)
        for name, value in call.headers.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", "application/json;charset=UTF-8")
        if call.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, call: Call, over: threading.Event) -> None:
        """One byte at a time, so that no single wait is long."""
        deadline = time.monotonic() + self.zoom.hang_seconds
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while time.monotonic() < deadline and not over.wait(0.02):
            self.connection.sendall(b" ")
        self._drop(call)

    def _drop(self, call: Call) -> None:
        call.status = 0
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@cache
def _validator(kind: str, *, answer: bool) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator((ANSWERS if answer else REQUESTS)[kind], validate_formats=True)
