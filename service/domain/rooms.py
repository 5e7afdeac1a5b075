"""Online rooms: opening, cancelling them, and the way in of one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import workshops
from service.errors import (
    InvalidInput,
    InvalidState,
    JoinNotOpen,
    JoinOver,
    LinkNotReady,
    NotConfirmed,
    NotFound,
    ProviderNotConfigured,
)
from service.events import RoomCancelled, RoomOpened
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import Provider, Room, RoomLink, RoomStatus
from service.models.rooms_shapes import JoinLink, RoomCreate
from service.models.workshops import AttendanceBlock, Modality, Workshop, WorkshopStatus

LINGER = timedelta(minutes=30)
"""How long the room stays open after a block's planned end: sessions overrun."""


@dataclass(frozen=True)
class Guest:
    """Who is to have a link; `email` is a stand-in at the organizer's alias domain for people without one."""

    registration_id: UUID
    name: str
    email: str


@dataclass(frozen=True)
class Opening:
    """When `/join` leads into the room for a block: instants, UTC."""

    block: AttendanceBlock | None
    opens_at: datetime
    closes_at: datetime


async def open_room(session: AsyncSession, actor: Actor, workshop_id: UUID, data: RoomCreate) -> Room:
    """A new room, which is current from now on; everybody's `/join` link stays the same.

    Raises NotFound, InvalidState (cancelled or completed workshop), InvalidInput (no address), ProviderNotConfigured.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    if workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED):
        raise InvalidState
    if data.provider is not Provider.STATIC:
        raise ProviderNotConfigured
    if data.url is None:
        raise InvalidInput.at("/url", _("Isi dengan alamat ruang daring, misalnya https://..."))
    room = Room(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        provider=data.provider,
        status=RoomStatus.ACTIVE,
        url=data.url,
        passcode=data.passcode,
    )
    session.add(room)
    await session.flush()
    opened = RoomOpened(organizer_id=room.organizer_id, workshop_id=room.workshop_id, room_id=room.id)
    await outbox.record(session, opened, actor.label)
    return room


async def cancel(session: AsyncSession, actor: Actor, room_id: UUID) -> Room:
    """Closes a room; an older one that is still active becomes current again. Raises NotFound, InvalidState."""
    room = await find(session, actor, room_id)
    if room.status is RoomStatus.CANCELLED:
        raise InvalidState
    room.status = RoomStatus.CANCELLED
    room.updated_at = clock.now()
    session.add(room)
    cancelled = RoomCancelled(organizer_id=room.organizer_id, workshop_id=room.workshop_id, room_id=room.id)
    await outbox.record(session, cancelled, actor.label)
    await session.flush()
    return room


async def find(session: AsyncSession, actor: Actor, room_id: UUID) -> Room:
    """The actor's own room, locked. Raises NotFound."""
    query = select(Room).where(Room.id == room_id, Room.organizer_id == actor.tenant).with_for_update()
    room = (await session.exec(query)).first()
    if room is None:
        raise NotFound
    actor.require_workshop(room.workshop_id)
    return room


async def of_workshop(
    session: AsyncSession, actor: Actor, workshop_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Room]:
    """Rooms of a workshop, the newest first, older than the room `before`. Raises NotFound."""
    await workshops.find(session, actor, workshop_id)
    query = select(Room).where(Room.workshop_id == workshop_id).order_by(col(Room.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Room.id) < before)
    return (await session.exec(query)).all()


async def current(session: AsyncSession, workshop_id: UUID) -> Room | None:
    """The newest active room: the one into which `/join` leads."""
    query = (
        select(Room)
        .where(Room.workshop_id == workshop_id, Room.status == RoomStatus.ACTIVE)
        .order_by(col(Room.id).desc())
        .limit(1)
    )
    return (await session.exec(query)).first()


async def get(session: AsyncSession, room_id: UUID) -> Room:
    """A room by its id, for the service's own reactions. Raises NoResultFound."""
    return await session.get_one(Room, room_id)


