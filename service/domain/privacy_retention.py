"""The end of retention: a while after a workshop nothing in it is about anybody any more.

In batches, each in a transaction of its own: on SQLite one of 50,000 people would keep all writers waiting. One event
tells of a whole workshop; one per person would double the log of a regency for nothing that anybody waits for.
"""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.domain import privacy_traces, workshops
from service.domain.privacy_own import kept_until
from service.events import WorkshopAnonymised
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import Workshop

BATCH = 200


async def waits(session: AsyncSession) -> bool:
    """Whether a workshop's time is over: a look that is cheaper than writing nothing."""
    return await _due(session) is not None


async def anonymise_some(session: AsyncSession) -> bool:
    """Anonymises the next people of a workshop whose time is over, at last the workshop. False: none was due."""
    workshop_id = await _due(session)
    if workshop_id is None:
        return False
    # Nobody comes in, changes or is anonymised by another worker meanwhile.
    await workshops.lock_capacity(session, workshop_id)
    workshop = await session.get_one(Workshop, workshop_id, populate_existing=True)
    if workshop.anonymised_at is not None:
        return True
    mine = (Registration.workshop_id == workshop_id, col(Registration.anonymised_at).is_(None))
    people = select(Registration).where(*mine).order_by(col(Registration.number)).limit(BATCH).with_for_update()
    if batch := (await session.exec(people)).all():
        await privacy_traces.anonymise(session, batch)
    elif not await privacy_traces.clean_workshop(session, workshop_id):
        workshop.anonymised_at = clock.now()
        session.add(workshop)
        await session.flush()
        event = WorkshopAnonymised(organizer_id=workshop.organizer_id, workshop_id=workshop_id)
        await outbox.record(session, event)
    return True


async def _due(session: AsyncSession) -> UUID | None:
    """The first workshop whose time is over. Days are added here, since the two databases add them differently."""
    query = (
        select(Workshop, Organizer)
        .join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
        .where(col(Workshop.anonymised_at).is_(None), col(Workshop.ends_at) < clock.now())
        .order_by(col(Workshop.ends_at), col(Workshop.id))
    )
    over = (shop.id for shop, house in await session.exec(query) if kept_until(shop, house) <= clock.now())
    return next(over, None)
