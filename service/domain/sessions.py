"""Sessions of staff: signing in and out, choosing an organizer, changing the password. Two steps: signing_in.py.

Signing in and changing a password take the Database: the argon2 hash takes a tenth of a second, during which no
transaction may be open, and the count of failed attempts must survive their refusal.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock, outbox, tokens
from service.auth import Actor
from service.db import Database
from service.domain import known_browsers, limits, passwords
from service.errors import InvalidInput, NotFound, Unauthenticated
from service.events import AccountChanged
from service.i18n import gettext as _
from service.models.organizers import Membership, Organizer, Role, Staff, StaffSession

WINDOW = timedelta(minutes=15)


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


async def first_organizer(session: AsyncSession, staff: Staff) -> UUID | None:
    """The organizer a new session starts with: the first membership, for a super-owner the oldest organizer."""
    query = (
        select(Organizer.id).order_by(col(Organizer.id))
        if staff.super_owner
        else select(Membership.organizer_id)
        .where(Membership.staff_id == staff.id, col(Membership.disabled_at).is_(None))
        .order_by(col(Membership.created_at), col(Membership.id))
    )
    return (await session.exec(query.limit(1))).first()


async def choose_organizer(session: AsyncSession, actor: Actor, slug: str) -> StaffSession:
    """Works for another organizer from now on. Raises NotFound when it is not one of the person's."""
    row, staff = await current(session, actor.session_id)
    chosen = next((house for house, _role in await organizers_of(session, staff) if house.slug == slug), None)
    if chosen is None:
        raise NotFound
    row.organizer_id = chosen.id
    await session.flush()
    return row


async def change_password(
    database: Database, actor: Actor, old: str, new: str, known: str | None = None
) -> tuple[str, str]:
    """Sets a new password and ends the person's other sessions: the new cookie of this one, and the new value of the
    cookie that makes the browser known (`known` before; known_browsers.py).

    A link that would set another password is dead from then on. Raises InvalidInput for a wrong current password and
    for a new one that is unfit or the same, TooManyRequests after too many wrong ones.
    """
    person = await confirm_password(database, actor, old)
    passwords.check_rules(new, person.email, "/password")
    if passwords.composed(new) == passwords.composed(old):
        raise InvalidInput.at("/password", _("Kata sandi baru sama dengan yang sekarang. Pilih yang lain."))
    new_hash = await passwords.hashed(new)
    async with database.write() as session:
        staff = await locked(session, person)
        set_password(staff, new_hash)
        organizer_id = actor.organizer_id
        if organizer_id is not None:
            event = AccountChanged(organizer_id=organizer_id, staff_id=staff.id, what="password")
            await outbox.record(session, event, actor.label)
        cookie = await renew(session, actor)
        return cookie, known_browsers.remembered(database.settings.keyring, staff, known)


async def confirm_password(database: Database, actor: Actor, password: str) -> Staff:
    """The caller, whose password this is: a session that was left open, or stolen, changes no account.

    Raises InvalidInput for a wrong one, TooManyRequests after too many.
    """
    async with database.read() as session:
        _row, staff = await current(session, actor.session_id)
    # Not counted with sign-ins: a stranger's wrong ones must not keep the owner from changing the password.
    counted = f"password:account:{staff.id}"
    await limits.hit(database, counted, database.settings.sign_in_attempts, WINDOW)
    right, _better = await passwords.verified(password, staff.password_hash)
    if not right:
        raise InvalidInput.at("/current_password", _("Kata sandi sekarang tidak sesuai."))
    await limits.give_back(database, counted)
    return staff


async def locked(session: AsyncSession, known: Staff) -> Staff:
    """The account, held until the transaction ends. Raises Unauthenticated when its password changed meanwhile."""
    staff = await session.get(Staff, known.id, with_for_update=True, populate_existing=True)
    if staff is None or staff.disabled_at or staff.password_hash != known.password_hash:
        raise Unauthenticated
    return staff


def set_password(staff: Staff, password_hash: str) -> None:
    """Gives an account its new password; `staff` is locked."""
    staff.password_hash = password_hash
    staff.reset_version += 1
    staff.reset_key_id = staff.reset_expires_at = None


async def renew(session: AsyncSession, actor: Actor) -> str:
    """Gives the caller's session a new cookie, and ends the person's other ones. Raises Unauthenticated."""
    row, staff = await current(session, actor.session_id)
    cookie = tokens.random_token(auth.SESSION_PREFIX)
    row.token_hash = tokens.fingerprint(cookie)
    await end_others(session, staff.id, row.id)
    await session.flush()
    return cookie


async def own(session: AsyncSession, actor: Actor, after: UUID | None, limit: int) -> Sequence[StaffSession]:
    """The caller's open sessions, the newest first, older than the session `after`."""
    mine = (StaffSession.staff_id == actor.id, col(StaffSession.expires_at) > clock.real_now())
    query = select(StaffSession).where(*mine).order_by(col(StaffSession.id).desc()).limit(limit)
    if after is not None:
        query = query.where(col(StaffSession.id) < after)
    return (await session.exec(query)).all()


async def end_one(session: AsyncSession, actor: Actor, session_id: UUID) -> None:
    """Ends one of the caller's own sessions. Raises NotFound."""
    mine = (col(StaffSession.id) == session_id, col(StaffSession.staff_id) == actor.id)
    if (await session.exec(delete(StaffSession).where(*mine))).rowcount == 0:
        raise NotFound


async def end_others(session: AsyncSession, staff_id: UUID, kept: UUID | None) -> None:
    """Signs a person out of every browser but one."""
    others = (col(StaffSession.staff_id) == staff_id) & (col(StaffSession.id) != kept)
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
