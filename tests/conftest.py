"""Every test that touches data runs on SQLite and on PostgreSQL, each on a migrated database as empty as a new one."""

import asyncio
import contextlib
import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from starlette.routing import BaseRoute

from service import clock
from service.app import create_app
from service.db import Database
from service.domain import passwords
from service.migrate import migrate
from service.settings import Settings
from service.worker import Worker
from tests.support import processes, warm
from tests.support.databases import Databases
from tests.support.engines import share
from tests.support.postgres import (
    Postgres,
    PostgresMissing,
    session_postgres,
    start_for_session,
    stop_for_session,
)

SECRET = "a-secret-key-for-tests-only-0123456789"
NOW = datetime.fromisoformat("2023-06-20T09:00:00+08:00")
# Routes are made ready at an application's first request, which takes longer than most tests: its twins share them.
_first: dict[int, tuple[FastAPI, list[BaseRoute]]] = {}


def pytest_configure(config: pytest.Config) -> None:
    if sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        # Else each process that a test starts spends more than a second on compiling what the last one compiled.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(config.rootpath / ".pytest_cache" / "bytecode"))
    processes.WARM = True
    with contextlib.suppress(PostgresMissing):  # the fixture says so, loudly
        start_for_session(config)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: a collector that walks through it again and again takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_unconfigure() -> None:
    warm.stop()
    stop_for_session()


@pytest.fixture(autouse=True)
def frozen_clock() -> Iterator[None]:
    """Tests begin two weeks before the Luwu workshop; they move the clock themselves."""
    clock.shift(NOW - NOW)
    clock.freeze(NOW)
    yield
    clock.freeze(None)


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
    made = Databases(postgres, postgres_template)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a service with a fresh, migrated, empty database; parametrised over both kinds."""
    if request.param == "sqlite":
        made = Settings(data_dir=tmp_path, secret_key=SecretStr(SECRET), worker=False, log_level="error")
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, made.sqlite_path)
        yield made
        return
    databases: Databases = request.getfixturevalue("databases")
    url = SecretStr(databases.take())
    yield Settings(data_dir=tmp_path, database_url=url, secret_key=SecretStr(SECRET), worker=False, log_level="error")
    databases.give_back()


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application on that database, without a worker: a test drains the outbox itself."""
    made = create_app(settings)
    first, routes = _first.setdefault(settings.max_body_bytes, (made, list(made.router.routes)))
    made.router.routes[:] = routes
    made.openapi = first.openapi  # type: ignore[method-assign] # as in the service
    await share(made.state.database)
    async with made.router.lifespan_context(made):
        yield made


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
