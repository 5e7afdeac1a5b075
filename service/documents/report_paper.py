"""Reports as PDF and XLSX: tables with names and a word on how to read them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from service.clients.files import Store
from service.documents import charts, pdf, printed, printed_xlsx
from service.documents.charts import BurnUp
from service.documents.printed import Printed
from service.documents.printed_xlsx import Cell, Column, Table

_SHEET = 31
"""Characters that the name of a sheet may have."""
_TITLE = "Penyerahan data terhadap tenggat"
_LINES = {"Diminta": "dotted", "Jatuh tempo": "dashed", "Diserahkan": "solid", "Diterima": "solid"}
"""What the lines of the drawing are called, in the order of `charts.LINES`."""


class Head(Protocol):
    """See domain.reports.tables.Column."""

    @property
    def head(self) -> str: ...
    @property
    def number(self) -> bool: ...


class Line(Protocol):
    """See domain.reports.tables_lines.Line."""

    @property
    def cells(self) -> Sequence[Cell]: ...
    @property
    def filters(self) -> Mapping[str, str]: ...


class Answer(Protocol):
    """See domain.reports.tables.ReportTable."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def columns(self) -> Sequence[Head]: ...
    @property
    def rows(self) -> Sequence[Line]: ...
    @property
    def notes(self) -> Sequence[str]: ...


class ReportPaper(Printed, Protocol):
    """See domain.reports.papers.ReportPaper."""

    @property
    def tables(self) -> Sequence[Answer]: ...
    @property
    def day(self) -> date: ...
    @property
    def burn_up(self) -> BurnUp | None: ...


def pages(paper: ReportPaper, store: Store, size: tuple[int, int]) -> bytes:
    """The paper as PDF, used across; `size` of the sheet in mm, the short side first. Blocks: call it in a thread."""
    tables = [
        {
            "title": one.title,
            "heads": [column.head for column in one.columns],
            "numbers": [column.number for column in one.columns],
            "rows": [[_text(cell) for cell in line.cells] for line in one.rows],
            "notes": list(one.notes),
        }
        for one in paper.tables
    ]
    frame = printed.frame(paper, store, size)
    return pdf.render("report_paper.typ", frame | {"tables": tables, "plot": drawn(paper)}, paper.made_at)


def drawn(paper: ReportPaper) -> dict[str, object] | None:
    """The burn-up for the template, None without one: as SVG, with what stands around it and beside it."""
    plot = charts.plot(paper.burn_up, paper.day) if paper.burn_up else None
    if plot is None or paper.burn_up is None:
        return None
    _day, *now = charts.figures(paper.burn_up, paper.day)[-1]
    key = [
        {"name": name, "colour": colour, "dash": dash, "count": count}
        for (name, dash), colour, count in zip(_LINES.items(), charts.LINES.values(), now, strict=True)
    ]
    said = ", ".join(f"{name.lower()} {count}" for name, count in zip(_LINES, now, strict=True))
    return {
        "svg": str(charts.steps(plot, said)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1),
        "said": f"{_TITLE}: {said}.",
        "title": _TITLE,
        "rungs": plot.rungs,
        "ticks": [f"{tick:%d/%m/%Y}" for tick in plot.ticks],
        "key": key,
    }


def workbook(paper: ReportPaper, sheet: str) -> bytes:
    """The paper as XLSX for sheets of `a4` or `f4`, a table each. Blocks: call it in a thread."""
    remarks = [*(f"{name}: {value}" for name, value in paper.details), paper.as_of]
    tables = [
        Table(
            one.name[:_SHEET],
            [*printed_xlsx.letterhead(paper.head), one.title, paper.event],
            remarks,
            [Column(column.head, _width(one, place), middle=column.number) for place, column in enumerate(one.columns)],
            [list(line.cells) for line in one.rows],
            list(one.notes),
            footer=f"{paper.as_of}. {paper.title}",
        )
        for one in paper.tables
    ]
    return printed_xlsx.render(tables, sheet)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.12g}".replace(".", ",") if isinstance(cell, float) else str(cell)


def _width(answer: Answer, place: int) -> float:
    """Characters: as wide as what stands in it, within reason."""
    said: Iterable[int] = (len(_text(line.cells[place])) for line in answer.rows)
    return min(48, max(12, len(answer.columns[place].head) + 2, max(said, default=0) + 1))
