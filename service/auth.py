"""Who calls, and what they may do.

Every way in ends in one `Actor`. Rows are looked up through the actor, so what is not yours is not found.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import run, settings_of
from service.errors import Forbidden, NotFound, Unauthenticated
from service.i18n import marked as _
from service.models.devices import Device
from service.models.organizers import ApiKey, Membership, Organizer, Role, Staff, StaffSession
from service.models.people import Organisation, OrganisationAlias
from service.models.portal_links import PortalLink
from service.models.registrations import Registration
from service.tokens import Purpose

API_KEY_PREFIX = "bmk"
DEVICE_PREFIX = "bmd"
SESSION_PREFIX = "bms"

_KEYS = (
    select_columns(*map(col, (ApiKey.id, ApiKey.organizer_id, ApiKey.name, ApiKey.permissions, ApiKey.expires_at)))
    .add_columns(col(ApiKey.created_by), col(Staff.super_owner), col(Staff.disabled_at).label("closed"))
    .add_columns(col(Membership.role), col(Membership.workshops), col(Membership.disabled_at).label("kept_out"))
    .outerjoin(Staff, col(Staff.id) == col(ApiKey.created_by))
    .outerjoin(
        Membership,
        (col(Membership.staff_id) == col(Staff.id)) & (col(Membership.organizer_id) == col(ApiKey.organizer_id)),
    )
    .where(col(ApiKey.revoked_at).is_(None))
)
"""A key may no more than who made it may now, and nothing once they left; the command line's keys have no maker."""
_THESE_KEYS = _KEYS.where(col(ApiKey.id).in_(bindparam("ids", expanding=True)))
_API_KEY = _KEYS.where(col(ApiKey.token_hash) == bindparam("token_hash"))
_SIGNED_IN = (
    select(StaffSession, Staff, Membership, Organizer.second_factor)
    .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
    .outerjoin(Organizer, col(Organizer.id) == col(StaffSession.organizer_id))
    .outerjoin(
        Membership,
        (col(Membership.staff_id) == col(Staff.id)) & (col(Membership.organizer_id) == col(StaffSession.organizer_id)),
    )
)
_DEVICE = select(Device).where(Device.token_hash == bindparam("token_hash"), col(Device.revoked_at).is_(None))


class Permission(StrEnum):
    """What a route may require, as `noun:action`."""

    PUBLIC = "public:use"
    WORKSHOPS_READ = "workshops:read"
    WORKSHOPS_WRITE = "workshops:write"
    REGISTRATIONS_READ = "registrations:read"
    REGISTRATIONS_WRITE = "registrations:write"
    CONTACTS_READ = "contacts:read"
    INVITATIONS_WRITE = "invitations:write"
    DEVICES_WRITE = "devices:write"
    CHECKINS_WRITE = "checkins:write"
    ATTENDANCE_READ = "attendance:read"
    PRESENCES_WRITE = "presences:write"
    CERTIFICATES_WRITE = "certificates:write"
    ROOMS_READ = "rooms:read"
    ROOMS_WRITE = "rooms:write"
    ORGANISATIONS_READ = "organisations:read"
    ORGANISATIONS_WRITE = "organisations:write"
    COMMITMENTS_READ = "commitments:read"
    COMMITMENTS_WRITE = "commitments:write"
    COMMITMENTS_REVIEW = "commitments:review"
    REPORTS_READ = "reports:read"
    REPORTS_SHARE = "reports:share"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    EVENTS_READ = "events:read"
    ORGANIZER_WRITE = "organizer:write"
    ORGANIZERS_CREATE = "organizers:create"
    STAFF_WRITE = "staff:write"
    API_KEYS_WRITE = "api_keys:write"
    HOLIDAYS_WRITE = "holidays:write"
    DELIVERIES_WRITE = "deliveries:write"
    WEBHOOKS_WRITE = "webhooks:write"
    SESSION_OWN = "session:own"
    ACCOUNT_OWN = "account:own"
    DEVICE_OWN = "device:own"
    REGISTRATION_OWN = "registration:own"
    PORTAL_OWN = "portal:own"


