"""An agency's contact on a phone: promises, delivers over a line that is cut twice, corrects, and is thanked."""

import asyncio
import csv
import io
from hashlib import sha256
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from service.auth import system
from service.db import Database
from service.domain import commitments_requests, data_items
from service.models.commitments_shapes import CommitmentCreate
from service.models.data_items_shapes import DataItemCreate
from tests.browser.conftest import Site
from tests.support.browser import PHONE, hold, sound, visit
from tests.support.cut_line import Line, line_to

ITEM = "Timbulan sampah rumah tangga 2020-2022"
MANY_ROWS = 60_000
GAPS_MS = (2_000, 5_000)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def token(site: Site) -> str:
    """The link of a contact of an agency of which one thing is asked."""
    asyncio.run(_ask(site))
    url = f"{site.base_url}/api/v1/organisations/dinas-kesehatan/portal-links"
    answer = httpx.post(url, json={"label": "Kasubag Program"}, headers=site.key)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["token"]
    return found


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_contact_delivers_over_a_line_that_is_cut_and_is_thanked_in_the_end(
    site: Site, token: str, browser: Browser
) -> None:
    table = _table()
    with line_to(site.base_url) as line, visit(browser, line.base_url, PHONE[0], expected="net::ERR") as page:
        # It would send again by itself, perhaps before we are ready.
        hold(page, *GAPS_MS)
        page.goto(f"/portal/{token}")
        page.get_by_role("link", name=ITEM).click()
        page.get_by_label("Jabatan yang menyatakan komitmen").fill("Kepala Dinas Kesehatan")
        page.get_by_role("button", name="Nyatakan komitmen").click()
        expect(page.get_by_role("status").first).to_contain_text("Komitmen sudah dicatat.")

        _fill(page, table)
        _deliver_over(line, page)
        expect(page.get_by_text("Data sudah diserahkan dan menunggu verifikasi.")).to_be_visible()
        [delivered] = _read(site)["submissions"]
        assert [file["sha256"] for file in delivered["files"]] == [
            sha256(table).hexdigest(),
            sha256(PDF).hexdigest(),
        ]

        _review(site, delivered["id"], "return", reason="Tahun 2022 belum ada.", remarks={"unit": "Pakai satuan baku."})
        page.reload()
        expect(page.get_by_text("Pakai satuan baku.").first).to_be_visible()
        sound(page)
        page.get_by_label("Satuan").fill("ton per hari")
        page.locator("#files").set_input_files([_file("sampah-2022.csv", table + b"Bua,2022,7\n")])
        page.get_by_role("button", name="Serahkan data").click()
        expect(page.get_by_text("Versi 2")).to_be_visible()
        again = _read(site)["submissions"][-1]
        assert again["metadata"]["unit"] == "ton per hari"
        assert again["metadata"]["concept"] == "Timbulan sampah"

        _too_much_is_not_sent(page)

        _review(site, again["id"], "acceptance")
        page.reload()
        expect(page.get_by_text("Data sudah diterima walidata. Terima kasih.")).to_be_visible()
        page.get_by_role("link", name="Portal Dinas Kesehatan").click()
        expect(page.get_by_text("Tidak ada data yang masih harus diserahkan.")).to_be_visible()


def _fill(page: Page, table: bytes) -> None:
    page.locator("#files").set_input_files([_file("sampah.csv", table)])
    page.locator("#files").set_input_files([_file("salah.txt", b"x"), _file("surat.pdf", PDF)])
    page.get_by_role("button", name="Hapus salah.txt").click()
    page.get_by_text("Metadata (Satu Data)").click()
    page.get_by_label("Konsep").fill("Timbulan sampah")
    page.get_by_label("Satuan").fill("truk")


def _too_much_is_not_sent(page: Page) -> None:
    page.locator("#bukti > summary").click()
    page.locator("[data-files]:has(#proof)").evaluate("one => { one.dataset.most = 10 }")
    page.locator("#proof").set_input_files([_file("surat.pdf", PDF)])
    page.get_by_role("button", name="Simpan bukti").click()
    expect(page.get_by_text("Berkas terlalu besar")).to_be_visible()
    expect(page.locator("#proof")).to_be_focused()
    assert page.locator("#proof").get_attribute("aria-invalid") == "true"


def _deliver_over(line: Line, page: Page) -> None:
    """The line breaks in the middle of the files, then in that of the answer; the third time it holds."""
    line.cut_after = 300_000
    page.get_by_role("button", name="Serahkan data").click()
    cut = page.get_by_text("Sambungan terputus")
    expect(cut).to_be_visible()
    sound(page)
    cut_short = line.carried[-1]
    line.cut_after, line.lose_answer = None, True
    page.get_by_role("button", name="Kirim kembali sekarang").click()
    expect(page.get_by_text("percobaan ke-3")).to_be_visible()
    line.lose_answer = False
    page.get_by_role("button", name="Kirim kembali sekarang").click()
    page.wait_for_url("**?done=submitted")
    *_before, lost, arrived = line.carried
    assert cut_short < lost == arrived


def _file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def _table() -> bytes:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["kecamatan", "tahun", "ton"])
    rows.writerows(["Belopa", 2020, number] for number in range(MANY_ROWS))
    return text.getvalue().encode()


async def _ask(site: Site) -> None:
    database = Database(site.settings)
    async with database.write() as session:
        actor = system(site.house.id)
        await data_items.add(session, actor, DataItemCreate(code="DI-V01", name=ITEM, due_date="2023-07-21"))
        wanted = {"data_item": "DI-V01", "organisation": "dinas-kesehatan", "workshop": site.gathering.id}
        await commitments_requests.request(session, actor, CommitmentCreate(**wanted))
    await database.close()


def _read(site: Site) -> Any:
    [found] = httpx.get(f"{site.base_url}/api/v1/commitments", headers=site.key).json()["items"]
    return found


def _review(site: Site, submission: str, verdict: str, **said: object) -> None:
    url = f"{site.base_url}/api/v1/submissions/{submission}/{verdict}"
    answer = httpx.post(url, json=said or None, headers=site.key)
    assert answer.status_code == 200, answer.text
