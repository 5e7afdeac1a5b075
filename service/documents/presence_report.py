"""Who was connected, as a meeting provider's portal exports it: a participants' or attendees' report, CSV or XLSX.

Known are Zoom's meeting report, with and without the lines about the meeting above, with and without columns of
registrants, and its webinar attendee report, in English and Indonesian. Read as plain text within the limits of lists.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import BinaryIO
from zoneinfo import ZoneInfo

from service.documents import presence_times, tables
from service.documents.presence_times import Order, Written
from service.errors import Refusal
from service.i18n import gettext, marked as _

_SLACK = timedelta(days=1)
_NOT_TOLD = {"", "-", "--", "n/a"}
_YES, _NO = {"yes", "ya", "true", "y"}, {"no", "tidak", "false", "n"}
_HEADS: Mapping[str, frozenset[str]] = {
    "name": frozenset(
        {"name", "user name", "username", "participant", "participant name", "attendee name", "display name",
         "nama", "nama pengguna", "nama peserta", "peserta", "nama tampilan", "nama layar"}
    ),
    "email": frozenset(
        {"email", "user email", "email address", "attendee email", "surel", "alamat email", "email pengguna",
         "alamat surel", "email peserta", "surel pengguna"}
    ),
    "registrant": frozenset({"registrant id", "id pendaftar", "id registran", "id registrant"}),
    "joined": frozenset(
        {"join time", "joined", "joined at", "join", "join date time", "waktu bergabung", "waktu gabung",
         "waktu masuk", "jam masuk", "jam bergabung"}
    ),
    "left": frozenset(
        {"leave time", "left", "left at", "leave", "leave date time", "waktu keluar", "waktu meninggalkan",
         "waktu meninggalkan rapat", "waktu tinggalkan", "jam keluar", "waktu pergi"}
    ),
    "waiting": frozenset(
        {"in waiting room", "waiting room", "di ruang tunggu", "dalam ruang tunggu", "di dalam ruang tunggu",
         "ruang tunggu"}
    ),
    "attended": frozenset({"attended", "hadir", "menghadiri"}),
    "duration": frozenset(
        {"duration", "total duration", "time in session", "total time in session", "durasi", "total durasi",
         "durasi total", "waktu dalam sesi"}
    ),
}  # fmt: skip

_ABOUT = ({"topic", "topik"}, {"id", "meeting id", "webinar id", "id rapat", "id webinar"})
"""Heads of the lines about a meeting: one of each stands there."""


class ReportUnknown(Refusal):
    """No heads of a report of connections."""

    status, code = 422, "report_unknown"
    title = _("Berkas ini bukan laporan peserta rapat daring")
    detail = _(
        "Kolom nama, waktu bergabung, dan waktu keluar tidak ditemukan. Di portal Zoom buka Reports, Usage, klik "
        "jumlah peserta rapat, lalu Export, dan kirim berkas CSV itu apa adanya."
    )


class ReportTotalsOnly(Refusal):
    """One row per person with a total: nobody can tell when that was."""

    status, code = 422, "report_totals_only"
    title = _("Laporan hanya memuat total durasi")
    detail = _(
        "Kehadiran dihitung per sesi, sehingga waktu bergabung dan keluar diperlukan. Di portal Zoom hapus centang "
        "Show unique users pada jendela peserta rapat, klik Export lagi, lalu kirim berkas yang baru."
    )


@dataclass(frozen=True, slots=True)
class Stay:
    """One connection. `row` is its number in the file, from 1; `email` and `registrant` are empty where not told."""

    row: int
    name: str
    email: str
    registrant: str
    joined_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be taken over, and why. `outside`: its days are not the event's."""

    row: int
    reason: str
    outside: bool = False


@dataclass
class Report:
    """What a file says. `skipped`: rows of who only waited to be let in, or never came."""

    rows: int = 0
    skipped: int = 0
    order: Order | None = None
    stays: list[Stay] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    cells: Mapping[str, str]
    joined: Written | None
    left: Written | None


def read(source: BinaryIO, zone: ZoneInfo, days: tuple[date, date], latest: datetime) -> Report:
    """The connections of a seekable file, times in `zone`; `days`: the event's first and last local day.

    A connection that ends after `latest` is a fault: nobody has been there yet. Raises ReportUnknown,
    ReportTotalsOnly, ReportDatesUnclear and the refusals of tables_errors.
    """
    table = tables.read(source, None, _score)
    report = Report()
    lines = list(_lines(table.rows, report))
    report.order = presence_times.settle([one for line in lines for one in (line.joined, line.left) if one], days)
    for line in lines:
        found = _stay(line, report.order or Order.MONTH_FIRST, zone, days, latest)
        if isinstance(found, Stay):
            report.stays.append(found)
        else:
            report.faults.append(found)
    return report


