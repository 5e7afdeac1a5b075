"""What the dashboard says, gathered for its pages: the committee's, a screen's, everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.auth import Actor
from service.documents import charts
from service.domain import reports
from service.i18n import gettext as _
from service.models.dashboard_shapes import BurnUpRead, CellRead, MatrixDimension, MatrixRead, MatrixRow
from service.models.reports import DashboardRead, DelayRead, ReadinessRead
from service.models.workshops import Workshop
from service.pages.forms import Option

BANDS = ((1, 5), (6, 10), (11, 20), (21, None))
"""Working days of delay, as the page counts them together: a week, two, a month, longer."""
ADDRESSED = 5
"""Organisations named as those who have to act."""


@dataclass(frozen=True)
class Band:
    """Commitments late by so many working days."""

    label: str
    count: int
    bar: Markup


@dataclass(frozen=True)
class Dimension:
    """A dimension: its readiness in items, its commitments, and the bar that parts them."""

    code: str
    label: str
    short: str
    ready: ReadinessRead
    cell: CellRead
    bar: Markup


@dataclass(frozen=True)
class Debtor:
    """An organisation that is late: how many items, and by how many working days the oldest is."""

    code: str
    name: str
    items: int
    days: int


@dataclass(frozen=True)
class Chart:
    """The burn-up: the drawing, what stands beside it, and the same in figures."""

    drawing: Markup
    said: str
    rungs: Sequence[int]
    ticks: Sequence[date]
    rows: Sequence[tuple[date, int, int, int, int]]
    """Day, asked, due, delivered, accepted."""
    dated: bool = True
    """Whether due dates are shown."""


@dataclass(frozen=True)
class View:
    """Everything that any of the pages shows of one workshop at one moment."""

    workshop: Workshop
    as_of: str
    """As it stands in addresses: a day, or empty for now."""
    day: date
    overview: DashboardRead
    matrix: MatrixRead
    dimensions: list[Dimension]
    rows: list[MatrixRow]
    debtors: list[Debtor]
    bands: list[Band]
    chart: Chart | None
    ready: ReadinessRead
    moments: list[Option]
    ahead: bool
    """Whether the day asked about has not come yet."""

    @property
    def unanswered(self) -> int:
        """Requests without an answer."""
        return self.matrix.total.standing - self.matrix.total.committed

    def query(self, **more: str) -> str:
        """The part of an address that leads to what is meant: the workshop, the moment, and `more`."""
        parts = {"workshop": str(self.workshop.id), **more, "as_of": self.as_of}
        return urlencode({name: value for name, value in parts.items() if value})


async def look(
    session: AsyncSession, actor: Actor, workshop: Workshop, as_of: date | None, *, dated: bool = True
) -> View:
    """The state of a workshop's data at the end of a day, None: now. Unless `dated`, its chart names no due dates."""
    overview = await reports.overview(session, actor, workshop.id, as_of)
    matrix = await reports.matrix_of(session, actor, workshop.id, as_of)
    burn_up = await reports.burn_up_of(session, actor, workshop.id, as_of)
    late = await reports.ask(session, actor, "most-overdue", workshop.id, as_of)
    now = clock.now()
    today = clock.local_date(now, workshop.timezone)
    day = as_of or today
    return View(
        workshop=workshop,
        as_of=as_of.isoformat() if as_of else "",
        day=day,
        overview=overview,
        matrix=matrix,
        dimensions=[_dimension(one, overview) for one in matrix.dimensions],
        rows=sorted(matrix.organisations, key=_urgency),
        debtors=_debtors(matrix, late.answer),
        bands=_bands(overview.delays),
        chart=_chart(burn_up if dated else burn_up.model_copy(update={"due": []}), day, dated),
        ready=_together(overview),
        moments=_moments(workshop, today),
        ahead=day > today,
    )


def state(cell: CellRead) -> str:
    """What a cell of the matrix is about, the most pressing first."""
    if cell.overdue:
        return "overdue"
    if cell.owes:
        return "owed"
    if cell.awaiting_review:
        return "review"
    return "accepted" if cell.standing else "gone"


def state_words() -> dict[str, str]:
    """The states of a cell, as the legend says them."""
    return {
        "accepted": _("Diterima"),
        "review": _("Menunggu verifikasi"),
        "owed": _("Belum jatuh tempo"),
        "overdue": _("Terlambat"),
        "gone": _("Menolak/Tidak tersedia"),
    }


