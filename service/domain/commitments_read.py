"""What the API shows of commitments, as of a moment: a few statements a page, however many rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, ActorKind
from service.domain import commitments, commitments_lives, commitments_told, proofs
from service.domain.attendance import rows_of
from service.domain.commitments_as_of import Moment, commitments_then, overdue, owes
from service.domain.commitments_filters import Filters, chosen
from service.domain.commitments_lives import Change, Delivery
from service.errors import NotFound
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentStatus,
    FulfilmentStatus,
    Submission,
)
from service.models.commitments_shapes import (
    CommitmentRead,
    FileRead,
    HistoryRead,
    Metadata,
    SubmissionRead,
)
from service.models.data_items import DataItem
from service.models.organizers import Holiday, Organizer
from service.models.people import Organisation
from service.models.people_shapes import PortalDebt

__all__ = ["Filters", "debt", "delivery", "moment", "one", "page", "submission"]

EVIDENCE_PATH = "/api/v1/commitments/{}/evidence/{{n}}"
REVIEWED = (FulfilmentStatus.ACCEPTED, FulfilmentStatus.RETURNED)


async def moment(session: AsyncSession, actor: Actor, as_of: date | datetime | None) -> Moment:
    """What `as_of` means in the zone of the actor's organizer, and whether anything has changed there since.

    Raises NotFound.
    """
    latest = (
        select_columns(col(Commitment.changed_at))
        .where(col(Commitment.organizer_id) == actor.tenant)
        .order_by(col(Commitment.changed_at).desc())
        .limit(1)
        .scalar_subquery()
    )
    house = select_columns(col(Organizer.timezone), latest.label("latest")).where(col(Organizer.id) == actor.tenant)
    for zone, changed_at in await rows_of(session, house):
        when = Moment.of(as_of, zone)
        return replace(when, settled=changed_at is None or changed_at <= when.at)
    raise NotFound


async def page(
    session: AsyncSession, actor: Actor, when: Moment, wanted: Filters, after: tuple[str, UUID] | None, limit: int
) -> list[CommitmentRead]:
    """Commitments by code, at most `limit`, after the key `after`."""
    shown = await chosen(session, actor, when, wanted, after[0] if after else None, limit)
    of_then = ("due_date", "commitment_status", "fulfilment_status")
    query = (
        select_columns(
            *(column for column in Commitment.metadata.tables["commitments"].c if column.name not in of_then),
            *(shown.c[name] for name in (*of_then, "owes", "overdue")),
            *commitments_lives.columns(session, when.at),
            col(DataItem.code).label("item"),
            col(Organisation.code).label("organisation"),
            col(Organisation.name).label("organisation_name"),
            func.coalesce(func.nullif(col(Organizer.steward_code), ""), col(Organizer.slug)).label("steward"),
        )
        .join(shown, shown.c.id == col(Commitment.id))
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .join(Organizer, col(Organizer.id) == col(Commitment.organizer_id))
        .order_by(col(Commitment.code))
    )
    found = await rows_of(session, query)
    holidays = await _holidays(session, actor, when, [one.due_date for one in found if one.overdue])
    return [_read(one, when, holidays) for one in found]


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
    mine = and_(col(Commitment.organizer_id) == actor.tenant, col(Commitment.organisation_id) == actor.id)
    then = await commitments_then(session, when, mine)
    unanswered = then.c.commitment_status == CommitmentStatus.REQUESTED
    query = select_columns(
        func.count(),
        func.count().filter(owes(then)),
        func.count().filter(overdue(then, when.day)),
        func.count().filter(unanswered),
        func.min(then.c.due_date).filter(and_(owes(then), then.c.due_date >= when.day)),
    )
    total, owed, late, open_requests, next_due = (await rows_of(session, query))[0]
    return PortalDebt(total=total, owes=owed, overdue=late, unanswered=open_requests, next_due_date=next_due)


async def submission(session: AsyncSession, actor: Actor, row: Submission) -> SubmissionRead:
    """One submission as it is now."""
    commitment = await commitments.find(session, actor, row.commitment_id)
    organisation = await session.get_one(Organisation, commitment.organisation_id)
    return delivery(row, organisation.name)


def delivery(row: Submission | Delivery, organisation_name: str) -> SubmissionRead:
    """A submission as it is now, of an organisation of that name."""
    return _submission(row, organisation_name, row.status, row.reason, row.reviewed_at)


async def _holidays(session: AsyncSession, actor: Actor, when: Moment, due: Sequence[date]) -> set[date]:
    if not due:
        return set()
    query = select(col(Holiday.day)).where(
        Holiday.organizer_id == actor.tenant, col(Holiday.day) > min(due), col(Holiday.day) <= when.day
    )
    return set((await session.exec(query)).all())


def _read(found: Row[*tuple[Any, ...]], when: Moment, holidays: set[date]) -> CommitmentRead:
    history = [Change.of(*one) for one in found.history or ()]
    delivered = [Delivery.of(*one) for one in found.delivered or ()]
    promised = found.commitment_status in (CommitmentStatus.COMMITTED, CommitmentStatus.WITHDRAWN)
    asked = commitments_told.extension_asked(found, history, when.at)
    late = clock.working_days(found.due_date, when.day, holidays) if found.overdue else 0
    return CommitmentRead(
        id=found.id,
        code=found.code,
        data_item=found.item,
        organisation=found.organisation,
        workshop=found.workshop_id,
        due_date=found.due_date,
        commitment_status=found.commitment_status,
        fulfilment_status=found.fulfilment_status,
        owes=found.owes,
        overdue=found.overdue,
        working_days_late=late,
        requested_until=date.fromisoformat(asked.after) if asked else None,
        extension_reason=asked.reason if asked else None,
        waiting_on=commitments_told.waiting_on(
            found.commitment_status,
            found.fulfilment_status,
            asked=asked is not None,
            organisation=found.organisation,
            steward=found.steward,
        ),
        signatory_office=found.signatory_office if promised else None,
        pledged_workshop=found.pledged_workshop_id if promised else None,
        pledged_agenda_item=found.pledged_agenda_item if promised else None,
        agreement=commitments_told.agreement(history),
        evidence=proofs.shown(found.evidence, EVIDENCE_PATH.format(found.id), first_at=found.evidence_at, at=when.at),
        submissions=_submissions(found, history, delivered),
        history=[_change(entry, found.organisation_name) for entry in history],
        reassigned_from=found.reassigned_from_id,
        requested_at=found.requested_at,
        version=found.version,
    )


def _submissions(
    found: Row[*tuple[Any, ...]], history: Sequence[Change], delivered: Sequence[Delivery]
) -> list[SubmissionRead]:
    """What was handed in together is judged together: the last verdict is that of the moment, told by the history;
    everything before was returned for good.
    """
    if not delivered:
        return []
    last = delivered[-1]
    name = found.organisation_name
    verdict = next((entry for entry in reversed(history) if entry.axis is Axis.FULFILMENT), None)
    reviewed = verdict is not None and found.fulfilment_status in REVIEWED
    reason, at = (verdict.reason, verdict.at) if verdict and reviewed else (None, None)
    return [
        _submission(row, name, found.fulfilment_status, reason, at)
        if (row.status, row.reviewed_at) == (last.status, last.reviewed_at)
        else delivery(row, name)
        for row in delivered
    ]


def _submission(
    row: Submission | Delivery,
    name: str,
    status: FulfilmentStatus,
    reason: str | None,
    reviewed_at: datetime | None,
) -> SubmissionRead:
    return SubmissionRead(
        id=row.id,
        commitment=row.commitment_id,
        status=status,
        url=row.url,
        files=[
            FileRead.model_validate(
                {"profile": None}
                | {key: value for key, value in file.items() if key != "path"}
                | {"n": n, "path": f"/api/v1/submissions/{row.id}/files/{n}"}
            )
            for n, file in enumerate(row.files, 1)
        ],
        note=row.note,
        complete=row.complete,
        metadata=Metadata.model_validate(row.details),
        metadata_complete=row.metadata_complete,
        reason=reason,
        remarks=row.remarks if status is FulfilmentStatus.RETURNED else {},
        submitted_by=_who(row.submitted_by, name),
        submitted_at=row.submitted_at,
        reviewed_at=reviewed_at,
    )


def _change(entry: Change, name: str) -> HistoryRead:
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
