"""The `bimtek` command. It speaks plain English, like the logs and docs/operate.md: its readers run servers."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError

from service import (
    __version__,
    asyncapi,
    backup as backups,
    cli_devices,
    cli_staff,
    doctor as examination,
    i18n,
    migrate as migrations,
    move as moving,
    serve as serving,
)
from service.cli_database import NoDatabase, require_database, with_database
from service.clients import mail
from service.db import Database, UnsafeSqlite
from service.domain import bounces, organizers
from service.domain.verification import Verdict, verify as verify_log
from service.errors import NotFound, Refusal, UnreadableNotice
from service.models.columns import Fault
from service.models.organizers_shapes import OrganizerCreate
from service.settings import Settings

DOCUMENTS = migrations.ROOT / "openapi"

app = typer.Typer(name="bimtek", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(cli_devices.app)
app.add_typer(cli_staff.app)

Host = Annotated[str, typer.Option(help="Address to listen on")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one")]


def main() -> None:
    """The console entry: ends with 1 and a line that says why when something cannot be done."""
    i18n.use("en")
    os.umask(0o077)  # the database, mail and files hold personal data and links
    try:
        app()
    except (serving.StartRefused, backups.BackupFailed, UnsafeSqlite, NoDatabase) as refused:
        _fail(str(refused))
    except ValidationError as wrong:
        prefix = "BIMTEK_" if wrong.title == Settings.__name__ else ""
        _fail("\n".join(f"{prefix}{_name(error['loc'], prefix)}: {_said(error)}" for error in wrong.errors()))
    except Refusal as refused:
        _fail(f"{i18n.gettext(refused.title)}. {_reason(refused)}")
    except DBAPIError as failed:
        _fail(f"The database refused: {failed.orig} (see `bimtek doctor`)")
    except OSError as failed:
        _fail(str(failed))


def _name(location: tuple[int | str, ...], prefix: str) -> str:
    name = "_".join(map(str, location))
    return name.upper() if prefix else name


def _said(error: ErrorDetails) -> str:
    fault = error.get("ctx", {}).get("error")
    return i18n.gettext(str(fault)) if isinstance(fault, Fault) else error["msg"]


def _reason(refused: Refusal) -> str:
    listed = refused.extra.get("errors")
    if isinstance(listed, list):
        return " ".join(f"{entry['pointer']}: {entry['message']}" for entry in listed)
    return i18n.gettext(refused.detail)


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    sys.exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@app.command()
def init(
    slug: Annotated[str, typer.Option(prompt="Organizer's word in addresses (one word, e.g. the regency's name)")],
    name: Annotated[str, typer.Option(prompt="Organizer's name")],
    email: Annotated[str, typer.Option(prompt="Owner's e-mail address")],
    timezone: Annotated[str, typer.Option(help="IANA time zone in which it speaks")] = "Asia/Makassar",
    owner_name: Annotated[str, typer.Option(help="How the owner is called in lists")] = "Pemilik",
    password_file: Annotated[Path | None, typer.Option(help="File whose first line is the owner's password")] = None,
    super_owner: Annotated[bool, typer.Option(help="The owner may also make further organizers")] = True,
) -> None:
    """Make the database, the secret key, an organizer and its owner.

    The password comes from --password-file, BIMTEK_INIT_PASSWORD, or a prompt.
    """
    settings = Settings()
    data = OrganizerCreate(slug=slug, name=name, timezone=timezone)
    password = _password(password_file)

    async def go(database: Database) -> None:
        await migrations.migrate(database)
        async with database.write() as session:
            await organizers.first_owner(
                session, data, email=email, name=owner_name, password=password, super_owner=super_owner
            )

    with_database(settings, go, may_make=True)
    typer.echo(f"Made {slug}. Key {settings.keyring.current_id} signs its links.")
    if settings.secret_key is None:
        kept = (settings.data_dir / "secret.key").resolve()
        typer.echo(f"Keep a copy of {kept} in another place: without it every link and ticket dies.")
    _say_what_next(settings, email)


def _say_what_next(settings: Settings, email: str) -> None:
    address = settings.base_url.rstrip("/")
    typer.echo("\nWhat to do next:")
    typer.echo("  1. Start it:  bimtek serve  (and look at:  bimtek doctor)")
    typer.echo(f"  2. Sign in as {email} at {address}/sign-in")
    typer.echo("  3. Turn on the second factor under Akun, then invite your colleagues under Pengaturan, Petugas.")
    if settings.smtp_host is None:
        kept = mail.folder(settings)
        typer.echo(f"  4. No mail server is set (BIMTEK_SMTP_HOST): mail is only kept in {kept}.")


def _password(file: Path | None) -> str:
    if file is not None:
        return (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    given = os.environ.get("BIMTEK_INIT_PASSWORD")
    return given or str(
        typer.prompt("Owner's password (12 characters or more)", hide_input=True, confirmation_prompt=True)
    )


@app.command()
def demo(
    data: Annotated[Path, typer.Option(help="Folder of the demo")] = Path("data/demo"),
    host: Host = "127.0.0.1",
    port: Port = 8000,
    world: Annotated[Path | None, typer.Option(help="Another world in the fixture's format")] = None,
    print_json: Annotated[bool, typer.Option("--print-json", help="One line of JSON once it serves")] = False,
) -> None:
    """Make a database from the Luwu fixture, print addresses and keys, and serve."""
    from service.demo import run_demo  # noqa: PLC0415 - nothing else needs the fixture's loader

    raise typer.Exit(run_demo(data=data, host=host, port=port, world=world, print_json=print_json))


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
    with_database(
        Settings(),
        lambda database: migrations.downgrade(database, down) if down else migrations.migrate(database),
        may_make=down is None,
    )


@app.command()
def openapi(
    check: Annotated[bool, typer.Option("--check", help="Only compare; ends with 1 when a document drifted")] = False,
) -> None:
    """Write openapi/openapi.json and openapi/asyncapi.json."""
    drifted = []
    for path, document in _documents():
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            drifted.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and drifted:
        _fail(f"Out of date: {', '.join(drifted)}. Run `make openapi`.")
    typer.echo(f"Written: {', '.join(drifted)}" if drifted else "Up to date")


def _documents() -> list[tuple[Path, object]]:
    from service import openapi as api  # noqa: PLC0415 - with the application, which only some commands need
    from service.app import create_app  # noqa: PLC0415

    # Nothing is opened: the document does not depend on an installation.
    settings = Settings(worker=False)
    return [
        (DOCUMENTS / "openapi.json", api.document(create_app(settings))),
        (DOCUMENTS / "asyncapi.json", asyncapi.document()),
    ]


@app.command()
def backup(
    path: Annotated[Path | None, typer.Argument(help="Folder or new file; the backup folder when left out")] = None,
    with_key: Annotated[bool, typer.Option("--with-key", help="Put the secret key into the archive too")] = False,
    keep: Annotated[int | None, typer.Option(min=1, help="Delete all but this many archives of the folder")] = None,
) -> None:
    """Write database and files into one archive, also while the service runs."""
    settings = Settings()
    require_database(settings)
    archive = backups.create(settings, path, with_key=with_key)
    typer.echo(f"{archive}  {archive.stat().st_size // 1024} KiB")
    if keep is not None:
        for old in backups.prune(settings, keep):
            typer.echo(f"deleted {old.name}")
    if not with_key:
        typer.echo(
            f"The secret key (id {settings.keyring.current_id}) is not in it: keep it in another place.", err=True
        )


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="The archive")],
    new_key: Annotated[bool, typer.Option("--new-key", help="Go on without the archive's secret key")] = False,
) -> None:
    """Load an archive into an empty data folder or database. Nothing is sent again: what was under way is parked."""
    from service import restore as restoring  # noqa: PLC0415 - it knows every reaction, the other commands none

    settings = Settings()
    restored = restoring.restore(settings, path, new_key=new_key)
    rows = sum(restored.manifest.counts.values())
    typer.echo(
        f"Restored {rows} rows and {len(restored.manifest.sha256)} files of {restored.manifest.made_at:%F %T} UTC."
    )
    typer.echo(f"{restored.parked} deliveries are parked: see GET /api/v1/deliveries?status=parked.")


@app.command()
def move(
    target: Annotated[str, typer.Argument(help="postgresql://user:password@host/name of an empty database")],
) -> None:
    """Copy the SQLite database into an empty PostgreSQL one. End `bimtek serve` first."""
    source = Settings()
    if source.on_postgresql:
        raise backups.BackupFailed("Unset BIMTEK_DATABASE_URL: the SQLite database of BIMTEK_DATA_DIR is copied.")
    require_database(source)
    with serving.sole_process(source):
        rows = asyncio.run(moving.move(source, source.model_copy(update={"database_url": SecretStr(target)})))
    typer.echo(f"Copied {rows} rows. Now set BIMTEK_DATABASE_URL; keep BIMTEK_DATA_DIR (files and secret key).")


@app.command()
def bounce() -> None:
    """Take a mail server's notification that a mail came back (RFC 3464) from standard input; for a pipe.

    Always ends with 0: a server that is told of a failure here would send a notification about the notification.
    """
    settings = Settings()
    raw = sys.stdin.buffer.read(settings.max_body_bytes)

    async def go(database: Database) -> None:
        bounce = bounces.read(raw)
        async with database.write() as session:
            await bounces.receive(session, bounce)

    try:
        with_database(settings, go)
    except (NotFound, UnreadableNotice) as ignored:
        typer.echo(f"Ignored: {ignored.code}", err=True)


@app.command()
def verify() -> None:
    """Check the sealed event log; ends with 1 and names the first event that does not fit."""

    async def go(database: Database) -> Verdict:
        async with database.read() as session:
            return await verify_log(session)

    verdict = with_database(Settings(), go)
    for head in verdict.heads:
        typer.echo(f"{head.organizer}: {head.sequence} events, {head.hash}")
    if verdict.findings:
        _fail("\n".join(map(str, verdict.findings)))
    typer.echo("The log is in order.")


@app.command()
def doctor() -> None:
    """Look at the installation and say what to do; ends with 1 when something must be done now."""
    checks = asyncio.run(examination.examine(Settings()))
    for check in checks:
        typer.echo(str(check))
    if any(check.level is examination.Level.FAIL for check in checks):
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
