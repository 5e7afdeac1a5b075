"""The messages of a workshop, looked through: how they stand, what they are about, whom they are for."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.models.invitations import Invitation
from service.models.messages import Message, MessageStatus, Occasion
from service.models.people import Organisation
from service.models.registrations import Registration


class Standing(StrEnum):
    """How messages stand, in few words."""

    SENT = "sent"
    FAILED = "failed"
    WAITING = "waiting"
    DROPPED = "dropped"


STATUSES: dict[Standing, tuple[MessageStatus, ...]] = {
    Standing.SENT: (MessageStatus.SENT,),
    Standing.FAILED: (MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNREACHABLE),
    Standing.WAITING: (MessageStatus.QUEUED, MessageStatus.WAITING),
    Standing.DROPPED: (MessageStatus.DROPPED,),
}


@dataclass(frozen=True)
class Filter:
    """Which messages are wanted; `name`: part of a person's or an organisation's name."""

    standing: Standing | None = None
    occasion: Occasion | None = None
    name: str = ""


async def page(
    session: AsyncSession, workshop_id: UUID, wanted: Filter, before: UUID | None, limit: int
) -> Sequence[Message]:
    """The workshop's messages, the newest first, older than `before`. The workshop was found through the actor."""
    query = select(Message).where(Message.workshop_id == workshop_id)
    if wanted.standing is not None:
        query = query.where(col(Message.status).in_(STATUSES[wanted.standing]))
    if wanted.occasion is not None:
        query = query.where(Message.occasion == wanted.occasion)
    if wanted.name:
        query = query.where(_is_for(workshop_id, wanted.name))
    if before is not None:
        query = query.where(col(Message.id) < before)
    return (await session.exec(query.order_by(col(Message.id).desc()).limit(limit))).all()


def _is_for(workshop_id: UUID, name: str) -> ColumnElement[bool]:
    offices = select(Organisation.id).where(col(Organisation.name).icontains(name, autoescape=True))
    people = select(Registration.id).where(
        Registration.workshop_id == workshop_id,
        or_(
            col(Registration.name).icontains(name, autoescape=True),
            col(Registration.organisation_name).icontains(name, autoescape=True),
            col(Registration.organisation_id).in_(offices),
        ),
    )
    invited = select(Invitation.id).where(
        Invitation.workshop_id == workshop_id, col(Invitation.organisation_id).in_(offices)
    )
    return or_(
        col(Message.registration_id).in_(people),
        col(Message.invitation_id).in_(invited),
        col(Message.organisation_id).in_(offices),
    )
