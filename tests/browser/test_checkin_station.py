"""The door as two people use it: a camera, a hand scanner, a list of names; one second a person."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from service import clock
from service.db import Database
from service.models.registrations import RegistrationStatus
from tests import factories
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import DESK, PATIENCE_MS, PHONE, chromium, faults, hold, overflows
from tests.support.camera import film, looking_at
from tests.support.wedge import pull

DOORS_OPEN = at("07-03 08:30")
CHIEF, MARKUP, WAITING = "Kepala Bidang Statistik Sektoral", '<img src=x onerror="boom()"> & Sekretaris', "Camat Belopa"
# A phone that promises to read codes by itself and cannot: our own reader takes over.
WITHOUT_SERVICES = """globalThis.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { throw new DOMException("Service unavailable", "NotSupportedError"); }
};"""
READS_MEANWHILE = """() => new Promise((resolve) => {
  let reads = 0;
  const real = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...given) {
    reads += 1;
    return real.apply(this, given);
  };
  setTimeout(() => resolve(reads), 400);
})"""
SET_FORWARD = """() => {
  const real = Date.now;
  Date.now = () => real() + 12 * 3600000;
}"""
FACTS_OF = """async (more) => {
  const { renderState } = await import("/static/checkin/status.js");
  const nothing = { blocks: [], block: null, chosenBlock: null, direction: "in", rosterAt: null, now: 0, skew: null };
  renderState({ paired: true, ...nothing, ...more }, { held: false, changed: [] });
  return document.getElementById("facts").textContent;
}"""
# How long a verdict stays by itself, and how long the service is waited for: here as long as it takes.
VERDICTS_MS, MOMENTS_MS = (1_600, 3_200), (200, 1_500)
OTHER_GATE = "Gerbang B"
EAST, WEST = "Penyuluh Timur", "Penyuluh Barat"

# What the pages' database says does not depend on its kind; the engine's own tests look at both.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Morning:
    """The door of day one: its device's token and the tickets by name, the other gate's token among them."""

    site: Site
    tickets: dict[str, str]
    browser: Browser

    @property
    def token(self) -> str:
        return self.site.door["Authorization"].removeprefix("Bearer ")

    def facts(self) -> list[tuple[str, str, str]]:
        """Verdict, direction and method of every stored scan, in order; undone ones are marked."""
        with closing(sqlite3.connect(self.site.settings.sqlite_path)) as database:
            query = "select verdict || iif(annulled_at is null, '', ' undone'), direction, method from checkins"
            return database.execute(f"{query} order by happened_at").fetchall()


@pytest.fixture
def morning(site: Site, tmp_path: Path) -> Iterator[Morning]:
    """The camera looks at the chief's ticket all the time."""
    clock.shift(DOORS_OPEN - clock.real_now())
    tickets = asyncio.run(invited(site))
    with chromium(*looking_at(film(tmp_path / "ticket.y4m", tickets[CHIEF]))) as browser:
        yield Morning(site, tickets, browser)


async def invited(site: Site) -> dict[str, str]:
    database = Database(site.settings)
    async with database.write() as session:
        health = await factories.organisation(session, site.house, "dinkes", name="Dinas Kesehatan")
        farms = await factories.organisation(session, site.house, "distan", name="Dinas Pertanian")
        people = [
            await factories.registration(
                session,
                site.gathering,
                name=CHIEF,
                organisation_id=health.id,
                position="Kepala Bidang",
                represents="Kepala Dinas Kesehatan",
            ),
            await factories.registration(session, site.gathering, name=MARKUP, organisation_id=health.id),
            await factories.registration(
                session, site.gathering, name=WAITING, status=RegistrationStatus.WAITLISTED, confirmed_at=None
            ),
            await factories.registration(session, site.gathering, name=EAST, organisation_id=farms.id),
            await factories.registration(session, site.gathering, name=WEST, organisation_id=farms.id),
        ]
        tickets = {person.name: factories.ticket(session, person) for person in people}
        _device, headers = await factories.device(session, site.gathering, OTHER_GATE)
        tickets[OTHER_GATE] = headers["Authorization"].removeprefix("Bearer ")
    await database.close()
    return tickets


@pytest.fixture
def errors() -> list[str]:
    return []