_VIEWER = frozenset(
    {
        Permission.WORKSHOPS_READ,
        Permission.REGISTRATIONS_READ,
        Permission.ATTENDANCE_READ,
        Permission.ORGANISATIONS_READ,
        Permission.COMMITMENTS_READ,
        Permission.REPORTS_READ,
        Permission.EVENTS_READ,
    }
)
_STEWARD = _VIEWER | {
    Permission.CONTACTS_READ,
    Permission.COMMITMENTS_WRITE,
    Permission.COMMITMENTS_REVIEW,
    Permission.ORGANISATIONS_WRITE,
    Permission.REPORTS_SHARE,
}
_ORGANIZER = _STEWARD | {
    Permission.WORKSHOPS_WRITE,
    Permission.REGISTRATIONS_WRITE,
    Permission.INVITATIONS_WRITE,
    Permission.DEVICES_WRITE,
    Permission.CHECKINS_WRITE,
    Permission.PRESENCES_WRITE,
    Permission.CERTIFICATES_WRITE,
    Permission.ROOMS_READ,
    Permission.ROOMS_WRITE,
    Permission.MESSAGES_READ,
    Permission.MESSAGES_WRITE,
    Permission.HOLIDAYS_WRITE,
    Permission.DELIVERIES_WRITE,
}
_OWNER = _ORGANIZER | {
    Permission.ORGANIZER_WRITE,
    Permission.STAFF_WRITE,
    Permission.API_KEYS_WRITE,
    Permission.WEBHOOKS_WRITE,
}
DOOR = frozenset({Permission.CHECKINS_WRITE})
_DEVICE_HOLDS = DOOR | {Permission.DEVICE_OWN}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.STEWARD: _STEWARD,
    Role.ORGANIZER: _ORGANIZER,
    Role.OWNER: _OWNER,
    Role.SUPER_OWNER: _OWNER | {Permission.ORGANIZERS_CREATE},
    Role.DOOR: DOOR | {Permission.WORKSHOPS_READ},
}
GRANTABLE = _OWNER
"""What an API key can carry."""


class SecondFactorRequired(Forbidden):
    """The organizer asks its staff for a second factor, and this person has none yet."""

    code = "second_factor_required"
    title = _("Verifikasi dua langkah diwajibkan")
    detail = _("Aktifkan verifikasi dua langkah pada halaman Akun, lalu ulangi tindakan ini.")


