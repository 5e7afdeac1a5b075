"""What every report is asked about: one workshop of one organizer at one moment."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, Select, Subquery, case, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain.attendance import rows_of
from service.domain.commitments_as_of import Moment, commitments_then
from service.models.commitments import Commitment
from service.models.organizers import Organizer, Programme
from service.models.workshops import AttendanceBlock, Workshop, WorkshopStatus

OPD = "opd"
UNCLASSIFIED = "other"
"""The dimension of items that name none."""


@dataclass
class Scope:
    """A workshop, its organizer, and the moment as of which everything is told."""

    session: AsyncSession
    organizer: Organizer
    workshop: Workshop
    moment: Moment
    echo: date
    """The day or instant as it was asked for; an instant in the organizer's zone."""
    _days: list[list[AttendanceBlock]] | None = None
    _then: Subquery | None = None

    async def rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:  # columns of many types
        """All rows of a query for columns; the queries of reports group, so these are few."""
        return await rows_of(self.session, query)

    async def commitments(self) -> Subquery:
        """The workshop's commitments that had been requested by the moment, as they stood then."""
        if self._then is None:
            self._then = await self.commitments_of()
        return self._then

    async def commitments_of(self, *which: ColumnElement[bool]) -> Subquery:
        """Those of them for which this holds: the others' past is not looked into."""
        mine = col(Commitment.workshop_id) == self.workshop.id
        return await commitments_then(self.session, self.moment, mine, *which)

    async def next_start(self) -> date | None:
        """The local day on which the workshop that follows this one starts; None when none is planned.

        A cancelled successor does not count; of several the earliest does.
        """
        query = (
            select(Workshop)
            .where(
                Workshop.organizer_id == self.organizer.id,
                Workshop.follows_id == self.workshop.id,
                Workshop.status != WorkshopStatus.CANCELLED,
            )
            .order_by(col(Workshop.starts_at))
            .limit(1)
        )
        following = (await self.session.exec(query)).first()
        return None if following is None else clock.local_date(following.starts_at, following.timezone)

    async def dimensions(self) -> list[str]:
        """The codes of the programme's dimensions in its order: the workshop's programme, else all the organizer's."""
        query = select(Programme).where(Programme.organizer_id == self.organizer.id).order_by(col(Programme.code))
        if self.workshop.programme_id is not None:
            query = query.where(Programme.id == self.workshop.programme_id)
        programmes = (await self.session.exec(query)).all()
        return list(dict.fromkeys(str(each["code"]) for programme in programmes for each in programme.dimensions))

    async def days(self) -> list[list[AttendanceBlock]]:
        """The workshop's blocks by local day: the first list is day1. Days without a block do not count."""
        if self._days is None:
            query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == self.workshop.id)
            blocks = (await self.session.exec(query.order_by(col(AttendanceBlock.starts_at)))).all()
            days: dict[date, list[AttendanceBlock]] = {}
            for block in blocks:
                days.setdefault(clock.local_date(block.starts_at, self.workshop.timezone), []).append(block)
            self._days = list(days.values())
        return self._days


@dataclass(frozen=True)
class Report:
    """A question of the head of the office: its name, title (Indonesian source text), answer's shape, computation."""

    name: str
    title: str
    shape: JsonValue
    compute: Callable[[Scope], Awaitable[JsonValue]]


def in_order(codes: Sequence[str], found: Sequence[str]) -> list[str]:
    """All of `codes` in their order, then whatever else was `found`, sorted."""
    return [*codes, *sorted(set(found) - set(codes))]


def any_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Over a group: 1 when the condition holds for a row of it, else 0."""
    return func.max(case((condition, 1), else_=0))


def count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Over a group: for how many of its rows the condition holds."""
    return func.sum(case((condition, 1), else_=0))
