"""What a provider is to be told of a workshop, and what becomes of a room it was asked for."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.domain import rooms_schedule
from service.events import RoomCancelled, RoomFailed, RoomOpened, RoomReplaced
from service.i18n import marked as _
from service.models.rooms import Provider, Room, RoomStatus
from service.models.workshops import AttendanceBlock, Workshop

LONGEST_TITLE = 200


@dataclass(frozen=True)
class Plan:
    """The times and the title of a room: one span per local day, in order, UTC. `key` is ours."""

    key: str
    title: str
    timezone: str
    days: tuple[tuple[datetime, datetime], ...]

    @property
    def digest(self) -> str:
        """The same for the same plan."""
        days = [[start.isoformat(), end.isoformat()] for start, end in self.days]
        return hashlib.sha256(json.dumps([self.title, self.timezone, days]).encode()).hexdigest()[:32]


async def plan_of(session: AsyncSession, workshop: Workshop, key: str) -> Plan:
    """The plan as it stands: from the first to the last block of each day, or the workshop's own hours."""
    query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    by_day: dict[date, list[AttendanceBlock]] = defaultdict(list)
    for block in await session.exec(query.order_by(col(AttendanceBlock.starts_at))):
        by_day[clock.local_date(block.starts_at, workshop.timezone)].append(block)
    days = tuple((blocks[0].starts_at, max(one.ends_at for one in blocks)) for _day, blocks in sorted(by_day.items()))
    return Plan(
        key, workshop.title[:LONGEST_TITLE], workshop.timezone, days or ((workshop.starts_at, workshop.ends_at),)
    )


async def planned(session: AsyncSession, room_id: UUID) -> tuple[Room, Plan]:
    """A room and what its provider should know. Raises NoResultFound."""
    room = await session.get_one(Room, room_id)
    return room, await plan_of(session, await session.get_one(Workshop, room.workshop_id), str(room.id))


async def locked(session: AsyncSession, room_id: UUID) -> Room:
    """The room, locked against others who change it."""
    query = select(Room).where(Room.id == room_id).with_for_update(key_share=True)
    return (await session.exec(query, execution_options={"populate_existing": True})).one()


async def opened(
    session: AsyncSession,
    room_id: UUID,
    external_id: str | None,
    url: str | None,
    passcode: str | None,
    plan: str | None,
) -> None:
    """The provider has made the room: it is current from now on, unless it was cancelled meanwhile."""
    room = await locked(session, room_id)
    room.external_id, room.plan, room.updated_at = external_id, plan, clock.now()
    if room.status is RoomStatus.PENDING:
        room.url, room.passcode = url, passcode
        await activate(session, room, "system")
    session.add(room)
    await session.flush()


async def activate(session: AsyncSession, room: Room, actor: str) -> None:
    """`/join` leads here; who followed another room's link is told when it has taken that one's place."""
    room.status, room.error = RoomStatus.ACTIVE, None
    session.add(room)
    await rooms_schedule.arm(session, room)
    ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
    await outbox.record(session, RoomOpened(**ids), actor)
    if room.replaces_id is not None:
        await outbox.record(session, RoomReplaced(**ids, former_id=room.replaces_id), actor)


async def told(session: AsyncSession, room_id: UUID, plan: Plan) -> None:
    """The provider knows this plan now."""
    room = await locked(session, room_id)
    room.plan, room.error = plan.digest, None
    if room.status is RoomStatus.ACTIVE:
        await rooms_schedule.arm(session, room)
    session.add(room)
    await session.flush()


async def note(session: AsyncSession, room_id: UUID, words: str | None) -> None:
    """Shows staff what is the matter with a room that is still to be opened or changed."""
    room = await locked(session, room_id)
    if room.error != words:
        room.error, room.updated_at = words, clock.now()
        session.add(room)
        await session.flush()


async def failed(session: AsyncSession, room_id: UUID, words: str) -> None:
    """The provider will never make the room, or has lost it."""
    room = await locked(session, room_id)
    if room.status not in (RoomStatus.PENDING, RoomStatus.ACTIVE):
        return
    room.status, room.error, room.updated_at = RoomStatus.FAILED, words, clock.now()
    room.check_due_at = None
    session.add(room)
    ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
    await outbox.record(session, RoomFailed(**ids))


async def close(session: AsyncSession, room: Room, actor: str) -> None:
    """The room is no longer handed out; a subscriber tells the provider. The caller has locked it."""
    await rooms_schedule.disarm(session, room)
    room.status, room.updated_at = RoomStatus.CANCELLED, clock.now()
    session.add(room)
    ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
    await outbox.record(session, RoomCancelled(**ids), actor)


async def close_all(session: AsyncSession, workshop_id: UUID) -> None:
    """Closes what a provider runs for a workshop that was called off. A pasted link is its owner's to close."""
    alive = (RoomStatus.PENDING, RoomStatus.ACTIVE)
    query = select(Room).where(
        Room.workshop_id == workshop_id, col(Room.status).in_(alive), col(Room.provider) != Provider.STATIC
    )
    for room in await session.exec(query.with_for_update(key_share=True)):
        await close(session, room, "system")


def gone() -> str:
    """What staff are told of a room that the provider no longer knows."""
    return _("Ruang ini sudah tidak ada pada penyedia. Buat penggantinya dengan tindakan ganti ruang.")


def budget_spent() -> str:
    """What staff are told while a room waits for tomorrow's budget."""
    return _("Jatah harian penyedia sudah habis; permintaan ini dilanjutkan otomatis setelah pukul 00.00 UTC.")


def asked_to_wait() -> str:
    """What staff are told while the provider wants no more calls."""
    return _("Penyedia meminta menunggu; permintaan ini dilanjutkan otomatis sesudahnya.")


def unanswered() -> str:
    """What staff are told while the provider is away."""
    return _("Penyedia belum menjawab; permintaan ini diulang otomatis.")


def never_answered() -> str:
    """What staff are told when the provider has been away for most of a day."""
    return _("Penyedia berkali-kali tidak menjawab. Periksa layanannya, lalu ganti ruang ini.")


def unconfigured() -> str:
    """What staff are told when the provider's settings are gone."""
    return _("Penyedia ruang daring belum diatur pada layanan ini.")
