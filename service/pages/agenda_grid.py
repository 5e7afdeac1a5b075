"""The agenda as it stands in its form: rows and half-days as they were typed, between the stored plan and the inputs.

Fields of a row share their names with those of all other rows, so a form without a script can have any number of them.
A row that nobody works on stands there in one field, its values line by line: two days weigh little on a phone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from service import clock
from service.domain.agenda import Plan
from service.domain.agenda_conflicts import Draft, Entry, HalfDay
from service.models.workshops import AgendaItem, AttendanceBlock, Workshop
from service.pages.forms import BadForm
from service.routers.access import MOST_FIELDS

R = TypeVar("R", "Row", "Half")
MOST_ROWS, MOST_HALVES = 500, 60
_MIDNIGHT = time()
_YEARS = range(1969, 2201)


@dataclass
class Row:
    """An entry as typed. `half` is the key of its half-day.

    `until`: by how many whole days it ends later than its times say, 0 too where it goes on past midnight; empty: it
    ends on its day.
    """

    id: str = ""
    day: str = ""
    starts: str = ""
    ends: str = ""
    until: str = ""
    title: str = ""
    speakers: str = ""
    half: str = ""
    hours: str = ""
    open: bool = field(default=False, compare=False)

    @property
    def packed(self) -> str:
        """All that was typed, in one field."""
        return _packed(self)

    @property
    def blank(self) -> bool:
        """Whether nothing was typed that would be lost."""
        return not (self.id or self.title or self.speakers)


@dataclass
class Half:
    """A half-day as typed. `key` is what rows call it, `kept` whether it is stored: its code stays then.

    `day`, `starts` and `ends` count where no row belongs to it; `before` counts the days the doors open earlier.
    """

    key: str = ""
    kept: str = ""
    code: str = ""
    label: str = ""
    hours: str = ""
    doors: str = ""
    before: str = ""
    day: str = ""
    starts: str = ""
    ends: str = ""
    open: bool = field(default=False, compare=False)

    @property
    def packed(self) -> str:
        """All that was typed, in one field."""
        return _packed(self)


@dataclass
class Grid:
    """What stands in the form; `version` is the workshop's when it was opened, `touched` what a button was about."""

    zone: str
    version: str
    rows: list[Row] = field(default_factory=list)
    halves: list[Half] = field(default_factory=list)
    touched: Row | Half | None = field(default=None, compare=False)

    def touch(self, one: Row | Half, *, alone: bool = False) -> None:
        """Opens a row or half-day; `alone`: all others are closed."""
        everything: list[Row | Half] = [*self.rows, *self.halves]
        for other in everything if alone else ():
            other.open = False
        one.open, self.touched = True, one

    def half_of(self, key: str) -> Half | None:
        """The half-day that rows call so."""
        return next((half for half in self.halves if half.key == key), None)

    def span(self, row: Row) -> tuple[datetime, datetime] | None:
        """When a row begins and ends; None while that is not known."""
        starts, ends = self.moment(row.day, row.starts), self.moment(row.day, row.ends)
        if starts is None or ends is None:
            return None
        overnight = ends <= starts and (bool(row.until) or ends.time() == _MIDNIGHT)
        return starts, ends + timedelta(days=number(row.until) + overnight)

    def moment(self, day: str, at: str) -> datetime | None:
        """The instant that a day and a time of it mean here; None far from the years in which workshops are."""
        try:
            made = datetime.combine(date.fromisoformat(day), time.fromisoformat(at), clock.zone(self.zone))
        except ValueError:
            return None
        return made if made.year in _YEARS else None

    def doors(self, half: Half) -> datetime | None:
        """When the doors of a half-day open; None: an hour before."""
        mine = [span[0] for row in self.rows if row.half == half.key and (span := self.span(row))]
        day = clock.local_date(min(mine), self.zone).isoformat() if mine else half.day
        at = self.moment(day, half.doors)
        return at - timedelta(days=number(half.before)) if at else None

    def arrange(self) -> "Grid":
        """Puts the rows in order of time; those of an unknown time come last in their day."""
        self.rows.sort(key=lambda row: (row.day, row.starts or "~"))
        return self

    def draft(self, workshop: Workshop) -> Draft:
        """What of it can be judged already; the places are those of rows and half-days."""
        codes = {half.key: half.code for half in self.halves}
        entries = [
            Entry(place, row.title or "…", *span, codes.get(row.half), number(row.hours))
            for place, row in enumerate(self.rows)
            if (span := self.span(row))
        ]
        return Draft(workshop.starts_at, workshop.ends_at, workshop.timezone, entries, list(self._judged()))

    def _judged(self) -> Iterator[HalfDay]:
        for place, half in enumerate(self.halves):
            times = self.moment(half.day, half.starts), self.moment(half.day, half.ends)
            yield HalfDay(place, half.code, half.label or half.code, number(half.hours), self.doors(half), *times)


