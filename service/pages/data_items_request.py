"""Asking many organisations at once: what, of whom, at which workshop; first how much that is, then done."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import commitments_batches, data_items
from service.domain.data_items import Filters
from service.errors import InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.commitments_batch_shapes import BatchCreate, BatchRead
from service.pages import forms
from service.pages.choosing import choose
from service.pages.commitments import names_of
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import CATALOGUE
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Editor = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
REQUEST = "/staff/catalogue/request"
SHOWN = 200
"""How many data items can be ticked; more are asked for by programme or dimension."""


@router.get(REQUEST, operation_id="page_request_data")
async def show_request(
    session: Session,
    actor: Editor,
    workshop: Annotated[UUID | None, Query(description="The one at which it is asked for")] = None,
) -> Response:
    """The form."""
    chosen = {"workshop": str(workshop)} if workshop else {}
    return await _page(session, actor, {"what": "all", "whom": "requested_from", **chosen})


@router.post(REQUEST, operation_id="page_request_data_of")
async def request_data(request: Request, actor: Writer) -> Response:
    """Says how much is asked for, and asks for it once that was confirmed."""
    typed = await forms.typed(request)
    database = database_of(request)
    confirmed = "confirm" in typed
    try:
        values = _values(typed, dry_run=not confirmed)
        async with database.write() if confirmed else database.read() as session:
            data = forms.read(BatchCreate, values, _advice())
            made = await commitments_batches.request_many(session, actor, data)
    except Refusal as refused:
        async with database.read() as session:
            return await _page(session, actor, typed, errors=_errors(refused), status=refused.status)
    if confirmed:
        done = urlencode({"done": "requested", "count": made.requested})
        return RedirectResponse(f"{CATALOGUE}?{done}", status_code=303)
    async with database.read() as session:
        return await _page(session, actor, typed, tried=made)


def _values(typed: Typed, *, dry_run: bool) -> dict[str, object]:
    values: dict[str, object] = {"workshop": typed.get("workshop", ""), "dry_run": dry_run}
    what, whom = typed.get("what"), typed.get("whom")
    if what == "items":
        values["data_items"] = _lines(typed, "item", "/items", _("Centang sekurang-kurangnya satu butir data."))
    elif what == "dimension":
        values["dimension"] = typed.get("dimension", "")
    else:
        values["programme"] = typed.get("programme", "")
    if whom == "organisations":
        advice = _("Centang sekurang-kurangnya satu perangkat daerah.")
        values["organisations"] = _lines(typed, "organisation", "/organisations", advice)
    elif whom == "opd":
        values["org_class"] = "opd"
    else:
        values["requested_from"] = True
    if "due_date" in typed:
        values["due_date"] = typed["due_date"]
    return values


def _lines(typed: Typed, name: str, pointer: str, advice: str) -> list[str]:
    if name not in typed:
        raise InvalidInput.at(pointer, advice)
    return typed[name].split("\n")


def _advice() -> dict[str, str]:
    return {
        "workshop": _("Pilih kegiatan."),
        "programme": _("Pilih program."),
        "dimension": _("Pilih dimensi."),
        "due_date": _("Pilih tanggal."),
    }


def _errors(refused: Refusal) -> list[FormError]:
    """What is wrong with one of many boxes is said at all of them."""
    return [FormError(one.field.partition("/")[0], one.message) for one in forms.errors_of(refused)]


async def _page(
    session: AsyncSession,
    actor: Actor,
    typed: Typed,
    *,
    tried: BatchRead | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    choices, chosen = await choose(session, actor, None)
    items = await data_items.page(session, actor, Filters(), None, SHOWN)
    names = await names_of(session, actor, [])
    return await staff_page(
        session,
        actor,
        "data_items_request.html",
        "/staff/commitments",
        status=status,
        choices=choices,
        typed={"workshop": str(chosen.id) if chosen else "", **typed},
        ticked={name: set(typed.get(name, "").split("\n")) - {""} for name in ("item", "organisation")},
        items=[(row.code, row.name) for row in items],
        names=names,
        programmes=[Option(code, name) for code, name in names.programmes.items()],
        dimensions=[Option(code, name) for code, name in names.dimensions.items()],
        tried=tried,
        errors=errors,
    )
