"""Personal links: whose they are due to, and who may ask the provider about whom.

Nobody is let in twice: whoever asks takes the person's row first (`take`), asks, and then says what came of it. What
became of an asking that ended without an answer is looked up before anybody asks again.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, case, select as core_select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import and_, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import is_postgresql, run, settings_of
from service.domain import presences, presences_same, rooms_budget, rooms_plan
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import FormerLink, Room, RoomLink, RoomStatus
from service.models.workshops import HallLinks, Mode, Workshop
from service.outbox import LEASE

LONGEST_EMAIL = 128
LONGEST_NAME = 64
READDS_A_DAY = 2
"""Zoom takes three additions of one person a day, the first included."""
_STARTED = clock.real_now()


@dataclass(frozen=True)
class Guest:
    """Who is to have a link: `name` is what others see, `email` may be a stand-in."""

    registration_id: UUID
    name: str
    email: str


class Deed(StrEnum):
    """What the provider is to be asked."""

    ADMIT = "admit"
    REVOKE = "revoke"


@dataclass(frozen=True)
class Errand:
    """A person's row, taken at `asked_at`. `first`: nobody has ever asked for it.

    `unknown_since`: an earlier asking may have had an effect until then, which is to be looked up.
    """

    room_id: UUID
    guest: Guest
    deed: Deed
    asked_at: datetime
    external_id: str | None = None
    first: bool = False
    unknown_since: datetime | None = None


class Taken(Exception):
    """Somebody else is asking about this person, or the day's askings are spent: not before `until` (real time)."""

    def __init__(self, until: datetime) -> None:
        super().__init__("taken")
        self.until = until


def may_enter(workshop: Workshop, row: Registration) -> bool:
    """Whether a way into the online room is due to the person: by the mode, or by the policy for the hall."""
    if row.status is not RegistrationStatus.CONFIRMED:
        return False
    if row.mode is Mode.ONLINE or workshop.hall_links is HallLinks.ALWAYS:
        return True
    return workshop.hall_links is HallLinks.ON_REQUEST and row.link_requested_at is not None


def display_name(row: Registration, organisation: str | None) -> str:
    """What a person is called online: the number first, so that hosts find it. At most 64 characters."""
    name = f"{row.number} {row.name}" + (f" - {organisation}" if organisation else "")
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip(" -") + "…"


async def current(session: AsyncSession, workshop_id: UUID) -> Room | None:
    """The newest active room: the one into which `/join` leads."""
    query = select(Room).where(Room.workshop_id == workshop_id, Room.status == RoomStatus.ACTIVE)
    return (await session.exec(query.order_by(col(Room.id).desc()).limit(1))).first()


async def rooms_of(session: AsyncSession, workshop_id: UUID, registration_id: UUID) -> list[Room]:
    """The active rooms that concern a person: the current one, and those into which there is a link."""
    linked = select(RoomLink.room_id).where(RoomLink.registration_id == registration_id)
    query = select(Room).where(Room.workshop_id == workshop_id, Room.status == RoomStatus.ACTIVE)
    found = list(await session.exec(query.order_by(col(Room.id).desc())))
    with_link = set(await session.exec(linked))
    return [room for number, room in enumerate(found) if number == 0 or room.id in with_link]


async def unsettled(session: AsyncSession, room: Room, *, refused: bool = False) -> list[UUID]:
    """People whose link is not what it should be, in order of their numbers; `refused`: also whom it would not have."""
    workshop = await session.get_one(Workshop, room.workshop_id)
    mine = and_(col(RoomLink.registration_id) == col(Registration.id), col(RoomLink.room_id) == room.id)
    query = (
        select(Registration, RoomLink)
        .outerjoin(RoomLink, mine)
        .where(Registration.workshop_id == room.workshop_id)
        .order_by(col(Registration.number))
    )
    return [
        row.id
        for row, link in await session.exec(query)
        if not _as_it_should_be(may_enter(workshop, row), link) and (refused or link is None or link.error is None)
    ]


def _as_it_should_be(due: bool, link: RoomLink | None) -> bool:
    if link is None:
        return not due
    return not _between(link) and due == (link.url is not None)


def _between(link: RoomLink) -> bool:
    """Whether somebody is asking the provider, or nobody knows what came of it."""
    return (link.url is None) == (link.revoked_at is None)


async def take(session: AsyncSession, room_id: UUID, registration_id: UUID) -> Errand | None:
    """Takes a person's row for whatever is to be asked; None when all is as it should be. Raises Taken."""
    room = await session.get_one(Room, room_id)
    row = await _locked(session, registration_id)
    if room.status is not RoomStatus.ACTIVE:
        return None
    due = may_enter(await session.get_one(Workshop, room.workshop_id), row)
    link = await _link(session, room_id, registration_id)
    if link is None and due and await _is_current(session, room):
        link = await _claim(session, room, row)
        if link is not None:
            return await _errand(session, row, link, Deed.ADMIT, first=True)
        link = await _link(session, room_id, registration_id)
    if link is None or _as_it_should_be(due, link):
        return None
    if _between(link):
        return await _take_over(session, row, link, due=due)
    if due:
        return await _again(session, room, row, link)
    link.revoked_at = clock.now()
    return await _errand(session, row, link, Deed.REVOKE)


