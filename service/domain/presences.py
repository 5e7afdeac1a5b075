"""Online presence: intervals as a provider reports them, and whose they are. Nobody is guessed by name."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import is_postgresql
from service.domain import attendance, workshops
from service.errors import InvalidInput, NotFound
from service.events import Event, PresenceMatched, PresenceRecorded
from service.i18n import gettext as _
from service.models.attendance import Presence, PresenceMatch
from service.models.attendance_shapes import PresenceCreate, PresenceRead
from service.models.registrations import Registration
from service.models.rooms import FormerLink, Room, RoomLink
from service.models.workshops import Workshop
from service.tokens import new_id

_PRESENCES = Presence.metadata.tables["presences"]
_MATCHES = PresenceMatch.metadata.tables["presence_matches"]
AHEAD = timedelta(minutes=2)
"""How far a provider's clock may run before ours."""


async def report(
    session: AsyncSession, actor: Actor, workshop_id: UUID, items: Sequence[PresenceCreate], source: str = "api"
) -> list[Presence]:
    """Stores connections, matches those it can, and answers with them in order. Raises NotFound, InvalidInput.

    Nobody has been present in a time that has not passed, so an end still to come is refused. One connection is
    (workshop, external_id, joined_at): repeating it changes nothing, a later end replaces an earlier.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    _check_times(items)
    await _check_people(session, workshop_id, items)
    before = {key: row.left_at for key, row in (await _stored(session, workshop_id, items)).items()}
    await _insert(session, workshop, items, source)
    stored = await _stored(session, workshop_id, items)
    changed = [row for key, row in stored.items() if before.get(key) != row.left_at]
    matched = await _match(session, workshop_id, items, stored)
    people = await _people(session, stored.values())
    await attendance.lock(session, people)
    await attendance.refresh(session, workshop_id, people)
    house = workshop.organizer_id
    events: list[Event] = [
        PresenceMatched(organizer_id=house, workshop_id=workshop_id, presence_id=presence_id, registration_id=person)
        for presence_id, person in matched
    ]
    if changed:
        events.insert(0, PresenceRecorded(organizer_id=house, workshop_id=workshop_id, count=len(changed)))
    await outbox.record_all(session, events, actor.label)
    return [stored[item.external_id, item.joined_at] for item in items]


async def match(session: AsyncSession, actor: Actor, presence_id: UUID, registration_ids: Collection[UUID]) -> Presence:
    """A person says whose connection it is; that replaces every earlier match, and no automatic one overrules it.

    Several people may have shared it; an empty list means nobody's. Raises NotFound, InvalidInput.
    """
    row = await session.get(Presence, presence_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    people = sorted(set(registration_ids))
    await _require_people(session, row.workshop_id, people, "/registration_ids")
    mine = col(PresenceMatch.presence_id) == row.id
    former = set(await session.exec(select(PresenceMatch.registration_id).where(mine)))
    await attendance.lock(session, former | set(people))
    await session.exec(delete(PresenceMatch).where(mine))
    session.add_all(PresenceMatch(presence_id=row.id, registration_id=person, manual=True) for person in people)
    row.matched_by_hand = True
    session.add(row)
    await session.flush()
    await attendance.refresh(session, row.workshop_id, former | set(people))
    events = [
        PresenceMatched(
            organizer_id=row.organizer_id, workshop_id=row.workshop_id, presence_id=row.id, registration_id=person
        )
        for person in sorted(former ^ set(people))
    ]
    await outbox.record_all(session, events, actor.label)
    return row


async def rematch(session: AsyncSession, workshop_id: UUID, external_id: str) -> None:
    """Gives connections that came before it was known whose `external_id` is to that person."""
    query = select(Presence).where(Presence.workshop_id == workshop_id, Presence.external_id == external_id)
    rows = (await session.exec(query)).all()
    if not rows:
        return
    items = [_item(row) for row in rows]
    matched = await _match(session, workshop_id, items, {(row.external_id, row.joined_at): row for row in rows})
    people = {person for _presence, person in matched}
    await attendance.lock(session, people)
    await attendance.refresh(session, workshop_id, people)
    house = rows[0].organizer_id
    await outbox.record_all(
        session,
        [
            PresenceMatched(organizer_id=house, workshop_id=workshop_id, presence_id=one, registration_id=person)
            for one, person in matched
        ],
    )


async def shorten(
    session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate], ends: set[datetime]
) -> None:
    """Takes back ends that were reported too late, when they are among `ends`: what the same source said by mistake."""
    stored = await _stored(session, workshop_id, items)
    wrong = []
    for item in items:
        row = stored.get((item.external_id, item.joined_at))
        if row is not None and row.left_at > item.left_at and row.left_at in ends:
            row.left_at = item.left_at
            session.add(row)
            wrong.append(row)
    if wrong:
        await session.flush()
        people = await _people(session, wrong)
        await attendance.lock(session, people)
        await attendance.refresh(session, workshop_id, people)


def _item(row: Presence) -> PresenceCreate:
    return PresenceCreate(
        registration_id=None,
        external_id=row.external_id,
        display_name=row.display_name,
        joined_at=row.joined_at,
        left_at=row.left_at,
    )


async def page(
    session: AsyncSession, actor: Actor, workshop_id: UUID, matched: bool | None, after: UUID | None, limit: int
) -> Sequence[Presence]:
    """The workshop's connections in order of arrival, at most `limit`. Raises NotFound."""
    await workshops.find(session, actor, workshop_id)
    query = select(Presence).where(Presence.workshop_id == workshop_id)
    if matched is not None:
        known = select(PresenceMatch.presence_id).where(PresenceMatch.presence_id == Presence.id).exists()
        query = query.where(known if matched else ~known)
    if after:
        query = query.where(col(Presence.id) > after)
    return (await session.exec(query.order_by(col(Presence.id)).limit(limit))).all()


