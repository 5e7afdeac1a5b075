"""One connection, told of by webhook, by report and by a file: each calls it by another id, and the list shows it once.

The key of a connection is (workshop, external_id, joined_at). A provider's sources differ in the first, and by seconds
in the second. The same is what has the same id or shown name and began within a minute, one of one source for one of
another. The strongest id stays: a known registrant's, then a connection's, then the one made up for a file without ids.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import is_postgresql, run_sql
from service.domain import presences_owners
from service.domain.identity import canonical_name
from service.models.attendance import Presence, PresenceMatch
from service.models.attendance_shapes import PresenceCreate

FILE, CODE = "zoom_csv", "code"
MADE_UP = "csv:"
"""How the ids begin that are made of a name and an address."""
_TELLING_THE_SAME = {"zoom", "zoom_report", FILE}
_TOLERANCES = (timedelta(0), timedelta(seconds=5), timedelta(seconds=60))
Key = tuple[str, datetime]
One = TypeVar("One", PresenceCreate, Presence)


@dataclass
class Settled:
    """Items under the keys that stand; `lost`: people who were taken off a connection that is somebody else's."""

    items: list[PresenceCreate]
    lost: set[UUID] = field(default_factory=set)


async def hold(session: AsyncSession, workshop_id: UUID) -> None:
    """Keeps the workshop's connections to oneself until the transaction ends; before any registration is locked.

    Two reports at once would each store what the other one tells, and an automatic match could slip in beside one that
    a person is making. On SQLite the writing transaction itself is the lock.
    """
    if is_postgresql(session):
        key = int.from_bytes(workshop_id.bytes[:8], "big", signed=True)
        await run_sql(session, "SELECT pg_advisory_xact_lock(:presences)", presences=key)


def key_of(one: PresenceCreate | Presence) -> Key:
    """What a connection is known by within its workshop."""
    return one.external_id, one.joined_at


async def known(
    session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate], source: str
) -> dict[Key, Presence]:
    """The stored connections that items repeat, by the items' keys."""
    if not items:
        return {}
    slack = _TOLERANCES[-1]
    query = select(Presence).where(
        Presence.workshop_id == workshop_id,
        col(Presence.joined_at) >= min(item.joined_at for item in items) - slack,
        col(Presence.joined_at) <= max(item.joined_at for item in items) + slack,
    )
    rows = (await session.exec(query, execution_options={"populate_existing": True})).all()
    return pair(items, rows, source)


def pair(items: Sequence[PresenceCreate], rows: Sequence[Presence], source: str) -> dict[Key, Presence]:
    """Which row each item repeats, by its key: the nearest first, each row once. Whatever the order of either."""
    exact = {key_of(row): row for row in rows}
    found = {key_of(item): exact[key_of(item)] for item in items if key_of(item) in exact}
    taken = {row.id for row in found.values()}
    free = _by_label(row for row in rows if row.id not in taken and _may_repeat(row, source))
    wanting = _by_label({key_of(item): item for item in items if key_of(item) not in found}.values())
    for tolerance in _TOLERANCES:
        for label in sorted(wanting.keys() & free.keys()):
            left = [item for item in wanting[label] if key_of(item) not in found]
            there = [row for row in free[label] if row.id not in taken]
            for item, row in _zip(left, there, tolerance):
                found[key_of(item)] = row
                taken.add(row.id)
    return found


def _zip(
    items: Sequence[PresenceCreate], rows: Sequence[Presence], tolerance: timedelta
) -> Iterable[tuple[PresenceCreate, Presence]]:
    """Both in order of time."""
    place = 0
    for item in items:
        while place < len(rows) and rows[place].joined_at < item.joined_at - tolerance:
            place += 1
        if place < len(rows) and rows[place].joined_at <= item.joined_at + tolerance:
            yield item, rows[place]
            place += 1


def _may_repeat(row: Presence, source: str) -> bool:
    """Whether a source could tell of this row under another id: it knows its own, and of an erased one nobody does."""
    return (source == FILE or row.source != source) and row.source != CODE and row.external_id != str(row.id)


def _by_label(ones: Iterable[One]) -> dict[str, list[One]]:
    """By each id and name they go by, in order of time."""
    found: dict[str, list[One]] = defaultdict(list)
    for one in sorted(ones, key=lambda one: (one.joined_at, one.left_at, one.external_id)):
        for label in {f"id:{one.external_id}"} | names_of(one.display_name):
            found[label].append(one)
    return found


def names_of(shown: str) -> set[str]:
    """A shown name for comparison, and the two that "Shown (Original)" is made of."""
    parts = re.fullmatch(r"(.*?)\(([^()]*)\)\s*", shown)
    return {name for text in (shown, *(parts.groups() if parts else ())) if (name := canonical_name(text))}


async def settle(session: AsyncSession, workshop_id: UUID, items: Sequence[PresenceCreate], source: str) -> Settled:
    """Gives each item the key of the stored connection it repeats, or that connection the item's when it is stronger.

    The caller holds the workshop's connections (`hold`).
    """
    if source not in _TELLING_THE_SAME:
        return Settled(list(items))
    pairs = await known(session, workshop_id, items, source)
    pairs = {key: row for key, row in pairs.items() if key != key_of(row)}
    ids = {external_id for external_id, _at in pairs} | {row.external_id for row in pairs.values()}
    owners = await presences_owners.by_registrant(session, workshop_id, ids) if pairs else {}
    stronger = {
        key: row for key, row in pairs.items() if _strength(key[0], owners) > _strength(row.external_id, owners)
    }
    settled = Settled([_rekeyed(item, pairs, stronger) for item in items])
    for key, row in stronger.items():
        row.external_id, row.joined_at = key
        row.source, row.left_at = source, max(row.left_at, row.joined_at)
        session.add(row)
        if key[0] in owners and not row.matched_by_hand:
            settled.lost |= await _take_off(session, row.id, owners[key[0]])
    await session.flush()
    return settled


def _rekeyed(item: PresenceCreate, pairs: Mapping[Key, Presence], stronger: Mapping[Key, Presence]) -> PresenceCreate:
    row = pairs.get(key_of(item))
    if row is None or key_of(item) in stronger:
        return item
    end = max(item.left_at, row.joined_at)
    return item.model_copy(update={"external_id": row.external_id, "joined_at": row.joined_at, "left_at": end})


def _strength(external_id: str, owners: Mapping[str, Collection[UUID]]) -> int:
    return 2 if external_id in owners else 0 if external_id.startswith(MADE_UP) else 1


async def correct(session: AsyncSession, workshop_id: UUID, rows: Sequence[Presence]) -> set[UUID]:
    """Takes people off connections of which an address told before the registrant's id was known. Returns whom."""
    ids = {row.external_id for row in rows if not row.matched_by_hand}
    owners = await presences_owners.by_registrant(session, workshop_id, ids) if ids else {}
    lost: set[UUID] = set()
    for row in rows:
        if row.external_id in owners and not row.matched_by_hand:
            lost |= await _take_off(session, row.id, owners[row.external_id])
    return lost


async def _take_off(session: AsyncSession, presence_id: UUID, owners: Collection[UUID]) -> set[UUID]:
    """An address had told whose it was, and the registrant's id knows better. Returns who it was before."""
    others = (col(PresenceMatch.presence_id) == presence_id, col(PresenceMatch.registration_id).not_in(owners))
    lost = set(await session.exec(select(PresenceMatch.registration_id).where(*others)))
    if lost:
        await session.exec(delete(PresenceMatch).where(*others))
    return lost
