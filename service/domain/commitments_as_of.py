"""The state of commitments at a moment: the one place that says what was true when.

A row that has not changed since the moment is read from its own columns. For any other, what held then is what the
first later change of that axis started from (`before`), or the column when that axis has not changed since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import ActorKind
from service.domain.attendance import rows_of
from service.models.columns import enum_column
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentStatus, FulfilmentStatus

OWING_PROMISES = (CommitmentStatus.REQUESTED, CommitmentStatus.COMMITTED)
OWING_DELIVERIES = (FulfilmentStatus.NOT_SUBMITTED, FulfilmentStatus.RETURNED)
SETTLED = (CommitmentStatus.DECLINED, CommitmentStatus.WITHDRAWN, FulfilmentStatus.ACCEPTED)
REFUSED = "refused"
"""What a history row of `Axis.EXTENSION` leads to when the steward keeps the due date."""


_ALL = "2147483647"


@dataclass(frozen=True)
class Moment:
    """An instant and the calendar day on which it falls for the organizer."""

    at: datetime
    day: date
    settled: bool = False
    """Whether it is known that none of the house's commitments has changed since: their columns tell the state then."""

    @classmethod
    def of(cls, as_of: date | datetime | None, timezone: str) -> "Moment":
        """What a caller's `as_of` means: a date is the end of that local day, None is now."""
        if as_of is None:
            as_of = clock.now()
        if isinstance(as_of, datetime):
            return cls(as_of, clock.local_date(as_of, timezone))
        return cls(clock.end_of_day(as_of, timezone), as_of)


async def commitments_then(
    session: AsyncSession,
    when: Moment,
    mine: ColumnElement[bool],
    *which: ColumnElement[bool],
    by_code: bool = False,
) -> Subquery:
    """`commitments_as_of`, or the bare columns when none of `mine` (a house's, a workshop's, an organisation's: what
    has an index) has changed since: they say the same for less.
    """
    if when.settled:
        return _rows(_now(), (mine, *which)).subquery("then")
    # The latest change by its index: asked for any later one, a database may look for it in all rows of all houses.
    latest = select(col(Commitment.changed_at)).where(mine).order_by(col(Commitment.changed_at).desc()).limit(1)
    changed_since = [row.changed_at for row in await rows_of(session, latest) if row.changed_at > when.at]
    if changed_since:
        return commitments_as_of(when.at, mine, *which, by_code=by_code)
    return _rows(_now(), (mine, *which)).subquery("then")


def commitments_as_of(as_of: datetime, *which: ColumnElement[bool], by_code: bool = False) -> Subquery:
    """Of these commitments (an organizer's, say) those that had been requested by `as_of`, with what was true at that
    instant: due_date, commitment_status (CommitmentStatus), fulfilment_status (FulfilmentStatus), extension_asked.

    What never changes stands beside it: id, code, organizer_id, data_item_id, organisation_id, workshop_id,
    requested_at. And what tells by itself since when it is so: evidence_at. `by_code`: for who reads the first few.
    """
    rows = _rows(_at(as_of), (*which, col(Commitment.requested_at) <= as_of))
    # A limit makes the database look into the history once a row, however often the outer query names the column; and,
    # where rows are in order already, only for those that are read.
    rows = rows.order_by(col(Commitment.code)) if by_code else rows
    return rows.limit(literal_column(_ALL)).subquery("then")


def owes(then: Subquery) -> ColumnElement[bool]:
    """Of a `commitments_as_of`: whether the organisation owes the item."""
    return and_(then.c.commitment_status.in_(OWING_PROMISES), then.c.fulfilment_status.in_(OWING_DELIVERIES))


def overdue(then: Subquery, day: date) -> ColumnElement[bool]:
    """Of a `commitments_as_of`: owes, and the due date is before `day` (as_of's local date). Never NULL."""
    return and_(owes(then), then.c.due_date.is_not(None), then.c.due_date < day)


