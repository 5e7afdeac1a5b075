"""Engines, sessions and the ONLY commit. Nothing else in the service commits or rolls back.

SQLite: WAL, synchronous=FULL (acknowledged means on disk), foreign keys, secure_delete (what is erased is
overwritten), BEGIN IMMEDIATE for writers and BEGIN for readers, one in-process lock so that writers queue in order.
PostgreSQL: READ COMMITTED; readers run in autocommit, which saves two round trips and promises the same.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import aiosqlite
import asyncpg  # type: ignore[import-untyped] # it has no stubs
import pysqlite3
from pydantic_core import to_json
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Executable,
    Select,
    SQLColumnExpression,
    String,
    Table,
    Uuid,
    bindparam,
    cast as sql_cast,
    column,
    event,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only, greenlet_spawn
from sqlmodel.ext.asyncio.session import AsyncSession

from service import sqlite
from service.settings import Settings

T = TypeVar("T")
MOST_IN_A_LIST = 10_000
# SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that several connections use.
SAFE_SQLITE = (3, 51, 3)
WRITE_WAIT_SECONDS = 30.0
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "secure_delete=ON")


class UnsafeSqlite(RuntimeError):
    """The SQLite library on this machine can lose data."""


class Busy(RuntimeError):
    """No turn to write came within WRITE_WAIT_SECONDS."""


class Database:
    """One database, its engine and its two kinds of session.

    Raises UnsafeSqlite when a SQLite database would be opened with a library that can corrupt it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.on_recorded: list[Callable[[], None]] = []
        self.commits = 0
        self._write_turn: asyncio.Lock | None = None
        self._made: dict[Executable, tuple[str, Sequence[str], Mapping[str, object]]] = {}
        if settings.database_url:
            self.engine = _postgresql_engine(settings)
            self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._writer = self.engine
        else:
            self.engine = _sqlite_engine(settings.sqlite_path)
            self._reader = self.engine
            self._writer = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            self._write_turn = asyncio.Lock()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads; on SQLite it sees one snapshot."""
        async with self._session(self._reader) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session that commits when the block ends, and rolls back when it raises.

        Raises Busy when no turn to write comes in time (SQLite).
        """
        if self._write_turn is None:
            async with self._writing() as session:
                yield session
            return
        try:
            await asyncio.wait_for(self._write_turn.acquire(), WRITE_WAIT_SECONDS)
        except TimeoutError as late:
            raise Busy from late
        try:
            async with self._writing() as session:
                yield session
        finally:
            self._write_turn.release()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncSession]:
        async with self._session(self._writer) as session:
            yield session
            await session.commit()
            self._committed(recorded="recorded" in session.info)

    async def at_once(
        self, statement: Select[*tuple[Any, ...]], values: Mapping[str, object]
    ) -> Mapping[str, Any] | None:
        """PostgreSQL: one writing statement as a transaction of its own, in one round trip; its first row, if any.

        A row means that something was recorded, and is on disk. None: nothing was; or the driver failed, perhaps after
        it was. Whoever asks must be able to do the same again in a session, which names the failure if it lasts.
        `values` are as the driver takes them. Past SQLAlchemy, which takes longer than the driver; its pool it is.
        """
        made = self._made.get(statement)
        if made is None:
            compiled = statement.compile(dialect=self.engine.dialect)
            made = self._made[statement] = str(compiled), compiled.positiontup or [], compiled.params
        sql, names, constants = made
        row = await greenlet_spawn(self._fetch_alone, sql, [values.get(name, constants[name]) for name in names])
        if row is not None:
            self._committed(recorded=True)
        return row

    def _fetch_alone(self, sql: str, values: Sequence[object]) -> Mapping[str, Any] | None:
        try:
            connection = self.engine.sync_engine.raw_connection()
        except self.engine.dialect.loaded_dbapi.Error:
            return None
        driver: Any = connection.driver_connection  # asyncpg has no types
        try:
            return cast("Mapping[str, Any] | None", await_only(driver.fetchrow(sql, *values)))
        except asyncpg.IntegrityConstraintViolationError:
            return None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            connection.invalidate()
            return None
        except asyncio.CancelledError:
            connection.invalidate()
            raise
        finally:
            connection.close()

    def _committed(self, *, recorded: bool) -> None:
        self.commits += 1
        for wake in self.on_recorded if recorded else ():
            wake()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        # Leaving the block closes the session, which rolls back whatever was not committed.
        async with AsyncSession(engine, expire_on_commit=False, autoflush=True) as session:
            session.info["settings"] = self.settings
            yield session

    async def ping(self) -> None:
        """Raises the driver's error when the database does not answer."""
        async with self.read() as session:
            await run_sql(session, "SELECT 1")

    async def seen(self) -> Hashable:
        """Changes whenever somebody, in whatever process, has committed something. None when it cannot be told.

        PostgreSQL's snapshot is exactly what a reader sees: it changes with every transaction that wrote, when it
        begins and when it ends. On SQLite every commit touches one of the two files.
        """
        if self.dialect == "postgresql":
            try:
                async with self.read() as session:
                    return str((await run_sql(session, "SELECT pg_current_snapshot()::text")).scalar_one())
            except (DBAPIError, PoolTimeout, OSError):
                return None
        return _file_marks(self.settings.sqlite_path)

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def _file_marks(path: Path) -> Hashable:
    try:
        return tuple((found.st_mtime_ns, found.st_size) for found in (path.stat(), Path(f"{path}-wal").stat()))
    except FileNotFoundError:
        return None