class ActorKind(StrEnum):
    """The kinds of caller."""

    ANONYMOUS = "anonymous"
    STAFF = "staff"
    API_KEY = "api_key"
    DEVICE = "device"
    PARTICIPANT = "participant"
    ORGANISATION = "organisation"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """A caller. `workshops` limits it to those workshops (None: all of its organizer).

    `csrf` is what its forms carry (routers/csrf.py). `unproven`: it may look after its account only, until it has the
    second factor that its organizer asks for.
    """

    kind: ActorKind
    id: UUID | None = None
    organizer_id: UUID | None = None
    permissions: frozenset[Permission] = frozenset()
    workshops: frozenset[UUID] | None = None
    name: str = ""
    session_id: UUID | None = None
    csrf: str = ""
    unproven: bool = False

    @property
    def label(self) -> str:
        """`kind:id`, as the event log and histories name the actor. No personal data."""
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)

    @property
    def tenant(self) -> UUID:
        """The organizer in whose house the actor works. Raises Unauthenticated for a caller without one."""
        if self.organizer_id is None:
            raise Unauthenticated
        return self.organizer_id

    def may(self, permission: Permission) -> bool:
        """Whether the actor holds the permission."""
        return permission is Permission.PUBLIC or permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises Unauthenticated for a stranger, Forbidden for somebody known without the permission.

        Raises SecondFactorRequired while that is all that is missing.
        """
        if self.may(permission):
            return
        if self.unproven:
            raise SecondFactorRequired
        raise Unauthenticated if self.kind is ActorKind.ANONYMOUS else Forbidden

    def require_workshop(self, workshop_id: UUID) -> None:
        """Raises NotFound when the actor is limited to other workshops."""
        if self.workshops is not None and workshop_id not in self.workshops:
            raise NotFound


ANONYMOUS = Actor(ActorKind.ANONYMOUS)


def system(organizer_id: UUID) -> Actor:
    """The service itself, working for an organizer (worker, demo, command line)."""
    return Actor(ActorKind.SYSTEM, organizer_id=organizer_id, permissions=_OWNER)


async def identify(session: AsyncSession, bearer: str | None, cookie: str | None) -> Actor:
    """The caller of a request. Raises Unauthenticated for a credential that is dead or unknown."""
    if bearer:
        actor = await _bearer(session, bearer)
        if actor is None:
            raise Unauthenticated
        return actor
    return (await staff_session(session, cookie) if cookie else None) or ANONYMOUS


async def _bearer(session: AsyncSession, token: str) -> Actor | None:
    prefix = token.split("_", 1)[0]
    if prefix == DEVICE_PREFIX:
        return await _device(session, token)
    if prefix == API_KEY_PREFIX:
        return await _api_key(session, token)
    return await participant(session, token) or await organisation(session, token)


async def _device(session: AsyncSession, token: str) -> Actor | None:
    device = (await run(session, _DEVICE, {"token_hash": tokens.fingerprint(token)})).first()
    if device is None:
        return None
    workshops = frozenset({device.workshop_id})
    return Actor(ActorKind.DEVICE, device.id, device.organizer_id, _DEVICE_HOLDS, workshops, device.name)


async def _api_key(session: AsyncSession, token: str) -> Actor | None:
    key = (await run(session, _API_KEY, {"token_hash": tokens.fingerprint(token)})).first()
    return _of_key(key) if key else None


def _of_key(key: Row[*tuple[Any, ...]]) -> Actor | None:
    if key.expires_at and key.expires_at <= clock.real_now():
        return None
    granted = frozenset(Permission(name) for name in key.permissions if name in GRANTABLE)
    limited = None
    if key.created_by:
        role = Role.SUPER_OWNER if key.super_owner else None if key.kept_out else key.role
        if role is None or key.closed:
            return None
        granted &= ROLE_PERMISSIONS[role]
        limited = frozenset(map(UUID, key.workshops)) if role is Role.DOOR else None
    return Actor(ActorKind.API_KEY, key.id, key.organizer_id, granted, limited, key.name)


async def participant(session: AsyncSession, token: str) -> Actor | None:
    """The person whose mailed link this is; None when the link was revoked or never existed."""
    registration_id = tokens.subject(token)
    if registration_id is None:
        return None
    row = await session.get(Registration, registration_id)
    keyring = settings_of(session).keyring
    if row is None or row.replaced or row.anonymised_at is not None:
        return None
    if not keyring.opens(token, Purpose.PARTICIPANT, row.id, row.link_version, row.key_id):
        return None
    return Actor(
        ActorKind.PARTICIPANT,
        row.id,
        row.organizer_id,
        frozenset({Permission.REGISTRATION_OWN}),
        frozenset({row.workshop_id}),
        row.name,
    )


async def organisation(session: AsyncSession, token: str) -> Actor | None:
    """The agency whose portal link this is, its own or a contact's; None when that was closed or never existed."""
    row_id = tokens.subject(token)
    if row_id is None:
        return None
    row, opens = await session.get(Organisation, row_id), settings_of(session).keyring.opens
    if row is not None and not opens(token, Purpose.PORTAL, row.id, row.link_version, row.key_id):
        return None
    row = row or await _by_other_link(session, token, row_id)
    if row is None:
        return None
    return Actor(
        ActorKind.ORGANISATION, row.id, row.organizer_id, frozenset({Permission.PORTAL_OWN}), frozenset(), row.name
    )


