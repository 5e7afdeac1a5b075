"""The console's story before the workshop: from signing in to a published workshop full of people."""

from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser import take_time
from tests.support.hand import Hand

ADDRESS = "statistik@luwukab.go.id"
NAME = "Kepala Bidang Statistik, S.Si."


def sign_in(hand: Hand, address: str, password: str) -> None:
    hand.page.goto("/staff")
    hand.write(hand.page.locator("#email"), address)
    hand.write(hand.page.locator("#password"), password)
    hand.button("Masuk")
    hand.look()


def take_over_organisations(hand: Hand, file: Path) -> None:
    hand.menu("Pengaturan")
    hand.look()
    hand.menu("Instansi dan kontak")
    hand.link("Impor daftar")
    hand.attach(hand.page.locator("input[type=file]"), file)
    hand.press(hand.page.locator("main form button[type=submit]").first)
    hand.button("Impor 51 instansi")
    expect(hand.page.get_by_role("status").first).to_contain_text("51 instansi diimpor")
    hand.look()


def set_up(hand: Hand) -> None:
    page = hand.page
    hand.menu("Kegiatan")
    hand.link("Kegiatan baru")
    hand.write(page.locator("#starts_on"), "2023-07-03")
    hand.button("Buat rancangan")
    hand.write(page.locator("#venue_name"), "Aula Bappelitbangda")
    hand.look()
    hand.button("Simpan data kegiatan")
    hand.link("Ruang daring")
    hand.write(page.locator("#url"), "https://zoom.us/j/81796405615")
    hand.button("Pakai tautan ini")
    hand.look()
    hand.link("Pengumuman")
    hand.look()
    hand.button("Umumkan kegiatan")
    expect(page.get_by_role("status").first).to_contain_text("Kegiatan diumumkan")


def invite(hand: Hand) -> None:
    page = hand.page
    hand.menu("Undangan")
    hand.link("Undang instansi")
    hand.press(page.locator("input[name=whom]").first)
    hand.write(page.locator("#letter_number"), "005/412/Diskominfo-SP/VI/2023")
    hand.button("Periksa dahulu")
    hand.look()
    hand.press(page.get_by_role("button", name="Undang").first)
    expect(page.get_by_role("status").first).to_contain_text("instansi diundang")
    hand.look()


def take_over_participants(hand: Hand, file: Path, count: int) -> None:
    page = hand.page
    hand.menu("Daftar peserta")
    hand.look()
    hand.link("Impor daftar")
    hand.attach(page.locator("input[type=file]"), file)
    hand.press(page.locator("main form button[type=submit]").first)
    hand.look()
    hand.button(f"Impor {count} peserta")
    expect(page.get_by_role("status").first).to_contain_text("diimpor")
    hand.look()


def register(hand: Hand, path: str) -> None:
    page = hand.page
    page.goto(path)
    hand.link("Bimbingan Teknis Penyusunan Masterplan")
    hand.write(page.locator("#name"), NAME)
    hand.choose(page.locator("#organisation"), "Dinas Kesehatan")
    hand.write(page.locator("#email"), ADDRESS)
    hand.press(page.get_by_label("Luring (di tempat)"))
    hand.press(page.locator("#consent"))
    take_time(page)
    hand.button("Kirim pendaftaran")
    expect(page.locator("h1")).to_be_visible()
    hand.look()
