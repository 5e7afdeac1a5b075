"""Brings the database to this version. Safe to run twice, and by several processes at once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from service.db import Database

ROOT = Path(__file__).resolve().parent.parent
_LOCK = 0x62696D74656B  # any number; the same in every process


def config() -> Config:
    """Alembic's configuration: where the migrations lie."""
    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.set_main_option("path_separator", "os")
    return made


def head() -> str:
    """The newest revision this version knows."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision
    return revision


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrades to `revision`. Others who migrate at the same time wait, then find nothing to do."""
    await _run(database, lambda made: command.upgrade(made, revision))


async def downgrade(database: Database, revision: str) -> None:
    """Goes back to `revision` ("base": an empty database)."""
    await _run(database, lambda made: command.downgrade(made, revision))


async def _run(database: Database, action: Callable[[Config], None]) -> None:
    made = config()

    def on(connection: Connection) -> None:
        made.attributes["connection"] = connection
        action(made)

    async with database.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE").connect() as connection:
        if database.dialect == "postgresql":
            async with connection.begin():
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                await connection.run_sync(on)
            return
        async with _without_foreign_keys(connection), connection.begin():
            await connection.run_sync(on)
            dangling = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
            assert not dangling, f"the migration left rows without what they refer to: {dangling[:5]}"


@asynccontextmanager
async def _without_foreign_keys(connection: AsyncConnection) -> AsyncIterator[None]:
    """SQLite alters a table by making it anew, and dropping the old one would break what refers to it.

    The pragma does nothing inside a transaction, so it goes past SQLAlchemy, which would begin one.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver
    await driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        await driver.execute("PRAGMA foreign_keys=ON")
