"""Ways into the organisations' portals, as the committee hands them out and closes them."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import organisations, portal_links
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.people import Organisation
from service.models.portal_links import PortalLink
from service.models.portal_links_shapes import PortalLinkCreate
from service.pages import forms
from service.pages.forms import BadForm, Typed
from service.pages.house import staff_page
from service.pages.menus import COMMITMENTS, PORTALS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Keeper = Annotated[Actor, allow(Permission.ORGANISATIONS_WRITE)]
SHOWN = 50


@router.get(PORTALS, operation_id="page_portals")
async def show_portals(session: Session, actor: Keeper, after: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The organisations by name, and how many contacts of each have a link of their own."""
    found = await organisations.page(session, actor.tenant, None, [after] if after else None, SHOWN + 1, by_name=True)
    rows, more = page_of(found, SHOWN)
    links = select(PortalLink.organisation_id).where(
        col(PortalLink.organisation_id).in_([row.id for row in rows]), col(PortalLink.revoked_at).is_(None)
    )
    held = Counter(await session.exec(links))
    return await staff_page(
        session,
        actor,
        "portal_links.html",
        COMMITMENTS,
        entries=[(row, f"{PORTALS}/{row.code}", held[row.id]) for row in rows],
        more=f"{PORTALS}?after={rows[-1].code}" if more else "",
        chosen=None,
    )


@router.get(PORTALS + "/{code}", operation_id="page_portal_links")
async def show_links(
    code: str, session: Session, actor: Keeper, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One organisation's ways in."""
    return await _page(session, actor, await organisations.find(session, actor, code), done=done)


@router.post(PORTALS + "/{code}", operation_id="page_change_portal_links")
async def change(code: str, request: Request, session: Session, actor: Keeper) -> Response:
    """What the button `do` says: add, close or rotate. A new link is shown in the answer, and never again."""
    typed = await forms.typed(request)
    row = await organisations.find(session, actor, code, lock=True)
    match typed.get("do"):
        case "add":
            return await _added(session, actor, row, typed)
        case "close":
            await portal_links.revoke(session, actor, _id(typed))
            return RedirectResponse(f"{PORTALS}/{code}?done=closed", status_code=303)
        case "rotate":
            await organisations.rotate_portal_link(session, actor, row)
            return RedirectResponse(f"{PORTALS}/{code}?done=rotated", status_code=303)
    raise BadForm


async def _added(session: AsyncSession, actor: Actor, row: Organisation, typed: Typed) -> Response:
    advice = {"label": _("Tuliskan jabatan atau unit pemegang tautan.")}
    values = {name: typed[name] for name in ("label", "email") if name in typed}
    try:
        data = forms.read(PortalLinkCreate, values, advice)
        made = await portal_links.add(session, actor, row.code, data)
    except NotFound:
        raise
    except Refusal as refused:
        errors = forms.errors_of(refused)
        return await _page(session, actor, row, typed=typed, errors=errors, status=refused.status)
    return await _page(session, actor, row, made=made, done="added")


def _id(typed: Typed) -> UUID:
    try:
        return UUID(typed.get("link", ""))
    except ValueError:
        raise BadForm from None


async def _page(
    session: AsyncSession,
    actor: Actor,
    row: Organisation,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    made: PortalLink | None = None,
    done: str = "",
) -> Response:
    return await staff_page(
        session,
        actor,
        "portal_links.html",
        COMMITMENTS,
        status=status,
        chosen=row,
        main=organisations.portal_link(session, row),
        links=await portal_links.page(session, row),
        made=portal_links.address(session, made) if made else None,
        typed=typed or {},
        errors=errors,
        done=done,
        may_read=actor.may(Permission.CONTACTS_READ),
        action=f"{PORTALS}/{row.code}",
        back=PORTALS,
    )
