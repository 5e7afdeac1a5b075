"""Online presence: intervals as a provider reports them, and whose they are. Nobody is guessed by name."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import is_postgresql
from service.domain import attendance, presences_owners, presences_same, privacy_traces, workshops
from service.domain.presences_same import Key, key_of
from service.errors import InvalidInput
from service.events import Event, PresenceMatched, PresenceRecorded
from service.i18n import gettext as _
from service.models.attendance import Presence, PresenceMatch
from service.models.attendance_shapes import PresenceCreate
from service.models.presences_shapes import PresenceRead
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.tokens import new_id

_PRESENCES = Presence.metadata.tables["presences"]
_MATCHES = PresenceMatch.metadata.tables["presence_matches"]
AHEAD = timedelta(minutes=2)
"""How far a provider's clock may run before ours."""
KNOWN = select(PresenceMatch.presence_id).where(PresenceMatch.presence_id == Presence.id).exists()
WAITING = ~KNOWN & col(Presence.matched_by_hand).is_(False)
"""Nobody knows yet whose it is."""
NOBODYS = ~KNOWN & col(Presence.matched_by_hand).is_(True)
Owners = Callable[[PresenceCreate, Presence | None], set[UUID]]
"""Whose an item is, given the row that is stored of it already."""


async def report(
    session: AsyncSession, actor: Actor, workshop_id: UUID, items: Sequence[PresenceCreate], source: str = "api"
) -> list[Presence]:
    """Stores connections, matches those it can, and answers with them in order. Raises NotFound, InvalidInput.

    Nobody has been present in a time that has not passed, so an end still to come is refused. One connection is
    (workshop, external_id, joined_at): repeating it changes nothing, a later end replaces an earlier. What another
    source of the provider has told already is the same connection, see `presences_same`.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    _check_times(items)
    await _check_people(session, workshop_id, items)
    # Who reads a code is locked already, and has a connection of the person's own.
    if source != presences_same.CODE:
        await presences_same.hold(session, workshop_id)
    settled = await presences_same.settle(session, workshop_id, items, source)
    items = settled.items
    before = {key: row.left_at for key, row in (await _stored(session, workshop_id, items)).items()}
    await _insert(session, workshop, items, source)
    stored = await _stored(session, workshop_id, items)
    changed = [row for key, row in stored.items() if before.get(key) != row.left_at]
    matched, lost = await _match(session, workshop_id, items, stored)
    if source != presences_same.CODE:
        await privacy_traces.blank_reported(session, [row.id for row in stored.values()])
    people = await _people(session, stored.values()) | settled.lost | lost
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
    return [stored[key_of(item)] for item in items]


def matched_event(row: Presence, person: UUID) -> PresenceMatched:
    """Tells that a connection is a person's, or is no more."""
    return PresenceMatched(
        organizer_id=row.organizer_id, workshop_id=row.workshop_id, presence_id=row.id, registration_id=person
    )


async def rematch(session: AsyncSession, workshop_id: UUID, external_id: str) -> None:
    """Gives connections that came before it was known whose `external_id` is to that person.

    The caller holds the workshop's connections, see `presences_same.hold`.
    """
    query = select(Presence).where(Presence.workshop_id == workshop_id, Presence.external_id == external_id)
    rows = (await session.exec(query)).all()
    if not rows:
        return
    items = [_item(row) for row in rows]
    matched, lost = await _match(session, workshop_id, items, {key_of(row): row for row in rows})
    await privacy_traces.blank_reported(session, [row.id for row in rows])
    people = {person for _presence, person in matched} | lost
    await attendance.lock(session, people)
    await attendance.refresh(session, workshop_id, people)
    by_id = {row.id: row for row in rows}
    await outbox.record_all(session, [matched_event(by_id[one], person) for one, person in matched])


async def shorten(
    session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate], ends: set[datetime]
) -> None:
    """Takes back ends that were reported too late, when they are among `ends`: what the same source said by mistake."""
    stored = await _stored(session, workshop_id, items)
    wrong = []
    for item in items:
        row = stored.get(key_of(item))
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
        email=row.email,
        joined_at=row.joined_at,
        left_at=row.left_at,
    )


