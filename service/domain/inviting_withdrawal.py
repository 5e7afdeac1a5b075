"""The committee takes an invitation back: one sent by mistake, or to an organisation that is not meant any more."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import inviting, quotas, waiting
from service.events import InvitationWithdrawn
from service.models.invitations import Invitation, InvitationStatus
from service.models.workshops import Workshop


async def withdraw(
    session: AsyncSession, actor: Actor, workshop_id: UUID, invitation_id: UUID, reason: str
) -> Invitation:
    """Ends its link at once; what was held for it goes to whoever waits, in order. Doing it again changes nothing.

    Who was named already stays registered: these people have tickets, and are cancelled, if at all, one by one.
    Raises NotFound.
    """
    row, capacity = await inviting.find_for_change(session, actor, workshop_id, invitation_id)
    if row.status is InvitationStatus.WITHDRAWN:
        return row
    workshop = await session.get_one(Workshop, workshop_id, populate_existing=True)
    row.status, row.reason = InvitationStatus.WITHDRAWN, reason
    row.version += 1
    row.updated_at = clock.now()
    await quotas.fill(session, capacity, row)
    event = InvitationWithdrawn(organizer_id=row.organizer_id, workshop_id=row.workshop_id, invitation_id=row.id)
    await outbox.record(session, event, actor.label)
    await waiting.promote(session, actor, workshop, capacity)
    return row
