"""Looks at an installation the way somebody who runs servers would, and says what to do."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import pysqlite3
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import backup, clock, migrate
from service.clients import mail
from service.clients.files import Store
from service.db import SAFE_SQLITE, Database, UnsafeSqlite, check_sqlite_version, is_postgresql, run_sql
from service.domain import orphans
from service.models.organizers import Organizer
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.settings import Settings

FLOORS = {
    "starlette": "1.3.1",
    "python-multipart": "0.0.30",
    "h11": "0.16",
    "httptools": "0.8",
    "jinja2": "3.1.6",
    "icalendar": "7.3.0",
    "aiosmtplib": "5.1.3",
}
"""Libraries whose earlier versions have known holes."""

MEBIBYTE = 1 << 20
BACKUP_HOURS = 26
LATE = timedelta(minutes=5)
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class Level(StrEnum):
    """`warn` can wait, `fail` cannot."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One line of the report: what was looked at, what was found, and what to do about it."""

    level: Level
    subject: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.subject}: {self.found}" + (f"\n      -> {self.advice}" if self.advice else "")


async def examine(settings: Settings) -> list[Check]:
    """Every check, in the order in which trouble is best mended."""
    checks = [*_address(settings), *_secret(settings), *_machine(settings), *_libraries(settings)]
    checks += [await _mail(settings), _backup(settings)]
    if not settings.on_postgresql and not settings.sqlite_path.exists():
        return [*checks, _absent(settings)]
    try:
        database = Database(settings)
    except UnsafeSqlite:
        return checks  # said among the libraries
    try:
        async with database.read() as session:
            checks += [check async for check in _database(session)]
            if all(check.level is not Level.FAIL for check in checks if check.subject == "migrations"):
                checks.append(await _files(session, Store(settings.data_dir / "files")))
    except (DBAPIError, OSError) as away:
        checks.append(_absent(settings, type(away).__name__))
    finally:
        await database.close()
    return checks


def _address(settings: Settings) -> Iterator[Check]:
    host = urlsplit(settings.base_url).hostname or ""
    if settings.secure:
        yield Check(Level.OK, "address", settings.base_url)
    elif host in {"localhost", "127.0.0.1", "::1"}:
        advice = "Set BIMTEK_BASE_URL=https://... before others use it: phones give the camera to https pages only."
        yield Check(Level.WARN, "address", f"{settings.base_url} is reachable from this machine only", advice)
    else:
        advice = "Put Caddy in front (deploy/Caddyfile) and set BIMTEK_BASE_URL=https://..."
        yield Check(Level.FAIL, "address", f"{settings.base_url} is not https", advice)
    if settings.secure and not settings.trusted_proxies:
        advice = "Set BIMTEK_TRUSTED_PROXIES to the proxy's address, or limits see one visitor only."
        yield Check(Level.WARN, "proxy", "no proxy is trusted", advice)


def _secret(settings: Settings) -> Iterator[Check]:
    kept = settings.data_dir / "secret.key"
    if settings.secret_key is None and not kept.exists():
        yield Check(
            Level.WARN, "secret key", "none yet", "Run `bimtek init`, then keep a copy of secret.key elsewhere."
        )
        return
    try:
        found = f"key {settings.keyring.current_id}"
    except ValueError as short:
        yield Check(Level.FAIL, "secret key", str(short), "Set a longer one; links under the short one die.")
        return
    if kept.exists() and kept.stat().st_mode & 0o077:
        yield Check(Level.FAIL, "secret key", f"others can read {kept}", f"chmod 600 {kept}")
    else:
        yield Check(Level.OK, "secret key", found)


