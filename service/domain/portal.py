"""An agency's own view: who it is, where it is invited, how much time is left."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import commitments
from service.domain.workshops import IS_PUBLIC
from service.errors import NotFound
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.invitations import Invitation, InvitationStatus
from service.models.organizers import Holiday, Organizer
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
    """The published (or later completed or cancelled) workshops to which it is invited and stayed so, by start."""
    query = (
        select(Workshop)
        .join(Invitation, col(Invitation.workshop_id) == col(Workshop.id))
        .where(Invitation.organisation_id == actor.id, Invitation.status != InvitationStatus.WITHDRAWN, IS_PUBLIC)
        .order_by(col(Workshop.starts_at), col(Workshop.id))
    )
    return (await session.exec(query)).all()


async def days_left(session: AsyncSession, actor: Actor, due: Collection[date]) -> dict[date, int]:
    """Working days after today up to and including each of these days that has not passed."""
    today = await commitments.today(session, actor)
    ahead = {day for day in due if day >= today}
    if not ahead:
        return {}
    query = select(col(Holiday.day)).where(
        Holiday.organizer_id == actor.tenant, col(Holiday.day) > today, col(Holiday.day) <= max(ahead)
    )
    holidays = set(await session.exec(query))
    return {day: clock.working_days(today, day, holidays) for day in ahead}


async def last_office(session: AsyncSession, actor: Actor) -> str | None:
    """The office that promised last for this organisation: most likely the one that promises again."""
    query = select(Commitment.signatory_office).where(
        Commitment.organisation_id == actor.id, col(Commitment.signatory_office).is_not(None)
    )
    return (await session.exec(query.order_by(col(Commitment.changed_at).desc()).limit(1))).first()


async def items(session: AsyncSession, actor: Actor, codes: Collection[str]) -> dict[str, DataItem]:
    """The data items of these codes."""
    query = select(DataItem).where(DataItem.organizer_id == actor.tenant, col(DataItem.code).in_(set(codes)))
    return {item.code: item for item in await session.exec(query)}


async def asked_at(session: AsyncSession, actor: Actor) -> dict[UUID, Workshop]:
    """The workshops at which something is asked of the organisation, by start."""
    query = (
        select(Workshop)
        .where(col(Workshop.id).in_(select(Commitment.workshop_id).where(Commitment.organisation_id == actor.id)))
        .order_by(col(Workshop.starts_at), col(Workshop.id))
    )
    return {row.id: row for row in await session.exec(query)}
