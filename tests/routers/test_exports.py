"""What an office takes along: every column, no formula, in its language, and it can be brought back unchanged."""

import contextlib
import csv
import io
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient
from openpyxl import load_workbook
from pydantic import TypeAdapter, ValidationError
from sqlmodel import col, select

from service import clock
from service.auth import Permission
from service.db import Database
from service.domain import exports
from service.domain.identity import canonical_name
from service.domain.imports_words import meant
from service.models.attendance import Attendance, AttendanceMode
from service.models.columns import Line
from service.models.invitations import Invitation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Mode, Workshop
from tests import factories
from tests.nasty.names import NAMES

QUESTIONS: list[dict[str, object]] = [
    {"code": "diet", "label": "Pantangan makanan?", "kind": "choice", "choices": ["Ya; sedikit", "Tidak"]},
    {"code": "alat", "label": "Perangkat", "kind": "several", "choices": ["Laptop", "Tablet, 10 inci"]},
    {"code": "jumlah", "label": "Jumlah pendamping", "kind": "number"},
    {"code": "tiba", "label": "Tanggal tiba", "kind": "date"},
    {"code": "inap", "label": "Menginap?", "kind": "yes_no"},
    {"code": "jabatan2", "label": "Jabatan", "kind": "text"},
    {"code": "catatan", "label": "Catatan", "kind": "long_text"},
]
FORMER: list[dict[str, object]] = [{"code": "lama", "label": "Pertanyaan lama", "kind": "text"}]


@dataclass
class Place:
    """A workshop with people, and who may see what of it."""

    workshop: Workshop
    full: dict[str, str]
    viewer: dict[str, str]
    client: AsyncClient

    @property
    def url(self) -> str:
        return f"/api/v1/workshops/{self.workshop.id}/registrations"

    async def csv(self, headers: dict[str, str] | None = None, **query: Any) -> list[dict[str, str]]:
        answer = await self.client.get(f"{self.url}.csv", params=query, headers=headers or self.full)
        assert answer.status_code == 200, answer.text
        text = answer.content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if "separator" in query else ","))

    async def xlsx(self, **query: Any) -> bytes:
        answer = await self.client.get(f"{self.url}.xlsx", params=query, headers=self.full)
        assert answer.status_code == 200, answer.text
        return answer.content


def cells_of(data: bytes) -> list[list[Any]]:
    page = load_workbook(io.BytesIO(data)).worksheets[0]
    return [[cell.value for cell in row] for row in page.iter_rows()]


@pytest.fixture
async def place(client: AsyncClient, database: Database) -> Place:
    async with database.write() as session:
        house = await factories.organizer(session)
        workshop = await factories.workshop(session, house, questions=QUESTIONS, former_questions=FORMER)
        office = await factories.organisation(session, house, "dinkes", name="Dinas Kesehatan")
        letter = Invitation(
            organizer_id=house.id,
            workshop_id=workshop.id,
            organisation_id=office.id,
            letter_number="005/1",
            key_id=office.key_id,
        )
        session.add(letter)
        await session.flush()
        await factories.registration(
            session,
            workshop,
            number=1,
            name="=HYPERLINK(1)",
            name_key=canonical_name("=HYPERLINK(1)"),
            email="kadis@luwukab.go.id",
            phone="+6281200000001",
            nip="198001012010011001",
            code="007",
            position='Kepala; Dinas, "utama"',
            position_level="head",
            organisation_id=office.id,
            invitation_id=letter.id,
            represents="Bupati",
            employment="pns",
            answers={
                "diet": "Ya; sedikit",
                "alat": ["Laptop", "Tablet, 10 inci"],
                "jumlah": 1.125,
                "tiba": "2023-07-02",
                "inap": True,
                "jabatan2": "-1+1",
                "catatan": "baris satu\nbaris dua",
                "lama": "dulu",
            },
        )
        await factories.registration(
            session,
            workshop,
            number=2,
            name="Kepala Seksi",
            name_key="kepala seksi",
            email=None,
            contact_key=None,
            organisation_name="PLN ULP Belopa",
            mode=Mode.ONLINE,
            walk_in=True,
            holds_seat=False,
        )
        await factories.registration(
            session, workshop, number=3, name="Staf", status=RegistrationStatus.CANCELLED, holds_seat=False
        )
        full = await factories.api_key(session, house)
        return Place(workshop, full, await factories.api_key(session, house, *factories.ROLE_VIEWER), client)


