"""A workshop at one glance, and what the committee has to do about it today."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Permission
from service.domain import presences, registrations_list, workshops
from service.domain.registrations_list import Standing
from service.models.certificates import Certificate
from service.models.devices import Device
from service.models.messages import Message, MessageStatus
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import Capacity, Modality, Mode, Workshop, WorkshopStatus

SOON = timedelta(days=3)
"""From then on the door has to be thought of."""


class Task(StrEnum):
    """What there is to do."""

    PREPARE = "prepare"
    REHEARSAL = "rehearsal"
    APPROVE = "approve"
    MATCH = "match"
    FAILED = "failed"
    SEND = "send"
    UNREACHABLE = "unreachable"
    SHARED = "shared"
    PAIR = "pair"
    SEATS = "seats"
    COMPLETE = "complete"
    CERTIFY = "certify"


NEEDS = {
    Task.PREPARE: Permission.WORKSHOPS_WRITE,
    Task.REHEARSAL: Permission.WORKSHOPS_WRITE,
    Task.APPROVE: Permission.REGISTRATIONS_WRITE,
    Task.MATCH: Permission.PRESENCES_WRITE,
    Task.FAILED: Permission.MESSAGES_WRITE,
    Task.SEND: Permission.MESSAGES_WRITE,
    Task.UNREACHABLE: Permission.REGISTRATIONS_WRITE,
    Task.SHARED: Permission.REGISTRATIONS_WRITE,
    Task.PAIR: Permission.DEVICES_WRITE,
    Task.SEATS: Permission.WORKSHOPS_WRITE,
    Task.COMPLETE: Permission.WORKSHOPS_WRITE,
    Task.CERTIFY: Permission.CERTIFICATES_WRITE,
}
"""What one must be allowed to, to do it."""


@dataclass(frozen=True)
class Facts:
    """What the tasks follow from. `waiting`: messages on the send list; `shared`: people whose link was passed on."""

    workshop: Workshop
    capacity: Capacity
    standing: Standing
    unreachable: int
    failed: int
    waiting: int
    unmatched: int
    shared: int
    devices: int
    certificates: int


async def read(session: AsyncSession, workshop: Workshop) -> Facts:
    """The facts of a workshop; the number of statements does not grow with its people."""
    # What has become stale cannot be sent again: nobody could ever get it off the list.
    useful = or_(col(Message.stale_at).is_(None), col(Message.stale_at) > clock.now())
    told = select(Message.status, func.count()).where(Message.workshop_id == workshop.id, useful)
    counts = dict((await session.exec(told.group_by(col(Message.status)))).all())
    shared = select(func.count()).where(
        Registration.workshop_id == workshop.id,
        col(Registration.link_shared_at).is_not(None),
        col(Registration.status).in_(LIVE),
    )
    devices = select(func.count()).where(Device.workshop_id == workshop.id, col(Device.revoked_at).is_(None))
    valid = select(func.count()).where(Certificate.workshop_id == workshop.id, col(Certificate.revoked_at).is_(None))
    return Facts(
        workshop=workshop,
        capacity=await session.get_one(Capacity, workshop.id),
        standing=await registrations_list.standing(session, workshop.id),
        unreachable=await registrations_list.unreachable(session, workshop.id),
        failed=counts.get(MessageStatus.FAILED, 0) + counts.get(MessageStatus.BOUNCED, 0),
        waiting=counts.get(MessageStatus.WAITING, 0),
        unmatched=(await presences.counted(session, workshop.id))["waiting"],
        shared=(await session.exec(shared)).one(),
        devices=(await session.exec(devices)).one(),
        certificates=(await session.exec(valid)).one(),
    )


def tasks(facts: Facts, now: datetime) -> list[tuple[Task, int]]:
    """What there is to do, the most pressing first, each with how many it is about."""
    workshop, pending = facts.workshop, facts.standing.of(RegistrationStatus.PENDING)
    over = now >= workshop.ends_at
    published, completed = (workshop.status is one for one in (WorkshopStatus.PUBLISHED, WorkshopStatus.COMPLETED))
    found = [
        (Task.PREPARE, int(workshop.status is WorkshopStatus.DRAFT)),
        (Task.REHEARSAL, int(published and not over and workshop.rehearsal)),
        (Task.PAIR, int(published and not over and _lacks_door(facts, now))),
        (Task.SHARED, facts.shared if published and not over else 0),
        (Task.APPROVE, pending if published and not over else 0),
        (Task.SEATS, _queue_beside_free_seats(facts) if published and not over else 0),
        (Task.FAILED, facts.failed),
        (Task.SEND, facts.waiting),
        (Task.UNREACHABLE, facts.unreachable if published and not over else 0),
        (Task.MATCH, facts.unmatched),
        (Task.COMPLETE, int(published and over)),
        (Task.CERTIFY, int((completed or (published and over)) and not facts.certificates)),
    ]
    return [one for one in found if one[1]]


def _lacks_door(facts: Facts, now: datetime) -> bool:
    near = facts.workshop.starts_at - now < SOON
    return near and facts.workshop.modality is not Modality.ONLINE and not facts.devices


def _queue_beside_free_seats(facts: Facts) -> int:
    """How many wait for a mode in which seats are kept for invitations that nobody has answered yet."""
    kept = {Mode.OFFLINE: facts.capacity.offline_reserved, Mode.ONLINE: facts.capacity.online_reserved}
    return sum(facts.standing.of(RegistrationStatus.WAITLISTED, mode) for mode, seats in kept.items() if seats)


def seats(facts: Facts, mode: Mode) -> tuple[int, int | None, int | None]:
    """Seats taken in a mode, its limit, and what is left for everybody (None: not limited)."""
    capacity = facts.capacity
    taken, limit = (
        (capacity.offline_taken, capacity.offline_limit)
        if mode is Mode.OFFLINE
        else (capacity.online_taken, capacity.online_limit)
    )
    return taken, limit, workshops.seats_left(capacity, mode)
