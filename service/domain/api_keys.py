"""API keys of an organizer. A key may no more than who made it may at that moment (auth.py), and ends with them.

A key that a key makes stands to the account of the same person.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import API_KEY_PREFIX, GRANTABLE, ROLE_PERMISSIONS, Actor, ActorKind, Permission, role_of
from service.errors import Forbidden, InvalidInput, NotFound
from service.events import ApiKeyIssued, ApiKeyRevoked
from service.i18n import gettext as _
from service.models.organizers import ApiKey, Membership, Staff
from service.models.organizers_shapes import ApiKeyCreate


class Maker(NamedTuple):
    """Who made keys, and what these may do at most; nothing once the person is kept out or gone."""

    name: str
    permissions: frozenset[Permission]


async def listed(session: AsyncSession, actor: Actor, after: UUID | None, limit: int) -> Sequence[ApiKey]:
    """The organizer's API keys, revoked ones included, oldest first."""
    query = select(ApiKey).where(ApiKey.organizer_id == actor.tenant).order_by(col(ApiKey.id)).limit(limit)
    if after is not None:
        query = query.where(col(ApiKey.id) > after)
    return (await session.exec(query)).all()


async def makers_of(session: AsyncSession, actor: Actor, rows: Sequence[ApiKey]) -> Mapping[UUID, Maker]:
    """Who made these keys, by the id of the person."""
    theirs = (col(Membership.staff_id) == col(Staff.id)) & (col(Membership.organizer_id) == actor.tenant)
    query = select(Staff, Membership).outerjoin(Membership, theirs)
    found = await session.exec(query.where(col(Staff.id).in_({row.created_by for row in rows if row.created_by})))
    return {person.id: Maker(person.name, _held(person, membership)) for person, membership in found}


async def working(session: AsyncSession, organizer_id: UUID, maker_id: UUID) -> Sequence[ApiKey]:
    """The keys of that person which end when they leave, oldest first."""
    theirs = (ApiKey.organizer_id == organizer_id, ApiKey.created_by == maker_id, col(ApiKey.revoked_at).is_(None))
    in_time = col(ApiKey.expires_at).is_(None) | (col(ApiKey.expires_at) > clock.real_now())
    return (await session.exec(select(ApiKey).where(*theirs, in_time).order_by(col(ApiKey.id)))).all()


async def issue(session: AsyncSession, actor: Actor, data: ApiKeyCreate) -> tuple[ApiKey, str]:
    """A new API key and its token, which is kept nowhere.

    Raises Forbidden for a permission that the actor lacks, InvalidInput for one that no key can carry or a past expiry.
    """
    wanted = {name for name in GRANTABLE if name in data.permissions}
    if len(wanted) < len(set(data.permissions)):
        raise InvalidInput.at("/permissions", _("Kunci API tidak dapat memuat izin ini. Periksa ejaannya."))
    if not actor.permissions.issuperset(wanted):
        raise Forbidden
    if data.expires_at and data.expires_at <= clock.real_now():
        raise InvalidInput.at("/expires_at", _("Pilih waktu yang akan datang."))
    token = tokens.random_token(API_KEY_PREFIX)
    row = ApiKey(
        organizer_id=actor.tenant,
        name=data.name,
        token_hash=tokens.fingerprint(token),
        permissions=sorted(wanted),
        created_by=await _answerable(session, actor),
        expires_at=data.expires_at,
    )
    session.add(row)
    await session.flush()
    await outbox.record(session, ApiKeyIssued(organizer_id=row.organizer_id, api_key_id=row.id), actor.label)
    return row, token


async def revoke(session: AsyncSession, actor: Actor, key_id: UUID) -> None:
    """Revokes an API key; doing it again changes nothing. Raises NotFound."""
    row = await session.get(ApiKey, key_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    await _end(session, actor, row)
    await session.flush()


async def end_of(session: AsyncSession, actor: Actor, maker_id: UUID) -> None:
    """Revokes what somebody made who leaves: taken on again, they find none of it alive."""
    for row in await working(session, actor.tenant, maker_id):
        await _end(session, actor, row)


async def _end(session: AsyncSession, actor: Actor, row: ApiKey) -> None:
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        await outbox.record(session, ApiKeyRevoked(organizer_id=row.organizer_id, api_key_id=row.id), actor.label)


async def _answerable(session: AsyncSession, actor: Actor) -> UUID | None:
    """The person by whose rights the actor acts; none for the service itself."""
    if actor.kind is ActorKind.API_KEY:
        return (await session.exec(select(ApiKey.created_by).where(ApiKey.id == actor.id))).one()
    return actor.id if actor.kind is ActorKind.STAFF else None


def _held(person: Staff, membership: Membership | None) -> frozenset[Permission]:
    role = None if person.disabled_at else role_of(person, membership)
    return ROLE_PERMISSIONS[role] if role else frozenset()
