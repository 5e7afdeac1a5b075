"""Runs the application: one process, or several on one port. SIGTERM ends it with exit code 0.

uvicorn alone ends itself by the signal that it caught, and its own supervisor restarts nothing but the plain class.
"""

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from service import logs, outbox, stopping
from service.db import Database
from service.migrate import migrate
from service.settings import Settings
from service.worker import Worker

log = structlog.get_logger()

# With the worker's own time to finish (service.app) this stays below 30 seconds.
REQUEST_SECONDS = 18
CHILD_SECONDS = 28
# Longer than a proxy keeps its idle connections (deploy/Caddyfile), or a request meets a closing one.
KEEP_ALIVE_SECONDS = 75
BACKLOG = 2048
YOUNG_SECONDS = 5.0
YOUNG_DEATHS = 5


class StartRefused(RuntimeError):
    """The service cannot run like this; the message says what to do."""


class Server(uvicorn.Server):
    """uvicorn that returns after SIGTERM or SIGINT instead of ending itself by that signal."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to serve, then says so."""
        await super().startup(sockets)
        # The application stays: looking through all of it for garbage now and then took 0.2 s, while somebody waited.
        gc.freeze()
        if self.started and self._ready:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal ends the service in order; a second Ctrl-C does not wait for requests."""
        del frame
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.end()

    def end(self) -> None:
        """Take no more connections, finish the requests in flight."""
        stopping.request()
        self.should_exit = True


def run(settings: Settings, host: str, port: int, workers: int = 1, ready: Callable[[int], None] | None = None) -> int:
    """Migrates and serves until SIGTERM or SIGINT; the exit code. `ready` is told the port once requests are answered.

    Raises StartRefused for several processes on SQLite, a second service on its folder, an address that cannot be had,
    a database that does not answer.
    """
    if workers > 1 and not settings.on_postgresql:
        raise StartRefused("SQLite is for one process: leave out --workers, or set BIMTEK_DATABASE_URL to PostgreSQL.")
    logs.configure(settings.log_level)
    with contextlib.ExitStack() as stack:
        # Until the server takes over, a signal has nothing to finish.
        signal.signal(signal.SIGTERM, lambda _sig, _frame: sys.exit(0))
        if not settings.on_postgresql:
            stack.enter_context(sole_process(settings))
        listening = [stack.enter_context(made) for made in _listen(host, port, workers)]
        asyncio.run(_prepare(settings))
        port = listening[0].getsockname()[1]
        log.info("serving", host=host, port=port, workers=workers)
        if workers > 1:
            return _Family(listening).run()
        serve_on(settings, listening[0], ready=lambda: ready(port) if ready else None)
    return 0


def serve_on(settings: Settings, listening: socket.socket, ready: Callable[[], None] | None = None) -> None:
    """Serves on a socket that listens, in this process, until it is told to end."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    Server(_config(settings), ready).run(sockets=[listening])


def serve_as_child(settings: Settings, descriptor: int) -> None:
    """One process of several: the parent's socket, and an end when the parent is gone (standard input closes)."""
    listening = socket.socket(fileno=descriptor)
    server = Server(_config(settings), ready=lambda: asyncio.get_running_loop().add_reader(0, orphaned))

    def orphaned() -> None:
        asyncio.get_running_loop().remove_reader(0)
        server.end()

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    server.run(sockets=[listening])


def run_worker(settings: Settings) -> None:
    """Drains the outbox in this process until SIGTERM. Raises StartRefused on SQLite."""
    if not settings.on_postgresql:
        raise StartRefused(
            "SQLite is for one process: `bimtek serve` already delivers. A worker of its own needs PostgreSQL "
            "(BIMTEK_DATABASE_URL)."
        )
    # The application registers every subscriber.
    _application(settings)
    asyncio.run(_work(settings))


