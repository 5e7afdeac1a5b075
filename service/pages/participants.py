"""What the pages behind a participant's mailed links share. Opening a page records nothing: scanners open links too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.auth import Actor, Permission
from service.errors import NotFound
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.pages.house import house_page
from service.routers.access import allow_first

Token = Annotated[str, Path(max_length=64)]
# The link alone says who it is: a member of staff who opens an own ticket in the browser of work is no special case.
Visitor = Annotated[Actor, allow_first(Permission.PUBLIC)]


@dataclass(frozen=True)
class Venue:
    """Where the workshop is."""

    name: str
    address: str | None


@dataclass(frozen=True)
class Gathering:
    """What these pages say of the workshop."""

    title: str
    timezone: str
    starts_at: datetime
    ends_at: datetime
    venue: Venue | None
    status: str
    cancellation_reason: str | None


@dataclass(frozen=True)
class Person:
    """What these pages say of the person."""

    name: str
    number: int
    status: str
    mode: str
    position: str | None
    organisation: str | None


async def participant_of(session: AsyncSession, token: str) -> Actor:
    """Whose link this is. Raises NotFound for a dead or unknown one."""
    actor = await auth.participant(session, token)
    if actor is None:
        raise NotFound
    return actor


async def registration_of(session: AsyncSession, token: str) -> Registration:
    """The registration whose link this is. Raises NotFound for a dead or unknown one."""
    return await session.get_one(Registration, (await participant_of(session, token)).id)


async def person_of(session: AsyncSession, row: Registration) -> Person:
    """The person, with the name of the organisation."""
    organisation = await session.get(Organisation, row.organisation_id) if row.organisation_id else None
    name = organisation.name if organisation else row.organisation_name
    return Person(row.name, row.number, row.status.value, row.mode.value, row.position, name)


def gathering_of(workshop: Workshop) -> Gathering:
    """The workshop, as these pages speak of it."""
    venue = Venue(workshop.venue_name, workshop.venue_address) if workshop.venue_name else None
    return Gathering(
        workshop.title,
        workshop.timezone,
        workshop.starts_at,
        workshop.ends_at,
        venue,
        workshop.status.value,
        workshop.cancellation_reason,
    )


async def participant_page(
    session: AsyncSession, organizer_id: UUID, template: str, *, status: int = 200, **context: object
) -> Response:
    """A page in the name of the organizer, kept out of caches."""
    organizer = await session.get_one(Organizer, organizer_id)
    return house_page(session, organizer, template, status=status, private=True, **context)
