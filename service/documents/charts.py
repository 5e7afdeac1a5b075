"""Drawings of the dashboard as SVG: bars of shares, and steps that climb. Plain figures in, no words, no other colours
than the page's own: each part carries a class and, for paper, a colour that stands where no sheet says otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from markupsafe import Markup

WIDE, HIGH = 1000, 400
"""Units of a drawing. A page stretches it to whatever room there is; lines keep their width."""
PAPER: Mapping[str, str] = {
    "accepted": "#1b7f3b",
    "review": "#2f6db5",
    "owed": "#d9a520",
    "overdue": "#b3261e",
    "gone": "#9aa0a6",
}
"""What a part of a bar is about, and its colour where there is no style sheet."""
LINES: Mapping[str, str] = {
    "asked": "#5f6368",
    "due": PAPER["overdue"],
    "review": PAPER["review"],
    "accepted": PAPER["accepted"],
}
"""What a line of a plot is about, and its colour."""
_STEPS = (2, 4, 6, 8, 10)


class Point(Protocol):
    """See models.dashboard_shapes.BurnUpPoint."""

    @property
    def day(self) -> date: ...
    @property
    def standing(self) -> int: ...
    @property
    def delivered(self) -> int: ...
    @property
    def accepted(self) -> int: ...


class Due(Protocol):
    """See models.dashboard_shapes.BurnUpDue."""

    @property
    def day(self) -> date: ...
    @property
    def due(self) -> int: ...


class BurnUp(Protocol):
    """See models.dashboard_shapes.BurnUpRead."""

    @property
    def points(self) -> Sequence[Point]: ...
    @property
    def due(self) -> Sequence[Due]: ...


@dataclass(frozen=True)
class Step:
    """From this day on the line stands so high."""

    day: date
    value: int


@dataclass(frozen=True)
class Plot:
    """Steps to draw between two days: what was asked for and due, what came and was accepted, up to `until`."""

    first: date
    last: date
    until: date
    top: int
    standing: Sequence[Step]
    due: Sequence[Step]
    delivered: Sequence[Step]
    accepted: Sequence[Step]

    @property
    def ticks(self) -> list[date]:
        """Five days, or fewer in a short time, in equal distances: the first and the last are the ends."""
        span = (self.last - self.first).days
        count = min(4, span) or 1
        return [self.first + timedelta(days=round(span * n / count)) for n in range(count + 1)]

    @property
    def rungs(self) -> list[int]:
        """Figures at the left, from the top down to 0."""
        return [self.top, self.top // 2, 0]


def plot(read: BurnUp, until: date) -> Plot | None:
    """The burn-up as steps that end on `until`; None as long as nothing was asked for."""
    if not read.points:
        return None
    first = min([read.points[0].day, *(one.day for one in read.due)])
    last = max([until, *(one.day for one in read.due)])
    # Behind the last due date, so that its step is seen.
    room = timedelta(days=(last - first).days // 25 + 1)
    return Plot(
        first=first,
        last=min(last, date.max - room) + room,
        until=until,
        top=top_of(max([*(one.standing for one in read.points), *(one.due for one in read.due)])),
        standing=[Step(one.day, one.standing) for one in read.points],
        due=[Step(one.day, one.due) for one in read.due],
        delivered=[Step(one.day, one.delivered) for one in read.points],
        accepted=[Step(one.day, one.accepted) for one in read.points],
    )


def figures(read: BurnUp, until: date) -> list[tuple[date, int, int, int, int]]:
    """The drawing in figures (day, asked, due, delivered, accepted): every day on which one of its lines rises or
    falls, and the day it ends.
    """
    days = sorted({*(one.day for one in read.points), *(one.day for one in read.due if one.day <= until), until})
    rows = []
    for day in days:
        due = max((one.due for one in read.due if one.day <= day), default=0)
        point = next((one for one in reversed(read.points) if one.day <= day), None)
        came = (point.standing, point.delivered, point.accepted) if point else (0, 0, 0)
        rows.append((day, came[0], due, came[1], came[2]))
    return rows


def top_of(highest: int) -> int:
    """A round and even figure not below the highest one."""
    size: int = 10 ** (len(str(max(highest, 1))) - 1)
    return next(step * size for step in _STEPS if step * size >= highest)


def bar(parts: Sequence[tuple[str, int]]) -> Markup:
    """A bar cut in proportion; `parts` are names of PAPER and counts. Empty without any."""
    total = sum(count for _name, count in parts)
    drawn, left = [], 0.0
    for name, count in parts:
        if count:
            width = count * WIDE / total
            drawn.append(
                f'<rect class="part part-{name}" x="{left:.1f}" width="{width:.1f}" height="10" fill="{PAPER[name]}"/>'
            )
            left += width
    box = f'viewBox="0 0 {WIDE} 10" preserveAspectRatio="none" aria-hidden="true" focusable="false"'
    return Markup('<svg class="bar-parts" {}>{}</svg>').format(Markup(box), Markup("".join(drawn)))  # noqa: S704 - figures and own names


def steps(plot: Plot, said: str, *, dated: bool = True) -> Markup:
    """The lines of a plot, that of the due dates only if `dated`; `said` tells by ear what they show."""
    body = "".join(
        [
            *_grid(plot),
            _area(plot, plot.delivered, "review"),
            _area(plot, plot.accepted, "accepted"),
            _line(plot, plot.standing, plot.until, "asked", "2 6"),
            *([_line(plot, plot.due, plot.last, "due", "10 5")] if dated else []),
            _line(plot, plot.delivered, plot.until, "review"),
            _line(plot, plot.accepted, plot.until, "accepted"),
            _upright(plot, plot.until, "until", "#1a1e23"),
        ]
    )
    box = f'viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" role="img"'
    return Markup('<svg class="steps" {} aria-label="{}">{}</svg>').format(Markup(box), said, Markup(body))  # noqa: S704 - figures and own names


def _grid(plot: Plot) -> list[str]:
    level = [f"M0 {_y(plot, rung):.1f}H{WIDE}" for rung in plot.rungs]
    return [f'<path class="grid" d="{"".join(level)}" fill="none" stroke="#cccccc" {_KEEP}/>']


_KEEP = 'vector-effect="non-scaling-stroke"'


def _x(plot: Plot, day: date) -> float:
    return (day - plot.first).days * WIDE / max((plot.last - plot.first).days, 1)


def _y(plot: Plot, value: int) -> float:
    return HIGH - value * HIGH / plot.top


def _path(plot: Plot, line: Sequence[Step], until: date) -> str:
    """Flat until the day on which it rises; what is there on the first day does not rise."""
    start = line[0].value if line and line[0].day == plot.first else 0
    rises = [f"H{_x(plot, step.day):.1f}V{_y(plot, step.value):.1f}" for step in line if step.day <= until]
    return "".join([f"M0 {_y(plot, start):.1f}", *rises, f"H{_x(plot, until):.1f}"])


def _line(plot: Plot, line: Sequence[Step], until: date, name: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path class="line line-{name}" d="{_path(plot, line, until)}" fill="none" stroke="{LINES[name]}" '
        f'stroke-width="2.5"{dashed} {_KEEP}/>'
    )


def _area(plot: Plot, line: Sequence[Step], name: str) -> str:
    ground = f"{_path(plot, line, plot.until)}V{HIGH}H0Z"
    return f'<path class="area area-{name}" d="{ground}" fill="{PAPER[name]}" fill-opacity="0.18"/>'


def _upright(plot: Plot, day: date, name: str, colour: str) -> str:
    return f'<path class="{name}" d="M{_x(plot, day):.1f} 0V{HIGH}" fill="none" stroke="{colour}" {_KEEP}/>'
