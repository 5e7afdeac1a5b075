"""What commands do with the database of an installation."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from service.db import Database
from service.demo_folder import Folder
from service.settings import Settings

T = TypeVar("T")


class NoDatabase(RuntimeError):
    """There is nothing to work on at that place; the message says where, and what names another one."""


def require_database(settings: Settings) -> None:
    """To be asked before SQLite, which makes a file of whatever it opens. Raises NoDatabase."""
    if not settings.on_postgresql and not settings.sqlite_path.exists():
        raise NoDatabase(
            f"There is no database at {settings.sqlite_path.resolve()}. Name the folder that holds it in "
            "BIMTEK_DATA_DIR, or its address in BIMTEK_DATABASE_URL; `bimtek init` makes a new one."
        )


def with_database(
    settings: Settings, work: Callable[[Database], Coroutine[None, None, T]], *, may_make: bool = False
) -> T:
    """Opens the database, does `work` and closes it again.

    Only a command that makes databases (`may_make`) comes to one that is not there yet. In a demo's folder domain time
    is the demo's. Raises NoDatabase.
    """
    if not may_make:
        require_database(settings)
    folder = Folder(settings.data_dir)
    if folder.offset.exists():
        folder.set_clock()

    async def run() -> T:
        database = Database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
