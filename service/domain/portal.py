"""An agency's own view: who it is, where it is invited."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain.workshops import IS_PUBLIC
from service.errors import NotFound
from service.models.invitations import Invitation
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop


async def who(session: AsyncSession, actor: Actor) -> tuple[Organisation, Organizer]:
    """The organisation behind the link, and the office that asks it. Raises NotFound."""
    organisation = await session.get(Organisation, actor.id)
    house = await session.get(Organizer, actor.tenant)
    if organisation is None or house is None:
        raise NotFound
    return organisation, house


async def invited_to(session: AsyncSession, actor: Actor) -> Sequence[Workshop]:
    """The published (or later completed or cancelled) workshops to which it is invited, by start."""
    query = (
        select(Workshop)
        .join(Invitation, col(Invitation.workshop_id) == col(Workshop.id))
        .where(Invitation.organisation_id == actor.id, IS_PUBLIC)
        .order_by(col(Workshop.starts_at), col(Workshop.id))
    )
    return (await session.exec(query)).all()