async def page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID,
    matched: bool | None,
    after: UUID | None,
    limit: int,
    *,
    nobodys: bool = False,
) -> Sequence[Presence]:
    """The workshop's connections in order of arrival, at most `limit`. Raises NotFound.

    `matched` false: those that wait for a person to say whose they are; what was said to be nobody's waits no more,
    and is shown when `nobodys`.
    """
    await workshops.find(session, actor, workshop_id)
    query = select(Presence).where(Presence.workshop_id == workshop_id)
    if nobodys:
        query = query.where(NOBODYS)
    elif matched is not None:
        query = query.where(KNOWN if matched else WAITING)
    if after:
        query = query.where(col(Presence.id) > after)
    return (await session.exec(query.order_by(col(Presence.id)).limit(limit))).all()


async def counted(session: AsyncSession, workshop_id: UUID) -> dict[str, int]:
    """How many connections are `waiting`, `matched`, `nobodys`."""
    kinds = {"waiting": WAITING, "matched": KNOWN, "nobodys": NOBODYS}
    query = select_columns(*(func.count().filter(kind).label(name) for name, kind in kinds.items())).select_from(
        Presence
    )
    [row] = await attendance.rows_of(session, query.where(col(Presence.workshop_id) == workshop_id))
    return {name: row[place] for place, name in enumerate(kinds)}


async def read_many(session: AsyncSession, rows: Sequence[Presence], *, show_email: bool = False) -> list[PresenceRead]:
    """Connections with whose they are. Addresses are for who may read contacts."""
    query = select(PresenceMatch.presence_id, PresenceMatch.registration_id).where(
        col(PresenceMatch.presence_id).in_([row.id for row in rows])
    )
    whose: dict[UUID, list[UUID]] = defaultdict(list)
    for presence_id, person in await session.exec(query.order_by(col(PresenceMatch.registration_id))):
        whose[presence_id].append(person)
    agendas = {one: await agenda_of(session, one) for one in {row.workshop_id for row in rows}}
    return [
        PresenceRead(
            id=row.id,
            external_id=row.external_id,
            display_name=row.display_name,
            email=row.email if show_email else None,
            joined_at=row.joined_at,
            left_at=row.left_at,
            minutes=_minutes(row, agendas[row.workshop_id]),
            source=row.source,
            registration_ids=whose[row.id],
            decided=row.matched_by_hand,
        )
        for row in rows
    ]


def _minutes(row: Presence, agenda: Sequence[attendance.Interval]) -> int:
    return minutes_of(attendance.overlaps([(row.joined_at, row.left_at)], agenda))


def minutes_of(stays: Iterable[attendance.Interval]) -> int:
    """Whole minutes of all of them together."""
    return int(sum((end - start for start, end in stays), timedelta()).total_seconds() // 60)


async def agenda_of(session: AsyncSession, workshop_id: UUID) -> list[attendance.Interval]:
    """When each agenda item of the workshop's half-days lasts."""
    plans = await attendance.block_plans(session, workshop_id)
    return [item for plan in plans.values() for item in plan.items]


async def _stored(session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate]) -> dict[Key, Presence]:
    query = select(Presence).where(
        Presence.workshop_id == workshop_id,
        col(Presence.external_id).in_({item.external_id for item in items}),
        col(Presence.joined_at).in_({item.joined_at for item in items}),
    )
    rows = await session.exec(query, execution_options={"populate_existing": True})
    return {key_of(row): row for row in rows}


