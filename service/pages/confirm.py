"""A second person behind a known address: that address agrees, by a button, before the registration counts."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import settings_of
from service.domain import registrations
from service.domain.registrations_shapes import links_of
from service.errors import NotFound
from service.models.organizers import Organizer
from service.models.registrations import HeldRegistration, Registration
from service.models.workshops import Workshop
from service.pages.house import house_page
from service.pages.participants import Person, gathering_of
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Session
from service.tokens import Purpose

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/confirm/{token}", operation_id="page_confirm")
async def show_confirm(token: Token, session: Session, _visitor: Visitor) -> Response:
    """What somebody registered with the contact of the person who reads this."""
    held = await _held(session, token)
    if held.registration_id is not None:
        return await _to_my(session, await session.get_one(Registration, held.registration_id))
    if held.expires_at < clock.now() or not held.data:
        raise NotFound
    typed = {name: str(held.data.get(name) or "") for name in ("name", "mode", "organisation_name")}
    workshop = await session.get_one(Workshop, held.workshop_id)
    return house_page(
        session,
        await session.get_one(Organizer, held.organizer_id),
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
    # The mail with this link may lie about for years: once the person's links were renewed it opens nothing.
    if row.link_version > 1:
        raise NotFound
    return RedirectResponse(links_of(session, row).my, status_code=303)
