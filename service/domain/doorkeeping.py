"""What somebody at the door does in their own name: pairs the browser in hand, finds a person, records them by hand.

A browser paired here opens one workshop's door like any device, and no longer than its owner may work there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import ROLE_PERMISSIONS, Actor, ActorKind, Permission
from service.domain import attendance, devices, doubles, workshops
from service.domain.checkin_rules import Block, Hall
from service.domain.doorkeeping_errors import TooManyBrowsers
from service.domain.identity import canonical_name, untitled_name
from service.domain.own_reasons import UNDONE
from service.errors import Forbidden, NotFound
from service.models.attendance import Attendance, AttendanceMode, Checkin
from service.models.attendance_shapes import CheckinRead
from service.models.devices import Device
from service.models.devices_shapes import DeviceCreate
from service.models.organizers import Membership, Role, Staff
from service.models.people import Organisation
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Mode, Workshop

MOST_BROWSERS = 5
"""Of one person and one door."""
SHOWN = 20
LARGEST_NUMBER = 10**9
_IN_HALL = (AttendanceMode.OFFLINE, AttendanceMode.DUAL)


@dataclass(frozen=True)
class HalfDay:
    """A half-day at the door: `came` to the hall so far; `current`: scans count for it now."""

    block: AttendanceBlock
    came: int
    current: bool


@dataclass(frozen=True)
class Visitor:
    """Somebody who may stand at the door, without contact data; `first_in` of the half-day asked for."""

    id: UUID
    number: int
    name: str
    organisation: str | None
    position: str | None
    represents: str | None
    mode: Mode
    status: RegistrationStatus
    first_in: datetime | None


async def pair(session: AsyncSession, actor: Actor, workshop_id: UUID, data: DeviceCreate) -> tuple[Device, str]:
    """The browser in hand as a device of its owner, and its token. Raises NotFound, Forbidden for others than staff,
    TooManyBrowsers.
    """
    staff_id = _staff(actor)
    # Locked, so that two at once do not both count one too few; and whoever takes the work away waits, or is seen here.
    person = (await session.exec(select(Staff).where(Staff.id == staff_id).with_for_update(key_share=True))).one()
    mine = select(Membership).where(Membership.staff_id == staff_id, Membership.organizer_id == actor.tenant)
    fresh = {"populate_existing": True}
    membership = (await session.exec(mine.with_for_update(key_share=True), execution_options=fresh)).first()
    if not (person.super_owner or _covers(membership, workshop_id)):
        raise NotFound
    if len(await own(session, actor, workshop_id)) >= MOST_BROWSERS:
        raise TooManyBrowsers
    row, token = await devices.add(session, actor, workshop_id, data)
    row.staff_id = staff_id
    session.add(row)
    await session.flush()
    return row, token


async def own(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Sequence[Device]:
    """The actor's paired browsers at that door, oldest first. Raises NotFound, Forbidden."""
    await workshops.find(session, actor, workshop_id)
    query = select(Device).where(
        Device.workshop_id == workshop_id, Device.staff_id == _staff(actor), col(Device.revoked_at).is_(None)
    )
    return (await session.exec(query.order_by(col(Device.id)))).all()


async def release(session: AsyncSession, actor: Actor, device_id: UUID) -> Device:
    """Ends one of the actor's own browsers. Raises NotFound, Forbidden."""
    row = await session.get(Device, device_id)
    if row is None or row.staff_id != _staff(actor):
        raise NotFound
    await devices.revoke(session, actor, device_id)
    return row


async def follow(session: AsyncSession, actor: Actor, staff_id: UUID, membership: Membership | None) -> None:
    """Ends those browsers of a person that the membership, as it is now, no longer covers; without one all of them."""
    query = select(Device).where(
        Device.organizer_id == actor.tenant, Device.staff_id == staff_id, col(Device.revoked_at).is_(None)
    )
    for row in (await session.exec(query)).all():
        if not _covers(membership, row.workshop_id):
            await devices.revoke(session, actor, row.id)


def _covers(membership: Membership | None, workshop_id: UUID) -> bool:
    """Whether it lets somebody work at that door."""
    if membership is None or membership.disabled_at is not None:
        return False
    if Permission.CHECKINS_WRITE not in ROLE_PERMISSIONS[membership.role]:
        return False
    return membership.role is not Role.DOOR or str(workshop_id) in membership.workshops