async def _insert(session: AsyncSession, workshop: Workshop, items: Sequence[PresenceCreate], source: str) -> None:
    longest: dict[Key, PresenceCreate] = {}
    for item in sorted(items, key=lambda one: one.left_at):
        longest[key_of(item)] = item
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "organizer_id": workshop.organizer_id,
            "workshop_id": workshop.id,
            "external_id": item.external_id,
            "display_name": item.display_name,
            "email": item.email,
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
    told, mine = statement.excluded, _PRESENCES.c
    later = statement.on_conflict_do_update(
        index_elements=["workshop_id", "external_id", "joined_at"],
        set_={
            "left_at": case((told.left_at > mine.left_at, told.left_at), else_=mine.left_at),
            "email": func.coalesce(mine.email, told.email),
        },
        where=or_(told.left_at > mine.left_at, and_(mine.email.is_(None), told.email.is_not(None))),
    )
    await (await session.connection()).execute(later, rows)


async def _match(
    session: AsyncSession,
    workshop_id: UUID,
    items: Sequence[PresenceCreate],
    stored: dict[Key, Presence],
) -> tuple[list[tuple[UUID, UUID]], set[UUID]]:
    """Matches what a person has not decided; answers with the new pairs of presence and registration, and with who
    was taken off a connection that is somebody else's.
    """
    guessed = [stored[key_of(item)] for item in items if item.email and not item.registration_id]
    lost = await presences_same.correct(session, workshop_id, guessed)
    whose = await find_owners(session, workshop_id, items, stored)
    rows = [
        {"presence_id": row.id, "registration_id": person, "manual": False}
        for item in items
        for row in (stored[key_of(item)],)
        for person in whose(item, row)
    ]
    if not rows:
        return [], lost
    rows.sort(key=lambda row: (str(row["presence_id"]), str(row["registration_id"])))
    statement = (postgresql.insert if is_postgresql(session) else sqlite.insert)(_MATCHES)
    new = statement.on_conflict_do_nothing().returning(_MATCHES.c.presence_id, _MATCHES.c.registration_id)
    return [(one, person) for one, person in await (await session.connection()).execute(new, rows)], lost


async def find_owners(
    session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate], stored: Mapping[Key, Presence]
) -> Owners:
    """Who is found to have been connected without anybody's decision: by what the sender knows, by the registrant's id,
    else by the address, unless it is known already whose connection that is.
    """
    by_id = await presences_owners.by_registrant(session, workshop_id, {item.external_id for item in items})
    by_email = await presences_owners.by_email(session, workshop_id, {item.email for item in items if item.email})
    known = await matched_ids(session, [row.id for row in stored.values()]) if by_email else set()

    def whose(item: PresenceCreate, row: Presence | None) -> set[UUID]:
        if row is not None and row.matched_by_hand:
            return set()
        if item.registration_id:
            return {item.registration_id}
        if item.external_id in by_id:
            return by_id[item.external_id]
        found = by_email.get(item.email or "")
        return {found} if found and (row is None or row.id not in known) else set()

    return whose


async def matched_ids(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Which of these connections belong to somebody."""
    return set(await session.exec(select(PresenceMatch.presence_id).where(col(PresenceMatch.presence_id).in_(ids))))


async def _people(session: AsyncSession, rows: Iterable[Presence]) -> set[UUID]:
    """Everybody whose attendance these connections may have changed."""
    whose = select(PresenceMatch.registration_id).where(col(PresenceMatch.presence_id).in_([row.id for row in rows]))
    return set(await session.exec(whose))


def _check_times(items: Sequence[PresenceCreate]) -> None:
    latest = clock.now() + AHEAD
    for number, item in enumerate(items):
        if item.left_at > latest:
            raise InvalidInput.at(
                f"/items/{number}/left_at", _("Waktu ini belum lewat; laporkan setelah sambungan selesai.")
            )


async def _check_people(session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate]) -> None:
    named = {item.registration_id for item in items if item.registration_id}
    await require_people(session, workshop_id, named, "/items")


async def require_people(session: AsyncSession, workshop_id: UUID, people: Collection[UUID], pointer: str) -> None:
    """Raises InvalidInput unless all of them are registered for the workshop."""
    query = select(Registration.id).where(Registration.workshop_id == workshop_id, col(Registration.id).in_(people))
    found = (await session.exec(query)).all()
    if not set(people).issubset(found):
        raise InvalidInput.at(pointer, _("Pendaftaran ini tidak ada pada kegiatan ini."))
