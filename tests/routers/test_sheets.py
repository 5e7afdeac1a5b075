"""Attendance sheets: who stands on them, before, during and after the day, and where the signature goes."""

import re
from typing import Any

import pytest
from httpx import AsyncClient, Response

from service import clock
from service.auth import Permission
from service.db import Database
from service.domain import attendance_people, attendance_sheets
from service.models.organizers import Organizer
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.workshops import Mode, Workshop, WorkshopStatus
from tests import factories
from tests.factories import at
from tests.support.door import Door, scan, walk_in
from tests.support.online import connection, known_online, report
from tests.support.sheets import ONE, pages_of, sheets_of, text_of, words_of

NIP = "198001012005011001"
HEAD: dict[str, object] = {
    "government": "Pemerintah Kabupaten Luwu",
    "office": "Dinas Kominfo-SP",
    "place": "Belopa",
    "signatory_office": "Kepala Dinas Kominfo-SP",
}


class World(Door):
    """A door with people: a head and a deputy of one agency, somebody online of another, a speaker of none."""

    people: dict[str, Registration]

    async def get(self, path: str = "attendance-sheet.pdf", **params: Any) -> Response:
        url = f"/api/v1/workshops/{self.workshop.id}/{path}"
        return await self.client.get(url, params=params, headers=self.staff)

    async def sheet(self, **params: Any) -> str:
        """The words of the first day's sheet."""
        return text_of(await self.get(date="2023-07-03", **params))


@pytest.fixture
async def world(client: AsyncClient, database: Database) -> World:
    made = await World.open(client, database, venue_name="Aula Bappelitbangda", venue_address="Belopa")
    async with database.write() as session:
        (await session.get_one(Organizer, made.house.id)).letterhead = HEAD
        health = await factories.organisation(session, made.house, "dinkes", name="Dinas Kesehatan")
        archive = await factories.organisation(session, made.house, "arsip", name="Dinas Kearsipan")

        async def person(name: str, **values: Any) -> Registration:
            return await factories.registration(session, made.workshop, name=name, **values)

        made.people = {
            "head": await person(
                "dr. Kepala Kesehatan, M.Kes.",
                organisation_id=health.id,
                nip=NIP,
                rank="Pembina (IV/a)",
                position="Kepala Dinas",
                phone="+628123456789",
            ),
            "deputy": await person("Sekretaris Kesehatan", organisation_id=health.id, represents="Kepala Bidang P2P"),
            "online": await person("Kepala Kearsipan", organisation_id=archive.id, mode=Mode.ONLINE),
            "speaker": await person("Tenaga Ahli", organisation_name="Universitas", role=ParticipantRole.SPEAKER),
            "waiting": await person("Staf Menunggu", status=RegistrationStatus.WAITLISTED),
        }
    return made


async def attended(world: World) -> None:
    """The first day: the head by QR and by hand, the archive online, a walk-in; the deputy and the speaker nowhere."""
    clock.freeze(at("07-03 08:02"))
    async with world.database.write() as session:
        ticket = {"ticket": factories.ticket(session, world.people["head"])}
    await world.send(scan(ticket, at("07-03 08:02")))
    await world.send(scan(walk_in("w1", name="Tamu Datang"), at("07-03 08:02"), method="manual"))
    clock.freeze(at("07-03 13:05"))
    await world.send(scan({"registration_id": str(world.people["head"].id)}, at("07-03 13:05"), method="manual"))
    clock.freeze(at("07-03 18:00"))
    await known_online(world, world.people["online"], "z1")
    await report(world, connection("09:00", "12:00"))


