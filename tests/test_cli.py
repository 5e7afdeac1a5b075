"""The command line does what it says, and says in one line what it cannot do."""

import asyncio
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from service import asyncapi, cli, i18n
from service.db import Database
from service.events import REGISTRY
from service.models.organizers import Membership, Organizer, Role
from service.settings import Settings
from tests.support.crowd import environment
from tests.support.processes import free_port, without_settings
from tests.support.server import ROOT, Server

PASSWORD = "kata-sandi-yang-panjang"
NEW_HOUSE = ["init", "--slug", "luwu", "--name", "Diskominfo-SP", "--email", "pemilik@luwukab.go.id"]


def bimtek(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *argv],
        env=without_settings(os.environ) | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs the command in this process, which is quicker: its exit code, what it printed, what it complained about."""

    def run(*argv: str, **env: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bimtek", *argv])
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    yield run
    i18n.use("id")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An empty place for a SQLite database."""
    return {"BIMTEK_DATA_DIR": str(tmp_path / "data")}


async def test_init_makes_a_house_whose_owner_can_sign_in(settings: Settings, here: Command) -> None:
    env = environment(settings, BIMTEK_INIT_PASSWORD=PASSWORD)
    code, printed, complaint = await asyncio.to_thread(here, *NEW_HOUSE, **env)
    assert (code, complaint) == (0, "")
    database = Database(settings)
    async with database.read() as session:
        [house] = (await session.exec(select(Organizer))).all()
        [membership] = (await session.exec(select(Membership))).all()
    await database.close()
    assert (house.slug, house.timezone, membership.role) == ("luwu", "Asia/Makassar", Role.OWNER)
    code, _printed, complaint = await asyncio.to_thread(here, *NEW_HOUSE, **env)
    assert (code, "Choose another code" in complaint) == (1, True)
    assert PASSWORD not in printed + complaint


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--password-file", "{short}"], "/password: Use at least 12 characters."),
        (["--slug", "Lu wu", "--password-file", "{good}"], "slug: String should match pattern"),
        (["--timezone", "Asia/Luwu", "--password-file", "{good}"], "timezone: "),
    ],
)
def test_init_says_what_is_wrong(
    here: Command, env: dict[str, str], tmp_path: Path, argv: list[str], said: str
) -> None:
    (tmp_path / "short").write_text("pendek\n")
    (tmp_path / "good").write_text(PASSWORD + "\n")
    argv = [part.format(short=tmp_path / "short", good=tmp_path / "good") for part in argv]
    code, _printed, complaint = here(*NEW_HOUSE, *argv, **env)
    assert code == 1
    assert said in complaint


def test_a_setting_that_is_wrong_is_named(here: Command, env: dict[str, str]) -> None:
    code, _printed, complaint = here("migrate", **env, BIMTEK_SMTP_PORT="many")
    assert (code, complaint.split(":")[0]) == (1, "BIMTEK_SMTP_PORT")


@pytest.mark.parametrize("command", ["migrate", "verify"])
def test_a_database_that_does_not_answer_is_said_without_its_password(
    here: Command, env: dict[str, str], command: str
) -> None:
    url = f"postgresql://a:secret@127.0.0.1:{free_port()}/b"
    code, printed, complaint = here(command, **env, BIMTEK_DATABASE_URL=url)
    assert (code, printed) == (1, "")
    assert complaint
    assert "secret" not in complaint


