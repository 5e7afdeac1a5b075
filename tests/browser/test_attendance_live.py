"""The committee's page counts by itself, on a phone, at a desk and on the wall, and says when it no longer does."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from service import auth, clock
from service.db import Database
from service.models.organizers import Role
from service.routers import attendance, live
from tests import factories
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import DESK, PHONE, overflows, visit

AGENCIES = ("Dinas Pendidikan", "Dinas Sosial", "Kecamatan Bua")


@dataclass(frozen=True)
class Committee:
    """A signed-in browser's cookie and CSRF value, and the tickets of one person for each agency."""

    cookie: str
    csrf: str
    tickets: dict[str, str]


@pytest.fixture
def committee(site: Site, monkeypatch: pytest.MonkeyPatch) -> Committee:
    monkeypatch.setattr(attendance, "RETRY_SECONDS", 0)
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(live, "POLL_SECONDS", 0.05)
    clock.freeze(at("07-03 09:20"))
    return asyncio.run(_world(site))


async def _world(site: Site) -> Committee:
    database = Database(site.settings)
    async with database.write() as session:
        staff = await factories.staff(session, site.house, Role.ORGANIZER, name="Panitia Satu")
        cookie, row = await auth.open_session(session, staff, site.house.id)
        tickets = {}
        for name in AGENCIES:
            agency = await factories.organisation(session, site.house, name=name)
            person = await factories.registration(session, site.gathering, organisation_id=agency.id)
            tickets[name] = factories.ticket(session, person)
    await database.close()
    return Committee(cookie, row.csrf, tickets)


def check_in(site: Site, ticket: str) -> None:
    scan = {"ticket": ticket, "direction": "in", "method": "qr", "nonce": str(uuid4())}
    url = f"{site.base_url}/api/v1/workshops/{site.gathering.id}/checkins"
    answer = httpx.post(url, json=scan | {"claimed_at": clock.now().isoformat()}, headers=site.door)
    assert answer.json()["verdict"] == "accepted"


def sign_in(page: Page, site: Site, committee: Committee) -> None:
    page.context.add_cookies([{"name": "bimtek", "value": committee.cookie, "url": site.base_url}])


def agencies(page: Page) -> list[str]:
    """The names of those shown, in their order."""
    return [text.split("\n")[0].strip() for text in page.locator("[data-agency]:visible th").all_inner_texts()]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_counters_move_without_a_reload_and_stop_when_access_ends(
    site: Site, committee: Committee, browser: Browser
) -> None:
    with visit(browser, site.base_url, PHONE[0]) as phone, visit(browser, site.base_url, DESK[0], dark=True) as wall:
        for page, query in ((phone, ""), (wall, "?wall=1")):
            sign_in(page, site, committee)
            page.goto(f"/staff/attendance{query}")
            expect(page.get_by_text("Diperbarui otomatis.")).to_be_visible()
            expect(page.locator("[data-current] [data-figure=unique]")).to_have_text("0")
            page.evaluate("window.untouched = true")
        check_in(site, committee.tickets["Dinas Sosial"])
        for page in (phone, wall):
            expect(page.locator("[data-current] [data-figure=unique]")).to_have_text("1")
            assert page.evaluate("window.untouched")
            assert overflows(page) == 0
        expect(wall.locator("[data-missing] li")).to_have_text(["Dinas Pendidikan", "Kecamatan Bua"])
        expect(phone.get_by_role("status")).to_have_text("Hari I - pagi: 1 dari 3 hadir")
        assert agencies(phone) == ["Dinas Pendidikan", "Kecamatan Bua", "Dinas Sosial"]
        phone.get_by_label("Cari instansi").fill("sosial")
        expect(phone.locator("[data-agency]:visible")).to_have_count(1)
        phone.get_by_label("Cari instansi").fill("")
        phone.get_by_label("Sesi", exact=True).select_option(label="Hari II - pagi")
        assert agencies(phone) == ["Dinas Pendidikan", "Dinas Sosial", "Kecamatan Bua"]

    context = browser.new_context(base_url=site.base_url, locale="id-ID")
    page = context.new_page()
    sign_in(page, site, committee)
    page.goto("/staff/attendance")
    expect(page.get_by_text("Diperbarui otomatis.")).to_be_visible()
    headers = {"Cookie": f"bimtek={committee.cookie}", "X-CSRF-Token": committee.csrf}
    assert httpx.delete(f"{site.base_url}/api/v1/session", headers=headers).is_success
    expect(page.get_by_text("Pembaruan berhenti.")).to_be_visible()
    context.close()
