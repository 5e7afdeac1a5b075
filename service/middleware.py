"""Around every request: whose host, which language, a request id, headers for safety and for other origins.

One plain ASGI layer: it costs microseconds, and a stream passes through untouched.
"""

import time
from functools import lru_cache
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import errors, i18n
from service.auth import Permission
from service.metrics import REQUESTS
from service.problems import problem
from service.routers.access import names_etag, permission_of
from service.routers.shelf import Kept, Recent
from service.settings import Settings
from service.tokens import new_id

log = structlog.get_logger()
HTTP_OK, HTTP_NOT_MODIFIED, HTTP_TOO_LARGE = 200, 304, 413
STEADY = "max-age="
"""In Cache-Control: what clients may keep for a while changes with the rows alone."""
LONGEST_QUERY = 1_000
"""Longer ones are not worth keeping an answer for."""
_OF_THE_BODY = frozenset({b"content-type", b"content-length"})

FOR_OTHER_ORIGINS = ("/api/", "/calendar/", "/feeds/")
"""Whose public answers scripts of other sites may read; pages are for people."""
_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Retry-After, Idempotency-Replayed"}
_PREFLIGHT = _CORS | {
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, If-None-Match, Accept-Language",
    "Access-Control-Max-Age": "86400",
}


@lru_cache(maxsize=256)
def _language_of(header: str) -> str:
    return i18n.negotiate(header)


class Surroundings:
    """The layer around the application."""

    def __init__(self, app: ASGIApp, settings: Settings, inner: FastAPI) -> None:
        self.app = app
        self.settings = settings
        self.inner = inner
        self.hosts = {host.lower() for host in settings.allowed_hosts} or {
            (urlsplit(settings.base_url).hostname or "").lower(),
            "localhost",
            "127.0.0.1",
            "::1",
        }
        self.recent = Recent(inner.state.database)
        self._public: dict[int, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # Answered like GET (RFC 9110, 9.3.2); the server leaves the body out.
            scope = {**scope, "method": "GET"}
        started = time.perf_counter()
        headers = Headers(scope=scope)
        scope["request_id"] = str(new_id())
        i18n.use(_language_of(headers.get("accept-language", "")))
        refused = self._refuse_host(scope, headers)
        answers = await self.recent.open() if refused is None and _from_stranger(scope, headers) else None
        # Who asks for no language may be answered in that of the person or the organizer, as calendars are.
        key = scope["path"], scope["query_string"], i18n.language(), "accept-language" in headers
        kept = answers.get(key) if answers else None
        if kept is not None and (status := await _repeat(kept, scope, headers, send)):
            _count(scope, kept.route, status, started)
            return
        self._believe_proxy(scope, headers)
        status = 0
        replaced = False
        complete: Kept | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status, replaced, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                # The framework's body limit answers outside the error handlers, in plain text.
                replaced = status == HTTP_TOO_LARGE and "problem+json" not in headers.get("content-type", "")
                if replaced:
                    await problem(Request(scope), errors.BodyTooLarge())(scope, receive, send_with_headers)
                    replaced = True
                    return
                self._add_headers(scope, headers)
                complete = self._kept(scope, status, headers) if answers is not None else None
                headers["X-Request-ID"] = scope["request_id"]
            elif complete is not None and answers is not None and not message.get("more_body"):
                body = message.get("body", b"") if status == HTTP_OK else None
                self.recent.note(answers, key, complete._replace(body=body))
            else:
                complete = None
            if not replaced:
                await send(message)

        early = refused or self._answer_preflight(scope, headers)
        try:
            await (early or self.app)(scope, receive, send_with_headers)
        finally:
            _count(scope, getattr(scope.get("route"), "path", "unmatched"), status or 500, started)

    def _kept(self, scope: Scope, status: int, headers: MutableHeaders) -> Kept | None:
        """What of an answer to a stranger can be repeated, its body still missing; None: nothing."""
        if status not in (HTTP_OK, HTTP_NOT_MODIFIED) or "etag" not in headers or not self._is_public(scope):
            return None
        steady = STEADY in headers["cache-control"]
        return Kept(headers["etag"], list(headers.raw), None, scope["route"].path, steady)

    def _believe_proxy(self, scope: Scope, headers: Headers) -> None:
        """X-Forwarded-* counts only from a configured proxy; the last address it names is the visitor's."""
        client = scope.get("client")
        if client and client[0] in self.settings.trusted_proxies:
            chain = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
            known = self.settings.trusted_proxies
            visitor = next((address for address in reversed(chain) if address not in known), None)
            if visitor:
                scope["client"] = (visitor, 0)
            if headers.get("x-forwarded-proto") in {"http", "https"}:
                scope["scheme"] = headers["x-forwarded-proto"]

    def _refuse_host(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.strip("[]").lower() not in self.hosts and "*" not in self.hosts:
            return problem(Request(scope), errors.BadRequest())
        return None

    def _answer_preflight(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            wanted = headers["access-control-request-method"]
            allowed = self._matches_public({**scope, "method": wanted})
            methods = {"Access-Control-Allow-Methods": wanted}
            return Response(status_code=204, headers=_PREFLIGHT | methods if allowed else {})
        return None

    def _matches_public(self, scope: Scope) -> bool:
        return any(
            route.matches(scope)[0] is Match.FULL
            for route in self.inner.state.api_routes
            if permission_of(route) is Permission.PUBLIC
        )

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cache-Control", "private, no-cache" if "etag" in headers else "no-store")
        headers.add_vary_header("Accept-Language")
        if self.settings.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if scope["path"].startswith(FOR_OTHER_ORIGINS) and self._is_public(scope):
            headers.update(_CORS)

    def _is_public(self, scope: Scope) -> bool:
        route = scope.get("route")
        if not isinstance(route, APIRoute):
            return False
        known = self._public.get(id(route))
        if known is None:
            known = self._public[id(route)] = permission_of(route) is Permission.PUBLIC
        return known


def _from_stranger(scope: Scope, headers: Headers) -> bool:
    """Whether the request reads, and carries no credential outside its address."""
    reads = scope["method"] == "GET" and len(scope["query_string"]) <= LONGEST_QUERY
    return reads and "authorization" not in headers and "cookie" not in headers


async def _repeat(kept: Kept, scope: Scope, headers: Headers, send: Send) -> int | None:
    """Gives a kept answer, or 304; which of them. None: only that it is unchanged was kept, and that was not asked."""
    status, raw, body = HTTP_OK, kept.headers, kept.body
    if names_etag(headers.get("if-none-match", ""), kept.etag):
        status, body = HTTP_NOT_MODIFIED, b""
        raw = [(name, value) for name, value in raw if name not in _OF_THE_BODY]
    if body is None:
        return None
    raw = [*raw, (b"x-request-id", scope["request_id"].encode())]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
    return status


def _count(scope: Scope, route: str, status: int, started: float) -> None:
    REQUESTS.labels(scope["method"], route, str(status)).inc()
    log.debug("request", route=route, status=status, ms=round((time.perf_counter() - started) * 1000, 1))
