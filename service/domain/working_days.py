"""Working days: Monday to Friday minus the organizer's holidays; see also `clock.working_days`."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.models.organizers import Holiday

_DAY = timedelta(days=1)
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)
"""Between them there are working days to count. A due date outside stands for none: of it nobody is reminded."""


async def holidays_of(session: AsyncSession, organizer_id: UUID) -> frozenset[date]:
    """The organizer's holidays, of all years."""
    return frozenset(await session.exec(select(col(Holiday.day)).where(Holiday.organizer_id == organizer_id)))


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    """Whether people work on that day."""
    return day.weekday() < 5 and day not in holidays


def working_day_until(day: date, holidays: Collection[date]) -> date:
    """The day itself, or the last working day before it."""
    while not is_working_day(day, holidays):
        day -= _DAY
    return day


def working_day_before(day: date, holidays: Collection[date]) -> date:
    """The last working day earlier than `day`."""
    return working_day_until(day - _DAY, holidays)


def next_working_day(day: date, holidays: Collection[date]) -> date:
    """The first working day later than `day`."""
    day += _DAY
    while not is_working_day(day, holidays):
        day += _DAY
    return day


def after_working_days(day: date, count: int, holidays: Collection[date]) -> date:
    """The day on which what was due on `day` is `count` working days late; `day` itself for none."""
    for _turn in range(count):
        day = next_working_day(day, holidays)
    return day


def monday_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - _DAY * day.weekday()


def working_week(monday: date, holidays: Collection[date]) -> list[date]:
    """The working days of the week that begins then; none in a week of holidays."""
    return [day for day in (monday + _DAY * ahead for ahead in range(5)) if is_working_day(day, holidays)]
