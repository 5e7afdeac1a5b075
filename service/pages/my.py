"""A participant's pages, opened by mailed links: the registration, the way into the online room, a confirmation.

Opening a page records nothing: mail scanners open links too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock, tokens
from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import qr
from service.domain import registrations, rooms
from service.domain.registrations_shapes import links_of, ticket_of
from service.errors import JoinNotOpen, JoinOver, LinkNotReady, NotFound
from service.models.attendance import Attendance, AttendanceState
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import HeldRegistration, Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Workshop
from service.pages.house import house_page
from service.pages.route import PageRoute
from service.routers.access import Session, allow_first
from service.tokens import Purpose

router = APIRouter(route_class=PageRoute, include_in_schema=False)
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


@dataclass(frozen=True)
class Person:
    """What these pages say of the person."""

    name: str
    number: int
    status: str
    mode: str
    position: str | None
    organisation: str | None


@dataclass(frozen=True)
class Links:
    """Where the page leads; None where there is nothing to lead to."""

    join: str | None
    ticket: str | None
    calendar: str | None
    subscribe: str | None


@dataclass(frozen=True)
class Block:
    """A half-day and the person's attendance in it."""

    label: str
    starts_at: datetime
    ends_at: datetime
    state: str
    mode: str | None
    first_in: datetime | None
    minutes: int


