"""Backs up database and files into one archive while the service runs.

The archive is a tar of `database.sqlite3` or `database.pgdump`, the delivered files, with `with_key` the secret key,
and last of all `manifest.json`. It appears under its name only when it is complete and on disk, readable by its owner
alone. Restoring is service.restore's work.
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pysqlite3
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

import service.models
from service import __version__, clock
from service.db import Database
from service.settings import Settings

assert service.models  # registers every table

MANIFEST = "manifest.json"
SQLITE_MEMBER = "database.sqlite3"
POSTGRESQL_MEMBER = "database.pgdump"
KEY_MEMBER = "secret.key"
PREFIX = "bimtek-"


class BackupFailed(RuntimeError):
    """The backup or restore did not happen; the message says why and what to do."""


class Halt:
    """Ends a backup from another thread: what takes long is cut off, and the backup raises BackupFailed."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._cut: Callable[[], None] | None = None

    def ask(self) -> None:
        """End it; nothing happens to one that is done."""
        self._asked.set()
        if cut := self._cut:
            cut()

    def check(self) -> None:
        """Raises BackupFailed once it was asked for."""
        if self._asked.is_set():
            raise BackupFailed("The service stopped before the backup was complete.")

    @contextlib.contextmanager
    def cutting(self, cut: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `cut` ends what it waits for. Raises BackupFailed where that was asked for."""
        self._cut = cut
        try:
            if self._asked.is_set():
                cut()
            self.check()
            yield
        finally:
            self._cut = None
            self.check()


class Manifest(BaseModel):
    """What an archive holds."""

    version: str
    revision: str
    database: str
    made_at: AwareDatetime
    key_id: str
    counts: dict[str, int]
    sha256: dict[str, str]


def create(settings: Settings, target: Path | None = None, *, with_key: bool = False, halt: Halt | None = None) -> Path:
    """Writes an archive into `target` (a folder, or a new file; None: the backup folder) and returns its path.

    Raises BackupFailed when there is nothing to back up, the target exists, pg_dump is missing or fails, or it was
    halted; OSError when there is no room.
    """
    halt = halt or Halt()
    archive = _archive_name(settings, target)
    archive.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Beside the target, so that the last step is a rename on one file system.
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=archive.parent) as scratch:
        dump, counts, revision = _dump(settings, Path(scratch), halt)
        # The database first: a file that it names is on disk before the row that names it.
        members = {dump.name: dump} | dict(_files(settings))
        if with_key:
            members[KEY_MEMBER] = _key_file(settings, Path(scratch))
        with _new_archive(Path(scratch) / "archive") as opened:
            added = {}
            for name, path in members.items():
                halt.check()
                added[name] = _add(opened, name, path)
            manifest = Manifest(
                version=__version__,
                revision=revision,
                database="postgresql" if settings.on_postgresql else "sqlite",
                made_at=clock.real_now(),
                key_id=settings.keyring.current_id,
                counts=counts,
                sha256={name: sha256 for name, sha256 in added.items() if sha256},
            )
            listing = Path(scratch) / MANIFEST
            listing.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
            _add(opened, MANIFEST, listing)
        (Path(scratch) / "archive").rename(archive)
    sync_folder(archive.parent)
    return archive


def folder(settings: Settings) -> Path:
    """Where archives go unless told otherwise."""
    return settings.backup_dir or settings.data_dir / "backups"


def archives(settings: Settings) -> list[Path]:
    """The archives of the backup folder, the youngest first."""
    return sorted(folder(settings).glob(f"{PREFIX}*.tar"), reverse=True)


def latest(settings: Settings) -> Path | None:
    """The youngest archive of the backup folder."""
    return next(iter(archives(settings)), None)


def prune(settings: Settings, keep: int) -> list[Path]:
    """Deletes all but the `keep` youngest archives of the backup folder; those that went."""
    old = archives(settings)[keep:]
    for archive in old:
        archive.unlink()
    return old


def digest(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(path: Path) -> None:
    """Puts a rename on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tool(name: str) -> str:
    """The path of a PostgreSQL program. Raises BackupFailed when it is not installed."""
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(f"{name} is not installed: install postgresql-client of the server's version.")
    return found


def run_tool(settings: Settings, *argv: str, halt: Halt | None = None) -> None:
    """Runs a PostgreSQL program on our database; the password goes by the environment. Raises BackupFailed."""
    with (
        subprocess.Popen(  # noqa: S603 - PostgreSQL's own programs, our own arguments
            [tool(argv[0]), *argv[1:]],
            env=dict(os.environ) | _libpq(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        (halt or Halt()).cutting(process.terminate),
    ):
        _none, complaints = process.communicate()
    if process.returncode:
        raise BackupFailed(f"{argv[0]} failed: {complaints.strip()[:1000]}")


def _archive_name(settings: Settings, target: Path | None) -> Path:
    name = f"{PREFIX}{clock.real_now():%Y%m%dT%H%M%S%fZ}.tar"
    if target is None:
        return folder(settings) / name
    if target.is_dir():
        return target / name
    if target.exists():
        raise BackupFailed(f"{target} exists: choose another name.")
    return target


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    root = settings.data_dir / "files"
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".part":
            yield f"files/{path.relative_to(root).as_posix()}", path


def _key_file(settings: Settings, scratch: Path) -> Path:
    kept = settings.data_dir / "secret.key"
    path = scratch / KEY_MEMBER
    path.write_text(settings.secret_key.get_secret_value() if settings.secret_key else kept.read_text(), "ascii")
    return path


@contextlib.contextmanager
def _new_archive(path: Path) -> Iterator[tarfile.TarFile]:
    """A tar, on disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            yield archive
        file.flush()
        os.fsync(file.fileno())


def _add(archive: tarfile.TarFile, name: str, source: Path) -> str | None:
    """Its SHA-256 (hex); None when it was removed since it was listed, as what no row names is."""
    try:
        content = source.open("rb")
    except FileNotFoundError:
        return None
    with content:
        member = archive.gettarinfo(arcname=name, fileobj=content)
        member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
        archive.addfile(member, content)
        content.seek(0)
        return hashlib.file_digest(content, "sha256").hexdigest()


def _dump(settings: Settings, scratch: Path, halt: Halt) -> tuple[Path, dict[str, int], str]:
    if settings.on_postgresql:
        return asyncio.run(_dump_postgresql(settings, scratch / POSTGRESQL_MEMBER, halt))
    return _dump_sqlite(settings, scratch / SQLITE_MEMBER, halt)


def _dump_sqlite(settings: Settings, dump: Path, halt: Halt) -> tuple[Path, dict[str, int], str]:
    """A copy of a reader's snapshot, which no writer waits for. It holds rows alone: nothing that was erased."""
    if not settings.sqlite_path.exists():
        raise BackupFailed(f"There is no database at {settings.sqlite_path}.")
    live = pysqlite3.connect(str(settings.sqlite_path), isolation_level=None)
    with contextlib.closing(live), halt.cutting(live.interrupt):
        live.execute("VACUUM INTO ?", [str(dump)])
    with contextlib.closing(pysqlite3.connect(str(dump))) as taken:
        # One file, without the side files that its WAL mode would make.
        taken.execute("PRAGMA journal_mode=DELETE")
        counts = {name: int(taken.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in _tables()}  # noqa: S608 - our own table names
        [revision] = taken.execute("SELECT version_num FROM alembic_version").fetchone()
    return dump, counts, str(revision)


async def _dump_postgresql(settings: Settings, dump: Path, halt: Halt) -> tuple[Path, dict[str, int], str]:
    """pg_dump on a snapshot that we hold, so that our counts are its counts."""
    database = Database(settings)
    try:
        engine = database.engine.execution_options(isolation_level="REPEATABLE READ")
        async with engine.connect() as connection:
            snapshot = await _scalar(connection, "SELECT pg_export_snapshot()")
            argv = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            await asyncio.to_thread(run_tool, settings, *argv, f"--file={dump}", halt=halt)
            counts = {name: int(await _scalar(connection, f'SELECT count(*) FROM "{name}"')) for name in _tables()}  # noqa: S608 - our own table names
            return dump, counts, await _scalar(connection, "SELECT version_num FROM alembic_version")
    finally:
        await database.close()


async def _scalar(connection: AsyncConnection, statement: str) -> str:
    return str(await connection.scalar(text(statement)))


def _tables() -> list[str]:
    return sorted(SQLModel.metadata.tables)


def database_name(settings: Settings) -> str:
    """The name of our PostgreSQL database."""
    return _url(settings).database or "postgres"


def _libpq(settings: Settings) -> dict[str, str]:
    url = _url(settings)
    ssl = url.query.get("sslmode") or url.query.get("ssl")
    socket = url.query.get("host")
    values = {
        "PGHOST": url.host or (socket if isinstance(socket, str) else None),
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": ssl if isinstance(ssl, str) else None,
    }
    return {name: value for name, value in values.items() if value}


def _url(settings: Settings) -> URL:
    assert settings.database_url
    return make_url(settings.database_url.get_secret_value())
