"""An organizer's logo: on its pages, and at the head of its letters."""

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import organizers
from service.errors import NotFound
from service.events import OrganizerChanged
from service.models.organizers import Organizer


async def keep(session: AsyncSession, actor: Actor, row: Organizer, key: str | None, address: str | None) -> str | None:
    """The uploaded logo's place in the store, and the path under which everybody reads it; None for both: no logo.

    Answers the place of the former one, which nothing refers to any more once this is committed.
    """
    former = row.logo_key
    row.logo_key, row.logo = key, address
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    await outbox.record(session, OrganizerChanged(organizer_id=row.id), actor.label)
    return former


async def find(session: AsyncSession, slug: str, address: str) -> str:
    """The place of the logo that is read under this path now. Raises NotFound."""
    row = await organizers.find_public(session, slug)
    if row.logo_key is None or row.logo != address:
        raise NotFound
    return row.logo_key