async def test_a_row_says_everything_that_is_known(place: Place, database: Database) -> None:
    async with database.write() as session:
        block = (await session.exec(select(AttendanceBlock).where(AttendanceBlock.code == "D1P"))).one()
        person = (await session.exec(select(Registration).where(Registration.number == 1))).one()
        session.add(
            Attendance(
                last_fact_at=clock.now(),
                workshop_id=person.workshop_id,
                registration_id=person.id,
                block_id=block.id,
                present=True,
                mode=AttendanceMode.OFFLINE,
            )
        )
    first, second, third = await place.csv(nip=True)
    assert first["Nomor pendaftaran"] == "1"
    assert (first["Status"], first["Cara hadir"], first["Peran"]) == ("Terkonfirmasi", "Luring", "Peserta")
    assert (first["Kode instansi"], first["Instansi"]) == ("dinkes", "Dinas Kesehatan")
    assert first["Surat undangan"] == "005/1"
    assert first["Kehadiran Hari I - pagi"] == "hadir di lokasi"
    assert (first["Perangkat"], first["Jumlah pendamping"]) == ("Laptop; Tablet, 10 inci", "1.1250")
    assert (first["Menginap?"], first["Pertanyaan lama"]) == ("Ya", "dulu")
    assert (second["Instansi"], second["Hadir tanpa mendaftar"]) == ("PLN ULP Belopa", "Ya")
    assert third["Status"] == "Dibatalkan"


async def test_no_cell_of_a_csv_is_a_formula_and_long_digits_stay_text(place: Place) -> None:
    first = (await place.csv(nip=True))[0]
    assert (first["Nama"], first["Telepon"]) == ("'=HYPERLINK(1)", "'+6281200000001")
    assert (first["NIP"], first["Kode"], first["Jabatan [jabatan2]"]) == ("'198001012010011001", "'007", "'-1+1")


async def test_no_cell_of_a_workbook_is_a_formula_and_long_digits_stay_text(place: Place) -> None:
    heads, first, *_others = cells_of(await place.xlsx(nip=True))
    found = dict(zip(heads, first, strict=True))
    assert (found["Nama"], found["Telepon"]) == ("=HYPERLINK(1)", "+6281200000001")
    assert (found["NIP"], found["Kode"]) == ("198001012010011001", "007")
    page = load_workbook(io.BytesIO(await place.xlsx())).worksheets[0]
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


async def test_the_caller_speaks_english_and_excel_wants_semicolons(place: Place) -> None:
    [first, *_others] = await place.csv(headers=place.full | {"Accept-Language": "en"}, separator="semicolon")
    assert (first["Registration number"], first["Attending"], first["Status"]) == ("1", "In person", "Confirmed")
    answer = await place.client.get(f"{place.url}.csv", headers=place.full)
    assert answer.headers["content-disposition"].startswith(
        f'attachment; filename="daftar-peserta-{place.workshop.slug}-2023-06-20.csv"'
    )
    assert (answer.headers["cache-control"], answer.content[:3]) == ("no-store", b"\xef\xbb\xbf")


async def test_the_filters_of_the_list_hold_and_a_typo_is_refused(place: Place) -> None:
    assert [row["Nomor pendaftaran"] for row in await place.csv(mode="online")] == ["2"]
    assert [row["Nomor pendaftaran"] for row in await place.csv(organisation="dinkes", q="hyper")] == ["1"]
    assert [row["Nomor pendaftaran"] for row in await place.csv(status="cancelled")] == ["3"]
    assert (await place.client.get(f"{place.url}.csv?mod=online", headers=place.full)).status_code == 422


async def test_without_permission_there_is_neither_contact_nor_answer_nor_nip(place: Place) -> None:
    first = (await place.csv(headers=place.viewer))[0]
    assert not {"Surel", "Telepon", "Pantangan makanan?"} & first.keys()
    assert first["NIP"] == "•" * 14 + "1001"
    for ending in ("csv", "xlsx"):
        path = f"{place.url}.{ending}"
        assert (await place.client.get(path, params={"nip": True}, headers=place.viewer)).status_code == 403
        assert (await place.client.get(path)).status_code == 401


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_what_is_exported_can_be_imported_again_and_changes_nothing(
    place: Place, database: Database, ending: str, language: str
) -> None:
    async with database.write() as session:
        for number, stored in enumerate([*_possible(NAMES), "'=x", "''+62", "007", "_x0041_", "a  b"], 10):
            await factories.registration(
                session, place.workshop, number=number, name=stored, name_key=canonical_name(stored), position=stored
            )
    before = await _rows(database)
    headers = place.full | {"Accept-Language": language}
    data = (await place.client.get(f"{place.url}.{ending}", params={"nip": True}, headers=headers)).content
    answer = await place.client.post(
        f"{place.url}/import", files={"file": ("x", data)}, data={"dry_run": "false"}, headers=place.full
    )
    assert answer.status_code == 200, answer.text
    wrong = [row for row in answer.json()["rows"] if row["verdict"] != "unchanged"]
    assert [row["row"] for row in wrong] == [4], wrong
    assert await _rows(database) == before


