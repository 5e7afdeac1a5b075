"""The `bimtek` command. It speaks plain English, like the logs and docs/operate.md: its readers run servers."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from service import __version__, i18n, migrate as migrations, serve as serving
from service.db import Database, UnsafeSqlite
from service.errors import Refusal
from service.settings import Settings

T = TypeVar("T")

app = typer.Typer(name="bimtek", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Host = Annotated[str, typer.Option(help="Address to listen on")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one")]


def main() -> None:
    """The console entry: ends with 1 and one line when something cannot be done."""
    i18n.use("en")
    try:
        app()
    except (serving.StartRefused, UnsafeSqlite) as refused:
        _fail(str(refused))
    except ValidationError as wrong:
        _fail("\n".join(f"BIMTEK_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in wrong.errors()))
    except Refusal as refused:
        _fail(" ".join([i18n.gettext(refused.title) + ".", i18n.gettext(refused.detail)]))
    except DBAPIError as failed:
        _fail(f"The database refused: {failed.orig}")


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    sys.exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; more than one needs PostgreSQL")] = 1,
) -> None:
    """Migrate, then serve until SIGTERM."""
    raise typer.Exit(serving.run(Settings(), host, port, workers))


@app.command("serve-child", hidden=True)
def serve_child(descriptor: int) -> None:
    """One of the processes of `serve --workers`."""
    serving.serve_as_child(Settings(), descriptor)


@app.command()
def worker() -> None:
    """Deliver mail and other reactions in a process of its own (PostgreSQL)."""
    serving.run_worker(Settings())


@app.command()
def migrate(
    down: Annotated[str | None, typer.Option(help='Go back to this revision instead ("base": nothing left)')] = None,
) -> None:
    """Bring the database to this version. Safe to run twice, and by several processes at once."""
    settings = Settings()

    async def go(database: Database) -> None:
        await (migrations.downgrade(database, down) if down else migrations.migrate(database))

    _with_database(settings, go)


def _with_database(settings: Settings, work: Callable[[Database], Coroutine[None, None, T]]) -> T:
    async def run() -> T:
        database = Database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


if __name__ == "__main__":
    main()
