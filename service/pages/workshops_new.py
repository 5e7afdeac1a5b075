"""A new workshop: from one of the occasions that really occur, or like an earlier one on other days."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import workshop_drafts
from service.domain.workshop_kinds import OCCASIONS
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.columns import Line, Shape
from service.models.preparation_shapes import WorkshopCopy
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import HOME
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.setup_steps import DETAILS
from service.routers.access import Session, allow, allow_first, database_of

NEW = "/staff/new"
router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]


class NewWorkshop(Shape):
    """What has to be known of a workshop that is made from an occasion."""

    occasion: str = Field(max_length=40, description="Code of the occasion")
    starts_on: date = Field(description="First day")
    title: Line | None = Field(None, description="Title; that of the occasion if left out")


@router.get(NEW, operation_id="page_new_workshop")
async def show_new(
    session: Session,
    actor: Reader,
    copy: Annotated[UUID | None, Query(description="An earlier workshop to copy")] = None,
) -> Response:
    """The occasions to choose from, and earlier workshops to copy. Raises NotFound."""
    return await _page(session, actor, {"copy": str(copy)} if copy else {}, copied=copy)


@router.post(NEW, operation_id="page_make_workshop")
async def make(request: Request, actor: Writer) -> Response:
    """Makes the draft, and leads to its details."""
    return await _made(request, actor, await forms.typed(request), copied=False)


@router.post(NEW + "/copy", operation_id="page_copy_workshop")
async def copy_earlier(request: Request, actor: Writer) -> Response:
    """Makes a draft like an earlier workshop, and leads to its details. Raises NotFound."""
    return await _made(request, actor, await forms.typed(request), copied=True)


async def _made(request: Request, actor: Actor, typed: Typed, *, copied: bool) -> Response:
    database = database_of(request)
    try:
        async with database.write() as session:
            row = await (_copy if copied else _from_occasion)(session, actor, typed)
    except Refusal as refused:
        if isinstance(refused, NotFound) and typed.get("copy"):
            raise
        async with database.read() as session:
            errors = [_placed(one, copied=copied) for one in forms.errors_of(refused)]
            return await _page(session, actor, typed, errors=errors, status=refused.status)
    return RedirectResponse(f"{DETAILS}?workshop={row}&done=made", status_code=303)


def _placed(error: FormError, *, copied: bool) -> FormError:
    """The two forms of the page have fields of the same meaning and other ids."""
    own = f"copy-{error.field}" if copied and error.field not in ("", "copy") else error.field
    return FormError(own, error.message, error.label)


async def _from_occasion(session: AsyncSession, actor: Actor, typed: Typed) -> UUID:
    values = {name: typed.get(name) for name in ("occasion", "title")} | {"starts_on": typed.get("starts_on")}
    data = forms.read(NewWorkshop, values, _advice())
    return (await workshop_drafts.from_occasion(session, actor, data.occasion, data.starts_on, data.title)).id


async def _copy(session: AsyncSession, actor: Actor, typed: Typed) -> UUID:
    if not typed.get("copy"):
        raise InvalidInput.at("/copy", _("Pilih kegiatan yang disalin."))
    values = {"starts_on": typed.get("copy-starts_on"), "title": typed.get("copy-title")}
    data = forms.read(WorkshopCopy, values, _advice())
    try:
        former = UUID(typed["copy"])
    except ValueError:
        raise NotFound from None
    return (await workshop_drafts.copy(session, actor, former, data)).id


def _advice() -> dict[str, str]:
    return {
        "occasion": _("Pilih salah satu jenis kegiatan."),
        "starts_on": _("Pilih tanggal hari pertama."),
        "title": _("Tuliskan judul dalam satu baris."),
    }


async def _page(
    session: AsyncSession,
    actor: Actor,
    typed: Typed,
    *,
    copied: UUID | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    choices, _chosen = await choose(session, actor, copied)
    return await staff_page(
        session,
        actor,
        "workshops_new.html",
        HOME,
        status=status,
        occasions=[Option(one.code, _(one.name), _(one.note)) for one in OCCASIONS],
        earlier=choices,
        values=typed,
        copying="copy" in typed,
        errors=errors,
    )
