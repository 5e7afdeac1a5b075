"""Where a house's committee is written to."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.models.organizers import Membership, Organizer, Role, Staff


async def addresses(session: AsyncSession, house: Organizer) -> list[str]:
    """The committee's addresses as set, else those of the owners and organizers who still work there."""
    if house.committee_emails:
        return list(house.committee_emails)
    query = (
        select(Staff.email)
        .join(Membership, col(Membership.staff_id) == col(Staff.id))
        .where(
            Membership.organizer_id == house.id,
            col(Membership.role).in_([Role.OWNER, Role.ORGANIZER]),
            col(Membership.disabled_at).is_(None),
            col(Staff.disabled_at).is_(None),
        )
        .order_by(col(Staff.email))
    )
    return list(await session.exec(query))
