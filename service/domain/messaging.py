"""How a workshop writes to people: rehearsal, which reminders, and links for the hall."""

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.events import WorkshopChanged
from service.models.messaging_shapes import MessagingInput
from service.models.workshops import Workshop


async def change(session: AsyncSession, actor: Actor, workshop: Workshop, data: MessagingInput) -> Workshop:
    """Sets all of it on a workshop that is locked with `workshops.find_for_change`.

    The end of a rehearsal sends nothing again: what went to the committee counts as said.
    """
    before = workshop.rehearsal, workshop.reminders, workshop.hall_links
    workshop.rehearsal, workshop.hall_links = data.rehearsal, data.hall_links
    workshop.reminders = [kind.value for kind in data.reminders]
    if before == (workshop.rehearsal, workshop.reminders, workshop.hall_links):
        return workshop
    workshop.version += 1
    # Personal calendars show the way into the online room: they have to notice when it comes or goes.
    workshop.updated_at = clock.now()
    session.add(workshop)
    await session.flush()
    event = WorkshopChanged(organizer_id=workshop.organizer_id, workshop_id=workshop.id, what="messaging")
    await outbox.record(session, event, actor.label)
    return workshop