def parts(cell: CellRead) -> list[tuple[str, int]]:
    """The commitments of a cell by what they wait for: each of them once."""
    return [
        ("accepted", cell.accepted),
        ("review", cell.awaiting_review),
        ("owed", cell.owes - cell.overdue),
        ("overdue", cell.overdue),
        ("gone", cell.asked - cell.standing),
    ]


def short(label: str) -> str:
    """A dimension's name where room is scarce: without what stands in brackets, and the word that all of them share."""
    return label.split("(", maxsplit=1)[0].strip().removesuffix(" Cerdas") or label


def _urgency(row: MatrixRow) -> tuple[int, int, int, str]:
    return -row.total.overdue, -row.total.owes, -row.total.awaiting_review, row.name.casefold()


def _dimension(one: MatrixDimension, overview: DashboardRead) -> Dimension:
    ready = overview.readiness.get(one.code) or _none()
    return Dimension(one.code, one.label, short(one.label), ready, one.total, charts.bar(parts(one.total)))


def _none() -> ReadinessRead:
    return ReadinessRead(items=0, committed=0, accepted=0, awaiting_review=0, overdue=0, gap=0, readiness_pct=0.0)


def _together(overview: DashboardRead) -> ReadinessRead:
    rows = list(overview.readiness.values())
    total = {name: sum(getattr(row, name) for row in rows) for name in ReadinessRead.model_fields}
    share = round(total["accepted"] * 100 / total["items"], 1) if total["items"] else 0.0
    return ReadinessRead.model_validate(total | {"readiness_pct": share})


def _debtors(matrix: MatrixRead, answer: object) -> list[Debtor]:
    names = {row.code: row.name for row in matrix.organisations}
    assert isinstance(answer, list)
    return [
        Debtor(one["org_id"], names[one["org_id"]], one["overdue_items"], one["max_working_days_overdue"])
        for one in answer
    ]


def _bands(delays: Sequence[DelayRead]) -> list[Band]:
    # A due date on a Friday is late on Saturday, by no working day yet: it counts as the first of them.
    late = [(max(one.working_days_late, 1), one.overdue) for one in delays]
    counts = [sum(n for days, n in late if low <= days and (high is None or days <= high)) for low, high in BANDS]
    most = max(counts, default=0)
    return [
        Band(_band_label(low, high), count, charts.bar([("overdue", count), ("gone", most - count)]))
        for (low, high), count in zip(BANDS, counts, strict=True)
    ]


def _band_label(low: int, high: int | None) -> str:
    if high is None:
        return _("Lebih dari {days} hari kerja").format(days=low - 1)
    return _("{low} sampai {high} hari kerja").format(low=low, high=high)


def _chart(read: BurnUpRead, until: date, dated: bool) -> Chart | None:
    plot = charts.plot(read, until)
    if plot is None:
        return None
    rows = charts.figures(read, until)
    _day, asked, due, delivered, accepted = rows[-1]
    words = _("Per {date}: {asked} diminta, {delivered} diserahkan, {accepted} diterima.")
    if dated:
        words = _("Per {date}: {asked} diminta, {due} jatuh tempo, {delivered} diserahkan, {accepted} diterima.")
    said = words.format(date=i18n.speak_date(until), asked=asked, due=due, delivered=delivered, accepted=accepted)
    return Chart(charts.steps(plot, said, dated=dated), said, plot.rungs, plot.ticks, rows, dated)


def _moments(workshop: Workshop, today: date) -> list[Option]:
    """Days that are asked about most; only what lies behind."""
    ended = clock.local_date(workshop.ends_at, workshop.timezone)
    found: list[tuple[str, date | None]] = [(_("Sekarang"), None)]
    found += [(_("Akhir kegiatan"), ended)] if ended < today else []
    found += [(_("Sepekan lalu"), today - timedelta(days=7)), (_("Sebulan lalu"), today - timedelta(days=30))]
    return [Option(day.isoformat() if day else "", label) for label, day in found]


def read_day(text: str) -> date | None:
    """The day typed into the form, None for nothing. Raises ValueError."""
    return date.fromisoformat(text) if text.strip() else None


def spoken(as_of: date | datetime, timezone: str) -> str:
    """The moment in words."""
    return i18n.speak_instant(as_of, timezone) if isinstance(as_of, datetime) else i18n.speak_date(as_of)
