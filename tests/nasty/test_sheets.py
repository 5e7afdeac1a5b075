"""Nasty names on attendance sheets, recaps and badges: printed as they were typed, row by row, and nothing runs."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from pypdf import PdfReader

from service.clients.files import Store
from service.documents import attendance_recap, attendance_sheet, badges
from service.domain.attendance_recaps import OrganisationLine, PersonLine, Recap
from service.domain.attendance_sheets import Row, Sheet
from service.domain.badges import Badge, Badges
from tests.nasty.names import NAMES
from tests.nasty.test_letters import TYPST, squeezed

MADE_AT = datetime(2023, 7, 3, tzinfo=UTC)
ALL = [*TYPST, *NAMES[::2]]
SOME = [*TYPST, *NAMES[::4]]
A4 = (210, 297)


def sheet(names: Sequence[str]) -> Sheet:
    """A sheet in which each row says one name everywhere."""
    lines = ("government", "office", "address", "contact", "place")
    signatory = ("signatory_office", "signatory_name", "signatory_rank", "signatory_nip")
    return Sheet(
        title=names[0],
        event=names[0],
        head=dict.fromkeys((*lines, *signatory), names[0]),
        details=[(names[0], names[0])],
        agenda=[{"hours": name, "title": name, "speakers": [name]} for name in names[:3]],
        rows=[Row(n, name, (name,), "", name, name, name, "", (name,)) for n, name in enumerate(names, 1)],
        absent=[Row(1, names[0], (), "", "", names[0], names[0], "", (names[0],))],
        empty=[],
        recorded=True,
        remarks=[names[0]],
        as_of=names[0],
        logo_key=None,
        made_at=MADE_AT,
        name="x",
    )


def harmless(reader: PdfReader) -> bool:
    root: Any = reader.trailer["/Root"]  # pypdf knows no more of it
    links = [one for page in reader.pages for one in page.get("/Annots", [])]
    return not links and not {"/OpenAction", "/AA", "/Names"} & root.keys()


def test_every_row_of_a_sheet_full_of_nasty_names_is_whole_and_nothing_runs(tmp_path: Path) -> None:
    reader = PdfReader(io.BytesIO(attendance_sheet.pages(sheet(ALL), Store(tmp_path), A4)))
    assert harmless(reader)
    pages = [page.extract_text() for page in reader.pages]
    text = "".join(pages).replace("\u200b", "")
    assert [int(number) for number in re.findall(r"(\d+)\. \u2026", text)] == [*range(1, len(ALL) + 1)]
    assert all("Tanda Tangan" in page for page in pages[:-1])
    words = squeezed(text)
    assert [name for name in TYPST if squeezed(name) not in words] == []


def test_no_cell_of_a_printed_workbook_is_a_formula_and_none_is_higher_than_programs_take() -> None:
    made = sheet(ALL)
    tall = replace(made.rows[0], records=("D1P 08.02 QR",) * 60)
    made = replace(made, rows=[tall, *made.rows], title="&" * 300, remarks=["Sesi " * 3_000])
    book = load_workbook(io.BytesIO(attendance_sheet.workbook(made, "a4")))
    cells = [cell for one in book.worksheets for row in one.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert [(one.oddFooter and one.oddFooter.right.text) for one in book.worksheets] == ["Halaman &P dari &N"] * 2
    heights = [row.height for one in book.worksheets for row in one.row_dimensions.values() if row.height]
    assert 400 < max(heights) <= 409


def recap(names: Sequence[str], codes: Sequence[str]) -> Recap:
    """A recap in which each row says one name everywhere."""
    made = sheet(names)
    there = [(1, 0)] * len(codes)
    return Recap(
        **{name: getattr(made, name) for name in ("title", "event", "head", "details", "remarks", "as_of", "made_at")},
        blocks=[(code, code) for code in codes],
        organisations=[OrganisationLine(name, True, 1, None, there, 1, 1, 3) for name in names],
        total=OrganisationLine("Jumlah", True, 1, None, there),
        people=[PersonLine(name, (name,), name, ("L",) * len(codes), 3, "100%", "Ya") for name in names],
        first_number=1,
        total_hours=3,
        logo_key=None,
        name="x",
    )


def test_recaps_and_badges_take_every_name(tmp_path: Path) -> None:
    cards = [Badge(n, name, name, name, name if n % 2 else "", "Peserta", "luring", "t") for n, name in enumerate(SOME)]
    some = Badges(TYPST[0], TYPST[1], TYPST[2], TYPST[3], cards, None, MADE_AT, "x")
    for content in (
        attendance_recap.pages(recap(SOME, [TYPST[0]]), Store(tmp_path), A4),
        badges.pages(some, Store(tmp_path), A4),
    ):
        reader = PdfReader(io.BytesIO(content))
        assert harmless(reader)
        words = squeezed("".join(page.extract_text() for page in reader.pages).replace("\u200b", ""))
        assert [name for name in TYPST if squeezed(name) not in words] == []
    assert len(reader.pages) == -(-len(SOME) // 8)
