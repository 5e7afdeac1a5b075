"""One database from empty to measured."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from service.db import Database
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from tests.bench import promises
from tests.bench.bare import measure_insert, measure_route
from tests.bench.fill import Size, World, fill
from tests.bench.load import drive, warm_up
from tests.bench.messages import measure_messages, settings_from
from tests.bench.meter import Meter, wait_until_idle
from tests.bench.report import Result, Section
from tests.bench.rows import Row
from tests.support.many_promises import Many
from tests.support.postgres import Cluster
from tests.support.processes import Process, free_port, without_settings
from tests.support.server import ROOT, Server

MIGRATE_SECONDS = 120
DRAIN_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """What to measure, and how long."""

    rows: Sequence[Row]
    size: Size
    seconds: float
    clients: int
    folder: Path
    messages: int = 0
    promises: Many | None = None
    only: str = ""


def on_postgresql(plan: Plan) -> Section:
    """Two workers, the outbox worker in a process of its own, PostgreSQL as its package sets it up."""
    with Cluster(fsync=True) as cluster:
        bare = asyncio.run(measure_route(plan.folder, workers=2, clients=plan.clients, seconds=plan.seconds))
        insert = measure_insert(cluster, clients=plan.clients, seconds=plan.seconds)
        env = _environment(plan.folder / "postgresql") | {
            "BIMTEK_DATABASE_URL": cluster.create_database("bench").replace("+asyncpg", ""),
            "BIMTEK_WORKER": "false",
        }
        world = _prepare(env, plan.size)
        cluster.execute("VACUUM ANALYZE", "bench")
        with _service(plan.folder / "postgresql", env, workers=2, outbox=True) as (server, outbox):
            trees = {"application": server.pid, "database": cluster.pid}
            results = asyncio.run(_measure(plan, env, world, server.port, trees, outbox))
        if plan.messages:
            results += asyncio.run(
                measure_messages(env, world, cluster.pid, commands=[["worker"]] * 2, count=plan.messages)
            )
        if plan.promises:
            results += _on_promises(plan, plan.promises, cluster)
    return Section("PostgreSQL, 2 workers", bare, [insert, *results])


def _on_promises(plan: Plan, many: Many, cluster: Cluster) -> list[Result]:
    """A database of its own, since so many rows would slow down the others."""
    chosen = [row for row in promises.rows(many) if plan.only in row.name]
    folder = plan.folder / "promises"
    env = _environment(folder) | {
        "BIMTEK_DATABASE_URL": cluster.create_database("promises").replace("+asyncpg", ""),
        "BIMTEK_WORKER": "false",
    }
    _migrate(env)
    asyncio.run(promises.fill(settings_from(env), many))
    cluster.execute("VACUUM ANALYZE", "promises")
    own = replace(plan, rows=chosen, seconds=min(plan.seconds, promises.SECONDS))
    with _service(folder, env, workers=2, outbox=False) as (server, _):
        trees = {"application": server.pid, "database": cluster.pid}
        return asyncio.run(_measure(own, env, promises.WORLD, server.port, trees, None))


def on_sqlite(plan: Plan) -> Section:
    """One process; its outbox worker is a task inside, so its CPU counts as the application's."""
    bare = asyncio.run(measure_route(plan.folder, workers=1, clients=plan.clients, seconds=plan.seconds))
    env = _environment(plan.folder / "sqlite")
    world = _prepare(env, plan.size)
    with _service(plan.folder / "sqlite", env, workers=1, outbox=False) as (server, _):
        results = asyncio.run(_measure(plan, env, world, server.port, {"application": server.pid}, None))
    if plan.messages:
        serve = ["serve", "--port", str(free_port())]
        results += asyncio.run(measure_messages(env, world, None, commands=[serve], count=plan.messages))
    return Section("SQLite, 1 worker", bare, results)


def _environment(folder: Path) -> dict[str, str]:
    folder.mkdir()
    return {"BIMTEK_DATA_DIR": str(folder), "BIMTEK_SECRET_KEY": "bench" * 8, "BIMTEK_LOG_LEVEL": "warning"}


def _prepare(env: dict[str, str], size: Size) -> World:
    _migrate(env)
    return asyncio.run(fill(settings_from(env), size))


def _migrate(env: dict[str, str]) -> None:
    migrate = [sys.executable, "-m", "service.cli", "migrate"]
    subprocess.run(migrate, env=without_settings(os.environ) | env, cwd=ROOT, check=True, timeout=MIGRATE_SECONDS)


@contextmanager
def _service(
    folder: Path, env: dict[str, str], *, workers: int, outbox: bool
) -> Iterator[tuple[Server, Process | None]]:
    with ExitStack() as stack:
        server = stack.enter_context(Server(env, folder / "serve.log", workers=workers))
        argv = [sys.executable, "-m", "service.cli", "worker"]
        worker = stack.enter_context(Process(argv, env, folder / "worker.log", cwd=ROOT)) if outbox else None
        # Being ready means that one of the workers is.
        for process in filter(None, (server, worker)):
            wait_until_idle(process.pid)
        yield server, worker


async def _measure(
    plan: Plan, env: dict[str, str], world: World, port: int, trees: dict[str, int], outbox: Process | None
) -> list[Result]:
    database = Database(settings_from(env))
    try:
        results = []
        for row in plan.rows:
            requests = row.requests(world, port)
            clients = row.clients or plan.clients
            await warm_up(port, requests, clients=clients, count=row.warm_up)
            await _drained(database)
            meter = Meter(trees)
            backlog = Meter({"outbox": outbox.pid} if outbox else {})
            load = await drive(port, requests, row.accepts, clients=clients, seconds=min(plan.seconds, row.longest))
            cpu = meter.read()
            if not await _drained(database):
                load.broken += 1
                load.first_problem = load.first_problem or f"outbox not drained after {DRAIN_SECONDS:g} s"
            results.append(Result.of(row.name, load, cpu | backlog.read(), row.each))
        return results
    finally:
        await database.close()


async def _drained(database: Database) -> bool:
    """Wait until the outbox has nothing left that is due, so that no row pays for the one before it."""
    for _ in range(int(DRAIN_SECONDS / 0.1)):
        if await _backlog(database) == 0:
            return True
        await asyncio.sleep(0.1)
    return False


async def _backlog(database: Database) -> int:
    unsealed = select(func.count()).select_from(EventRow).where(col(EventRow.sequence).is_(None))
    first_try = (col(Delivery.attempts) == 0) | (col(Delivery.status) == DeliveryStatus.RUNNING)
    open_statuses = (DeliveryStatus.PENDING, DeliveryStatus.RUNNING)
    waiting = select(func.count()).select_from(Delivery).where(col(Delivery.status).in_(open_statuses), first_try)
    async with database.read() as session:
        connection = await session.connection()
        return int(await connection.scalar(unsealed) or 0) + int(await connection.scalar(waiting) or 0)
