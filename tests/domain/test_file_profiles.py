"""The first look into a table: what a reviewer sees before opening it."""

import io
import json
from typing import Any

import pytest
from openpyxl import Workbook

from service.domain import file_profiles
from service.domain.file_profiles import CSV, XLSX, profile
from service.models.commitments_shapes import FileProfile
from tests.support.office_files import changed, office_list, saved, sheet


def looked(media_type: str, content: bytes) -> dict[str, Any]:
    found = profile(media_type, io.BytesIO(content))
    assert found is not None
    FileProfile.model_validate(found)
    assert json.loads(json.dumps(found)) == found
    return found


def columns(told: dict[str, Any], number: int = 0) -> dict[str, int]:
    return {one["name"]: one["empty"] for one in told["sheets"][number]["columns"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_is_counted_by_column_however_it_is_written(encoding: str) -> None:
    content = 'kode;"nama\nlengkap";nilai\r\n01;Bélopa;-3,4\r\n;;\r\n02; ;\r\n03;"a;b";7;sisa\r\n'.encode(encoding)
    told = looked(CSV, content)
    assert (told["kind"], told["sheets"][0]["rows"], told["sheets"][0]["truncated"]) == ("csv", 3, False)
    assert columns(told) == {"kode": 0, "nama lengkap": 1, "nilai": 1, "D": 2}


def test_titles_above_the_head_and_hidden_sheets_are_left_out() -> None:
    told = looked(XLSX, office_list())
    assert [one["name"] for one in told["sheets"]] == ["Petunjuk", "Peserta"]
    assert list(columns(told, 1))[:4] == ["No.", "Nama Lengkap (beserta gelar)", "NIP", "Jabatan"]


def test_a_workbook_is_counted_sheet_by_sheet() -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first.append(["Puskesmas", "Jumlah", None])
    for number in range(30):
        first.append([f"P{number}", number if number % 3 else None, "=A1" if number == 5 else None])
    book.create_sheet("Kosong")
    told = looked(XLSX, saved(book))
    assert columns(told) == {"Puskesmas": 0, "Jumlah": 10, "C": 29}
    assert (told["sheets"][0]["rows"], told["sheets"][1]) == (
        30,
        {"name": "Kosong", "rows": 0, "columns": [], "truncated": False},
    )


def test_a_look_ends_where_it_would_cost_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_profiles, "MOST_CELLS", 300)
    monkeypatch.setattr(file_profiles, "PLAIN_CELLS", 300)
    content = sheet(["a", "b", "c"], *[["x", None, "y"]] * 500)
    told = looked(XLSX, content)["sheets"][0]
    assert (told["truncated"], told["rows"]) == (True, 99)
    assert looked(CSV, b"a;b;c\n" * 500)["sheets"][0]["truncated"]
    assert looked(CSV, b";".join([b"x"] * 250) + b"\n")["sheets"][0]["truncated"]


def test_what_a_sheet_says_about_its_size_is_not_believed() -> None:
    forged = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
    )
    rows = (
        b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="999999999"><c r="A9"><v>2</v></c></row></sheetData>'
    )
    for far, is_truncated in ((b"999999999", True), (b"40", False)):
        told = forged + rows.replace(b"999999999", far) + b"</worksheet>"
        content = changed(sheet(["a"]), xl__worksheets__sheet1_dot_xml=told)
        assert looked(XLSX, content)["sheets"][0]["truncated"] is is_truncated


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 50, sheet(["a"])[:-30]])
def test_what_cannot_be_read_has_no_profile(content: bytes) -> None:
    assert profile(XLSX, io.BytesIO(content)) is None


def test_other_kinds_have_none() -> None:
    assert profile("application/pdf", io.BytesIO(b"%PDF-")) is None