def _possible(names: list[str]) -> list[str]:
    """Those that somebody can be registered under, and that a list does not take for an empty cell."""
    found = []
    for name in names:
        with contextlib.suppress(ValidationError):
            found.append(TypeAdapter(Line).validate_python(name))
    return [name for name in found if meant(name)]


async def _rows(database: Database) -> list[dict[str, Any]]:
    async with database.read() as session:
        rows = await session.exec(select(Registration).order_by(col(Registration.number)))
        return [row.model_dump() for row in rows]


async def test_pages_of_the_database_make_one_file(
    place: Place, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.domain.exports_registrations.BATCH", 2)
    assert [row["Nomor pendaftaran"] for row in await place.csv()] == ["1", "2", "3"]
    assert exports.BATCH > 2


async def test_organisations_are_exported_with_their_contacts_and_come_back_unchanged(
    place: Place, database: Database
) -> None:
    contacts = [
        {"name": None, "position": "Kepala Dinas", "email": "a@luwukab.go.id", "phone": "+6281200000001"},
        {"name": "Kasubag", "position": None, "email": None, "phone": None},
    ]
    async with database.write() as session:
        house = await factories.house_of(session, str(place.workshop.id))
        await factories.organisation(session, house, "pln", name="+PLN", org_class="external", contacts=contacts)
    for ending in ("csv", "xlsx"):
        data = (await place.client.get(f"/api/v1/organisations.{ending}", headers=place.full)).content
        answer = await place.client.post(
            "/api/v1/organisations/import", files={"file": ("x", data)}, data={"dry_run": "false"}, headers=place.full
        )
        assert [row["verdict"] for row in answer.json()["rows"]] == ["unchanged", "unchanged"]
    heads = cells_of(data)[0]
    assert heads[:5] == ["Kode", "Nama", "Kelas", "Jenis", "Kontak 1: Nama"]
    viewed = await place.client.get("/api/v1/organisations.csv?org_class=opd", headers=place.viewer)
    assert viewed.content.decode("utf-8-sig").splitlines() == ["Kode,Nama,Kelas,Jenis", "dinkes,Dinas Kesehatan,opd,"]


async def test_invitations_are_exported_and_their_links_only_for_who_may_send_them(place: Place) -> None:
    path = f"/api/v1/workshops/{place.workshop.id}/invitations"
    heads, row = cells_of((await place.client.get(f"{path}.xlsx", headers=place.full)).content)
    found = dict(zip(heads, row, strict=True))
    assert (found["Kode instansi"], found["Nomor surat"], found["Ditunjuk luring"]) == ("dinkes", "005/1", 1)
    assert "/invitations/" in found["Tautan"]
    text = (await place.client.get(f"{path}.csv", headers=place.viewer)).text
    assert "005/1" in text
    assert "Tautan" not in text


async def test_somebody_elses_workshop_is_not_found(place: Place, database: Database) -> None:
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session), *Permission)
    for name in ("registrations.csv", "registrations.xlsx", "invitations.csv", "invitations.xlsx"):
        path = f"/api/v1/workshops/{place.workshop.id}/{name}"
        assert (await place.client.get(path, headers=stranger)).status_code == 404


async def test_an_answer_stands_under_the_question_that_was_asked_then(place: Place, database: Database) -> None:
    async with database.write() as session:
        workshop = await session.get_one(Workshop, place.workshop.id)
        workshop.former_questions = [
            {"code": "jumlah", "label": "Ukuran kaus", "kind": "text"},
            {"code": "inap", "label": "Nama penginapan", "kind": "text"},
        ]
        await factories.registration(
            session, workshop, number=4, name="Kasubag", name_key="kasubag", answers={"jumlah": "XL"}
        )
    rows = await place.csv()
    shown = [(row["Jumlah pendamping"], row["Ukuran kaus"]) for row in rows]
    assert shown == [("1.1250", ""), ("", ""), ("", ""), ("", "XL")]
    assert "Nama penginapan" not in rows[0]
    answer = await place.client.get(f"{place.url}.csv", headers=place.full)
    back = await place.client.post(f"{place.url}/import", files={"file": ("a", answer.content)}, headers=place.full)
    assert {row["verdict"] for row in back.json()["rows"]} <= {"unchanged", "ignored"}
