"""The steward's verdict on submissions, and the queue of those that wait for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from service.auth import Actor
from service.domain import commitments, organisations, submissions
from service.domain.submissions_errors import NewerDelivery
from service.errors import InvalidInput
from service.events import SubmissionAccepted, SubmissionReturned
from service.i18n import gettext as _
from service.models.commitments import Commitment, FulfilmentStatus, Submission
from service.models.commitments_shapes import Metadata
from service.models.data_items import DataItem
from service.models.people import Organisation

_Wide = Select[*tuple[Any, ...]]  # select() itself ends at four columns
Key = tuple[datetime, UUID]


@dataclass(frozen=True)
class Filters:
    """Which submissions a list holds; None means any.

    What is `submitted` is the steward's queue: of each commitment that stands the latest, with which parts before it
    wait. What was handed in for a promise that is no more can still be judged, but nobody waits for it.
    """

    status: FulfilmentStatus | None = None
    organisation: str | None = None
    dimension: str | None = None
    workshop: UUID | None = None


class Queued(NamedTuple):
    """A submission with what it is about."""

    row: Submission
    commitment: Commitment
    item: DataItem
    organisation: Organisation


async def accept(session: AsyncSession, actor: Actor, submission_id: UUID) -> Submission:
    """The steward takes it. Raises NotFound; NewerDelivery unless it is the latest; InvalidState unless it waits."""
    return await _review(session, actor, submission_id, FulfilmentStatus.ACCEPTED, None, {})


async def send_back(
    session: AsyncSession, actor: Actor, submission_id: UUID, reason: str, remarks: Mapping[str, str] | None = None
) -> Submission:
    """The steward returns it, also one accepted before, with `remarks` to single parts of it.

    Raises NotFound; NewerDelivery unless it is the latest; InvalidState; InvalidInput for a remark to a part that there
    is not.
    """
    return await _review(session, actor, submission_id, FulfilmentStatus.RETURNED, reason, remarks or {})


async def page(
    session: AsyncSession, actor: Actor, wanted: Filters, after: Key | None, limit: int, *, backwards: bool = False
) -> list[Queued]:
    """Submissions, the oldest first, at most `limit` after the key `after`; `backwards`: the nearest ones before it."""
    at, same = col(Submission.submitted_at), col(Submission.id)
    query = _queue(Select(Submission, Commitment, DataItem, Organisation), actor, wanted)
    if after is not None:
        when, last = after
        beyond = (at < when, same < last) if backwards else (at > when, same > last)
        query = query.where(or_(beyond[0], and_(at == when, beyond[1])))
    query = query.order_by(at.desc(), same.desc()) if backwards else query.order_by(at, same)
    return [Queued(*row) for row in (await session.exec(query.limit(limit))).all()]


async def count(session: AsyncSession, actor: Actor, wanted: Filters) -> int:
    """How many submissions there are."""
    found: int = (await session.exec(_queue(Select(func.count()), actor, wanted))).one()[0]
    return found


def _queue(query: _Wide, actor: Actor, wanted: Filters) -> _Wide:
    return (
        query.select_from(Submission)
        .join(Commitment, col(Commitment.id) == col(Submission.commitment_id))
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .where(*_conditions(actor, wanted))
    )


def _conditions(actor: Actor, wanted: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Submission.organizer_id) == actor.tenant]
    if wanted.status is not None:
        conditions.append(col(Submission.status) == wanted.status)
    if wanted.status is FulfilmentStatus.SUBMITTED:
        conditions += [col(Commitment.commitment_status).in_(commitments.STANDING), _is_latest()]
    if wanted.organisation is not None:
        offices = organisations.of_code(wanted.organisation, actor.tenant)
        conditions.append(col(Commitment.organisation_id).in_(offices))
    if wanted.dimension is not None:
        conditions.append(col(DataItem.dimension) == wanted.dimension)
    if wanted.workshop is not None:
        conditions.append(col(Commitment.workshop_id) == wanted.workshop)
    if actor.workshops is not None:
        conditions.append(col(Commitment.workshop_id).in_(actor.workshops))
    return conditions


def _is_latest() -> ColumnElement[bool]:
    later = aliased(Submission)
    after = or_(
        col(later.submitted_at) > col(Submission.submitted_at),
        and_(col(later.submitted_at) == col(Submission.submitted_at), col(later.id) > col(Submission.id)),
    )
    return ~exists().where(col(later.commitment_id) == col(Submission.commitment_id), after)


async def _review(
    session: AsyncSession,
    actor: Actor,
    submission_id: UUID,
    status: FulfilmentStatus,
    reason: str | None,
    remarks: Mapping[str, str],
) -> Submission:
    row = await submissions.find(session, actor, submission_id)
    commitment = await commitments.find(session, actor, row.commitment_id, lock=True)
    if row.id != await submissions.latest(session, commitment.id):
        raise NewerDelivery
    await session.refresh(row)
    _check_remarks(row, remarks)
    await commitments.deliver(session, actor, commitment, status, reason)
    for part in await _round(session, row):
        part.status, part.reason, part.reviewed_at = status, reason, commitment.changed_at
        session.add(part)
    row.remarks = dict(remarks)
    await session.flush()
    happened = SubmissionAccepted if status is FulfilmentStatus.ACCEPTED else SubmissionReturned
    await submissions.record(session, actor, commitment, row, happened)
    return row


async def _round(session: AsyncSession, row: Submission) -> Sequence[Submission]:
    """The submission and the earlier parts that came with it: they wait, are accepted and are returned together."""
    together = select(Submission).where(
        Submission.commitment_id == row.commitment_id, col(Submission.status) == row.status
    )
    return (await session.exec(together.order_by(col(Submission.id)))).all()


def _check_remarks(row: Submission, remarks: Mapping[str, str]) -> None:
    known = parts(row.files)
    for name in remarks:
        if name not in known:
            raise InvalidInput.at(f"/remarks/{name}", _("Bagian ini tidak ada pada penyerahan."))


def parts(files: Sequence[object]) -> list[str]:
    """What a remark can be about: the fields of the metadata, and the files by number from 1."""
    return [*Metadata.model_fields, *(f"files/{n}" for n in range(1, len(files) + 1))]
