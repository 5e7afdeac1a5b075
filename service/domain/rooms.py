"""Online rooms: opening, cancelling them, and the way in of one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import rooms_links, rooms_plan, workshops
from service.domain.rooms_links import current
from service.errors import (
    InvalidInput,
    InvalidState,
    JoinNotForHall,
    JoinNotOpen,
    JoinOver,
    LinkNotReady,
    NotConfirmed,
    NotFound,
    ProviderNotConfigured,
    RoomNotCurrent,
    RoomPending,
)
from service.events import LinkRequested, RoomCheckRequested, RoomRequested
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import Provider, Room, RoomLink, RoomStatus
from service.models.rooms_shapes import JoinLink, RoomCreate, RoomReplacement
from service.models.workshops import AttendanceBlock, HallLinks, Modality, Workshop, WorkshopStatus

LINGER = timedelta(minutes=30)
"""How long the room stays open after a block's planned end: sessions overrun."""


@dataclass(frozen=True)
class Opening:
    """When `/join` leads into the room for a block: instants, UTC."""

    block: AttendanceBlock | None
    opens_at: datetime
    closes_at: datetime


async def open_room(
    session: AsyncSession, actor: Actor, workshop_id: UUID, data: RoomCreate, *, configured: bool = False
) -> Room:
    """A new room. A pasted link is current from now on, others as soon as their provider has made them; everybody's
    `/join` link stays the same. `configured`: whether the provider's settings are there.

    Raises NotFound, InvalidState (cancelled or completed workshop), RoomPending (that provider is making one
    already), InvalidInput (address), ProviderNotConfigured.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    await _check_none_pending(session, workshop, data.provider)
    wanted = Room(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        provider=data.provider,
        url=data.url,
        passcode=data.passcode,
    )
    return await _make(session, actor, workshop, wanted, configured=configured)


async def replace(
    session: AsyncSession, actor: Actor, room_id: UUID, data: RoomReplacement, *, configured: bool = False
) -> Room:
    """A new room of the same provider for one that leaked or broke, which is handed out no more from this moment on.

    Raises NotFound, InvalidState (cancelled room, workshop that is over), RoomNotCurrent, InvalidInput,
    ProviderNotConfigured.
    """
    former = await find(session, actor, room_id)
    if former.status is RoomStatus.CANCELLED:
        raise InvalidState
    in_use = await current(session, former.workshop_id)
    if former.status is RoomStatus.ACTIVE and in_use is not None and in_use.id != former.id:
        # Its successor would be the newest, and take everybody out of the room in which they are.
        raise RoomNotCurrent
    workshop = await workshops.find(session, actor, former.workshop_id)
    await rooms_plan.close(session, former, actor.label)
    wanted = Room(
        organizer_id=former.organizer_id,
        workshop_id=former.workshop_id,
        provider=former.provider,
        url=data.url,
        passcode=data.passcode,
        replaces_id=former.id,
    )
    return await _make(session, actor, workshop, wanted, configured=configured)


async def _check_none_pending(session: AsyncSession, workshop: Workshop, provider: Provider) -> None:
    """A button pressed twice makes one meeting. The lock makes the second request see what the first one did."""
    lock = select(Workshop.id).where(Workshop.id == workshop.id).with_for_update(key_share=True)
    await session.exec(lock)
    query = select(Room.id).where(
        Room.workshop_id == workshop.id, Room.provider == provider, Room.status == RoomStatus.PENDING
    )
    if (await session.exec(query)).first() is not None:
        raise RoomPending


async def _make(session: AsyncSession, actor: Actor, workshop: Workshop, room: Room, *, configured: bool) -> Room:
    if workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED):
        raise InvalidState
    pasted = room.provider is Provider.STATIC
    if not pasted and not configured:
        raise ProviderNotConfigured
    if pasted and room.url is None:
        raise InvalidInput.at("/url", _("Isi dengan alamat ruang daring, misalnya https://..."))
    for name in ("url", "passcode"):
        if not pasted and getattr(room, name):
            raise InvalidInput.at(f"/{name}", _("Kosongkan; penyedia ini membuat ruangnya sendiri."))
    session.add(room)
    await session.flush()
    if pasted:
        await rooms_plan.activate(session, room, actor.label)
    else:
        ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
        await outbox.record(session, RoomRequested(**ids), actor.label)
    return room


async def cancel(session: AsyncSession, actor: Actor, room_id: UUID) -> Room:
    """Closes a room; an older one that is still active becomes current again. Raises NotFound, InvalidState."""
    room = await find(session, actor, room_id)
    if room.status is RoomStatus.CANCELLED:
        raise InvalidState
    await rooms_plan.close(session, room, actor.label)
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


async def active(session: AsyncSession, workshop_id: UUID) -> Sequence[Room]:
    """The rooms into which somebody may have a way."""
    query = select(Room).where(Room.workshop_id == workshop_id, Room.status == RoomStatus.ACTIVE)
    return (await session.exec(query.order_by(col(Room.id)))).all()


async def get(session: AsyncSession, room_id: UUID) -> Room:
    """A room by its id, for the service's own reactions. Raises NoResultFound."""
    return await session.get_one(Room, room_id)


async def request_check(session: AsyncSession, actor: Actor, room_id: UUID) -> Room:
    """Has the provider's list compared with ours. Raises NotFound, InvalidState (not active, or a pasted link)."""
    room = await find(session, actor, room_id)
    if room.status is not RoomStatus.ACTIVE or room.provider is Provider.STATIC:
        raise InvalidState
    ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
    await outbox.record(session, RoomCheckRequested(**ids), actor.label)
    return room


async def is_online(session: AsyncSession, workshop: Workshop) -> bool:
    """Whether somebody may attend from elsewhere: by plan, or because a room was opened all the same."""
    return workshop.modality is not Modality.OFFLINE or await current(session, workshop.id) is not None


async def join(session: AsyncSession, registration: Registration) -> JoinLink:
    """The person's link into the current room. Presence is what the provider or the host reports, not this.

    Whoever is registered for the hall may join as the workshop's policy says; when that is on request, this is the
    request, which has to be kept although the answer may be a refusal. Raises NotConfirmed, InvalidState (cancelled or
    unpublished workshop), JoinNotForHall, JoinNotOpen (with `opens_at`, RFC 3339 in the workshop's zone), JoinOver,
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
    await _request(session, registration, workshop)
    if clock.now() < opening.opens_at:
        raise JoinNotOpen(opens_at=opening.opens_at.astimezone(clock.zone(workshop.timezone)).isoformat())
    return await _link(session, registration)


async def _request(session: AsyncSession, registration: Registration, workshop: Workshop) -> None:
    """Somebody with a seat in the hall asks for the way in, once. Raises JoinNotForHall."""
    if rooms_links.may_enter(workshop, registration):
        return
    if workshop.hall_links is HallLinks.NEVER:
        raise JoinNotForHall
    registration.link_requested_at = clock.now()
    session.add(registration)
    room = await current(session, workshop.id)
    if room is not None and room.url is not None:
        await session.flush()
        return
    asked = LinkRequested(
        organizer_id=registration.organizer_id, workshop_id=workshop.id, registration_id=registration.id
    )
    await outbox.record(session, asked)


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
    url = (None if personal.revoked_at else personal.url) if personal else room.url
    if url is None:
        raise LinkNotReady(retry_after=60)
    return JoinLink(url=url, passcode=room.passcode)
