"""The word of a workshop in addresses, unique at its organizer."""

import re
import unicodedata
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.errors import CodeTaken
from service.models.workshops import Workshop
from service.models.workshops_shapes import WorkshopCreate


def _slug_of(title: str) -> str:
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_title).strip("-")[:60].rstrip("-") or "kegiatan"


async def is_taken(session: AsyncSession, organizer_id: UUID, slug: str) -> bool:
    """Whether another workshop of the organizer has it."""
    query = select(Workshop.id).where(Workshop.organizer_id == organizer_id, Workshop.slug == slug)
    return (await session.exec(query)).first() is not None


async def free(session: AsyncSession, organizer_id: UUID, data: WorkshopCreate) -> str:
    """The one asked for, else one made from the title. Raises CodeTaken."""
    if data.slug:
        if await is_taken(session, organizer_id, data.slug):
            raise CodeTaken
        return data.slug
    base = _slug_of(data.title)
    like = select(Workshop.slug).where(Workshop.organizer_id == organizer_id, col(Workshop.slug).startswith(base))
    taken = set(await session.exec(like))
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
