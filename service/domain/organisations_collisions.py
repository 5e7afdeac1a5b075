"""What two records of one organisation both have, and there can be only one of: whose holds.

An invitation that stands goes before one that does not, and one that can still be answered before one whose deadline
has passed; a delivery that is further along before the other, a letter that was handled before one that was not. Where
nothing tells them apart, that of the organisation that stays holds.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain.commitments import STANDING
from service.models.agreements import Agreement, AgreementSignature
from service.models.commitments import Commitment, CommitmentStatus, FulfilmentStatus
from service.models.data_items import DataItem
from service.models.escalations import Escalation
from service.models.invitations import Invitation, InvitationStatus
from service.models.people import Organisation
from service.models.people_shapes import Collision, CollisionRead
from service.models.workshops import Workshop

T = TypeVar("T", Invitation, Commitment, AgreementSignature, Escalation)
_DELIVERED = (
    FulfilmentStatus.NOT_SUBMITTED,
    FulfilmentStatus.RETURNED,
    FulfilmentStatus.SUBMITTED,
    FulfilmentStatus.ACCEPTED,
)


@dataclass(frozen=True)
class Pair(Generic[T]):
    """Of two rows the one that holds, and the one that ends."""

    kept: T
    ended: T


@dataclass(frozen=True)
class Collisions:
    """Everything that both have."""

    invitations: Sequence[Pair[Invitation]]
    commitments: Sequence[Pair[Commitment]]
    signatures: Sequence[Pair[AgreementSignature]]
    escalations: Sequence[Pair[Escalation]]


async def of(session: AsyncSession, stays: Organisation, other: Organisation, *, lock: bool = False) -> Collisions:
    """The rows of both, as they are now; `lock` keeps them so. Invitations are kept by their workshops' capacities."""
    both = (stays.id, other.id)
    invitations = select(Invitation).where(col(Invitation.organisation_id).in_(both)).order_by(col(Invitation.id))
    commitments = (
        select(Commitment)
        .where(col(Commitment.organisation_id).in_(both), col(Commitment.commitment_status).in_(STANDING))
        .order_by(col(Commitment.id))
    )
    signatures = select(AgreementSignature).where(col(AgreementSignature.organisation_id).in_(both))
    escalations = select(Escalation).where(col(Escalation.organisation_id).in_(both)).order_by(col(Escalation.id))
    if lock:
        commitments, signatures = commitments.with_for_update(), signatures.with_for_update()
        escalations = escalations.with_for_update()
    fresh = {"populate_existing": True}
    return Collisions(
        _pairs(
            (await session.exec(invitations, execution_options=fresh)).all(),
            stays.id,
            lambda one: one.workshop_id,
            _openness,
        ),
        _pairs(
            (await session.exec(commitments, execution_options=fresh)).all(),
            stays.id,
            lambda one: (one.workshop_id, one.data_item_id),
            lambda one: _DELIVERED.index(one.fulfilment_status) * 2 + _is_committed(one),
        ),
        _pairs(
            (await session.exec(signatures, execution_options=fresh)).all(),
            stays.id,
            lambda one: one.agreement_id,
            lambda _one: 0,
        ),
        _pairs(
            (await session.exec(escalations, execution_options=fresh)).all(),
            stays.id,
            lambda one: (one.workshop_id, one.level, one.due_date),
            lambda one: one.handled_at is not None,
        ),
    )


def _openness(row: Invitation) -> int:
    in_time = row.deadline is None or clock.now() <= row.deadline
    return (row.status is InvitationStatus.SENT) * 2 + in_time


def _is_committed(row: Commitment) -> bool:
    return row.commitment_status is CommitmentStatus.COMMITTED


def _pairs(rows: Sequence[T], stays: UUID, what: Callable[[T], Hashable], rank: Callable[[T], int]) -> list[Pair[T]]:
    found: dict[Hashable, list[T]] = {}
    for row in rows:
        found.setdefault(what(row), []).append(row)
    pairs = []
    for same in found.values():
        if len({row.organisation_id for row in same}) == 2:
            kept, ended = sorted(same, key=lambda row: (rank(row), row.organisation_id == stays), reverse=True)
            pairs.append(Pair(kept, ended))
    return pairs


async def told(
    session: AsyncSession, found: Collisions, stays: Organisation, other: Organisation
) -> list[CollisionRead]:
    """The same for people to read."""
    codes = {stays.id: stays.code, other.id: other.code}
    workshops = {one.kept.workshop_id for one in found.invitations}
    workshops |= {one.kept.workshop_id for one in found.escalations}
    titles = dict(
        (await session.exec(select(Workshop.id, Workshop.title).where(col(Workshop.id).in_(workshops)))).all()
    )
    items = {one.kept.data_item_id for one in found.commitments}
    names = dict((await session.exec(select(DataItem.id, DataItem.name).where(col(DataItem.id).in_(items)))).all())
    agreed = {one.kept.agreement_id for one in found.signatures}
    signed = dict(
        (await session.exec(select(Agreement.id, Agreement.title).where(col(Agreement.id).in_(agreed)))).all()
    )
    said = [(Collision.INVITATION, titles[one.kept.workshop_id], one.kept.organisation_id) for one in found.invitations]
    said += [
        (Collision.COMMITMENT, names[one.kept.data_item_id], one.kept.organisation_id) for one in found.commitments
    ]
    said += [(Collision.AGREEMENT, signed[one.kept.agreement_id], one.kept.organisation_id) for one in found.signatures]
    said += [
        (Collision.ESCALATION, titles[one.kept.workshop_id], one.kept.organisation_id) for one in found.escalations
    ]
    return [CollisionRead(kind=kind, about=about, kept=codes[kept]) for kind, about, kept in said]
