"""What has come in, day by day, against what was to come in: the history played once, in one statement.

A figure of a day is the sum of all that changed it until then, so each point says what a dashboard as of that day says.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import col

from service import clock
from service.db import is_postgresql
from service.domain.commitments_as_of import OWING_PROMISES
from service.domain.reports.scope import Scope
from service.models.commitments import Axis, Commitment, CommitmentHistory, FulfilmentStatus
from service.models.dashboard_shapes import BurnUpDue, BurnUpPoint, BurnUpRead

QUARTER = 900
"""Seconds: every zone's days begin on a quarter of an hour, so changes are counted by those."""
_FIGURES = ("standing", "delivered", "accepted")
_DELIVERED = (FulfilmentStatus.SUBMITTED, FulfilmentStatus.ACCEPTED)


@dataclass
class _Change:
    """By how much the figures differ from the day before."""

    standing: int = 0
    delivered: int = 0
    accepted: int = 0


async def burn_up(scope: Scope) -> BurnUpRead:
    """See `BurnUpRead`."""
    due, undated = await _due(scope)
    return BurnUpRead(
        workshop=scope.workshop.id, as_of=scope.echo, points=_points(await _changes(scope)), due=due, undated=undated
    )


def _points(changes: dict[date, _Change]) -> list[BurnUpPoint]:
    points: list[BurnUpPoint] = []
    standing = delivered = accepted = 0
    for day, change in sorted(changes.items()):
        before = standing, delivered, accepted
        standing += change.standing
        delivered += change.delivered
        accepted += change.accepted
        if (standing, delivered, accepted) != before:
            points.append(BurnUpPoint(day=day, standing=standing, delivered=delivered, accepted=accepted))
    return points


async def _due(scope: Scope) -> tuple[list[BurnUpDue], int]:
    then = await scope.commitments()
    query = (
        select(then.c.due_date, func.count())
        .where(then.c.commitment_status.in_(OWING_PROMISES))
        .group_by(then.c.due_date)
    )
    by_day: Counter[date | None] = Counter(dict(await scope.rows(query)))
    undated, total, found = by_day.pop(None, 0), 0, []
    for day, count in sorted((day, count) for day, count in by_day.items() if day is not None):
        total += count
        found.append(BurnUpDue(day=day, due=total))
    return found, undated


async def _changes(scope: Scope) -> dict[date, _Change]:
    told, moment = _told(scope), scope.moment.at
    before = [told.c.stood, told.c.stood * told.c.had_delivered, told.c.stood * told.c.had_accepted]
    stands = told.c.stood + told.c.standing
    after = [
        stands,
        stands * (told.c.had_delivered + told.c.delivered),
        stands * (told.c.had_accepted + told.c.accepted),
    ]
    asked = select(told.c.requested_at.label("at"), *_named(before)).where(told.c.first, told.c.requested_at <= moment)
    changed = select(
        case((told.c.at > told.c.requested_at, told.c.at), else_=told.c.requested_at).label("at"),
        *_named([later - sooner for later, sooner in zip(after, before, strict=True)]),
    ).where(told.c.requested_at <= moment, told.c.at <= moment)
    every = union_all(asked, changed).subquery("every")
    quarter = _quarter(scope, every.c.at)
    sums = [func.sum(every.c[name]) for name in _FIGURES]
    return _by_day(scope, await scope.rows(select(quarter, *sums).group_by(quarter)))


def _named(columns: Sequence[ColumnElement[int]]) -> list[ColumnElement[int]]:
    return [column.label(name) for name, column in zip(_FIGURES, columns, strict=True)]


def _told(scope: Scope) -> CTE:
    """A row for each change of either axis, and one for a commitment that never changed (`at` NULL): by how much each
    figure changed, what it was before, and whether it is the first.

    What was before is reckoned back from the columns, which say what is now: this is what `commitments_as_of` tells.
    """
    row, change = Commitment, _turns(scope)
    window: dict[str, Any] = {  # the arguments of over()
        "partition_by": col(row.id),
        "order_by": [change.c.at.desc(), change.c.id.desc()],
    }
    now = {
        "standing": _is(col(row.commitment_status), OWING_PROMISES),
        "delivered": _is(col(row.fulfilment_status), _DELIVERED),
        "accepted": _is(col(row.fulfilment_status), _DELIVERED[1:]),
    }
    # Without any change there is nothing to sum.
    since = {name: func.coalesce(func.sum(change.c[name]).over(**window), 0) for name in _FIGURES}
    before = {name: now[name] - since[name] for name in _FIGURES}
    return (
        select(
            col(row.requested_at).label("requested_at"),
            *(change.c[name] for name in ("at", *_FIGURES)),
            before["standing"].label("stood"),
            before["delivered"].label("had_delivered"),
            before["accepted"].label("had_accepted"),
            func.lead(col(row.id)).over(**window).is_(None).label("first"),
        )
        .select_from(row)
        .outerjoin(change, true() if is_postgresql(scope.session) else change.c.commitment_id == col(row.id))
        .where(col(row.workshop_id) == scope.workshop.id)
        .cte("told")
    )


def _turns(scope: Scope) -> FromClause:
    """The changes of either axis, and by how much each changes the figures."""
    turns = select(
        col(CommitmentHistory.commitment_id),
        col(CommitmentHistory.id),
        col(CommitmentHistory.at),
        _turn(Axis.COMMITMENT, OWING_PROMISES).label("standing"),
        _turn(Axis.FULFILMENT, _DELIVERED).label("delivered"),
        _turn(Axis.FULFILMENT, _DELIVERED[1:]).label("accepted"),
    ).where(
        col(CommitmentHistory.axis).in_([Axis.COMMITMENT, Axis.FULFILMENT]), col(CommitmentHistory.before).is_not(None)
    )
    if not is_postgresql(scope.session):
        return turns.subquery("turns")
    # Asked by the index for each commitment: joined, PostgreSQL would rather read the history of all houses.
    own = turns.where(col(CommitmentHistory.commitment_id) == col(Commitment.id))
    return own.correlate(Commitment).offset(literal_column("0")).lateral("turns")


def _turn(axis: Axis, wanted: Sequence[StrEnum]) -> ColumnElement[int]:
    """By how much a line of the history changes the number of those that have one of the `wanted` values."""
    words = [one.value for one in wanted]
    gained = _is(col(CommitmentHistory.after), words) - _is(col(CommitmentHistory.before), words)
    return case((col(CommitmentHistory.axis) == axis, gained), else_=0)


def _is(
    column: SQLColumnExpression[Any], wanted: Sequence[str]
) -> ColumnElement[int]:  # words, or enumerations of them
    return case((column.in_(wanted), 1), else_=0)


def _by_day(scope: Scope, rows: Sequence[Any]) -> dict[date, _Change]:  # rows of numbers
    changes: dict[date, _Change] = {}
    for quarter, standing, delivered, accepted in rows:
        instant = datetime.fromtimestamp(int(quarter) * QUARTER, UTC)
        change = changes.setdefault(clock.local_date(instant, scope.organizer.timezone), _Change())
        change.standing += int(standing)
        change.delivered += int(delivered)
        change.accepted += int(accepted)
    return changes


def _quarter(scope: Scope, column: ColumnElement[datetime]) -> ColumnElement[int]:
    if is_postgresql(scope.session):
        return cast(func.floor(cast(func.extract("epoch", column), Double) / QUARTER), BigInteger)
    return cast(func.strftime("%s", column), BigInteger) // QUARTER
