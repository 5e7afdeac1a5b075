"""Promised data as the committee sees it: the list under every filter, one commitment's story, every verb as a form."""

import re
from datetime import timedelta

import pytest
from httpx import AsyncClient

from service import clock
from service.auth import Permission
from service.db import Database
from service.models.organizers import Role
from tests import factories
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in
from tests.support.pictures import png
from tests.support.promises import Scene, scene, stored

API = "/api/v1"
URL = {"url": "https://data.luwukab.go.id/1"}
NOTHING = [("files", ("", b"", "application/octet-stream"))]
"""What a browser sends for a file that nobody chose."""


async def _scene(database: Database) -> Scene:
    clock.freeze(at("07-10 09:00"))
    async with database.write() as session:
        return await scene(session, "luwu")


def entries(page: str) -> list[str]:
    """The codes in the list."""
    return re.findall(r'<span class="code">([^<]+)</span></p></div>', page)


async def test_the_list_is_narrowed_by_the_filters_of_the_api_and_by_quick_ones(
    client: AsyncClient, database: Database
) -> None:
    s = await _scene(database)
    async with database.write() as session:
        await s.ask(session, data_item=s.item.code, code="A-1")
        await s.ask(session, data_item=s.item.code, code="A-2", organisation=s.other.code)
        sent = await s.ask(session, code="A-3")
    await client.post(f"{API}/portal/commitments/{sent.id}/submissions", json=URL, headers=s.agency_headers)
    clock.freeze(at("07-25 09:00"))
    cookie, _csrf = await signed_in(database, s.house, Role.VIEWER)

    async def shown(query: str) -> list[str]:
        answer = await client.get(f"/staff/commitments?{query}", headers=cookie)
        assert answer.status_code == 200, answer.text
        return entries(answer.text)

    assert await shown("") == ["A-1", "A-2", "A-3"]
    assert await shown(f"organisation={s.other.code}&workshop=&q=") == ["A-2"]
    assert await shown("overdue=true") == ["A-1", "A-2"]
    assert await shown("fulfilment_status=submitted") == ["A-3"]
    assert await shown("as_of=2023-07-09") == []
    refused = await client.get("/staff/commitments?due_before=besok", headers=cookie)
    assert (refused.status_code, "Isi dengan tanggal yang benar." in refused.text) == (422, True)
    page = (await client.get("/staff/commitments?overdue=true&q=rpjmd", headers=cookie)).text
    quick = dict(re.findall(r'<li><a href="([^"]+)"( aria-current="true")?>', page))
    assert [href for href, holds in quick.items() if holds] == ["/staff/commitments?q=rpjmd&amp;overdue=true"]
    assert "Terlambat 7 hari kerja" in page
    [file] = re.findall(r'href="(/api/v1/commitments.csv[^"]*)"', page)
    lines = (await client.get(file.replace("&amp;", "&"), headers=cookie)).text.splitlines()
    assert (len(lines), "A-3" in " ".join(lines)) == (3, False)
    assert "Kirim pengingat" not in page


