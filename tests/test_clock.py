"""Days at the edges of the calendar, and working days."""

from datetime import UTC, date, datetime

import pytest

from service import clock

ZONES = ["Asia/Makassar", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_local_day_begins_and_ends_in_utc() -> None:
    day = date(2023, 7, 3)
    assert clock.start_of_day(day, "Asia/Makassar") == instant("2023-07-02T16:00:00+00:00")
    assert clock.end_of_day(day, "Asia/Makassar") == instant("2023-07-03T15:59:59.999999+00:00")
    assert clock.local_date(instant("2023-07-02T16:00:00+00:00"), "Asia/Makassar") == day


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_stay_inside_the_calendar(day: date, zone: str) -> None:
    start, end = clock.start_of_day(day, zone), clock.end_of_day(day, zone)
    assert start < end
    assert start.tzinfo is UTC
    assert end.tzinfo is UTC
    assert {clock.local_date(start, zone), clock.local_date(end, zone)} <= {day}


def test_what_lies_outside_is_the_first_or_the_last_instant() -> None:
    assert clock.start_of_day(date.min, "Asia/Makassar") == datetime.min.replace(tzinfo=UTC)
    assert clock.end_of_day(date.max, "America/Los_Angeles") == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "until", "holidays", "expected"),
    [
        ("2023-07-14", "2023-08-01", ["2023-07-19"], 11),
        ("2023-07-14", "2023-08-01", [], 12),
        ("2023-07-14", "2023-08-01", ["2023-07-15", "2023-07-14", "2023-08-02"], 12),
        ("2023-07-14", "2023-07-14", [], 0),
        ("2023-07-14", "2023-07-13", [], 0),
        ("2023-07-14", "2023-07-16", [], 0),
        ("2023-07-14", "2023-07-17", [], 1),
        ("2023-07-15", "2023-07-22", [], 5),
        ("2023-07-14", "2023-08-01", ["2023-07-19", "2023-08-01"], 10),
        ("0001-01-01", "9999-12-31", [], 2608614),
    ],
)
def test_working_days_are_monday_to_friday_without_holidays(
    after: str, until: str, holidays: list[str], expected: int
) -> None:
    days = [date.fromisoformat(one) for one in holidays]
    assert clock.working_days(date.fromisoformat(after), date.fromisoformat(until), days) == expected
