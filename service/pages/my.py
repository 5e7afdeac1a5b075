"""A participant's own page, opened by the mailed link: where one stands, the ticket, the other way of attending.

Opening a page records nothing: mail scanners open links too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.documents import qr
from service.domain import afterwards, certificates_reads, registrations, registrations_edit, rooms, screens
from service.domain.registrations_shapes import links_of, ticket_of
from service.errors import NotFound
from service.i18n import gettext as _
from service.models.attendance import Attendance, AttendanceState
from service.models.invitations import Invitation
from service.models.messages import Channel
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.registrations_shapes import ModeChange, MyRegistrationPatch
from service.models.screens import Audience
from service.models.workshops import AttendanceBlock, Capacity, HallLinks, Mode, Workshop, WorkshopStatus
from service.pages import forms, my_checkin, my_details
from service.pages.afterwards import left
from service.pages.forms import BadForm, Option, Typed
from service.pages.participants import participant_page, registration_of, submit
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.standing import Coming, is_over, other_mode, standing
from service.pages.visitors import Token, Visitor
from service.routers.access import Session

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
    return await show_page(session, token, {}, done=done)


@router.post("/my/{token}", operation_id="page_change_my")
async def change_my(token: Token, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says: switch to the hall or online, or choose how and in which language to be written to."""
    return await submit(request, token, _act, show_page)


@router.get("/my/{token}/ticket", operation_id="page_ticket_large")
async def show_large_ticket(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The QR code alone: as large as the screen, black on white also where the rest is dark."""
    row = await _ticketed(session, token)
    return await participant_page(session, row, "my_ticket.html", token, ticket=f"/my/{token}/ticket.svg")


@router.get("/my/{token}/ticket.svg", operation_id="page_ticket")
async def show_ticket(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The QR code on the page."""
    row = await _ticketed(session, token)
    return Response(qr.svg(ticket_of(session, row)), media_type="image/svg+xml")


async def _ticketed(session: AsyncSession, token: str) -> Registration:
    row = await registration_of(session, token)
    workshop = await session.get_one(Workshop, row.workshop_id)
    if row.status is not RegistrationStatus.CONFIRMED or workshop.status is WorkshopStatus.CANCELLED:
        raise NotFound
    return row


async def _act(session: AsyncSession, actor: Actor, typed: Typed) -> str:
    assert actor.id is not None
    match typed.get("do"):
        case "mode":
            data = forms.read(ModeChange, {"mode": typed.get("mode")}, forms.advice())
            await registrations.switch_mode(session, actor, actor.id, data.mode)
            return "switched"
        case "preferences":
            row = await registrations.find(session, actor, actor.id)
            asked = ("channel", "language") if len(_channels(row)) > 1 else ("language",)
            patch = forms.read(MyRegistrationPatch, {name: typed.get(name) for name in asked}, {})
            await registrations_edit.change(session, actor, row, patch)
            return "preferred"
    raise BadForm


async def show_page(
    session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError] = (), status: int = 200, done: str = ""
) -> Response:
    row = await registration_of(session, token)
    workshop = await session.get_one(Workshop, row.workshop_id)
    coming = await _coming(session, workshop)
    switch = other_mode(row, workshop, *await _seats(session, row))
    live = row.status in LIVE
    leaving = live and not is_over(workshop)
    response = await participant_page(
        session,
        row,
        "my.html",
        token,
        status=status,
        standing=standing(row, workshop, coming, switch),
        links=await _links(session, row, workshop, coming, token),
        checkin=await _checkin(session, row, workshop, token),
        certificate=await certificates_reads.valid_of(session, row.id),
        left=await left(session, workshop.id, await afterwards.of_person(session, row), f"/my/{token}"),
        opens_at=coming.opens_at,
        now=clock.now(),
        attendance=[] if workshop.status is WorkshopStatus.CANCELLED else await _attendance(session, row),
        hall_links=workshop.hall_links.value if row.mode is Mode.OFFLINE else None,
        switch=switch,
        missing=my_details.missing(row, workshop) if leaving else [],
        details=await my_details.details(session, row),
        answers=my_details.spoken(row, workshop),
        channels=_channels(row),
        languages=[Option("id", "Bahasa Indonesia"), Option("en", "English")],
        channel=row.channel or "",
        spoken=row.language or "",
        action=f"/my/{token}" if live else None,
        may_leave=leaving,
        done=done,
        typed=typed,
        errors=errors,
    )
    if screens.takes_codes(workshop):
        my_checkin.introduce(session, response, token)
    return response


async def _seats(session: AsyncSession, row: Registration) -> tuple[Capacity, Invitation | None]:
    invitation = await session.get(Invitation, row.invitation_id) if row.invitation_id else None
    return await session.get_one(Capacity, row.workshop_id), invitation


async def _coming(session: AsyncSession, workshop: Workshop) -> Coming:
    opening = await rooms.next_opening(session, workshop)
    if opening is None:
        return Coming(None, None)
    return Coming(opening.block, opening.opens_at if await rooms.is_online(session, workshop) else None)


def _channels(row: Registration) -> list[Option]:
    """The ways in which the person can be reached."""
    options = []
    if row.email:
        options.append(Option(Channel.MAIL, _("Surel")))
    if row.phone:
        options.append(Option(Channel.WHATSAPP, "WhatsApp"))
    return options


async def _links(session: AsyncSession, row: Registration, workshop: Workshop, coming: Coming, token: str) -> Links:
    if row.status is not RegistrationStatus.CONFIRMED or workshop.status is WorkshopStatus.CANCELLED:
        return Links(None, None, None)
    barred = row.mode is Mode.OFFLINE and workshop.hall_links is HallLinks.NEVER
    online = coming.opens_at is not None or await rooms.is_online(session, workshop)
    return Links(
        join=f"/join/{token}" if online and not barred else None,
        ticket=f"/my/{token}/ticket.svg",
        calendar=links_of(session, row).calendar,
    )


async def _checkin(session: AsyncSession, row: Registration, workshop: Workshop, token: str) -> str | None:
    """Where the person checks in by a screen's code, while that is possible."""
    if not screens.takes_codes(workshop) or row.status is not RegistrationStatus.CONFIRMED:
        return None
    blocks = await screens.blocks_of(session, workshop.id)
    is_open = screens.open_block(workshop, blocks, Audience.ONLINE, clock.now()) is not None
    return f"/my/{token}/checkin" if is_open else None


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
