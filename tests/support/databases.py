"""One PostgreSQL database for test after test, each of which gets it as empty as a new one."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped] # it has no stubs

from tests.support.postgres import Postgres

T = TypeVar("T")
# A table without a single page holds nothing, and the next rows are stored in the order in which they come.
_WITH_PAGES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY 1"""
# A row that was changed has a new xmin, one that is gone is not counted: no change of the schema goes unseen.
_FIRST_OF_OURS = 16384
_OURS = {
    "pg_class": "oid",
    "pg_attribute": "attrelid",
    "pg_constraint": "oid",
    "pg_proc": "oid",
    "pg_type": "oid",
    "pg_statistic": "starelid",
}
# Nothing but a connection that is kept may go on, and that only if it does nothing.
_END_OF_OTHERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND CASE WHEN pid = ANY ($1) AND state = 'idle' THEN true ELSE pg_terminate_backend(pid, 5000) AND false END"""


class Databases:
    """Copies of a template, emptied between two tests: that takes a twentieth of the time of a new copy.

    A database whose schema or first rows were changed, or that does not get empty, is dropped. `on_doubt` is called
    before the next one is taken when a connection that should have been kept is not there or not idle.
    """

    def __init__(self, cluster: Postgres, template: str, on_doubt: Callable[[], None] = lambda: None) -> None:
        self.copies = 0
        self._cluster = cluster
        self._template = template
        self._name = ""
        self._connection: Any = None  # asyncpg's, while there is a database
        self._kept: list[str] = []
        self._as_made: list[tuple[object, ...]] = []
        self._on_doubt = on_doubt
        self._emptying: tuple[set[int], Future[set[int] | None]] | None = None
        # A loop of its own: the fixtures are used inside a running one too.
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="databases")

    def take(self) -> str:
        """The URL of a migrated, empty database."""
        self._settle()
        if self._connection is None:
            self.copies += 1
            self._name = f"{self._template}_{self.copies}"
            self._cluster.create_database(self._name, self._template)
            self._run(self._connect())
        return self._cluster.url(self._name)

    def give_back(self, kept: Collection[int] = ()) -> None:
        """Ends what is connected, but for the idle ones of these processes, and empties the database.

        That goes on while the next test, on SQLite perhaps, begins.
        """
        work = self._emptied(list(kept))
        self._emptying = set(kept), self._thread.submit(self._loop.run_until_complete, work)

    def _settle(self) -> None:
        if self._emptying is None:
            return
        (kept, emptying), self._emptying = self._emptying, None
        resting = emptying.result()
        if resting is None:
            self._drop()
        if resting != kept:
            self._on_doubt()

    def close(self) -> None:
        """Drop what is left; may be called twice."""
        self._settle()
        self._drop()
        self._thread.shutdown()
        self._loop.close()

    def _drop(self) -> None:
        if self._connection is not None:
            self._run(self._disconnect())
            self._cluster.drop_database(self._name)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(self._loop.run_until_complete, work).result()

    async def _connect(self) -> None:
        url = self._cluster.url(self._name).replace("+asyncpg", "")
        self._connection = await asyncpg.connect(url, server_settings={"lock_timeout": "5000"})
        self._kept = await self._with_pages()
        self._as_made = await self._marks()

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        await connection.close()

    async def _emptied(self, kept: Sequence[int]) -> set[int] | None:
        try:
            resting = {row[0] for row in await self._connection.fetch(_END_OF_OTHERS, kept)}
            if await self._marks() != self._as_made:
                return None
            used = [table for table in await self._with_pages() if table not in self._kept]
            if used:
                deletes = "; ".join(f"DELETE FROM {table}" for table in used)
                # Nobody is in between: foreign keys need no order among the tables.
                await self._connection.execute(
                    f"BEGIN; SET LOCAL session_replication_role = replica; {deletes}; COMMIT"
                )
                await self._connection.execute(f"VACUUM {', '.join(used)}")
            return resting if await self._with_pages() == self._kept else None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return None

    async def _with_pages(self) -> list[str]:
        return [row[0] for row in await self._connection.fetch(_WITH_PAGES)]

    async def _marks(self) -> list[tuple[object, ...]]:
        """What tells whether the schema, or a row that the migrations left, is another one."""
        sources = [f"{table} WHERE {key} >= {_FIRST_OF_OURS}" for table, key in _OURS.items()] + self._kept
        counted = [f"SELECT {n}, count(*), max(xmin::text::bigint) FROM {part}" for n, part in enumerate(sources)]
        return [tuple(row) for row in await self._connection.fetch(" UNION ALL ".join(counted) + " ORDER BY 1")]
