"""The online room of a workshop: opened at Zoom or pasted, replaced, closed, and what it costs of the day's budget."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.clients import rooms as port
from service.clients.rooms import Meeting
from service.domain import rooms, rooms_budget, rooms_links, rooms_plan, workshops
from service.domain.rooms_budget import Budget
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.rooms import Provider, Room, RoomStatus
from service.models.rooms_shapes import RoomCreate, RoomReplacement
from service.models.workshops import Modality, Workshop, WorkshopStatus
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import HOME, SETUP
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.setup_steps import ROOM, steps_of
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ROOMS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.ROOMS_WRITE)]
SHOWN = 20


@dataclass(frozen=True)
class Shown:
    """A room as the page shows it. `people`: who has a link of their own, where each has one."""

    id: UUID
    provider: str
    status: str
    url: str | None
    passcode: str | None
    error: str | None
    current: bool
    people: rooms_links.People | None
    created_at: datetime


@dataclass(frozen=True)
class Zoom:
    """What Zoom allows today, and what a room for this workshop takes of it."""

    configured: bool
    needed: int
    budget: Budget


@router.get(ROOM, operation_id="page_setup_room")
async def show_room(
    request: Request,
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to prepare")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The rooms of a workshop, and how to open one."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(HOME, status_code=303)
    return await _page(request, session, actor, chosen, done=done)


@router.post(ROOM + "/{workshop_id}/open", operation_id="page_open_room")
async def open_room(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Opens a room, at Zoom or with a pasted link. Raises NotFound."""
    typed = await forms.typed(request)

    async def act(session: AsyncSession) -> None:
        data = forms.read(RoomCreate, _room(typed) | {"provider": typed.get("provider", "static")}, _advice())
        configured = _gate(request, data.provider) is not None
        await rooms.open_room(session, actor, workshop_id, data, configured=configured)

    return await _done(request, actor, workshop_id, typed, act, "opened")


@router.post(ROOM + "/{workshop_id}/{room_id}/replace", operation_id="page_replace_room")
async def replace_room(workshop_id: UUID, room_id: UUID, request: Request, actor: Writer) -> Response:
    """Puts a new room in the place of one that leaked or broke. Raises NotFound."""
    typed = await forms.typed(request)

    async def act(session: AsyncSession) -> None:
        former = await _of(session, actor, workshop_id, room_id)
        data = forms.read(RoomReplacement, _room(typed, f"-{room_id}"), _advice())
        configured = _gate(request, former.provider) is not None
        await rooms.replace(session, actor, room_id, data, configured=configured)

    return await _done(request, actor, workshop_id, typed, act, "replaced", f"-{room_id}")


@router.post(ROOM + "/{workshop_id}/{room_id}/close", operation_id="page_close_room")
async def close_room(workshop_id: UUID, room_id: UUID, request: Request, actor: Writer) -> Response:
    """Closes a room, at its provider too. Raises NotFound."""

    async def act(session: AsyncSession) -> None:
        await _of(session, actor, workshop_id, room_id)
        await rooms.cancel(session, actor, room_id)

    return await _done(request, actor, workshop_id, {}, act, "closed")


@router.post(ROOM + "/{workshop_id}/{room_id}/check", operation_id="page_check_room")
async def check_room(workshop_id: UUID, room_id: UUID, request: Request, actor: Writer) -> Response:
    """Has the provider's list of people compared with ours, and put right. Raises NotFound."""

    async def act(session: AsyncSession) -> None:
        await _of(session, actor, workshop_id, room_id)
        await rooms.request_check(session, actor, room_id)

    return await _done(request, actor, workshop_id, {}, act, "checking")


async def _of(session: AsyncSession, actor: Actor, workshop_id: UUID, room_id: UUID) -> Room:
    room = await rooms.find(session, actor, room_id)
    if room.workshop_id != workshop_id:
        raise NotFound
    return room


async def _done(
    request: Request,
    actor: Actor,
    workshop_id: UUID,
    typed: Typed,
    act: Callable[[AsyncSession], Awaitable[None]],
    done: str,
    field: str = "",
) -> Response:
    """Does it and leads back; a refusal shows the page again with what was typed. Raises NotFound.

    `field`: the end of the fields' names in this form, of which the page has several.
    """
    database = database_of(request)
    try:
        async with database.write() as session:
            await act(session)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            chosen = await workshops.find(session, actor, workshop_id)
            errors = [replace(one, field=one.field + field) if one.field else one for one in forms.errors_of(refused)]
            return await _page(request, session, actor, chosen, typed=typed, errors=errors, status=refused.status)
    return RedirectResponse(f"{ROOM}?workshop={workshop_id}&done={done}", status_code=303)


def _room(typed: Typed, field: str = "") -> dict[str, object]:
    return {"url": typed.get(f"url{field}"), "passcode": typed.get(f"passcode{field}")}


def _advice() -> dict[str, str]:
    return {
        "url": _("Isi dengan alamat web lengkap, misalnya https://contoh.go.id."),
        "passcode": _("Paling banyak 64 karakter dalam satu baris."),
        "provider": _("Pilih Zoom atau tautan yang ditempel."),
    }


def _gate(request: Request, provider: Provider) -> port.RoomProvider | None:
    return port.provider(provider, database_of(request).settings)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    chosen: Workshop,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    expected = await rooms_links.expected(session, chosen)
    over = chosen.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED)
    return await staff_page(
        session,
        actor,
        "setup_room.html",
        SETUP,
        workshop=chosen,
        status=status,
        chosen=chosen,
        steps_list=await steps_of(session, actor, chosen),
        offline=chosen.modality is Modality.OFFLINE,
        over=over,
        rooms=await _shown(session, actor, chosen, expected),
        zoom=await _zoom(request, session, chosen),
        integrations=actor.may(Permission.ORGANIZER_WRITE),
        expected=expected,
        values=typed or {},
        errors=errors,
        done=done,
    )


async def _shown(session: AsyncSession, actor: Actor, chosen: Workshop, expected: int) -> list[Shown]:
    rows = await rooms.of_workshop(session, actor, chosen.id, before=None, limit=SHOWN)
    personal = [row for row in rows if row.provider is not Provider.STATIC]
    people = await rooms_links.people(session, chosen, personal, expected)
    current = next((row.id for row in rows if row.status is RoomStatus.ACTIVE), None)
    return [
        Shown(
            id=row.id,
            provider=row.provider.value,
            status=row.status.value,
            url=row.url,
            passcode=row.passcode,
            error=_spoken(row.error or (people[row.id].error if row.id in people else None)),
            current=row.id == current,
            people=people.get(row.id),
            created_at=row.created_at,
        )
        for row in rows
    ]


def _spoken(error: str | None) -> str | None:
    """What is kept with a room, in the language spoken now; "Zoom 3043: " stays as it is."""
    code, mark, words = (error or "").rpartition(": ")
    return code + mark + _(words) if words else None


async def _zoom(request: Request, session: AsyncSession, chosen: Workshop) -> Zoom:
    gate = _gate(request, Provider.ZOOM)
    limit = gate.capabilities.daily_writes if gate else None
    budget = await rooms_budget.read(session, Provider.ZOOM, limit)
    if gate is None:
        return Zoom(configured=False, needed=0, budget=budget)
    plan = await rooms_plan.plan_of(session, chosen, str(chosen.id))
    needed = gate.writes(Meeting(plan.key, plan.title, plan.timezone, plan.days))
    return Zoom(configured=True, needed=needed, budget=budget)
