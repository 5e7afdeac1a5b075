"""Door devices: adding and revoking them, and the roster they take offline."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, func, select as select_columns, true, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import DEVICE_PREFIX, Actor, ActorKind
from service.db import run, settings_of
from service.domain import attendance, workshops
from service.domain.attendance_counters import LONGEST_TRANSACTION
from service.errors import NotFound
from service.events import DeviceAdded, DeviceRevoked
from service.models.attendance_shapes import EARLIEST, RosterEntry, RosterRead
from service.models.devices import Device
from service.models.devices_shapes import DeviceCreate
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.tokens import Purpose


async def add(session: AsyncSession, actor: Actor, workshop_id: UUID, data: DeviceCreate) -> tuple[Device, str]:
    """A new device and its token, which is shown this once. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    token = tokens.random_token(DEVICE_PREFIX)
    row = Device(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        name=data.name,
        gate=data.gate,
        token_hash=tokens.fingerprint(token),
    )
    session.add(row)
    await session.flush()
    event = DeviceAdded(organizer_id=row.organizer_id, workshop_id=workshop.id, device_id=row.id)
    await outbox.record(session, event, actor.label)
    return row, token


async def revoke(session: AsyncSession, actor: Actor, device_id: UUID) -> None:
    """Its token opens nothing from now on. Revoking again changes nothing. Raises NotFound."""
    row = await session.get(Device, device_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        session.add(row)
        await session.flush()
        event = DeviceRevoked(organizer_id=row.organizer_id, workshop_id=row.workshop_id, device_id=row.id)
        await outbox.record(session, event, actor.label)


async def page(
    session: AsyncSession, actor: Actor, workshop_id: UUID, after: UUID | None, limit: int
) -> Sequence[Device]:
    """The workshop's devices in use, oldest first, at most `limit`. Raises NotFound."""
    await workshops.find(session, actor, workshop_id)
    query = select(Device).where(Device.workshop_id == workshop_id, col(Device.revoked_at).is_(None))
    if after:
        query = query.where(col(Device.id) > after)
    return (await session.exec(query.order_by(col(Device.id)).limit(limit))).all()


_SYNCED = (
    update(Device)
    .where(col(Device.id) == bindparam("device"))
    .values(synced_at=bindparam("at"), skew_seconds=bindparam("skew"))
)


async def synced(session: AsyncSession, actor: Actor, at: datetime, skew: timedelta) -> None:
    """Remembers that a device has just sent what it had collected, and by how much its clock is ahead of ours."""
    if actor.kind is ActorKind.DEVICE:
        await run(session, _SYNCED, {"device": actor.id, "at": at, "skew": skew.total_seconds()})


def _marks() -> Select[*tuple[Any, ...]]:
    """What of a workshop's people, and of the organisations they may belong to, changes with every change."""
    houses = (
        select_columns(func.count(), func.sum(col(Organisation.version)))
        .where(col(Organisation.organizer_id) == bindparam("organizer", type_=Uuid))
        .subquery("houses")
    )
    people = (
        select_columns(func.count(), func.sum(col(Registration.version)), func.max(col(Registration.updated_at)))
        .where(col(Registration.workshop_id) == bindparam("workshop", type_=Uuid))
        .subquery("people")
    )
    return (
        select_columns(col(Workshop.id), houses, people)
        .select_from(Workshop)
        .join(houses, true())
        .join(people, true())
        .where(col(Workshop.id) == bindparam("workshop"), col(Workshop.organizer_id) == bindparam("organizer"))
    )


_MARKS = _marks()


async def roster_etag(session: AsyncSession, actor: Actor, workshop_id: UUID, since: datetime | None) -> str:
    """Changes whenever the people of the roster do; costs no more than reading their versions. Raises NotFound.

    A count of the newest change alone would miss a change that was begun earlier and committed later.
    """
    actor.require_workshop(workshop_id)
    marks = (await run(session, _MARKS, {"workshop": workshop_id, "organizer": actor.tenant})).first()
    if marks is None:
        raise NotFound
    return f'"{sha256(repr([*marks, since]).encode()).hexdigest()[:32]}"'


async def roster(session: AsyncSession, actor: Actor, workshop_id: UUID, since: datetime | None) -> RosterRead:
    """Everybody a door may meet, by number; with `since` those changed after it. No contact data. Raises NotFound.

    The ticket itself stays a secret of its owner: a lost phone holds hashes only.
    """
    await workshops.find(session, actor, workshop_id)
    server_time = clock.now()
    query = (
        select_columns(
            col(Registration.id),
            col(Registration.number),
            col(Registration.name),
            func.coalesce(col(Organisation.code), col(Registration.organisation_name)),
            col(Registration.position),
            col(Registration.represents),
            col(Registration.mode),
            col(Registration.status),
            col(Registration.link_version),
            col(Registration.key_id),
        )
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(col(Registration.workshop_id) == workshop_id)
        .order_by(col(Registration.number))
    )
    if since:
        # A change is stamped before it is committed: one that was on its way when `since` was told shows up this time.
        query = query.where(col(Registration.updated_at) > max(since, EARLIEST) - LONGEST_TRANSACTION)
    issue = settings_of(session).keyring.issue
    entries = [
        RosterEntry(
            id=person,
            number=number,
            name=name,
            organisation=organisation,
            position=position,
            represents=represents,
            mode=mode,
            status=status,
            ticket_sha256=tokens.fingerprint(issue(Purpose.TICKET, person, version, key_id)),
        )
        for person, number, name, organisation, position, represents, mode, status, version, key_id in (
            await attendance.rows_of(session, query)
        )
    ]
    return RosterRead(items=entries, server_time=server_time)
