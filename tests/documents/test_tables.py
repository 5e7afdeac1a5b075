"""Lists from outside are read as text, within limits; what means harm is refused before it costs anything."""

import io
import re
import time
import tracemalloc
from datetime import date

import pytest
from openpyxl import Workbook

from service.documents import tables
from service.documents.tables import Limits, Row, Table
from service.documents.tables_errors import (
    TableCellTooLong,
    TableEmpty,
    TableEncrypted,
    TableHasMacros,
    TableInflated,
    TableKindUnknown,
    TableOldExcel,
    TableQuoteOpen,
    TableReachesOut,
    TableTooLong,
    TableTooWide,
    TableUnreadable,
)
from service.errors import Refusal
from tests.support.office_files import changed, office_list, part, saved, sheet

SHEET = "xl/worksheets/sheet1.xml"
SMALL = sheet(["Nama", "HP"], ["Kepala Bidang", "0812"])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(data: bytes, name: str | None = None, limits: Limits = tables.LIMITS) -> Table:
    return tables.read(io.BytesIO(data), name, len, limits)


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [tuple(row.cells) for row in read(data).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_file_is_read_in_every_encoding_and_cut_that_offices_use(encoding: str, mark: str) -> None:
    text = f'No{mark}Nama{mark}Alamat\r\n1{mark}José{mark}"Jl. Sudirman{mark}\nBelopa"\r\n'
    expected = [("No", "Nama", "Alamat"), ("1", "José", f"Jl. Sudirman{mark}\nBelopa")]
    assert cells(text.encode(encoding)) == expected


def test_the_line_by_which_excel_names_the_separator_is_no_data() -> None:
    assert cells(b"sep=;\r\nNama;HP\r\nKepala, S.H.;0812\r\n") == [("Nama", "HP"), ("Kepala, S.H.", "0812")]


def test_control_characters_are_left_out_wherever_they_stand() -> None:
    data = b"Nama,HP\n" + b"Staf,0812\n" * 3_000 + b"Ke\x00pala\x1f,0813\n"
    assert cells(data)[-1] == ("Kepala", "0813")


def test_quotes_inside_and_around_lines_are_no_open_quotes() -> None:
    data = b'Nama;Alamat\n"Kepala ""Aptika""";"Jl. A\nBelopa"\nKasubag "Umum";"x"\n'
    assert cells(data)[1:] == [('Kepala "Aptika"', "Jl. A\nBelopa"), ('Kasubag "Umum"', "x")]


def test_rows_keep_their_number_and_empty_ones_are_left_out() -> None:
    assert [row.number for row in read(b"\n,\nNama,HP\n,,\nKepala,0812\n").rows] == [3, 5]


def test_values_of_a_workbook_become_the_text_a_person_would_type() -> None:
    data = sheet(["Nama", 81200000001, 2.5, 1.125, date(2023, 7, 3), True, " =x ", "+62812"])
    assert cells(data) == [("Nama", "81200000001", "2.5", "1.1250", "2023-07-03", "true", "=x", "+62812")]


@pytest.mark.parametrize("value", [198001012010011001, 1.98001012010011e17])
def test_a_number_that_lost_digits_is_a_doubt(value: float) -> None:
    [row] = read(sheet(["x", value])).rows
    assert row.doubts == {1: "digits"}


@pytest.mark.parametrize("text", ["1.98E+17", "1,98001E+17"])
def test_a_number_in_scientific_writing_is_a_doubt_in_csv_too(text: str) -> None:
    [row] = read(f'x;"{text}"\n'.encode()).rows
    assert row.doubts == {1: "digits"}


def test_a_formula_counts_by_its_kept_result_and_without_one_is_a_doubt() -> None:
    data = sheet(["x", "=1+1", "y"])
    assert read(data).rows == [Row(1, ("x", "", "y"), {1: "formula"})]
    kept = part(data, SHEET).replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>")
    assert cells(changed(data, xl__worksheets__sheet1_dot_xml=kept)) == [("x", "2", "y")]


def test_the_sheet_that_looks_most_like_a_list_is_read_and_hidden_ones_are_not() -> None:
    table = tables.read(io.BytesIO(office_list()), None, lambda rows: sum(len(row.cells) for row in rows))
    assert (table.sheets, table.sheet) == (["Petunjuk", "Peserta"], "Peserta")
    assert [row.cells[0] for row in read(office_list(), "Petunjuk").rows] == ["Mohon diisi lengkap, lalu kirim kembali"]
    with pytest.raises(tables.SheetUnknown):
        read(office_list(), "Lama")


def _merged(*ranges: str) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in (["Instansi", "Nama"], ["Dinas", "A"], [None, "B"], [None, "C"], [None, "D"]):
        book.active.append(row)
    for one in ranges:
        book.active.merge_cells(one)
    return saved(book)


def test_rows_below_know_what_stands_in_a_merged_cell() -> None:
    assert [row.above for row in read(_merged("A2:A4", "B5:C5")).rows] == [{}, {}, {0: "Dinas"}, {0: "Dinas"}, {}]


def test_forged_merged_cells_cost_no_time() -> None:
    forged = b"".join(b'<mergeCell ref="A%d:XFD1048576"/>' % number for number in range(1, 100_000))
    sheet_xml = part(_merged("A2:A4"), SHEET).replace(b"</mergeCells>", forged + b"</mergeCells>")
    began = time.thread_time()
    table = read(changed(_merged(), xl__worksheets__sheet1_dot_xml=sheet_xml))
    assert time.thread_time() - began < 1
    assert table.rows[-1].above[0] in ("Instansi", "Dinas")


def test_apostrophes_before_formulas_are_undone_and_only_those() -> None:
    nasty = ["=1+1", "+62812", "-x", "@x", "'=x", "''=x", "'biasa", "007", "198001012010011001", "a=b", "  =x", "\n=x"]
    nasty += ["＝x", "Kepala;=x", "Kepala, @x", "a\t+x", "a;'=x", "=x;=y;''-z", "'=x, '=y"]
    escaped = [tables.escaped(text) for text in nasty]
    cut = [cell for text in escaped for cell in re.split("[;,\t]", text)]
    assert [cell for cell in cut if cell.strip()[:1] in tuple("=+-@＝")] == []
    assert [tables.unescaped(text) for text in escaped] == nasty
    assert [tables.unescaped(tables.doubled(text)) for text in nasty] == nasty


def _rows(count: int) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet("a")
    for number in range(count):
        page.append([f"Nama {number}", "0812", "Dinas", "Kepala"])
    return saved(book)


DTD = part(SMALL, SHEET).replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)
EMPTY_ROWS = b"".join(b'<row r="%d"/>' % number for number in range(3, 120_000))
LATE = part(SMALL, SHEET).replace(b"</sheetData>", EMPTY_ROWS + b'<row r="120001"><c><v>1</v></c></row></sheetData>')
MANY_TAGS = part(SMALL, SHEET).replace(b"<sheetData>", b"<sheetData>" + b"<a/>" * 3_000_000)
ATTRIBUTES = b" ".join(b'a%d="1"' % number for number in range(700_000))
MANY_ATTRIBUTES = part(SMALL, SHEET).replace(b"<sheetData>", b"<sheetData " + ATTRIBUTES + b">")
DEFINED = b"".join(b'<definedName name="n%d">a!$A$1</definedName>' % number for number in range(100_000))
MANY_NAMES = part(SMALL, "xl/workbook.xml").replace(
    b"</workbook>", b"<definedNames>" + DEFINED + b"</definedNames></workbook>"
)
HOSTILE = {
    "old Excel": (OLE + b"x" * 600, TableOldExcel),
    "encrypted": (OLE + b"x" * 600 + "EncryptedPackage".encode("utf-16-le"), TableEncrypted),
    "macros": (changed(SMALL, xl__vbaProject_dot_bin=b"x"), TableHasMacros),
    "external links": (changed(SMALL, xl__externalLinks__externalLink1_dot_xml=b"<x/>"), TableReachesOut),
    "entities": (changed(SMALL, xl__worksheets__sheet1_dot_xml=DTD), TableReachesOut),
    "a bomb": (changed(SMALL, xl__worksheets__sheet1_dot_xml=b" " * 300_000_000), TableInflated),
    "a bomb of texts": (changed(SMALL, xl__sharedStrings_dot_xml=b"<sst>" + b"<si/>" * 3_000_000), TableInflated),
    "a bomb of styles": (changed(SMALL, xl__styles_dot_xml=b"<a/>" * 1_000_000), TableInflated),
    "a bomb of tags": (changed(SMALL, xl__worksheets__sheet1_dot_xml=MANY_TAGS), TableInflated),
    "a tag without end": (changed(SMALL, xl__worksheets__sheet1_dot_xml=MANY_ATTRIBUTES), TableInflated),
    "too many names": (changed(SMALL, xl__workbook_dot_xml=MANY_NAMES), TableInflated),
    "empty rows before the data": (changed(SMALL, xl__worksheets__sheet1_dot_xml=LATE), TableInflated),
    "100k rows": (_rows(100_000), TableTooLong),
    "100k rows of CSV": (b"Nama,HP\n" + b"Kepala,0812\n" * 100_000, TableTooLong),
    "101 columns": (sheet([f"k{place}" for place in range(101)]), TableTooWide),
    "a long cell": (b"Nama,HP\nKepala," + b"x" * 70_000 + b"\n", TableCellTooLong),
    "an open quote": (b'Nama,HP\n"Kepala,0812\n' + b"x" * 200_000, TableCellTooLong),
    "a quote that stays open": (b'Nama,HP\nKepala,0812\n"Sekretaris,0813\nKasubag,0814\n', TableQuoteOpen),
    "a line without end": (b"Nama,HP\n" + b"a," * 5_000_000, TableCellTooLong),
    "a record without end": (b"Nama,HP\n" + b'"\n",' * 2_000_000, TableCellTooLong),
    "lines without end": (b"Nama,HP\n" + b",\n" * 5_000_000, TableTooLong),
    "a cut workbook": (SMALL[: len(SMALL) // 2], TableUnreadable),
    "broken XML": (changed(SMALL, xl__worksheets__sheet1_dot_xml=b"<worksheet><"), TableUnreadable),
    "a document": (changed(SMALL).replace(b"xl/", b"wd/"), TableKindUnknown),
    "HTML called Excel": (b"<html><table>", TableKindUnknown),
    "a PDF": (b"%PDF-1.7", TableKindUnknown),
    "noise": (bytes(range(256)) * 20, TableKindUnknown),
    "nothing": (b"\n\n", TableEmpty),
    "an empty workbook": (sheet(), TableEmpty),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_means_harm_is_refused_within_a_second_and_without_memory(name: str) -> None:
    data, refusal = HOSTILE[name]
    began = time.thread_time()
    with pytest.raises(refusal) as refused:
        read(data)
    assert time.thread_time() - began < 1
    assert isinstance(refused.value, Refusal)
    assert refused.value.detail
    tracemalloc.start()
    with pytest.raises(refusal):
        read(data)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000


def test_endless_formatted_rows_below_a_list_do_no_harm() -> None:
    below = part(SMALL, SHEET).replace(b"</sheetData>", EMPTY_ROWS + b"</sheetData>")
    assert len(read(changed(SMALL, xl__worksheets__sheet1_dot_xml=below)).rows) == 2
