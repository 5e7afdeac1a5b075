"""Staff by invitation: whoever opens the mailed link chooses a password and becomes a member of the organizer.

Inviting says nothing about whether an address has an account already. An account that works elsewhere joins with its
own password; nobody else can choose one for it.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import ROLE_PERMISSIONS, Actor, ActorKind, Permission, role_of
from service.db import Database, is_postgresql, run, settings_of
from service.domain import passwords, signing_in, staff as staff_domain
from service.domain.accounts_errors import InvitationOpen
from service.domain.identity import stored_email
from service.domain.signing_in import Visit
from service.errors import AlreadyMember, Conflict, InvalidInput, NotFound, WrongCredentials
from service.events import StaffChanged, StaffInvited
from service.i18n import gettext as _
from service.models.accounts import StaffInvitation
from service.models.accounts_shapes import Acceptance, StaffInvitationChange, StaffInvitationCreate
from service.models.organizers import Membership, Organizer, Staff
from service.tokens import Purpose

GOOD_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=30)
"""How long somebody who never answered stays on the list."""


async def invite(session: AsyncSession, actor: Actor, data: StaffInvitationCreate) -> StaffInvitation:
    """Asks somebody to work for the actor's organizer; asked again, the open invitation is changed and sent again.

    Raises Forbidden for a role above the actor's own, AlreadyMember, InvalidInput.
    """
    staff_domain.require_covers(actor, ROLE_PERMISSIONS[data.role])
    key = staff_domain.email_key(data.email)
    workshops = await staff_domain.named_workshops(session, actor, data.workshops)
    await _hold_house(session, actor.tenant)
    if await _is_member(session, actor.tenant, key):
        raise AlreadyMember
    row = await _open_for(session, actor.tenant, key)
    if row is None:
        row = StaffInvitation(
            organizer_id=actor.tenant,
            email=stored_email(data.email),
            email_key=key,
            name=data.name,
            role=data.role,
            link_version=0,
            key_id="",
            expires_at=clock.real_now(),
        )
    row.name, row.role, row.workshops = data.name, data.role, workshops
    return await _send(session, actor, row)


async def waiting_for(session: AsyncSession, actor: Actor, email: str) -> StaffInvitation | None:
    """The address's open invitation to the actor's organizer: asking again changes it. Raises InvalidInput."""
    return await _open_for(session, actor.tenant, staff_domain.email_key(email))


async def change(
    session: AsyncSession, actor: Actor, invitation_id: UUID, data: StaffInvitationChange
) -> StaffInvitation:
    """Gives an open invitation another name, role and workshops; its link stays good and nobody is written to.

    Raises NotFound, InvitationOpen, Forbidden for a role above the actor's own, InvalidInput.
    """
    row = await find(session, actor, invitation_id, lock=True)
    if row.accepted_at or row.revoked_at:
        raise InvitationOpen
    staff_domain.require_covers(actor, ROLE_PERMISSIONS[row.role] | ROLE_PERMISSIONS[data.role])
    row.workshops = await staff_domain.named_workshops(session, actor, data.workshops)
    row.name, row.role = data.name, data.role
    await session.flush()
    return row


async def renew(session: AsyncSession, actor: Actor, invitation_id: UUID) -> StaffInvitation:
    """Sends an invitation again, with a new link and seven more days. Raises NotFound, InvitationOpen, Forbidden."""
    row = await find(session, actor, invitation_id, lock=True)
    if row.accepted_at or row.revoked_at:
        raise InvitationOpen
    staff_domain.require_covers(actor, ROLE_PERMISSIONS[row.role])
    return await _send(session, actor, row)


async def revoke(session: AsyncSession, actor: Actor, invitation_id: UUID) -> None:
    """Takes an invitation back; doing it again changes nothing. Raises NotFound, InvitationOpen once accepted."""
    row = await find(session, actor, invitation_id, lock=True)
    if row.accepted_at:
        raise InvitationOpen
    row.revoked_at = row.revoked_at or clock.real_now()
    await session.flush()


async def find(session: AsyncSession, actor: Actor, invitation_id: UUID, *, lock: bool = False) -> StaffInvitation:
    """The actor's own invitation. Raises NotFound."""
    row = await session.get(StaffInvitation, invitation_id, with_for_update=lock or None, populate_existing=lock)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    return row