async def half_days(session: AsyncSession, workshop: Workshop) -> list[HalfDay]:
    """The workshop's half-days in order, and how many came to the hall in each."""
    query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    blocks = (await session.exec(query.order_by(col(AttendanceBlock.position)))).all()
    counting = (
        select(Attendance.block_id, func.count())
        .where(Attendance.workshop_id == workshop.id, col(Attendance.present), col(Attendance.mode).in_(_IN_HALL))
        .group_by(col(Attendance.block_id))
    )
    came = dict((await session.exec(counting)).all())
    plans = [Block(one.id, one.code, one.starts_at, one.ends_at, one.checkin_from) for one in blocks]
    hall = Hall(workshop.id, workshop.organizer_id, workshop.starts_at, workshop.ends_at, plans)
    now = hall.block_at(None, clock.now())
    return [HalfDay(one, came.get(one.id, 0), now is not None and one.id == now.id) for one in blocks]


async def search(
    session: AsyncSession, actor: Actor, workshop_id: UUID, words: str, block_id: UUID | None
) -> list[Visitor]:
    """People of the workshop by number, or by a part of their name or organisation; at most 20, by name.

    Raises NotFound.
    """
    await workshops.find(session, actor, workshop_id)
    query = _visitors(workshop_id, block_id).where(_fits(words)).limit(SHOWN)
    return [Visitor(*row) for row in await attendance.rows_of(session, query)]


async def alike(
    session: AsyncSession, actor: Actor, workshop_id: UUID, name: str, office: str, block_id: UUID | None
) -> list[Visitor]:
    """People of the workshop whose name, titles apart, and organisation are these: a walk-in may be one of them.

    Raises NotFound.
    """
    await workshops.find(session, actor, workshop_id)
    person, place = untitled_name(name), canonical_name(office)
    rows = await attendance.rows_of(session, _visitors(workshop_id, block_id).where(doubles.like_name(name)))
    found = [Visitor(*row) for row in rows]
    same = [one for one in found if canonical_name(one.organisation or "") == place]
    return [one for one in same if untitled_name(one.name) == person][:SHOWN]


def _fits(words: str) -> ColumnElement[bool]:
    """Who is looked for by number, or by a part of the name or organisation."""
    if words.isdecimal() and int(words) <= LARGEST_NUMBER:
        return col(Registration.number) == int(words)
    parts = (
        col(Registration.name),
        col(Registration.organisation_name),
        col(Organisation.name),
        col(Organisation.code),
    )
    return or_(*(part.icontains(words, autoescape=True) for part in parts))


def _visitors(workshop_id: UUID, block_id: UUID | None) -> Select[*tuple[Any, ...]]:
    """Who may come in, by name, and since when they are in."""
    return (
        select_columns(
            col(Registration.id),
            col(Registration.number),
            col(Registration.name),
            func.coalesce(col(Organisation.name), col(Registration.organisation_name)),
            col(Registration.position),
            col(Registration.represents),
            col(Registration.mode),
            col(Registration.status),
            col(Attendance.first_in),
        )
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .outerjoin(
            Attendance,
            and_(col(Attendance.registration_id) == col(Registration.id), col(Attendance.block_id) == block_id),
        )
        .where(col(Registration.workshop_id) == workshop_id, col(Registration.status).in_(LIVE))
        .order_by(col(Registration.name), col(Registration.number))
    )


async def recorded(session: AsyncSession, actor: Actor, checkin_id: UUID) -> tuple[CheckinRead, bool, bool]:
    """What the door was told of a scan, whether that was undone since, and whether the person was cancelled with it.

    Raises NotFound.
    """
    row = await session.get(Checkin, checkin_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    person = await session.get(Registration, row.registration_id) if row.registration_id else None
    gone = person is not None and person.status is RegistrationStatus.CANCELLED and person.reason == UNDONE
    return CheckinRead.model_validate(row.answer), row.annulled_at is not None, gone


async def is_recorded(session: AsyncSession, workshop_id: UUID, client_id: str) -> bool:
    """Whether the walk-in with that client_id is a registration already."""
    query = select(Registration.id).where(Registration.workshop_id == workshop_id, Registration.client_id == client_id)
    return (await session.exec(query)).first() is not None


async def organisation_names(session: AsyncSession, actor: Actor) -> list[tuple[str, str]]:
    """Code and name of every organisation that somebody who walks in may name, by name."""
    query = select(Organisation.code, Organisation.name).where(Organisation.organizer_id == actor.tenant)
    rows = (await session.exec(query.order_by(Organisation.name, Organisation.code))).all()
    return [(code, name) for code, name in rows]


def _staff(actor: Actor) -> UUID:
    if actor.kind is not ActorKind.STAFF or actor.id is None:
        raise Forbidden
    return actor.id
