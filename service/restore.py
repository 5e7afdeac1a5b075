"""Restores an archive of service.backup into an empty place, and re-sends nothing.

What was under way when the archive was made (mail, rooms, webhooks) may have been done since: it is parked, and a
person decides. See `GET /deliveries?status=parked`.
"""

import asyncio
import contextlib
import os
import re
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pysqlite3
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy import func, inspect, select, update
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, migrate, sealing, subscribers
from service.backup import (
    KEY_MEMBER,
    MANIFEST,
    POSTGRESQL_MEMBER,
    SQLITE_MEMBER,
    BackupFailed,
    Manifest,
    database_name,
    digest,
    run_tool,
    sync_folder,
)
from service.db import Database
from service.domain import reminders
from service.models.messages import Message, MessageStatus
from service.models.outbox import Delivery, DeliveryStatus
from service.settings import Settings

PARKED = "parked by restore"
_PG_RESTORE = ("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
_MEMBER = re.compile(r"database\.(sqlite3|pgdump)|secret\.key|files/[0-9a-f]{2}/[0-9a-f]{32}")


@dataclass(frozen=True)
class Restored:
    """What came back, and how many deliveries now wait for a person."""

    manifest: Manifest
    parked: int


def restore(settings: Settings, archive: Path, *, new_key: bool = False) -> Restored:
    """Checks the archive completely, then loads it. Raises BackupFailed.

    Refuses a target that holds anything, an archive of the other kind of database or of a newer version, and, unless
    `new_key`, a place without the secret key under which the archive's links were made.
    """
    if not archive.is_file():
        raise BackupFailed(f"There is no archive at {archive}.")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    _check_empty(settings)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data_dir) as name:
        scratch = Path(name)
        manifest = _unpack(archive, scratch)
        _check_manifest(settings, manifest)
        _settle_key(settings, manifest, scratch, new_key=new_key)
        if settings.on_postgresql:
            run_tool(settings, *_PG_RESTORE, f"--dbname={database_name(settings)}", str(scratch / POSTGRESQL_MEMBER))
            parked = asyncio.run(_finish(settings, manifest))
        else:
            parked = _load_sqlite(settings, manifest, scratch)
        _place_files(settings, scratch)
    sync_folder(settings.data_dir)
    return Restored(manifest, parked)


def _check_empty(settings: Settings) -> None:
    files = settings.data_dir / "files"
    if files.exists() and any(files.iterdir()):
        raise BackupFailed(f"{files} is not empty: restore into an empty data folder.")
    if not settings.on_postgresql:
        if settings.sqlite_path.exists():
            raise BackupFailed(f"{settings.sqlite_path} exists: restore into an empty data folder.")
    elif asyncio.run(_has_tables(settings)):
        raise BackupFailed("The database has tables: restore into an empty one (createdb).")


async def _has_tables(settings: Settings) -> bool:
    database = Database(settings)
    try:
        async with database.engine.connect() as connection:
            return bool(await connection.run_sync(lambda plain: inspect(plain).get_table_names()))
    finally:
        await database.close()


def _unpack(archive: Path, scratch: Path) -> Manifest:
    """Every member, checked against the manifest; nothing else is taken out of the archive."""
    try:
        with tarfile.open(archive, "r:") as opened:
            listing = opened.extractfile(MANIFEST)
            manifest = Manifest.model_validate_json(listing.read() if listing else b"")
            for name in manifest.sha256:
                if not _MEMBER.fullmatch(name):
                    raise BackupFailed(f"{name} does not belong into an archive.")
                _take(opened, name, scratch / name)
    except (tarfile.TarError, KeyError, ValidationError, EOFError) as broken:
        raise BackupFailed(f"{archive} is not a complete archive of this service.") from broken
    for name, expected in manifest.sha256.items():
        if digest(scratch / name) != expected:
            raise BackupFailed(f"{name} is damaged: its SHA-256 is not the one in the manifest.")
    return manifest


def _take(archive: tarfile.TarFile, name: str, target: Path) -> None:
    content = archive.extractfile(name)
    if content is None:
        raise KeyError(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with content, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(content, file)
        file.flush()
        os.fsync(file.fileno())


def _check_manifest(settings: Settings, manifest: Manifest) -> None:
    kind = "postgresql" if settings.on_postgresql else "sqlite"
    if manifest.database != kind:
        raise BackupFailed(f"The archive is of {manifest.database}, BIMTEK_DATABASE_URL says {kind}.")
    try:
        known = ScriptDirectory.from_config(migrate.config()).get_revision(manifest.revision)
    except CommandError:
        known = None
    if known is None:
        raise BackupFailed(f"The archive was made by version {manifest.version}: install that version or a newer one.")


def _settle_key(settings: Settings, manifest: Manifest, scratch: Path, *, new_key: bool) -> None:
    """The key first: without it every link is dead and the event log cannot be checked."""
    kept = settings.data_dir / KEY_MEMBER
    if (scratch / KEY_MEMBER).exists() and settings.secret_key is None and not kept.exists():
        (scratch / KEY_MEMBER).rename(kept)
    if settings.secret_key is None and not kept.exists() and not new_key:
        raise BackupFailed(f"Put the secret key at {kept} first (or --new-key: all links die).")
    # Asked for in any case: this is where a new key is made, before the scratch folder passes for the data folder.
    if not settings.keyring.knows(manifest.key_id) and not new_key:
        raise BackupFailed("The secret key here is not the archive's (or --new-key: all links die).")


def _load_sqlite(settings: Settings, manifest: Manifest, scratch: Path) -> int:
    """Finishes the copy in the scratch folder: under its own name it appears parked and whole, or not at all."""
    dump = scratch / SQLITE_MEMBER
    with contextlib.closing(pysqlite3.connect(str(dump))) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise BackupFailed("The database in the archive is damaged.")
    staged = settings.model_copy(update={"data_dir": scratch})
    dump.rename(staged.sqlite_path)
    parked = asyncio.run(_finish(staged, manifest))
    staged.sqlite_path.rename(settings.sqlite_path)
    return parked


async def _finish(settings: Settings, manifest: Manifest) -> int:
    subscribers.load()
    database = Database(settings)
    try:
        async with database.read() as session:
            await _check_counts(session, manifest)
        await migrate.migrate(database)
        async with database.write() as session:
            # What fell due since, and events of the last second: fanned out now, or a worker would react to them as if
            # they were new.
            await reminders.catch_up(session)
            while await sealing.seal(session):
                pass
            return await _park(session)
    finally:
        await database.close()


async def _check_counts(session: AsyncSession, manifest: Manifest) -> None:
    connection = await session.connection()
    for name, expected in manifest.counts.items():
        found = await connection.scalar(select(func.count()).select_from(SQLModel.metadata.tables[name]))
        if found != expected:
            raise BackupFailed(f"{name} has {found} rows instead of {expected}.")


async def _park(session: AsyncSession) -> int:
    under_way = col(Delivery.status).in_([DeliveryStatus.PENDING, DeliveryStatus.RUNNING])
    values: dict[str, object] = {"leased_until": None, "error": PARKED, "settled_at": clock.real_now()}
    parked = await session.exec(update(Delivery).where(under_way).values(status=DeliveryStatus.PARKED, **values))
    queued = col(Message.status) == MessageStatus.QUEUED
    await session.exec(update(Message).where(queued).values(error=PARKED))
    return int(parked.rowcount)


def _place_files(settings: Settings, scratch: Path) -> None:
    if (scratch / "files").exists():
        target = settings.data_dir / "files"
        if target.exists():
            target.rmdir()
        (scratch / "files").rename(target)