def settings_of(session: AsyncSession) -> Settings:
    """The settings of the service that opened this session."""
    return cast("Settings", session.info["settings"])


def is_postgresql(session: AsyncSession) -> bool:
    """Whether the session speaks to PostgreSQL (else SQLite)."""
    return session.get_bind().dialect.name == "postgresql"


async def run(
    session: AsyncSession, statement: Executable, parameters: Mapping[str, object] | Sequence[Mapping[str, object]] = ()
) -> CursorResult[*tuple[Any, ...]]:
    """Runs a statement in the session's transaction, past the ORM: answers rows, flushes nothing.

    For hot paths, with statements that are made once per process: to make one costs twice as much as to run it.
    """
    connection = await session.connection()
    return await connection.execute(statement, parameters)


def rows_in_json(table: Table, names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """PostgreSQL: rows of `table`, to insert from, out of the one parameter `rows`; see `as_json`.

    Five hundred rows of twenty columns would otherwise be ten thousand parameters of a statement made for that number.
    """
    rows = sql_cast(bindparam("rows", type_=String), JSON)
    typed = func.json_populate_recordset(literal_column(f"CAST(NULL AS {table.name})"), rows)
    return select(*typed.table_valued(*(column(name) for name in names)).c)


def as_json(rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The parameter of a statement with `rows_in_json`."""
    return {"rows": to_json(rows).decode()}


def listed(session: AsyncSession, name: SQLColumnExpression[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """`name IN ids` for hundreds of them: on PostgreSQL one parameter, of one statement for any number."""
    if is_postgresql(session):
        return name.in_(select(func.unnest(literal(list(ids), ARRAY(Uuid)))))
    return name.in_(ids)


def for_each(
    session: AsyncSession, query: Select[*tuple[Any, ...]], name: SQLColumnExpression[Any], ids: Collection[UUID]
) -> Select[*tuple[Any, ...]]:
    """The query's rows with `name IN ids`, for a table that grows by thousands of rows between two looks at its size.

    PostgreSQL is made to look up each id by the index: a plan kept from when the table was small reads all of it.
    """
    if not is_postgresql(session):
        return query.where(name.in_(ids))
    wanted = (
        func.unnest(literal(list({*ids}), ARRAY(Uuid))).table_valued(column("id", Uuid)).render_derived(name="wanted")
    )
    found = query.where(name == wanted.c.id).offset(literal_column("0")).lateral("found")
    return select(*found.c).select_from(wanted.join(found, true()))


def pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in parts that fit into one statement: both databases take about 32,000 parameters."""
    for start in range(0, len(values), MOST_IN_A_LIST):
        yield values[start : start + MOST_IN_A_LIST]


async def run_sql(session: AsyncSession, statement: str, **parameters: object) -> CursorResult[*tuple[Any, ...]]:
    """Runs plain SQL in the session's transaction, for what the expression language does not say."""
    connection = await session.connection()
    return await connection.execute(text(statement), parameters)


def _postgresql_engine(settings: Settings) -> AsyncEngine:
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            url = "postgresql+asyncpg://" + url.removeprefix(scheme)
    return create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=20,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "command_timeout": 60,
            # JIT spends up to a second compiling what a report computes in milliseconds.
            "server_settings": {
                "synchronous_commit": "on",
                "timezone": "UTC",
                "application_name": "bimtek",
                "jit": "off",
            },
        },
    )


def check_sqlite_version() -> None:
    """Raises UnsafeSqlite with the way out."""
    version = tuple(int(part) for part in pysqlite3.sqlite_version.split("."))
    if version < SAFE_SQLITE:
        raise UnsafeSqlite(
            f"SQLite {pysqlite3.sqlite_version} can corrupt a database that several connections use. "
            "Install the pysqlite3 package with a newer SQLite (3.51.3 or later), or use PostgreSQL "
            "(BIMTEK_DATABASE_URL)."
        )


def _sqlite_engine(path: Path) -> AsyncEngine:
    check_sqlite_version()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def connect() -> aiosqlite.Connection:
        def open_file() -> Any:  # pysqlite3 has no stubs; its Connection is sqlite3's twin
            connection = pysqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=10)
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            return connection

        return await aiosqlite.Connection(open_file, iter_chunk_size=64)

    engine = create_async_engine(
        "sqlite+aiosqlite://",
        module=sqlite.driver(),
        async_creator=connect,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=5,
        max_overflow=5,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine
