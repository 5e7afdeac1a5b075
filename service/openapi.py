"""The OpenAPI 3.1 document: FastAPI's own, with permissions, problems, credentials and examples."""

from collections.abc import Iterator
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from service.auth import Permission
from service.routers.access import permission_of

Schema = dict[str, Any]  # JSON Schema has no narrower type

DESCRIPTION = """Runs a regency's hybrid workshops: invitation, registration, check-in, attendance, promised data.

Lists are pages of `items` with a `next` cursor. Refusals are problem+json (RFC 9457) with a stable `code`. Every POST
takes an optional `Idempotency-Key`; reads carry a strong `ETag`; updates by staff and API keys need `If-Match`."""

_PROBLEM: Schema = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457)",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:bimtek:problem:<code>"},
        "title": {"type": "string", "description": "What is the matter, in the caller's language"},
        "status": {"type": "integer", "description": "HTTP status"},
        "detail": {"type": "string", "description": "What to do next"},
        "instance": {"type": "string", "description": "urn:uuid: of this request, as in X-Request-ID"},
        "code": {"type": "string", "description": "Stable word for programs"},
        "errors": {
            "type": "array",
            "description": "For 422: each wrong field, never its value",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or query/<name>"},
                    "message": {"type": "string", "description": "What to do"},
                },
            },
        },
    },
    "example": {
        "type": "urn:bimtek:problem:not_found",
        "title": "Tidak ditemukan",
        "status": 404,
        "detail": "Periksa alamatnya; data mungkin sudah dihapus atau bukan milik Anda.",
        "instance": "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        "code": "not_found",
    },
}
_REFUSAL: Schema = {
    "description": "Refused: 401, 403, 404, 409, 412, 422, 428, 429, 503 or 507",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_DEEPEST = 20
_FORMATS = {
    "uuid": "01890a5d-ac96-774b-bcce-b302099a8057",
    "date-time": "2023-07-03T08:30:00+08:00",
    "date": "2023-07-03",
    "uri": "https://luwukab.go.id",
    "binary": "",
}


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Every operation of the application, those of included routers too."""
    return list(_walk(app.routes))


def _walk(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _walk(route.original_router.routes)


def document(app: FastAPI) -> dict[str, Any]:
    """The document as a JSON object; made once per application."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
        _complete(made, {route.operation_id: permission_of(route) for route in api_routes(app) if route.operation_id})
        app.openapi_schema = made
    return app.openapi_schema


def _complete(made: Schema, permissions: dict[str, Permission | None]) -> None:
    components = made.setdefault("components", {})
    schemas = cast("Schema", components.setdefault("schemas", {}))
    schemas["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "API key, device token, participant token or portal token",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-bimtek",
            "description": "A staff member's browser; writes also need X-CSRF-Token",
        },
    }
    for path in made["paths"].values():
        for operation in path.values():
            permission = permissions.get(operation.get("operationId"))
            operation["x-permission"] = str(permission)
            public = permission is None or permission is Permission.PUBLIC
            operation["security"] = [] if public else [{"bearer": []}, {"session": []}]
            operation["responses"].pop("422", None)
            operation["responses"]["4XX"] = _REFUSAL
            _add_examples(operation, schemas)


def _add_examples(operation: Schema, schemas: Schema) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content.setdefault("example", example(content.get("schema", {}), schemas, sending=True))
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            for content in answer.get("content", {}).values():
                content.setdefault("example", example(content.get("schema", {}), schemas))


def example(schema: Schema, schemas: Schema, *, sending: bool = False, depth: int = 0) -> object:
    """A value that fits a schema, from its examples where it has some; what is sent holds only what must be."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, sending=sending, depth=depth + 1)
    for word in ("example", "const"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            choices = [choice for choice in schema[word] if choice.get("type") != "null"]
            return example(choices[0], schemas, sending=sending, depth=depth) if choices else None
    return _of_type(schema, schemas, sending=sending, depth=depth)


def _of_type(schema: Schema, schemas: Schema, *, sending: bool, depth: int) -> object:
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", [])
        return {
            name: example(part, schemas, sending=sending, depth=depth + 1)
            for name, part in schema.get("properties", {}).items()
            if depth < _DEEPEST and (not sending or name in required or part.get("examples"))
        }
    if kind == "array":
        return [example(schema.get("items", {}), schemas, sending=sending, depth=depth + 1)] if depth < _DEEPEST else []
    if kind == "integer":
        return max(int(schema.get("minimum", 1)), 1)
    plain: dict[object, object] = {
        "number": 1.5,
        "boolean": True,
        "string": _FORMATS.get(str(schema.get("format")), "teks"),
    }
    return plain.get(kind)
