"""The disk is full: writes are refused, reads go on, nothing breaks, and it mends itself when there is room."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pysqlite3
import pytest
from pydantic import SecretStr

from service.db import Database
from service.migrate import migrate
from service.settings import Settings
from tests.conftest import SECRET
from tests.support.crowd import Stage, environment, make_stage, worker_goes_on
from tests.support.server import Server

SIZE = "6m"
ROOM = 96 * 1024
ENOUGH = 2000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of six megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "bimtek-test", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"NO FULL DISK WAS TRIED, mounting needs root: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_full_disk_refuses_writes_and_keeps_everything(small_disk: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=small_disk, secret_key=SecretStr(SECRET))
    database = Database(settings)
    await migrate(database)
    await database.close()
    stage = await make_stage(settings)
    with Server(environment(settings), tmp_path / "log") as server:
        async with httpx.AsyncClient(base_url=server.base_url, headers=stage.headers, timeout=30) as client:
            assert (await _register(client, stage, 0)).status_code == 201
            filler = small_disk / "filler"
            _fill(filler)
            registered, refused = await _until_full(client, stage)
            assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
            workshop = f"/api/v1/workshops/{stage.workshop_id}"
            assert (await client.get(workshop)).status_code == 200
            assert (await client.get(f"{workshop}/registrations")).status_code == 200
            filler.unlink()
            assert (await _register(client, stage, ENOUGH + 1)).status_code == 201
        await worker_goes_on(settings)
        assert await asyncio.to_thread(server.terminate) == 0
    with contextlib.closing(pysqlite3.connect(str(settings.sqlite_path))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        # The first and the last beside those that were told so while the disk filled up.
        assert connection.execute("SELECT count(*) FROM registrations").fetchone()[0] == registered + 2


def _fill(filler: Path) -> None:
    free = os.statvfs(filler.parent)
    with filler.open("wb") as file:
        file.write(b"\0" * (free.f_bavail * free.f_frsize - ROOM))


async def _until_full(client: httpx.AsyncClient, stage: Stage) -> tuple[int, httpx.Response]:
    """Registers until it is refused; how many were registered, and the refusal."""
    for number in range(1, ENOUGH):
        answer = await _register(client, stage, number)
        if answer.status_code != 201:
            return number - 1, answer
    raise AssertionError("the disk never became full")


async def _register(client: httpx.AsyncClient, stage: Stage, number: int) -> httpx.Response:
    form = {"name": "Staf", "email": f"staf{number}@luwukab.go.id", "mode": "offline", "consent": True}
    return await client.post(f"/api/v1/workshops/{stage.workshop_id}/registrations", json=form)
