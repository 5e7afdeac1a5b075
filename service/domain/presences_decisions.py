"""Whose a connection is by a person's word. That stays, whatever is reported or found out afterwards."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.domain import attendance, presences, presences_same
from service.errors import NotFound
from service.events import Event
from service.models.attendance import MatchDecision, Presence, PresenceMatch


async def match(session: AsyncSession, actor: Actor, presence_id: UUID, registration_ids: Collection[UUID]) -> Presence:
    """A person says whose connection it is; that replaces every earlier match, and no automatic one overrules it.

    Several people may have shared it; an empty list means nobody's. Raises NotFound, InvalidInput.
    """
    row = await find(session, actor, presence_id)
    await presences_same.hold(session, row.workshop_id)
    await _decide(session, actor, row.workshop_id, [row.id], registration_ids)
    return row


async def match_alike(
    session: AsyncSession, actor: Actor, presence_id: UUID, registration_ids: Collection[UUID]
) -> tuple[Presence, int]:
    """The same for every other connection with this id or this shown name that is nobody's yet; returns how many."""
    row = await find(session, actor, presence_id)
    await presences_same.hold(session, row.workshop_id)
    others = (await session.exec(select(Presence.id).where(*alike(row)))).all()
    await _decide(session, actor, row.workshop_id, [row.id, *others], registration_ids)
    return row, len(others)


async def find(session: AsyncSession, actor: Actor, presence_id: UUID) -> Presence:
    """The actor's own connection. Raises NotFound."""
    row = await session.get(Presence, presence_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    return row


def alike(row: Presence) -> tuple[ColumnElement[bool], ...]:
    """The conditions for other connections of this id or shown name of which nobody knows yet whose they are."""
    same = col(Presence.external_id) == row.external_id
    if row.display_name:
        same |= col(Presence.display_name) == row.display_name
    others = col(Presence.workshop_id) == row.workshop_id, col(Presence.id) != row.id
    return *others, same, presences.WAITING


async def count_alike(session: AsyncSession, rows: Collection[Presence]) -> dict[UUID, int]:
    """How many others would go with each of these connections of one workshop, see `alike`."""
    if not rows:
        return {}
    ids = col(Presence.external_id).in_({row.external_id for row in rows})
    names = col(Presence.display_name).in_({row.display_name for row in rows if row.display_name})
    columns = (Presence.id, Presence.external_id, Presence.display_name)
    query = select(*columns).where(col(Presence.workshop_id).in_({row.workshop_id for row in rows}), ids | names)
    waiting = (await session.exec(query.where(presences.WAITING))).all()
    return {
        row.id: sum(
            one != row.id and (external_id == row.external_id or (bool(shown) and shown == row.display_name))
            for one, external_id, shown in waiting
        )
        for row in rows
    }


async def _decide(
    session: AsyncSession, actor: Actor, workshop_id: UUID, ids: Sequence[UUID], registration_ids: Collection[UUID]
) -> None:
    """Stores whose these connections are. The caller holds the workshop's connections."""
    people = set(registration_ids)
    await presences.require_people(session, workshop_id, people, "/registration_ids")
    theirs = col(PresenceMatch.presence_id).in_(ids)
    query = select(PresenceMatch.presence_id, PresenceMatch.registration_id).where(theirs)
    former: dict[UUID, set[UUID]] = defaultdict(set)
    for presence_id, person in await session.exec(query):
        former[presence_id].add(person)
    everybody = people.union(*former.values())
    await attendance.lock(session, everybody)
    await session.exec(delete(PresenceMatch).where(theirs))
    fresh = {"populate_existing": True}
    rows = (await session.exec(select(Presence).where(col(Presence.id).in_(ids)), execution_options=fresh)).all()
    events: list[Event] = []
    for row in rows:
        session.add_all(PresenceMatch(presence_id=row.id, registration_id=person, manual=True) for person in people)
        session.add_all(_decisions(row, former[row.id], people, actor))
        row.matched_by_hand = True
        session.add(row)
        events += [presences.matched_event(row, person) for person in sorted(former[row.id] ^ people)]
    await session.flush()
    await attendance.refresh(session, workshop_id, everybody)
    await outbox.record_all(session, events, actor.label)


def _decisions(row: Presence, former: set[UUID], people: set[UUID], actor: Actor) -> list[MatchDecision]:
    """What the history tells of it; who was found automatically is confirmed by the first decision."""
    said = [(person, True) for person in sorted(people - former if row.matched_by_hand else people)]
    said += [(person, False) for person in sorted(former - people)]
    nobody: list[tuple[UUID | None, bool]] = [] if row.matched_by_hand else [(None, False)]
    return [
        MatchDecision(
            organizer_id=row.organizer_id,
            workshop_id=row.workshop_id,
            presence_id=row.id,
            registration_id=person,
            matched=matched,
            by=actor.label,
        )
        for person, matched in said or nobody
    ]
