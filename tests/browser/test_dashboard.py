"""The head of the office at the desk, on the phone and before the screen of a meeting room."""

import asyncio
import re
from datetime import date

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from service import auth, clock
from service.auth import system
from service.db import Database
from service.domain import commitments_requests, data_items
from service.models.commitments_shapes import CommitmentCreate
from service.models.data_items_shapes import DataItemCreate
from service.models.organizers import Programme, Role
from tests import factories
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import DESK, PHONE, faults, overflows, visit

ROOMS = ((1280, 720), (1920, 1080))
DIMENSIONS = ("governance", "branding", "economy", "living", "society", "environment")
AGENCIES = ("dinas-kesehatan", "dinas-perhubungan", "bappelitbangda")


@pytest.fixture
def cookie(site: Site) -> str:
    """The committee's session, the day after something was due of three agencies in six dimensions."""
    clock.freeze(at("07-04 15:00"))
    found = asyncio.run(_promised(site))
    clock.freeze(at("07-24 08:00"))
    return found


async def _promised(site: Site) -> str:
    database = Database(site.settings)
    actor = system(site.house.id)
    async with database.write() as session:
        labels: list[dict[str, object]] = [
            {"code": one, "label": f"{one.title()} Cerdas (Smart)"} for one in DIMENSIONS
        ]
        session.add(Programme(organizer_id=site.house.id, code="smart-city", name="Kota Cerdas", dimensions=labels))
        for number, dimension in enumerate(DIMENSIONS):
            item = DataItemCreate(code=f"D-{number}", name=f"Data {dimension}", dimension=dimension)
            await data_items.add(session, actor, item)
            for agency in AGENCIES:
                wanted = CommitmentCreate(
                    data_item=item.code,
                    organisation=agency,
                    workshop=site.gathering.id,
                    due_date=date(2023, 7, 21 if number % 2 else 28),
                    code=f"K-{number}-{agency}",
                )
                await commitments_requests.request(session, actor, wanted)
        staff = await factories.staff(session, site.house, Role.OWNER)
        found, _row = await auth.open_session(session, staff, site.house.id)
    await database.close()
    return found


def _decline(site: Site) -> None:
    """One of the late ones is declined meanwhile."""
    at_api = f"{site.base_url}/api/v1/commitments"
    wanted = {"organisation": "dinas-kesehatan", "dimension": "branding"}
    [one] = httpx.get(at_api, params=wanted, headers=site.key).json()["items"]
    answer = httpx.post(f"{at_api}/{one['id']}/decline", json={"reason": "Ada di provinsi"}, headers=site.key)
    assert answer.status_code == 200, answer.text


def late(page: Page) -> str:
    """The figure of what is late."""
    return page.locator(".figure:nth-child(2) .figure-number").inner_text()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_dashboard_leads_to_each_item_and_a_rooms_screen_keeps_itself_fresh(
    site: Site, cookie: str, browser: Browser
) -> None:
    with visit(browser, site.base_url, DESK[0]) as desk, visit(browser, site.base_url, PHONE[0], dark=True) as phone:
        for page in (desk, phone):
            page.context.add_cookies([{"name": "bimtek", "value": cookie, "url": site.base_url}])
            page.goto("/dashboard")
            assert (faults(page), overflows(page), late(page)) == ([], 0, "9")
        phone.get_by_text("Angka per tanggal").first.click()
        expect(phone.locator(".figures-table tbody tr")).to_have_count(3)
        expect(phone.get_by_text("Geser tabel ke samping")).to_be_visible()
        names = phone.locator(".dimensions tbody th").evaluate_all("all => all.map(one => one.clientWidth)")
        assert min(names) > PHONE[0] / 2
        assert overflows(phone) == 0

        desk.get_by_role("row", name="Dinas Perhubungan").get_by_role("link", name="0/1 Terlambat").first.click()
        expect(desk).to_have_url(re.compile(r"/staff/commitments\?.*organisation=dinas-perhubungan&dimension=branding"))
        expect(desk.get_by_role("main")).to_contain_text("Data branding")
        expect(desk.get_by_role("main")).not_to_contain_text("Data living")
        desk.go_back()
        desk.get_by_role("link", name=re.compile("^Instansi dengan tunggakan terlambat")).click()
        expect(desk.get_by_role("row", name="Dinas Kesehatan Kabupaten Luwu")).to_contain_text("3")
        with desk.expect_download() as taken:
            desk.get_by_role("link", name="XLSX").click()
        assert taken.value.suggested_filename.endswith(".xlsx")
        desk.go_back()
        desk.get_by_label("Keadaan pada akhir tanggal").fill("2023-07-21")
        desk.get_by_role("button", name="Tampilkan tanggal ini").click()
        expect(desk.get_by_text("Keadaan per Jumat, 21 Juli 2023")).to_be_visible()
        assert late(desk) == "0"

        desk.get_by_label("Tempat layar").fill("Ruang rapat Sekretaris Daerah")
        desk.get_by_role("button", name="Buat tautan layar").click()
        link = desk.get_by_role("status").get_by_role("link").inner_text()
        _watch(site, browser, link, desk)


def _watch(site: Site, browser: Browser, link: str, desk: Page) -> None:
    """The screen takes new figures over, says when none come, recovers, and is dark once its link is closed."""
    with visit(browser, site.base_url, ROOMS[0][0]) as wall:
        wall.clock.install()
        for width, height in ROOMS:
            wall.set_viewport_size({"width": width, "height": height})
            wall.goto(link)
            assert overflows(wall) == 0
            assert wall.evaluate("document.documentElement.scrollHeight") == height
        assert (faults(wall), late(wall)) == ([], "9")
        _decline(site)
        wall.clock.run_for(61_000)
        expect(wall.locator(".figure:nth-child(2) .figure-number")).to_have_text("8")
        wall.route("**/dashboard/**", lambda route: route.fulfill(body="<h1>Masuk ke Wi-Fi</h1>"))
        wall.clock.run_for(61_000)
        expect(wall.get_by_role("status")).to_contain_text("Sambungan terputus")
        assert late(wall) == "8"
        wall.unroute_all()
        wall.clock.run_for(61_000)
        expect(wall.get_by_role("status")).to_have_count(0)
        wall.get_by_role("link", name="Rincian").click()
        assert (faults(wall), overflows(wall)) == ([], 0)
        wall.get_by_role("row", name="Bappelitbangda").get_by_role("link", name="Terlambat").first.click()
        expect(wall.get_by_role("main")).to_contain_text("Terlambat 1 hari kerja")
        desk.goto("/dashboard")
        desk.get_by_role("button", name="Tutup tautan").click()
        expect(desk.get_by_role("status")).to_contain_text("Tautan ditutup.")
        assert (gone := wall.request.get(link)).status == 404, gone.text()