async def read_many(session: AsyncSession, rows: Sequence[Presence]) -> list[PresenceRead]:
    """Connections with whose they are."""
    query = select(PresenceMatch.presence_id, PresenceMatch.registration_id).where(
        col(PresenceMatch.presence_id).in_([row.id for row in rows])
    )
    whose: dict[UUID, list[UUID]] = defaultdict(list)
    for presence_id, person in await session.exec(query.order_by(col(PresenceMatch.registration_id))):
        whose[presence_id].append(person)
    return [
        PresenceRead(
            id=row.id,
            external_id=row.external_id,
            display_name=row.display_name,
            joined_at=row.joined_at,
            left_at=row.left_at,
            registration_ids=whose[row.id],
        )
        for row in rows
    ]


async def _stored(
    session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate]
) -> dict[tuple[str, datetime], Presence]:
    query = select(Presence).where(
        Presence.workshop_id == workshop_id,
        col(Presence.external_id).in_({item.external_id for item in items}),
        col(Presence.joined_at).in_({item.joined_at for item in items}),
    )
    rows = await session.exec(query, execution_options={"populate_existing": True})
    return {(row.external_id, row.joined_at): row for row in rows}


async def _insert(session: AsyncSession, workshop: Workshop, items: Sequence[PresenceCreate], source: str) -> None:
    longest: dict[tuple[str, datetime], PresenceCreate] = {}
    for item in sorted(items, key=lambda one: one.left_at):
        longest[item.external_id, item.joined_at] = item
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "organizer_id": workshop.organizer_id,
            "workshop_id": workshop.id,
            "external_id": item.external_id,
            "display_name": item.display_name,
            "joined_at": item.joined_at,
            "left_at": item.left_at,
            "source": source,
            "received_at": now,
            "matched_by_hand": False,
        }
        for _key, item in sorted(longest.items())  # one order for all, so that two reports never wait for each other
    ]
    if not rows:
        return
    statement = (postgresql.insert if is_postgresql(session) else sqlite.insert)(_PRESENCES)
    later = statement.on_conflict_do_update(
        index_elements=["workshop_id", "external_id", "joined_at"],
        set_={"left_at": statement.excluded.left_at},
        where=statement.excluded.left_at > _PRESENCES.c.left_at,
    )
    await (await session.connection()).execute(later, rows)


async def _match(
    session: AsyncSession,
    workshop_id: UUID,
    items: Sequence[PresenceCreate],
    stored: dict[tuple[str, datetime], Presence],
) -> list[tuple[UUID, UUID]]:
    """Matches what a person has not decided; answers with the new pairs of presence and registration."""
    owners = await _owners(session, workshop_id, {item.external_id for item in items})
    rows = [
        {"presence_id": row.id, "registration_id": person, "manual": False}
        for item in items
        for row in (stored[item.external_id, item.joined_at],)
        for person in ({item.registration_id} if item.registration_id else owners[item.external_id])
        if not row.matched_by_hand
    ]
    if not rows:
        return []
    rows.sort(key=lambda row: (str(row["presence_id"]), str(row["registration_id"])))
    statement = (postgresql.insert if is_postgresql(session) else sqlite.insert)(_MATCHES)
    new = statement.on_conflict_do_nothing().returning(_MATCHES.c.presence_id, _MATCHES.c.registration_id)
    return [(one, whose) for one, whose in await (await session.connection()).execute(new, rows)]


async def _people(session: AsyncSession, rows: Iterable[Presence]) -> set[UUID]:
    """Everybody whose attendance these connections may have changed."""
    whose = select(PresenceMatch.registration_id).where(col(PresenceMatch.presence_id).in_([row.id for row in rows]))
    return set(await session.exec(whose))


async def _owners(session: AsyncSession, workshop_id: UUID, external_ids: Collection[str]) -> dict[str, set[UUID]]:
    """Whose registrant ids these are or were, in any room the workshop has had."""
    owners: dict[str, set[UUID]] = defaultdict(set)
    for kind in (RoomLink, FormerLink):
        query = (
            select(kind.external_id, kind.registration_id)
            .join(Room, col(Room.id) == col(kind.room_id))
            .where(Room.workshop_id == workshop_id, col(kind.external_id).in_(external_ids))
        )
        for external_id, person in await session.exec(query):
            owners[external_id or ""].add(person)
    return owners


def _check_times(items: Sequence[PresenceCreate]) -> None:
    latest = clock.now() + AHEAD
    for number, item in enumerate(items):
        if item.left_at > latest:
            raise InvalidInput.at(
                f"/items/{number}/left_at", _("Waktu ini belum lewat; laporkan setelah sambungan selesai.")
            )


async def _check_people(session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate]) -> None:
    named = {item.registration_id for item in items if item.registration_id}
    await _require_people(session, workshop_id, named, "/items")


async def _require_people(session: AsyncSession, workshop_id: UUID, people: Collection[UUID], pointer: str) -> None:
    query = select(Registration.id).where(Registration.workshop_id == workshop_id, col(Registration.id).in_(people))
    found = (await session.exec(query)).all()
    if not set(people).issubset(found):
        raise InvalidInput.at(pointer, _("Pendaftaran ini tidak ada pada kegiatan ini."))
