"""What the API shows of commitments, as of a moment: five queries a page, however many rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, func, or_
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from service import clock
from service.auth import Actor, ActorKind
from service.domain import commitments
from service.domain.commitments_as_of import Moment, commitments_as_of, overdue, owes
from service.errors import NotFound
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentHistory,
    CommitmentStatus,
    FulfilmentStatus,
    Submission,
)
from service.models.commitments_shapes import (
    CommitmentRead,
    Evidence,
    FileRead,
    HistoryRead,
    Metadata,
    SubmissionRead,
)
from service.models.data_items import DataItem
from service.models.organizers import Holiday
from service.models.people import Organisation
from service.models.people_shapes import PortalDebt

_Wide = Select[*tuple[Any, ...]]  # select() itself ends at four columns
REVIEWED = (FulfilmentStatus.ACCEPTED, FulfilmentStatus.RETURNED)


@dataclass(frozen=True)
class Filters:
    """Which commitments a list holds; None means any. Statuses and debts are those at the moment asked about."""

    workshop: UUID | None = None
    organisation: str | None = None
    dimension: str | None = None
    commitment_status: CommitmentStatus | None = None
    fulfilment_status: FulfilmentStatus | None = None
    owes: bool | None = None
    overdue: bool | None = None
    due_before: date | None = None
    id: UUID | None = None


class _Found(NamedTuple):
    row: Commitment
    item: str
    organisation: str
    organisation_name: str
    due_date: date | None
    promise: CommitmentStatus
    delivery: FulfilmentStatus
    owes: bool
    overdue: bool


async def moment(session: AsyncSession, actor: Actor, as_of: date | datetime | None) -> Moment:
    """What `as_of` means in the zone of the actor's organizer."""
    return Moment.of(as_of, await commitments.timezone(session, actor))


async def page(
    session: AsyncSession, actor: Actor, when: Moment, wanted: Filters, after: tuple[str, UUID] | None, limit: int
) -> list[CommitmentRead]:
    """Commitments by code, at most `limit`, after the key `after`."""
    then = commitments_as_of(actor.tenant, wanted.workshop, when.at)
    query: _Wide = (
        Select(
            Commitment,
            col(DataItem.code),
            col(Organisation.code),
            col(Organisation.name),
            then.c.due_date,
            then.c.commitment_status,
            then.c.fulfilment_status,
            owes(then),
            overdue(then, when.day),
        )
        .join(then, then.c.id == col(Commitment.id))
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .where(*_conditions(actor, then, when, wanted))
        .order_by(col(Commitment.code), col(Commitment.id))
        .limit(limit)
    )
    if after is not None:
        code, last = after
        query = query.where(
            or_(col(Commitment.code) > code, and_(col(Commitment.code) == code, col(Commitment.id) > last))
        )
    found = [_Found(*row) for row in (await session.exec(query)).all()]
    return await _shaped(session, actor, when, found)


async def one(session: AsyncSession, actor: Actor, commitment_id: UUID, when: Moment) -> CommitmentRead:
    """One commitment. Raises NotFound, also when it had not been requested yet."""
    await commitments.find(session, actor, commitment_id)
    reads = await page(session, actor, when, Filters(id=commitment_id), None, 1)
    if not reads:
        raise NotFound
    return reads[0]


async def debt(session: AsyncSession, actor: Actor) -> PortalDebt:
    """What an organisation owes now."""
    when = await moment(session, actor, None)
    then = commitments_as_of(actor.tenant, None, when.at)
    mine = and_(owes(then), then.c.organisation_id == actor.id)
    unanswered = then.c.commitment_status == CommitmentStatus.REQUESTED
    query: _Wide = Select(
        func.count(),
        func.count().filter(mine),
        func.count().filter(overdue(then, when.day)),
        func.count().filter(unanswered),
        func.min(then.c.due_date).filter(and_(mine, then.c.due_date >= when.day)),
    ).where(then.c.organisation_id == actor.id)
    total, owed, late, open_requests, next_due = (await session.exec(query)).one()
    return PortalDebt(total=total, owes=owed, overdue=late, unanswered=open_requests, next_due_date=next_due)


async def submission(session: AsyncSession, actor: Actor, row: Submission) -> SubmissionRead:
    """One submission as it is now."""
    commitment = await commitments.find(session, actor, row.commitment_id)
    organisation = await session.get_one(Organisation, commitment.organisation_id)
    return _submission(row, organisation.name, row.status, row.reason, row.reviewed_at)


def _conditions(actor: Actor, then: Subquery, when: Moment, wanted: Filters) -> list[ColumnElement[bool]]:
    equal: list[tuple[SQLColumnExpression[Any], object]] = [  # columns of many types
        (then.c.id, wanted.id),
        (col(Organisation.code), wanted.organisation),
        (col(DataItem.dimension), wanted.dimension),
        (then.c.commitment_status, wanted.commitment_status),
        (then.c.fulfilment_status, wanted.fulfilment_status),
    ]
    conditions = [column == value for column, value in equal if value is not None]
    for debt_, asked in ((owes(then), wanted.owes), (overdue(then, when.day), wanted.overdue)):
        if asked is not None:
            conditions.append(debt_ if asked else ~debt_)
    if wanted.due_before is not None:
        conditions.append(then.c.due_date < wanted.due_before)
    if actor.kind is ActorKind.ORGANISATION:
        conditions.append(then.c.organisation_id == actor.id)
    elif actor.workshops is not None:
        conditions.append(then.c.workshop_id.in_(actor.workshops))
    return conditions


