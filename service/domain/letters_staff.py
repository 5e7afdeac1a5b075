"""What messages to staff say: invitations, links for a forgotten password, and that an account changed.

They are about no workshop, and their links open accounts: they go to the person's own address, never to the committee.
"""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import settings_of
from service.domain import password_resets, staff_invitations
from service.domain.letters_facts import Facts
from service.models.accounts import StaffInvitation
from service.models.messages import Message, Occasion
from service.models.organizers import Organizer, Staff

T = TypeVar("T", Organizer, Staff, StaffInvitation)
ACCOUNT_PAGE = "/staff/account"


def is_to_staff(message: Message) -> bool:
    """Whether a message goes to a member of staff, or to somebody invited to be one."""
    return message.staff_id is not None or message.staff_invitation_id is not None


async def facts_of(session: AsyncSession, messages: Sequence[Message]) -> dict[UUID, Facts | None]:
    """The facts of those of the messages that go to staff, by message; None when the occasion has passed."""
    mine = [message for message in messages if is_to_staff(message)]
    if not mine:
        return {}
    houses = await _by_id(session, Organizer, {one.organizer_id for one in mine})
    people = await _by_id(session, Staff, {one.staff_id for one in mine if one.staff_id})
    invited = await _by_id(
        session, StaffInvitation, {one.staff_invitation_id for one in mine if one.staff_invitation_id}
    )
    found: dict[UUID, Facts | None] = {}
    for message in mine:
        house = houses[message.organizer_id]
        if message.staff_invitation_id is not None:
            found[message.id] = _invitation(session, message, house, invited[message.staff_invitation_id])
        elif message.staff_id is not None:
            found[message.id] = _account(session, message, house, people[message.staff_id])
    return found


async def names_of(session: AsyncSession, messages: Sequence[Message]) -> dict[UUID, str]:
    """Who they go to, by the id of the account or invitation."""
    accounts = await _by_id(session, Staff, {one.staff_id for one in messages if one.staff_id})
    invited = {one.staff_invitation_id for one in messages if one.staff_invitation_id}
    offers = await _by_id(session, StaffInvitation, invited)
    return {key: row.name for key, row in accounts.items()} | {key: row.name for key, row in offers.items()}


def _invitation(session: AsyncSession, message: Message, house: Organizer, row: StaffInvitation) -> Facts | None:
    if not staff_invitations.is_open(row):
        return None
    made = _plain(message, house, row.name, row.email)
    made.account_url = staff_invitations.link_of(session, row)
    made.deadline, made.what = row.expires_at, (row.role.value,)
    return made


def _account(session: AsyncSession, message: Message, house: Organizer, staff: Staff) -> Facts | None:
    made = _plain(message, house, staff.name, staff.email)
    base = settings_of(session).base_url.rstrip("/")
    if message.occasion != Occasion.RESET:
        made.staff_url, made.what = f"{base}{ACCOUNT_PAGE}", (message.what or "",)
        return made
    if not password_resets.is_open(staff):
        return None
    made.account_url = password_resets.link_of(session, staff)
    made.deadline = staff.reset_expires_at
    return made


def _plain(message: Message, house: Organizer, name: str, email: str) -> Facts:
    now = clock.real_now()
    return Facts(
        message_id=message.id,
        occasion=message.occasion,
        language=house.language,
        recipient=name,
        organizer=house.name,
        title=house.name,
        starts_at=now,
        ends_at=now,
        timezone=house.timezone,
        to=[email],
    )


async def _by_id(session: AsyncSession, table: type[T], ids: set[UUID]) -> dict[UUID, T]:
    if not ids:
        return {}
    return {row.id: row for row in await session.exec(select(table).where(col(table.id).in_(ids)))}