async def test_before_the_day_it_is_a_form_with_everybody_confirmed_once_by_organisation(world: World) -> None:
    answer = await world.get(date="2023-07-03")
    [page] = pages_of(answer)
    text = text_of(answer)
    names = ["Kepala Kearsipan", "dr. Kepala Kesehatan, M.Kes.", "Sekretaris Kesehatan", "Tenaga Ahli"]
    places = [text.index(name) for name in names]
    assert places == sorted(places)
    assert [text.count(name) for name in names] == [1, 1, 1, 1]
    for said in (
        "PEMERINTAH KABUPATEN LUWU DINAS KOMINFO-SP DAFTAR HADIR",
        "Bimtek Penyusunan Masterplan Smart City",
        "Hari/tanggal : Senin, 3 Juli 2023 Waktu : pukul 09.15–16.15 WITA",
        "Tempat : Aula Bappelitbangda, Belopa; dan daring",
        "13.00–14.30 WITA Materi",
        "No. Nama NIP Pangkat/Gol. Jabatan Instansi Telepon Tanda Tangan",
        f"{NIP} Pembina (IV/a) Kepala Dinas Dinas Kesehatan +628123456789",
        "mewakili Kepala Bidang P2P",
        "Narasumber",
        "Jumlah terdaftar: 4 orang (3 luring, 1 daring).",
        "Kepala Dinas Kominfo-SP, ",
        "Halaman 1 dari 1",
    ):
        assert said in text
    for unsaid in ("Staf Menunggu", "Terekam", "elektronik", "tidak hadir"):
        assert unsaid not in text
    signatures = {int(m[1]): word.left for word in words_of(page) if (m := re.match(r"(\d+)\. …", word.text))}
    assert sorted(signatures) == [*range(1, 10)]
    assert len({round(signatures[number]) for number in (1, 3, 5, 7, 9)}) == 1
    assert all(signatures[even] > signatures[1] + 40 for even in (2, 4, 6, 8))
    assert answer.headers["cache-control"] == "no-store"
    assert "Daftar Hadir 2023-07-03" in answer.headers["content-disposition"]


async def test_afterwards_it_says_what_was_recorded_and_leaves_the_signatures_to_be_signed(world: World) -> None:
    await attended(world)
    text = await world.sheet()
    assert "D1P 08.02 QR D1S 13.05 manual" in text
    assert "Tamu Datang Universitas Andi Djemma D1P 08.02 manual" in text
    assert "D1P daring, 135 menit daring" in text
    assert "tidak menggantikannya" in text
    assert "D1P = Hari I - pagi" in text
    assert "Jumlah hadir: 3 orang (2 luring, 1 daring); tidak hadir: 2 orang." in text
    for missing in ("Sekretaris Kesehatan", "Tenaga Ahli", "4. …"):
        assert missing not in text
    listed = await world.sheet(absent=True)
    assert listed.index("Tidak hadir No.") < listed.index("Sekretaris Kesehatan") < listed.index("Tenaga Ahli")
    assert "Terekam" not in await world.sheet(blank=True)
    hall = await world.sheet(mode="offline")
    assert "Kepala Kearsipan" not in hall
    assert "dr. Kepala Kesehatan" in hall
    online = await world.sheet(mode="online")
    assert "Kepala Kearsipan" in online
    assert "Jumlah hadir: 1 orang (0 luring, 1 daring)" in online


async def test_a_walk_in_may_come_again_and_is_not_absent_where_nobody_expected_one(world: World) -> None:
    await attended(world)
    assert "Tamu Datang" in text_of(await world.get(date="2023-07-04"))
    clock.freeze(at("07-04 18:00"))
    afterwards = text_of(await world.get(date="2023-07-04", absent=True))
    assert "Jumlah hadir: 0 orang (0 luring, 0 daring); tidak hadir: 4 orang." in afterwards
    assert "Tamu Datang" not in afterwards


async def test_nobody_is_absent_from_what_was_called_off(world: World) -> None:
    async with world.database.write() as session:
        (await session.get_one(Workshop, world.workshop.id)).status = WorkshopStatus.CANCELLED
    clock.freeze(at("07-04 18:00"))
    text = await world.sheet(absent=True)
    assert "Keterangan : kegiatan dibatalkan" in text
    assert "Jumlah terdaftar: 4 orang" in text
    assert "tidak hadir" not in text.lower()
    assert "kegiatan dibatalkan" in text_of(await world.get("attendance-recap.pdf"))


async def test_while_the_day_runs_nobody_is_called_absent_and_walk_ins_have_rows(world: World) -> None:
    await attended(world)
    clock.freeze(at("07-03 14:00"))
    text = await world.sheet(absent=True, order="number")
    assert "tidak hadir" not in text.lower()
    assert "belum terekam: 2 orang" in text
    assert text.index("Kepala Kesehatan") < text.index("Sekretaris Kesehatan") < text.index("Kepala Kearsipan")
    assert "10. …" in text
    assert "11. …" not in text
    assert "6. …" not in await world.sheet(empty_rows=0)


