"""Brings the database to this version. Safe to run twice, and by several processes at once."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

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

    async with database.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin() as connection:
        if database.dialect == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(on)
