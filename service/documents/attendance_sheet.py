"""Attendance sheets as pages and as a workbook: the same people in the same order, the same words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from service.clients.files import Store
from service.documents import pdf, printed, printed_xlsx
from service.documents.printed import Printed
from service.documents.printed_xlsx import Cell, Column, Table


class Row(Protocol):
    """See domain.attendance_sheets.Row."""

    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def nip(self) -> str: ...
    @property
    def rank(self) -> str: ...
    @property
    def position(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def records(self) -> Sequence[str]: ...
    @property
    def mark(self) -> str | None: ...


class Sheet(Printed, Protocol):
    """See domain.attendance_sheets.Sheet."""

    @property
    def agenda(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def absent(self) -> Sequence[Row]: ...
    @property
    def empty(self) -> Sequence[int]: ...
    @property
    def recorded(self) -> bool: ...


def pages(sheet: Sheet, store: Store, size: tuple[int, int]) -> bytes:
    """The sheet as PDF; `size` of the paper in mm, the short side first. Blocks: call it in a thread."""
    data = printed.frame(sheet, store, size) | {
        "agenda": sheet.agenda,
        "recorded": sheet.recorded,
        "rows": [_cells(row) for row in sheet.rows],
        "absent": [_cells(row) for row in sheet.absent],
        "empty": list(sheet.empty),
    }
    return pdf.render("attendance_sheet.typ", data, sheet.made_at)


def _cells(row: Row) -> list[object]:
    texts: list[object] = [row.nip, row.rank, row.position, row.organisation, row.phone]
    return [row.number, row.name, row.notes, *texts, row.records, row.mark]


def workbook(sheet: Sheet, paper: str) -> bytes:
    """The sheet as XLSX for paper `a4` or `f4`. Blocks: call it in a thread."""
    columns = [
        Column("No.", 5, middle=True),
        Column("Nama", 32),
        Column("NIP", 20),
        Column("Pangkat/Gol.", 18),
        Column("Jabatan", 26),
        Column("Instansi", 28),
        Column("Telepon", 16),
        *([Column("Terekam", 20)] if sheet.recorded else []),
        Column("Tanda Tangan", 12),
        Column("Tanda Tangan", 12),
    ]
    agenda = [f"{item['hours']}  {item['title']}{_speakers(item)}" for item in sheet.agenda]
    tables = [
        Table(
            "Daftar Hadir",
            [*printed_xlsx.letterhead(sheet.head), "DAFTAR HADIR", sheet.event],
            [*(f"{name}: {value}" for name, value in sheet.details), *(["Susunan acara:"] if agenda else []), *agenda],
            columns,
            _lines(sheet),
            [sheet.as_of, *sheet.remarks, *printed_xlsx.signature(sheet.head)],
            tall=True,
            footer=f"{sheet.as_of}. {sheet.title}",
        )
    ]
    if sheet.absent:
        tables.append(_missing(sheet, columns[:7]))
    return printed_xlsx.render(tables, paper)


def _speakers(item: Mapping[str, object]) -> str:
    speakers = item["speakers"]
    return f" ({'; '.join(map(str, speakers))})" if isinstance(speakers, list | tuple) and speakers else ""


def _lines(sheet: Sheet) -> Iterator[list[Cell]]:
    for row in sheet.rows:
        recorded = ["\n".join(row.records)] if sheet.recorded else []
        yield [row.number, *_texts(row), *recorded, *_signatures(row.number, row.mark)]
    for number in sheet.empty:
        yield [number, *[None] * (7 if sheet.recorded else 6), *_signatures(number, None)]


def _texts(row: Row) -> list[Cell]:
    return ["\n".join((row.name, *row.notes)), row.nip, row.rank, row.position, row.organisation, row.phone]


def _signatures(number: int, mark: str | None) -> list[Cell]:
    """Odd numbers sign on the left, even ones on the right."""
    field = mark or f"{number}."
    return [field, None] if number % 2 else [None, field]


def _missing(sheet: Sheet, columns: Sequence[Column]) -> Table:
    rows: list[list[Cell]] = [[row.number, *_texts(row), "\n".join(row.records)] for row in sheet.absent]
    heads = [*columns, Column("Keterangan", 24)]
    return Table(
        "Tidak hadir", ["TIDAK HADIR", sheet.event], [sheet.as_of], heads, rows, footer=f"{sheet.as_of}. {sheet.title}"
    )
