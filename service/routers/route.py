"""The one kind of route the API is made of: strict JSON in, no unknown query parameters, Idempotency-Key on POST."""

import hashlib
import json
import math
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, get_args, get_origin

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from service import clock
from service.errors import BadRequest, InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.routers import idempotency
from service.routers.access import etag_matches, not_modified
from service.routers.route_errors import BodyExpected, FormExpected

# Cheap signs that a body may hold what a database refuses: NUL, numbers beyond 64 bits or beyond a double.
_SUSPICIOUS = re.compile(rb"\\u0000|\x00|\d{18}|[0-9][eE]")
_LARGEST = 2**63 - 1
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON body is refused when no database could keep it."""

    async def json(self) -> Any:  # Starlette's signature
        """The parsed body. Raises json.JSONDecodeError for NaN, infinities, NUL, lone surrogates, depth, 2^63."""
        if not hasattr(self, "_strict_json"):
            self._strict_json = parse_json(await self.body())
        return self._strict_json


class AnyTextRequest(StrictRequest):
    """The same for shapes that judge every text themselves, a NUL too."""

    async def json(self) -> Any:  # Starlette's signature
        """The parsed body. Raises json.JSONDecodeError."""
        if not hasattr(self, "_strict_json"):
            self._strict_json = parse_json(await self.body(), keepable=False)
        return self._strict_json


def parse_json(raw: bytes, *, keepable: bool = True) -> Any:  # JSON has no narrower type; pydantic checks it next
    """Strict RFC 8259 parsing; `keepable`: only what a database can keep. Raises json.JSONDecodeError."""
    try:
        value = from_json(raw, allow_inf_nan=False)
        if keepable and _SUSPICIOUS.search(raw):
            _check(value)
    except ValueError as broken:
        raise json.JSONDecodeError("not acceptable JSON", "", 0) from broken
    return value


def _check(value: object) -> None:
    """Raises ValueError for what a database cannot keep."""
    match value:
        case str() if "\x00" in value:
            raise ValueError("NUL")
        case int() if abs(value) > _LARGEST:
            raise ValueError("integer too large")
        case float() if math.isinf(value):
            raise ValueError("number too large")
        case list():
            for item in value:
                _check(item)
        case dict():
            for key, item in value.items():
                _check(key)
                _check(item)


class ApiRoute(APIRoute):
    """See the module. POST routes keep and replay answers unless `openapi_extra={"x-idempotency": False}`.

    `openapi_extra={"x-any-text": True}`: the shape judges every text itself, a NUL too.
    """

    @property
    def replays(self) -> bool:
        """Whether an Idempotency-Key counts."""
        return "POST" in (self.methods or ()) and (self.openapi_extra or {}).get("x-idempotency", True)

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()
        names = _query_names(self)
        replays = self.replays
        if "multipart/form-data" in _body_kinds(self):
            inner = _explained(inner, _body_kinds(self))
        request_class = AnyTextRequest if (self.openapi_extra or {}).get("x-any-text") else StrictRequest

        async def handle(request: Request) -> Response:
            request = request_class(request.scope, request.receive)
            request.state.received_at = clock.now()
            check_query(request, names)
            check_address(request)
            if not (replays and idempotency.HEADER in request.headers):
                return conditional(request, await inner(request))
            request.state.idempotency = idempotency.Attempt.of(request, self.path, await request.body())
            try:
                response = await inner(request)
            except idempotency.Replay as replay:
                return replay.response
            except Refusal as refusal:
                request.state.idempotency.refused(refusal)
                raise
            await request.state.idempotency.answered(response)
            return response

        return handle


def _body_kinds(route: APIRoute) -> list[str]:
    """The media types of the bodies that a route reads itself."""
    return list((route.openapi_extra or {}).get("requestBody", {}).get("content", {}))


def _explained(inner: Handler, kinds: list[str]) -> Handler:
    """The handler, whose refusal of a body says what is read here."""

    async def handle(request: Request) -> Response:
        try:
            return await inner(request)
        except BadRequest as refused:
            if type(refused) is not BadRequest:
                raise
            raise (BodyExpected(content_types=kinds) if len(kinds) > 1 else FormExpected()) from refused

    return handle


def check_query(request: Request, names: Mapping[str, bool]) -> None:
    """`names`: the parameters, and whether each may be repeated. Raises InvalidInput for another or a repeated one."""
    seen: set[str] = set()
    for name, _value in request.query_params.multi_items():
        if name not in names:
            raise InvalidInput.at(f"query/{name[:64]}", _("Parameter tidak dikenal. Periksa ejaannya."))
        if name in seen and not names[name]:
            raise InvalidInput.at(f"query/{name[:64]}", _("Sebut parameter ini satu kali saja."))
        seen.add(name)


def check_address(request: Request) -> None:
    """PostgreSQL cannot even look for a NUL. Raises NotFound for one in the path, InvalidInput in the query."""
    if "\x00" in request.scope["path"]:
        raise NotFound
    if any("\x00" in value for _name, value in request.query_params.multi_items()):
        raise InvalidInput.at("query", _("Karakter NUL tidak diterima."))


def conditional(request: Request, response: Response) -> Response:
    """Gives a read its strong ETag, the digest of the body, unless the route found a cheaper one; 304 on a match."""
    body = getattr(response, "body", None)
    if request.method != "GET" or response.status_code != 200 or "etag" in response.headers or not body:
        return response
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if etag_matches(request, etag):
        return not_modified(etag)
    response.headers["ETag"] = etag
    return response


def _query_names(route: APIRoute) -> dict[str, bool]:
    """The query parameters that a route declares, and whether each is a list."""
    names: dict[str, bool] = {}
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        for field in dependant.query_params:
            names[field.alias] = _is_list(field.field_info.annotation)
            # A query model (pydantic class) declares its parameters as fields.
            fields = getattr(field.field_info.annotation, "model_fields", None)
            if fields:
                names |= {info.alias or name: _is_list(info.annotation) for name, info in fields.items()}
        waiting += dependant.dependencies
    return names


def _is_list(annotation: object) -> bool:
    """Whether it is a list, or may be one."""
    return get_origin(annotation) is list or any(_is_list(part) for part in get_args(annotation))
