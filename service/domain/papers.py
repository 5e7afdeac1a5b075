"""What official papers share: letterhead, signatory, dates. Indonesian whoever reads them (Tata Naskah Dinas)."""

from datetime import date, datetime, timedelta

from babel.dates import format_date

from service import clock
from service.models.organizers import Organizer
from service.models.workshops import Workshop, WorkshopStatus

_HEAD = ("government", "address", "contact", "place")
_SIGNATORY = ("signatory_office", "signatory_name", "signatory_rank", "signatory_nip")

Written = dict[str, object]
"""JSON values, as the templates take them."""


def head_of(organizer: Organizer) -> Written:
    """The words of the letterhead and whose signature there is room for; None where nothing is said."""
    head: Written = {name: organizer.letterhead.get(name) for name in (*_HEAD, *_SIGNATORY)}
    return head | {"office": organizer.letterhead.get("office") or organizer.name}


def called_off(workshop: Workshop) -> list[tuple[str, str]]:
    """What papers about a cancelled workshop say of that."""
    return [("Keterangan", "kegiatan dibatalkan")] if workshop.status is WorkshopStatus.CANCELLED else []


def spoken_days(workshop: Workshop) -> str:
    """'Senin s.d. Selasa, 3 s.d. 4 Juli 2023'."""
    first, last = days_of(workshop)
    if first == last:
        return long_date(first)
    names = " s.d. ".join(format_date(day, "EEEE", locale="id") for day in (first, last))
    return f"{names}, {day_range(first, last)}"


def days_of(workshop: Workshop) -> tuple[date, date]:
    """The first and the last day; a workshop that ends at midnight has ended on the day before."""
    first = clock.local_date(workshop.starts_at, workshop.timezone)
    return first, max(first, clock.local_date(workshop.ends_at - timedelta(microseconds=1), workshop.timezone))


def day_range(first: date, last: date) -> str:
    """'3 s.d. 4 Juli 2023', or '3 Juli 2023' when both are one day."""
    whole = format_date(last, "d MMMM y", locale="id")
    if first == last:
        return whole
    begin = "d MMMM y" if first.year != last.year else "d MMMM" if first.month != last.month else "d"
    return f"{format_date(first, begin, locale='id')} s.d. {whole}"


def long_date(day: date) -> str:
    """'Senin, 3 Juli 2023'."""
    return format_date(day, "EEEE, d MMMM y", locale="id")


def clock_time(instant: datetime, zone: str) -> str:
    """'08.30 WITA'."""
    return clock.in_zone(instant, zone).strftime("%H.%M %Z")


def clock_hours(start: datetime, end: datetime, zone: str) -> str:
    """'08.30 to 10.00 WITA', with a dash."""
    return f"{clock_time(start, zone).split(' ', maxsplit=1)[0]}\u2013{clock_time(end, zone)}"