def _rows(state: Iterable[ColumnElement[Any]], which: Iterable[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    names = ("id", "code", "organizer_id", "data_item_id", "organisation_id", "workshop_id", "requested_at")
    table = Commitment.metadata.tables["commitments"]
    return select(*(table.c[name] for name in (*names, "evidence_at")), *state).where(*which)


@cache
def _now() -> tuple[ColumnElement[Any], ...]:  # columns of several types
    table = Commitment.metadata.tables["commitments"]
    asked = col(Commitment.requested_until).is_not(None)
    return table.c.due_date, table.c.commitment_status, table.c.fulfilment_status, asked.label("extension_asked")


@lru_cache(maxsize=32)  # to say it costs several milliseconds, and the end of a day is asked about again and again
def _at(as_of: datetime) -> tuple[ColumnElement[Any], ...]:  # columns of several types
    unchanged = col(Commitment.changed_at) <= as_of
    # date(text) reads an ISO date on both databases; CAST would give a number on SQLite. Only a due date can have
    # been missing, so '' stands for that: else it would look as if there were no later change.
    due = func.coalesce(
        _first_later(func.coalesce(col(CommitmentHistory.before), ""), Axis.DUE_DATE, as_of),
        cast(col(Commitment.due_date), String),
    )
    asked = col(Commitment.requested_until).is_not(None)
    return (
        case((unchanged, col(Commitment.due_date)), else_=func.date(func.nullif(due, ""), type_=Date())).label(
            "due_date"
        ),
        _status(col(Commitment.commitment_status), CommitmentStatus, Axis.COMMITMENT, as_of),
        _status(col(Commitment.fulfilment_status), FulfilmentStatus, Axis.FULFILMENT, as_of),
        case((unchanged, asked), else_=_asked_by(as_of)).label("extension_asked"),
    )


def _status(
    now: Mapped[Any], kind: type[CommitmentStatus] | type[FulfilmentStatus], axis: Axis, as_of: datetime
) -> ColumnElement[Any]:
    before = type_coerce(_first_later(col(CommitmentHistory.before), axis, as_of), enum_column(kind).type)
    then = func.coalesce(before, now, type_=enum_column(kind).type)
    return case((col(Commitment.changed_at) <= as_of, now), else_=then).label(f"{axis}_status")


def _first_later(what: ColumnElement[Any] | Mapped[Any], axis: Axis, as_of: datetime) -> ColumnElement[str | None]:
    query = select(what).where(
        col(CommitmentHistory.commitment_id) == col(Commitment.id),
        col(CommitmentHistory.axis) == axis,
        col(CommitmentHistory.at) > as_of,
    )
    in_order = query.order_by(col(CommitmentHistory.at), col(CommitmentHistory.id)).limit(1)
    return in_order.correlate(Commitment).scalar_subquery()


def _asked_by(as_of: datetime) -> ColumnElement[bool]:
    """Whether a later date had been asked for and nothing had answered or overtaken it (`told.extension_asked`)."""
    asked, answer = aliased(CommitmentHistory), aliased(CommitmentHistory)
    system = or_(col(answer.by) == ActorKind.SYSTEM, col(answer.by).startswith(f"{ActorKind.SYSTEM}:"))
    answered = exists().where(
        col(answer.commitment_id) == col(asked.commitment_id),
        col(answer.at) <= as_of,
        tuple_(col(answer.at), col(answer.id)) > tuple_(col(asked.at), col(asked.id)),
        or_(
            col(answer.axis) == Axis.EXTENSION,
            col(answer.after).in_(SETTLED),
            and_(col(answer.axis) == Axis.DUE_DATE, or_(not_(system), col(answer.after) >= col(asked.after))),
        ),
    )
    # Not EXISTS: PostgreSQL would rather answer that for all rows at once, from the history of all houses.
    pending = select(col(asked.id)).where(
        col(asked.commitment_id) == col(Commitment.id),
        col(asked.axis) == Axis.EXTENSION,
        col(asked.at) <= as_of,
        col(asked.after) != REFUSED,
        not_(answered),
    )
    return pending.limit(1).correlate(Commitment).scalar_subquery().is_not(None)
