"""A workshop's days as Zoom can hold them: one meeting, or one that recurs every so many days at one time of day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import gcd

from pydantic import JsonValue

from service import clock
from service.clients.rooms import RoomRefused

MOST_OCCURRENCES = 60
_LONGEST_GAP = 99
_ONE_TIME, _RECURRING = 2, 8
# Zoom's published list of time zones lacks Asia/Makassar and Asia/Jayapura; these it has.
_ZONE_BY_HOURS = {7: "Asia/Jakarta", 8: "Asia/Singapore", 9: "Asia/Tokyo"}

Days = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Schedule:
    """`count` occurrences every `gap` days from `start` (UTC), each `minutes` long; those not on `dates` are too many.

    `dates` are calendar days in `timezone`, which is one that Zoom knows.
    """

    timezone: str
    start: datetime
    minutes: int
    gap: int
    count: int
    dates: frozenset[date]

    @property
    def too_many(self) -> int:
        """How many occurrences have to be deleted again."""
        return self.count - len(self.dates)

    def wants(self, start: datetime) -> bool:
        """Whether an occurrence that starts then is one of ours."""
        return clock.local_date(start, self.timezone) in self.dates

    def fields(self, *, recurring: bool) -> dict[str, JsonValue]:
        """The fields of Zoom's meeting that tell the times."""
        fields: dict[str, JsonValue] = {
            "type": _RECURRING if recurring else _ONE_TIME,
            "start_time": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
            "duration": self.minutes,
            "timezone": self.timezone,
        }
        if recurring:
            fields["recurrence"] = {"type": 1, "repeat_interval": self.gap, "end_times": self.count}
        return fields


def schedule(days: Days, timezone: str) -> Schedule:
    """The fewest occurrences that hold every day, each from the earliest start to the latest end of all days.

    Raises RoomRefused when Zoom cannot hold that many.
    """
    if not days:
        raise RoomRefused("kegiatan tanpa jadwal tidak dapat dibuatkan rapat")
    zone = zoom_zone(timezone, days[0][0])
    spans = [_times_of_day(start, end, zone) for start, end in days]
    dates = sorted({day for day, _, _ in spans})
    earliest = min(start for _, start, _ in spans)
    minutes = -(-(max(end for _, _, end in spans) - earliest) // timedelta(minutes=1))
    gap = _gap(dates)
    count = (dates[-1] - dates[0]).days // gap + 1
    if count > MOST_OCCURRENCES:
        raise RoomRefused(
            f"jadwal ini memerlukan {count} pertemuan; Zoom membolehkan {MOST_OCCURRENCES} dalam satu rapat"
        )
    start = clock.start_of_day(dates[0], zone) + earliest
    return Schedule(zone, start, max(minutes, 1), gap, count, frozenset(dates))


def zoom_zone(timezone: str, at: datetime) -> str:
    """A zone on Zoom's list that has the same offset as `timezone`, UTC where we know none."""
    offset = clock.in_zone(at, timezone).utcoffset() or timedelta()
    return _ZONE_BY_HOURS.get(int(offset / timedelta(hours=1)), "UTC") if not offset % timedelta(hours=1) else "UTC"


def _times_of_day(start: datetime, end: datetime, zone: str) -> tuple[date, timedelta, timedelta]:
    """The day on which it starts, and both times as counted from that day's midnight."""
    day = clock.local_date(start, zone)
    midnight = datetime.combine(day, time.min, clock.zone(zone))
    return day, start - midnight, end - midnight


def _gap(dates: Sequence[date]) -> int:
    """The longest step, of those that Zoom can take, that meets every date."""
    common = gcd(*((later - earlier).days for earlier, later in pairwise(dates)))
    return next((step for step in range(min(common, _LONGEST_GAP), 1, -1) if common % step == 0), 1)
