"""Yearly lists of holidays as they are found: lines of a decree (SKB), of a website, of a spreadsheet.

Each line that names a day is understood: "Senin, 1 Januari 2024: Tahun Baru", "2024-01-01;Tahun Baru", "10 s.d.
11 April Idulfitri", "8, 9, dan 12 April", "17-8-2027". A heading such as "Cuti bersama" or "Tahun 2024" holds for
what stands below. No line vanishes: what is not taken as it stands is named, with the reason.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.i18n import gettext as _, speak_date
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
_YEAR = r"(?:\s*[,-]?\s*(?P<year>(?:19|20)\d\d)\b(?!\s*H\b))?"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])"
_WRITTEN = re.compile(
    rf"(?<!\d)(?P<days>{_DAY}(?:(?:\s*(?:,|&|/|\bdan\b|{_TO}))+\s*{_DAY}|\s+{_DAY}){{0,15}}+)\s*[-\s]\s*{_MONTH}(?![a-z]){_YEAR}",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?:[T ]\d\d?:[\d:.]+)?(?!\d)"
)
_SLASHED = re.compile(
    r"(?<!\d)(?P<day>\d\d?) ?(?P<mark>[-/.\u2013\u2014]) ?(?P<month>\d\d?) ?(?P=mark) ?(?P<year>(?:19|20)\d\d)(?!\d)"
)
_NO_DAY = re.compile(rf"\d[\s-]*{_MONTH}(?![a-z])", re.IGNORECASE)
_ALONE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_MARKER = re.compile(r"^\s*(?:[A-Za-z]|[IVX]{1,4}|\d{1,2})[.)]\s*")
_PARTS = re.compile(rf"{_DAY}|{_TO}", re.IGNORECASE)
_AROUND = " \t\u00a0.,;:|\"'()[]*\u2022-\u2013\u2014"
_NUMBERED = re.compile(r"^\s*\d{1,2}\s*[.)]?\s*(?:[\t;|]|$)|^\s*\d{1,2}[.)]\s+")
_JOINT = re.compile(r"cuti\W*bersama", re.IGNORECASE)
_NATIONAL = re.compile(r"libur\W*nasional|hari\W*libur", re.IGNORECASE)
_LOCAL = re.compile(r"libur\W*daerah|hari\W*jadi|fakultatif", re.IGNORECASE)
_LOCAL_HEADING = re.compile(r"libur\W*(?:daerah|fakultatif)", re.IGNORECASE)
_YEAR_HEADING = re.compile(r"\btahun\W*(?:19|20)\d\d|\b(?:kalender|daftar|libur|skb)\b", re.IGNORECASE)
_HEADING_WORD = re.compile(
    r"no|nomor|tanggal|tgl|hari|bulan|tahun|keterangan|nama|jenis|jumlah|kalender|daftar|lampiran|keputusan|bersama|menteri"
    r"|skb|pemerintah|republik|indonesia|nasional|libur|cuti|daerah|fakultatif|tentang|dan|atau|masehi|date|day|name"
)
_WEEKDAY = re.compile(rf"\b{_WEEKDAYS}\b(?:\s*(?:,|dan|{_TO})\s*\b{_WEEKDAYS}\b)*", re.IGNORECASE)
_KINDS = re.compile(r"[;\t|]\s*(?:libur[_ ]nasional|cuti[_ ]bersama|libur[_ ]daerah)\s*(?=[;\t|]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Puzzle:
    """A line that is not taken as it stands, and why: it names no day, or one that stands in the list already."""

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


class _List:
    """The days found so far; whatever is not taken as it stands is named."""

    def __init__(self) -> None:
        self.days: dict[date, HolidayShape] = {}
        self.puzzles: list[Puzzle] = []

    def take(self, number: int, text: str, days: Sequence[date], name: str, kind: str) -> None:
        """Of a day named twice the first counts, and the second is named."""
        for day in days:
            first = self.days.get(day)
            if first is None:
                self.days[day] = HolidayShape(day=day, name=name, kind=kind)
            elif first.name != name or first.kind != kind:
                said = _("{day} sudah disebut sebagai {name}; baris ini tidak menggantinya.")
                self.wonder(
                    number, text, said.format(day=speak_date(day), name=f"{first.name} ({_in_words(first.kind)})")
                )
            else:
                self.wonder(number, text, _("{day} tertulis dua kali; dicatat sekali.").format(day=speak_date(day)))

    def wonder(self, number: int, text: str, why: str) -> None:
        self.puzzles.append(Puzzle(number, text[:100], why))

    def found(self) -> Found:
        return Found([self.days[day] for day in sorted(self.days)], self.puzzles)


def read(lines: Iterable[str], year: int) -> Found:
    """Reads a list; `year` is meant where neither line nor heading names one. Of a day named twice the first counts."""
    heading, listed = _Heading(year, NATIONAL), _List()
    for number, line in enumerate(lines, start=1):
        text = _plain(line)
        if not text:
            continue
        if number > MOST_LINES:
            listed.wonder(number, text, _("Daftar dipotong di sini: terlalu panjang."))
            break
        try:
            days, rest = _days(text, heading.year)
        except ValueError:
            listed.wonder(number, text, _("Tanggal ini tidak ada di kalender."))
            continue
        if not days:
            if why := _puzzling(text, heading):
                listed.wonder(number, text, why)
            continue
        kind = _kind(text, heading)
        listed.take(number, text, days, _name(rest) or _in_words(kind), kind)
        if len(line.strip()) > _LONGEST_LINE or _names_more(rest, days, heading.year):
            listed.wonder(
                number, text, _("Hanya tanggal yang pertama diambil: tulis tiap tanggal pada barisnya sendiri.")
            )
    return listed.found()


def read_entries(entries: Sequence[tuple[date, str]]) -> Found:
    """The same for a calendar's entries: days and their names."""
    listed = _List()
    for number, (day, said) in enumerate(entries, start=1):
        text = _plain(said)
        kind = _kind(text, _Heading(day.year, NATIONAL))
        listed.take(number, text, [day], _name(text) or _in_words(NATIONAL), kind)
    return listed.found()


