"""What one engine learned about statements, for all engines of this process that speak to the same kind of database."""

from collections.abc import MutableMapping
from typing import Any

from sqlalchemy import Compiled, Dialect

from service.db import Database

_learned: dict[str, tuple[Dialect, MutableMapping[Any, Compiled] | None]] = {}  # SQLAlchemy's keys, of no type


async def share(database: Database) -> None:
    """Lets a database that is still unused compile no statement that another one has compiled.

    In the service one engine lives as long as its process; here each test would compile all of its own.
    """
    if database.dialect not in _learned:
        await database.ping()  # a dialect is complete once it has met its server
        first = database.engine.sync_engine
        _learned[database.dialect] = first.dialect, first._compiled_cache
    for engine in (database.engine, database._reader, database._writer):
        engine.sync_engine.dialect, engine.sync_engine._compiled_cache = _learned[database.dialect]
