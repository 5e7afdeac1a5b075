"""SIGKILL while something is tried out: whoever looks next is told within a minute, and may begin it again."""

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from service import auth, clock
from service.db import Database
from service.domain import checks
from service.models.checks import CheckName
from service.models.organizers import Role
from service.settings import Settings
from tests import factories
from tests.pages.world import signed_in
from tests.support.crowd import environment
from tests.support.processes import free_port
from tests.support.server import Server

TRIAL = "/api/v1/integrations/smtp"


@pytest.mark.parametrize("settings", ["postgresql", pytest.param("sqlite", marks=pytest.mark.soak)], indirect=True)
async def test_a_trial_whose_process_was_killed_is_interrupted_after_a_minute_and_can_be_made_again(
    settings: Settings,
    database: Database,
    app: FastAPI,
    client: AsyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
    cookie, csrf = await signed_in(database, house, Role.OWNER)
    headers = cookie | {"X-CSRF-Token": csrf}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": silent.getsockname()[1], "smtp_security": "none"}
        env = environment(settings, **{f"BIMTEK_{name.upper()}": str(value) for name, value in mail.items()})
        with Server(env, tmp_path / "log", port=free_port()) as server:
            async with httpx.AsyncClient(base_url=server.base_url, headers=headers) as other:
                begun = await other.post(f"{TRIAL}/trial")
                assert begun.status_code == 202, begun.text
            await asyncio.to_thread(server.kill)
    # Seen by a process that knows nothing of the one that died.
    app.state.database.settings = settings.model_copy(update=mail)
    seen = (await client.get(TRIAL, headers=cookie)).json()["trial"]
    assert (seen["running"], (await client.post(f"{TRIAL}/trial", headers=headers)).status_code) == (True, 409)
    real, moved = clock.real_now, checks.SILENCE
    monkeypatch.setattr(clock, "real_now", lambda: real() + moved)
    assert not (await client.get(TRIAL, headers=cookie)).json()["trial"]["running"]
    page = (await client.get("/staff/integrations", headers=cookie)).text
    assert "tidak selesai karena layanan berhenti" in page
    assert (await client.post(f"{TRIAL}/trial", headers=headers)).status_code == 202
    await app.state.background.settle()
    ended = (await client.get(TRIAL, headers=cookie)).json()["trial"]
    assert (ended["running"], ended["ok"]) == (False, False)


async def test_a_trial_that_takes_long_is_heard_of_and_one_that_comes_back_overwrites_no_later_one(
    database: Database, app: FastAPI, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        us = auth.system((await factories.organizer(session)).id)
        row = await checks.begin(session, us, CheckName.EVENTS)

    async def running() -> bool:
        async with database.read() as session:
            return checks.is_running((await checks.latest(session, us))[CheckName.EVENTS])

    done, background, real = asyncio.Event(), app.state.background, clock.real_now

    async def work() -> dict[str, object]:
        await done.wait()
        return {"ok": True}

    monkeypatch.setattr(checks, "BEAT", timedelta())
    background.start(row, work)
    monkeypatch.setattr(clock, "real_now", lambda: real() + checks.SILENCE)
    async with asyncio.timeout(5):
        while not await running():
            pass
    done.set()
    await background.settle()
    assert not await running()
    # Cut off from the database for so long that it was begun again.
    async with database.write() as session:
        row = await checks.begin(session, us, CheckName.EVENTS)
        cut_off = checks.Run(row.id, row.started_at)
    monkeypatch.setattr(clock, "real_now", lambda: real() + 3 * checks.SILENCE)
    async with database.write() as session:
        await checks.begin(session, us, CheckName.EVENTS)
        await checks.finish(session, cut_off, {"ok": True})
    assert await running()
