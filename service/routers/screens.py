"""Screens with a rotating code, and people who check themselves in by it."""

from base64 import b64encode
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import qr
from service.domain import screens, self_checkins, workshops
from service.domain.screens import Seen
from service.models.attendance_shapes import CheckinRead
from service.models.screens import Screen
from service.models.screens_shapes import (
    OnlineCheckinRead,
    ScreenCodeRead,
    ScreenCreate,
    ScreenRead,
    SelfCheckinCreate,
    SelfCheckinSettings,
    SelfCheckinSettingsRead,
)
from service.models.workshops import Workshop
from service.routers.access import (
    Page,
    PageQuery,
    Session,
    allow,
    allow_first,
    check_version,
    cursor,
    database_of,
    keyset_id,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["screens"])
Committee = Annotated[Actor, allow(Permission.DEVICES_WRITE)]
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_READ)]
NO_REPLAY: dict[str, object] = {"x-idempotency": False}


@router.get("/workshops/{workshop_id}/screens", operation_id="list_screens")
async def list_screens(workshop_id: UUID, paging: PageQuery, session: Session, actor: Committee) -> Page[ScreenRead]:
    """The screens in use, in the order in which they were added, with their secret links."""
    await workshops.find(session, actor, workshop_id)
    key = paging.after(1)
    after = keyset_id(key[0]) if key else None
    page, more = page_of(await screens.of_workshop(session, workshop_id, after, paging.limit + 1), paging.limit)
    return Page(items=[_read(session, row) for row in page], next=cursor(page[-1].id) if more else None)


@router.post("/workshops/{workshop_id}/screens", operation_id="add_screen", status_code=201, openapi_extra=NO_REPLAY)
async def add_screen(workshop_id: UUID, data: ScreenCreate, session: Session, actor: Committee) -> ScreenRead:
    """Adds a screen; its link shows the codes to whoever opens it."""
    return _read(session, await screens.add(session, actor, workshop_id, data))


@router.delete("/screens/{screen_id}", operation_id="revoke_screen", status_code=204)
async def revoke_screen(screen_id: UUID, session: Session, actor: Committee) -> None:
    """Revokes a screen: its link is dead, and its codes no longer count."""
    await screens.revoke(session, actor, screen_id)


@router.get(
    "/workshops/{workshop_id}/self-checkin", operation_id="get_self_checkin", response_model=SelfCheckinSettingsRead
)
async def get_self_checkin(workshop_id: UUID, request: Request, session: Session, actor: Reader) -> Response:
    """Whether people may check themselves in by the code of a screen."""
    return _respond(request, await workshops.find(session, actor, workshop_id))


@router.put(
    "/workshops/{workshop_id}/self-checkin", operation_id="switch_self_checkin", response_model=SelfCheckinSettingsRead
)
async def switch_self_checkin(
    workshop_id: UUID, data: SelfCheckinSettings, request: Request, session: Session, actor: Committee
) -> Response:
    """Switches self check-in on or off; If-Match is the workshop's."""
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    check_version(request, workshop.version)
    return _respond(request, await screens.switch(session, actor, workshop, enabled=data.enabled))


@router.get("/screens/{token}/code", operation_id="get_screen_code")
async def get_screen_code(
    token: Annotated[str, Path(max_length=64, description="The end of the screen's secret link")],
    response: Response,
    session: Session,
    _actor: Annotated[Actor, allow(Permission.PUBLIC)],
) -> ScreenCodeRead:
    """What the screen shows now. A new code comes every 30 seconds; each counts for a minute after it was on show."""
    response.headers["Cache-Control"] = "no-store"
    return shown(session, await screens.look(session, await screens.open_link(session, token)))


@router.post("/my/checkins", operation_id="check_myself_in", openapi_extra=NO_REPLAY, tags=["checkins"])
async def check_myself_in(
    data: SelfCheckinCreate, request: Request, actor: Annotated[Actor, allow_first(Permission.REGISTRATION_OWN)]
) -> CheckinRead | OnlineCheckinRead:
    """Checks the participant in with the code that a screen shows.

    A code of the hall answers as the door does. One that is shown online makes nobody present in the hall: it begins
    or lengthens the online presence of this half-day. Refused: `self_checkin_off`, `wrong_code` (also one that is more
    than a minute old), `no_block_now`, `too_many_codes` after ten wrong short codes in ten minutes.
    """
    return await self_checkins.check_in(database_of(request), actor, data)


def shown(session: AsyncSession, seen: Seen) -> ScreenCodeRead:
    """What a screen has to show, with the QR code."""
    code = seen.code
    address = f"{settings_of(session).base_url.rstrip('/')}{screens.PATH}{code.long}" if code else None
    return ScreenCodeRead(
        enabled=screens.takes_codes(seen.workshop),
        audience=seen.screen.audience,
        code=code.long if code else None,
        address=address,
        short=code.short if code else None,
        qr=f"data:image/svg+xml;base64,{b64encode(qr.svg(address)).decode()}" if address else None,
        shown_until=code.until if code else None,
        next_in=round(seen.next_in, 3),
        block=seen.block.code if seen.block else None,
        label=seen.block.label if seen.block else None,
        opens_at=seen.opens_at,
        came=seen.came,
    )


def _read(session: AsyncSession, row: Screen) -> ScreenRead:
    return ScreenRead(
        id=row.id,
        workshop_id=row.workshop_id,
        audience=row.audience,
        name=row.name,
        link=screens.link_of(session, row),
        created_at=row.created_at,
    )


def _respond(request: Request, workshop: Workshop) -> Response:
    read = SelfCheckinSettingsRead(enabled=workshop.self_checkin, version=workshop.version)
    return respond(request, read, workshop.version)
