"""Sessions of staff: signing in and out, choosing an organizer, changing the password.

Signing in and changing a password take the Database: the argon2 hash takes a tenth of a second, during which no
transaction may be open, and the count of failed attempts must survive their refusal.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock, tokens
from service.auth import Actor
from service.db import Database
from service.domain import limits, passwords
from service.domain.identity import canonical_email
from service.errors import InvalidInput, NotFound, Unauthenticated, WrongCredentials
from service.i18n import gettext as _
from service.models.organizers import Membership, Organizer, Role, Staff, StaffSession

WINDOW = timedelta(minutes=15)
# Behind one office address many people sign in; behind one account there is one.
ACCOUNTS_PER_ADDRESS = 3


async def sign_in(
    database: Database, email: str, password: str, *, address: str, former: str | None = None
) -> tuple[str, StaffSession]:
    """Opens a session: the new cookie's value and the row. `former` is the cookie that the browser held before.

    Raises WrongCredentials, after the same time, for an unknown address, a wrong password and a closed account;
    TooManyRequests when too many attempts on the account or from the client's `address` failed.
    """
    key = _account_key(email)
    counted = (f"sign-in:account:{key}", f"sign-in:address:{address}")
    attempts = database.settings.sign_in_attempts
    await limits.hit(database, counted[1], attempts * ACCOUNTS_PER_ADDRESS, WINDOW)
    await limits.hit(database, counted[0], attempts, WINDOW)
    async with database.read() as session:
        staff = (await session.exec(select(Staff).where(Staff.email_key == key))).first()
    known = staff.password_hash if staff and staff.disabled_at is None else None
    right, better_hash = await passwords.verified(password, known)
    if staff is None or not right:
        raise WrongCredentials
    async with database.write() as session:
        opened = await _open(session, staff.id, known, better_hash, former)
    await limits.give_back(database, *counted)
    return opened


async def _open(
    session: AsyncSession, staff_id: UUID, verified_hash: str | None, better_hash: str | None, former: str | None
) -> tuple[str, StaffSession]:
    staff = await session.get(Staff, staff_id, with_for_update=True)
    # The account may have been closed, or its password changed, while the hash was computed.
    if staff is None or staff.disabled_at or staff.password_hash != verified_hash:
        raise WrongCredentials
    organizer_id = await auth.first_organizer(session, staff)
    if organizer_id is None and not staff.super_owner:
        raise WrongCredentials
    if better_hash:
        staff.password_hash = better_hash
    expired = (col(StaffSession.staff_id) == staff.id) & (col(StaffSession.expires_at) <= clock.real_now())
    await session.exec(delete(StaffSession).where(expired))
    if former:
        await session.exec(delete(StaffSession).where(col(StaffSession.token_hash) == tokens.fingerprint(former)))
    return await auth.open_session(session, staff, organizer_id)


async def sign_out(session: AsyncSession, actor: Actor) -> None:
    """Ends the caller's session."""
    await session.exec(delete(StaffSession).where(col(StaffSession.id) == actor.session_id))


async def current(session: AsyncSession, session_id: UUID | None) -> tuple[StaffSession, Staff]:
    """A session and its person. Raises Unauthenticated when it has ended."""
    query = select(StaffSession, Staff).join(Staff, col(Staff.id) == col(StaffSession.staff_id))
    found = (await session.exec(query.where(StaffSession.id == session_id))).first()
    if found is None:
        raise Unauthenticated
    return found


async def organizers_of(session: AsyncSession, staff: Staff) -> list[tuple[Organizer, Role]]:
    """The organizers a person can choose, with the role there; a super-owner can choose all. Ordered by slug."""
    if staff.super_owner:
        rows = await session.exec(select(Organizer).order_by(Organizer.slug))
        return [(row, Role.SUPER_OWNER) for row in rows]
    query = (
        select(Organizer, Membership)
        .join(Membership, col(Membership.organizer_id) == col(Organizer.id))
        .where(Membership.staff_id == staff.id, col(Membership.disabled_at).is_(None))
        .order_by(Organizer.slug)
    )
    return [(row, membership.role) for row, membership in await session.exec(query)]


async def choose_organizer(session: AsyncSession, actor: Actor, slug: str) -> StaffSession:
    """Works for another organizer from now on. Raises NotFound when it is not one of the person's."""
    row, staff = await current(session, actor.session_id)
    chosen = next((house for house, _role in await organizers_of(session, staff) if house.slug == slug), None)
    if chosen is None:
        raise NotFound
    row.organizer_id = chosen.id
    await session.flush()
    return row


async def change_password(database: Database, actor: Actor, old: str, new: str) -> None:
    """Sets a new password and ends the person's other sessions.

    Raises InvalidInput for a wrong current or an unfit new password, TooManyRequests after too many wrong ones.
    """
    async with database.read() as session:
        _row, staff = await current(session, actor.session_id)
    counted = f"sign-in:account:{staff.email_key}"
    await limits.hit(database, counted, database.settings.sign_in_attempts, WINDOW)
    right, _better = await passwords.verified(old, staff.password_hash)
    if not right:
        raise InvalidInput.at("/current_password", _("Kata sandi sekarang tidak sesuai."))
    await limits.give_back(database, counted)
    passwords.check_rules(new, staff.email, "/password")
    new_hash = await passwords.hashed(new)
    async with database.write() as session:
        locked = await session.get(Staff, staff.id, with_for_update=True)
        if locked is None or locked.password_hash != staff.password_hash:
            raise Unauthenticated
        locked.password_hash = new_hash
        others = (col(StaffSession.staff_id) == staff.id) & (col(StaffSession.id) != actor.session_id)
        await session.exec(delete(StaffSession).where(others))


async def end_sessions(session: AsyncSession, staff_id: UUID, organizer_id: UUID | None = None) -> None:
    """Signs a person out everywhere, or out of one organizer only."""
    theirs = col(StaffSession.staff_id) == staff_id
    if organizer_id is not None:
        theirs &= col(StaffSession.organizer_id) == organizer_id
    await session.exec(delete(StaffSession).where(theirs))


async def forget_ended(session: AsyncSession) -> None:
    """Drops sessions whose time is over."""
    await session.exec(delete(StaffSession).where(col(StaffSession.expires_at) < clock.real_now()))


def _account_key(email: str) -> str:
    try:
        return canonical_email(email)
    except ValueError:
        return email.strip().casefold()
