"""All organizers of the installation at a glance, and a new one with its first owner. For super-owners alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import organizers, roll_up, sessions, staff_invitations
from service.errors import CodeTaken, InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.accounts_shapes import StaffInvitationCreate
from service.models.organizers import Role
from service.models.organizers_shapes import OrganizerCreate
from service.pages import forms, settings_forms
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import HOME, ROLL_UP
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SuperOwner = Annotated[Actor, allow(Permission.ORGANIZERS_CREATE)]
Maker = Annotated[Actor, allow_first(Permission.ORGANIZERS_CREATE)]
SHOWN = 50


@router.get(ROLL_UP, operation_id="page_roll_up")
async def show(
    session: Session,
    actor: SuperOwner,
    after: Annotated[str, Query(max_length=80)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Every organizer: its current workshop, readiness, attendance and what is overdue."""
    return await _page(session, actor, after=after, done=done)


@router.post(ROLL_UP, operation_id="page_create_organizer")
async def create(request: Request, actor: Maker) -> Response:
    """Makes an organizer and invites its first owner by mail."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            values = {name: typed.get(name, "") for name in ("slug", "name", "timezone")}
            data = forms.read(OrganizerCreate, values, _advice())
            invited = _owner(typed)
            house = await organizers.create_organizer(session, actor, data)
            await staff_invitations.invite(session, replace(actor, organizer_id=house.id), invited)
    except Refusal as refused:
        async with database.read() as session:
            return await _page(session, actor, typed=typed, errors=_errors(refused), status=refused.status)
    return RedirectResponse(f"{ROLL_UP}?done=created", status_code=303)


@router.post(ROLL_UP + "/{slug}", operation_id="page_enter_organizer")
async def enter(slug: str, session: Session, actor: SuperOwner) -> Response:
    """Works for that organizer from now on."""
    await sessions.choose_organizer(session, actor, slug)
    return RedirectResponse(HOME, status_code=303)


def _advice() -> dict[str, str]:
    return {
        "slug": _("Tuliskan satu kata huruf kecil, misalnya nama kabupatennya."),
        "name": _("Tuliskan nama lengkap."),
        "timezone": _("Pilih zona waktu."),
        "email": _("Isi dengan alamat surel, misalnya nama@contoh.go.id."),
    }


def _owner(typed: Typed) -> StaffInvitationCreate:
    """Raises InvalidInput at the fields about the owner."""
    values = {"email": typed.get("owner-email", ""), "name": typed.get("owner-name", ""), "role": Role.OWNER}
    try:
        return forms.read(StaffInvitationCreate, values, _advice())
    except InvalidInput as refused:
        raise InvalidInput(
            [{"pointer": f"/owner-{one.field}", "message": one.message} for one in forms.errors_of(refused)]
        ) from refused


def _errors(refused: Refusal) -> list[FormError]:
    if isinstance(refused, CodeTaken):
        return [FormError("slug", _("Kata ini sudah dipakai penyelenggara lain. Pilih yang lain."))]
    return [replace(one, field="owner-email") if one.field == "email" else one for one in forms.errors_of(refused)]


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    after: str = "",
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    rows, more = page_of(await roll_up.page(session, actor, after or None, SHOWN + 1), SHOWN)
    return await staff_page(
        session,
        actor,
        "roll_up.html",
        ROLL_UP,
        status=status,
        houses=rows,
        more=f"{ROLL_UP}?after={rows[-1].slug}" if more else "",
        zones=settings_forms.zones(),
        typed=typed or {},
        errors=errors,
        done=done,
        by_hand=settings_of(session).smtp_host is None,
        action=ROLL_UP,
    )
