"""Files over an agency's portal link, as forms send them that no script helps."""

import re
from pathlib import Path

import pytest
from httpx import AsyncClient, Response

from service.db import Database
from service.domain import submissions_review
from service.models.commitments import FulfilmentStatus
from service.settings import Settings
from tests import factories
from tests.pages.portal_world import Portal
from tests.support.promises import stored

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
CSV = b"kecamatan,ton\nBua,12\nBelopa,\n"
Files = list[tuple[str, tuple[str, bytes]]]
NOTHING: Files = [("files", ("", b""))]
"""What a browser sends for a field in which nothing was chosen."""


async def deliver(client: AsyncClient, portal: Portal, *files: tuple[str, bytes], **typed: str) -> Response:
    parts = [("files", one) for one in files] or NOTHING
    return await client.post(f"{portal.commitment}/submissions", data={"url": "", "note": "", **typed}, files=parts)


def kept(settings: Settings) -> list[Path]:
    return [one for one in (settings.data_dir / "files").rglob("*") if one.is_file()]


async def send_back(database: Database, client: AsyncClient, portal: Portal, **remarks: str) -> None:
    read = await client.get(f"/api/v1/commitments/{portal.mine.id}", headers=portal.scene.headers)
    latest = factories.uuid(read.json()["submissions"][-1]["id"])
    async with database.write() as session:
        await submissions_review.send_back(session, portal.scene.actor, latest, "Tahun 2020 belum ada", remarks)


