"""Ways back into an account from the command line, for the very last owner."""

import asyncio

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from service import clock
from service.cli import app
from service.db import Database
from service.domain import password_resets
from service.models.organizers import Staff, StaffSession
from service.settings import Settings
from tests.support.accounts import EMAIL, OTHER, owned_house
from tests.support.crowd import environment

# The statements behind it run on both kinds of database in tests/routers.
pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]


async def bimtek(settings: Settings, *argv: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["staff", *argv], env=environment(settings))


async def test_the_last_owner_gets_back_in_from_the_command_line(settings: Settings) -> None:
    database = Database(settings)
    _house, owner = await owned_house(database)
    async with database.write() as session:
        row = await session.get_one(Staff, owner.id)
        row.totp_key, row.totp_since = "x.y", clock.real_now()
    off = await bimtek(settings, "second-factor-off", " Pemilik@luwukab.go.id")
    assert (off.exit_code, "Turned off" in off.stdout) == (0, True)
    assert "not on" in (await bimtek(settings, "second-factor-off", EMAIL)).stdout
    link = (await bimtek(settings, "password-reset", EMAIL)).stdout.strip()
    assert link.startswith("http://127.0.0.1:8000/reset/")
    await password_resets.use(database, link.rpartition("/")[2], OTHER)
    async with database.read() as session:
        assert (await session.exec(select(StaffSession))).all() == []
        assert (await session.get_one(Staff, owner.id)).totp_since is None
    unknown = await bimtek(settings, "password-reset", "tiada@luwukab.go.id")
    assert (unknown.exit_code, "no account" in unknown.stderr) == (2, True)
    await database.close()


async def test_init_says_what_to_do_next(settings: Settings) -> None:
    settings.sqlite_path.unlink()
    argv = ["init", "--slug", "luwu", "--name", "Diskominfo", "--email", EMAIL]
    env = environment(settings) | {"BIMTEK_INIT_PASSWORD": OTHER}
    said = (await asyncio.to_thread(CliRunner().invoke, app, argv, env=env)).stdout
    assert f"Sign in as {EMAIL} at http://127.0.0.1:8000/sign-in" in said
    assert "No mail server is set" in said
    assert settings.sqlite_path.exists()
