"""What happened to a commitment until a moment: its changes and deliveries as two values beside its row.

A page then takes one statement, and maps no objects: both cost more than everything else about it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Table, func, select, type_coerce
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import is_postgresql
from service.models.commitments import Axis, Commitment, CommitmentHistory, FulfilmentStatus, Submission


class Change(NamedTuple):
    """A line of the history."""

    at: datetime
    axis: Axis
    by: str
    before: str | None
    after: str
    reason: str | None

    @classmethod
    def of(cls, at: str, axis: str, *rest: Any) -> "Change":  # JSON
        """From its values in JSON."""
        return cls(_instant(at), Axis(axis), *rest)


class Delivery(NamedTuple):
    """A submission; `remarks` and `reviewed_at` are those of its last verdict."""

    id: UUID
    commitment_id: UUID
    status: FulfilmentStatus
    submitted_at: datetime
    reviewed_at: datetime | None
    url: str | None
    files: list[dict[str, object]]
    note: str | None
    complete: bool
    details: dict[str, str | None]
    metadata_complete: bool
    reason: str | None
    remarks: dict[str, str]
    submitted_by: str

    @classmethod
    def of(
        cls, id_: str, commitment_id: str, status: str, submitted_at: str, reviewed_at: str | None, *rest: Any
    ) -> "Delivery":
        """From its values in JSON."""
        reviewed = _instant(reviewed_at) if reviewed_at else None
        return cls(UUID(id_), UUID(commitment_id), FulfilmentStatus(status), _instant(submitted_at), reviewed, *rest)


def columns(session: AsyncSession, at: datetime) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """`history` and `delivered` of each row of commitments, oldest first: arguments of `Change.of`, `Delivery.of`."""
    return (
        _told(session, CommitmentHistory, Change._fields, "at", at).label("history"),
        _told(session, Submission, Delivery._fields, "submitted_at", at).label("delivered"),
    )


def _told(
    session: AsyncSession, kind: type[SQLModel], names: Sequence[str], order: str, at: datetime
) -> ColumnElement[Any]:
    table: Table = kind.metadata.tables[str(kind.__tablename__)]
    values = [table.c[name] for name in names]
    if is_postgresql(session):
        rows = func.json_agg(func.json_build_array(*values))
    else:
        # SQLite keeps JSON as text.
        rows = func.json_group_array(
            func.json_array(*(func.json(one) if isinstance(one.type, JSON) else one for one in values))
        )
    query = select(rows.aggregate_order_by(table.c[order], table.c.id)).where(
        table.c.commitment_id == col(Commitment.id), table.c[order] <= at
    )
    return type_coerce(query.correlate(Commitment).scalar_subquery(), JSON)


def _instant(text: str) -> datetime:
    """Of either database: SQLite names no zone."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
