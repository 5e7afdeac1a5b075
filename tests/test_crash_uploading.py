"""SIGKILL between a delivery's file and its row: what was acknowledged is there, and no row names a lost file."""

import asyncio
import sys
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from service.clients.files import Store
from service.db import Database
from service.doctor import Level, examine
from service.domain import orphans
from service.models.commitments import Submission
from service.settings import Settings
from tests.support.crowd import environment
from tests.support.honest_files import pdf
from tests.support.processes import free_port
from tests.support.promises import scene
from tests.support.server import Server

DIES = (
    "-c",
    """
import os, signal
from service import cli
from service.domain import submissions

kept = submissions.submit

async def submit(session, actor, commitment_id, data, **more):
    row = await kept(session, actor, commitment_id, data, **more)
    if data.note:
        os.kill(os.getpid(), signal.SIGKILL)
    return row

submissions.submit = submit
cli.main()
""",
)
"""The same service, which dies when a delivery with a note is written down and not yet committed."""


@pytest.mark.soak
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_kill_between_file_and_row_leaves_a_file_that_nothing_names_and_none_missing(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    async with database.write() as session:
        s = await scene(session)
        first, second = [(await s.ask(session)).id for _n in range(2)]
    port = free_port()
    argv = [sys.executable, *DIES, "serve", "--port", str(port)]
    with Server(environment(settings), tmp_path / "log", port=port, argv=argv) as server:
        async with httpx.AsyncClient(base_url=f"{server.base_url}/api/v1", headers=s.headers) as client:
            files = {"files": ("a.pdf", pdf())}
            sent = await client.post(f"/commitments/{first}/submissions", files=files)
            assert sent.status_code == 201
            with pytest.raises(httpx.TransportError):
                await client.post(f"/commitments/{second}/submissions", files=files, data={"note": "Tahap I"})
    store = Store(settings.data_dir / "files")
    async with database.read() as session:
        assert list(await session.exec(select(Submission.commitment_id))) == [first]
        named = await orphans.named(session)
    assert await asyncio.to_thread(store.missing, named) == []
    assert len(list(store.folder.glob("*/*"))) == len(named) + 1
    [check] = [one for one in await examine(settings) if one.subject == "files"]
    assert (check.level, check.found) == (Level.OK, "1 delivered, 0 to be swept")
