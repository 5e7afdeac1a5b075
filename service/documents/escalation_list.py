"""The regional secretary's list as pages and as a workbook that is ready to be printed."""

from collections.abc import Sequence
from typing import Protocol

from service.clients.files import Store
from service.documents import pdf, printed, printed_xlsx
from service.documents.printed import Printed
from service.documents.printed_xlsx import Cell, Column, Table


class Line(Protocol):
    """See domain.escalation_lists.Line."""

    @property
    def name(self) -> str: ...
    @property
    def items(self) -> Sequence[str]: ...
    @property
    def since(self) -> str: ...
    @property
    def late(self) -> int: ...
    @property
    def letter(self) -> str: ...


class Listing(Printed, Protocol):
    """See domain.escalation_lists.Listing."""

    @property
    def lines(self) -> Sequence[Line]: ...
    @property
    def none(self) -> str: ...


def pages(listing: Listing, store: Store, size: tuple[int, int]) -> bytes:
    """The list as PDF; `size` of the paper in mm, the short side first. Blocks: call it in a thread."""
    lines = [[one.name, list(one.items), one.since, one.late, one.letter] for one in listing.lines]
    data = printed.frame(listing, store, size) | {"lines": lines, "none": listing.none}
    return pdf.render("escalation_list.typ", data, listing.made_at)


def workbook(listing: Listing, paper: str) -> bytes:
    """The list as XLSX for paper `a4` or `f4`. Blocks: call it in a thread."""
    columns = [
        Column("No.", 5, middle=True),
        Column("Perangkat Daerah", 40),
        Column("Data yang dinantikan", 60),
        Column("Jumlah", 9, middle=True),
        Column("Tenggat tertua", 18, middle=True),
        Column("Terlambat (hari kerja)", 14, middle=True),
        Column("Surat", 30),
    ]
    rows: list[list[Cell]] = [
        [number, one.name, "\n".join(one.items), len(one.items), one.since, one.late, one.letter]
        for number, one in enumerate(listing.lines, 1)
    ] or [["", listing.none, "", "", "", "", ""]]
    table = Table(
        "Daftar",
        [*printed_xlsx.letterhead(listing.head), "DAFTAR DATA YANG MASIH DINANTIKAN", listing.event],
        [*(f"{name}: {value}" for name, value in listing.details), listing.as_of],
        columns,
        rows,
        [*listing.remarks, *printed_xlsx.signature(listing.head)],
        footer=f"{listing.as_of}. {listing.title}",
    )
    return printed_xlsx.render([table], paper)
