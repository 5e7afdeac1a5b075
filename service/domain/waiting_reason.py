"""Why somebody who waits has no seat, for those who are asked about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import run
from service.domain import quotas, seats, workshops
from service.models.columns import UtcDateTime
from service.models.invitations import Invitation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode


class Cause(StrEnum):
    """What stands in the way: every seat is taken, what is free is set aside, or others of the group wait too."""

    FULL = "full"
    HELD = "held"
    GROUP = "group"


@dataclass(frozen=True)
class Reason:
    """`seats` are set aside for so many `organisations`; the first of them until `first`, the last until `last`."""

    cause: Cause
    seats: int = 0
    organisations: int = 0
    first: datetime | None = None
    last: datetime | None = None


async def why(session: AsyncSession, row: Registration) -> Reason | None:
    """Why this person waits; None for who does not wait, or is about to get a seat."""
    if row.status is not RegistrationStatus.WAITLISTED:
        return None
    invitation = await quotas.invitation_of(session, row)
    if invitation is not None and invitation.all_or_none:
        return Reason(Cause.GROUP)
    capacity = await session.get_one(Capacity, row.workshop_id)
    if seats.left(capacity, row.mode) == 0:
        return Reason(Cause.FULL)
    return await _held(session, row) if workshops.seats_left(capacity, row.mode) == 0 else None


async def _held(session: AsyncSession, row: Registration) -> Reason:
    aside = col(Invitation.held_offline if row.mode is Mode.OFFLINE else Invitation.held_online)
    query = select(
        func.coalesce(func.sum(aside), 0),
        func.count(),
        func.min(col(Invitation.deadline), type_=UtcDateTime()),
        func.max(col(Invitation.deadline), type_=UtcDateTime()),
    ).where(col(Invitation.workshop_id) == row.workshop_id, aside > 0)
    count, organisations, first, last = (await run(session, query, {})).one()
    return Reason(Cause.HELD, int(count), organisations, first, last)
