"""create_app(): settings in, ASGI application out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.types import ASGIApp

from service import __version__, logs, openapi, pages, problems, routers, subscribers
from service.db import Database
from service.middleware import Surroundings
from service.pages.render import STATIC_URL, Assets
from service.routers import background, seen, visiting
from service.settings import Settings
from service.worker import Worker

API = "/api/v1"
# With what the server waits for requests and background.STOP_SECONDS, these stay below serve.CHILD_SECONDS.
DRAIN_SECONDS = 7
SEEN_SECONDS = 1


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole service. Nothing is opened before the lifespan starts."""
    settings = settings or Settings()
    logs.configure(settings.log_level)
    subscribers.load()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        worker = Worker(app.state.database) if settings.worker else None
        task = asyncio.create_task(worker.run()) if worker else None
        try:
            with app.state.seen.writing():
                yield
            await app.state.background.stop()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SEEN_SECONDS):
                    await app.state.seen.write()
            if worker and task:
                await _finish(worker, task)
        finally:
            # Open connections keep the process alive (SQLite's have threads), whatever became of the worker.
            await app.state.database.close()

    app = FastAPI(
        title="Bimtek",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=settings.max_body_bytes,
    )
    app.state.settings = settings
    app.state.database = Database(settings)
    app.state.guesses = visiting.Guesses()
    app.state.seen = seen.Seen(app.state.database)
    app.state.background = background.Background(app.state.database)
    for router in routers.all_routers():
        app.include_router(router)
    for router in pages.all_routers():
        app.include_router(router)
    app.mount(STATIC_URL, Assets(), name="static")
    app.state.api_routes = openapi.api_routes(app)
    problems.install(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign] # FastAPI's own documented way
    inner_build = app.build_middleware_stack

    def build() -> ASGIApp:
        return Surroundings(inner_build(), settings, app)

    app.build_middleware_stack = build  # type: ignore[method-assign] # outside ServerErrorMiddleware, so 500s get headers
    return app


async def _finish(worker: Worker, task: "asyncio.Task[None]") -> None:
    worker.stop()
    try:
        await asyncio.wait_for(task, DRAIN_SECONDS)
    except TimeoutError:
        task.cancel()
