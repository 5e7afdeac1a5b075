"""What a door device asks of the service: who am I, and how does the door stand."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.domain import door
from service.models.devices_shapes import DeviceRead
from service.models.door_shapes import DoorRead
from service.routers.access import Session, allow, etag_matches, not_modified
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["devices"])
Door = Annotated[Actor, allow(Permission.CHECKINS_WRITE)]


@router.get("/device", operation_id="get_own_device")
async def get_own_device(session: Session, actor: Annotated[Actor, allow(Permission.DEVICE_OWN)]) -> DeviceRead:
    """The device whose token this is, and the workshop it checks in for."""
    return DeviceRead.model_validate(await door.device(session, actor))


@router.get("/workshops/{workshop_id}/door", operation_id="get_door", response_model=DoorRead)
async def get_door(workshop_id: UUID, request: Request, session: Session, actor: Door) -> Response:
    """The half-days with their counters, who is in the hall, and the organisations a walk-in may name.

    Weak ETag over everything but `server_time`. Every answer, 304 too, says our clock in the header `X-Server-Time`
    (RFC 3339 in UTC, milliseconds), against which a device measures its own: `Date` counts only whole seconds.
    """
    now = await door.read(session, actor, workshop_id)
    etag = f'W/"{sha256(now.model_dump_json(exclude={"server_time"}).encode()).hexdigest()[:32]}"'
    headers = {"X-Server-Time": _told(now.server_time)}
    if etag_matches(request, etag):
        return not_modified(etag, **headers)
    return Response(now.model_dump_json(), headers={"ETag": etag, **headers}, media_type="application/json")


def _told(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
