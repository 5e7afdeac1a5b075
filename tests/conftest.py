"""Every test that touches data runs on SQLite and on PostgreSQL, each on a migrated database as empty as a new one.

But for those of pages and documents, which only show what is proved on both elsewhere: each of them runs on one, about
half of them on either, and on the other with `make soak` (or whenever soaks are not left out).
"""

import asyncio
import contextlib
import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from zlib import crc32

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from pydantic._internal import _fields
from starlette.routing import BaseRoute

from service import clock, i18n, pages, routers
from service.app import create_app
from service.db import Database
from service.domain import passwords
from service.migrate import migrate
from service.settings import Settings
from service.worker import Worker
from tests.support import memory, one_loop, processes, warm
from tests.support.databases import Databases
from tests.support.engines import CONNECTIONS, share
from tests.support.postgres import (
    Postgres,
    PostgresMissing,
    session_postgres,
    start_for_session,
    stop_for_session,
)

SECRET = "a-secret-key-for-tests-only-0123456789"
NOW = datetime.fromisoformat("2023-06-20T09:00:00+08:00")
KINDS = ("sqlite", "postgresql")
# Routes are made ready at an application's first request, which takes longer than most tests: its twins share them.
_first: dict[int, tuple[FastAPI, list[BaseRoute]]] = {}


def pytest_configure(config: pytest.Config) -> None:
    if sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        # Else each process that a test starts spends more than a second on compiling what the last one compiled.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(config.rootpath / ".pytest_cache" / "bytecode"))
    processes.WARM = True
    # Asked for each column of each row that is made, and answered by reading the factory's signature.
    _fields.takes_validated_data_argument = cache(_fields.takes_validated_data_argument)  # type: ignore[assignment] # same
    memory.start_for_session(config)
    with contextlib.suppress(PostgresMissing):  # the fixture says so, loudly
        start_for_session(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """By its name, so that it is the same one in every run."""
    for item in items:
        kind = item.callspec.params.get("settings") if isinstance(item, pytest.Function) and _shows(item) else None
        if isinstance(kind, str) and kind != KINDS[crc32(item.nodeid.replace(kind, "", 1).encode()) % 2]:
            item.add_marker(pytest.mark.soak)


def _shows(item: pytest.Function) -> bool:
    """Whether it is a test of what is shown that has a twin on the other database; one on purpose on one has none."""
    if not (item.nodeid.startswith(("tests/pages/", "tests/documents/")) and hasattr(item, "callspec")):
        return False
    return not any("settings" in str(mark.args[0]) for mark in item.iter_markers("parametrize"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: a collector that walks through it again and again takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_unconfigure() -> None:
    warm.stop()
    stop_for_session()
    memory.stop_for_session()


@pytest.fixture(autouse=True)
def frozen_clock() -> Iterator[None]:
    """Tests begin two weeks before the Luwu workshop; they move the clock themselves."""
    clock.shift(NOW - NOW)
    clock.freeze(NOW)
    yield
    one_loop.clear()
    clock.freeze(None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One for all tests of a process."""
    return "asyncio"


@pytest.fixture(scope="session")
async def loop_for_all(anyio_backend: object) -> AsyncIterator[None]:
    """Whoever needs it keeps the tests of this process on one event loop from then on."""
    one_loop.begin()
    yield
    await CONNECTIONS.close()
    one_loop.end()


@pytest.fixture
def quick_hash(monkeypatch: pytest.MonkeyPatch) -> Iterator[PasswordHash]:
    """Passwords hashed in a thousandth of the time, for tests that are about something else."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", quick)
    passwords._nobodys_hash.cache_clear()
    yield quick
    passwords._nobodys_hash.cache_clear()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, one per test process."""
    folder = tmp_path_factory.mktemp("template")
    settings = Settings(data_dir=folder, secret_key=SecretStr(SECRET))
    asyncio.run(_migrated(settings))
    return settings.sqlite_path


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The cluster of this test run. Missing PostgreSQL is a failure in CI and a loud skip elsewhere."""
    try:
        return session_postgres()
    except PostgresMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"POSTGRESQL IS MISSING, HALF OF THE PROOFS DID NOT RUN: {missing}")


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database, one per test process."""
    name = f"template_{os.getpid()}"
    url = postgres.create_database(name)
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(_migrated(Settings(data_dir=folder, database_url=SecretStr(url), secret_key=SecretStr(SECRET))))
    return name


async def _migrated(settings: Settings) -> None:
    database = Database(settings)
    await migrate(database)
    await database.close()


@pytest.fixture(scope="session")
def databases(postgres: Postgres, postgres_template: str) -> Iterator[Databases]:
    """Copies of that database, used again where they can be."""
    made = Databases(postgres, postgres_template, CONNECTIONS.doubt)
    yield made
    made.close()


@cache
def _plain() -> Settings:
    """To read them out of the environment takes longer than to copy them."""
    return Settings(data_dir=Path("/nonexistent"), secret_key=SecretStr(SECRET), worker=False, log_level="error")


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a service with a fresh, migrated, empty database; parametrised over both kinds."""
    if request.param == "sqlite":
        made = _plain().model_copy(update={"data_dir": tmp_path}, deep=True)
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, made.sqlite_path)
        yield made
        return
    databases: Databases = request.getfixturevalue("databases")
    url = SecretStr(databases.take())
    yield _plain().model_copy(update={"data_dir": tmp_path, "database_url": url}, deep=True)
    databases.give_back(CONNECTIONS.pids)


@pytest.fixture
async def app(settings: Settings, loop_for_all: None) -> AsyncIterator[FastAPI]:
    """The application on that database, without a worker: a test drains the outbox itself."""
    made = _twin(settings) if settings.max_body_bytes in _first else create_app(settings)
    first, routes = _first.setdefault(settings.max_body_bytes, (made, list(made.router.routes)))
    made.router.routes[:] = routes
    made.state.api_routes = first.state.api_routes
    made.openapi = first.openapi  # type: ignore[method-assign] # as in the service
    i18n.use(i18n.DEFAULT)  # what a request of another test chose is still chosen in the task that runs them
    await share(made.state.database)
    async with made.router.lifespan_context(made):
        yield made
        made.state.seen.forget()  # a write at the end of every test
        CONNECTIONS.take_back(made.state.database)


def _twin(settings: Settings) -> FastAPI:
    """An application that needs no routes of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routers, "all_routers", list)
        patch.setattr(pages, "all_routers", list)
        return create_app(settings)


@pytest.fixture
def database(app: FastAPI) -> Database:
    """The application's database; `async with database.write() as session:` commits."""
    found: Database = app.state.database
    return found


@pytest.fixture
def worker(database: Database) -> Worker:
    """`await worker.drain()` seals and delivers everything that is due."""
    return Worker(database)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """A client of the application's API, without credentials."""
    transport = ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as made:
        yield made