async def listed(session: AsyncSession, actor: Actor, after: UUID | None, limit: int) -> Sequence[StaffInvitation]:
    """The organizer's open invitations, expired ones included, oldest first."""
    waiting = (col(StaffInvitation.accepted_at).is_(None), col(StaffInvitation.revoked_at).is_(None))
    query = select(StaffInvitation).where(StaffInvitation.organizer_id == actor.tenant, *waiting)
    if after is not None:
        query = query.where(col(StaffInvitation.id) > after)
    return (await session.exec(query.order_by(col(StaffInvitation.id)).limit(limit))).all()


def link_of(session: AsyncSession, row: StaffInvitation) -> str:
    """The address that accepts it. A secret: whoever has it becomes that member."""
    settings = settings_of(session)
    token = settings.keyring.issue(Purpose.STAFF_INVITATION, row.id, row.link_version, row.key_id)
    return f"{settings.base_url.rstrip('/')}/invitation-staff/{token}"


def link_by_hand(session: AsyncSession, actor: Actor, row: StaffInvitation) -> str | None:
    """The address that accepts it, where nobody mails it: whoever may give that role hands it over."""
    mailed = settings_of(session).smtp_host is not None
    if mailed or not is_open(row) or not actor.permissions.issuperset(ROLE_PERMISSIONS[row.role]):
        return None
    return link_of(session, row)


def is_open(row: StaffInvitation) -> bool:
    """Whether it can still be accepted."""
    return row.accepted_at is None and row.revoked_at is None and row.expires_at > clock.real_now()


async def opened(session: AsyncSession, token: str, *, lock: bool = False) -> tuple[StaffInvitation, Organizer]:
    """What a link offers. Raises NotFound when it was used, replaced, revoked, is too old or none.

    So it is when whoever invited may no longer invite, or not to that role: nobody comes back by a link they made
    before they left.
    """
    about = tokens.subject(token)
    if about is None:
        raise NotFound
    row = await session.get(StaffInvitation, about, with_for_update=lock or None, populate_existing=lock)
    if row is None or not is_open(row):
        raise NotFound
    if not settings_of(session).keyring.opens(token, Purpose.STAFF_INVITATION, row.id, row.link_version, row.key_id):
        raise NotFound
    if not await _stands(session, row):
        raise NotFound
    return row, await session.get_one(Organizer, row.organizer_id)


async def accept(database: Database, token: str, data: Acceptance, visit: Visit) -> str:
    """Makes the invited person a member: with a new account, or with the one that the address has; tells the address.

    Of two at once one counts. Raises NotFound for a dead link; InvalidInput for an unfit password, or one that is not
    that of the account; TooManyRequests.
    """
    async with database.read() as session:
        row, house = await opened(session, token)
        joins = await _works_already(session, row.email_key)
    if joins:
        await _prove(database, row.email, data.password, visit)
        new_hash = None
    else:
        passwords.check_rules(data.password, row.email, "/password")
        new_hash = await passwords.hashed(data.password)
    async with database.write() as session:
        await _hold_house(session, house.id)
        row, _house = await opened(session, token, lock=True)
        if joins != await _works_already(session, row.email_key):
            raise Conflict
        await _join(session, row, data.name or row.name, new_hash)
        return row.email


async def forget_old(session: AsyncSession) -> None:
    """Forgets who was invited a month ago and never came; of the row stays that somebody was."""
    over = col(StaffInvitation.expires_at) < clock.real_now() - KEPT_FOR
    named = col(StaffInvitation.email_key) != ""
    blank = update(StaffInvitation).where(over, named, col(StaffInvitation.accepted_at).is_(None))
    await session.exec(blank.values(email="", email_key="", name="", revoked_at=clock.real_now()))


async def _join(session: AsyncSession, row: StaffInvitation, name: str, new_hash: str | None) -> None:
    staff = await _account(session, row, name, new_hash)
    known = select(Membership).where(Membership.staff_id == staff.id, Membership.organizer_id == row.organizer_id)
    if (await session.exec(known)).first():
        raise AlreadyMember
    session.add(
        Membership(staff_id=staff.id, organizer_id=row.organizer_id, role=row.role, workshops=list(row.workshops))
    )
    row.accepted_at = clock.real_now()
    await session.flush()
    event = StaffChanged(organizer_id=row.organizer_id, staff_id=staff.id)
    await outbox.record(session, event, f"{ActorKind.STAFF}:{staff.id}")


