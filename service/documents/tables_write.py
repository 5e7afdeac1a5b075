"""Lists for offices, as CSV and XLSX that carry no formula: every text stays the text it was.

CSV: UTF-8 with BOM, an apostrophe before what a spreadsheet would take for a formula or a number (see
`tables.escaped`). XLSX: xlsxwriter writes row after row to a file, so that its length costs no memory.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import BinaryIO

import xlsxwriter  # type: ignore[import-untyped] # it ships no types

from service.documents.tables import doubled, escaped, number_text

Cell = str | int | float
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEPARATORS = {"comma": ",", "semicolon": ";"}
_WIDEST = 40
_LONGEST = 32_767
_CHUNK = 65_536


def csv_bytes(rows: Iterable[Sequence[Cell]], separator: str) -> bytes:
    """Rows as lines of CSV (RFC 4180) in UTF-8; with semicolons numbers have the decimal comma that goes with them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    point = "," if separator == ";" else "."
    writer.writerows(
        [escaped(cell) if isinstance(cell, str) else number_text(cell).replace(".", point) for cell in row]
        for row in rows
    )
    return out.getvalue().encode()


BOM = "\ufeff".encode()
"""Tells Excel that a CSV file is UTF-8."""


class XlsxFile:
    """A workbook of one sheet that is written row by row; complete in `target` when it is closed.

    `folder`: where rows are kept until then.
    """

    def __init__(self, target: BinaryIO, folder: str, title: str, heads: Sequence[str]) -> None:
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        options = {"constant_memory": True, "tmpdir": folder, "nan_inf_to_errors": True, "in_memory": False}
        self._book = xlsxwriter.Workbook(target, safe | options)
        self._sheet = self._book.add_worksheet("".join(char for char in title if char not in "[]:*?/\\'")[:31])
        self._next = 0
        bold = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for place, head in enumerate(heads):
            self._sheet.set_column(place, place, min(_WIDEST, max(10, len(head) + 2)))
        self._sheet.freeze_panes(1, 0)
        for place, head in enumerate(heads):
            self._sheet.write_string(0, place, head, bold)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Writes rows below those before."""
        for row in rows:
            self._next += 1
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    if cell:
                        self._sheet.write_string(self._next, place, doubled(cell)[:_LONGEST])
                else:
                    self._sheet.write_number(self._next, place, cell)

    def close(self) -> None:
        """Completes the file."""
        self._book.close()


async def pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """A file's content from its beginning, piece by piece; closes it."""
    with file:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, _CHUNK):
            yield piece
