"""How SQLAlchemy speaks to SQLite: pysqlite3's newer library in aiosqlite's thread, one visit there per statement."""
# ruff: noqa: SLF001 - an adapter reaches into what it adapts, as SQLAlchemy's own does

import contextlib
from collections import deque
from typing import Any, cast

import aiosqlite
import pysqlite3
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """SQLAlchemy's goes to the thread four times (open, execute, fetch, close): more work than most statements are."""

    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:  # made in the thread, for each statement
        del connection

    def _aenter_cursor(self, cursor: Any) -> Any:
        del cursor

    def close(self) -> None:
        """The thread has closed its cursor already."""
        self._rows.clear()

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._visit("execute", operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._visit("executemany", operation, seq_of_parameters)

    async def _visit(self, method: str, *arguments: object) -> None:
        connection: Any = self._connection

        def visit() -> list[Any]:
            # Closed here and nowhere else: a cursor dropped elsewhere resets its statement, which the thread may
            # be running for another cursor by then, since the connection keeps statements.
            with contextlib.closing(connection._conn.cursor()) as cursor:
                self._cursor = cursor
                getattr(cursor, method)(*arguments)
                return cast("list[Any]", cursor.fetchall())

        async with self._adapt_connection._execute_mutex:
            self._rows = deque(await connection._execute(visit))


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """SQLAlchemy's DBAPI module for aiosqlite, with the cursor above and pysqlite3's exceptions."""

    def connect(self, *arguments: Any, **options: Any) -> _Connection:
        """An open connection."""
        return _Connection(self, super().connect(*arguments, **options)._connection)


def driver() -> Driver:
    """The exceptions of pysqlite3 must be named, or an IntegrityError goes unrecognised."""
    dbapi = Driver(aiosqlite, pysqlite3)
    for name in (
        "DatabaseError",
        "Error",
        "IntegrityError",
        "InternalError",
        "InterfaceError",
        "NotSupportedError",
        "OperationalError",
        "ProgrammingError",
        "DataError",
        "Warning",
    ):
        if hasattr(pysqlite3, name):
            setattr(dbapi, name, getattr(pysqlite3, name))
    return dbapi