async def test_the_list_goes_on_where_a_page_ends(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.pages.commitments.SHOWN", 2)
    s = await _scene(database)
    async with database.write() as session:
        for n in range(3):
            await s.ask(session, code=f"A-{n}")
    cookie, _csrf = await signed_in(database, s.house, Role.VIEWER)
    first = (await client.get("/staff/commitments?owes=true", headers=cookie)).text
    [more] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = (await client.get(more.replace("&amp;", "&"), headers=cookie)).text
    assert (entries(first), entries(second)) == (["A-0", "A-1"], ["A-2"])


async def test_every_verb_is_a_form_and_a_refusal_stands_at_its_field(client: AsyncClient, database: Database) -> None:
    """Pledge, prove, ask, extend, withdraw, pass on: the whole story of one, told on its page."""
    s = await _scene(database)
    async with database.write() as session:
        row = await s.ask(session, code="A-1")
    path = f"/staff/commitments/{row.id}"
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)

    async def say(status: int = 303, **typed: str) -> str:
        clock.freeze(clock.now() + timedelta(minutes=1))
        values = {name.replace("_", "-", 1) if name != "do" else name: text for name, text in typed.items()}
        answer = await client.post(path, data={"csrf": csrf, **values}, headers=cookie)
        assert answer.status_code == status, answer.text
        return answer.text if status != 303 else (await client.get(answer.headers["location"], headers=cookie)).text

    refused = await say(422, do="decline")
    assert 'href="#decline-reason"' in refused
    assert "Komitmen dicatat." in await say(do="pledge", pledge_signatory_office="Kepala Dinas")
    proof = {"csrf": csrf, "prove-type": "letter", "prove-reference": "500/12"}
    scan = [("files", ("Surat.png", png(8, 8), "image/png"))]
    empty = await client.post(f"{path}/evidence", data=proof | {"prove-reference": ""}, files=NOTHING, headers=cookie)
    assert (empty.status_code, 'href="#prove-reference"' in empty.text) == (422, True)
    forged = await client.post(f"{path}/evidence", data=proof | {"csrf": "x"}, files=scan, headers=cookie)
    assert forged.status_code == 403
    proven = await client.post(f"{path}/evidence", data=proof, files=scan, headers=cookie)
    shown = (await client.get(proven.headers["location"], headers=cookie)).text
    assert ("Bukti ditambahkan." in shown, "Surat.png" in shown) == (True, True)
    await say(409, do="decline", decline_reason="Bukan kewenangan.")
    said = await say(do="remark", remark_text="Apakah <b>sudah</b> siap?")
    assert "Apakah &lt;b&gt;sudah&lt;/b&gt; siap?" in said
    asking = {"until": "2023-07-28", "reason": "Masih dihimpun."}
    await client.post(f"{API}/portal/commitments/{row.id}/extension", json=asking, headers=s.agency_headers)
    assert "Masih dihimpun." in (await client.get(path, headers=cookie)).text
    assert "Tenggat diubah." in await say(do="extend", extend_until="2023-07-28")
    assert "Penyerahan dicatat" in await say(do="submit", submit_url=URL["url"], submit_partial="yes")
    await say(do="withdraw", withdraw_reason="Data dipegang pihak lain.")
    told = await say(do="reassign", reassign_organisation=s.other.code)
    assert "Dialihkan kepada" in told
    assert faults(told, "id") == []
    words = ["Diminta", "Berkomitmen", "Tenggat menjadi Jumat, 28 Juli 2023", "Menunggu verifikasi", "Dicabut"]
    assert [word for word in words if word not in told] == []
    async with database.write() as session:
        assert (await session.get_one(type(row), row.id)).evidence[0]["reference"] == "500/12"
        mistaken = await s.ask(session, code="A-2")
    typed = {"csrf": csrf, "do": "recall", "recall-reason": "Salah tenggat."}
    page = f"/staff/commitments/{mistaken.id}"
    assert 'name="recall-reason"' in (await client.get(page, headers=cookie)).text
    gone = await client.post(page, data=typed, headers=cookie)
    assert "Permintaan ditarik." in (await client.get(gone.headers["location"], headers=cookie)).text
    remarks = f"{API}/portal/commitments/{mistaken.id}/remarks"
    [remark] = (await client.get(remarks, headers=s.agency_headers)).json()["items"]
    assert remark["text"] == "Permintaan data ini ditarik oleh penyelenggara. Alasan: Salah tenggat."
    assert (await stored(database, mistaken.id)).commitment_status == "declined"


async def test_who_only_reads_sees_the_story_and_no_forms(client: AsyncClient, database: Database) -> None:
    s = await _scene(database)
    async with database.write() as session:
        row = await s.ask(session)
        stranger = await scene(session)
    path = f"/staff/commitments/{row.id}"
    cookie, csrf = await signed_in(database, s.house, Role.VIEWER)
    page = await client.get(path, headers=cookie)
    assert (page.status_code, "<form" in page.text) == (200, False)
    typed = {"csrf": csrf, "do": "decline", "decline-reason": "Tidak."}
    assert (await client.post(path, data=typed, headers=cookie)).status_code == 403
    assert (await client.get("/staff/review", headers=cookie)).status_code == 403
    theirs, token = await signed_in(database, stranger.house, Role.OWNER)
    assert (await client.get(path, headers=theirs)).status_code == 404
    assert (await client.post(path, data=typed | {"csrf": token}, headers=theirs)).status_code == 404
    steward, _csrf = await signed_in(database, s.house, Role.STEWARD)
    assert (await client.post(path, data=typed, headers=steward)).status_code == 403
    async with database.write() as session:
        writer = await factories.api_key(session, s.house, Permission.COMMITMENTS_WRITE)
    extend = {"do": "extend", "extend-until": "2023-08-28"}
    assert (await client.post(path, data=extend, headers=writer)).status_code == 403
    kept = await stored(database, row.id)
    assert (kept.commitment_status, kept.version) == ("requested", row.version)


async def test_a_reminder_goes_out_at_the_press_of_a_button_once_a_day(client: AsyncClient, database: Database) -> None:
    s = await _scene(database)
    async with database.write() as session:
        await s.ask(session)
        office = await factories.organisation(
            session, s.house, contacts=[{"name": "Admin", "email": "a@luwukab.go.id"}]
        )
        await s.ask(session, organisation=office.code)
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    typed = {"csrf": csrf, "workshop": str(s.workshop.id), "organisation": office.code}
    said = []
    for _press in (1, 2):
        answer = await client.post("/staff/commitments/reminders", data=typed, headers=cookie)
        page = (await client.get(answer.headers["location"], headers=cookie)).text
        said.append("Pengingat dikirim kepada 1 perangkat daerah." in page)
    assert said == [True, False]
    assert (await client.post("/staff/commitments/reminders", data={"csrf": csrf}, headers=cookie)).status_code == 400