def opened(morning: Morning, size: tuple[int, int], errors: list[str], *, camera: bool, dark: bool = False) -> Page:
    """The station's page; scripts that fail are told in `errors`."""
    phone = size == PHONE
    context = morning.browser.new_context(
        base_url=morning.site.base_url,
        viewport={"width": size[0], "height": size[1]},
        is_mobile=phone,
        has_touch=phone,
        locale="id-ID",
        color_scheme="dark" if dark else "light",
        permissions=["camera"] if camera else [],
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    if not camera:
        hold(page, *VERDICTS_MS, *MOMENTS_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    return page


def all_sent(page: Page) -> None:
    page.locator("[data-to=history]").click()
    expect(page.locator("#queue")).to_have_text("Semua catatan sudah terkirim.")


def test_a_ticket_held_into_the_camera_checks_its_holder_in_once(morning: Morning, errors: list[str]) -> None:
    page = opened(morning, PHONE, errors, camera=True)
    page.add_init_script(WITHOUT_SERVICES)
    page.goto(f"/checkin#{morning.token}")
    verdict = page.locator("#verdict")
    expect(verdict).to_have_class(re.compile("verdict-accepted"))
    assert page.url == f"{morning.site.base_url}/checkin"
    shown_at = page.evaluate("performance.now()")
    assert page.locator("#verdict-word").inner_text() == "Silakan masuk"
    assert page.locator("#verdict-name").inner_text() == CHIEF
    assert page.locator("#verdict-who").inner_text() == "Kepala Bidang · Dinas Kesehatan"
    assert page.locator("#verdict-for").inner_text() == "Mewakili Kepala Dinas Kesehatan"
    assert "Hari I - pagi" in page.locator("#verdict-tags").inner_text()
    assert overflows(page) == 0
    expect(verdict).to_be_hidden()
    # The ticket is still before the camera, and longer than a code is remembered that has gone.
    page.wait_for_function("start => performance.now() - start > 2500", arg=shown_at)
    expect(page.locator("#last-name")).to_have_text(CHIEF)
    expect(page.locator(".counter[data-current] .counter-number")).to_have_text("1 dari 4 hadir")
    assert "lebih cepat" in page.locator("#warnings").inner_text()
    all_sent(page)
    assert morning.facts() == [("accepted", "in", "qr")]
    # Where nobody can hold a ticket into the picture, it is not read: that would cost the battery.
    page.locator("[data-to=device]").click()
    page.wait_for_function("() => !document.getElementById('video').checkVisibility()")
    reads = page.evaluate(READS_MEANWHILE)
    assert reads <= 1
    assert errors == []


def pair_by_hand(page: Page, morning: Morning) -> None:
    page.goto("/checkin")
    page.fill("#pair-token", "bmd_" + "A" * 43)
    page.click("#pair-form button")
    expect(page.locator("#pair-problem")).to_contain_text("tidak dikenal")
    assert [*faults(page), overflows(page)] == [0]
    page.fill("#pair-token", morning.token)
    page.click("#pair-form button")
    expect(page.locator("#workshop")).to_have_text(morning.site.gathering.title)


def hold_out_other_codes(page: Page, morning: Morning) -> None:
    """A participant's own link, and a pairing code of another service."""
    pull(page, f"{morning.site.base_url}/my/{morning.tickets[MARKUP]}")
    expect(page.locator("#verdict-word")).to_have_text("Bukan tiket")
    expect(page.locator("#verdict-note")).to_contain_text("tautan pribadi")
    pull(page, f"https://bimtek.example.org/checkin#bmd_{'B' * 43}")
    # A verdict lies over the form, and goes alone.
    pull(page, morning.tickets[MARKUP] + "y")
    expect(page.locator("#verdict-word")).to_have_text("Tiket tidak dikenal")
    page.keyboard.press("Escape")
    page.click("#repair [type=submit]")
    expect(page.locator("#passing")).to_contain_text("alamat lain")


def has_a_wrong_clock_without_network(page: Page, morning: Morning) -> None:
    page.context.set_offline(True)
    page.evaluate(SET_FORWARD)
    pull(page, morning.tickets[WEST])
    expect(page.locator("#verdict-word")).to_have_text("Belum ada sesi")
    said = r"^Jam perangkat: 3 Jul 20\.3\d\. Sesi berikut dibuka 4 Jul 07\.\d\d\. Periksa jam perangkat\.$"
    expect(page.locator("#verdict-note")).to_have_text(re.compile(said))
    page.keyboard.press("Escape")


def test_a_hand_scanner_types_wherever_the_focus_stands_and_a_name_with_markup_stays_text(
    morning: Morning, errors: list[str]
) -> None:
    page = opened(morning, DESK, errors, camera=False)
    page.goto(f"/checkin#{morning.token}")
    expect(page.locator("#agencies .agency")).to_have_count(3)
    page.fill("#search", "penyu")
    pull(page, morning.tickets[MARKUP], "Tab")
    expect(page.locator("#verdict-name")).to_have_text(MARKUP)
    assert page.locator("#verdict img").count() == 0
    assert page.input_value("#search") == "penyu"
    assert page.evaluate("document.activeElement.id") == "search"
    page.locator("#verdict").click(position={"x": 5, "y": 5})
    expect(page.locator("#found .person-name")).to_have_text([WEST, EAST])

    pull(page, morning.tickets[MARKUP] + "x")
    expect(page.locator("#verdict-word")).to_have_text("Tiket tidak dikenal")
    expect(page.locator("#verdict-note")).to_contain_text("Cari nama peserta")
    hold_out_other_codes(page, morning)
    pull(page, morning.tickets[WAITING])
    expect(page.locator("#verdict-word")).to_have_text("Belum dikonfirmasi")
    page.click("#do-admit")
    page.check("#reason-letter")
    page.click("#admit [type=submit]")
    expect(page.locator("#verdict-word")).to_have_text("Silakan masuk")
    expect(page.locator("#verdict-note")).to_have_text("Diizinkan masuk oleh panitia.")
    page.click("#do-undo")
    expect(page.locator("#passing")).to_contain_text("Dibatalkan")
    all_sent(page)
    page.context.set_offline(True)
    pull(page, factories.forged(morning.tickets[EAST]))
    expect(page.locator("#verdict-word")).to_have_text("Masuk sementara")
    pull(page, factories.forged(morning.tickets[WEST]))
    expect(page.locator("#unsent")).to_have_text("2")
    assert "Tanpa jaringan" in page.locator("#warnings").inner_text()
    page.keyboard.press("Escape")
    page.context.set_offline(False)
    # However many have changed, one line says so.
    expect(page.locator("#changed")).to_have_text(re.compile(r"^Hasil berubah .*\. Dan 1 lainnya\.$"))
    expect(page.locator(".record").first).to_contain_text("Berubah")
    page.locator("#changed").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#changed")).to_be_hidden()
    assert page.locator(".record-word").all_inner_texts() == [
        "Tiket tidak dikenal · Hari I - pagi",
        "Tiket tidak dikenal · Hari I - pagi",
        "Pembatalan",
        "Silakan masuk · Hari I - pagi",
        "Belum dikonfirmasi · Hari I - pagi",
        "Tiket tidak dikenal · Hari I - pagi",
        "Bukan tiket · Hari I - pagi",
        "Tiket tidak dikenal · Hari I - pagi",
        "Silakan masuk · Hari I - pagi",
    ]
    assert morning.facts() == [
        ("accepted", "in", "qr"),
        ("refused", "in", "qr"),
        ("refused", "in", "qr"),
        ("refused", "in", "qr"),
        ("refused", "in", "qr"),
        ("accepted undone", "in", "qr"),
        ("refused", "in", "qr"),
        ("refused", "in", "qr"),
    ]
    has_a_wrong_clock_without_network(page, morning)
    page.evaluate("() => { crypto.subtle.digest = () => Promise.reject(new Error('broken')); }")
    pull(page, morning.tickets[EAST])
    expect(page.locator("#passing")).to_contain_text("tidak dapat dicatat")
    assert errors.pop().startswith("Error: broken")
    assert [error for error in errors if "ERR_INTERNET_DISCONNECTED" not in error] == []


def test_a_device_paired_by_hand_finds_ticks_off_and_writes_down_people_without_a_ticket(
    morning: Morning, errors: list[str]
) -> None:
    page = opened(morning, PHONE, errors, camera=False, dark=True)
    pair_by_hand(page, morning)
    assert errors == ["Failed to load resource: the server responded with a status of 401 (Unauthorized)"]
    seen = {"scan": look(page)}
    page.locator("[data-to=people]").click()
    farms = page.locator(".agency", has_text="Dinas Pertanian")
    farms.locator("summary").click()
    for name in (EAST, WEST):
        farms.get_by_role("button", name=f"Catat masuk: {name}").click()
        expect(farms.locator(".person", has_text=name).locator(".person-state")).to_have_text("Hadir")
    expect(farms.locator(".agency-count")).to_have_text("2 dari 2")
    farms.get_by_role("button", name=f"Batalkan: {WEST}").click()
    expect(farms.locator(".agency-count")).to_have_text("1 dari 2")
    seen["people"] = look(page)

    page.fill("#search", "statis")
    page.get_by_role("button", name=f"Catat masuk: {CHIEF}").click()
    expect(page.locator("#verdict-word")).to_have_text("Silakan masuk")
    page.keyboard.press("Escape")
    page.fill("#search", "Lurah Sabe")
    page.click("#open-walk-in")
    page.fill("#walk-in-organisation", "dinas kesehatan")
    page.fill("#walk-in-for", "Camat Larompong")
    seen["walk-in"] = look(page)
    page.click("#walk-in [type=submit]")
    expect(page.locator("#verdict-name")).to_have_text("Lurah Sabe")
    expect(page.locator("#verdict-note")).to_have_text("Dicatat sebagai peserta baru.")
    page.keyboard.press("Escape")
    seen["namesakes"] = comes_again_by_name(page)

    page.locator("[data-to=scan]").click()
    page.check("#direction-out")
    pull(page, morning.tickets[EAST])
    expect(page.locator("#verdict-word")).to_have_text("Keluar tercatat")
    page.keyboard.press("Escape")
    page.check("#direction-in")
    pull(page, morning.tickets[CHIEF])
    expect(page.locator("#verdict-note")).to_have_text(re.compile(r"^Sudah tercatat pukul 08\.3\d di Gerbang A\.$"))
    seen["again"] = look(page)
    pull(page, morning.tickets[WAITING])
    expect(page.locator("#do-admit")).to_be_visible()
    seen["refused"] = look(page)
    page.click("#do-close")
    all_sent(page)
    seen["history"] = look(page)
    assert seen == {state: [] for state in seen}
    assert morning.facts() == [
        ("accepted", "in", "manual"),
        ("accepted undone", "in", "manual"),
        ("accepted", "in", "manual"),
        ("accepted", "in", "manual"),
        ("already_in", "in", "manual"),
        ("accepted", "in", "manual"),
        ("accepted", "out", "qr"),
        ("already_in", "in", "qr"),
        ("refused", "in", "qr"),
    ]
    assert len(errors) == 1
    is_revoked_and_paired_anew(page, morning)
    tells_what_is_known_of_its_clock(page)


def tells_what_is_known_of_its_clock(page: Page) -> None:
    assert "belum pernah diukur" in page.evaluate(FACTS_OF, {"measured": False})
    assert "belum diperiksa" in page.evaluate(FACTS_OF, {"skew": 0, "measured": False})
    assert "sesuai" in page.evaluate(FACTS_OF, {"skew": 0, "measured": True})


def comes_again_by_name(page: Page) -> list[object]:
    """First the same person, then somebody else; what is wrong with the question in between."""
    seen: list[object] = []
    for way, word in (("#namesakes-list button", "Sudah hadir"), ("#namesakes [type=submit]", "Silakan masuk")):
        page.click("#open-walk-in")
        page.fill("#walk-in-organisation", "Dinas Kesehatan")
        page.click("#walk-in [type=submit]")
        expect(page.locator("#namesakes-list")).to_contain_text("Lurah Sabe")
        expect(page.locator("#namesakes-list .person-who")).to_have_text(re.compile("Dinas Kesehatan"))
        seen += look(page)
        page.click(way)
        expect(page.locator("#verdict-word")).to_have_text(word)
        page.keyboard.press("Escape")
    return seen


def is_revoked_and_paired_anew(page: Page, morning: Morning) -> None:
    with closing(sqlite3.connect(morning.site.settings.sqlite_path)) as database, database:
        database.execute("update devices set revoked_at = '2023-07-03 00:00:00' where name = 'Gerbang A'")
    page.locator("[data-to=device]").click()
    page.click("#refresh")
    expect(page.locator("#net-word")).to_have_text("Perangkat dicabut")
    pull(page, morning.tickets[WEST])
    expect(page.locator("#verdict-word")).to_have_text("Masuk sementara")
    expect(page.locator("#verdict-note")).to_contain_text("tidak lagi diizinkan")
    page.keyboard.press("Escape")
    page.evaluate("token => { location.hash = token; }", morning.tickets[OTHER_GATE])
    expect(page.locator("#net-word")).to_have_text("Terhubung")
    expect(page.locator("#gate")).to_contain_text(OTHER_GATE)
    expect(page.locator("#warnings")).not_to_contain_text("tidak lagi diizinkan")


def look(page: Page) -> list[object]:
    """What is wrong with the page as it is."""
    wide = overflows(page)
    return [*faults(page), *([f"{wide} px too wide"] if wide else [])]
