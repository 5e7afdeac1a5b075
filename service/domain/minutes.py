"""Minutes (notula): written by the committee, read by those they are meant for."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import afterwards
from service.domain.afterwards import Audiences
from service.errors import NotFound
from service.events import MinutesChanged
from service.models.minutes import FollowUp, Minutes
from service.models.minutes_shapes import MinutesInput
from service.models.workshops import Workshop


async def shown(session: AsyncSession, actor: Actor, workshop_id: UUID) -> tuple[Workshop, Minutes]:
    """The minutes as far as the caller may read them. Raises NotFound.

    Before anything is written the committee sees empty ones of version 0.
    """
    workshop, audiences = await afterwards.seen(session, actor, workshop_id)
    row = await of(session, workshop)
    if row.audience not in audiences:
        raise NotFound
    return workshop, row


async def of(session: AsyncSession, workshop: Workshop) -> Minutes:
    """The workshop's minutes; empty ones of version 0, which are not kept, where there are none."""
    return await _stored(session, workshop.id) or _empty(workshop)


async def are_open(session: AsyncSession, workshop_id: UUID, audiences: Audiences) -> bool:
    """Whether there is anything to read for these audiences."""
    row = await _stored(session, workshop_id)
    if row is None or row.audience not in audiences:
        return False
    agreed = select(FollowUp.id).where(FollowUp.workshop_id == workshop_id).limit(1)
    return bool(row.text) or (await session.exec(agreed)).first() is not None


async def held(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Minutes:
    """The minutes to be changed, under the lock of their workshop. Raises NotFound."""
    workshop = await afterwards.hold(session, actor, workshop_id)
    return await _stored(session, workshop_id) or _empty(workshop)


async def write(session: AsyncSession, actor: Actor, row: Minutes, data: MinutesInput) -> Minutes:
    """Puts these words in place of what `held` found. Nothing new changes nothing."""
    values = data.model_dump()
    if row.version and all(getattr(row, name) == value for name, value in values.items()):
        return row
    for name, value in values.items():
        setattr(row, name, value)
    return await changed(session, actor, row)


async def changed(session: AsyncSession, actor: Actor, row: Minutes) -> Minutes:
    """Counts a change of the minutes, or of what is to be followed up, and says that it happened."""
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    event = MinutesChanged(organizer_id=row.organizer_id, workshop_id=row.workshop_id)
    await outbox.record(session, event, actor.label)
    return row


async def _stored(session: AsyncSession, workshop_id: UUID) -> Minutes | None:
    query = select(Minutes).where(Minutes.workshop_id == workshop_id)
    return (await session.exec(query, execution_options={"populate_existing": True})).first()


def _empty(workshop: Workshop) -> Minutes:
    # Since when there are none: the answer about them stays the same until somebody writes.
    since = workshop.created_at
    return Minutes(organizer_id=workshop.organizer_id, workshop_id=workshop.id, version=0, updated_at=since)
