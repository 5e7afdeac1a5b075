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
from service.routers.access import permission_of
from service.settings import Settings
from service.tokens import new_id

log = structlog.get_logger()
HTTP_TOO_LARGE = 413

_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Retry-After, Idempotency-Replayed"}
_PREFLIGHT = _CORS | {
    "Access-Control-Allow-Methods": "GET, POST",
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
        self._public: dict[int, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        scope["request_id"] = str(new_id())
        self._believe_proxy(scope, headers)
        i18n.use(_language_of(headers.get("accept-language", "")))
        status = 0
        replaced = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, replaced
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
            if not replaced:
                await send(message)

        early = self._answer_early(scope, headers)
        try:
            await (early or self.app)(scope, receive, send_with_headers)
        finally:
            route = scope.get("route")
            path = getattr(route, "path", "unmatched")
            REQUESTS.labels(scope["method"], path, str(status or 500)).inc()
            log.debug("request", route=path, status=status, ms=round((time.perf_counter() - started) * 1000, 1))

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

    def _answer_early(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.strip("[]").lower() not in self.hosts and "*" not in self.hosts:
            return problem(Request(scope), errors.BadRequest())
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            wanted = headers["access-control-request-method"]
            allowed = self._matches_public({**scope, "method": wanted})
            return Response(status_code=204, headers=_PREFLIGHT if allowed else {})
        return None

    def _matches_public(self, scope: Scope) -> bool:
        return any(
            route.matches(scope)[0] is Match.FULL
            for route in self.inner.state.api_routes
            if permission_of(route) is Permission.PUBLIC
        )

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        headers["X-Request-ID"] = scope["request_id"]
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cache-Control", "private, no-cache" if "etag" in headers else "no-store")
        headers.add_vary_header("Accept-Language")
        if self.settings.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        route = scope.get("route")
        if isinstance(route, APIRoute) and self._is_public(route):
            for name, value in _CORS.items():
                headers[name] = value

    def _is_public(self, route: APIRoute) -> bool:
        known = self._public.get(id(route))
        if known is None:
            known = self._public[id(route)] = permission_of(route) is Permission.PUBLIC
        return known
