"""A workshop's messages at one glance: how many, how they stand, whom no channel reaches."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.db import settings_of
from service.domain import workshops
from service.domain.letters_facts import contacts_of
from service.errors import InvalidState
from service.models.invitations import Invitation, InvitationStatus
from service.models.messages import Message, MessageStatus
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Workshop, WorkshopStatus


@dataclass(frozen=True)
class Overview:
    """Counts of messages by occasion and status, and how many people and agencies no channel reaches."""

    counts: dict[str, dict[MessageStatus, int]]
    unreachable: int

    def total(self, status: MessageStatus) -> int:
        """Messages of all occasions in this status."""
        return sum(statuses.get(status, 0) for statuses in self.counts.values())


async def overview(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Overview:
    """The messages of a workshop, counted. Raises NotFound."""
    await workshops.find(session, actor, workshop_id)
    query = (
        select(Message.occasion, Message.status, func.count())
        .where(Message.workshop_id == workshop_id)
        .group_by(col(Message.occasion), col(Message.status))
        .order_by(col(Message.occasion))
    )
    counts: dict[str, dict[MessageStatus, int]] = {}
    for occasion, status, count in await session.exec(query):
        counts.setdefault(occasion, {})[MessageStatus(status)] = count
    lost = await _people_without_contact(session, workshop_id) + await _agencies_without_contact(session, workshop_id)
    return Overview(counts, lost)


async def announced(session: AsyncSession, actor: Actor, workshop_id: UUID) -> tuple[Workshop, Organizer, str]:
    """A workshop that has a public page, its organizer, and that page's address. Raises NotFound, InvalidState."""
    workshop = await workshops.find(session, actor, workshop_id)
    if workshop.status is not WorkshopStatus.PUBLISHED:
        raise InvalidState
    house = await session.get_one(Organizer, workshop.organizer_id)
    base = settings_of(session).base_url.rstrip("/")
    return workshop, house, f"{base}/w/{house.slug}/{workshop.slug}"


async def _people_without_contact(session: AsyncSession, workshop_id: UUID) -> int:
    query = select(func.count()).where(
        col(Registration.workshop_id) == workshop_id,
        col(Registration.status) == RegistrationStatus.CONFIRMED,
        col(Registration.email).is_(None),
        col(Registration.phone).is_(None),
    )
    return (await session.exec(query)).one()


async def _agencies_without_contact(session: AsyncSession, workshop_id: UUID) -> int:
    invited = (
        select(Organisation)
        .join(Invitation, col(Invitation.organisation_id) == col(Organisation.id))
        .where(Invitation.workshop_id == workshop_id, Invitation.status == InvitationStatus.SENT)
    )
    return sum(contacts_of(agency) == ([], []) for agency in await session.exec(invited))
