"""Proofs of one promise, given by the organisation or by staff for it."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import commitments, proofs
from service.errors import NotFound
from service.events import EvidenceAdded
from service.models.commitments_shapes import Evidence, EvidenceFields


async def add(
    session: AsyncSession,
    actor: Actor,
    commitment_id: UUID,
    data: Evidence | EvidenceFields,
    file: proofs.Stored | None = None,
) -> bool:
    """Adds a proof, in whatever state the commitment is: a letter may also say why nothing is promised. False when it
    is there already: what is sent twice is kept once. Raises NotFound, InvalidInput for too many.
    """
    row = await commitments.find(session, actor, commitment_id, lock=True)
    if not commitments.prove(row, [proofs.kept(actor, data, max(clock.now(), row.changed_at), file)]):
        return False
    row.version += 1
    session.add(row)
    await commitments.recorded(session, actor, row, EvidenceAdded)
    return True


async def file(session: AsyncSession, actor: Actor, commitment_id: UUID, n: int) -> Mapping[str, object]:
    """The file of the proof of this number, from 1. Raises NotFound."""
    row = await commitments.find(session, actor, commitment_id)
    found = proofs.file_of(row.evidence, n)
    if found is None:
        raise NotFound
    return found
