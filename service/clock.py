"""The only clock. Domain time can be moved (demo, tests); leases, sessions and signatures use real time.

Everything is stored in UTC and spoken in the organizer's zone.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_offset = timedelta()
_frozen: datetime | None = None


def real_now() -> datetime:
    """The machine's own time, UTC. For sessions, leases, signatures and limits."""
    return datetime.now(UTC)


def now() -> datetime:
    """Domain time, UTC: the machine's time plus the demo's offset, or the instant at which a test froze it."""
    return _frozen or real_now() + _offset


def shift(offset: timedelta) -> None:
    """Let domain time run `offset` away from real time."""
    global _offset, _frozen
    _offset, _frozen = offset, None


def freeze(instant: datetime | None) -> None:
    """Hold domain time at `instant`; None lets it run again."""
    global _frozen  # noqa: PLW0603 - one process has one clock
    _frozen = None if instant is None else instant.astimezone(UTC)


def zone(name: str) -> ZoneInfo:
    """The IANA zone `name`. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)


def in_zone(instant: datetime, timezone: str) -> datetime:
    """The same instant as `timezone` writes it; in UTC where that would leave the calendar."""
    try:
        return instant.astimezone(zone(timezone))
    except OverflowError:
        return instant.astimezone(UTC)


def local_date(instant: datetime, timezone: str) -> date:
    """The calendar day on which `instant` falls in `timezone`."""
    return in_zone(instant, timezone).date()


def start_of_day(day: date, timezone: str) -> datetime:
    """00:00 of the local day, in UTC, kept inside the calendar."""
    try:
        return datetime.combine(day, time.min, zone(timezone)).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def end_of_day(day: date, timezone: str) -> datetime:
    """The last microsecond of the local day, in UTC: what a date given as `as_of` means. Kept inside the calendar."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1), timezone) - timedelta(microseconds=1)


def working_days(after: date, until: date, holidays: Collection[date]) -> int:
    """Working days later than `after`, up to and including `until`: Monday to Friday minus `holidays`.

    Zero when `until` is not later than `after`.
    """
    span = (until - after).days
    if span <= 0:
        return 0
    weeks, rest = divmod(span, 7)
    weekdays = weeks * 5 + sum((after + timedelta(days=n)).weekday() < 5 for n in range(1, rest + 1))
    return weekdays - sum(after < day <= until and day.weekday() < 5 for day in set(holidays))
