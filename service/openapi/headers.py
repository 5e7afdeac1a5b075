"""What an operation takes and says in headers, read off the code that enforces it: a new route needs no word here."""

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute

from service.domain import workshops_reading
from service.routers import access, idempotency
from service.routers.route import ApiRoute

Schema = dict[str, Any]  # JSON Schema has no narrower type

_ETAG: Schema = {
    "description": "Changes whenever the body would; a weak one (W/) leaves out our clock in the body",
    "schema": {"type": "string"},
    "example": '"3-5f2a9c0d1e7b4a68"',
}
_NOT_MODIFIED: Schema = {
    "description": "Still what If-None-Match names",
    "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
}
_REPLAYED: Schema = {
    "description": "`true` when this is the kept answer to an earlier request with the same Idempotency-Key",
    "schema": {"type": "string", "const": "true"},
}
HEADERS = {"ETag": _ETAG, "Idempotency-Replayed": _REPLAYED}
"""For the components of the document."""


def describe(operation: Schema, route: APIRoute) -> None:
    """Adds If-Match, If-None-Match and Idempotency-Key, and what of them stands in the answers."""
    reading = "GET" in (route.methods or ())
    tagged = _carries_etag(route) if reading else _reaches(route.endpoint, access.respond, workshops_reading.etag_of)
    if _reaches(route.endpoint, access.check_version):
        always = (route.openapi_extra or {}).get("x-if-match") != "sometimes"
        _take(operation, "If-Match", "ETag of what is changed, as last read: 412 stale, 428 missing", required=always)
    if reading and tagged:
        _take(operation, "If-None-Match", "ETag of what is known already: 304 while it still holds")
        operation["responses"]["304"] = _NOT_MODIFIED
    if isinstance(route, ApiRoute) and route.replays:
        text = "Chosen by the caller: the same key and body get the first answer again, for 24 hours"
        _take(operation, idempotency.HEADER, text, minLength=1, maxLength=255)
        _say(operation, "Idempotency-Replayed")
    if tagged:
        _say(operation, "ETag")


def _take(operation: Schema, name: str, description: str, *, required: bool = False, **limits: int) -> None:
    operation.setdefault("parameters", []).append(
        {
            "name": name,
            "in": "header",
            "required": required,
            "description": description,
            "schema": {"type": "string", **limits},
        }
    )


def _say(operation: Schema, name: str) -> None:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}


def _carries_etag(route: APIRoute) -> bool:
    """Every body that stands in memory gets an ETag of the route; a stream has one if its function looks for it."""
    kind = getattr(route.response_class, "value", route.response_class)
    in_memory = not (isinstance(kind, type) and issubclass(kind, StreamingResponse))
    return (in_memory and isinstance(route, ApiRoute)) or _reaches(route.endpoint, access.not_modified)


def _reaches(function: Callable[..., object], *goals: Callable[..., object]) -> bool:
    """Whether a route's function calls one of these, itself or through other functions of the routers."""
    waiting, seen = [function], set[object]()
    while waiting:
        one = waiting.pop()
        if one in goals:
            return True
        if one not in seen and isinstance(one, FunctionType) and one.__module__.startswith("service.routers"):
            seen.add(one)
            waiting += _called(one)
    return False


def _called(function: FunctionType) -> Iterator[Callable[..., object]]:
    """The functions that stand under a name in a function: its module's own, and those of modules it names."""
    names = list(_names(function.__code__))
    found = [function.__globals__[name] for name in names if name in function.__globals__]
    found += [getattr(one, name, None) for one in found if isinstance(one, ModuleType) for name in names]
    yield from (one for one in found if isinstance(one, FunctionType))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
