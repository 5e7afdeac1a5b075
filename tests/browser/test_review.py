"""The steward's desk, clicked through: from the list to a delivery, what is in it, returned with remarks, the next one
accepted from the keyboard, the corrected one accepted at last."""

import asyncio
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from service import auth, clock
from service.db import Database
from service.domain import commitments_requests, data_items
from service.models.commitments_shapes import CommitmentCreate
from service.models.data_items_shapes import DataItemCreate
from service.models.organizers import Role
from tests import factories
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import DESK, PHONE, faults, overflows, visit

API = "/api/v1"
TABLE = b"Kecamatan,Jumlah sekolah\nBelopa,12\nBua,\n"
WORDS = {
    "id": {
        "waiting": "Menunggu verifikasi",
        "review": "Periksa penyerahan",
        "gaps": "1 kolom memiliki sel kosong",
        "mark": "Beri catatan: Satuan",
        "unit": "Catatan untuk Satuan",
        "return": "Kembalikan",
        "returned": "Penyerahan sebelumnya dikembalikan.",
        "accept": "Terima",
        "done": "Penyerahan diterima.",
        "story": "Diterima",
    },
    "en": {
        "waiting": "Waiting for review",
        "review": "Review the submission",
        "gaps": "Columns with empty cells: 1",
        "mark": "Add a remark: Unit",
        "unit": "Remark on Unit",
        "return": "Return",
        "returned": "The previous submission has been returned.",
        "accept": "Accept",
        "done": "The submission has been accepted.",
        "story": "Accepted",
    },
}


@dataclass(frozen=True)
class Agency:
    """The steward's cookie, the agency's credential, and the ids of what it was asked for."""

    cookie: str
    headers: dict[str, str]
    asked: list[str]


@pytest.fixture
def agency(site: Site) -> Agency:
    clock.freeze(at("07-10 09:00"))
    return asyncio.run(_world(site))


async def _world(site: Site) -> Agency:
    database = Database(site.settings)
    async with database.write() as session:
        # Reviews as a steward does, and has the whole menu.
        staff = await factories.staff(session, site.house, Role.ORGANIZER)
        cookie, _row = await auth.open_session(session, staff, site.house.id)
        office = await factories.organisation(session, site.house, "dikbud", name="Dinas Pendidikan")
        actor, asked = auth.system(site.house.id), []
        for code, name in (("DI-S01", "Data sekolah"), ("DI-S02", "Data guru")):
            await data_items.add(session, actor, DataItemCreate(code=code, name=name))
            data = CommitmentCreate(data_item=code, organisation=office.code, workshop=site.gathering.id)
            asked.append(str((await commitments_requests.request(session, actor, data)).id))
        headers = factories.bearer(factories.portal_token(session, office))
    await database.close()
    return Agency(cookie, headers, asked)


def deliver(site: Site, agency: Agency, commitment: str) -> None:
    url = f"{site.base_url}{API}/portal/commitments/{commitment}/submissions"
    answer = httpx.post(url, files=[("files", ("Sekolah.csv", TABLE))], headers=agency.headers)
    assert answer.status_code == 201, answer.text


def delivery_of(site: Site, agency: Agency, commitment: str) -> dict[str, object]:
    """The latest delivery, as the agency's portal has it."""
    items = httpx.get(f"{site.base_url}{API}/portal/commitments", headers=agency.headers).json()["items"]
    [found] = [one["submissions"][-1] for one in items if one["id"] == commitment]
    return dict(found)


def fits(page: Page, width: int) -> None:
    assert overflows(page) == 0, page.url
    menu = page.locator(".staff-nav ul")
    assert width < DESK[0] or menu.evaluate("one => one.scrollWidth - one.clientWidth") == 0


@pytest.mark.parametrize("settings", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_a_steward_looks_returns_goes_on_and_accepts_what_was_corrected(
    site: Site, agency: Agency, browser: Browser
) -> None:
    language, width, dark = ("en", DESK[0], True) if site.settings.on_postgresql else ("id", PHONE[0], False)
    words = WORDS[language]
    for n, one in enumerate(agency.asked):
        clock.freeze(at(f"07-10 1{n}:00"))
        deliver(site, agency, one)
    with visit(browser, site.base_url, width, language=language, dark=dark, expected="422") as page:
        page.context.add_cookies([{"name": "bimtek", "value": agency.cookie, "url": site.base_url}])
        page.goto("/staff/commitments")
        page.locator(".chips").get_by_role("link", name=words["waiting"]).click()
        fits(page, width)
        page.get_by_role("link", name="Data sekolah").click()
        fits(page, width)
        page.get_by_role("link", name=words["review"]).click()
        expect(page.get_by_text(words["gaps"])).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Sekolah.csv").click()
        assert download.value.path().read_bytes() == TABLE
        page.get_by_text(words["mark"]).click()
        page.get_by_label(words["unit"]).fill("Isi dengan satuan baku.")
        fits(page, width)
        assert faults(page) == []
        page.get_by_role("button", name=words["return"]).click()
        expect(page.locator("[role=alert]")).to_be_focused()
        expect(page.get_by_label(words["unit"])).to_have_value("Isi dengan satuan baku.")
        page.locator("#reason").fill("Baris Bua kosong.")
        page.get_by_role("button", name=words["return"]).click()

        # The next in the queue opens by itself; its verdict is given without a mouse.
        expect(page.get_by_role("status")).to_have_text(words["returned"])
        expect(page.locator("h1")).to_have_text("Data guru")
        button = page.get_by_role("button", name=words["accept"])
        assert button.get_attribute("accesskey") == "1"
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text(words["done"])
        fits(page, width)

        back = delivery_of(site, agency, agency.asked[0])
        assert (back["reason"], back["remarks"]) == ("Baris Bua kosong.", {"unit": "Isi dengan satuan baku."})
        clock.freeze(at("07-11 09:00"))
        deliver(site, agency, agency.asked[0])
        page.goto("/staff/review")
        page.locator("ol h2 a").click()
        page.get_by_role("button", name=words["accept"]).click()
        expect(page.get_by_role("status")).to_have_text(words["done"])
        page.goto(f"/staff/commitments/{agency.asked[0]}")
        expect(page.locator("header .badge").last).to_have_text(words["story"])
        fits(page, width)
    assert delivery_of(site, agency, agency.asked[0])["status"] == "accepted"
