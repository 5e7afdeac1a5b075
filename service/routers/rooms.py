"""Online rooms of a workshop."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from service.auth import Actor, Permission
from service.domain import rooms
from service.models.rooms import Room
from service.models.rooms_shapes import RoomCreate, RoomRead
from service.routers.access import Page, PageQuery, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["rooms"])


@router.get("/workshops/{workshop_id}/rooms", operation_id="list_rooms")
async def list_rooms(
    workshop_id: UUID, paging: PageQuery, session: Session, actor: Annotated[Actor, allow(Permission.ROOMS_READ)]
) -> Page[RoomRead]:
    """The workshop's rooms, the newest first. The first active one is where `/join` leads."""
    key = paging.after(1)
    before = keyset_id(key[0]) if key else None
    found = await rooms.of_workshop(session, actor, workshop_id, before=before, limit=paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=[_read(row) for row in page], next=cursor(page[-1].id) if more else None)


@router.post("/workshops/{workshop_id}/rooms", operation_id="open_room", status_code=201)
async def open_room(
    workshop_id: UUID, data: RoomCreate, session: Session, actor: Annotated[Actor, allow(Permission.ROOMS_WRITE)]
) -> RoomRead:
    """Opens a room. It is current at once and replaces the one before; nobody's `/join` link changes."""
    return _read(await rooms.open_room(session, actor, workshop_id, data))


@router.post("/rooms/{room_id}/cancellation", operation_id="cancel_room")
async def cancel_room(
    room_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.ROOMS_WRITE)]
) -> RoomRead:
    """Closes a room. `/join` leads to the newest one that is still active, if any."""
    return _read(await rooms.cancel(session, actor, room_id))


def _read(row: Room) -> RoomRead:
    return RoomRead.model_validate(row)
