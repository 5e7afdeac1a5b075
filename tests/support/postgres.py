"""A throw-away PostgreSQL: made by initdb, gone afterwards, shared by the processes of one test run."""

import asyncio
import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.support.memory import roomy
from tests.support.processes import Guard, free_port

_PORT_VARIABLE = "TEST_POSTGRES_PORT"
# Waits for the pid file, not the pid: where nobody reaps orphans the dead postmaster's pid would stay for ever.
_STOP_AND_REMOVE = (
    'read _; kill -INT "$1"; n=0; while [ -e "$2/data/postmaster.pid" ] && [ $((n += 1)) -lt 600 ];'
    ' do sleep 0.1; done; rm -rf -- "$2"'
)


class PostgresMissing(RuntimeError):
    """No initdb on this machine."""


class StopMode(Enum):
    """PostgreSQL's three ways to stop, each the signal that asks for it."""

    SMART = signal.SIGTERM
    FAST = signal.SIGINT
    IMMEDIATE = signal.SIGQUIT


class Postgres:
    """A server that listens on `port` of 127.0.0.1 and trusts everybody there."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Its URL. The template must have no open connection."""
        copy = f" TEMPLATE {_quoted(template)}" if template else ""
        self.execute(f"CREATE DATABASE {_quoted(name)}{copy}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Also under open connections, which end."""
        self.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> Sequence[Sequence[object]]:
        """Run one statement outside a transaction; its rows, if it has any."""
        # Own thread: callable from inside a running event loop too.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._execute(statement, database)).result()

    async def _execute(self, statement: str, database: str) -> Sequence[Sequence[object]]:
        engine = create_async_engine(self.url(database), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                result = await connection.execute(text(statement))
                return result.all() if result.returns_rows else []
        finally:
            await engine.dispose()


class Cluster(Postgres):
    """A cluster of our own in a temporary folder.

    `fsync=False` is for tests that pull no plug; synchronous_commit stays on either way. Raises PostgresMissing.
    """

    def __init__(self, *, fsync: bool = False, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(free_port())
        self.fsync = fsync
        self.settings = dict(settings or {})
        self.binaries = find_binaries()
        # PostgreSQL refuses to run as root.
        self._user = _unprivileged_user() if os.geteuid() == 0 else None
        # Not pytest's folder: a socket path has at most 107 bytes, and another user must reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=roomy()))
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None
        atexit.register(self.remove)
        self._initialise()

    @property
    def pid(self) -> int:
        """The postmaster; every backend is its child."""
        assert self._server
        return self._server.pid

    def start(self, timeout: float = 60.0) -> Self:
        """Start and wait for the server. Raises RuntimeError with its log when it does not come up."""
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "400",
            "synchronous_commit": "on",
            "fsync": "on" if self.fsync else "off",
            "full_page_writes": "on" if self.fsync else "off",
        } | self.settings
        argv = [str(self.binaries / "postgres"), "-D", str(self._data)]
        argv += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._server = self._popen(argv, log.fileno())
        self._guard = Guard(_STOP_AND_REMOVE, str(self.pid), str(self.folder))
        deadline = time.monotonic() + timeout
        while not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)
        return self

    def stop(self, mode: StopMode = StopMode.FAST, timeout: float = 60.0) -> None:
        """Stop and wait; nothing to do when it does not run."""
        if self._server is None:
            return
        self._server.send_signal(mode.value)
        self._server.wait(timeout)
        self._server = None
        if self._guard:
            self._guard.dismiss()

    def restart(self, mode: StopMode = StopMode.FAST) -> None:
        """Away and back on the same port with the same data."""
        self.stop(mode)
        self.start()

    def remove(self) -> None:
        """Stop and delete the folder; may be called twice."""
        atexit.unregister(self.remove)
        self.stop(StopMode.IMMEDIATE)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _initialise(self) -> None:
        if self._user:
            shutil.chown(self.folder, self._user)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        with self._log.open("ab") as log:
            made = self._popen([str(self.binaries / "initdb"), "-D", str(self._data), *options], log.fileno()).wait()
        if made != 0:
            message = self._log.read_text()
            self.remove()
            raise RuntimeError(f"initdb failed\n{message}")

    def _popen(self, argv: Sequence[str], output: int) -> subprocess.Popen[bytes]:
        as_root = self._user is not None
        return subprocess.Popen(
            argv,
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            extra_groups=[] if as_root else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        # After a crash the file of the dead postmaster is still there.
        return lines[:1] == [str(self.pid)] and lines[-1] == "ready"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def find_binaries() -> Path:
    """The folder of initdb and postgres: the one on PATH, else Debian's newest. Raises PostgresMissing."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders = sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        folders.insert(0, Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissing("PostgreSQL's initdb was not found: install the package postgresql")


def start_for_session(config: pytest.Config) -> None:
    """For pytest_configure: one cluster for all xdist workers, started before them. Raises PostgresMissing.

    Without xdist it starts when the first test asks for it.
    """
    if not hasattr(config, "workerinput") and config.getoption("numprocesses", default=None):
        os.environ[_PORT_VARIABLE] = str(session_postgres().port)


def session_postgres() -> Postgres:
    """The cluster of this test run. Raises PostgresMissing."""
    if port := os.environ.get(_PORT_VARIABLE):
        return Postgres(int(port))
    if not _session:
        # Statistics that come whenever autovacuum likes would make a plan depend on the tests before.
        _session.append(Cluster(settings={"autovacuum": "off"}).start())
    return _session[0]


def stop_for_session() -> None:
    """For pytest_unconfigure: ends the cluster in the process that started it, and does nothing in the others."""
    if _session:
        os.environ.pop(_PORT_VARIABLE, None)
        _session.pop().remove()


_session: list[Cluster] = []


def _unprivileged_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
