"""Yearly lists of holidays as they are found: lines of a decree (SKB), of a website, of a spreadsheet.

Each line that names a day is understood: "Senin, 1 Januari 2024: Tahun Baru", "2024-01-01;Tahun Baru", "10 s.d.
11 April Idulfitri", "8, 9, dan 12 April". A heading such as "Cuti bersama" or "Tahun 2024" holds for what stands below.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.i18n import gettext as _
from service.models.organizers_shapes import HolidayShape

NATIONAL, JOINT, LOCAL = "libur_nasional", "cuti_bersama", "libur_daerah"
MOST_LINES = 2_000
_LONGEST_LINE = 400
_LONGEST_SPAN = 31
_LONGEST_NAME = 300
_MONTHS = {
    "jan": 1, "feb": 2, "peb": 2, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "agu": 8, "ags": 8,
    "agt": 8, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "nop": 11, "des": 12, "dec": 12,
}  # fmt: skip
_MONTH = (
    r"(?P<month>jan(?:uar[iy])?|[fp]eb(?:ruar[iy])?|mar(?:et|ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|a(?:gust(?:us)?|gst?|g[tu]|ug(?:ust)?)"
    r"|sep(?:t(?:ember)?)?|o[kc]t(?:ober)?|no[vp](?:ember)?|de[sc](?:ember)?)\.?"
)
_WEEKDAYS = r"(?:senin|selasa|rabu|kamis|jum['\u2019]?at|sabtu|minggu|ahad)"
_TO = r"(?:s\.?\s?/?\s?d\.?|sampai(?:\s+dengan)?|hingga|[-\u2013\u2014])"
_YEAR = r"(?:\s*,?\s*(?P<year>(?:19|20)\d\d)\b(?!\s*H\b))?"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])"
_WRITTEN = re.compile(
    rf"(?<!\d)(?P<days>{_DAY}(?:(?:\s*(?:,|&|/|\bdan\b|{_TO}))+\s*{_DAY}|\s+{_DAY}){{0,15}}+)\s*[-\s]\s*{_MONTH}(?![a-z]){_YEAR}",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)-(?P<month>\d\d?)-(?P<day>\d\d?)(?:[T ][\d:.]+)?(?!\d)")
_SLASHED = re.compile(r"(?<!\d)(?P<day>\d\d?)[/.](?P<month>\d\d?)[/.](?P<year>(?:19|20)\d\d)(?!\d)")
_ALONE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_PARTS = re.compile(rf"{_DAY}|{_TO}", re.IGNORECASE)
_AROUND = " \t\u00a0.,;:|\"'()[]*\u2022-\u2013\u2014"
_NUMBERED = re.compile(r"^\s*\d{1,2}\s*[.)]?\s*(?:[\t;|]|$)|^\s*\d{1,2}[.)]\s+")
_JOINT = re.compile(r"cuti\W*bersama", re.IGNORECASE)
_NATIONAL = re.compile(r"libur\W*nasional|hari\W*libur", re.IGNORECASE)
_LOCAL = re.compile(r"libur\W*daerah|hari\W*jadi|fakultatif", re.IGNORECASE)
_WEEKDAY = re.compile(rf"\b{_WEEKDAYS}\b(?:\s*(?:,|dan|{_TO})\s*\b{_WEEKDAYS}\b)*", re.IGNORECASE)
_KINDS = re.compile(r"[;\t|]\s*(?:libur[_ ]nasional|cuti[_ ]bersama|libur[_ ]daerah)\s*(?=[;\t|]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Puzzle:
    """A line that names no day we understand, and why."""

    number: int
    text: str
    why: str


@dataclass(frozen=True)
class Found:
    """What a list says: its holidays by day, and the lines that somebody should look at."""

    items: list[HolidayShape]
    puzzles: list[Puzzle]


@dataclass
class _Heading:
    year: int
    kind: str
    said: bool = False


def read(lines: Iterable[str], year: int) -> Found:
    """Reads a list; `year` is meant where neither line nor heading names one. Of a day named twice the first counts."""
    heading, found, puzzles = _Heading(year, NATIONAL), dict[date, HolidayShape](), list[Puzzle]()
    for number, line in enumerate(lines, start=1):
        text = _plain(line)
        if not text:
            continue
        if number > MOST_LINES:
            puzzles.append(Puzzle(number, text[:100], _("Daftar dipotong di sini: terlalu panjang.")))
            break
        try:
            days, rest = _days(text, heading.year)
        except ValueError:
            puzzles.append(Puzzle(number, text[:100], _("Tanggal ini tidak ada di kalender.")))
            continue
        if not days:
            if not _is_heading(text, heading):
                puzzles.append(Puzzle(number, text[:100], _("Tidak ada tanggal yang dapat dibaca.")))
            continue
        kind, name = _kind(text, heading), _name(rest)
        if not name:
            name = {NATIONAL: _("Libur nasional"), JOINT: _("Cuti bersama")}.get(kind, _("Libur daerah"))
        for day in days:
            found.setdefault(day, HolidayShape(day=day, name=name, kind=kind))
    return Found([found[day] for day in sorted(found)], puzzles)


def read_entries(entries: Sequence[tuple[date, str]]) -> Found:
    """The same for a calendar's entries: days and their names."""
    found: dict[date, HolidayShape] = {}
    for day, said in entries:
        text = _plain(said)
        kind = _kind(text, _Heading(day.year, NATIONAL))
        found.setdefault(day, HolidayShape(day=day, name=_name(text) or _("Libur nasional"), kind=kind))
    return Found([found[day] for day in sorted(found)], [])


