"""Calendars of holidays from outside (iCalendar, RFC 5545): whole days and their names, nothing else."""

from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from service.errors import Refusal
from service.i18n import marked as _

MOST_DAYS = 2_000
_MOST_PARTS = 5_000
_LONGEST = 31
_BEGIN = b"BEGIN:VCALENDAR"


class CalendarUnreadable(Refusal):
    """Not a calendar that we understand."""

    status, code = 422, "calendar_unreadable"
    title = _("Berkas kalender tidak dapat dibaca")
    detail = _("Unduh lagi berkas .ics tersebut, atau tempelkan daftarnya sebagai teks.")


def is_calendar(head: bytes) -> bool:
    """Whether a file that begins like this is a calendar."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[: len(_BEGIN)].upper() == _BEGIN


def read(content: bytes) -> list[tuple[date, str]]:
    """The days of its entries, each with its name; cancelled ones are left out. Raises CalendarUnreadable."""
    if content.upper().count(b"BEGIN:") > _MOST_PARTS:
        raise CalendarUnreadable
    try:
        calendar = Calendar.from_ical(content)
        events = [one for one in calendar.walk("VEVENT") if isinstance(one, Event) and one.get("STATUS") != "CANCELLED"]
        found = [(day, str(one.get("SUMMARY", ""))) for one in events for day in _days(one.start, one.end)]
    except (ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError) as broken:
        raise CalendarUnreadable from broken
    return found[:MOST_DAYS]


def _days(start: date | datetime, end: date | datetime) -> list[date]:
    """DTEND of whole days is the day after the last one."""
    first = start.date() if isinstance(start, datetime) else start
    last = end.date() if isinstance(end, datetime) else end - timedelta(days=1)
    count = min(max((last - first).days, 0), _LONGEST)
    return [first + timedelta(days=one) for one in range(count + 1)]
