"""Workbooks to be printed: a table a sheet, its head on every page, as wide as the paper, and without a formula."""

import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter  # type: ignore[import-untyped] # it ships no types

from service.documents import pdf

Cell = str | int | float | None
PAPERS = {"a4": 9, "f4": 14}
"""Excel's numbers; its folio is 8.5 x 13 inches, which is F4."""
_LONGEST = 32_767
_BLANK = "\u2026" * 12
_TALL, _LINE = 30, 13
"""Points: of a row that is signed, and of a line of text."""
_HIGHEST = 409
"""Points: programs take no higher row."""
_FOOTER = 110
"""Characters; a footer of more than 255 is refused, and each "&" is written twice."""
_SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class Column:
    """A column of a table: its head and its width in characters. Heads that are alike and neighbours become one."""

    head: str
    width: float
    middle: bool = False


@dataclass(frozen=True)
class Table:
    """A sheet of the workbook: titles and remarks above and below a table; `tall`: rows that are signed by hand."""

    name: str
    titles: Sequence[str]
    remarks: Sequence[str]
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    below: Sequence[str] = ()
    tall: bool = False
    footer: str = ""


class Book:
    """Writes tables one after the other, row by row, so that memory stays flat."""

    def __init__(self, folder: str, target: io.BytesIO, paper: str) -> None:
        options = {"constant_memory": True, "tmpdir": folder, "nan_inf_to_errors": True}
        self._book = xlsxwriter.Workbook(target, _SAFE | options)
        self._paper = PAPERS[paper]
        plain = {"valign": "vcenter", "text_wrap": True, "font_size": 9}
        self._title = self._book.add_format({"bold": True, "align": "center", "valign": "vcenter", "font_size": 12})
        self._text = self._book.add_format({"valign": "top", "text_wrap": True, "font_size": 9})
        self._head = self._book.add_format(plain | {"bold": True, "border": 1, "align": "center"})
        self._cell = self._book.add_format(plain | {"border": 1})
        self._middle = self._book.add_format(plain | {"border": 1, "align": "center"})

    def add(self, table: Table) -> None:
        """One more sheet."""
        sheet = self._book.add_worksheet(table.name)
        last = len(table.columns) - 1
        sheet.set_landscape()
        sheet.set_paper(self._paper)
        sheet.set_margins(left=0.5, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L&8{_plain(table.footer)[:_FOOTER].replace('&', '&&')}&R&8Halaman &P dari &N")
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, column.width)
        above = [(line, self._title) for line in table.titles] + [(line, self._text) for line in table.remarks]
        for place, (line, style) in enumerate(above):
            sheet.merge_range(place, 0, place, last, "", style)
            sheet.write_string(place, 0, _plain(line), style)
        row = len(above)
        self._heads(sheet, row, table.columns)
        sheet.repeat_rows(row)
        for cells in table.rows:
            row += 1
            if table.tall:
                sheet.set_row(row, min(_HIGHEST, max(_TALL, _LINE * _lines(cells, table.columns))))
            for place, cell in enumerate(cells):
                self._write(sheet, row, place, cell, self._middle if table.columns[place].middle else self._cell)
        row += 1
        for line in table.below:
            row += 1
            sheet.merge_range(row, 0, row, last, "", self._text)
            sheet.write_string(row, 0, _plain(line), self._text)
            sheet.set_row(row, min(_HIGHEST, _LINE * (1 + len(line) // 160)))

    def _heads(self, sheet: "xlsxwriter.worksheet.Worksheet", row: int, columns: Sequence[Column]) -> None:
        place = 0
        while place < len(columns):
            head, end = columns[place].head, place
            while end + 1 < len(columns) and columns[end + 1].head == head:
                end += 1
            if end > place:
                sheet.merge_range(row, place, row, end, "", self._head)
            sheet.write_string(row, place, head, self._head)
            place = end + 1

    @staticmethod
    def _write(
        sheet: "xlsxwriter.worksheet.Worksheet", row: int, place: int, cell: Cell, style: "xlsxwriter.format.Format"
    ) -> None:
        if isinstance(cell, str) and cell:
            sheet.write_string(row, place, _plain(cell), style)
        elif isinstance(cell, int | float):
            sheet.write_number(row, place, cell, style)
        else:
            sheet.write_blank(row, place, None, style)

    def close(self) -> None:
        """Completes the file."""
        self._book.close()


def render(tables: Sequence[Table], paper: str) -> bytes:
    """The workbook. Blocks: call it in a thread."""
    target = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        book = Book(folder, target, paper)
        for table in tables:
            book.add(table)
        book.close()
    return target.getvalue()


def letterhead(head: Mapping[str, object]) -> list[str]:
    """What stands above the title, of domain.papers.head_of."""
    return [str(said) for name in ("government", "office", "address") if (said := head.get(name))]


def signature(head: Mapping[str, object]) -> list[str]:
    """Room for a signature below a table, and whose it is: nobody has signed yet."""
    names = ("place", "signatory_office", "signatory_name", "signatory_nip")
    place, office, name, nip = (head.get(one) or _BLANK for one in names)
    rank = [str(head["signatory_rank"])] if head.get("signatory_rank") else []
    return ["", f"{place}, {_BLANK}", f"{office},", "", "", "", str(name), *rank, f"NIP {nip}"]


def _lines(cells: Sequence[Cell], columns: Sequence[Column]) -> int:
    """How many lines the longest of these texts takes: programs do not heighten rows that have a height."""
    texts = ((cell, column.width) for cell, column in zip(cells, columns, strict=True) if isinstance(cell, str))
    return max((sum(1 + int(len(line) / width) for line in text.split("\n")) for text, width in texts), default=1)


def _plain(text: str) -> str:
    return str(pdf.printable(text))[:_LONGEST]