@pytest.mark.parametrize(
    "argv",
    [
        ["device", "add", "--workshop", "bimtek-1", "--name", "Gerbang A"],
        ["device", "list", "--workshop", "bimtek-1"],
        ["verify"],
        ["bounce"],
        ["backup"],
        ["migrate", "--down", "base"],
        ["move", "postgresql://127.0.0.1/nowhere"],
        ["doctor"],
    ],
)
def test_where_no_database_is_none_is_made_and_it_is_said_what_names_one(
    here: Command, env: dict[str, str], monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    code, printed, complaint = here(*argv, **env)
    place = Path(env["BIMTEK_DATA_DIR"]) / "bimtek.sqlite3"
    assert (code, str(place) in printed + complaint, place.exists()) == (1, True, False)
    if argv != ["doctor"]:
        assert not place.parent.exists()
        assert complaint.startswith(f"There is no database at {place}.")
        assert "BIMTEK_DATA_DIR" in complaint
        assert "BIMTEK_DATABASE_URL" in complaint


@pytest.mark.parametrize("argv", [["serve", "--workers", "2"], ["worker"]])
def test_sqlite_is_for_one_process(here: Command, env: dict[str, str], argv: list[str]) -> None:
    code, _printed, complaint = here(*argv, **env)
    assert (code, complaint.startswith("SQLite is for one process")) == (1, True)


def test_a_second_service_on_the_same_folder_is_refused(env: dict[str, str], tmp_path: Path) -> None:
    with Server(env, tmp_path / "log") as server:
        second = bimtek("serve", "--port", "0", **env)
        assert (second.returncode, second.stderr.split()[:3]) == (1, ["Another", "bimtek", "process"])
        assert server.terminate() == 0


def test_a_port_that_is_taken_is_said_in_a_line(env: dict[str, str], tmp_path: Path) -> None:
    with Server(env, tmp_path / "log") as server:
        other = env | {"BIMTEK_DATA_DIR": str(tmp_path / "other")}
        done = bimtek("serve", "--port", str(server.port), **other)
    assert (done.returncode, done.stderr) == (
        1,
        f"Cannot listen on 127.0.0.1 port {server.port}: Address already in use.\n",
    )


async def test_backup_verify_and_restore_by_hand(settings: Settings, tmp_path: Path, here: Command) -> None:
    env, saved = environment(settings, BIMTEK_INIT_PASSWORD=PASSWORD), str(tmp_path / "one.tar")

    async def run(*argv: str) -> tuple[int, str, str]:
        return await asyncio.to_thread(here, *argv, **env)

    assert (await run(*NEW_HOUSE))[0] == 0
    with Server(env, tmp_path / "log") as server:
        await _sealed(settings)
        code, printed, _complaint = await run("backup", saved)
        assert server.terminate() == 0
    assert (code, printed.split()[0]) == (0, saved)
    _code, printed, _complaint = await run("verify")
    assert re.fullmatch(r"luwu: \d+ events, [0-9a-f]{64}\nThe log is in order\.\n", printed)
    code, _printed, complaint = await run("restore", saved)
    assert (code, "empty" in complaint) == (1, True)
    database = Database(settings)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE events SET actor = 'system:2' WHERE sequence = 1"))
    await database.close()
    code, _printed, complaint = await run("verify")
    assert code == 1
    assert re.search(r"luwu: sequence 1 \(event [0-9a-f-]{36}\) differs from what was sealed", complaint)


async def _sealed(settings: Settings) -> None:
    database = Database(settings)
    async with asyncio.timeout(20):
        while True:
            async with database.read() as session:
                query = text("SELECT count(*) FROM events WHERE sequence IS NULL")
                if (await (await session.connection()).execute(query)).scalar_one() == 0:
                    break
            await asyncio.sleep(0.05)
    await database.close()


def test_the_api_documents_are_those_that_were_checked_in(here: Command) -> None:
    assert here("openapi", "--check") == (0, "Up to date\n", "")


def test_a_document_that_drifted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "DOCUMENTS", tmp_path)
    monkeypatch.setattr(cli, "_documents", cache(cli._documents))  # each takes a second or two to be made
    with pytest.raises(SystemExit):
        cli.openapi(check=True)
    assert "openapi.json, asyncapi.json" in capsys.readouterr().err
    cli.openapi(check=False)
    cli.openapi(check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"openapi.json", "asyncapi.json"}


def test_every_event_type_stands_in_the_asyncapi_document() -> None:
    document = json.loads(json.dumps(asyncapi.document()))
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == set(document["components"]["schemas"]) == set(REGISTRY)
    checkin = document["components"]["schemas"]["checkin.recorded"]["properties"]["data"]
    assert checkin["properties"]["registration_id"] == {"type": ["string", "null"], "format": "uuid"}
    assert checkin["required"] == ["workshop_id", "checkin_id", "registration_id"]
