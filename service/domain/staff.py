"""Who works for an organizer: accounts, and memberships with their roles.

Nobody grants, or takes from somebody, more than they hold themselves.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from service import clock, outbox
from service.auth import ROLE_PERMISSIONS, Actor, ActorKind, Permission
from service.db import settings_of
from service.domain import (
    api_keys,
    calendars_staff,
    doorkeeping,
    password_resets,
    passwords,
    second_factor,
    sessions,
    workshops,
)
from service.domain.accounts_errors import MailGoesOut, OwnPassword, OwnSecondFactor
from service.domain.identity import canonical_email, stored_email
from service.errors import AccountElsewhere, AlreadyMember, Forbidden, InvalidInput, LastOwner, NotFound
from service.events import PasswordResetRequested, StaffChanged
from service.i18n import gettext as _
from service.models.organizers import Membership, Organizer, Role, Staff
from service.models.organizers_shapes import StaffCreate, StaffPatch

Member = tuple[Staff, Membership]


async def create_staff(
    session: AsyncSession,
    email: str,
    name: str,
    password: str,
    *,
    super_owner: bool = False,
) -> Staff:
    """An account without a membership.

    Raises InvalidInput for an unfit address or password, AlreadyMember when the address has an account.
    """
    key = email_key(email)
    passwords.check_rules(password, email, "/password")
    if await account(session, key):
        raise AlreadyMember
    row = Staff(
        email=stored_email(email),
        email_key=key,
        name=name,
        password_hash=await passwords.hashed(password),
        super_owner=super_owner,
    )
    session.add(row)
    await session.flush()
    return row


async def members_of(session: AsyncSession, actor: Actor, after: UUID | None, limit: int) -> Sequence[Member]:
    """The organizer's members in the order in which they joined."""
    query = _members(actor).order_by(col(Membership.id)).limit(limit)
    if after is not None:
        query = query.where(col(Membership.id) > after)
    return [(staff, membership) for staff, membership in await session.exec(query)]


async def find_member(session: AsyncSession, actor: Actor, staff_id: UUID, *, lock: bool = False) -> Member:
    """A member of the actor's organizer. Raises NotFound.

    With `lock` the organizer's row is held too: two owners cannot remove each other at once.
    """
    query = _members(actor).where(Staff.id == staff_id)
    if lock:
        await session.exec(select(Organizer.id).where(Organizer.id == actor.tenant).with_for_update())
        query = query.with_for_update(of=Membership)
    found = (await session.exec(query, execution_options={"populate_existing": lock})).first()
    if found is None:
        raise NotFound
    staff, membership = found
    return staff, membership


async def add_member(session: AsyncSession, actor: Actor, data: StaffCreate) -> Member:
    """Gives a person a role, with a new account when the address has none.

    Raises Forbidden for a role above the actor's own, AlreadyMember, AccountElsewhere when only a super-owner may add
    the account, InvalidInput.
    """
    require_covers(actor, ROLE_PERMISSIONS[data.role])
    known = await account(session, email_key(data.email))
    staff = await _new_account(session, data) if known is None else await _old_account(session, actor, known, data)
    membership = Membership(
        staff_id=staff.id,
        organizer_id=actor.tenant,
        role=data.role,
        workshops=await named_workshops(session, actor, data.workshops),
    )
    session.add(membership)
    await session.flush()
    await outbox.record(session, StaffChanged(organizer_id=actor.tenant, staff_id=staff.id), actor.label)
    return staff, membership


async def _new_account(session: AsyncSession, data: StaffCreate) -> Staff:
    if data.password is None:
        raise InvalidInput.at("/password", _("Wajib diisi."))
    return await create_staff(session, data.email, data.name, data.password)


async def _old_account(session: AsyncSession, actor: Actor, staff: Staff, data: StaffCreate) -> Staff:
    """An account that works elsewhere may have a password known to the owner there: a super-owner decides."""
    # Held: of two houses that take on one account at once, the second must see that it works elsewhere by now.
    await session.refresh(staff, with_for_update=True)
    houses = (await session.exec(select(Membership.organizer_id).where(Membership.staff_id == staff.id))).all()
    if actor.tenant in houses:
        raise AlreadyMember
    if houses or staff.super_owner or staff.disabled_at:
        if not actor.may(Permission.ORGANIZERS_CREATE):
            raise AccountElsewhere
        return staff
    if data.password is None:
        raise InvalidInput.at("/password", _("Wajib diisi."))
    passwords.check_rules(data.password, data.email, "/password")
    await begin_anew(session, staff, data.name, await passwords.hashed(data.password))
    return staff


async def begin_anew(session: AsyncSession, staff: Staff, name: str, password_hash: str) -> None:
    """Gives an account that nobody employs any more to whoever is taken on; `staff` is locked.

    Whoever knew its former password must not come in with it, and a telephone paired then must not keep its person out.
    """
    sessions.set_password(staff, password_hash)
    staff.name = name
    await second_factor.forget(session, staff)
    await sessions.end_sessions(session, staff.id)


