"""What providers tell of rooms in use, and the connections that follow from it in whatever order it arrives."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, case, func, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import system
from service.db import is_postgresql
from service.domain import presences, rooms_plan
from service.errors import NotFound
from service.events import RoomNoticed
from service.models.attendance_shapes import PresenceCreate
from service.models.columns import UtcDateTime
from service.models.organizers import Organizer
from service.models.rooms import NoticeKind, Provider, Room, RoomNotice
from service.tokens import new_id

LONGEST_ID = 200
LONGEST_NAME = 300
_CHUNK = 500
_LONG_AGO = literal(datetime(1, 1, 1, tzinfo=UTC), UtcDateTime)


@dataclass(frozen=True)
class Told:
    """What a provider told of the room `external_id`; see `RoomNotice`."""

    key: str
    kind: NoticeKind
    external_id: str
    sitting: str
    at: datetime
    connection: str | None
    registrant: str | None
    display_name: str


class TooEarly(Exception):
    """The provider's clock runs ahead of ours: nobody has been there yet until `until` (domain time)."""

    def __init__(self, until: datetime) -> None:
        super().__init__("ahead of our clock")
        self.until = until


async def keep(session: AsyncSession, provider: Provider, slug: str, told: Sequence[Told]) -> int:
    """Keeps what is told of rooms of ours, once; the rest is ignored. Returns how much was new.

    A provider's account belongs to the installation and knows one address, whoever's room it speaks of; so `slug` is
    only looked up, that a misspelt address is noticed. Raises NotFound for an unknown organizer.
    """
    await check_house(session, slug)
    wanted = {_clean(one.external_id, LONGEST_ID) for one in told}
    query = select(Room).where(Room.provider == provider, col(Room.external_id).in_(wanted))
    rooms = {room.external_id: room for room in await session.exec(query)}
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(RoomNotice)
    events = []
    for one in told:
        room = rooms.get(_clean(one.external_id, LONGEST_ID))
        if room is None:
            continue
        statement = insert.values(**_columns(room, one)).on_conflict_do_nothing(index_elements=["room_id", "key"])
        new = (await session.exec(statement.returning(col(RoomNotice.id)))).first()
        if new is not None:
            ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
            events.append(RoomNoticed(**ids, notice_id=new[0]))
    await outbox.record_all(session, events, str(provider))
    return len(events)


async def check_house(session: AsyncSession, slug: str) -> None:
    """Raises NotFound for an organizer that does not exist."""
    if (await session.exec(select(Organizer.id).where(Organizer.slug == slug))).first() is None:
        raise NotFound


def _columns(room: Room, told: Told) -> dict[str, object]:
    return {
        "id": new_id(),
        "organizer_id": room.organizer_id,
        "room_id": room.id,
        "key": _clean(told.key, LONGEST_ID),
        "kind": told.kind,
        "sitting": _clean(told.sitting, LONGEST_ID),
        "connection": _clean(told.connection, LONGEST_ID) if told.connection else None,
        "registrant": _clean(told.registrant, LONGEST_ID) if told.registrant else None,
        "display_name": clean_name(told.display_name),
        "at": told.at,
        "received_at": clock.now(),
    }


def clean_name(text: str) -> str:
    """A name shown online, as far as every database can keep it."""
    return _clean(text, LONGEST_NAME)


def _clean(text: str, longest: int) -> str:
    """What every database can keep: no NUL, no lone surrogates."""
    return text.replace("\x00", "").encode(errors="replace").decode()[:longest].strip()