def _plain(line: str) -> str:
    """The line with single spaces and without what does not print; tabs, which part columns, stand alone."""
    marks = (mark if mark.isprintable() or mark == "\t" else " " for mark in line[:_LONGEST_LINE])
    return re.sub(" +", " ", "".join(marks).replace("\t", " \t ")).strip()


def _days(text: str, year: int) -> tuple[list[date], str]:
    """The days that a line names, and what it says besides. Raises ValueError for 31 February."""
    for pattern in (_ISO, _SLASHED):
        if match := pattern.search(text):
            first = date(int(match["year"]), int(match["month"]), int(match["day"]))
            again = pattern.search(text, match.end())
            between = text[match.end() : again.start()] if again else ""
            if again and re.fullmatch(rf"\s*{_TO}\s*", between, re.IGNORECASE):
                last = date(int(again["year"]), int(again["month"]), int(again["day"]))
                return _span(first, last), _without(text, match.start(), again.end())
            return [first], _without(text, match.start(), match.end())
    written = _WRITTEN.search(_without_number(text))
    if written is None:
        return [], text
    text = _without_number(text)
    following = _WRITTEN.search(text, written.end())
    between = text[written.end() : following.start()] if following else ""
    if following and re.fullmatch(rf"\s*{_TO}\s*(?:{_WEEKDAYS},?\s*)?", between, re.IGNORECASE):
        of = int(following["year"] or written["year"] or year)
        last = date(of, _month(following), int(following["days"]))
        first = date(int(written["year"] or of), _month(written), int(written["days"]))
        return _span(first, last), _without(text, written.start(), following.end())
    of, month = int(written["year"] or year), _month(written)
    days: list[date] = []
    through = False
    for part in _PARTS.findall(written["days"]):
        if not part[0].isdigit():
            through = True
            continue
        day = date(of, month, int(part))
        days += _span(days[-1], day)[1:] if through and days else [day]
        through = False
    return days, _without(text, written.start(), written.end())


def _span(first: date, last: date) -> list[date]:
    """Raises ValueError for one that runs back, or longer than any holiday."""
    count = (last - first).days
    if not 0 <= count < _LONGEST_SPAN:
        raise ValueError("no span of holidays")
    return [first + timedelta(days=one) for one in range(count + 1)]


def _month(match: re.Match[str]) -> int:
    return _MONTHS[match["month"][:3].lower()]


def _without(text: str, start: int, end: int) -> str:
    return f"{text[:start]} {text[end:]}"


def _without_number(text: str) -> str:
    """The line without its number in the list, which would be taken for a day."""
    return _NUMBERED.sub(" ", text, count=1)


def _name(rest: str) -> str:
    rest = _WEEKDAY.sub(" ", _KINDS.sub(" ", _without_number(rest)), count=1)
    words = " ".join(re.sub(r"[\t;|]+", " ", rest).split())
    words = re.sub(r"(?:\s*,){2,}", ",", words)
    return words.strip(_AROUND)[:_LONGEST_NAME]


def _kind(text: str, heading: _Heading) -> str:
    if _JOINT.search(text) or "cuti_bersama" in text:
        return JOINT
    if _LOCAL.search(text) or "libur_daerah" in text:
        return LOCAL
    return NATIONAL if "libur_nasional" in text else heading.kind


def _is_heading(text: str, heading: _Heading) -> bool:
    """Whether the line says what holds for those below: a year, a kind, the names of columns."""
    year, kind = _ALONE.search(text), _kind_of_heading(text)
    if year:
        heading.year = int(year[1])
    if kind:
        heading.kind = kind
    columns = {"tanggal", "hari", "keterangan", "no", "nama", "date", "day", "name", "jenis", "tahun"}
    words = {word.strip(_AROUND).lower() for word in text.split()}
    return bool(year or kind or words & columns)


def _kind_of_heading(text: str) -> str | None:
    if _JOINT.search(text) and not _NATIONAL.search(text):
        return JOINT
    if _LOCAL.search(text):
        return LOCAL
    return NATIONAL if _NATIONAL.search(text) else None
