"""The OpenAPI 3.1 document: FastAPI's own, with permissions, problems, credentials and examples."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from service.auth import Permission
from service.openapi import headers, problem
from service.routers.access import hears_everybody, permission_of

Schema = dict[str, Any]  # JSON Schema has no narrower type

DESCRIPTION = """Runs a regency's hybrid workshops: invitation, registration, check-in, attendance, promised data.

Lists are pages of `items` with a `next` cursor. Refusals are problem+json (RFC 9457) with a stable `code`. A POST
takes an optional `Idempotency-Key`, where it says so; reads carry an `ETag`, a weak one where the body tells our time;
updates by staff and API keys need `If-Match`. Instants are RFC 3339 texts with offset. PATCH takes a JSON merge patch
(RFC 7396): what is left out stays as it is."""

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
        _complete(made, {route.operation_id: route for route in api_routes(app) if route.operation_id})
        app.openapi_schema = made
    return app.openapi_schema


def _complete(made: Schema, routes: dict[str, APIRoute]) -> None:
    components = made.setdefault("components", {})
    schemas = cast("Schema", components.setdefault("schemas", {}))
    schemas["Problem"] = problem.PROBLEM
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
    components["headers"] = headers.HEADERS
    for path in made["paths"].values():
        if "patch" in path:
            _merges(path["patch"], schemas)
        for operation in path.values():
            route = routes[operation["operationId"]]
            operation["x-permission"] = str(permission_of(route))
            operation["security"] = _credentials(route)
            operation["responses"].pop("422", None)
            headers.describe(operation, route)
            operation["responses"] |= problem.REFUSALS
            _add_examples(operation, schemas)


def _credentials(route: APIRoute) -> list[Schema]:
    """What opens a route; an empty object among others says that it may be left out, and changes the answer."""
    known: list[Schema] = [{"bearer": []}, {"session": []}]
    if permission_of(route) not in {None, Permission.PUBLIC}:
        return known
    return [{}, *known] if hears_everybody(route) else []


def _merges(operation: Schema, schemas: Schema) -> None:
    """Takes the defaults out of a merge patch: what is left out stays as it is, also within the objects of its fields.

    A shape that stands elsewhere too stays as it is there, and gets a sister without them.
    """
    waiting = [_shape(content["schema"]) for content in operation["requestBody"]["content"].values()]
    while waiting:
        properties = schemas[waiting.pop()].get("properties", {})
        for part in properties.values():
            part.pop("default", None)
            for place in (part, *part.get("anyOf", ())):
                if "$ref" in place and schemas[_shape(place)].get("type") == "object":
                    place["$ref"] = f"#/components/schemas/{_sister(_shape(place), schemas)}"
                    waiting.append(_shape(place))


def _shape(reference: Schema) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[1]


def _sister(name: str, schemas: Schema) -> str:
    own = schemas[name]
    if name.endswith("Patch") or all("default" not in part for part in own.get("properties", {}).values()):
        return name
    sister = f"{name.removesuffix('Input')}Patch"
    schemas.setdefault(sister, {**deepcopy(own), "title": sister})
    return sister


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
