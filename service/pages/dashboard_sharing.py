"""Showing the dashboard to others: links for screens, and what everybody may see."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service.auth import Actor, Permission
from service.domain import dashboard_links, organizers
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.dashboard_shapes import DashboardLinkCreate, PublicProgress
from service.models.organizers_shapes import OrganizerPatch
from service.pages import forms, once
from service.pages.dashboard import page
from service.pages.forms import BadForm
from service.pages.menus import DASHBOARD
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.post(f"{DASHBOARD}/links", operation_id="page_add_dashboard_link")
async def add_link(request: Request, actor: Annotated[Actor, allow_first(Permission.REPORTS_SHARE)]) -> Response:
    """A new link for a screen; its address is shown this once."""
    typed = await forms.typed(request)
    database, issued, status, errors = database_of(request), "", 200, []
    workshop = _workshop(typed)
    try:
        async with database.write() as session:
            values = {"name": typed.get("name", ""), "workshop": workshop if "fixed" in typed else None}
            data = forms.read(DashboardLinkCreate, values, {"name": _("Tuliskan tempat layar itu.")})
            issued = dashboard_links.link_of(session, await dashboard_links.add(session, actor, data))
            await once.claim(session, actor, typed, f"{DASHBOARD}?done={once.SENT}")
    except NotFound:
        raise
    except Refusal as refused:
        status, errors = refused.status, forms.errors_of(refused)
    async with database.read() as session:
        return await page(session, actor, workshop, "", status=status, issued=issued, errors=errors)


@router.post(f"{DASHBOARD}/links/{{dashboard_link_id}}", operation_id="page_revoke_dashboard_link")
async def revoke_link(
    dashboard_link_id: UUID, session: Session, actor: Annotated[Actor, allow(Permission.REPORTS_SHARE)]
) -> Response:
    """Closes a link at once."""
    await dashboard_links.revoke(session, actor, dashboard_link_id)
    return RedirectResponse(f"{DASHBOARD}?done=closed#layar", status_code=303)


@router.post(f"{DASHBOARD}/progress", operation_id="page_public_progress")
async def publish(
    request: Request, session: Session, actor: Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
) -> Response:
    """What everybody may see."""
    typed = await forms.typed(request)
    row = await organizers.own(session, actor, lock=True)
    wanted = PublicProgress(**{name: name in typed for name in PublicProgress.model_fields})
    await organizers.change_organizer(session, actor, row, OrganizerPatch(public_progress=wanted))
    return RedirectResponse(f"{DASHBOARD}?done=published#publik", status_code=303)


def _workshop(typed: forms.Typed) -> UUID | None:
    try:
        return UUID(typed["workshop"]) if "workshop" in typed else None
    except ValueError:
        raise BadForm from None
