"""An organizer's month: a table of weeks for wide screens, a list of days for phones. Days are those of its zone."""

import re
from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from babel.dates import format_date
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.auth import ANONYMOUS
from service.domain import workshops, workshops_reading
from service.domain.workshops_reading import Filters
from service.errors import NotFound
from service.i18n import gettext as _
from service.models.organizers import Holiday, Organizer
from service.models.workshops import Workshop
from service.models.workshops_shapes import AgendaItemRead, BlockRead, WorkshopRead
from service.pages.route import PageRoute
from service.pages.visitors import Front, Visitor, Word, base_of, find_house, open_page
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 100
EARLIEST, LATEST = 1970, 2199
WEEK = 7
_WORD = re.compile(r"([0-9]{4})-([0-9]{2})")
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar; its word in addresses is YYYY-MM."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month in which a day lies."""
        return cls(day.year, day.month)

    @property
    def word(self) -> str:
        """Its word in addresses."""
        return f"{self.year}-{self.number:02}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def after(self) -> "Month":
        """The one that follows."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def before(self) -> "Month":
        """The one before."""
        return Month.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        """'Juli 2023', in the language spoken now."""
        return format_date(self.first, "LLLL y", locale=i18n.language())


@dataclass(frozen=True)
class Day:
    """One square of the month; `outside` belongs to the month before or after."""

    date: date
    outside: bool
    today: bool
    holiday: str


@dataclass(frozen=True)
class Span:
    """Days in a row on which a workshop takes place, in the organizer's zone: from its `number`th day of `days` on."""

    workshop: WorkshopRead
    first: date
    last: date
    number: int = 1
    days: int = 1

    def number_of(self, day: date) -> int:
        """Which of the workshop's days that is, counted from one."""
        return self.number + (day - self.first).days


@dataclass(frozen=True)
class Bar:
    """A span's part in one week: `gap` squares after what stands before it in its lane, then `width` squares."""

    span: Span
    gap: int
    start: int
    width: int
    begins: bool
    ends: bool


@dataclass(frozen=True)
class Week:
    """Seven days, and below them the lanes in which workshops run."""

    days: Sequence[Day]
    lanes: Sequence[Sequence[Bar]]


@dataclass(frozen=True)
class ListedDay:
    """A day on which there is something."""

    day: Day
    spans: Sequence[Span]


@router.get("/o/{organizer}/months", operation_id="page_months")
async def show_current(organizer: Word, session: Session, _visitor: Visitor) -> Response:
    """Leads to the month that it is now."""
    house = await find_house(session, organizer)
    return RedirectResponse(f"/o/{house.slug}/months/{_today_month(house).word}", status_code=303)


@router.get("/o/{organizer}/months/{month}", operation_id="page_month")
async def show_month(organizer: Word, month: Word, request: Request, session: Session, _visitor: Visitor) -> Response:
    """What an organizer has in one month, and its holidays. An empty month says where something is."""
    house, shown = await find_house(session, organizer), _month(month)
    spans = await _spans(session, house, shown)
    days = await _squares(session, house, shown)
    first, last = await _reach(session, house)
    nearest = None if spans else await _nearest(session, house, shown)
    path = f"/o/{house.slug}/months"
    front = Front(
        url=f"{base_of(session)}{path}/{shown.word}",
        title=_("Kegiatan {organizer}, {month}").format(organizer=house.name, month=shown),
        description=_("Bimbingan teknis dan rapat pada {month}: waktu, tempat, dan pendaftaran.").format(month=shown),
        # Otherwise a search engine could turn pages for ever.
        indexed=bool(spans),
    )
    return open_page(
        request,
        session,
        house,
        "month.html",
        front=front,
        path=path,
        month=shown,
        earlier=shown.before if shown.before >= first else None,
        later=shown.after if shown.after <= last else None,
        current=_today_month(house),
        weeks=[_week(days[at : at + WEEK], spans) for at in range(0, len(days), WEEK)],
        listed=_listed(days, spans),
        nearest=nearest,
        follows=nearest is not None and clock.local_date(nearest.starts_at, house.timezone) > shown.last,
    )


def _month(word: str) -> Month:
    """Raises NotFound."""
    found = _WORD.fullmatch(word)
    year, number = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (EARLIEST <= year <= LATEST and 1 <= number <= 12):
        raise NotFound
    return Month(year, number)


def _today_month(house: Organizer) -> Month:
    return Month.of(clock.local_date(clock.now(), house.timezone))


