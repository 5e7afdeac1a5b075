"""A participant's pages, opened by mailed links: the registration and what the person may change, a confirmation.

Opening a page records nothing: mail scanners open links too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.auth import Actor
from service.db import settings_of
from service.documents import qr
from service.domain import registrations, registrations_edit, rooms, workshops
from service.domain.registrations_shapes import links_of, ticket_of
from service.errors import BadRequest, NotFound, Refusal
from service.i18n import gettext as _
from service.models.attendance import Attendance, AttendanceState
from service.models.messages import Channel
from service.models.registrations import LIVE, HeldRegistration, Registration, RegistrationStatus
from service.models.registrations_shapes import ModeChange, MyRegistrationPatch
from service.models.workshops import AttendanceBlock, HallLinks, Mode, Workshop, WorkshopStatus
from service.pages import forms
from service.pages.forms import Option, Typed
from service.pages.participants import (
    Person,
    Token,
    Visitor,
    gathering_of,
    participant_of,
    participant_page,
    person_of,
    registration_of,
)
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, database_of
from service.tokens import Purpose

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True)
class Links:
    """Where the page leads; None where there is nothing to lead to."""

    join: str | None
    ticket: str | None
    calendar: str | None


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
async def show_my(
    token: Token, session: Session, _visitor: Visitor, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The registration, the ticket and the attendance so far."""
    return await _my_page(session, token, done=done)


@router.post("/my/{token}", operation_id="page_change_my")
async def change_my(token: Token, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says: switch to the hall or online, or choose how and in which language to be written to."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            done = await _act(session, await participant_of(session, token), typed)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            return await _my_page(session, token, forms.errors_of(refused), status=refused.status)
    return RedirectResponse(f"/my/{token}?done={done}", status_code=303)


@router.get("/my/{token}/ticket.svg", operation_id="page_ticket")
async def show_ticket(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The QR code on the page."""
    row = await registration_of(session, token)
    if row.status is not RegistrationStatus.CONFIRMED:
        raise NotFound
    return Response(qr.svg(ticket_of(session, row)), media_type="image/svg+xml")


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
    return await participant_page(
        session,
        held.organizer_id,
        "confirm.html",
        registration=Person(typed["name"], held.number, "held", typed["mode"], None, typed["organisation_name"]),
        workshop=gathering_of(workshop),
        action=f"/confirm/{token}",
    )


@router.post("/confirm/{token}", operation_id="page_confirmed")
async def confirm(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The known contact agrees: the held registration becomes one."""
    held = await _held(session, token)
    return await _to_my(session, await registrations.confirm_held(session, held.id))


async def _held(session: AsyncSession, token: str) -> HeldRegistration:
    held_id = tokens.subject(token)
    held = await session.get(HeldRegistration, held_id) if held_id else None
    if held is None or not settings_of(session).keyring.opens(token, Purpose.HELD, held.id, 1, held.key_id):
        raise NotFound
    return held


async def _to_my(session: AsyncSession, row: Registration) -> Response:
    return RedirectResponse(links_of(session, row).my, status_code=303)


async def _act(session: AsyncSession, actor: Actor, typed: Typed) -> str:
    assert actor.id is not None
    match typed.get("do"):
        case "mode":
            data = forms.read(ModeChange, {"mode": typed.get("mode")}, {"mode": _("Pilih cara hadir.")})
            await registrations.switch_mode(session, actor, actor.id, data.mode)
            return "switched"
        case "preferences":
            row = await registrations.find(session, actor, actor.id)
            asked = ("channel", "language") if len(_channels(row)) > 1 else ("language",)
            patch = forms.read(MyRegistrationPatch, {name: typed.get(name) for name in asked}, {})
            await registrations_edit.change(session, actor, row, patch)
            return "preferred"
    raise BadRequest


async def _my_page(
    session: AsyncSession, token: str, errors: Sequence[FormError] = (), *, status: int = 200, done: str = ""
) -> Response:
    row = await registration_of(session, token)
    workshop = await session.get_one(Workshop, row.workshop_id)
    return await participant_page(
        session,
        row.organizer_id,
        "my.html",
        status=status,
        registration=await person_of(session, row),
        workshop=gathering_of(workshop),
        links=await _links(session, row, workshop, token),
        attendance=await _attendance(session, row),
        hall_links=workshop.hall_links.value if row.mode is Mode.OFFLINE else None,
        other_mode=_other_mode(row, workshop),
        channels=_channels(row),
        languages=[Option("id", "Bahasa Indonesia"), Option("en", "English")],
        channel=row.channel or "",
        spoken=row.language or "",
        action=f"/my/{token}" if row.status in LIVE else None,
        done=done,
        errors=errors,
    )


def _other_mode(row: Registration, workshop: Workshop) -> str | None:
    """The way of attending that the person may still choose instead."""
    fixed = row.status not in LIVE or workshop.status is not WorkshopStatus.PUBLISHED or clock.now() >= workshop.ends_at
    if fixed:
        return None
    return next((mode.value for mode in workshops.offered_modes(workshop) if mode is not row.mode), None)


def _channels(row: Registration) -> list[Option]:
    """The ways in which the person can be reached."""
    options = []
    if row.email:
        options.append(Option(Channel.MAIL, _("Surel")))
    if row.phone:
        options.append(Option(Channel.WHATSAPP, "WhatsApp"))
    return options


async def _links(session: AsyncSession, row: Registration, workshop: Workshop, token: str) -> Links:
    if row.status is not RegistrationStatus.CONFIRMED:
        return Links(None, None, None)
    barred = row.mode is Mode.OFFLINE and workshop.hall_links is HallLinks.NEVER
    return Links(
        join=f"/join/{token}" if not barred and await rooms.is_online(session, workshop) else None,
        ticket=f"/my/{token}/ticket.svg",
        calendar=links_of(session, row).calendar,
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