def _lines(rows: Sequence[tables.Row], report: Report) -> Iterable[_Line]:
    """The rows below heads; a webinar's report has several parts, each under heads of its own.

    So has a file into which several meetings were copied: what it tells of the next meeting ends the people of one.
    """
    heads: Mapping[str, int] = {}
    totals = known = False
    for place, row in enumerate(rows):
        found = _heads(row.cells)
        if {"name", "joined", "left"} <= found.keys():
            heads, known = found, True
        elif heads and _is_about(row):
            heads = {}
        elif "duration" in found and "name" in found and not known:
            totals = True
        elif heads and not _is_title(row, rows[place + 1 :]):
            report.rows += 1
            cells = {name: row.cells[spot] if spot < len(row.cells) else "" for name, spot in heads.items()}
            if _word(cells.get("waiting", "")) in _YES or _word(cells.get("attended", "")) in _NO:
                report.skipped += 1
            else:
                yield _Line(row.number, cells, presence_times.read(cells["joined"]), presence_times.read(cells["left"]))
    if not known:
        raise ReportTotalsOnly if totals else ReportUnknown


def _is_about(row: tables.Row) -> bool:
    """Whether these are the heads of what is told of a meeting as a whole."""
    return all(marks & {_words(cell) for cell in row.cells} for marks in _ABOUT)


def _is_title(row: tables.Row, following: Sequence[tables.Row]) -> bool:
    """Whether a row names the part that follows: "Attendee Details" above its heads."""
    alone = sum(map(bool, row.cells)) == 1 and bool(row.cells[0])
    return alone and bool(following) and "joined" in _heads(following[0].cells)


def _stay(line: _Line, order: Order, zone: ZoneInfo, days: tuple[date, date], latest: datetime) -> Stay | Fault:
    """The connection, or why there is none."""
    if line.joined is None:
        return Fault(line.row, _untold(line.cells["joined"], gettext("Waktu bergabung tidak ada.")))
    if line.left is None:
        return Fault(line.row, _untold(line.cells["left"], gettext("Waktu keluar tidak ada.")))
    joined, left = line.joined.instant(order, zone), line.left.instant(order, zone)
    if joined is None or left is None:
        return Fault(line.row, gettext("Tanggal ini tidak ada pada kalender."))
    if left >= joined and _is_outside(joined, left, zone, days):
        return Fault(line.row, gettext("Bukan pada hari kegiatan ini."), outside=True)
    if reason := _implausible(joined, left, latest):
        return Fault(line.row, reason)
    email = line.cells.get("email", "")
    return Stay(
        row=line.row,
        name=" ".join(line.cells["name"].split())[:300],
        email="" if email in _NOT_TOLD or len(email) > 300 else email,
        registrant=_registrant(line.cells.get("registrant", "")),
        joined_at=joined,
        left_at=left,
    )


def _untold(cell: str, missing: str) -> str:
    unread = gettext("Waktu tidak dapat dibaca; contoh yang benar: 2023-07-03 08:55:00.")
    return missing if cell in _NOT_TOLD else unread


def _is_outside(joined: datetime, left: datetime, zone: ZoneInfo, days: tuple[date, date]) -> bool:
    """Whether nothing of it can have been during the event."""
    return joined.astimezone(zone).date() > days[1] + _SLACK or left.astimezone(zone).date() < days[0] - _SLACK


def _implausible(joined: datetime, left: datetime, latest: datetime) -> str | None:
    """What speaks against these times."""
    if left < joined:
        return gettext("Waktu keluar lebih awal daripada waktu bergabung.")
    return gettext("Waktu keluar belum lewat. Periksa zona waktunya.") if left > latest else None


def _registrant(cell: str) -> str:
    return cell if re.fullmatch(r"[\w=+/.-]{1,200}", cell) and cell not in _NOT_TOLD else ""


def _score(rows: Sequence[tables.Row]) -> int:
    return max((len(_heads(row.cells)) for row in rows[:40]), default=0)


def _heads(cells: Sequence[str]) -> dict[str, int]:
    """Where each column stands, by what it means; of two that mean the same the first."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        words = _words(cell)
        for name, heads in _HEADS.items():
            if words in heads:
                found.setdefault(name, place)
    return found


def _words(head: str) -> str:
    """A head without case, accents, marks, and what stands in brackets; Zoom's Indonesian ends in a stray "s"."""
    plain = unicodedata.normalize("NFKD", re.sub(r"\([^)]*\)s?", " ", head[:100])).casefold().replace("e-mail", "email")
    return " ".join(re.findall(r"[a-z]+", plain))


def _word(cell: str) -> str:
    return cell.strip().casefold()
