"""The door of the online room: one link for the whole workshop, a countdown before, one button inside the window."""

from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain import join_uses, rooms, rooms_links, workshops
from service.errors import JoinNotOpen, LinkNotReady, Refusal
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import RoomLink
from service.models.rooms_shapes import JoinLink
from service.models.workshops import AgendaItem, AttendanceBlock, HallLinks, Mode, Workshop, WorkshopStatus
from service.pages.participants import participant_page, person_of, registration_of
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers import visiting
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
RETRY_SECONDS = 20


class Door(StrEnum):
    """How the door stands for one person. `no_place`: without a confirmed seat; `hall`: the seat is in the hall and
    the workshop gives no way in; `entered`: the button was used and the room asks for a passcode.
    """

    BEFORE = "before"
    OPEN = "open"
    NOT_READY = "not_ready"
    ENTERED = "entered"
    OVER = "over"
    NO_ROOM = "no_room"
    HALL = "hall"
    NO_PLACE = "no_place"
    CANCELLED = "cancelled"


@router.get("/join/{token}", operation_id="page_join")
async def show_join(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The door: closed, open or over. Only the button, a POST, leads inside."""
    row = await registration_of(session, token)
    return await _page(session, row, token, await _door(session, row))


@router.post("/join/{token}", operation_id="page_enter_room")
async def enter_room(token: Token, request: Request, session: Session, _visitor: Visitor) -> Response:
    """Leads into the room that is current now; for a seat in the hall it also asks for the way in."""
    row = await registration_of(session, token)
    asks = _may_ask(row, await session.get_one(Workshop, row.workshop_id))
    try:
        link = await rooms.join(session, row)
    except LinkNotReady as refusal:
        return await _page(session, row, token, Door.NOT_READY, status=refusal.status)
    except Refusal as refusal:
        if isinstance(refusal, JoinNotOpen) and asks:
            return RedirectResponse(f"/join/{token}", status_code=303)
        return await _page(session, row, token, await _door(session, row), status=refusal.status)
    await join_uses.record(session, row, visiting.place_of(request))
    if _asks_for_passcode(link):
        return await _page(session, row, token, Door.ENTERED, link=link)
    return RedirectResponse(link.url, status_code=303)


async def _door(session: AsyncSession, row: Registration) -> Door:
    workshop = await session.get_one(Workshop, row.workshop_id)
    if workshop.status is WorkshopStatus.CANCELLED:
        return Door.CANCELLED
    if row.status is not RegistrationStatus.CONFIRMED:
        return Door.NO_PLACE
    opening = await rooms.next_opening(session, workshop)
    if opening is None:
        return Door.OVER
    online = await rooms.is_online(session, workshop)
    if not online or (row.mode is Mode.OFFLINE and workshop.hall_links is HallLinks.NEVER):
        return Door.HALL if online else Door.NO_ROOM
    if clock.now() < opening.opens_at:
        return Door.BEFORE
    return Door.OPEN if await _ready(session, row, workshop) else Door.NOT_READY


async def _ready(session: AsyncSession, row: Registration, workshop: Workshop) -> bool:
    """Whether the button leads somewhere. Who still has to ask for a link always gets the button."""
    room = await rooms_links.current(session, row.workshop_id)
    if room is None:
        return False
    if room.url or _may_ask(row, workshop):
        return True
    link = await session.get(RoomLink, (room.id, row.id))
    return link is not None and link.url is not None and link.revoked_at is None


def _may_ask(row: Registration, workshop: Workshop) -> bool:
    return workshop.hall_links is HallLinks.ON_REQUEST and not rooms_links.may_enter(workshop, row)


def _asks_for_passcode(link: JoinLink) -> bool:
    """An address that carries its passcode is not asked for it."""
    return link.passcode is not None and "pwd" not in parse_qs(urlsplit(link.url).query)


async def _page(
    session: AsyncSession,
    row: Registration,
    token: str,
    door: Door,
    *,
    status: int = 200,
    link: JoinLink | None = None,
) -> Response:
    workshop = await session.get_one(Workshop, row.workshop_id)
    opening = await rooms.next_opening(session, workshop) if door is not Door.CANCELLED else None
    person = await person_of(session, row)
    response = await participant_page(
        session,
        row,
        "join.html",
        token,
        status=status,
        state=door.value,
        display_name=rooms_links.display_name(row, person.organisation),
        block=opening.block if opening else None,
        agenda=await _agenda(session, opening.block) if opening and opening.block else [],
        opens_at=opening.opens_at if opening else None,
        now=clock.now(),
        asks=_may_ask(row, workshop),
        may_switch=Mode.ONLINE in workshops.offered_modes(workshop) and workshop.status is WorkshopStatus.PUBLISHED,
        requested=row.link_requested_at is not None,
        seat_in_hall=row.mode is Mode.OFFLINE,
        action=f"/join/{token}",
        link=link,
    )
    if door is Door.NOT_READY:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


async def _agenda(session: AsyncSession, block: AttendanceBlock) -> list[AgendaItem]:
    query = select(AgendaItem).where(AgendaItem.block_id == block.id)
    return list(await session.exec(query.order_by(col(AgendaItem.starts_at), col(AgendaItem.position))))