def number(text: str) -> int:
    """A small whole number; what is none counts as 0."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def of_plan(plan: Plan) -> Grid:
    """The grid of a stored plan."""
    zone = plan.workshop.timezone
    keys = {block.id: f"s{place}" for place, block in enumerate(plan.blocks)}
    return Grid(
        zone,
        str(plan.workshop.version),
        [_row(item, zone, keys[item.block_id] if item.block_id else "") for item in plan.items],
        [_half(block, zone, keys[block.id]) for block in plan.blocks],
    ).arrange()


def of_form(form: FormData, zone: str) -> Grid:
    """What was typed. Raises BadForm."""
    version = form.get("version")
    grid = Grid(
        zone,
        version if isinstance(version, str) else "",
        _lines(Row, form, "row", MOST_ROWS),
        _lines(Half, form, "half", MOST_HALVES),
    )
    if len({half.key for half in grid.halves}) < len(grid.halves):
        raise BadForm
    return grid


async def sent(request: Request) -> FormData:
    """The fields of the form. Raises BadForm."""
    try:
        return await request.form(max_files=0, max_fields=MOST_FIELDS)
    except HTTPException as broken:
        raise BadForm from broken


def days_of(workshop: Workshop, rows: Iterable[Row]) -> list[str]:
    """The days that rows can stand on: those of the workshop, and those on which rows stand."""
    first = clock.local_date(workshop.starts_at, workshop.timezone)
    last = clock.local_date(workshop.ends_at - timedelta(microseconds=1), workshop.timezone)
    own = [first + timedelta(days=count) for count in range(min((last - first).days + 1, MOST_HALVES))]
    return sorted({day.isoformat() for day in own} | {row.day for row in rows if is_day(row.day)})


def is_day(text: str) -> bool:
    """Whether it is a date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def until_of(start: datetime, end: datetime, zone: str) -> str:
    """What a row says of the days on which it goes on."""
    begins, ends = clock.in_zone(start, zone), clock.in_zone(end, zone)
    later = (ends.date() - begins.date()).days
    return str(later - (ends.time() <= begins.time())) if later > 0 else ""


def clock_of(instant: datetime, zone: str) -> str:
    """As a field of type time holds it."""
    local = clock.in_zone(instant, zone)
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def _names(kind: type[Row | Half]) -> list[str]:
    """What a row or half-day consists of, in the order in which one field has it."""
    return [one.name for one in fields(kind) if one.compare]


def _packed(one: Row | Half) -> str:
    return "\n".join(str(getattr(one, name)) for name in _names(type(one)))


def _lines(kind: type[R], form: FormData, prefix: str, most: int) -> list[R]:
    """The rows in the order in which they stand: a closed one is one field, an open one begins with its first."""
    names = _names(kind)
    found: list[dict[str, str]] = []
    opened: list[bool] = []
    for field_name, value in form.multi_items():
        own, _dash, name = field_name.partition("-")
        if own != prefix:
            continue
        if not name or name == names[0]:
            found.append({})
            opened.append(bool(name))
        given = {name: _line(value)} if name else _unpacked(names, value)
        if not found or found[-1].keys() & given.keys():
            raise BadForm
        found[-1] |= given
    if len(found) > most or any(one.keys() != set(names) for one in found):
        raise BadForm
    return [kind(**values, open=is_open) for values, is_open in zip(found, opened, strict=True)]


def _unpacked(names: Sequence[str], value: object) -> dict[str, str]:
    values = value.replace("\r\n", "\n").split("\n") if isinstance(value, str) else []
    if len(values) != len(names):
        raise BadForm
    return {name: _line(one) for name, one in zip(names, values, strict=True)}


def _line(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise BadForm
    return value.strip()


def _row(item: AgendaItem, zone: str, half: str) -> Row:
    return Row(
        id=str(item.id),
        day=clock.local_date(item.starts_at, zone).isoformat(),
        starts=clock_of(item.starts_at, zone),
        ends=clock_of(item.ends_at, zone),
        until=until_of(item.starts_at, item.ends_at, zone),
        title=item.title,
        speakers="; ".join(item.speakers),
        half=half,
        hours=str(item.hours) if item.hours else "",
    )


def _half(block: AttendanceBlock, zone: str, key: str) -> Half:
    day = clock.local_date(block.starts_at, zone)
    before = (day - clock.local_date(block.checkin_from, zone)).days
    return Half(
        key=key,
        kept="1",
        code=block.code,
        label=block.label,
        hours=str(block.hours),
        doors=clock_of(block.checkin_from, zone),
        before=str(before) if before > 0 else "",
        day=day.isoformat(),
        starts=clock_of(block.starts_at, zone),
        ends=clock_of(block.ends_at, zone),
    )
