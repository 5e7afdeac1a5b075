"""Recaps of attendance as pages and as a workbook of two sheets, for organisations and for people."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from service.clients.files import Store
from service.documents import pdf, printed, printed_xlsx
from service.documents.printed import Printed
from service.documents.printed_xlsx import Cell, Column, Table


class OrganisationLine(Protocol):
    """See domain.attendance_recaps.OrganisationLine."""

    @property
    def name(self) -> str: ...
    @property
    def quota(self) -> str: ...
    @property
    def registered(self) -> int: ...
    @property
    def blocks(self) -> Sequence[tuple[int, int]]: ...
    @property
    def unique(self) -> int: ...
    @property
    def hours(self) -> int: ...


class PersonLine(Protocol):
    """See domain.attendance_recaps.PersonLine."""

    @property
    def name(self) -> str: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def organisation(self) -> str: ...
    @property
    def blocks(self) -> Sequence[str]: ...
    @property
    def hours(self) -> int: ...
    @property
    def share(self) -> str: ...
    @property
    def earned(self) -> str: ...


class Recap(Printed, Protocol):
    """See domain.attendance_recaps.Recap."""

    @property
    def blocks(self) -> Sequence[tuple[str, str]]: ...
    @property
    def organisations(self) -> Sequence[OrganisationLine]: ...
    @property
    def total(self) -> OrganisationLine: ...
    @property
    def people(self) -> Sequence[PersonLine]: ...
    @property
    def first_number(self) -> int: ...
    @property
    def total_hours(self) -> int: ...


def pages(recap: Recap, store: Store, size: tuple[int, int]) -> bytes:
    """The recap as PDF; `size` of the paper in mm, the short side first. Blocks: call it in a thread."""
    data = printed.frame(recap, store, size) | {
        "blocks": recap.blocks,
        "organisations": [_organisation(line) for line in recap.organisations],
        "total": _organisation(recap.total),
        "people": [
            [one.name, one.notes, one.organisation, one.blocks, one.hours, one.share, one.earned]
            for one in recap.people
        ],
        "first_number": recap.first_number,
        "total_hours": recap.total_hours,
    }
    return pdf.render("attendance_recap.typ", data, recap.made_at)


def _organisation(line: OrganisationLine) -> dict[str, object]:
    names = ("name", "quota", "registered", "blocks", "unique", "hours")
    return {name: getattr(line, name) for name in names}


def workbook(recap: Recap, paper: str) -> bytes:
    """The recap as XLSX for paper `a4` or `f4`. Blocks: call it in a thread."""
    titles = ["REKAPITULASI KEHADIRAN", recap.event]
    remarks = [*(f"{name}: {value}" for name, value in recap.details), recap.as_of]
    tables = [
        Table(
            name,
            [*printed_xlsx.letterhead(recap.head), *titles],
            remarks,
            columns,
            rows,
            [*recap.remarks, *printed_xlsx.signature(recap.head)],
            footer=f"{recap.as_of}. {recap.title}",
        )
        for name, columns, rows in (
            ("Per instansi", _organisation_columns(recap), _organisation_rows(recap)),
            ("Per orang", _person_columns(recap), _person_rows(recap)),
        )
    ]
    return printed_xlsx.render(tables, paper)


def _organisation_columns(recap: Recap) -> list[Column]:
    halves = [Column(f"{code} {side}", 9, middle=True) for code, _label in recap.blocks for side in ("L", "D")]
    return [
        Column("No.", 5, middle=True),
        Column("Instansi", 44),
        Column("Diundang", 14, middle=True),
        Column("Terdaftar", 10, middle=True),
        *halves,
        Column("Hadir (orang)", 10, middle=True),
        Column("Jumlah JP", 10, middle=True),
    ]


def _organisation_rows(recap: Recap) -> Iterator[list[Cell]]:
    for number, line in enumerate(recap.organisations, 1):
        yield [number, *_counts(line)]
    yield [None, *_counts(recap.total)]


def _counts(line: OrganisationLine) -> list[Cell]:
    halves = [count for both in line.blocks for count in both]
    return [line.name, line.quota, line.registered, *halves, line.unique, line.hours]


def _person_columns(recap: Recap) -> list[Column]:
    return [
        Column("No.", 5, middle=True),
        Column("Nama", 36),
        Column("Keterangan", 24),
        Column("Instansi", 36),
        *(Column(code, 11, middle=True) for code, _label in recap.blocks),
        Column("JP", 8, middle=True),
        Column("JP kegiatan", 10, middle=True),
        Column("%", 8, middle=True),
        Column("Sertifikat", 10, middle=True),
    ]


def _person_rows(recap: Recap) -> Iterator[list[Cell]]:
    for number, one in enumerate(recap.people, recap.first_number):
        notes = "\n".join(one.notes)
        yield [
            number,
            one.name,
            notes,
            one.organisation,
            *one.blocks,
            one.hours,
            recap.total_hours,
            one.share,
            one.earned,
        ]