async def take_lost(session: AsyncSession, room_id: UUID, registration_id: UUID) -> Errand | None:
    """Takes the row of a person whom the provider has lost, so as to let it in again. Raises Taken."""
    room, row = await session.get_one(Room, room_id), await _locked(session, registration_id)
    link = await _link(session, room_id, registration_id)
    due = may_enter(await session.get_one(Workshop, room.workshop_id), row)
    if link is None or not due or _between(link) or link.url is None:
        return None
    return await _again(session, room, row, link, since=link.asked_at)


async def take_renewed(session: AsyncSession, room_id: UUID, registration_id: UUID, since: datetime) -> Errand | None:
    """Takes the row of a person whose link, given before `since` (real time), is known to others: it is taken back.

    None when that was done already, or somebody is at it: then `take` is what follows.
    """
    room = await session.get_one(Room, room_id)
    row = await _locked(session, registration_id)
    link = await _link(session, room_id, registration_id)
    if room.status is not RoomStatus.ACTIVE or link is None or link.url is None or _between(link):
        return None
    if link.asked_at >= since:
        return None
    link.revoked_at = clock.now()
    return await _errand(session, row, link, Deed.REVOKE)


async def keep(session: AsyncSession, errand: Errand, url: str, external_id: str | None) -> bool:
    """Keeps the link the provider gave. Whoever took the row over meanwhile looks up what we have done.

    Presence that came under `external_id` before is the person's. Returns whether the link is still due.
    """
    # Before the person: that is the order of whoever stores presence, of which nothing may slip through in between.
    room = await rooms_plan.locked(session, errand.room_id)
    await presences_same.hold(session, room.workshop_id)
    row = await _locked(session, errand.guest.registration_id)
    values = {"url": url, "external_id": external_id, "error": None, "revoked_at": None}
    if await _close(session, errand, values) and external_id is not None:
        await presences.rematch(session, row.workshop_id, external_id)
    return may_enter(await session.get_one(Workshop, row.workshop_id), row)


async def drop(session: AsyncSession, errand: Errand) -> bool:
    """Notes that the link leads nowhere any more. Returns whether one has become due again."""
    row = await _locked(session, errand.guest.registration_id)
    await _close(session, errand, {"url": None, "revoked_at": clock.now(), "error": None})
    return may_enter(await session.get_one(Workshop, row.workshop_id), row)


async def refuse(session: AsyncSession, errand: Errand, reason: str) -> None:
    """Keeps why the provider will not let the person in."""
    await _close(session, errand, {"error": reason})


async def give_back(session: AsyncSession, errand: Errand, *, asked: bool) -> None:
    """Lets go of a row without an outcome; after `asked` the next one has to look it up."""
    if errand.first and not asked:
        mine = await _link(session, errand.room_id, errand.guest.registration_id)
        if mine is not None and mine.asked_at == errand.asked_at:
            await session.delete(mine)
        return
    await _close(session, errand, {"asked_at": clock.real_now() - LEASE})


