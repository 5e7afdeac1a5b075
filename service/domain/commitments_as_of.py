"""The state of commitments at a moment: the one place that says what was true when.

A row that has not changed since the moment is read from its own columns. For any other, what held then is what the
first later change of that axis started from (`before`), or the column when that axis has not changed since.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, Subquery, and_, case, exists, func, select, type_coerce
from sqlalchemy.orm import Mapped
from sqlmodel import col

from service import clock
from service.models.columns import enum_column
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentStatus, FulfilmentStatus

OWING_PROMISES = (CommitmentStatus.REQUESTED, CommitmentStatus.COMMITTED)
OWING_DELIVERIES = (FulfilmentStatus.NOT_SUBMITTED, FulfilmentStatus.RETURNED)


@dataclass(frozen=True)
class Moment:
    """An instant and the calendar day on which it falls for the organizer."""

    at: datetime
    day: date

    @classmethod
    def of(cls, as_of: date | datetime | None, timezone: str) -> "Moment":
        """What a caller's `as_of` means: a date is the end of that local day, None is now."""
        if as_of is None:
            as_of = clock.now()
        if isinstance(as_of, datetime):
            return cls(as_of, clock.local_date(as_of, timezone))
        return cls(clock.end_of_day(as_of, timezone), as_of)


def commitments_as_of(organizer_id: UUID, workshop_id: UUID | None, as_of: datetime, name: str = "then") -> Subquery:
    """The organizer's commitments that had been requested by `as_of`, with what was true at that instant.

    Columns: id, code, data_item_id, organisation_id, workshop_id, due_date, commitment_status (CommitmentStatus),
    fulfilment_status (FulfilmentStatus). `workshop_id` None means all workshops.
    """
    return _rows(organizer_id, workshop_id, as_of).subquery(name)


def owes(then: Subquery) -> ColumnElement[bool]:
    """Of a `commitments_as_of`: whether the organisation owes the item."""
    return and_(then.c.commitment_status.in_(OWING_PROMISES), then.c.fulfilment_status.in_(OWING_DELIVERIES))


def overdue(then: Subquery, day: date) -> ColumnElement[bool]:
    """Of a `commitments_as_of`: owes, and the due date is before `day` (as_of's local date). Never NULL."""
    return and_(owes(then), then.c.due_date.is_not(None), then.c.due_date < day)


def _rows(organizer_id: UUID, workshop_id: UUID | None, as_of: datetime) -> Select[*tuple[Any, ...]]:  # mixed columns
    # date(text) reads an ISO date on both databases; CAST would give a number on SQLite.
    due = func.date(_first_later(Axis.DUE_DATE, as_of), type_=Date())
    status = type_coerce(_first_later(Axis.COMMITMENT, as_of), enum_column(CommitmentStatus).type)
    fulfilment = type_coerce(_first_later(Axis.FULFILMENT, as_of), enum_column(FulfilmentStatus).type)
    query = select(
        col(Commitment.id),
        col(Commitment.code),
        col(Commitment.data_item_id),
        col(Commitment.organisation_id),
        col(Commitment.workshop_id),
        _then(col(Commitment.due_date), due, Axis.DUE_DATE, as_of).label("due_date"),
        _then(col(Commitment.commitment_status), status, Axis.COMMITMENT, as_of).label("commitment_status"),
        _then(col(Commitment.fulfilment_status), fulfilment, Axis.FULFILMENT, as_of).label("fulfilment_status"),
    ).where(col(Commitment.organizer_id) == organizer_id, col(Commitment.requested_at) <= as_of)
    return query if workshop_id is None else query.where(col(Commitment.workshop_id) == workshop_id)


def _then(
    now: Mapped[Any], before: ColumnElement[Any], axis: Axis, as_of: datetime
) -> ColumnElement[Any]:  # any column
    changed_since = exists().where(*_later(axis, as_of)).correlate(Commitment)
    return case((col(Commitment.changed_at) <= as_of, now), (changed_since, before), else_=now)


def _first_later(axis: Axis, as_of: datetime) -> ColumnElement[str | None]:
    query = select(col(CommitmentHistory.before)).where(*_later(axis, as_of))
    in_order = query.order_by(col(CommitmentHistory.at), col(CommitmentHistory.id)).limit(1)
    return in_order.correlate(Commitment).scalar_subquery()


def _later(axis: Axis, as_of: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(CommitmentHistory.commitment_id) == col(Commitment.id),
        col(CommitmentHistory.axis) == axis,
        col(CommitmentHistory.at) > as_of,
    )
