"""Times as meeting reports write them. Which of two numbers is the month is settled by the days of the event."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

from service.errors import Refusal
from service.i18n import marked as _

_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap])?(?(half)\.?\s?m\.?)\s*(?P<offset>z|utc|gmt|wib|wita|wit|[+-]\d{2}:?\d{2})?"
)
_NUMBERS = re.compile(
    rf"(?P<one>\d{{1,4}})(?P<mark>[/.-])(?P<two>\d{{1,2}})(?P=mark)(?P<three>\d{{1,4}})(?:,?\s+|t){_CLOCK}"
)
_NAMED = re.compile(
    r"(?:[a-z]+,\s+)?(?:(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})|(?P<day_first>\d{1,2})[\s-]+(?P<month_last>[a-z]{3,9})\.?)"
    rf",?[\s-]+(?P<year>\d{{4}}),?\s+(?:(?:pukul|at)\s+)?{_CLOCK}"
)
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "mei": 5, "jun": 6, "jul": 7, "aug": 8, "agu": 8, "ags": 8,
    "agt": 8, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "nop": 11, "dec": 12, "des": 12,
}  # fmt: skip
_OFFSETS = {"z": 0, "utc": 0, "gmt": 0, "wib": 7, "wita": 8, "wit": 9}
_NOON = 12
_YEARS = range(1970, 2200)
_LONGEST = 60


class Order(StrEnum):
    """What the first of two numbers is."""

    MONTH_FIRST = "month_first"
    DAY_FIRST = "day_first"


class ReportDatesUnclear(Refusal):
    """Nobody can tell day from month, and no reading falls on the event's days."""

    status, code = 422, "report_dates_unclear"
    title = _("Tanggal pada laporan tidak jelas")
    detail = _(
        "Tanggal pada laporan tidak jatuh pada hari kegiatan, atau hari dan bulannya dapat tertukar. Pastikan laporan "
        "berasal dari rapat kegiatan ini; bila benar, ubah kolom waktunya menjadi TTTT-BB-HH JJ:MM, lalu kirim kembali."
    )


@dataclass(frozen=True, slots=True)
class Written:
    """A time as it stands in a cell. `month_first` is None where the numbers do not say which is the month."""

    year: int
    one: int
    two: int
    at: time
    offset: timedelta | None
    month_first: bool | None = None

    def on(self, order: Order) -> date | None:
        """The day it says, read in that order; None when there is no such day."""
        first = order is Order.MONTH_FIRST if self.month_first is None else self.month_first
        month, day = (self.one, self.two) if first else (self.two, self.one)
        try:
            return date(self.year, month, day) if self.year in _YEARS else None
        except ValueError:
            return None

    def instant(self, order: Order, zone: tzinfo) -> datetime | None:
        """The instant, in `zone` where the cell names none; None when there is no such day."""
        day = self.on(order)
        where = zone if self.offset is None else timezone(self.offset)
        return None if day is None else datetime.combine(day, self.at, where)


def read(text: str) -> Written | None:
    """What a cell says; None for what is no time."""
    plain = " ".join(text.split()).casefold()
    if len(plain) > _LONGEST:
        return None
    if found := _NUMBERS.fullmatch(plain):
        return _numbers(found)
    if found := _NAMED.fullmatch(plain):
        return _named(found)
    return None


def settle(written: Sequence[Written], days: tuple[date, date]) -> Order | None:
    """How a file writes its dates; None where it makes no odds. `days`: the first and the last one of the event.

    Raises ReportDatesUnclear.
    """
    readable = [one for one in written if any(one.on(order) for order in Order)]
    open_ones = [one for one in readable if one.month_first is None and one.one != one.two]
    if not open_ones:
        return None
    valid = {order: [day for one in open_ones if (day := one.on(order))] for order in Order}
    most = max(len(found) for found in valid.values())
    readings = {order: found for order, found in valid.items() if len(found) == most}
    for slack in (timedelta(days=1), timedelta()):
        fitting = [order for order, found in readings.items() if any(_within(day, days, slack) for day in found)]
        if len(fitting) == 1:
            return fitting[0]
    if len(readings) == 1:
        return next(iter(readings))
    near = any(_within(day, days, timedelta(days=1)) for found in readings.values() for day in found)
    if not near and len(open_ones) < len(readable):
        return None  # refused row by row either way; the others say clearly enough which day they mean
    raise ReportDatesUnclear


def _within(day: date, days: tuple[date, date], slack: timedelta) -> bool:
    return days[0] - slack <= day <= days[1] + slack


def _numbers(found: re.Match[str]) -> Written | None:
    at = _clock(found)
    if at is None:
        return None
    one, two, three = found["one"], found["two"], found["three"]
    if len(one) == 4 and len(three) <= 2:
        return Written(int(one), int(two), int(three), at, _offset(found), month_first=True)
    if len(one) > 2 or len(three) not in (2, 4):
        return None
    year = int(three) + (2000 if len(three) == 2 else 0)
    return Written(year, int(one), int(two), at, _offset(found))


def _named(found: re.Match[str]) -> Written | None:
    at = _clock(found)
    month = _MONTHS.get((found["month"] or found["month_last"])[:3])
    if at is None or month is None:
        return None
    day = int(found["day"] or found["day_first"])
    return Written(int(found["year"]), month, day, at, _offset(found), month_first=True)


def _clock(found: re.Match[str]) -> time | None:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if found["half"] == "p" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def _offset(found: re.Match[str]) -> timedelta | None:
    text = found["offset"]
    if not text:
        return None
    if text in _OFFSETS:
        return timedelta(hours=_OFFSETS[text])
    hours, minutes = int(text[1:3]), int(text[-2:])
    size = timedelta(hours=min(hours, 23), minutes=min(minutes, 59))
    return -size if text[0] == "-" else size
