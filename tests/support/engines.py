"""What tests that run one after another in a process share: what an engine learned, and connections to PostgreSQL.

In the service an engine lives as long as its process. Here each test would compile all of its statements, and greet the
server, learn its types and prepare its statements anew, which takes longer than most tests.
"""

from collections.abc import MutableMapping
from typing import Any

from sqlalchemy import Compiled, Dialect, Pool, event
from sqlalchemy.util import greenlet_spawn

from service.db import Database

_learned: dict[str, tuple[Dialect, MutableMapping[Any, Compiled] | None]] = {}  # SQLAlchemy's keys, of no type


class Connections:
    """Open connections to one PostgreSQL database, lent to the engine of one test after another on one event loop."""

    def __init__(self) -> None:
        self.pids: set[int] = set()
        self._pool: Pool | None = None
        self._key: tuple[str, int] | None = None
        self._doubtful = False

    async def lend(self, database: Database) -> None:
        """To a PostgreSQL database that has opened none of its own."""
        if database.dialect != "postgresql":
            return
        url = database.engine.url.render_as_string(hide_password=False)
        key = url, database.settings.pool_size
        if key != self._key or self._doubtful:
            await self.close()
        engine = database.engine.sync_engine
        if self._pool is None:
            self._pool, self._key = self._watched(engine.pool), key
        engine.pool = self._pool

    def take_back(self, database: Database) -> None:
        """Before it is closed, which would close them too."""
        engine = database.engine.sync_engine
        if engine.pool is not self._pool:
            return
        engine.pool = engine.pool.recreate()
        held: Any = self._pool  # a pool with a queue
        if held.checkedout():
            self.doubt()

    def doubt(self) -> None:
        """They are not what they were: the next test gets others."""
        self._doubtful = True

    async def close(self) -> None:
        """Closes them, on their own event loop."""
        pool, self._pool, self._key, self._doubtful = self._pool, None, None, False
        if pool is not None:
            await greenlet_spawn(pool.dispose)
        self.pids = set()

    def _watched(self, pool: Any) -> Pool:
        pids = self.pids = set()
        # The one that knows most is used first.
        pool._pool.use_lifo = True

        @event.listens_for(pool, "connect")
        def connected(connection: Any, _record: object) -> None:
            pids.add(connection.driver_connection.get_server_pid())

        @event.listens_for(pool, "close")
        def closed(connection: Any, _record: object) -> None:
            pids.discard(connection.driver_connection.get_server_pid())

        made: Pool = pool
        return made


CONNECTIONS = Connections()


async def share(database: Database) -> None:
    """Lets a database that is still unused compile no statement that another one has compiled."""
    if database.dialect not in _learned:
        await database.ping()  # a dialect is complete once it has met its server
        first = database.engine.sync_engine
        _learned[database.dialect] = first.dialect, first._compiled_cache
    known, compiled = _learned[database.dialect]
    # What its own engines do before a statement was bound to its own dialect, which will not meet the server.
    database.engine.dialect.default_isolation_level = known.default_isolation_level
    for engine in (database.engine, database._reader, database._writer):
        engine.sync_engine.dialect, engine.sync_engine._compiled_cache = known, compiled
    await CONNECTIONS.lend(database)
