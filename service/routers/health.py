"""Is it alive, is it ready, how is it doing."""

from hmac import compare_digest
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service import metrics
from service.auth import Actor, Permission
from service.errors import NotFound
from service.routers.access import allow, bearer_of, database_of
from service.routers.route import ApiRoute

router = APIRouter(route_class=ApiRoute, tags=["health"])
LOOPBACK = frozenset({"127.0.0.1", "::1"})


@router.get("/healthz", operation_id="healthz", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/api/v1/openapi.json", operation_id="read_openapi", include_in_schema=False)
async def read_openapi(request: Request, _actor: Annotated[Actor, allow(Permission.PUBLIC)]) -> JSONResponse:
    """The API's own description (OpenAPI 3.1)."""
    return JSONResponse(request.app.openapi())


@router.get("/readyz", operation_id="readyz", include_in_schema=False)
async def readyz(request: Request) -> dict[str, str]:
    """The database answers too; 503 when it does not."""
    await database_of(request).ping()
    return {"status": "ready"}


@router.get("/metrics", operation_id="metrics", include_in_schema=False)
async def read_metrics(request: Request) -> Response:
    """Prometheus text, for loopback or with the metrics key; for anybody else the page does not exist."""
    key = database_of(request).settings.metrics_key
    sent = bearer_of(request) or ""
    keyed = key is not None and compare_digest(sent.encode(), key.get_secret_value().encode())
    local = request.client is not None and request.client.host in LOOPBACK
    if not (keyed or (local and "x-forwarded-for" not in request.headers)):
        raise NotFound
    return Response(metrics.render(), media_type="text/plain; version=0.0.4")
