"""Attendance as of a moment, as something to select from.

Where no cached row of a person knows a fact later than the moment, the cache is read as it is. The other people (there
are none when the moment is now) are folded again from the facts up to the moment and handed to the query as one JSON
parameter.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlmodel import col

from service.db import is_postgresql
from service.domain.attendance import Folded, Key, fold_again
from service.domain.reports.scope import Scope
from service.models.attendance import Attendance, AttendanceMode
from service.models.columns import Json
from service.models.registrations import Registration

IN_THE_HALL = (AttendanceMode.OFFLINE, AttendanceMode.DUAL)
ON_SCREEN = (AttendanceMode.ONLINE, AttendanceMode.DUAL)


async def attended_then(scope: Scope) -> Subquery:
    """Who was in which block. Columns: registration_id, block_id, present, offline, online (1 or 0: whether it counts),
    minutes (online, also when they do not suffice).
    """
    present = col(Attendance.present)
    cached = select(
        col(Attendance.registration_id),
        col(Attendance.block_id),
        _flag(present).label("present"),
        _flag(and_(present, col(Attendance.mode).in_(IN_THE_HALL))).label("offline"),
        _flag(and_(present, col(Attendance.mode).in_(ON_SCREEN))).label("online"),
        col(Attendance.minutes),
    ).where(_of_workshop(scope))
    stale = select(col(Attendance.registration_id)).where(_of_workshop(scope), _later(scope))
    if not await scope.rows(stale.limit(1)):
        return cached.subquery("attended")
    folded = await fold_again(scope.session, scope.workshop.id, scope.moment.at)
    valid = cached.where(col(Attendance.registration_id).not_in(stale))
    return valid.union_all(_of_json(scope, folded)).subquery("attended")


async def person_days(scope: Scope) -> Subquery:
    """Who counted on which day. Columns: registration_id, day (1..N), offline, online (1 or 0: in any block)."""
    then = await attended_then(scope)
    numbers = {block.id: number for number, blocks in enumerate(await scope.days(), 1) for block in blocks}
    # The day is computed once, below: a CASE repeated in GROUP BY has other parameters, and PostgreSQL refuses it.
    counted = select(
        then.c.registration_id, per_block(numbers, then.c.block_id).label("day"), then.c.offline, then.c.online
    ).where(then.c.present == 1)
    each = counted.subquery("counted")
    return (
        select(
            each.c.registration_id,
            each.c.day,
            func.max(each.c.offline).label("offline"),
            func.max(each.c.online).label("online"),
        )
        .group_by(each.c.registration_id, each.c.day)
        .subquery("person_days")
    )


async def organisation_days(scope: Scope) -> Subquery:
    """Which organisation was there on which day: any representative in any block. Columns: organisation_id, day."""
    people = await person_days(scope)
    return (
        select(col(Registration.organisation_id), people.c.day)
        .distinct()
        .join(people, people.c.registration_id == col(Registration.id))
        .where(col(Registration.organisation_id).is_not(None))
        .subquery("organisation_days")
    )


async def organisations_of_every_day(
    scope: Scope,
) -> Select[*tuple[Any, ...]]:  # a subquery's column has no type of its own
    """The ids of the organisations that were there on every day of the workshop."""
    days = await organisation_days(scope)
    count = len(await scope.days())
    return select(days.c.organisation_id).group_by(days.c.organisation_id).having(func.count() == count)


def per_block(numbers: Mapping[UUID, int], block_id: ColumnElement[UUID]) -> ColumnElement[int]:
    """A number that depends on the block, e.g. its day or its hours."""
    return (
        case({block: literal(number, Integer) for block, number in numbers.items()}, value=block_id, else_=0)
        if numbers
        else literal(0)
    )


def _flag(condition: ColumnElement[bool] | Mapped[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _of_workshop(scope: Scope) -> ColumnElement[bool]:
    return col(Attendance.workshop_id) == scope.workshop.id


def _later(scope: Scope) -> ColumnElement[bool]:
    return col(Attendance.last_fact_at) > scope.moment.at


def _of_json(scope: Scope, folded: Mapping[Key, Folded]) -> Select[*tuple[Any, ...]]:  # see above
    """The folded rows as a SELECT with the columns of `attended_then`: one parameter, however many rows."""
    rows = literal([[person.hex, block.hex, *_counts(one)] for (person, block), one in folded.items()], Json)
    parts: list[ColumnElement[Any]]
    if is_postgresql(scope.session):
        row = func.jsonb_array_elements(rows).table_valued(column("value", JSONB)).render_derived()
        parts = [row.c.value.op("->>")(number) for number in range(6)]
    else:
        row = func.json_each(rows).table_valued(column("value", String))
        parts = [func.json_extract(row.c.value, f"$[{number}]") for number in range(6)]
    return select(*(cast(part, Uuid) for part in parts[:2]), *(cast(part, Integer) for part in parts[2:]))


def _counts(folded: Folded) -> tuple[int, int, int, int]:
    return int(folded.mode is not None), int(folded.first is not None), int(folded.online), folded.minutes
