"""Sends what the committee announced."""

from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import announcements
from service.events import AnnouncementMade
from service.models.messages import Message
from service.outbox import After, Reaction, subscribe
from service.subscribers import sending


@subscribe("messages.announcement", AnnouncementMade)
async def announced(reaction: Reaction) -> After | None:
    """Sends its messages, made along with it, to those who have not got theirs."""
    event = reaction.event
    assert isinstance(event, AnnouncementMade)

    async def waiting(session: AsyncSession) -> list[Message]:
        return await announcements.unsent(session, event.workshop_id, event.announcement_id)

    return await sending.write(reaction, waiting)