async def change_member(session: AsyncSession, actor: Actor, member: Member, data: StaffPatch) -> Member:
    """Changes role, workshops or whether the person is kept out; who is kept out is signed out at once, and so the API
    keys that they made rest. With a lesser role these may no more than the person.

    `member` was found with its lock. Raises Forbidden for roles above the actor's own, LastOwner, InvalidInput.
    """
    staff, membership = member
    require_covers(actor, ROLE_PERMISSIONS[membership.role])
    owned = membership.role is Role.OWNER
    changed = data.model_fields_set
    if "role" in changed:
        require_covers(actor, ROLE_PERMISSIONS[data.role])
        membership.role = data.role
    if "workshops" in changed:
        membership.workshops = await named_workshops(session, actor, data.workshops)
    if "disabled" in changed:
        membership.disabled_at = clock.now() if data.disabled else None
        if data.disabled:
            calendars_staff.forget(membership)
    membership.version += 1
    await session.flush()
    if owned:
        await _keep_an_owner(session, actor)
    if membership.disabled_at:
        await sessions.end_sessions(session, staff.id, actor.tenant)
    await doorkeeping.follow(session, actor, staff.id, membership)
    await outbox.record(session, StaffChanged(organizer_id=actor.tenant, staff_id=staff.id), actor.label)
    return staff, membership


async def remove_member(session: AsyncSession, actor: Actor, staff_id: UUID) -> None:
    """Ends a membership, its sessions and the API keys that the person made. Raises NotFound, Forbidden, LastOwner."""
    staff, membership = await find_member(session, actor, staff_id, lock=True)
    require_covers(actor, ROLE_PERMISSIONS[membership.role])
    await session.delete(membership)
    await session.flush()
    if membership.role is Role.OWNER:
        await _keep_an_owner(session, actor)
    await sessions.end_sessions(session, staff.id, actor.tenant)
    if not staff.super_owner:
        await api_keys.end_of(session, actor, staff.id)
    await doorkeeping.follow(session, actor, staff.id, None)
    await outbox.record(session, StaffChanged(organizer_id=actor.tenant, staff_id=staff.id), actor.label)


async def take_second_factor(session: AsyncSession, actor: Actor, staff_id: UUID) -> None:
    """Turns off the second factor of a colleague who lost it, and signs them out everywhere.

    Raises NotFound, Forbidden, AccountElsewhere for somebody who works for another organizer too: only a super-owner
    may weaken an account for all of them. OwnSecondFactor: one's own is turned off with password and code only.
    """
    if staff_id == actor.id:
        raise OwnSecondFactor
    staff = await _held_account(session, actor, staff_id)
    await second_factor.take_away(session, staff, actor.label)


async def password_link(session: AsyncSession, actor: Actor, staff_id: UUID) -> tuple[str, Staff]:
    """A link by which a colleague sets another password, good once and for an hour, to be handed over: where there is
    no mail server, nobody receives one. A secret; the second factor stays, wrong passwords are forgiven.

    Raises NotFound, Forbidden, AccountElsewhere as `take_second_factor` does, OwnPassword, MailGoesOut.
    """
    if settings_of(session).smtp_host is not None:
        raise MailGoesOut
    if staff_id == actor.id:
        raise OwnPassword
    staff = await _held_account(session, actor, staff_id)
    link = await password_resets.issue(session, staff)
    await outbox.record(session, PasswordResetRequested(organizer_id=actor.tenant, staff_id=staff.id), actor.label)
    return link, staff


async def _held_account(session: AsyncSession, actor: Actor, staff_id: UUID) -> Staff:
    """A colleague's account, locked, for what changes it everywhere. Raises NotFound, Forbidden, AccountElsewhere."""
    staff, membership = await find_member(session, actor, staff_id, lock=True)
    require_covers(actor, ROLE_PERMISSIONS[membership.role])
    elsewhere = select(Membership.id).where(Membership.staff_id == staff.id, Membership.organizer_id != actor.tenant)
    shared = staff.super_owner or (await session.exec(elsewhere.limit(1))).first() is not None
    if shared and not actor.may(Permission.ORGANIZERS_CREATE):
        raise AccountElsewhere
    await session.refresh(staff, with_for_update=True)
    return staff


def _members(actor: Actor) -> Select[Staff, Membership]:
    return (
        select(Staff, Membership)
        .join(Membership, col(Membership.staff_id) == col(Staff.id))
        .where(Membership.organizer_id == actor.tenant)
    )


def require_covers(actor: Actor, permissions: Iterable[Permission]) -> None:
    """Raises Forbidden for more than the actor holds; who makes organizers may give every role there."""
    if actor.may(Permission.ORGANIZERS_CREATE) and actor.kind is ActorKind.STAFF:
        return
    if not actor.permissions.issuperset(permissions):
        raise Forbidden


async def _keep_an_owner(session: AsyncSession, actor: Actor) -> None:
    query = (
        select(func.count())
        .select_from(Membership)
        .join(Staff, col(Staff.id) == col(Membership.staff_id))
        .where(
            Membership.organizer_id == actor.tenant,
            Membership.role == Role.OWNER,
            col(Membership.disabled_at).is_(None),
            col(Staff.disabled_at).is_(None),
        )
    )
    if (await session.exec(query)).one() == 0:
        raise LastOwner


async def account(session: AsyncSession, email_key: str) -> Staff | None:
    """The account of an address, if it has one."""
    return (await session.exec(select(Staff).where(Staff.email_key == email_key))).first()


async def named_workshops(session: AsyncSession, actor: Actor, ids: Sequence[UUID]) -> list[str]:
    """Workshops that a role is limited to, as they are kept. Raises InvalidInput for another's."""
    try:
        return [str((await workshops.find(session, actor, workshop_id)).id) for workshop_id in ids]
    except NotFound:
        raise InvalidInput.at("/workshops", _("Sebutkan kegiatan penyelenggara ini.")) from None


def email_key(email: str) -> str:
    """Under what an address is looked up. Raises InvalidInput for none."""
    try:
        return canonical_email(email)
    except ValueError:
        raise InvalidInput.at("/email", _("Tulis alamat surel yang sah.")) from None