async def guests_without_link(session: AsyncSession, room: Room) -> list[Guest]:
    """Confirmed people of the room's workshop who have no personal link into it yet."""
    organizer = await session.get_one(Organizer, room.organizer_id)
    linked = select(RoomLink.registration_id).where(RoomLink.room_id == room.id)
    query = select(Registration).where(
        Registration.workshop_id == room.workshop_id,
        Registration.status == RegistrationStatus.CONFIRMED,
        col(Registration.id).not_in(linked),
    )
    rows = await session.exec(query.order_by(col(Registration.number)))
    return [_guest(row, organizer) for row in rows]


async def links_of_departed(session: AsyncSession, registration_id: UUID) -> list[tuple[Room, Guest, str | None]]:
    """Personal links of somebody who no longer has a place: room, guest and the provider's id of the link."""
    row = await session.get_one(Registration, registration_id)
    if row.status is RegistrationStatus.CONFIRMED:
        return []
    guest = _guest(row, await session.get_one(Organizer, row.organizer_id))
    query = select(Room, RoomLink).join(RoomLink, col(RoomLink.room_id) == col(Room.id))
    found = await session.exec(query.where(RoomLink.registration_id == registration_id))
    return [(room, guest, link.external_id) for room, link in found]


async def keep_link(
    session: AsyncSession, room_id: UUID, registration_id: UUID, url: str, external_id: str | None
) -> None:
    """Keeps a person's link; a repetition replaces it."""
    await session.merge(RoomLink(room_id=room_id, registration_id=registration_id, url=url, external_id=external_id))
    await session.flush()


async def forget_link(session: AsyncSession, room_id: UUID, registration_id: UUID) -> None:
    """Drops a person's link; one that is gone already is fine."""
    link = await session.get(RoomLink, (room_id, registration_id))
    if link is not None:
        await session.delete(link)
        await session.flush()


def _guest(row: Registration, organizer: Organizer) -> Guest:
    domain = organizer.alias_domain or "invalid"
    return Guest(row.id, row.name, row.email or f"{row.id}@{domain}")


async def is_online(session: AsyncSession, workshop: Workshop) -> bool:
    """Whether somebody may attend from elsewhere: by plan, or because a room was opened all the same."""
    return workshop.modality is not Modality.OFFLINE or await current(session, workshop.id) is not None


async def join(session: AsyncSession, registration: Registration) -> JoinLink:
    """The person's link into the current room. Records nothing; presence is what the provider or the host reports.

    Whoever is registered for the hall may join too: the mode follows the facts. Raises NotConfirmed, InvalidState
    (cancelled or unpublished workshop), JoinNotOpen (with `opens_at`, RFC 3339 in the workshop's zone), JoinOver,
    LinkNotReady.
    """
    if registration.status is not RegistrationStatus.CONFIRMED:
        raise NotConfirmed
    workshop = await session.get_one(Workshop, registration.workshop_id)
    if workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.DRAFT):
        raise InvalidState
    opening = await next_opening(session, workshop)
    if opening is None:
        raise JoinOver(opens_at=None)
    if clock.now() < opening.opens_at:
        raise JoinNotOpen(opens_at=opening.opens_at.astimezone(clock.zone(workshop.timezone)).isoformat())
    return await _link(session, registration)


async def next_opening(session: AsyncSession, workshop: Workshop) -> Opening | None:
    """The opening that is running or comes next; None when the last one is over."""
    now = clock.now()
    return next((one for one in await _openings(session, workshop) if now < one.closes_at), None)


async def _openings(session: AsyncSession, workshop: Workshop) -> list[Opening]:
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    before = timedelta(minutes=organizer.join_window_minutes)
    query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    blocks = (await session.exec(query.order_by(col(AttendanceBlock.starts_at)))).all()
    if not blocks:
        return [Opening(None, workshop.starts_at - before, workshop.ends_at + LINGER)]
    return [Opening(block, block.starts_at - before, block.ends_at + LINGER) for block in blocks]


async def _link(session: AsyncSession, registration: Registration) -> JoinLink:
    """A provider with personal links leaves `Room.url` empty, so nobody gets in by a link that is not theirs."""
    room = await current(session, registration.workshop_id)
    if room is None:
        raise LinkNotReady(retry_after=60)
    personal = await session.get(RoomLink, (room.id, registration.id))
    url = personal.url if personal else room.url
    if url is None:
        raise LinkNotReady(retry_after=60)
    return JoinLink(url=url, passcode=room.passcode)
