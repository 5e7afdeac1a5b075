"""Programmes as the committee keeps them: found, and begun."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import programmes, programmes_smart_city
from service.errors import Refusal
from service.i18n import gettext as _
from service.models.programmes_shapes import ProgrammeCreate
from service.pages import forms
from service.pages.data_items import MOST_PROGRAMMES
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import PROGRAMMES
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]


@router.get(PROGRAMMES, operation_id="page_programmes")
async def show_programmes(session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Every programme of the house, and the form that begins one."""
    return await _page(session, actor, done=done)


@router.post(PROGRAMMES, operation_id="page_add_programme")
async def add(request: Request, actor: Writer) -> Response:
    """Begins a programme, empty or with the stages and dimensions of the movement."""
    typed = await forms.typed(request)
    database = database_of(request)
    advice = {
        "code": _("Isi dengan huruf, angka, titik, atau tanda hubung, misalnya smart-city-2024."),
        "name": _("Tuliskan nama program."),
    }
    try:
        values = {"code": typed.get("code", ""), "name": typed.get("name", "")}
        data = forms.read(ProgrammeCreate, values, advice)
        if typed.get("from") == "smart-city":
            data = programmes_smart_city.programme(data.code, data.name)
        async with database.write() as session:
            row = await programmes.create(session, actor, data)
            return RedirectResponse(f"{PROGRAMMES}/{row.code}?done=added", status_code=303)
    except Refusal as refused:
        async with database.read() as session:
            errors = forms.errors_of(refused)
            return await _page(session, actor, typed=typed, errors=errors, status=refused.status)


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    rows = await programmes.page(session, actor, None, MOST_PROGRAMMES)
    blank = {"from": "smart-city"}
    if not rows:
        blank |= {"code": programmes_smart_city.CODE, "name": programmes_smart_city.NAME}
    return await staff_page(
        session,
        actor,
        "programmes.html",
        PROGRAMMES,
        status=status,
        programmes=rows,
        done=done,
        typed=typed if typed is not None else blank,
        errors=errors,
    )
