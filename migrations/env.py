"""Alembic's entry: runs migrations on the connection it is handed by service.cli, or on BIMTEK_DATABASE_URL."""

import asyncio

from alembic import context
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import service.models
from service.db import Database
from service.settings import Settings

assert service.models  # registers every table


def run(connection: Connection) -> None:
    """Runs on one connection; batch mode lets SQLite alter tables."""
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def run_alone() -> None:
    """For `alembic` on the command line."""
    database = Database(Settings())
    async with database.engine.begin() as connection:
        await connection.run_sync(run)
    await database.close()


handed: Connection | None = context.config.attributes.get("connection")
if handed is not None:
    run(handed)
else:
    asyncio.run(run_alone())
