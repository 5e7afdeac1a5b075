"""What workshops left behind for an organisation: minutes, materials, and what it was agreed that it does.

As much as any of its people may open, by the rule that also guards the files themselves; what was agreed is a part of
the minutes, and read by those who may read them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import afterwards
from service.domain.workshops import IS_PUBLIC
from service.models.commitments import Commitment
from service.models.materials import Material
from service.models.minutes import FollowUp, Minutes
from service.models.workshops import Workshop

MOST = 50
"""Workshops shown that left something, the newest first."""


@dataclass(frozen=True)
class Agreed:
    """A follow-up that names the organisation; `commitment_id` is the request that it was turned into."""

    follow_up: FollowUp
    commitment_id: UUID | None


@dataclass(frozen=True)
class LeftBehind:
    """What one workshop left; `minutes`: whether there are any to read."""

    workshop: Workshop
    minutes: bool
    materials: Sequence[Material]
    agreed: Sequence[Agreed]


async def of_workshops(session: AsyncSession, actor: Actor) -> list[LeftBehind]:
    """All that the actor's organisation may open, the newest workshop first; seven statements however much it is."""
    assert actor.id is not None
    audiences = await afterwards.of_organisation(session, actor.id)
    something = union(select(Minutes.workshop_id), select(Material.workshop_id)).subquery()
    query = select(Workshop).where(
        col(Workshop.id).in_(audiences), col(Workshop.id).in_(select(something.c.workshop_id)), IS_PUBLIC
    )
    rows = (await session.exec(query.order_by(col(Workshop.starts_at).desc(), col(Workshop.id)).limit(MOST))).all()
    ids = [row.id for row in rows]
    kept = [
        row
        for row in await session.exec(select(Minutes).where(col(Minutes.workshop_id).in_(ids)))
        if row.audience in audiences[row.workshop_id]
    ]
    written = {row.workshop_id for row in kept if row.text}
    agreed = await _agreed(session, actor.id, [row.workshop_id for row in kept])
    files = await _materials(session, ids)
    found = [
        LeftBehind(
            row,
            row.id in written or row.id in agreed,
            [one for one in files[row.id] if one.audience in audiences[row.id]],
            agreed.get(row.id, []),
        )
        for row in rows
    ]
    return [one for one in found if one.minutes or one.materials]


async def _materials(session: AsyncSession, workshops: Sequence[UUID]) -> dict[UUID, list[Material]]:
    query = select(Material).where(col(Material.workshop_id).in_(workshops), col(Material.removed_at).is_(None))
    found: dict[UUID, list[Material]] = defaultdict(list)
    for row in await session.exec(query.order_by(col(Material.position), col(Material.id))):
        found[row.workshop_id].append(row)
    return found


async def _agreed(session: AsyncSession, organisation_id: UUID, workshops: Sequence[UUID]) -> dict[UUID, list[Agreed]]:
    query = select(FollowUp).where(
        col(FollowUp.workshop_id).in_(workshops), FollowUp.organisation_id == organisation_id
    )
    rows = (await session.exec(query.order_by(col(FollowUp.position), col(FollowUp.id)))).all()
    asked = select(Commitment.workshop_id, Commitment.data_item_id, Commitment.id).where(
        Commitment.organisation_id == organisation_id,
        col(Commitment.data_item_id).in_({row.data_item_id for row in rows}),
    )
    requests = {(place, item): one for place, item, one in await session.exec(asked.order_by(col(Commitment.id)))}
    found: dict[UUID, list[Agreed]] = defaultdict(list)
    for row in rows:
        request = requests.get((row.workshop_id, row.data_item_id)) if row.data_item_id else None
        found[row.workshop_id].append(Agreed(row, request))
    return found