def _machine(settings: Settings) -> Iterator[Check]:
    if settings.data_dir.exists():
        usage = shutil.disk_usage(settings.data_dir)
        free, share = usage.free // MEBIBYTE, usage.free / usage.total
        level = Level.FAIL if free < 100 else Level.WARN if free < 1024 or share < 0.05 else Level.OK
        advice = (
            "" if level is Level.OK else "Free some space or move BIMTEK_DATA_DIR; writes are refused when it is full."
        )
        yield Check(level, "disk", f"{free} MiB free at {settings.data_dir.resolve()}", advice)
    now = clock.real_now()
    if now < EARLIEST:
        yield Check(
            Level.FAIL, "clock", f"{now:%Y-%m-%d %H:%M} UTC", "Turn on time synchronisation: timedatectl set-ntp on"
        )
    elif settings.now is not None:
        yield Check(Level.WARN, "clock", "BIMTEK_NOW moves it", "Unset BIMTEK_NOW: it is for the demo.")
    else:
        yield Check(Level.OK, "clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _libraries(settings: Settings) -> Iterator[Check]:
    old = [
        f"{name} {version(name)} < {floor}" for name, floor in FLOORS.items() if _parts(version(name)) < _parts(floor)
    ]
    advice = "Run `make` again: it installs the locked versions." if old else ""
    yield Check(Level.FAIL if old else Level.OK, "libraries", ", ".join(old) or "no known holes", advice)
    if settings.on_postgresql:
        return
    try:
        check_sqlite_version()
    except UnsafeSqlite:
        safe = ".".join(map(str, SAFE_SQLITE))
        advice = f"Install pysqlite3 with {safe} or later, or use PostgreSQL."
        yield Check(Level.FAIL, "SQLite", f"{pysqlite3.sqlite_version} can lose data", advice)
    else:
        yield Check(Level.OK, "SQLite", pysqlite3.sqlite_version)


async def _mail(settings: Settings) -> Check:
    if settings.smtp_host is None:
        found = f"none is sent: messages lie in {mail.folder(settings)}"
        return Check(Level.WARN, "mail", found, "Set BIMTEK_SMTP_HOST and BIMTEK_MAIL_FROM.")
    trouble = await mail.probe(settings)
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    if trouble:
        advice = "Check BIMTEK_SMTP_HOST, _PORT, _SECURITY and the firewall; messages wait meanwhile."
        return Check(Level.FAIL, "mail", f"{where} does not answer: {trouble}", advice)
    if settings.mail_from.endswith("@localhost"):
        return Check(Level.FAIL, "mail", f"sender is {settings.mail_from}", "Set BIMTEK_MAIL_FROM.")
    return Check(Level.OK, "mail", f"{where} answers")


def _backup(settings: Settings) -> Check:
    archive: Path | None = backup.latest(settings)
    advice = "Turn on bimtek-backup.timer (deploy/), and copy archives and secret.key to another machine."
    if archive is None:
        return Check(Level.WARN, "backup", f"none in {backup.folder(settings)}", advice)
    age = clock.real_now() - datetime.fromtimestamp(archive.stat().st_mtime, UTC)
    hours = int(age.total_seconds() // 3600)
    if hours > BACKUP_HOURS:
        return Check(Level.WARN, "backup", f"the latest is {hours} hours old", advice)
    return Check(Level.OK, "backup", f"{archive.name}, {hours} hours old")


async def _database(session: AsyncSession) -> AsyncIterator[Check]:
    if is_postgresql(session):
        async for check in _postgresql(session):
            yield check
    found = (await run_sql(session, "SELECT version_num FROM alembic_version")).scalar()
    if found != migrate.head():
        yield Check(
            Level.FAIL, "migrations", f"at {found}, this version needs {migrate.head()}", "Run `bimtek migrate`."
        )
        return
    yield Check(Level.OK, "migrations", str(found))
    houses = await _count(session, Organizer)
    advice = "" if houses else "Run `bimtek init`."
    yield Check(Level.OK if houses else Level.WARN, "organizers", str(houses), advice)
    async for check in _outbox(session):
        yield check


async def _postgresql(session: AsyncSession) -> AsyncIterator[Check]:
    for name in ("synchronous_commit", "fsync", "full_page_writes"):
        value = (await run_sql(session, f"SHOW {name}")).scalar()
        if value != "on":
            advice = f"ALTER SYSTEM SET {name} = on, then restart PostgreSQL: what is acknowledged may be lost."
            yield Check(Level.FAIL, "PostgreSQL", f"{name} is {value}", advice)
    theirs = (await run_sql(session, "SELECT clock_timestamp()")).scalar_one()
    apart = abs((theirs - clock.real_now()).total_seconds())
    if apart > 5:
        yield Check(Level.WARN, "clock", f"the database's is {apart:.0f} s off", "Synchronise both machines.")
    server = (await run_sql(session, "SHOW server_version")).scalar()
    yield Check(Level.OK, "PostgreSQL", str(server))


async def _outbox(session: AsyncSession) -> AsyncIterator[Check]:
    status, attempts, due_at = col(Delivery.status), col(Delivery.attempts), col(Delivery.due_at)
    parked = await _count(session, Delivery, status == DeliveryStatus.PARKED)
    waiting = await _count(
        session, Delivery, status == DeliveryStatus.PENDING, attempts == 0, due_at < clock.real_now() - LATE
    )
    unsealed = await _count(session, EventRow, col(EventRow.sequence).is_(None))
    if waiting:
        advice = "No worker runs: look at `bimtek serve` (BIMTEK_WORKER) or start `bimtek worker`."
        yield Check(Level.FAIL, "deliveries", f"{waiting} wait for more than five minutes", advice)
    elif parked:
        advice = "See GET /api/v1/deliveries?status=parked; POST .../replay tries one again."
        yield Check(Level.WARN, "deliveries", f"{parked} are parked", advice)
    else:
        yield Check(Level.OK, "deliveries", f"none parked, {unsealed} events not yet sealed")


async def _files(session: AsyncSession, store: Store) -> Check:
    stored, unfinished = await asyncio.to_thread(store.older_than, clock.real_now() - orphans.GRACE)
    named = await orphans.named(session)
    lost = await asyncio.to_thread(store.missing, named)
    left = orphans.orphans(stored, named)
    if lost:
        advice = f"Copy them from a backup into {store.folder}; the first is {min(lost)}."
        return Check(Level.FAIL, "files", f"{len(lost)} of {len(named)} are not there", advice)
    if orphans.is_doubtful(left, named):
        advice = "None is removed: check that BIMTEK_DATA_DIR and the database belong together."
        return Check(Level.WARN, "files", f"{len(left)} belong to nothing, {len(named)} to something", advice)
    return Check(Level.OK, "files", f"{len(named)} delivered, {len(left) + len(unfinished)} to be swept")


async def _count(session: AsyncSession, table: type[SQLModel], *conditions: ColumnElement[bool]) -> int:
    return (await session.exec(select(func.count()).select_from(table).where(*conditions))).one()


def _absent(settings: Settings, away: str = "no file") -> Check:
    if not settings.on_postgresql:
        return Check(Level.FAIL, "database", f"{settings.sqlite_path} is not ready ({away})", "Run `bimtek migrate`.")
    advice = "Check BIMTEK_DATABASE_URL, and that PostgreSQL runs; then `bimtek migrate`."
    return Check(Level.FAIL, "database", f"does not answer or is empty ({away})", advice)


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
