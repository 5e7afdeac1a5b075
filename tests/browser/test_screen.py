"""The hall's screen: read off the projector by a camera, counted, silent when the network is gone."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from service import clock
from service.auth import system
from service.db import Database
from service.domain import screens
from service.models.screens import Audience
from service.models.screens_shapes import ScreenCreate
from service.models.workshops import Workshop
from tests import factories
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import PHONE, faults, overflows, visit

LONG = "Bimbingan Teknis Penyusunan Masterplan Kota Cerdas (Smart City) dan Quick Win Program Unggulan Tahap I"
PROJECTORS = ((1280, 720), (1920, 1080))


@pytest.fixture
def opened(site: Site) -> tuple[str, str]:
    """The path of a screen of the hall, and the path of a participant."""
    clock.freeze(at("07-03 09:02"))
    return asyncio.run(_open(site))


async def _open(site: Site) -> tuple[str, str]:
    database = Database(site.settings)
    async with database.write() as session:
        workshop = await session.get_one(Workshop, site.gathering.id)
        workshop.self_checkin, workshop.title = True, LONG
        data = ScreenCreate(audience=Audience.HALL, name="Layar aula")
        screen = await screens.add(session, system(site.house.id), workshop.id, data)
        person = await factories.registration(session, workshop, name="Kepala Bidang Aptika")
        shown = screens.link_of(session, screen)
        assert shown
        links = shown, f"/my/{factories.participant_token(session, person)}/checkin"
    await database.close()
    return f"/screen/{links[0].rsplit('/', 1)[1]}", links[1]


def _read(page: Page, folder: Path) -> str:
    """What a camera makes of the projected picture."""
    shot = folder / "screen.png"
    page.screenshot(path=shot)
    [code] = zxingcpp.read_barcodes(Image.open(shot))
    return code.text


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_phone_reads_the_screen_and_is_present_and_the_screen_survives_the_network(
    site: Site, opened: tuple[str, str], browser: Browser, tmp_path: Path
) -> None:
    screen, own = opened
    with visit(browser, site.base_url, PHONE[0]) as phone, visit(browser, site.base_url, PROJECTORS[0][0]) as page:
        page.clock.install()
        for width, height in PROJECTORS:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(screen)
            expect(page.locator("[data-left]")).to_have_text(re.compile(r"\d+"))
            assert overflows(page) == 0
            assert page.evaluate("document.documentElement.scrollHeight") == height
            address = _read(page, tmp_path)
        assert faults(page) == []
        # From here on its time stands still unless we move it: it asks when we want.
        page.clock.pause_at(clock.real_now() + timedelta(seconds=1))
        assert re.fullmatch(rf"{re.escape(site.base_url)}/hadir/[a-z2-7]{{26}}", address)

        phone.goto(own)
        assert (faults(phone), overflows(phone)) == ([], 0)
        phone.goto(address)
        phone.get_by_role("button", name="Catat kehadiran saya").click()
        expect(phone.get_by_role("status")).to_contain_text("Kehadiran Hari I - pagi tercatat pukul 09.02 WITA.")
        expect(page.locator("[data-came]")).to_have_text("0")
        page.clock.run_for(6_000)
        expect(page.locator("[data-came]")).to_have_text("1")

        page.route("**/api/v1/screens/**", lambda route: route.fulfill(body="<h1>Masuk ke Wi-Fi</h1>"))
        page.clock.fast_forward(60_000)
        expect(page.get_by_role("alert")).to_contain_text("Sambungan terputus")
        assert page.locator("[data-short]").text_content() == ""
        page.unroute_all()
        page.clock.run_for(6_000)
        expect(page.locator("[data-short]")).to_have_text(re.compile(r"\w{4}-\w{4}"))
        assert _read(page, tmp_path) == address
