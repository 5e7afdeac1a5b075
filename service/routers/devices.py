"""Door devices of a workshop."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from service.auth import Actor, Permission
from service.domain import devices
from service.models.devices_shapes import DeviceCreate, DeviceCreated, DeviceRead
from service.routers.access import Page, PageQuery, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["devices"])
Committee = Annotated[Actor, allow(Permission.DEVICES_WRITE)]


@router.get("/workshops/{workshop_id}/devices", operation_id="list_devices")
async def list_devices(workshop_id: UUID, paging: PageQuery, session: Session, actor: Committee) -> Page[DeviceRead]:
    """The devices in use, in the order in which they were added."""
    key = paging.after(1)
    after = keyset_id(key[0]) if key else None
    found = await devices.page(session, actor, workshop_id, after, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    items = [DeviceRead.model_validate(row) for row in page]
    return Page(items=items, next=cursor(page[-1].id) if more else None)


@router.post(
    "/workshops/{workshop_id}/devices",
    operation_id="add_device",
    status_code=201,
    openapi_extra={"x-idempotency": False},
)
async def add_device(workshop_id: UUID, data: DeviceCreate, session: Session, actor: Committee) -> DeviceCreated:
    """Adds a device for this workshop's door. Its token is shown this once."""
    row, token = await devices.add(session, actor, workshop_id, data)
    return DeviceCreated(**DeviceRead.model_validate(row).model_dump(), token=token)


@router.delete("/devices/{device_id}", operation_id="revoke_device", status_code=204)
async def revoke_device(device_id: UUID, session: Session, actor: Committee) -> None:
    """Revokes a device at once. What it scanned stays."""
    await devices.revoke(session, actor, device_id)
