"""Online rooms of a workshop."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.clients import rooms as port
from service.clients.rooms import Meeting
from service.domain import rooms, rooms_budget, rooms_links, rooms_notices, rooms_plan, workshops
from service.i18n import gettext as _
from service.models.rooms import Provider, Room
from service.models.rooms_shapes import RoomBudget, RoomCreate, RoomPeople, RoomRead, RoomReplacement
from service.models.workshops import Workshop
from service.routers.access import Page, PageQuery, Session, allow, cursor, database_of, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["rooms"])

Reader = Annotated[Actor, allow(Permission.ROOMS_READ)]
Writer = Annotated[Actor, allow(Permission.ROOMS_WRITE)]


@router.get("/workshops/{workshop_id}/rooms", operation_id="list_rooms")
async def list_rooms(workshop_id: UUID, paging: PageQuery, session: Session, actor: Reader) -> Page[RoomRead]:
    """The workshop's rooms, the newest first. The first active one is where `/join` leads."""
    key = paging.after(1)
    before = keyset_id(key[0]) if key else None
    found = await rooms.of_workshop(session, actor, workshop_id, before=before, limit=paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=await _read_many(session, page), next=cursor(page[-1].id) if more else None)


@router.post("/workshops/{workshop_id}/rooms", operation_id="open_room", status_code=201)
async def open_room(workshop_id: UUID, data: RoomCreate, request: Request, session: Session, actor: Writer) -> RoomRead:
    """Opens a room; nobody's `/join` link changes.

    A pasted link is current at once. Zoom is asked for a meeting (`pending`), which is current when it has answered
    (`active`), or says why not (`failed`, with `error`).
    """
    configured = _gate(request, data.provider) is not None
    return await _read(session, await rooms.open_room(session, actor, workshop_id, data, configured=configured))


@router.get("/workshops/{workshop_id}/rooms/budget", operation_id="read_room_budget")
async def read_room_budget(
    workshop_id: UUID,
    request: Request,
    session: Session,
    actor: Reader,
    provider: Annotated[Provider, Query(description="The provider")] = Provider.ZOOM,
) -> RoomBudget:
    """What opening a room for this workshop takes of what the provider allows today."""
    workshop = await workshops.find(session, actor, workshop_id)
    gate = _gate(request, provider)
    plan = await rooms_plan.plan_of(session, workshop, str(workshop.id))
    budget = await rooms_budget.read(session, provider, gate.capabilities.daily_writes if gate else None)
    personal = gate is not None and gate.capabilities.personal_links
    return RoomBudget(
        provider=provider,
        configured=gate is not None,
        day=budget.day,
        resets_at=budget.resets_at,
        limit=budget.limit,
        spent=budget.spent,
        remaining=budget.remaining,
        needed=gate.writes(Meeting(plan.key, plan.title, plan.timezone, plan.days)) if gate else 0,
        people=await rooms_links.expected(session, workshop) if personal else 0,
    )


@router.post("/rooms/{room_id}/cancellation", operation_id="cancel_room")
async def cancel_room(room_id: UUID, session: Session, actor: Writer) -> RoomRead:
    """Closes a room, at its provider too. `/join` leads to the newest one that is still active, if any."""
    return await _read(session, await rooms.cancel(session, actor, room_id))


@router.post("/rooms/{room_id}/replacement", operation_id="replace_room", status_code=201)
async def replace_room(
    room_id: UUID, request: Request, session: Session, actor: Writer, data: RoomReplacement | None = None
) -> RoomRead:
    """Puts a new room of the same provider in the place of one that leaked or broke; nobody's `/join` link changes.

    The former one is closed at once. Whoever attends online is written to when the new one is active. Only a pasted
    link needs a body.
    """
    former = await rooms.find(session, actor, room_id)
    configured = _gate(request, former.provider) is not None
    wanted = data or RoomReplacement(url=None, passcode=None)
    return await _read(session, await rooms.replace(session, actor, room_id, wanted, configured=configured))


@router.post("/rooms/{room_id}/reconciliation", operation_id="reconcile_room", status_code=202)
async def reconcile_room(room_id: UUID, session: Session, actor: Writer) -> RoomRead:
    """Has the provider's list of people compared with ours and put right; `checked_at` and `repaired` tell the outcome.

    People it has lost or had refused are let in again; whoever has no place here is turned out.
    """
    return await _read(session, await rooms.request_check(session, actor, room_id))


def _gate(request: Request, provider: Provider) -> port.RoomProvider | None:
    return port.provider(provider, database_of(request).settings)


async def _read(session: AsyncSession, row: Room) -> RoomRead:
    return (await _read_many(session, [row]))[0]


async def _read_many(session: AsyncSession, rows: Sequence[Room]) -> list[RoomRead]:
    personal = [row for row in rows if row.provider is not Provider.STATIC]
    workshop = await session.get_one(Workshop, personal[0].workshop_id) if personal else None
    people = await rooms_links.people(session, workshop, personal) if workshop else {}
    online = await rooms_notices.online(session, [row.id for row in personal]) if personal else {}
    return [_shape(row, people.get(row.id), online.get(row.id, 0)) for row in rows]


def _spoken(error: str | None) -> str | None:
    """What is kept with a room, in the caller's language; "Zoom 3043: " stays as it is."""
    code, mark, words = (error or "").rpartition(": ")
    return code + mark + _(words) if words else None


def _people(people: rooms_links.People, online: int) -> RoomPeople:
    return RoomPeople(admitted=people.admitted, waiting=people.waiting, failed=people.failed, online=online)


def _shape(row: Room, people: rooms_links.People | None, online: int) -> RoomRead:
    return RoomRead(
        id=row.id,
        workshop_id=row.workshop_id,
        provider=row.provider,
        status=row.status,
        url=row.url,
        passcode=row.passcode,
        error=_spoken(row.error or (people.error if people else None)),
        replaces=row.replaces_id,
        people=_people(people, online) if people else None,
        checked_at=row.checked_at,
        repaired=row.repaired,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