def _in_words(kind: str) -> str:
    return {NATIONAL: _("Libur nasional"), JOINT: _("Cuti bersama")}.get(kind, _("Libur daerah"))


def _names_more(rest: str, days: Sequence[date], year: int) -> bool:
    """Whether there is another day behind the one that was taken."""
    try:
        return any(day not in days for day in _days(rest, year)[0])
    except ValueError:
        return False


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


def _puzzling(text: str, heading: _Heading) -> str:
    """Why a line without a day should be looked at; empty for a heading, which holds for the lines below it."""
    said = _MARKER.sub("", text)
    if _NO_DAY.search(said):
        return _("Tanggal ini tidak ada di kalender.")
    if re.search(r"\d", _ALONE.sub("", said)):
        return _("Tidak ada tanggal yang dapat dibaca.")
    year, kind = _ALONE.search(said), _kind_of_heading(said)
    words = {word.strip(_AROUND).lower() for word in re.split(r"[\s/]+", _ALONE.sub("", said))} - {""}
    if all(_HEADING_WORD.fullmatch(word) for word in words):
        heading.year, heading.kind = int(year[1]) if year else heading.year, kind or heading.kind
        return ""
    if not kind and not (year and _YEAR_HEADING.search(said)):
        return _("Tidak ada tanggal yang dapat dibaca.")
    heading.year, heading.kind = int(year[1]) if year else heading.year, kind or heading.kind
    return _("Tidak memuat tanggal; dibaca sebagai judul bagi baris di bawahnya.")


def _kind_of_heading(text: str) -> str | None:
    if _JOINT.search(text) and not _NATIONAL.search(text):
        return JOINT
    if _LOCAL_HEADING.search(text):
        return LOCAL
    return NATIONAL if _NATIONAL.search(text) else None