async def _spans(session: AsyncSession, house: Organizer, month: Month) -> list[Span]:
    """The month's workshops, in order of time."""
    filters = Filters(organizer=house.slug, since=month.first, until=month.last)
    glances = await workshops_reading.page(session, ANONYMOUS, filters, None, SHOWN)
    found = await workshops_reading.read(session, [glance.id for glance in glances])
    rows = [found[glance.id] for glance in reversed(glances) if glance.id in found]
    spans = [span for row in rows for span in _spans_of(row, house.timezone)]
    own = [span for span in spans if span.first <= month.last and span.last >= month.first]
    return sorted(own, key=lambda span: span.first)


def _spans_of(workshop: WorkshopRead, timezone: str) -> list[Span]:
    """The days on which it takes place, those in a row together."""
    days = _days(workshop, timezone)
    # What is in a row differs from its place in the list by the same number.
    rows = groupby(enumerate(days), key=lambda pair: pair[1].toordinal() - pair[0])
    runs = [list(run) for _distance, run in rows]
    return [Span(workshop, run[0][1], run[-1][1], run[0][0] + 1, len(days)) for run in runs]


def _days(workshop: WorkshopRead, timezone: str) -> list[date]:
    """Its first and last day and those of its programme; without a programme, all from the first to the last."""
    first = clock.local_date(workshop.starts_at, timezone)
    # What ends at midnight does not reach into the next day.
    last = max(first, clock.local_date(workshop.ends_at - _MOMENT, timezone))
    programme: Sequence[AgendaItemRead | BlockRead] = workshop.agenda or workshop.blocks
    planned = {clock.local_date(entry.starts_at, timezone) for entry in programme}
    if planned:
        return sorted(planned | {first, last})
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


async def _squares(session: AsyncSession, house: Organizer, month: Month) -> list[Day]:
    """Whole weeks from Monday to Sunday, with the organizer's holidays."""
    dates = list(Calendar().itermonthdates(month.year, month.number))
    named = await _holidays(session, house, dates[0], dates[-1])
    today = clock.local_date(clock.now(), house.timezone)
    return [Day(day, Month.of(day) != month, day == today, named.get(day, "")) for day in dates]


async def _holidays(session: AsyncSession, house: Organizer, first: date, last: date) -> Mapping[date, str]:
    query = select(Holiday).where(Holiday.organizer_id == house.id, col(Holiday.day).between(first, last))
    return {row.day: row.name for row in await session.exec(query)}


async def _reach(session: AsyncSession, house: Organizer) -> tuple[Month, Month]:
    """From the month before the first workshop to the one after the last, and over the present one."""
    query = select(func.min(Workshop.starts_at), func.max(Workshop.ends_at)).where(
        Workshop.organizer_id == house.id, workshops.IS_PUBLIC
    )
    ends = (await session.exec(query)).one()
    now = _today_month(house)
    months = [now, *(Month.of(clock.local_date(end, house.timezone)) for end in ends if end is not None)]
    return min(months).before, max(months).after


async def _nearest(session: AsyncSession, house: Organizer, month: Month) -> WorkshopRead | None:
    """The next workshop after an empty month; where none follows, the last one before it."""
    end = clock.end_of_day(month.last, house.timezone)
    starts_at = col(Workshop.starts_at)
    public = select(Workshop.id).where(Workshop.organizer_id == house.id, workshops.IS_PUBLIC).limit(1)
    after = public.where(starts_at > end).order_by(starts_at)
    before = public.where(starts_at <= end).order_by(starts_at.desc())
    found_id = (await session.exec(after)).first() or (await session.exec(before)).first()
    if found_id is None:
        return None
    return (await workshops_reading.read(session, [found_id]))[found_id]


def _week(days: Sequence[Day], spans: Sequence[Span]) -> Week:
    """Puts each workshop of the week into the first lane that is free on its days."""
    lanes: list[list[Bar]] = []
    monday, sunday = days[0].date, days[-1].date
    for span in (span for span in spans if span.first <= sunday and span.last >= monday):
        start = max(0, (span.first - monday).days)
        width = (min(span.last, sunday) - monday).days - start + 1
        lane = next((lane for lane in lanes if _end(lane) <= start), None)
        if lane is None:
            lane = []
            lanes.append(lane)
        lane.append(Bar(span, start - _end(lane), start, width, span.first >= monday, span.last <= sunday))
    return Week(days, lanes)


def _end(lane: Sequence[Bar]) -> int:
    return lane[-1].start + lane[-1].width if lane else 0


def _listed(days: Sequence[Day], spans: Sequence[Span]) -> list[ListedDay]:
    own = [day for day in days if not day.outside]
    listed = [ListedDay(day, [span for span in spans if span.first <= day.date <= span.last]) for day in own]
    return [one for one in listed if one.spans or one.day.holiday]
