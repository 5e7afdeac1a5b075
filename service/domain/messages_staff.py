"""Messages to staff and to those invited to be: one per occasion, by mail only."""

from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import messages
from service.events import AccountChanged, PasswordResetRequested, StaffInvited
from service.models.accounts import StaffInvitation
from service.models.messages import Message, Occasion
from service.models.organizers import Staff


async def about_invitation(session: AsyncSession, event: StaffInvited, key: str) -> list[Message]:
    """The link that makes somebody a member. Returns those that are to be sent now, as all of these do."""
    row = await session.get_one(StaffInvitation, event.staff_invitation_id)
    about: dict[str, object] = {"staff_invitation_id": row.id, "organizer_id": row.organizer_id}
    return await _insert(session, Occasion.STAFF_INVITATION, row.email, about, f"{row.id}:{key}")


async def about_reset(session: AsyncSession, event: PasswordResetRequested, key: str) -> list[Message]:
    """The link that sets another password."""
    return await _to_account(session, Occasion.RESET, event, key)


async def about_change(session: AsyncSession, event: AccountChanged, key: str) -> list[Message]:
    """That password or second factor changed: whoever did not do it has to know."""
    return await _to_account(session, Occasion.ACCOUNT_CHANGED, event, key, what=event.what)


async def _to_account(
    session: AsyncSession,
    occasion: Occasion,
    event: PasswordResetRequested | AccountChanged,
    key: str,
    **columns: object,
) -> list[Message]:
    staff = await session.get_one(Staff, event.staff_id)
    about = {"staff_id": staff.id, "organizer_id": event.organizer_id} | columns
    return await _insert(session, occasion, staff.email, about, f"{staff.id}:{key}")


async def _insert(
    session: AsyncSession, occasion: Occasion, email: str, about: dict[str, object], key: str
) -> list[Message]:
    standing = messages.first_standing(session, occasion, [email], [], None, rehearsal=False)
    row = {"workshop_id": None, "occasion": occasion, "occasion_key": f"{occasion}:{key}"} | about | standing
    return await messages.insert(session, [row])
