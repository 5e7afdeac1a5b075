"""Compares whom a provider would let in with whom we let in: what follows from the difference."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain.rooms_plan import locked
from service.models.rooms import Room, RoomLink


@dataclass(frozen=True)
class Known:
    """Somebody the provider lists."""

    email: str
    external_id: str


@dataclass(frozen=True)
class Differences:
    """`lost`: people of ours whom the provider would not let in. `extra`: whom it would, and we would not."""

    lost: list[UUID] = field(default_factory=list)
    extra: list[Known] = field(default_factory=list)


async def differences(session: AsyncSession, room: Room, there: Collection[Known], asked_at: datetime) -> Differences:
    """What is wrong, as of `asked_at` (real time), when the provider was asked for its list.

    Zoom's own registration page is open to everybody, so somebody we have never heard of is extra, too. Rows that
    somebody is asking about are left alone.
    """
    links = (await session.exec(select(RoomLink).where(RoomLink.room_id == room.id))).all()
    listed = {one.external_id for one in there}
    open_links = [link for link in links if link.url is not None and link.revoked_at is None]
    lost = [
        link.registration_id
        for link in open_links
        if link.external_id is not None and link.external_id not in listed and link.asked_at < asked_at
    ]
    good = {link.external_id for link in links if not (link.url is None and link.revoked_at is not None)}
    # Under a new id of theirs, or on their way in: nobody to be turned out.
    unsure = {link.email for link in links if link.revoked_at is None and link.registration_id in lost}
    unsure |= {link.email for link in links if link.url is None and link.revoked_at is None}
    extra = [one for one in there if one.external_id not in good and one.email not in unsure]
    return Differences(lost, extra)


async def checked(session: AsyncSession, room_id: UUID, repaired: int, *, asked: datetime, finished: bool) -> None:
    """Adds to what the comparison asked for at `asked` (domain time) put right, and notes when it ended."""
    room = await locked(session, room_id)
    if not finished and repaired == 0:
        return
    # A comparison may take several turns; the first of them begins to count anew.
    fresh = room.checked_at is None or room.checked_at <= asked
    room.repaired = repaired if fresh else room.repaired + repaired
    room.checked_at = clock.now()
    session.add(room)
