"""A provider's report as a file: what would become of its connections, and taking them over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import presences, presences_same, workshops
from service.domain.attendance import Interval, overlaps
from service.domain.identity import canonical_name
from service.domain.presences_same import FILE, MADE_UP, Key, key_of
from service.models.attendance import Presence
from service.models.attendance_shapes import PresenceCreate
from service.models.workshops import Workshop


class Stay(Protocol):
    """A row of a report. `email` and `registrant` are empty where it tells none."""

    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def registrant(self) -> str: ...
    @property
    def joined_at(self) -> datetime: ...
    @property
    def left_at(self) -> datetime: ...


@dataclass(frozen=True)
class Outcome:
    """How many rows are new or repeat what is known; of the connections, how many belong to somebody, wait, or are
    nobody's; from when to when they were; how long they were together, and how much of that lies inside the agenda.
    """

    new: int
    repeated: int
    matched: int
    unmatched: int
    nobody: int
    first_at: datetime | None
    last_at: datetime | None
    minutes: int
    minutes_inside: int | None


def days_of(workshop: Workshop, timezone: str) -> tuple[date, date]:
    """The first and the last day of a workshop, by the calendar of `timezone`."""
    return clock.local_date(workshop.starts_at, timezone), clock.local_date(workshop.ends_at, timezone)


def items_of(stays: Iterable[Stay]) -> list[PresenceCreate]:
    """The rows as connections. Where a report tells no id, one is made of name and address, always the same.

    Two devices of one name that came in the same second differ in when they left.
    """
    items: list[PresenceCreate] = []
    ends: dict[Key, list[datetime]] = defaultdict(list)
    for stay in sorted(stays, key=lambda one: (one.joined_at, one.left_at)):
        external_id = stay.registrant
        if not external_id:
            made_up = _made_up(stay)
            known = ends[made_up, stay.joined_at]
            if stay.left_at not in known:
                known.append(stay.left_at)
            external_id = made_up if len(known) == 1 else f"{made_up}#{len(known)}"
        items.append(
            PresenceCreate(
                registration_id=None,
                external_id=external_id,
                display_name=stay.name,
                email=stay.email or None,
                joined_at=stay.joined_at,
                left_at=stay.left_at,
            )
        )
    return items


def _made_up(stay: Stay) -> str:
    text = f"{canonical_name(stay.name)}\n{stay.email.casefold()}"
    return MADE_UP + sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


async def preview(session: AsyncSession, actor: Actor, workshop_id: UUID, items: Sequence[PresenceCreate]) -> Outcome:
    """What taking over would lead to. Raises NotFound."""
    await workshops.find(session, actor, workshop_id)
    known = await presences_same.known(session, workshop_id, items, FILE)
    whose = await presences.find_owners(session, workshop_id, items, known)
    theirs = await presences.matched_ids(session, [row.id for row in known.values()])
    said: dict[str, int] = defaultdict(int)
    for item in {key_of(item): item for item in items}.values():
        row = known.get(key_of(item))
        belongs = bool(row and row.id in theirs) or bool(whose(item, row))
        said["matched" if belongs else "nobody" if row and row.matched_by_hand else "unmatched"] += 1
    new = _new(items, known)
    agenda = await presences.agenda_of(session, workshop_id)
    stays = [(item.joined_at, item.left_at) for item in items]
    return Outcome(
        new=new,
        repeated=len(items) - new,
        matched=said["matched"],
        unmatched=said["unmatched"],
        nobody=said["nobody"],
        first_at=min((start for start, _end in stays), default=None),
        last_at=max((end for _start, end in stays), default=None),
        minutes=presences.minutes_of(stays),
        minutes_inside=presences.minutes_of(inside(stays, agenda)) if agenda else None,
    )


def inside(stays: Iterable[Interval], agenda: Sequence[Interval]) -> list[Interval]:
    """What of each of them lies inside the agenda."""
    return [piece for stay in stays for piece in overlaps([stay], agenda)]


def _new(items: Sequence[PresenceCreate], known: Mapping[Key, Presence]) -> int:
    return len({key_of(item) for item in items} - known.keys())


async def take_over(session: AsyncSession, actor: Actor, workshop_id: UUID, items: Sequence[PresenceCreate]) -> Outcome:
    """Stores the connections and matches those it can; what a person decided stays. Raises NotFound, InvalidInput."""
    await workshops.find(session, actor, workshop_id)
    await presences_same.hold(session, workshop_id)
    outcome = await preview(session, actor, workshop_id, items)
    await presences.report(session, actor, workshop_id, items, FILE)
    return outcome