async def test_an_agreement_is_prepared_signed_and_leads_to_its_commitments(
    client: AsyncClient, database: Database
) -> None:
    s = await _scene(database)
    async with database.write() as session:
        row = await s.ask(session, code="A-1")
    pledge = {"signatory_office": "Kepala Dinas"}
    await client.post(f"{API}/portal/commitments/{row.id}/pledge", json=pledge, headers=s.agency_headers)
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    typed = {"csrf": csrf, "workshop": str(s.workshop.id), "code": "KB-1", "title": "Komitmen Bersama"}
    refused = await client.post("/staff/agreements", data=typed | {"code": "K B"}, headers=cookie)
    assert (refused.status_code, 'href="#code"' in refused.text) == (422, True)
    made = await client.post("/staff/agreements", data=typed, headers=cookie)
    path = made.headers["location"].partition("?")[0]
    sign = {"csrf": csrf, "organisation": s.agency.code, "signatory_office": "Kepala Dinas"}
    scan = [("files", ("Naskah.png", png(8, 8), "image/png"))]
    program = [("files", ("Naskah.png", b"MZ"))]
    odd = await client.post(f"{path}/signatures", data=sign, files=program, headers=cookie)
    assert (odd.status_code, 'href="#files"' in odd.text, 'value="Kepala Dinas"' in odd.text) == (415, True, True)
    forged = await client.post(f"{path}/signatures", data=sign | {"csrf": "x"}, files=scan, headers=cookie)
    assert forged.status_code == 403
    for file in (NOTHING, scan):
        signed = await client.post(f"{path}/signatures", data=sign, files=file, headers=cookie)
    page = (await client.get(signed.headers["location"], headers=cookie)).text
    [way] = re.findall(r'href="([^"]+/evidence/1)"', page)
    assert (await client.get(way, headers=cookie)).content == png(8, 8)
    assert "1 penanda tangan" in (await client.get("/staff/agreements", headers=cookie)).text
    [part] = re.findall(r'href="(/staff/commitments\?agreement=[^"]+)"', page)
    assert entries((await client.get(part.replace("&amp;", "&"), headers=cookie)).text) == ["A-1"]
    change = {"csrf": csrf, "do": "change", "title": "Naskah akhir", "signed_on": "2023-07-10"}
    await client.post(path, data=change, headers=cookie)
    page = (await client.get(path, headers=cookie)).text
    assert ("Naskah akhir" in page, "Ditandatangani Senin, 10 Juli 2023" in page) == (True, True)
    assert faults(page, "id") == []


async def test_a_signed_sheet_is_taken_in_as_a_scan_and_what_was_asked_becomes_a_promise(
    client: AsyncClient, database: Database
) -> None:
    s = await _scene(database)
    async with database.write() as session:
        row, late = await s.ask(session, code="A-1"), await s.ask(session, code="A-2")
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    path = "/staff/commitment-sheets"
    assert f"/api/v1/workshops/{s.workshop.id}/commitment-sheets.pdf" in (await client.get(path, headers=cookie)).text
    typed = {"csrf": csrf, "workshop": str(s.workshop.id), "organisation": s.agency.code}
    page = (await client.get(path, params=typed | {"csrf": ""}, headers=cookie)).text
    assert re.findall(r'name="commitments" value="([^"]+)" checked', page) == ["A-1", "A-2"]
    said = typed | {"signatory_office": "Kepala Dinas", "commitments": "A-1"}
    scan = [("files", ("Lembar.png", png(8, 8), "image/png"))]
    missing = await client.post(path, data=said, files=NOTHING, headers=cookie)
    assert (missing.status_code, 'href="#files"' in missing.text) == (422, True)
    odd = await client.post(path, data=said, files=[("files", ("Lembar.png", b"MZ"))], headers=cookie)
    assert (odd.status_code, 'value="Kepala Dinas"' in odd.text) == (415, True)
    assert f'<option value="{s.other.code}">' not in odd.text
    assert re.findall(r'name="commitments" value="([^"]+)" checked', odd.text) == ["A-1"]
    none = await client.post(path, data={**said, "commitments": ""}, files=scan, headers=cookie)
    assert (none.status_code, 'href="#commitments"' in none.text) == (422, True)
    taken = await client.post(path, data=said, files=scan, headers=cookie)
    assert taken.headers["location"].endswith("&done=taken")
    kept = await stored(database, row.id)
    assert (kept.commitment_status, kept.signatory_office, len(kept.evidence)) == ("committed", "Kepala Dinas", 1)
    assert (await stored(database, late.id)).commitment_status == "requested"
    viewer, token = await signed_in(database, s.house, Role.VIEWER)
    forbidden = await client.post(path, data=said | {"csrf": token}, files=scan, headers=viewer)
    assert forbidden.status_code == 403
