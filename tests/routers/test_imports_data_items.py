"""A steward's list of what is needed is tried, then taken over as a whole; what was exported imports unchanged."""

from typing import Any

import pytest
from httpx import AsyncClient

from service.db import Database
from service.domain.imports_columns import field_of
from service.domain.imports_words import book_of, day_of, days_of, item_kind_of, yes_or_no
from tests import factories
from tests.support.office_files import sheet
from tests.support.promises import Scene, scene
from tests.support.statements import counted

URL = "/api/v1/data-items/import"
DIMENSIONS = [
    {"code": "governance", "label": "Tata Kelola Cerdas"},
    {"code": "living", "label": "Kehidupan Cerdas"},
]
LIST = sheet(
    ["KEBUTUHAN DATA MASTERPLAN SMART CITY", None, None, None, None, None, None],
    ["No", "Data yang Dibutuhkan", "Dimensi", "Penanggung Jawab", "Batas Waktu", "Buku", "Data Pribadi"],
    [1, "RPJMD", "Smart Governance", None, "21 Juli 2023", "Buku I", "tidak"],
    [2, "Jumlah puskesmas", "smart lighting", "Dinas Kesehatan", "2023-08-01", 2, "-"],
    [3, "Daftar pasien", "LIVING", "dinkes", None, None, "ya"],
)


@pytest.fixture
async def there(client: AsyncClient, database: Database) -> Scene:
    async with database.write() as session:
        s = await scene(session)
        await factories.organisation(session, s.house, "dinkes", name="Dinas Kesehatan")
    stages = [{"code": "b1", "label": "Bimtek I", "due_date": "2023-07-21"}]
    aliases = {"Smart Governance": "governance", "Smart Lighting": "living"}
    programme = {"code": "sc", "name": "Smart City", "dimensions": DIMENSIONS, "stages": stages, "aliases": aliases}
    made = await client.post("/api/v1/programmes", json=programme, headers=s.headers)
    assert made.status_code == 201, made.text
    return s