@router.get("/my/{token}", operation_id="page_my")
async def show_my(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The registration, the ticket and the attendance so far."""
    row = await _registration(session, token)
    workshop = await session.get_one(Workshop, row.workshop_id)
    return await _page(
        session,
        row.organizer_id,
        "my.html",
        registration=await _person(session, row),
        workshop=_gathering(workshop),
        links=await _links(session, row, workshop, token),
        attendance=await _attendance(session, row),
    )


@router.get("/my/{token}/ticket.svg", operation_id="page_ticket")
async def show_ticket(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The QR code on the page."""
    row = await _registration(session, token)
    if row.status is not RegistrationStatus.CONFIRMED:
        raise NotFound
    return Response(qr.svg(ticket_of(session, row)), media_type="image/svg+xml")


@router.get("/join/{token}", operation_id="page_join")
async def show_join(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The door of the online room: closed, open or over. Only the button, a POST, leads inside."""
    return await _join_page(session, await _registration(session, token), token)


@router.post("/join/{token}", operation_id="page_enter_room")
async def enter_room(token: Token, session: Session, _visitor: Visitor) -> Response:
    """Leads into the room that is current now."""
    row = await _registration(session, token)
    try:
        link = await rooms.join(session, row)
    except (JoinNotOpen, LinkNotReady) as refusal:
        return await _join_page(session, row, token, status=refusal.status)
    return RedirectResponse(link.url, status_code=303)


@router.get("/confirm/{token}", operation_id="page_confirm")
async def show_confirm(token: Token, session: Session, _visitor: Visitor) -> Response:
    """What somebody registered with the contact of the person who reads this."""
    held = await _held(session, token)
    if held.registration_id is not None:
        return await _to_my(session, await session.get_one(Registration, held.registration_id))
    if held.expires_at < clock.now():
        raise NotFound
    typed = {name: str(held.data.get(name) or "") for name in ("name", "mode", "organisation_name")}
    workshop = await session.get_one(Workshop, held.workshop_id)
    return await _page(
        session,
        held.organizer_id,
        "confirm.html",
        registration=Person(typed["name"], held.number, "held", typed["mode"], None, typed["organisation_name"]),
        workshop=_gathering(workshop),
        action=f"/confirm/{token}",
    )


@router.post("/confirm/{token}", operation_id="page_confirmed")
async def confirm(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The known contact agrees: the held registration becomes one."""
    held = await _held(session, token)
    return await _to_my(session, await registrations.confirm_held(session, held.id))


async def _registration(session: AsyncSession, token: str) -> Registration:
    """The registration whose link this is. Raises NotFound for a dead or unknown one."""
    actor = await auth.participant(session, token)
    if actor is None:
        raise NotFound
    return await session.get_one(Registration, actor.id)


async def _held(session: AsyncSession, token: str) -> HeldRegistration:
    held_id = tokens.subject(token)
    held = await session.get(HeldRegistration, held_id) if held_id else None
    if held is None or not settings_of(session).keyring.opens(token, Purpose.HELD, held.id, 1, held.key_id):
        raise NotFound
    return held


async def _to_my(session: AsyncSession, row: Registration) -> Response:
    return RedirectResponse(links_of(session, row).my, status_code=303)


async def _join_page(session: AsyncSession, row: Registration, token: str, status: int = 200) -> Response:
    workshop = await session.get_one(Workshop, row.workshop_id)
    state, passcode = "open", None
    try:
        passcode = (await rooms.join(session, row)).passcode
    except JoinOver:
        state = "over"
    except JoinNotOpen:
        state = "before"
    except LinkNotReady:
        state = "not_ready" if await rooms.is_online(session, workshop) else "over"
    opening = await rooms.next_opening(session, workshop)
    person = await _person(session, row)
    return await _page(
        session,
        row.organizer_id,
        "join.html",
        status=status,
        state=state,
        workshop=_gathering(workshop),
        display_name=" ".join(str(part) for part in (row.number, person.organisation, row.name) if part),
        block=opening.block if opening else None,
        opens_at=opening.opens_at if opening else None,
        now=clock.now(),
        action=f"/join/{token}",
        passcode=passcode,
        my=f"/my/{token}",
    )


async def _page(
    session: AsyncSession, organizer_id: UUID, template: str, *, status: int = 200, **context: object
) -> Response:
    organizer = await session.get_one(Organizer, organizer_id)
    return house_page(session, organizer, template, status=status, private=True, **context)


async def _person(session: AsyncSession, row: Registration) -> Person:
    organisation = await session.get(Organisation, row.organisation_id) if row.organisation_id else None
    name = organisation.name if organisation else row.organisation_name
    return Person(row.name, row.number, row.status.value, row.mode.value, row.position, name)


def _gathering(workshop: Workshop) -> Gathering:
    venue = Venue(workshop.venue_name, workshop.venue_address) if workshop.venue_name else None
    return Gathering(workshop.title, workshop.timezone, workshop.starts_at, workshop.ends_at, venue)


async def _links(session: AsyncSession, row: Registration, workshop: Workshop, token: str) -> Links:
    if row.status is not RegistrationStatus.CONFIRMED:
        return Links(None, None, None, None)
    calendar = links_of(session, row).calendar
    return Links(
        join=f"/join/{token}" if await rooms.is_online(session, workshop) else None,
        ticket=f"/my/{token}/ticket.svg",
        calendar=f"/calendar/my/{token}.ics",
        subscribe="webcal://" + calendar.partition("://")[2],
    )


async def _attendance(session: AsyncSession, row: Registration) -> list[Block]:
    mine = (col(Attendance.block_id) == col(AttendanceBlock.id)) & (col(Attendance.registration_id) == row.id)
    query = (
        select(AttendanceBlock, Attendance)
        .outerjoin(Attendance, mine)
        .where(AttendanceBlock.workshop_id == row.workshop_id)
        .order_by(col(AttendanceBlock.position))
    )
    return [_block(block, fact) for block, fact in await session.exec(query)]


def _block(block: AttendanceBlock, fact: Attendance | None) -> Block:
    there = fact if fact is not None and fact.present else None
    ended = clock.now() >= block.ends_at
    state = AttendanceState.PRESENT if there else AttendanceState.ABSENT if ended else AttendanceState.PENDING
    return Block(
        label=block.label,
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        state=state,
        mode=there.mode if there else None,
        first_in=there.first_in if there else None,
        minutes=there.minutes if there else 0,
    )