async def _shaped(session: AsyncSession, actor: Actor, when: Moment, found: Sequence[_Found]) -> list[CommitmentRead]:
    if not found:
        return []
    ids = [one.row.id for one in found]
    history: dict[UUID, list[CommitmentHistory]] = defaultdict(list)
    changes = select(CommitmentHistory).where(
        col(CommitmentHistory.commitment_id).in_(ids), col(CommitmentHistory.at) <= when.at
    )
    for entry in await session.exec(changes.order_by(col(CommitmentHistory.at), col(CommitmentHistory.id))):
        history[entry.commitment_id].append(entry)
    delivered: dict[UUID, list[Submission]] = defaultdict(list)
    deliveries = select(Submission).where(
        col(Submission.commitment_id).in_(ids), col(Submission.submitted_at) <= when.at
    )
    for row in await session.exec(deliveries.order_by(col(Submission.submitted_at), col(Submission.id))):
        delivered[row.commitment_id].append(row)
    holidays = await _holidays(session, actor, when, [one.due_date for one in found if one.overdue and one.due_date])
    return [_read(one, when, history[one.row.id], delivered[one.row.id], holidays) for one in found]


async def _holidays(session: AsyncSession, actor: Actor, when: Moment, due: Sequence[date]) -> set[date]:
    if not due:
        return set()
    query = select(col(Holiday.day)).where(
        Holiday.organizer_id == actor.tenant, col(Holiday.day) > min(due), col(Holiday.day) <= when.day
    )
    return set((await session.exec(query)).all())


def _read(
    found: _Found,
    when: Moment,
    history: Sequence[CommitmentHistory],
    delivered: Sequence[Submission],
    holidays: set[date],
) -> CommitmentRead:
    row, name = found.row, found.organisation_name
    promised = found.promise in (CommitmentStatus.COMMITTED, CommitmentStatus.WITHDRAWN)
    late = clock.working_days(found.due_date, when.day, holidays) if found.overdue and found.due_date else 0
    return CommitmentRead(
        id=row.id,
        code=row.code,
        data_item=found.item,
        organisation=found.organisation,
        workshop=row.workshop_id,
        due_date=found.due_date,
        commitment_status=found.promise,
        fulfilment_status=found.delivery,
        owes=found.owes,
        overdue=found.overdue,
        working_days_late=late,
        requested_until=_requested_until(history),
        signatory_office=row.signatory_office if promised else None,
        evidence=[Evidence.model_validate(proof) for proof in row.evidence] if promised else [],
        submissions=_submissions(found, history, delivered),
        history=[_change(entry, name) for entry in history],
        reassigned_from=row.reassigned_from_id,
        requested_at=row.requested_at,
        version=row.version,
    )


def _requested_until(history: Sequence[CommitmentHistory]) -> date | None:
    asked = None
    for entry in history:
        if entry.axis is Axis.EXTENSION:
            asked = date.fromisoformat(entry.after)
        elif entry.axis is Axis.DUE_DATE:
            asked = None
    return asked


def _submissions(
    found: _Found, history: Sequence[CommitmentHistory], delivered: Sequence[Submission]
) -> list[SubmissionRead]:
    """All but the last were returned for good; the last one's verdict is that of the moment, told by the history."""
    if not delivered:
        return []
    *former, last = delivered
    name = found.organisation_name
    verdict = next((entry for entry in reversed(history) if entry.axis is Axis.FULFILMENT), None)
    reviewed = verdict is not None and found.delivery in REVIEWED
    reason, at = (verdict.reason, verdict.at) if verdict and reviewed else (None, None)
    return [
        *(_submission(row, name, row.status, row.reason, row.reviewed_at) for row in former),
        _submission(last, name, found.delivery, reason, at),
    ]


def _submission(
    row: Submission, name: str, status: FulfilmentStatus, reason: str | None, reviewed_at: datetime | None
) -> SubmissionRead:
    return SubmissionRead(
        id=row.id,
        commitment=row.commitment_id,
        status=status,
        url=row.url,
        files=[
            FileRead.model_validate(
                {key: value for key, value in file.items() if key != "path"}
                | {"n": n, "path": f"/api/v1/submissions/{row.id}/files/{n}"}
            )
            for n, file in enumerate(row.files, 1)
        ],
        note=row.note,
        complete=row.complete,
        metadata=Metadata.model_validate(row.details),
        metadata_complete=row.metadata_complete,
        reason=reason,
        submitted_by=_who(row.submitted_by, name),
        submitted_at=row.submitted_at,
        reviewed_at=reviewed_at,
    )


def _change(entry: CommitmentHistory, name: str) -> HistoryRead:
    return HistoryRead(
        at=entry.at,
        by=_who(entry.by, name),
        axis=entry.axis,
        from_=entry.before,
        to=entry.after,
        reason=entry.reason,
    )


def _who(label: str, organisation_name: str) -> str:
    """Only the organisation itself can act on its commitments from outside; staff stay unnamed."""
    kind = label.partition(":")[0]
    return organisation_name if kind == ActorKind.ORGANISATION else kind
