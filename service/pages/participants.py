"""What the pages behind a participant's mailed links share. Opening a page records nothing: scanners open links too."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.auth import Actor
from service.errors import NotFound
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.forms import Typed
from service.pages.house import house_page, personal_contact

Deed = Callable[[AsyncSession, Actor, Typed], Awaitable[str]]
"""Does what a form asks for; answers what is `done`, or the address to go to when it begins with a slash."""


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
    represents: str | None = None


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
    return Person(row.name, row.number, row.status.value, row.mode.value, row.position, name, row.represents)


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
    session: AsyncSession, row: Registration, template: str, token: str, *, status: int = 200, **context: object
) -> Response:
    """A page about this registration in the name of its organizer, kept out of caches; `my` is where all lead back."""
    organizer = await session.get_one(Organizer, row.organizer_id)
    workshop = await session.get_one(Workshop, row.workshop_id)
    return house_page(
        session,
        organizer,
        template,
        status=status,
        private=True,
        registration=await person_of(session, row),
        workshop=gathering_of(workshop),
        workshop_page=f"/w/{organizer.slug}/{workshop.slug}",
        my=f"/my/{token}",
        contact=personal_contact(organizer),
        **context,
    )


async def submit(request: Request, token: str, act: Deed, form: forms.Form) -> Response:
    """Does what the form asks for, as the person behind the link, and leads on."""

    async def do(session: AsyncSession, typed: Typed) -> str:
        return await act(session, await participant_of(session, token), typed)

    return await forms.submit(request, token, f"/my/{token}", do, form)