async def _account(session: AsyncSession, row: StaffInvitation, name: str, new_hash: str | None) -> Staff:
    """The account that joins. Whoever knew the former password of one that nobody employs must not come in with it."""
    if new_hash is not None:
        await _make(session, row, name, new_hash)
    query = select(Staff).where(Staff.email_key == row.email_key).with_for_update()
    staff = (await session.exec(query, execution_options={"populate_existing": True})).one()
    if new_hash is not None and staff.password_hash != new_hash:
        if staff.disabled_at or await _works_already(session, row.email_key):
            raise Conflict
        await staff_domain.begin_anew(session, staff, name, new_hash)
    return staff


async def _make(session: AsyncSession, row: StaffInvitation, name: str, new_hash: str) -> None:
    """Does nothing when the address has an account, made a moment ago perhaps by another invitation."""
    made = Staff(email=row.email, email_key=row.email_key, name=name, password_hash=new_hash)
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    values = made.model_dump(exclude_none=True)
    await run(session, insert(Staff).on_conflict_do_nothing(index_elements=["email_key"]), values)


async def _prove(database: Database, email: str, password: str, visit: Visit) -> None:
    try:
        await signing_in.prove(database, email, password, visit)
    except WrongCredentials:
        said = _("Alamat ini sudah memiliki akun. Isikan kata sandi akun tersebut.")
        raise InvalidInput.at("/password", said) from None


async def _send(session: AsyncSession, actor: Actor, row: StaffInvitation) -> StaffInvitation:
    row.link_version += 1
    row.key_id = settings_of(session).keyring.current_id
    row.expires_at = clock.real_now() + GOOD_FOR
    row.invited_by = actor.id if actor.kind is ActorKind.STAFF else None
    session.add(row)
    await session.flush()
    event = StaffInvited(organizer_id=row.organizer_id, staff_invitation_id=row.id)
    await outbox.record(session, event, actor.label)
    return row


async def _stands(session: AsyncSession, row: StaffInvitation) -> bool:
    if row.invited_by is None:
        return True
    theirs = (col(Membership.staff_id) == col(Staff.id)) & (col(Membership.organizer_id) == row.organizer_id)
    query = select(Staff, Membership).outerjoin(Membership, theirs).where(Staff.id == row.invited_by)
    inviter, membership = (await session.exec(query)).one()
    role = None if inviter.disabled_at else role_of(inviter, membership)
    needed = ROLE_PERMISSIONS[row.role] | {Permission.STAFF_WRITE}
    return role is not None and ROLE_PERMISSIONS[role].issuperset(needed)


async def _works_already(session: AsyncSession, email_key: str) -> bool:
    """Whether the address has an account that somebody employs; its password is its own."""
    known = await staff_domain.account(session, email_key)
    if known is None:
        return False
    member = select(Membership.id).where(Membership.staff_id == known.id).limit(1)
    return known.super_owner or known.disabled_at is not None or (await session.exec(member)).first() is not None


async def _is_member(session: AsyncSession, organizer_id: UUID, email_key: str) -> bool:
    query = select(Membership.id).join(Staff, col(Staff.id) == col(Membership.staff_id))
    theirs = query.where(Membership.organizer_id == organizer_id, Staff.email_key == email_key)
    return (await session.exec(theirs)).first() is not None


async def _open_for(session: AsyncSession, organizer_id: UUID, email_key: str) -> StaffInvitation | None:
    query = select(StaffInvitation).where(
        StaffInvitation.organizer_id == organizer_id,
        StaffInvitation.email_key == email_key,
        col(StaffInvitation.accepted_at).is_(None),
        col(StaffInvitation.revoked_at).is_(None),
    )
    return (await session.exec(query.with_for_update())).first()


async def _hold_house(session: AsyncSession, organizer_id: UUID) -> None:
    """Two invitations of one address, or two acceptances, wait for each other here."""
    await session.exec(select(Organizer.id).where(Organizer.id == organizer_id).with_for_update(key_share=True))
