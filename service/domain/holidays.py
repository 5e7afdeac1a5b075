"""Holidays of a house, one by one or by whole years; what a change of them would move is known beforehand."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import due_dates
from service.domain.due_dates import Dates, Move
from service.models.commitments import DueRule
from service.models.organizers_shapes import HolidayShape


@dataclass(frozen=True)
class Plan:
    """All holidays as they would be, and what becomes different; `changed` are those with another name or kind."""

    items: list[HolidayShape]
    added: list[HolidayShape]
    changed: list[HolidayShape]
    removed: list[HolidayShape]
    same: int

    @property
    def differs(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.removed)


Change = Callable[[list[HolidayShape]], Plan]
"""What somebody wants done to the days as they stand."""


def plan(current: Iterable[HolidayShape], wanted: Iterable[HolidayShape], *, whole: bool = False) -> Plan:
    """Adds or renames what is `wanted`; as a `whole` list it also takes out what it lacks in the years it names."""
    now, new = {one.day: one for one in current}, {one.day: one for one in wanted}
    years = {day.year for day in new} if whole else set()
    gone = {day for day in now if day.year in years and day not in new}
    kept = {day: one for day, one in now.items() if day not in gone} | new
    return Plan(
        items=[kept[day] for day in sorted(kept)],
        added=[new[day] for day in sorted(new.keys() - now.keys())],
        changed=[new[day] for day in sorted(new.keys() & now.keys()) if new[day] != now[day]],
        removed=[now[day] for day in sorted(gone)],
        same=sum(1 for day in new.keys() & now.keys() if new[day] == now[day]),
    )


def without(current: Iterable[HolidayShape], day: date) -> Plan:
    """All but that day."""
    rows = list(current)
    kept = [one for one in rows if one.day != day]
    return Plan(kept, [], [], [one for one in rows if one.day == day], len(kept))


async def moves(session: AsyncSession, organizer_id: UUID, items: Sequence[HolidayShape]) -> list[Move]:
    """The due dates that would move if these were the house's holidays: those counted in working days."""
    dates = replace(await Dates.of(session, organizer_id), holidays=frozenset(one.day for one in items))
    return await due_dates.would_move(session, organizer_id, dates, rule=DueRule.WORKSHOP)