async def _close(session: AsyncSession, errand: Errand, values: Mapping[str, object]) -> bool:
    """Writes an outcome, unless somebody else took the row over. Returns whether it was still ours."""
    statement = (
        update(RoomLink)
        .where(
            col(RoomLink.room_id) == errand.room_id,
            col(RoomLink.registration_id) == errand.guest.registration_id,
            col(RoomLink.asked_at) == errand.asked_at,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool((await session.exec(statement)).rowcount)


async def _locked(session: AsyncSession, registration_id: UUID) -> Registration:
    """The registration, locked: before its link, in this order for all."""
    query = select(Registration).where(Registration.id == registration_id).with_for_update(key_share=True)
    return (await session.exec(query, execution_options={"populate_existing": True})).one()


async def _link(session: AsyncSession, room_id: UUID, registration_id: UUID) -> RoomLink | None:
    query = select(RoomLink).where(RoomLink.room_id == room_id, RoomLink.registration_id == registration_id)
    return (await session.exec(query.with_for_update(), execution_options={"populate_existing": True})).first()


async def _is_current(session: AsyncSession, room: Room) -> bool:
    found = await current(session, room.workshop_id)
    return found is not None and found.id == room.id


async def _claim(session: AsyncSession, room: Room, row: Registration) -> RoomLink | None:
    """The person's new row, under an address that nobody else has in this room; None when somebody was faster."""
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(RoomLink)
    stand_in = f"{row.id}@{await _alias_domain(session, row.organizer_id)}"
    own = (row.email or "").lower()
    for email in [own, stand_in] if own and len(own) <= LONGEST_EMAIL else [stand_in]:
        values = {"room_id": room.id, "registration_id": row.id, "email": email, "created_at": clock.now()}
        statement = insert.values(**values, asked_at=clock.real_now()).on_conflict_do_nothing()
        if (await session.exec(statement.returning(col(RoomLink.room_id)))).first() is not None:
            return await _link(session, room.id, row.id)
    return None


async def _take_over(session: AsyncSession, row: Registration, link: RoomLink, *, due: bool) -> Errand:
    """Goes on with what somebody else began. Raises Taken while that somebody may still be at it."""
    ended_at = link.asked_at + LEASE
    # On SQLite there is one process: whatever it did not begin itself was begun by a dead one.
    orphaned = not is_postgresql(session) and link.asked_at < _STARTED
    if link.error is None and not orphaned and ended_at > clock.real_now():
        raise Taken(ended_at)
    admits = due and link.revoked_at is None
    since = min(ended_at, clock.real_now()) if link.revoked_at is None else None
    return await _errand(session, row, link, Deed.ADMIT if admits else Deed.REVOKE, unknown_since=since)


async def _again(
    session: AsyncSession, room: Room, row: Registration, link: RoomLink, since: datetime | None = None
) -> Errand | None:
    """Somebody comes back, or was lost. Raises Taken when that has happened too often today."""
    if not await _is_current(session, room):
        return None
    subject = f"{room.provider}:person:{row.id}"
    if not await rooms_budget.spend(session, subject, 1, READDS_A_DAY):
        raise Taken(rooms_budget.resets_at())
    if link.external_id is not None:
        former = FormerLink(room_id=room.id, external_id=link.external_id, registration_id=row.id)
        await session.merge(former)
    link.url, link.revoked_at = None, None
    return await _errand(session, row, link, Deed.ADMIT, unknown_since=since or clock.real_now())


async def _errand(
    session: AsyncSession,
    row: Registration,
    link: RoomLink,
    deed: Deed,
    *,
    first: bool = False,
    unknown_since: datetime | None = None,
) -> Errand:
    if not first:
        link.asked_at, link.error = clock.real_now(), None
        session.add(link)
        await session.flush()
    guest = Guest(row.id, display_name(row, await _organisation(session, row)), link.email or "")
    return Errand(link.room_id, guest, deed, link.asked_at, link.external_id, first, unknown_since)


async def _organisation(session: AsyncSession, row: Registration) -> str | None:
    found = await session.get(Organisation, row.organisation_id) if row.organisation_id else None
    return found.name if found else row.organisation_name


async def _alias_domain(session: AsyncSession, organizer_id: UUID) -> str:
    """Where addresses of people without one seem to be; nothing is ever sent there."""
    organizer = await session.get_one(Organizer, organizer_id)
    host = urlsplit(settings_of(session).base_url).hostname or ""
    return organizer.alias_domain or (host if "." in host and not _is_address(host) else "peserta.invalid")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class People:
    """Of those who may enter a room: how many have a link, wait for one, were refused by the provider, and why."""

    admitted: int
    waiting: int
    failed: int
    error: str | None


async def people(
    session: AsyncSession, workshop: Workshop, rooms: Sequence[Room], due: int | None = None
) -> dict[UUID, People]:
    """The same for several rooms of one workshop; in a room that is over nobody waits. `due`: `expected`, if known."""
    if not rooms:
        return {}
    due = await expected(session, workshop) if due is None else due
    is_open = and_(col(RoomLink.url).is_not(None), col(RoomLink.revoked_at).is_(None))
    counting = (
        core_select(
            col(RoomLink.room_id),
            func.sum(case((is_open, 1), else_=0)),
            func.count(col(RoomLink.error)),
            func.min(col(RoomLink.error)),
        )
        .join(Registration, col(Registration.id) == col(RoomLink.registration_id))
        .where(col(RoomLink.room_id).in_([room.id for room in rooms]), _due(workshop))
        .group_by(col(RoomLink.room_id))
    )
    counted = {room_id: counts for room_id, *counts in await run(session, counting, {})}
    found = {}
    for room in rooms:
        admitted, failed, error = counted.get(room.id, (0, 0, None))
        waits = room.status in (RoomStatus.PENDING, RoomStatus.ACTIVE)
        found[room.id] = People(admitted, due - admitted - failed if waits else 0, failed, error)
    return found


async def expected(session: AsyncSession, workshop: Workshop) -> int:
    """How many people a way into the online room is due to."""
    return (await session.exec(select(func.count()).select_from(Registration).where(_due(workshop)))).one()


def _due(workshop: Workshop) -> ColumnElement[bool]:
    """`may_enter` for the database."""
    wanted = [col(Registration.mode) == Mode.ONLINE]
    if workshop.hall_links is HallLinks.ALWAYS:
        wanted = []
    elif workshop.hall_links is HallLinks.ON_REQUEST:
        wanted.append(col(Registration.link_requested_at).is_not(None))
    confirmed = and_(
        col(Registration.workshop_id) == workshop.id, col(Registration.status) == RegistrationStatus.CONFIRMED
    )
    return and_(confirmed, or_(*wanted)) if wanted else confirmed


def wait(until: datetime) -> timedelta:
    """How long to put something off that is possible from `until` (real time) on; never negative."""
    return max(until - clock.real_now(), timedelta())