async def test_who_came_and_cancelled_stays_on_the_sheet_and_an_undone_scan_does_not(world: World) -> None:
    await attended(world)
    await world.change(world.people["head"], status=RegistrationStatus.CANCELLED)
    assert "dr. Kepala Kesehatan" in await world.sheet()
    assert "dr. Kepala Kesehatan" not in await world.sheet(blank=True)
    sent = await world.send(scan(walk_in("w2", name="Tamu Keliru"), at("07-03 16:00")))
    assert "Tamu Keliru" in await world.sheet()
    undone = await world.client.post(
        f"/api/v1/checkins/{sent['checkin_id']}/annulment", json={"reason": "Salah orang"}, headers=world.staff
    )
    assert undone.status_code < 300, undone.text
    assert "Tamu Keliru" not in await world.sheet(absent=True)


@ONE
async def test_the_workbook_holds_the_same_people_and_is_ready_to_be_printed(world: World) -> None:
    await attended(world)
    await world.change(world.people["head"], name="=cmd|'/C calc'!A0", phone="081234567890")
    sheet, missing = sheets_of(await world.get("attendance-sheet.xlsx", date="2023-07-03", absent=True, paper="f4"))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    [head] = [number for number, row in enumerate(rows) if row[0] == "No."]
    lines = rows[head + 1 : head + 4]
    assert [row[1] for row in lines] == ["Kepala Kearsipan", "=cmd|'/C calc'!A0", "Tamu Datang"]
    assert lines[1][2:] == [
        NIP,
        "Pembina (IV/a)",
        "Kepala Dinas",
        "Dinas Kesehatan",
        "081234567890",
        "D1P 08.02 QR\nD1S 13.05 manual",
        None,
        "2.",
    ]
    assert lines[0][-2:] == ["daring", None]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert sheet.print_title_rows == f"${head + 1}:${head + 1}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 14)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert [row[1].value for row in missing.iter_rows(min_row=5)] == [
        "Sekretaris Kesehatan\nmewakili Kepala Bidang P2P",
        "Tenaga Ahli\nNarasumber",
    ]


async def test_several_days_need_a_date_and_one_day_does_not(world: World, database: Database) -> None:
    for params in ({}, {"date": "2023-07-05"}):
        answer = await world.get(**params)
        assert answer.status_code == 422
        assert "2023-07-03, 2023-07-04" in answer.json()["errors"][0]["message"]
    async with database.write() as session:
        short = await factories.workshop(session, world.house, blocks=False, ends_at=at("07-03 16:00"))
    answer = await world.client.get(f"/api/v1/workshops/{short.id}/attendance-sheet.pdf", headers=world.staff)
    assert "Senin, 3 Juli 2023" in text_of(answer)


@ONE
async def test_paper_lies_across_in_either_size(world: World) -> None:
    for paper, size in (("a4", (842, 595)), ("f4", (935, 609))):
        [page] = pages_of(await world.get(date="2023-07-03", paper=paper))
        assert (round(page.mediabox.width), round(page.mediabox.height)) == size


@ONE
async def test_more_people_than_a_document_holds_come_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendance_sheets, "MOST_AT_ONCE", 3)
    first = await world.get(date="2023-07-03", order="number")
    assert "bagian 1 dari 2" in text_of(first)
    assert "Tenaga Ahli" not in text_of(first)
    rest = await world.client.get(first.links["next"]["url"], headers=world.staff)
    assert "Tenaga Ahli" in text_of(rest)
    assert "9. …" in text_of(rest)
    assert "link" not in rest.headers
    assert (await world.get(date="2023-07-03", part=3)).status_code == 404
    assert attendance_people.MOST_AT_ONCE == 1000


@ONE
async def test_papers_need_the_permissions_for_what_stands_on_them(world: World, database: Database) -> None:
    async with database.write() as session:
        reads = (Permission.ATTENDANCE_READ, Permission.CONTACTS_READ)
        reader = await factories.api_key(session, world.house, *reads)
        viewer = await factories.api_key(session, world.house, *factories.ROLE_VIEWER)
        stranger = await factories.api_key(session, await factories.organizer(session))
    base = f"/api/v1/workshops/{world.workshop.id}"
    papers = ["attendance-sheet.pdf?date=2023-07-03", "attendance-sheet.xlsx?date=2023-07-03"]
    papers += ["attendance-recap.pdf", "attendance-recap.xlsx", "badges.pdf"]
    for paper in papers:
        status = {
            who: (await world.client.get(f"{base}/{paper}", headers=headers)).status_code
            for who, headers in {"reader": reader, "viewer": viewer, "stranger": stranger, "nobody": {}}.items()
        }
        assert status == {
            "reader": 403 if paper == "badges.pdf" else 200,
            "viewer": 403,
            "stranger": 404,
            "nobody": 401,
        }, paper