async def _by_other_link(session: AsyncSession, token: str, link_id: UUID) -> Organisation | None:
    """By a contact's own link, or by the one that an organisation had before it was merged into another."""
    opens = settings_of(session).keyring.opens
    if link := await session.get(PortalLink, link_id):
        good = opens(token, Purpose.PORTAL_CONTACT, link.id, link.link_version, link.key_id)
        return await session.get(Organisation, link.organisation_id) if good and link.revoked_at is None else None
    old = await session.get(OrganisationAlias, link_id)
    good = old is not None and opens(token, Purpose.PORTAL, old.id, old.link_version, old.key_id)
    return await session.get(Organisation, old.organisation_id) if old and good else None


async def staff_session(session: AsyncSession, cookie: str) -> Actor | None:
    """The staff member behind a session cookie, acting for the organizer chosen in that session."""
    found = (await session.exec(_SIGNED_IN.where(StaffSession.token_hash == tokens.fingerprint(cookie)))).first()
    return _of_session(*found) if found else None


async def still(session: AsyncSession, actors: Collection[Actor]) -> dict[UUID, Actor]:
    """Who these staff and API keys are now, by the id of their session or key; who lost the credential is missing.

    Two statements at most, however many they are.
    """
    keys = [actor.id for actor in actors if actor.kind is ActorKind.API_KEY]
    signed_in = [actor.session_id for actor in actors if actor.session_id]
    found: list[tuple[UUID, Actor | None]] = []
    if keys:
        found += [(key.id, _of_key(key)) for key in await run(session, _THESE_KEYS, {"ids": keys})]
    if signed_in:
        rows = await session.exec(_SIGNED_IN.where(col(StaffSession.id).in_(signed_in)))
        found += [(row[0].id, _of_session(*row)) for row in rows]
    return {one: actor for one, actor in found if actor}


def _of_session(
    signed_in: StaffSession, staff: Staff, membership: Membership | None, asked: bool | None
) -> Actor | None:
    """`asked`: the organizer wants a second factor."""
    if staff.disabled_at or signed_in.expires_at <= clock.real_now():
        return None
    role = role_of(staff, membership)
    if role is None:
        return None
    # A super-owner of an installation without organizers can only make the first one.
    held = ROLE_PERMISSIONS[role] if signed_in.organizer_id else frozenset({Permission.ORGANIZERS_CREATE})
    unproven = bool(asked) and staff.totp_since is None
    permissions = frozenset[Permission]() if unproven else held | {Permission.SESSION_OWN}
    limited = membership is not None and role is Role.DOOR
    return Actor(
        ActorKind.STAFF,
        staff.id,
        signed_in.organizer_id,
        permissions | {Permission.ACCOUNT_OWN},
        frozenset(UUID(one) for one in membership.workshops) if limited and membership else None,
        staff.name,
        signed_in.id,
        f"{signed_in.csrf}.{signed_in.organizer_id.hex if signed_in.organizer_id else ''}",
        unproven,
    )


def role_of(staff: Staff, membership: Membership | None) -> Role | None:
    """What the person is for an organizer; None when the membership is missing or disabled."""
    if staff.super_owner:
        return Role.SUPER_OWNER
    return membership.role if membership and membership.disabled_at is None else None


async def open_session(
    session: AsyncSession, staff: Staff, organizer_id: UUID | None, browser: str = ""
) -> tuple[str, StaffSession]:
    """A new signed-in browser: the cookie's value (shown once) and its row."""
    cookie = tokens.random_token(SESSION_PREFIX)
    now = clock.real_now()
    row = StaffSession(
        token_hash=tokens.fingerprint(cookie),
        staff_id=staff.id,
        organizer_id=organizer_id,
        csrf=tokens.random_token("csrf"),
        browser=browser,
        seen_at=now,
        created_at=now,
        expires_at=now + timedelta(hours=settings_of(session).session_hours),
    )
    session.add(row)
    await session.flush()
    return cookie, row
