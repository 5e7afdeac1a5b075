"""Door devices from the command line: the code that pairs one is read back as a camera reads it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from sqlmodel import select
from typer.testing import CliRunner, Result

from service import clock
from service.auth import identify
from service.cli import app
from service.db import Database
from service.demo_folder import Folder
from service.models.devices import Device
from service.settings import Settings
from tests import factories
from tests.support.crowd import environment

# The statements behind it run on both kinds of database in tests/routers.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def database(settings: Settings) -> Database:
    """A house with a workshop; nothing serves it."""
    made = Database(settings)
    async with made.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.workshop(session, house, slug="bimtek-1")
    return made


async def bimtek(settings: Settings, *argv: str, **env: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["device", *argv], env=environment(settings) | env)


async def test_a_device_is_added_paired_listed_and_revoked(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "gerbang-a.png"
    made = await bimtek(
        settings, "add", "--workshop", "bimtek-1", "--name", "Gerbang A", "--gate", "A", "--png", str(file)
    )
    assert (made.exit_code, made.stderr) == (0, "")
    assert oct(file.stat().st_mode & 0o777) == oct(0o600)
    [code] = zxingcpp.read_barcodes(Image.open(file))
    address, token = code.text.split("#")
    assert address == "http://127.0.0.1:8000/checkin"
    assert code.text in made.stdout
    async with database.read() as session:
        device = await session.get_one(Device, (await identify(session, token, None)).id)
    assert (device.name, device.gate) == ("Gerbang A", "A")
    listed = await bimtek(settings, "list", "--workshop", str(device.workshop_id))
    assert listed.stdout == f"{device.id}  Gerbang A  A  never synced\n"
    assert (await bimtek(settings, "revoke", str(device.id))).stdout == "Revoked.\n"
    assert (await bimtek(settings, "list", "--workshop", "bimtek-1")).stdout == "No devices.\n"
    await database.close()


async def test_in_a_demos_folder_a_device_gets_the_demos_address_and_its_time(
    settings: Settings, database: Database
) -> None:
    folder = Folder(settings.data_dir)
    folder.keep(folder.keys, '{"base_url": "http://127.0.0.1:8795"}')
    folder.keep(folder.offset, '{"offset_seconds": -86400000}')
    asked = ("add", "--workshop", "bimtek-1", "--name", "Gerbang A")
    assert "\nhttp://127.0.0.1:8795/checkin#" in (await bimtek(settings, *asked)).stdout
    async with database.read() as session:
        [device] = (await session.exec(select(Device))).all()
    assert abs(clock.real_now() - timedelta(days=1000) - device.created_at) < timedelta(minutes=5)
    again = await bimtek(settings, *asked, BIMTEK_BASE_URL="http://127.0.0.1:9000")
    assert "\nhttp://127.0.0.1:9000/checkin#" in again.stdout
    assert "Warning: another device of this workshop is called Gerbang A too." in again.stderr
    await database.close()


async def test_an_address_that_phones_distrust_is_said_and_so_are_names_that_fit_none_or_several(
    settings: Settings, database: Database
) -> None:
    async with database.write() as session:
        await factories.workshop(session, await factories.organizer(session, "palopo"), slug="bimtek-1")
    await database.close()
    several = await bimtek(settings, "add", "--workshop", "bimtek-1", "--name", "Gerbang A")
    none = await bimtek(settings, "list", "--workshop", "bimtek-9")
    gone = await bimtek(settings, "revoke", str(factories.some_id()))
    said = [" ".join(answer.stderr.replace("│", "").split()) for answer in (several, none, gone)]
    assert [answer.exit_code for answer in (several, none, gone)] == [2, 2, 2]
    assert "Several organizers have a workshop bimtek-1: say --organizer." in said[0]
    assert "There is no workshop bimtek-9." in said[1]
    assert "There is no device" in said[2]
    asked = ("add", "--workshop", "bimtek-1", "--organizer", "palopo", "--name", "Gerbang A")
    unsafe = await bimtek(settings, *asked, BIMTEK_BASE_URL="http://10.1.2.3")
    assert unsafe.exit_code == 0
    assert "is not https. Phones will refuse camera and installation" in unsafe.stderr
