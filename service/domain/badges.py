"""Badges: the name to be read from afar, and the ticket as a code for the door.

Whoever holds a ticket can check its person in, so badges are for who may see tickets (registrations:write).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import settings_of
from service.domain import workshops
from service.domain.attendance_people import MODES, MOST_AT_ONCE, ROLES, Person, people
from service.domain.file_names import safe_name
from service.domain.papers import head_of, spoken_days
from service.errors import NotFound
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.sheets_shapes import BadgesQuery
from service.tokens import Purpose


@dataclass(frozen=True, slots=True)
class Badge:
    """A person's badge; `ticket` is what the code says, the same as on the person's own page."""

    number: int
    name: str
    organisation: str
    position: str
    represents: str
    role: str
    mode: str
    ticket: str


@dataclass(frozen=True)
class Badges:
    """The badges of one workshop; `office` and `days` stand on each of them."""

    title: str
    event: str
    office: str
    days: str
    badges: Sequence[Badge]
    logo_key: str | None
    made_at: datetime
    name: str


async def of_workshop(session: AsyncSession, actor: Actor, workshop_id: UUID, wanted: BadgesQuery) -> Badges:
    """The badges of confirmed people: only their tickets count. Raises NotFound, also when nobody is left."""
    workshop = await workshops.find(session, actor, workshop_id)
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    conditions = [
        col(Registration.workshop_id) == workshop.id,
        col(Registration.status) == RegistrationStatus.CONFIRMED,
        col(Registration.anonymised_at).is_(None),
    ]
    if wanted.registration:
        conditions.append(col(Registration.id).in_(wanted.registration))
    if wanted.since:
        conditions.append(col(Registration.updated_at) > wanted.since)
    if wanted.mode:
        conditions.append(col(Registration.mode) == wanted.mode)
    found = await people(session, wanted.order, *conditions)
    if not found:
        raise NotFound
    return Badges(
        title=f"Kartu Peserta: {workshop.title}",
        event=workshop.title,
        office=str(head_of(organizer)["office"]),
        days=spoken_days(workshop),
        badges=[_badge(session, one) for one in found],
        logo_key=organizer.logo_key,
        made_at=clock.now(),
        name=safe_name(f"Kartu Peserta {workshop.slug}"),
    )


def part_of(badges: Badges, number: int) -> tuple[Badges, bool]:
    """One of the parts into which many badges are cut, and whether another one follows. Raises NotFound."""
    start = (number - 1) * MOST_AT_ONCE
    if start >= len(badges.badges):
        raise NotFound
    more = start + MOST_AT_ONCE < len(badges.badges)
    if number == 1 and not more:
        return badges, False
    name = f"{badges.name} bagian {number}"
    return replace(badges, badges=badges.badges[start : start + MOST_AT_ONCE], name=name), more


def _badge(session: AsyncSession, person: Person) -> Badge:
    keyring = settings_of(session).keyring
    return Badge(
        number=person.number,
        name=person.name,
        organisation=person.organisation,
        position=person.position,
        represents=person.represents,
        role=ROLES[person.role],
        mode=MODES[person.mode],
        ticket=keyring.issue(Purpose.TICKET, person.id, person.link_version, person.key_id),
    )
