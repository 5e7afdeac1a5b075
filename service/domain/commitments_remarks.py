"""Questions and remarks about one commitment, from the organisation and from staff. Never changed, never removed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, ActorKind
from service.domain import commitments
from service.events import RemarkMade
from service.models.commitments import CommitmentRemark
from service.models.commitments_shapes import RemarkCreate, RemarkRead
from service.models.people import Organisation


class Talk(NamedTuple):
    """The newest of what was said, oldest first; `cut`: there are older remarks that are left out."""

    remarks: list[RemarkRead]
    cut: bool


async def say(session: AsyncSession, actor: Actor, commitment_id: UUID, data: RemarkCreate) -> RemarkRead:
    """A remark to the other side. Raises NotFound."""
    row = await commitments.find(session, actor, commitment_id)
    remark = CommitmentRemark(
        organizer_id=row.organizer_id, commitment_id=row.id, at=clock.now(), by=actor.label, text=data.text
    )
    session.add(remark)
    await session.flush()
    happened = RemarkMade(
        organizer_id=row.organizer_id, workshop_id=row.workshop_id, commitment_id=row.id, remark_id=remark.id
    )
    await outbox.record(session, happened, actor.label)
    return _read(remark, await _name(session, row.organisation_id))


async def of(
    session: AsyncSession,
    actor: Actor,
    commitment_id: UUID,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 200,
) -> list[RemarkRead]:
    """Remarks about a commitment, oldest first, at most `limit`, after the key `after`. Raises NotFound."""
    row = await commitments.find(session, actor, commitment_id)
    query = select(CommitmentRemark).where(CommitmentRemark.commitment_id == row.id)
    if after is not None:
        at, last = after
        query = query.where(
            or_(
                col(CommitmentRemark.at) > at,
                and_(col(CommitmentRemark.at) == at, col(CommitmentRemark.id) > last),
            )
        )
    in_order = query.order_by(col(CommitmentRemark.at), col(CommitmentRemark.id)).limit(limit)
    remarks: Sequence[CommitmentRemark] = (await session.exec(in_order)).all()
    name = await _name(session, row.organisation_id)
    return [_read(remark, name) for remark in remarks]


async def latest(session: AsyncSession, actor: Actor, commitment_id: UUID, limit: int = 200) -> Talk:
    """The newest remarks about a commitment, in the order in which they were made. Raises NotFound."""
    row = await commitments.find(session, actor, commitment_id)
    query = select(CommitmentRemark).where(CommitmentRemark.commitment_id == row.id)
    newest = query.order_by(col(CommitmentRemark.at).desc(), col(CommitmentRemark.id).desc()).limit(limit + 1)
    found = (await session.exec(newest)).all()
    name = await _name(session, row.organisation_id)
    return Talk([_read(remark, name) for remark in reversed(found[:limit])], len(found) > limit)


async def _name(session: AsyncSession, organisation_id: UUID) -> str:
    return (await session.get_one(Organisation, organisation_id)).name


def _read(remark: CommitmentRemark, organisation_name: str) -> RemarkRead:
    """Only the organisation itself remarks from outside; staff stay unnamed."""
    kind = remark.by.partition(":")[0]
    by = organisation_name if kind == ActorKind.ORGANISATION else kind
    return RemarkRead(id=remark.id, at=remark.at, by=by, text=remark.text)
