"""Raises what reminders did not help with, and tells those who have to act."""

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import escalations, messages_organisations, portal_links
from service.events import EscalationRaised, ReminderFired
from service.models.escalations import Escalation, EscalationLevel
from service.models.messages import Message, Occasion, Reminder
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import ReminderKind, Workshop
from service.outbox import After, Reaction, subscribe
from service.subscribers import sending

_OCCASIONS = {
    EscalationLevel.LETTER: Occasion.ESCALATION_LETTER,
    EscalationLevel.LIST: Occasion.ESCALATION_LIST,
}


@subscribe("escalations.raise", ReminderFired)
async def raise_due(reaction: Reaction) -> None:
    """On the morning on which something is so late."""
    event = reaction.event
    assert isinstance(event, ReminderFired)
    async with reaction.database.read() as session:
        row = await session.get(Reminder, event.reminder_id)
    if row is None or row.kind is not ReminderKind.ESCALATION:
        return
    async with reaction.database.write() as session:
        await escalations.raise_due(session, event.workshop_id)


@subscribe("messages.escalation", EscalationRaised)
async def raised(reaction: Reaction) -> After | None:
    """Sends the letter to the organisation when the organizer wishes that; else the committee gets it to sign.

    The committee gets one message a day for a workshop, however many organisations it is about.
    """
    event = reaction.event
    assert isinstance(event, EscalationRaised)

    async def written(session: AsyncSession) -> list[Message]:
        row = await session.get(Escalation, event.escalation_id)
        if row is None or row.handled_at is not None:
            # Handled, or one with that of an organisation that was the same.
            return []
        house = await session.get_one(Organizer, row.organizer_id)
        occasion, agency = _OCCASIONS[row.level], await session.get_one(Organisation, row.organisation_id)
        if row.level is EscalationLevel.LETTER and escalations.rule_of(house).send:
            contacts = await portal_links.with_mail(session, [agency.id])
            if messages_organisations.reachable(agency, contacts.get(agency.id, [])):
                return await messages_organisations.about_organisation(
                    session, occasion, agency, row.workshop_id, str(row.id), escalation_id=row.id
                )
        workshop = await session.get_one(Workshop, row.workshop_id)
        day = clock.local_date(row.raised_at, house.timezone).isoformat()
        return await messages_organisations.about_workshop(session, occasion, workshop, day, what=day)

    return await sending.write(reaction, written)
