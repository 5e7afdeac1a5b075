"""Copies a SQLite database into an empty PostgreSQL one, for an office that outgrew one process."""

from sqlalchemy import MetaData, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

import service.models
from service.backup import BackupFailed
from service.db import Database
from service.migrate import migrate
from service.settings import Settings

assert service.models  # registers every table

BATCH = 1000


async def move(source: Settings, target: Settings) -> int:
    """Copies every row in one transaction; how many. The service must not run meanwhile.

    Raises BackupFailed for another direction, or a target that holds tables.
    """
    if source.on_postgresql or not target.on_postgresql:
        raise BackupFailed("This copies from SQLite to PostgreSQL: unset BIMTEK_DATABASE_URL and name the target.")
    old, new = Database(source), Database(target)
    try:
        async with new.engine.connect() as connection:
            if await connection.run_sync(lambda plain: inspect(plain).get_table_names()):
                raise BackupFailed("The target has tables: name an empty database (createdb).")
        await migrate(old)
        await migrate(new)
        async with old.engine.connect() as reader, new.engine.begin() as writer:
            return await _copy(reader, writer, SQLModel.metadata)
    finally:
        await old.close()
        await new.close()


async def _copy(reader: AsyncConnection, writer: AsyncConnection, tables: MetaData) -> int:
    copied = 0
    for table in tables.sorted_tables:
        # Ids grow with time, so a row that names another of its table comes after it.
        rows = await reader.stream(select(table).order_by(*table.primary_key))
        async for batch in rows.mappings().partitions(BATCH):
            await writer.execute(table.insert(), [dict(row) for row in batch])
            copied += len(batch)
    return copied
