"""Lists as Indonesian offices have them, and files that mean harm, made in memory."""

import io
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet(*rows: Sequence[object]) -> bytes:
    """A workbook of one sheet with these rows."""
    book = Workbook()
    active = book.active
    assert isinstance(active, Worksheet)
    for row in rows:
        active.append(list(row))
    return saved(book)


def office_list() -> bytes:
    """A list as it comes by WhatsApp: titles, merged heads in two rows, numbering, gaps, a sum, a signature, a hidden
    sheet with old data.
    """
    book = Workbook()
    cover = book.active
    assert isinstance(cover, Worksheet)
    cover.title = "Petunjuk"
    cover["A1"] = "Mohon diisi lengkap, lalu kirim kembali"
    page = book.create_sheet("Peserta")
    page["A1"] = "DAFTAR PESERTA BIMTEK SMART CITY"
    page.merge_cells("A1:H1")
    page["A2"] = "KABUPATEN LUWU TAHUN 2023"
    for cell, text in zip(
        ("A4", "B4", "C4", "D4", "E4", "F4", "H4"),
        ("No.", "Nama Lengkap (beserta gelar)", "NIP", "Jabatan", "Asal Instansi/OPD", "Kontak", "Ket."),
        strict=True,
    ):
        page[cell] = text
    page["F5"], page["G5"] = "No. HP/WA (aktif)", "Surel"
    page.merge_cells("F4:G4")
    for letter in "ABCDE":
        page.merge_cells(f"{letter}4:{letter}5")
    for place in range(1, 9):
        page.cell(row=6, column=place, value=place)
    people = [
        (1, "Kepala Bidang Aptika, S.Kom.", "'198001012010011001", "Kepala Bidang", "Dinas Kesehatan", 81200000001,
         "aptika@luwukab.go.id", "Luring"),
        (2, "Sekretaris Dinas", 198001012010011001, "Sekretaris", "Dinas Perhubungan Kab. Luwu",
         "0812-0000-0002 / 0471-21000", "-", "via Zoom"),
        (3, "Kasubag Program", None, "Kasubag", "PLN ULP Belopa", "+62 812 0000 0003",
         "plnbelopa@example.org", "daring"),
    ]  # fmt: skip
    for row, person in zip((7, 8, 10), people, strict=True):
        for place, value in enumerate(person, 1):
            page.cell(row=row, column=place, value=value)
    page["A12"], page["C12"] = "Jumlah", 3
    page["F14"] = "Belopa, 3 Juli 2023"
    page["F15"] = "Mengetahui, Kepala Dinas"
    hidden = book.create_sheet("Lama")
    hidden.append(["Nama", "NIP", "Email", "HP", "Jabatan", "Instansi"])
    hidden.append(["Orang Lama", "1", "lama@x.id", "0812", "Staf", "Dinas"])
    hidden.sheet_state = "hidden"
    return saved(book)


def changed(data: bytes, **parts: bytes) -> bytes:
    """A workbook with parts replaced or added; `__` in a name stands for `/`, and `_dot_` for a point."""
    wanted = {name.replace("__", "/").replace("_dot_", "."): content for name, content in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name not in wanted:
                after.writestr(name, before.read(name))
        for name, content in wanted.items():
            after.writestr(name, content)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    """One part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)
