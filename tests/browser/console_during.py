"""The console's story on the two days: the door's phone, the tickets, and who was in the online room."""

import re
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from service import clock
from tests.factories import at
from tests.support.browser import overflows
from tests.support.hand import Hand
from tests.support.wedge import pull

HALVES = {
    "07-03 08:50": r"Hari I\b.*pagi",
    "07-03 13:05": r"Hari I\b.*siang",
    "07-04 08:35": r"Hari II\b.*pagi",
    "07-04 13:05": r"Hari II\b.*siang",
}
KNOWN = "Kepala Bagian Umum"


def pair(hand: Hand) -> str:
    """Adds a device; the address that the door's phone opens, as its camera would read it."""
    page = hand.page
    hand.menu("Kegiatan")
    hand.link("Bimbingan Teknis Penyusunan Masterplan")
    hand.look()
    hand.menu("Pintu")
    hand.write(page.locator("#device-name"), "Gerbang aula")
    hand.button("Tambah dan tampilkan kode")
    address = page.locator("#alamat-pasang").inner_text()
    hand.link("Selesai memasangkan")
    hand.look()
    return address


def ticket_of(page: Page, link: str, folder: Path) -> str:
    """What a scanner reads off the phone of somebody who opens the mailed link."""
    page.goto(link)
    page.get_by_role("link", name="Perbesar kode").click()
    page.wait_for_load_state("load")
    page.screenshot(path=folder / "ticket.png")
    [code] = zxingcpp.read_barcodes(Image.open(folder / "ticket.png"))
    return code.text


def open_door(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#workshop")).to_contain_text("Bimbingan Teknis")
    assert overflows(page) == 0


def let_in(hand: Hand, ticket: str) -> None:
    """A ticket by a hand scanner in every half-day; one found by name and one who came without registering."""
    page = hand.page
    for half, label in HALVES.items():
        clock.shift(at(half) - clock.real_now())
        page.reload()
        # Until it has asked the service what time it is, the station goes by the half-day before.
        expect(page.locator(".counter[data-current]")).to_contain_text(re.compile(label))
        pull(page, ticket)
        expect(page.locator("#verdict")).to_have_class(re.compile("verdict-accepted"))
    expect(page.locator("#verdict")).to_be_hidden()
    hand.press(page.locator("[data-to=people]"))
    hand.write(page.locator("#search"), "Lurah Sabe")
    hand.press(page.locator("#open-walk-in"))
    hand.write(page.locator("#walk-in-organisation"), "Dinas Kesehatan")
    hand.press(page.locator("#walk-in [type=submit]"))
    expect(page.locator("#verdict-name")).to_have_text("Lurah Sabe")
    page.keyboard.press("Escape")
    hand.press(page.locator("[data-to=history]"))
    expect(page.locator("#queue")).to_have_text("Semua catatan sudah terkirim.")


def match(hand: Hand, report: Path) -> None:
    page = hand.page
    hand.menu("Sambungan daring")
    hand.attach(page.locator("input[type=file]"), report)
    hand.button("Periksa laporan")
    hand.look()
    hand.button("Simpan laporan ini")
    expect(page.get_by_role("status").first).to_be_visible()
    hand.look()
    # The phone of somebody who registered for the hall and stayed away.
    hand.link("Cari peserta")
    hand.write(page.locator("#q"), KNOWN)
    hand.button("Cari")
    hand.press(page.locator("input[name=person]").first)
    hand.look()
    hand.button("Simpan")
    expect(page.get_by_role("status").first).to_be_visible()