async def fold(session: AsyncSession, notice_id: UUID) -> None:
    """Stores the connections that follow from everything told so far of that connection, or of that whole sitting.

    Raises TooEarly.
    """
    notice = await session.get_one(RoomNotice, notice_id)
    # Of two who fold at once the second sees all that the first did.
    room = await rooms_plan.locked(session, notice.room_id)
    everything = (RoomNotice.room_id == room.id, RoomNotice.sitting == notice.sitting)
    query = select(RoomNotice).where(*everything).order_by(col(RoomNotice.at), col(RoomNotice.id))
    if notice.connection is not None:
        query = query.where(
            or_(col(RoomNotice.connection) == notice.connection, col(RoomNotice.kind) == NoticeKind.ENDED)
        )
    told = (await session.exec(query)).all()
    items = intervals(told)
    latest = max((item.left_at for item in items), default=clock.now())
    if latest > clock.now() + presences.AHEAD:
        raise TooEarly(latest)
    ends = {one.at for one in told if one.kind in (NoticeKind.LEFT, NoticeKind.ENDED)}
    actor = system(room.organizer_id)
    for start in range(0, len(items), _CHUNK):
        part = items[start : start + _CHUNK]
        await presences.report(session, actor, room.workshop_id, part, str(room.provider))
        await presences.shorten(session, room.workshop_id, part, ends)


def intervals(told: Iterable[RoomNotice]) -> list[PresenceCreate]:
    """Each coming with the next going of the same connection, or the end of the sitting. In any order, repeated or not.

    Who has not gone yet is left out; so is a going without a coming, which the provider's report knows better.
    """
    ended = sorted(one.at for one in told if one.kind is NoticeKind.ENDED)
    by_connection: dict[str, list[RoomNotice]] = defaultdict(list)
    for one in told:
        if one.connection is not None and one.kind in (NoticeKind.JOINED, NoticeKind.LEFT):
            by_connection[one.connection].append(one)
    found = []
    for connection, notices in sorted(by_connection.items()):
        whose = max((one.registrant for one in notices if one.registrant), default=connection)
        gone = sorted([one.at for one in notices if one.kind is NoticeKind.LEFT] + ended)
        for one in notices:
            left_at = next((at for at in gone if at >= one.at), None)
            if one.kind is NoticeKind.JOINED and left_at is not None:
                found.append(_presence(whose, one, left_at))
    return found


def _presence(external_id: str, joined: RoomNotice, left_at: datetime) -> PresenceCreate:
    return PresenceCreate(
        registration_id=None,
        external_id=external_id,
        display_name=joined.display_name,
        joined_at=joined.at,
        left_at=left_at,
    )


async def online(session: AsyncSession, rooms: Collection[UUID]) -> dict[UUID, int]:
    """How many connections are open in rooms, as far as their providers have told."""
    when = {kind: func.max(case((col(RoomNotice.kind) == kind, col(RoomNotice.at)))) for kind in NoticeKind}
    ended = (
        select(RoomNotice.room_id, RoomNotice.sitting, when[NoticeKind.ENDED].label("at"))
        .group_by(col(RoomNotice.room_id), col(RoomNotice.sitting))
        .subquery()
    )
    here = (
        select(RoomNotice.room_id)
        .join(ended, and_(ended.c.room_id == RoomNotice.room_id, ended.c.sitting == RoomNotice.sitting))
        .where(col(RoomNotice.room_id).in_(rooms), col(RoomNotice.connection).is_not(None))
        .group_by(col(RoomNotice.room_id), col(RoomNotice.sitting), col(RoomNotice.connection), ended.c.at)
        .having(
            when[NoticeKind.JOINED] > func.coalesce(when[NoticeKind.LEFT], _LONG_AGO),
            when[NoticeKind.JOINED] > func.coalesce(ended.c.at, _LONG_AGO),
        )
    )
    return Counter(await session.exec(here))


async def sittings(session: AsyncSession, room_id: UUID) -> list[str]:
    """The uses of the room that were told of."""
    query = select(RoomNotice.sitting).where(RoomNotice.room_id == room_id).distinct().order_by(RoomNotice.sitting)
    return [one for one in await session.exec(query) if one]


async def report(session: AsyncSession, room: Room, stays: Sequence[PresenceCreate], source: str) -> None:
    """Stores what the provider's report says, as far as it is over."""
    actor, latest = system(room.organizer_id), clock.now() + presences.AHEAD
    over = [one for one in stays if one.left_at <= latest]
    for start in range(0, len(over), _CHUNK):
        await presences.report(session, actor, room.workshop_id, over[start : start + _CHUNK], source)
