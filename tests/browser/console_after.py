"""The console's story afterwards: certificates, the sheet for the accounts, data asked for, minutes."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.hand import Hand


def certify(hand: Hand) -> None:
    page = hand.page
    hand.menu("Sertifikat")
    hand.look()
    hand.button("Terbitkan sertifikat")
    expect(page.get_by_role("status").first).to_be_visible()
    hand.look()


def export(hand: Hand) -> None:
    page = hand.page
    hand.menu("Kehadiran")
    hand.look()
    for name in ("Daftar hadir", "Rekap"):
        with page.expect_download() as download:
            hand.press(page.get_by_role("link", name=name).first)
        assert download.value.path().read_bytes()[:4] in (b"%PDF", b"PK\x03\x04")


def ask_for_data(hand: Hand, file: Path) -> None:
    page = hand.page
    hand.menu("Pengaturan")
    hand.menu("Program dan dimensi")
    hand.write(page.locator("#name"), "Masterplan Kota Cerdas Luwu")
    hand.write(page.locator("#code"), "smart-city-luwu")
    hand.press(page.locator("#from"))
    hand.button("Buat program")
    hand.look()
    hand.menu("Komitmen")
    hand.link("Katalog data")
    hand.link("Impor")
    hand.attach(page.locator("input[type=file]"), file)
    hand.button("Periksa dahulu")
    hand.look()
    hand.button("Impor 60 butir data")
    hand.link("Minta ke perangkat daerah")
    hand.look()
    hand.button("Periksa dahulu")
    hand.look()
    hand.button("Minta sekarang")
    expect(page.get_by_role("status").first).to_be_visible()
    hand.look()


def write_minutes(hand: Hand) -> None:
    page = hand.page
    hand.menu("Kegiatan")
    hand.link("Bimbingan Teknis Penyusunan Masterplan")
    hand.menu("Notula dan materi")
    hand.look()
    hand.link("Tulis notula")
    hand.write(page.locator("#chaired_by"), "Sekretaris Daerah")
    hand.write(page.locator("#text"), "Bimtek dibuka dan enam dimensi kota cerdas dibahas.")
    hand.write(page.locator("#text-0"), "Menyusun rencana aksi")
    hand.write(page.locator("#organisation-0"), "Dinas Kesehatan")
    hand.write(page.locator("#due-0"), "2023-07-21")
    hand.press(page.locator("#ask-0"))
    hand.look()
    hand.button("Simpan dan periksa permintaan")
    hand.look()
    hand.button("Minta data sekarang")
    expect(page.get_by_role("status").first).to_be_visible()
    hand.look()


def has_certificate(page: Page, link: str) -> None:
    page.goto(link)
    with page.expect_download() as download:
        page.get_by_role("link", name="sertifikat").first.click()
    assert download.value.path().read_bytes()[:4] == b"%PDF"