@contextlib.contextmanager
def sole_process(settings: Settings) -> Iterator[None]:
    """Holds the data folder of a SQLite database; the kernel lets go whatever ends us. Raises StartRefused."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "serve.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartRefused(
                f"Another bimtek process uses {settings.data_dir}. End it first, or choose another BIMTEK_DATA_DIR."
            ) from None
        yield


def _application(settings: Settings) -> FastAPI:
    """The application. It takes longer to import than all other commands together, so those do without."""
    from service.app import create_app  # noqa: PLC0415

    return create_app(settings)


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        _application(settings),
        loop="uvloop",
        lifespan="on",
        ws="none",
        access_log=False,  # addresses carry secret links
        log_config=None,
        proxy_headers=False,  # service.middleware believes configured proxies only
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=REQUEST_SECONDS,
    )


def _listen(host: str, port: int, count: int) -> list[socket.socket]:
    """One listening socket per process, so that the kernel spreads connections evenly: of several processes on one
    socket, the first to wake takes all. We keep them open: what waits at a dead process waits for its successor.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        first = socket.create_server((host, port), family=family, backlog=BACKLOG)
        if count == 1:
            return [first]
        # The first one was exclusive: it proves that the port is ours alone.
        address = first.getsockname()[:2]
        first.close()
        return [
            socket.create_server(address, family=family, backlog=BACKLOG, reuse_port=True) for _place in range(count)
        ]
    except OSError as taken:
        raise StartRefused(f"Cannot listen on {host} port {port}: {os.strerror(taken.errno or 0)}.") from taken


async def _prepare(settings: Settings) -> None:
    database = Database(settings)
    try:
        await migrate(database)
        if not settings.on_postgresql:
            # Nobody else can be working on them: what a killed process had claimed is due at once.
            async with database.write() as session:
                await outbox.release(session)
    except (DBAPIError, OSError) as away:
        raise StartRefused(f"The database does not answer: {away}") from away
    finally:
        await database.close()


async def _work(settings: Settings) -> None:
    database = Database(settings)
    worker = Worker(database)
    loop = asyncio.get_running_loop()
    working = asyncio.create_task(worker.run())

    def end() -> None:
        worker.stop()
        # What is cut off is taken over when its lease runs out.
        loop.call_later(CHILD_SECONDS, working.cancel)

    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, end)
    log.info("working")
    with contextlib.suppress(asyncio.CancelledError):
        await working
    await database.close()


@dataclass
class _Child:
    listening: socket.socket
    process: "subprocess.Popen[bytes]"
    since: float


class _Family:
    """Several serving processes and the parent that replaces those that die."""

    def __init__(self, listening: list[socket.socket]) -> None:
        self.listening = listening
        self._asked = False
        self._young_deaths = 0

    def run(self) -> int:
        """Until SIGTERM or SIGINT; the exit code."""
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._ask)
        children = [_bear(listening) for listening in self.listening]
        try:
            while not self._asked and self._young_deaths < YOUNG_DEATHS:
                time.sleep(0.1)
                children = [child if child.process.poll() is None else self._replace(child) for child in children]
        finally:
            for listening in self.listening:
                listening.close()
            _end(children)
        return 0 if self._asked else 1

    def _ask(self, _sig: int, _frame: FrameType | None) -> None:
        self._asked = True

    def _replace(self, child: _Child) -> _Child:
        log.error("process_died", pid=child.process.pid, exit_code=child.process.returncode)
        if time.monotonic() - child.since < YOUNG_SECONDS:
            # Most likely it can never start: do not burn the processor for ever.
            self._young_deaths += 1
            time.sleep(0.5)
        else:
            self._young_deaths = 0
        return _bear(child.listening)


def _bear(listening: socket.socket) -> _Child:
    descriptor = listening.fileno()
    process = subprocess.Popen(  # noqa: S603 - our own program and a number
        [sys.executable, "-m", "service.cli", "serve-child", str(descriptor)],
        pass_fds=[descriptor],
        stdin=subprocess.PIPE,  # closes when we die, whatever kills us
    )
    return _Child(listening, process, time.monotonic())


def _end(children: list[_Child]) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + CHILD_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process_cut_off", pid=child.process.pid)
            child.process.kill()
            child.process.wait()
        if child.process.stdin:
            with contextlib.suppress(OSError):
                child.process.stdin.close()