async def _sent(client: AsyncClient, s: Scene, data: bytes, **fields: str) -> dict[str, Any]:
    answer = await client.post(URL, files={"file": ("katalog", data)}, data=fields, headers=s.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _catalogue(client: AsyncClient, s: Scene) -> list[dict[str, Any]]:
    items = (await client.get("/api/v1/data-items?limit=200", headers=s.headers)).json()["items"]
    return [{key: value for key, value in one.items() if key not in ("id", "updated_at")} for one in items]


def _verdicts(answer: dict[str, Any]) -> list[str]:
    return [row["verdict"] for row in answer["rows"]]


async def test_a_list_is_tried_then_taken_over_and_changes_nothing_when_sent_again(
    client: AsyncClient, there: Scene
) -> None:
    before = await _catalogue(client, there)
    tried = await _sent(client, there, LIST)
    assert [column["field"] for column in tried["columns"]] == [
        None, "name", "dimension", "requested_from", "due_date", "masterplan_book", "contains_personal_data",
    ]  # fmt: skip
    # The house knows an item called like the first row.
    assert _verdicts(tried) == ["changed", "new", "new"]
    assert [row["organisation"] for row in tried["rows"]] == [None, "dinkes", "dinkes"]
    assert await _catalogue(client, there) == before
    assert await _sent(client, there, LIST, dry_run="false") == tried | {"dry_run": False}
    shown = (
        "code",
        "dimension",
        "programme",
        "requested_from",
        "due_date",
        "masterplan_book",
        "contains_personal_data",
    )
    assert [[one[name] for name in shown] for one in await _catalogue(client, there)] == [
        ["DI-001", "living", "sc", "dinkes", "2023-08-01", 2, False],
        ["DI-002", "living", "sc", "dinkes", None, None, True],
        ["DI-G01", "governance", "sc", None, "2023-07-21", 1, False],
    ]
    assert _verdicts(await _sent(client, there, LIST, dry_run="false")) == ["unchanged"] * 3


async def test_what_cannot_be_understood_is_said_at_its_cell_and_stops_all_of_it(
    client: AsyncClient, there: Scene
) -> None:
    rows = (
        b"Kode,Nama data,Jenis,Dimensi,Kode perangkat daerah,Tenggat,Tahap,Hari kerja\n"
        b"A-1,Satu,surat,Smart Sky,Dinas Antah,31/02/2023,,\n"
        b"A-2,Dua,bukti,living,dinkes,,Bimtek I,\n"
        b"a-2,Dua lagi,,,,,,\n"
        b"A-3,Tiga,,,,,b1,3\n"
        b"A-4,Empat,,,,,b9,\n"
    )
    tried = await _sent(client, there, rows)
    assert _verdicts(tried) == ["faulty", "new", "duplicate", "faulty", "faulty"]
    faults = [[error["field"] for error in row["errors"]] for row in tried["rows"]]
    assert faults == [["item_kind", "due_date", "requested_from", "dimension"], [], [], ["due_days"], ["due_stage"]]
    assert "Antah" not in str(tried["rows"][0]["errors"])
    refused = await client.post(URL, files={"file": ("a", rows)}, data={"dry_run": "false"}, headers=there.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "import_faulty")
    taken = await _sent(client, there, rows, dry_run="false", skip_faulty="true")
    assert taken["counts"]["new"] == 1
    added = next(one for one in await _catalogue(client, there) if one["code"] == "A-2")
    assert (added["item_kind"], added["due_stage"], added["programme"]) == ("evidence", "b1", "sc")


async def test_what_was_exported_imports_unchanged_and_carries_no_formula(client: AsyncClient, there: Scene) -> None:
    odd = {"code": "1-ODD", "name": '=HYPERLINK("x")', "description": "-1;=2\nbaris dua, 0812"}
    for item in (
        odd | {"sub_dimension": "+62", "data_kind": "@SUM", "access_class": "terbatas"},
        {"code": "D-1", "name": "Satu", "item_kind": "follow_up", "due_days": -5, "contains_personal_data": True},
        {"code": "D-2", "name": "Dua", "item_kind": "need", "programme": "sc", "due_stage": "b1"},
        {"code": "D-3", "name": "Tiga", "dimension": "living", "masterplan_book": 3, "requested_from": "dinkes"},
        {"code": "D-4", "name": "Empat", "item_kind": "programme", "due_date": "2023-12-01"},
        {"code": "D-5", "name": "Lima", "item_kind": "evidence", "due_days": 0},
    ):
        made = await client.post("/api/v1/data-items", json=item, headers=there.headers)
        assert made.status_code == 201, made.text
    before = await _catalogue(client, there)
    files = (("data-items.csv", "id"), ("data-items.csv?separator=semicolon", "en"), ("data-items.xlsx", "en"))
    for path, language in files:
        spoken = {**there.headers, "Accept-Language": language}
        file = await client.get(f"/api/v1/{path}", headers=spoken)
        assert (file.status_code, "attachment" in file.headers["content-disposition"]) == (200, True)
        answer = await _sent(client, there, file.content, dry_run="false")
        assert None not in [column["field"] for column in answer["columns"]]
        assert _verdicts(answer) == ["unchanged"] * 7
    csv = (await client.get("/api/v1/data-items.csv", headers=there.headers)).text
    assert "\"'=HYPERLINK" in csv
    assert await _catalogue(client, there) == before


async def test_a_long_list_is_written_in_few_statements(client: AsyncClient, database: Database, there: Scene) -> None:
    rows = [[f"L-{n}", f"Data {n}", "living", "dinkes"] for n in range(300)]
    with counted(database) as statements:
        answer = await _sent(client, there, sheet(["Kode", "Data", "Dimensi", "OPD"], *rows), dry_run="false")
    assert (answer["counts"]["new"], len(statements) < 40) == (300, True)


def test_words_of_people_are_understood() -> None:
    assert [item_kind_of(word) for word in ("Data", "BUKTI dukung", "tindak-lanjut", "Need", "surat")] == [
        "data", "evidence", "follow_up", "need", None,
    ]  # fmt: skip
    days = (
        "2023-07-21",
        "21/7/2023",
        "21.07.2023",
        "21 Juli 2023",
        "Jumat, 21 Juli 2023",
        "21 July 2023",
    )
    assert [str(day_of(text)) for text in days] == ["2023-07-21"] * 6
    assert str(day_of("21 Agt 2023")) == "2023-08-21"
    assert [day_of(text) for text in ("31/02/2023", "Juli 2023", "besok", "4512")] == [None] * 4
    others = ("21/7/23", "2023/07/21", "45128")
    assert [str(day_of(text)) for text in others] == ["2023-07-21"] * 3
    assert [field_of(head, "data_items") for head in ("Hak Akses", "Klasifikasi akses")] == ["access_class"] * 2


async def test_all_that_is_wrong_with_a_row_is_said_at_once_and_a_stage_may_stand_for_its_date(
    client: AsyncClient, there: Scene
) -> None:
    rows = sheet(
        ["Kode", "Nama Data", "Dimensi", "Tenggat", "Tahap"],
        ["E-1", "Luas panen", "Ekonomi Bulan", "kapan-kapan", None],
        ["E-2", "Jumlah pasar", "living", "Bimtek 1", None],
        ["E-3", "Jumlah toko", "living", None, "bimtek i"],
    )
    tried = await _sent(client, there, rows)
    assert _verdicts(tried) == ["faulty", "new", "new"]
    assert [one["field"] for one in tried["rows"][0]["errors"]] == ["due_date", "dimension"]
    await _sent(client, there, rows, dry_run="false", skip_faulty="true")
    stages = {one["code"]: one["due_stage"] for one in await _catalogue(client, there)}
    assert (stages["E-2"], stages["E-3"]) == ("b1", "b1")
    assert [days_of(text) for text in ("5", "-3", "H+5", "h - 3", "5 hari kerja", "lima")] == [5, -3, 5, -3, 5, None]
    assert [book_of(text) for text in ("1", "Buku II", "iii.", "4")] == [1, 2, 3, None]
    assert [yes_or_no(text) for text in ("Ya", "v", "tidak", "No", "mungkin")] == [True, True, False, False, None]
    heads = (
        "Uraian Kebutuhan Data",
        "OPD Penanggung Jawab",
        "Sub-Dimensi",
        "Sifat Data",
        "Working days (from workshop)",
    )
    assert [field_of(head, "data_items") for head in heads] == [
        "name", "requested_from", "sub_dimension", "access_class", "due_days",
    ]  # fmt: skip
