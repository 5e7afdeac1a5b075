"""Saving what the form of a workshop holds, together: the workshop, how it writes to people, self check-in."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import messaging, screens, workshops
from service.models.messaging_shapes import MessagingInput
from service.models.workshops import Capacity, Workshop
from service.models.workshops_shapes import WorkshopPatch


@dataclass(frozen=True)
class Wanted:
    """All that the form says."""

    patch: WorkshopPatch
    messaging: MessagingInput
    self_checkin: bool


async def save(session: AsyncSession, actor: Actor, workshop: Workshop, capacity: Capacity, wanted: Wanted) -> Workshop:
    """Changes what differs, on rows locked with `workshops.find_for_change`. Raises as `workshops.change` does."""
    workshop = await workshops.change(session, actor, workshop, capacity, wanted.patch)
    workshop = await messaging.change(session, actor, workshop, wanted.messaging)
    return await screens.switch(session, actor, workshop, enabled=wanted.self_checkin)