async def test_files_are_delivered_returned_with_remarks_and_delivered_again(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    described = {"concept": "Timbulan sampah", "unit": "truk"}
    first = await deliver(client, portal, ("a.csv", CSV), ("b.pdf", PDF), note="Semester I", partial="yes", **described)
    assert (first.status_code, first.headers["location"]) == (303, f"{portal.commitment}?done=submitted")
    page = await portal.page(client)
    assert "Baru sebagian; sisanya menyusul." in page
    assert "terbaca 2 baris, 2 kolom, 1 sel kosong" in page
    ways = re.findall(rf'href="({portal.path}/submissions/[^"]+)"', page)
    got = [await client.get(way) for way in ways]
    assert [(one.content, one.headers["x-content-type-options"]) for one in got] == [(CSV, "nosniff"), (PDF, "nosniff")]
    assert all(one.headers["content-disposition"].startswith("attachment") for one in got)
    async with database.read() as session:
        stranger = factories.portal_token(session, portal.scene.other)
    assert (await client.get(ways[0].replace(portal.path, f"/portal/{stranger}"))).status_code == 404

    await send_back(database, client, portal, unit="Isi dengan satuan baku.", **{"files/1": "Belopa kosong."})
    returned = await portal.page(client)
    assert "Tahun 2020 belum ada" in returned
    told = re.findall(
        r'class="steward">.*?</strong> (.*?)</span></p>\s*<div class="field">\s*<label for="(\w+)"', returned, re.DOTALL
    )
    assert told == [("Belopa kosong.", "url"), ("Isi dengan satuan baku.", "unit")]
    assert 'value="truk"' in returned

    second = await deliver(client, portal, ("a.csv", CSV + b"Ponrang,3\n"), concept="Timbulan", unit="ton per hari")
    assert second.status_code == 303
    assert (await stored(database, portal.mine.id)).fulfilment_status is FulfilmentStatus.SUBMITTED
    page = await portal.page(client)
    assert re.findall(r"<strong>(Versi \d)</strong>", page) == ["Versi 2", "Versi 1"]
    assert 'mintalah walidata mengembalikannya; sesudah itu gantinya dapat diserahkan. <a href="#tanya">' in page
    assert "Isi dengan satuan baku." not in page
    assert "enctype" not in page.split('id="penyerahan"', maxsplit=1)[0]


async def test_the_rest_of_a_partial_delivery_follows_and_an_answer_that_was_lost_is_given_again(
    client: AsyncClient, portal: Portal, settings: Settings
) -> None:
    typed = {"partial": "yes", "concept": "Timbulan"}
    for _lost in range(2):
        assert (await deliver(client, portal, ("2021.csv", CSV), **typed)).status_code == 303
    assert len(kept(settings)) == 1
    page = await portal.page(client)
    assert re.findall(r"<strong>(Versi \d)</strong>", page) == ["Versi 1"]
    assert "Serahkan sisanya" in page
    assert "Baru sebagian diserahkan; sisanya dapat diserahkan sekarang." in (await client.get(portal.path)).text
    assert (await deliver(client, portal, ("2022.csv", CSV + b"Bua,1\n"), concept="Timbulan")).status_code == 303
    page = await portal.page(client)
    assert re.findall(r"<strong>(Versi \d)</strong>", page) == ["Versi 2", "Versi 1"]
    assert "Serahkan sisanya" not in page


@pytest.mark.parametrize(
    ("files", "typed", "field", "status"),
    [
        ([], {}, "files", 422),
        ([], {"url": "javascript:alert(1)"}, "url", 422),
        ([("a.csv", CSV)], {"concept": "x" * 10_001}, "concept", 422),
        ([("a.exe", b"MZ\x90\x00")], {"concept": "Timbulan"}, "files", 422),
        ([("a.csv", CSV * 40)], {}, "files", 422),
    ],
)
async def test_what_is_wrong_with_a_delivery_is_said_at_its_field(
    client: AsyncClient,
    database: Database,
    portal: Portal,
    settings: Settings,
    files: list[tuple[str, bytes]],
    typed: dict[str, str],
    field: str,
    status: int,
) -> None:
    settings.max_upload_bytes = 1_000
    answer = await deliver(client, portal, *files, **typed)
    assert answer.status_code == status
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == [field]
    assert f'id="{field}"' in answer.text
    assert all(text[:50] in answer.text for text in typed.values())
    assert (await stored(database, portal.mine.id)).version == portal.mine.version
    assert kept(settings) == []


async def test_a_proof_is_kept_once_and_given_back(client: AsyncClient, portal: Portal) -> None:
    await client.post(portal.commitment, data={"do": "pledge", "signatory_office": "Kepala Dinas"})
    for _twice in range(2):
        sent = await client.post(
            f"{portal.commitment}/evidence",
            data={"type": "letter", "reference": "B-12/2023"},
            files=[("files", ("surat.pdf", PDF))],
        )
        assert sent.headers["location"] == f"{portal.commitment}?done=proven"
    page = await portal.page(client)
    [way] = re.findall(rf'href="({portal.commitment}/evidence/\d+)"', page)
    assert (await client.get(way)).content == PDF
    assert "B-12/2023" in page
    wrong = await client.post(f"{portal.commitment}/evidence", data={"type": "letter"}, files=NOTHING)
    assert re.findall(r'<li><a href="#(\w+)">', wrong.text) == ["reference"]
    program = [("files", ("surat.exe", b"MZ\x90\x00"))]
    wrong = await client.post(f"{portal.commitment}/evidence", data={"type": "letter"}, files=program)
    assert re.findall(r'<li><a href="#(\w+)">', wrong.text) == ["proof"]
    assert re.findall(r'<p class="refusal" id="(\w+)-refusal', wrong.text) == ["proof"]


async def test_the_sheet_is_printed_signed_and_handed_in_for_what_is_ticked(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    async with database.write() as session:
        other, later = await portal.scene.ask(session), await portal.scene.ask(session)
        stranger = factories.portal_token(session, portal.scene.other)
    [sheet] = re.findall(rf'href="({portal.path}/commitment-sheet\?[^"]+)"', (await client.get(portal.path)).text)
    page = (await client.get(sheet)).text
    [paper] = re.findall(r'href="([^"]+\.pdf\?[^"]+)"', page)
    assert (await client.get(paper)).content.startswith(b"%PDF")
    assert (await client.get(sheet.replace(portal.path, f"/portal/{stranger}"))).status_code == 404

    nobody = {"signatory_office": "", "commitments": other.code}
    lacking = await client.post(sheet, data=nobody, files=[("files", ("lembar.pdf", PDF))])
    assert re.findall(r'<li><a href="#(\w+)">', lacking.text) == ["signatory_office"]
    boxes = re.findall(r'name="commitments" value="([^"]+)" checked', page)
    assert sorted(boxes) == sorted([portal.mine.code, other.code, later.code])
    none = await client.post(sheet, data={"signatory_office": "Kepala Dinas"}, files=[("files", ("lembar.pdf", PDF))])
    assert re.findall(r'<li><a href="#(\w+)">', none.text) == ["commitments"]
    assert re.findall(r'name="commitments" value="[^"]+" checked', none.text) == []
    for _twice in range(2):
        office = {"signatory_office": "Kepala Dinas", "commitments": [portal.mine.code, other.code]}
        sent = await client.post(sheet, data=office, files=[("files", ("lembar.pdf", PDF))])
        assert (sent.status_code, sent.headers["location"]) == (303, f"{portal.path}?done=signed")
    for one in (portal.mine.id, other.id):
        row = await stored(database, one)
        assert (row.commitment_status, len(row.evidence)) == ("committed", 1)
    left_out = await stored(database, later.id)
    assert (left_out.commitment_status, left_out.evidence) == ("requested", [])
    assert "Lembar bertanda tangan sudah diterima." in (await client.get(portal.path)).text


async def test_what_posts_elsewhere_leads_back_when_it_is_opened(client: AsyncClient, portal: Portal) -> None:
    for path in ("submissions", "evidence"):
        back = await client.get(f"{portal.commitment}/{path}", params={"lang": "en"})
        assert (back.status_code, back.headers["location"]) == (303, portal.commitment)
        assert (await client.post(f"{portal.commitment}/{path}")).status_code == 400
