"""The door as the committee prepares it: devices and their pairing, screens and their links, self check-in."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import qr
from service.domain import devices, screens, workshops
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.devices import Device
from service.models.devices_shapes import DeviceCreate
from service.models.screens import Audience
from service.models.screens_shapes import ScreenCreate
from service.models.workshops import Workshop
from service.pages import forms, once
from service.pages.choosing import choose
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import DOOR
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Committee = Annotated[Actor, allow(Permission.DEVICES_WRITE)]
SHOWN = 200
WRONG_CLOCK = 120
"""Seconds by which a device's clock may be wrong before somebody should set it."""
_SAFE_HOSTS = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class DeviceEntry:
    """A device; `skew`: minutes by which its clock was wrong at its last upload (positive: ahead), if too many.

    `personal`: somebody paired the browser for their own work; it ends with their access.
    """

    name: str
    gate: str | None
    synced_at: datetime | None
    skew: int | None
    revoke: str
    personal: bool = False


@dataclass(frozen=True)
class ScreenEntry:
    """A screen and where it opens; without `link` it opens nowhere, its secret key being gone."""

    name: str
    online: bool
    link: str | None
    revoke: str


@dataclass(frozen=True)
class Pairing:
    """What a new device scans, this once; `safe`: phones open camera and installation at this address; `twin`: another
    device has that name already.
    """

    name: str
    address: str
    code: str
    safe: bool
    twin: bool = False


@router.get(DOOR, operation_id="page_door")
async def show_door(
    session: Session,
    actor: Committee,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Devices and screens of a workshop; without a choice of the one that runs or is nearest."""
    _choices, chosen = await choose(session, actor, workshop)
    return await _page(session, actor, chosen, done=done)


@router.post(DOOR + "/{workshop_id}/devices", operation_id="page_add_device")
async def add_device(workshop_id: UUID, request: Request, session: Session, actor: Committee) -> Response:
    """Adds a device and shows its pairing code, in this answer alone."""
    typed = await forms.typed(request)
    workshop = await workshops.find(session, actor, workshop_id)
    try:
        values = {"name": typed.get("device-name", ""), "gate": typed.get("gate")}
        data = forms.read(DeviceCreate, values, {"name": _("Tuliskan nama perangkat.")})
    except InvalidInput as refused:
        return await _page(session, actor, workshop, typed=typed, errors=_errors(refused, {"name": "device-name"}))
    known = {row.name.casefold() for row in await devices.page(session, actor, workshop_id, None, SHOWN)}
    row, token = await devices.add(session, actor, workshop_id, data)
    await once.claim(session, actor, typed, f"{DOOR}?workshop={workshop_id}&done={once.SENT}")
    address = f"{settings_of(session).base_url.rstrip('/')}/checkin#{token}"
    code = f"data:image/svg+xml;base64,{b64encode(qr.svg(address)).decode()}"
    paired = Pairing(row.name, address, code, is_safe(address), row.name.casefold() in known)
    return await _page(session, actor, workshop, paired=paired)


@router.post(DOOR + "/devices/{device_id}/revoke", operation_id="page_revoke_device")
async def revoke_device(device_id: UUID, session: Session, actor: Committee) -> Response:
    """Revokes a device; what it has scanned stays."""
    await devices.revoke(session, actor, device_id)
    return _back((await session.get_one(Device, device_id)).workshop_id, "device-revoked")


@router.post(DOOR + "/{workshop_id}/screens", operation_id="page_add_screen")
async def add_screen(workshop_id: UUID, request: Request, session: Session, actor: Committee) -> Response:
    """Adds a screen; its link stands in the list from then on."""
    typed = await forms.typed(request)
    workshop = await workshops.find(session, actor, workshop_id)
    try:
        values = {"name": typed.get("screen-name", ""), "audience": typed.get("audience")}
        advice = {"name": _("Tuliskan nama layar."), "audience": _("Pilih tempat layar.")}
        data = forms.read(ScreenCreate, values, advice)
    except InvalidInput as refused:
        return await _page(session, actor, workshop, typed=typed, errors=_errors(refused, {"name": "screen-name"}))
    await screens.add(session, actor, workshop_id, data)
    return _back(workshop_id, "screen-added")


@router.post(DOOR + "/screens/{screen_id}/revoke", operation_id="page_revoke_screen")
async def revoke_screen(screen_id: UUID, session: Session, actor: Committee) -> Response:
    """Revokes a screen: link and codes are dead at once."""
    row = await screens.revoke(session, actor, screen_id)
    return _back(row.workshop_id, "screen-revoked")


@router.post(DOOR + "/{workshop_id}/self-checkin", operation_id="page_switch_self_checkin")
async def switch_self_checkin(workshop_id: UUID, request: Request, session: Session, actor: Committee) -> Response:
    """Lets people check themselves in, or no longer."""
    enabled = (await forms.typed(request)).get("enabled") == "yes"
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    await screens.switch(session, actor, workshop, enabled=enabled)
    return _back(workshop_id, "on" if enabled else "off")


def is_safe(address: str) -> bool:
    """Whether browsers open camera and installation there: https, or this machine itself."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in _SAFE_HOSTS


def _back(workshop_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{DOOR}?workshop={workshop_id}&done={done}", status_code=303)


def _errors(refused: InvalidInput, fields: dict[str, str]) -> list[FormError]:
    return [FormError(fields.get(one.field, one.field), one.message) for one in forms.errors_of(refused)]


async def _page(
    session: AsyncSession,
    actor: Actor,
    chosen: Workshop | None,
    *,
    paired: Pairing | None = None,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    done: str = "",
) -> Response:
    choices, _default = await choose(session, actor, chosen.id if chosen else None)
    return await staff_page(
        session,
        actor,
        "door.html",
        DOOR,
        workshop=chosen,
        status=422 if errors else 200,
        choices=choices,
        chosen=chosen,
        base=f"{DOOR}/{chosen.id}" if chosen else "",
        devices=await _devices(session, actor, chosen) if chosen else [],
        screens=await _screens(session, chosen) if chosen else [],
        audiences=[Option(Audience.HALL, _("Di aula")), Option(Audience.ONLINE, _("Di ruang daring"))],
        paired=paired,
        once=once.value(),
        typed=typed or {},
        errors=errors,
        done=done,
    )


async def _devices(session: AsyncSession, actor: Actor, workshop: Workshop) -> list[DeviceEntry]:
    demo = settings_of(session).now is not None  # its clock is wrong on purpose
    return [
        DeviceEntry(
            row.name,
            row.gate,
            row.synced_at,
            None if demo else _skew(row),
            f"{DOOR}/devices/{row.id}/revoke",
            row.staff_id is not None,
        )
        for row in await devices.page(session, actor, workshop.id, None, SHOWN)
    ]


def _skew(row: Device) -> int | None:
    if row.skew_seconds is None or abs(row.skew_seconds) <= WRONG_CLOCK:
        return None
    return round(row.skew_seconds / 60)


async def _screens(session: AsyncSession, workshop: Workshop) -> list[ScreenEntry]:
    return [
        ScreenEntry(
            row.name, row.audience is Audience.ONLINE, screens.link_of(session, row), f"{DOOR}/screens/{row.id}/revoke"
        )
        for row in await screens.of_workshop(session, workshop.id, limit=SHOWN)
    ]
