"""From the list of workshops to the QR code at the door, as people go: by clicking, on a phone and at a desk."""

import email
import email.policy
import re
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from service import clock
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import DESK, PHONE, overflows, take_time, visit

NAME = "Kepala Bidang Aptika, S.Kom."
ADDRESS = "aptika@luwukab.go.id"
WORDS: dict[str, dict[str, str]] = {
    "id": {
        "mode": "Luring (di tempat)",
        "send": "Kirim pendaftaran",
        "enlarge": "Perbesar kode",
        "present": "Hadir",
        "switch": "Pindah ke daring",
        "cancel": "Batalkan pendaftaran",
        "sure": "Ya, batalkan pendaftaran",
    },
    "en": {
        "mode": "In person",
        "send": "Send the registration",
        "enlarge": "Enlarge the code",
        "present": "Present",
        "switch": "Attend online instead",
        "cancel": "Cancel the registration",
        "sure": "Yes, cancel the registration",
    },
}
MAIL_SECONDS = 20


@pytest.fixture(params=["one way", pytest.param("the other way", marks=pytest.mark.soak)])
def seen_as(request: pytest.FixtureRequest, site: Site) -> tuple[str, int]:
    """Indonesian on a phone over one database, English at a desk over the other; then the other way round."""
    phone = site.settings.on_postgresql is (request.param == "the other way")
    return ("id", PHONE[0]) if phone else ("en", DESK[0])


def test_a_person_clicks_from_the_list_to_the_code_that_opens_the_door(
    site: Site, browser: Browser, seen_as: tuple[str, int], tmp_path: Path
) -> None:
    language, width = seen_as
    words = WORDS[language]
    with visit(browser, site.base_url, width, language=language) as page:
        page.goto("/")
        fits(page)
        page.get_by_role("link", name="Bimtek Penyusunan Masterplan Smart City Tahap I").first.click()
        fits(page)
        _register(page, words)
        expect(page).to_have_url(re.compile("/registered"))
        fits(page)

        page.goto(_personal_link(site))
        fits(page)
        page.get_by_role("link", name=words["enlarge"]).click()
        fits(page)
        assert httpx.get(page.url).status_code == 200
        ticket = _read_code(page, tmp_path)
        page.go_back()

        clock.freeze(at("07-03 08:45"))
        assert _scan(site, ticket)["verdict"] == "accepted"
        page.reload()
        expect(page.get_by_text(words["present"], exact=True).first).to_be_visible()

        page.get_by_role("button", name=words["switch"]).click()
        expect(page.get_by_role("status")).to_be_visible()
        fits(page)
        page.get_by_role("link", name=words["cancel"]).first.click()
        fits(page)
        page.get_by_role("button", name=words["sure"]).click()
        fits(page)
    assert _scan(site, ticket)["reason"] == "cancelled"


def fits(page: Page) -> None:
    """Nobody scrolls sideways. What axe-core says of every page stands in test_axe.py."""
    assert overflows(page) == 0, page.url


def _register(page: Page, words: dict[str, str]) -> None:
    page.locator("#name").fill(NAME)
    page.locator("#organisation").select_option(label="Dinas Kesehatan Kabupaten Luwu")
    page.locator("#email").fill(ADDRESS)
    page.get_by_label(words["mode"]).check()
    page.locator("#consent").check()
    take_time(page)
    page.get_by_role("button", name=words["send"]).click()


def _personal_link(site: Site) -> str:
    deadline = time.monotonic() + MAIL_SECONDS
    while not (found := list(site.mail.glob("*.eml"))):
        assert time.monotonic() < deadline, "no mail came"
        time.sleep(0.05)
    message: Any = email.message_from_bytes(found[0].read_bytes(), policy=email.policy.default)
    assert message["To"] == ADDRESS
    text = message.get_body(("plain",)).get_content()
    link = re.search(rf"{re.escape(site.base_url)}(/my/\S+)", text)
    assert link
    return link[1]


def _read_code(page: Page, folder: Path) -> str:
    """What a scanner reads off the screen."""
    shot = folder / "ticket.png"
    page.screenshot(path=shot)
    [code] = zxingcpp.read_barcodes(Image.open(shot))
    return code.text


def _scan(site: Site, ticket: str) -> dict[str, Any]:
    body = {"ticket": ticket, "method": "qr", "claimed_at": clock.now().isoformat(), "nonce": str(uuid4())}
    url = f"{site.base_url}/api/v1/workshops/{site.gathering.id}/checkins"
    answer = httpx.post(url, json=body, headers=site.door)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
