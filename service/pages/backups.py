"""The state of the backups: how old the youngest is, what there is, and one made now."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from service import backup, clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.doctor import BACKUP_HOURS
from service.domain import checks
from service.models.checks import CheckName
from service.pages.house import staff_page
from service.pages.menus import BACKUPS
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of
from service.settings import Settings

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
# An archive holds every organizer of the installation.
Operator = Annotated[Actor, allow_first(Permission.ORGANIZERS_CREATE)]
SHOWN = 30


@dataclass(frozen=True)
class Archive:
    """One archive in the backup folder; `size` in bytes."""

    name: str
    made_at: datetime
    size: int


@router.get(BACKUPS, operation_id="page_backups")
async def show_backups(session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The archives, the youngest first, and what is wrong with them."""
    settings = settings_of(session)
    archives = await asyncio.to_thread(_archives, settings)
    row = (await checks.latest(session, actor)).get(CheckName.BACKUP)
    youngest = archives[0] if archives else None
    age = int((clock.real_now() - youngest.made_at).total_seconds() // 3600) if youngest else None
    return await staff_page(
        session,
        actor,
        "backups.html",
        BACKUPS,
        archives=archives[:SHOWN],
        more=max(0, len(archives) - SHOWN),
        hours=age,
        late=age is None or age > BACKUP_HOURS,
        check=row,
        running=row is not None and checks.is_running(row),
        may_make=actor.may(Permission.ORGANIZERS_CREATE),
        done=done,
        action=BACKUPS,
    )


@router.post(BACKUPS, operation_id="page_make_backup")
async def make(request: Request, actor: Operator) -> Response:
    """Begins a backup; the page says when it is done."""
    database = database_of(request)
    # It ends before the work begins, whose result needs the row.
    async with database.write() as session:
        row = await checks.begin(session, actor, CheckName.BACKUP)

    async def work() -> Mapping[str, object]:
        halt = backup.Halt()
        try:
            return await asyncio.to_thread(_make, database.settings, halt)
        finally:
            # A thread is not cancelled with the task that waits for it, and the process could not end before it.
            halt.ask()

    request.app.state.background.start(row, work)
    return RedirectResponse(f"{BACKUPS}?done=begun", status_code=303)


def _make(settings: Settings, halt: backup.Halt) -> Mapping[str, object]:
    try:
        archive = backup.create(settings, halt=halt)
    except (backup.BackupFailed, OSError) as failed:
        return {"ok": False, "error": str(failed)[:500]}
    return {"ok": True, "name": archive.name, "size": archive.stat().st_size}


def _archives(settings: Settings) -> list[Archive]:
    found = list[Archive]()
    for path in backup.archives(settings):
        # The timer's own run may delete an old one meanwhile.
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            found.append(Archive(path.name, datetime.fromtimestamp(stat.st_mtime, UTC), stat.st_size))
    return found
