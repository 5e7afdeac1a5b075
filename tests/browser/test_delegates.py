"""An organisation answers its letter on a phone without script: names two, replaces one, takes one back."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site
from tests.support.browser import PHONE, sound, visit


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_an_organisation_names_replaces_and_withdraws_its_delegates(site: Site, browser: Browser) -> None:
    path = _invited(site, {"offline": 2, "online": 0}, "2023-07-01T16:00:00+08:00")
    with visit(browser, site.base_url, PHONE[0]) as seen:
        seen.goto(path)
        sound(seen)
    with visit(browser, site.base_url, PHONE[0], script=False) as page:
        page.goto(path)
        expect(page.get_by_text("2 kursi luring")).to_be_visible()
        for office in ("Sekretaris Dinas", "Kepala Seksi"):
            page.locator("#name").fill(office)
            page.locator("#email").fill(f"{office.split()[0].lower()}@luwukab.go.id")
            page.get_by_label("Luring").check()
            page.get_by_role("button", name="Tunjuk peserta ini").click()
            expect(page.get_by_role("status")).to_be_visible()
        expect(page.get_by_text("Kuota sudah terisi")).to_be_visible()

        page.get_by_role("link", name=re.compile("Sekretaris Dinas")).click()
        page.get_by_text("Ganti dengan orang lain").click()
        page.locator("#new_name").fill("Kepala Bidang Data")
        page.locator("#new_email").fill("data@luwukab.go.id")
        page.get_by_role("button", name="Ganti peserta").click()
        expect(page.get_by_text("Kepala Bidang Data", exact=True)).to_be_visible()

        page.get_by_role("link", name=re.compile("Kepala Seksi")).click()
        page.get_by_text("Batalkan penunjukan", exact=True).click()
        page.get_by_role("button", name="Ya, batalkan penunjukan Kepala Seksi").click()
        expect(page.get_by_role("status")).to_be_visible()
    assert _delegates(site) == {
        "Kepala Bidang Data": "confirmed",
        "Kepala Seksi": "cancelled",
        "Sekretaris Dinas": "cancelled",
    }


def _invited(site: Site, quota: dict[str, int], deadline: str) -> str:
    body = {"organisation": "dinas-kesehatan", "quota": quota, "deadline": deadline}
    url = f"{site.base_url}/api/v1/workshops/{site.gathering.id}/invitations"
    answer = httpx.post(url, json=body, headers=site.key)
    assert answer.status_code == 201, answer.text
    link: str = answer.json()["link"]
    return link.removeprefix(site.base_url)


def _delegates(site: Site) -> dict[str, str]:
    url = f"{site.base_url}/api/v1/workshops/{site.gathering.id}/registrations"
    return {row["name"]: row["status"] for row in httpx.get(url, headers=site.key).json()["items"]}
