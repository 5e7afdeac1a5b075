"""The owner sees how old the backups are, and makes one without a command line."""

import asyncio
import os
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from service import auth, backup, clock
from service.db import Database
from service.domain import checks
from service.domain.checks_errors import AlreadyRunning
from service.models.checks import CheckName
from service.models.organizers import Role
from tests import factories
from tests.pages.world import signed_in


async def test_a_backup_is_made_by_a_click_and_its_age_is_said(
    client: AsyncClient, database: Database, app: FastAPI
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
    owner, csrf = await signed_in(database, house, Role.OWNER)
    assert "Belum ada cadangan." in (await client.get("/staff/backups", headers=owner)).text
    # An archive holds every organizer: the owner of one of them sees, a super-owner makes.
    assert (await client.post("/staff/backups", data={"csrf": csrf}, headers=owner)).status_code == 403
    assert "Buat cadangan sekarang" not in (await client.get("/staff/backups", headers=owner)).text
    cookie, csrf = await signed_in(database, house, Role.SUPER_OWNER)
    begun = await client.post("/staff/backups", data={"csrf": csrf}, headers=cookie)
    assert begun.headers["location"] == "/staff/backups?done=begun"
    await app.state.background.settle()
    [*_, archive] = backup.archives(database.settings)
    done = (await client.get("/staff/backups?done=begun", headers=cookie)).text
    assert f"Cadangan {archive.name} sudah dibuat." in done
    assert "Cadangan terakhir dibuat kurang dari satu jam yang lalu." in done

    # One that is deleted just now, as by the timer's own run.
    (archive.parent / "bimtek-0.tar").symlink_to("nowhere")
    two_days_ago = (clock.real_now() - timedelta(days=2)).timestamp()
    os.utime(archive, (two_days_ago, two_days_ago))
    assert "bimtek-backup.timer" in (await client.get("/staff/backups", headers=owner)).text


async def test_a_backup_that_fails_or_never_ends_says_so(client: AsyncClient, database: Database, app: FastAPI) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
    cookie, csrf = await signed_in(database, house, Role.SUPER_OWNER)
    folder = backup.folder(database.settings)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file stands where the folder should be")
    await client.post("/staff/backups", data={"csrf": csrf}, headers=cookie)
    await app.state.background.settle()
    assert "gagal:" in (await client.get("/staff/backups", headers=cookie)).text

    async with database.write() as session:
        row = await checks.begin(session, auth.system(house.id), CheckName.BACKUP)
        with pytest.raises(AlreadyRunning):
            await checks.begin(session, auth.system(house.id), CheckName.BACKUP)
    assert "Cadangan sedang dibuat" in (await client.get("/staff/backups", headers=cookie)).text
    async with database.write() as session:
        session.add(row)
        row.started_at -= checks.SILENCE
    assert "tidak selesai karena layanan berhenti" in (await client.get("/staff/backups", headers=cookie)).text


async def test_a_backup_does_not_keep_the_service_from_ending(
    client: AsyncClient, database: Database, app: FastAPI
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
    cookie, csrf = await signed_in(database, house, Role.SUPER_OWNER)
    await client.post("/staff/backups", data={"csrf": csrf}, headers=cookie)
    await app.state.background.stop()
    assert "tidak selesai karena layanan berhenti" in (await client.get("/staff/backups", headers=cookie)).text
    again = await client.post("/staff/backups", data={"csrf": csrf}, headers=cookie)
    assert again.headers["location"] == "/staff/backups?done=begun"
    await app.state.background.settle()


async def test_a_halted_backup_leaves_nothing_behind(database: Database) -> None:
    halt = backup.Halt()
    making = asyncio.create_task(asyncio.to_thread(backup.create, database.settings, halt=halt))
    await asyncio.sleep(0)
    halt.ask()
    with pytest.raises(backup.BackupFailed, match="stopped"):
        await making
    assert list(backup.folder(database.settings).iterdir()) == []
