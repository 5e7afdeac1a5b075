"""Telling people that a workshop's time or place changed: once, however many edits it took.

Whoever plans edits several times in a row. The edits of a burst are less than `QUIET` apart, the last one at most
`LONGEST` after the first, or an endless series would never be told; the last one tells of all of them. Which one that
is follows from the events alone, so it does not matter in which order they are delivered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import messages
from service.domain.rooms_links import may_enter
from service.events import WorkshopChanged
from service.models.messages import Message, Occasion
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Workshop, WorkshopStatus
from service.tokens import made_at

QUIET = timedelta(minutes=5)
LONGEST = timedelta(minutes=25)
BACK = timedelta(days=1)
"""How far back the first of a series of edits is looked for."""
_TOLD = ("time", "venue")


@dataclass(frozen=True)
class Burst:
    """Edits that are told together: what they changed, and when the last one was made (domain time)."""

    what: str
    happened_at: datetime


def matters(what: str) -> bool:
    """Whether people are told of these changed parts."""
    return not set(_TOLD).isdisjoint(what.split(","))


def quiet_at(event_id: UUID) -> datetime:
    """When no further edit can belong to this one's burst (real time)."""
    return made_at(event_id) + QUIET


async def concerns_anybody(session: AsyncSession, workshop_id: UUID) -> bool:
    """Whether the workshop is announced and not over."""
    workshop = await session.get_one(Workshop, workshop_id)
    return workshop.status is WorkshopStatus.PUBLISHED and clock.now() < workshop.ends_at


async def burst(session: AsyncSession, event: WorkshopChanged, event_id: UUID) -> Burst | None:
    """The burst that this edit ends; None when a later edit tells of it."""
    edits = await _edits(session, event, _floor(made_at(event_id) - BACK))
    mine = next((one for one in _bursts(edits) if one[-1].id == event_id), None)
    if mine is None:
        return None
    changed = {part for row in mine for part in str(row.data["what"]).split(",")}
    return Burst(",".join(part for part in _TOLD if part in changed), mine[-1].happened_at)


def _bursts(edits: Sequence[EventRow]) -> list[list[EventRow]]:
    bursts: list[list[EventRow]] = []
    for row in edits:
        last = bursts[-1] if bursts else None
        if last and made_at(row.id) <= min(quiet_at(last[-1].id), made_at(last[0].id) + LONGEST):
            last.append(row)
        else:
            bursts.append([row])
    return bursts


async def tell(session: AsyncSession, workshop_id: UUID, told: Burst, key: str) -> list[Message]:
    """The message to everybody with a place or in the queue who knew the former plan. Returns those to be sent now."""
    if not await concerns_anybody(session, workshop_id):
        return []
    workshop = await session.get_one(Workshop, workshop_id)
    people = await _people(session, workshop_id, RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)
    knew = [row for row in people if row.created_at <= told.happened_at]
    return await messages.about_people(session, Occasion.CHANGED, knew, key, what=told.what, stale_at=workshop.ends_at)


async def tell_of_room(session: AsyncSession, workshop_id: UUID, key: str, swapped_at: datetime) -> list[Message]:
    """The message to everybody who has a way into the online room and had it before the swap (domain time).

    Returns those to be sent now.
    """
    if not await concerns_anybody(session, workshop_id):
        return []
    workshop = await session.get_one(Workshop, workshop_id)
    people = await _people(session, workshop_id, RegistrationStatus.CONFIRMED)
    people = [row for row in people if may_enter(workshop, row) and (row.confirmed_at or row.created_at) <= swapped_at]
    return await messages.about_people(session, Occasion.ROOM_CHANGED, people, key, stale_at=workshop.ends_at)


async def _people(session: AsyncSession, workshop_id: UUID, *statuses: RegistrationStatus) -> Sequence[Registration]:
    query = select(Registration).where(Registration.workshop_id == workshop_id, col(Registration.status).in_(statuses))
    return (await session.exec(query.order_by(col(Registration.number)))).all()


async def _edits(session: AsyncSession, event: WorkshopChanged, since: UUID) -> list[EventRow]:
    """The workshop's edits that people are told of, in order of their ids, which tell when they were made."""
    query = select(EventRow).where(
        col(EventRow.id) >= since,
        EventRow.organizer_id == event.organizer_id,
        EventRow.type == WorkshopChanged.type,
    )
    rows = await session.exec(query.order_by(col(EventRow.id)))
    mine = str(event.workshop_id)
    return [row for row in rows if row.data["workshop_id"] == mine and matters(str(row.data["what"]))]


def _floor(instant: datetime) -> UUID:
    return UUID(int=int(instant.timestamp() * 1000) << 80)
