"""The OpenAPI 3.1 document: FastAPI's own, with permissions, problems, security schemes and an example on every operation."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute


Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Every API operation of the application, routers included."""
    return list(_walk(app.routes))


def _walk(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _walk(route.original_router.routes)


def document(app: FastAPI) -> dict[str, object]:
    """The document as a JSON object."""
    return get_openapi(title=app.title, version=app.version, routes=app.routes)


