"""The catalogue of what is asked for, as the committee keeps it: found, added, changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import data_items, programmes
from service.domain.data_items import Filters
from service.errors import Refusal, Stale
from service.i18n import gettext as _
from service.models.data_items import DataItem, ItemKind
from service.models.data_items_shapes import DataItemCreate, DataItemPatch, DataItemRead
from service.models.organizers import Programme
from service.pages import forms
from service.pages.commitments import Names, names_of
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import CATALOGUE
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Editor = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
SHOWN = 50
MOST_PROGRAMMES = 100
NEW = "/staff/catalogue/new"
_TEXTS = ("name", "item_kind", "programme", "dimension", "sub_dimension", "data_kind", "masterplan_book")
_MORE = ("requested_from", "access_class", "description")
_DUE = {"day": "due_date", "stage": "due_stage", "days": "due_days"}


@dataclass(frozen=True)
class Entry:
    """An item of the list: the office that is expected to have it, and the stage on whose date it is due, by name."""

    read: DataItemRead
    office: str
    stage: str
    href: str


@router.get(CATALOGUE, operation_id="page_data_items")
async def show_items(
    session: Session,
    actor: Reader,
    q: Annotated[str, Query(max_length=200)] = "",
    dimension: Annotated[str, Query(max_length=300)] = "",
    item_kind: Annotated[str, Query(max_length=20)] = "",
    programme: Annotated[str, Query(max_length=64)] = "",
    requested_from: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    count: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """The catalogue by code, as far as it matches."""
    kind = item_kind if item_kind in set(ItemKind) else ""
    typed = {
        "q": q.strip(), "dimension": dimension, "item_kind": kind, "programme": programme,
        "requested_from": requested_from,
    }  # fmt: skip
    wanted = {name: text for name, text in typed.items() if text}
    filters = Filters(
        dimension=wanted.get("dimension"),
        item_kind=ItemKind(kind) if kind else None,
        programme=wanted.get("programme"),
        requested_from=wanted.get("requested_from"),
        q=wanted.get("q"),
    )
    found = await data_items.page(session, actor, filters, [after] if after else None, SHOWN + 1)
    rows, more = page_of(found, SHOWN)
    names = await names_of(session, actor, [])
    stages = stage_names(await programmes.page(session, actor, None, MOST_PROGRAMMES))
    return await staff_page(
        session,
        actor,
        "data_items.html",
        "/staff/commitments",
        entries=[_entry(read, names, stages) for read in await data_items.reads(session, actor, rows)],
        more=f"{CATALOGUE}?{urlencode({**wanted, 'after': rows[-1].code})}" if more else "",
        wanted=wanted,
        carried=f"{urlencode(wanted)}&" if wanted else "",
        names=names,
        kinds=list(ItemKind),
        may_write=actor.may(Permission.COMMITMENTS_WRITE),
        may_plan=actor.may(Permission.ORGANIZER_WRITE),
        done=done,
        count=count,
    )


@router.get(NEW, operation_id="page_new_data_item")
async def show_new(session: Session, actor: Editor) -> Response:
    """The form for a new item."""
    return await _form(session, actor, None, {"item_kind": ItemKind.DATA, "due": "none"})


@router.post(NEW, operation_id="page_add_data_item")
async def add(request: Request, actor: Writer) -> Response:
    """Adds an item."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            given = {name: value for name, value in _values(typed).items() if value is not None}
            data = forms.read(DataItemCreate, {**given, "code": typed.get("code", "")}, _advice())
            await data_items.add(session, actor, data)
            return _back("added")
    except Refusal as refused:
        async with database.read() as session:
            return await _form(session, actor, None, typed, forms.errors_of(refused), refused.status)


@router.get(CATALOGUE + "/{code}", operation_id="page_data_item")
async def show_item(code: str, session: Session, actor: Editor) -> Response:
    """The form that changes an item."""
    row = await data_items.find(session, actor, code)
    [read] = await data_items.reads(session, actor, [row])
    return await _form(session, actor, read, _typed(read))


@router.post(CATALOGUE + "/{code}", operation_id="page_change_data_item")
async def change(code: str, request: Request, actor: Writer) -> Response:
    """Changes an item. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            row = await data_items.find(session, actor, code, lock=True)
            _check_unchanged(row, typed)
            values = _values(typed)
            # What cannot be empty is left as it is by a form that lacks it, and refused when it was emptied.
            data = forms.read(DataItemPatch, {**values, "name": values["name"] or ""}, _advice())
            await data_items.change(session, actor, row, data)
            return _back("changed")
    except Stale as stale:
        async with database.read() as session:
            [read] = await data_items.reads(session, actor, [await data_items.find(session, actor, code)])
            return await _form(session, actor, read, _typed(read), forms.errors_of(stale), stale.status)
    except Refusal as refused:
        async with database.read() as session:
            [read] = await data_items.reads(session, actor, [await data_items.find(session, actor, code)])
            return await _form(session, actor, read, typed, forms.errors_of(refused), refused.status)


def stage_names(rows: Sequence[Programme]) -> dict[str, str]:
    """What the stages of programmes are called, by code."""
    return {str(one["code"]): str(one["label"]) for row in rows for one in row.stages}


def _entry(read: DataItemRead, names: Names, stages: Mapping[str, str]) -> Entry:
    office = names.organisations.get(read.requested_from or "", "")
    stage = stages.get(read.due_stage or "", read.due_stage or "")
    return Entry(read, office, stage, f"{CATALOGUE}/{read.code}")


def _check_unchanged(row: DataItem, typed: Typed) -> None:
    """Somebody else may have changed it since the form was opened. Raises Stale."""
    if typed.get("version") != str(row.version):
        raise Stale


def _back(done: str) -> Response:
    return RedirectResponse(f"{CATALOGUE}?done={done}", status_code=303)


def _values(typed: Typed) -> dict[str, object]:
    """The fields of a shape; of the three ways to say when it is due only the one that is chosen."""
    values: dict[str, object] = {name: typed.get(name) for name in (*_TEXTS, *_MORE, *_DUE.values())}
    chosen = _DUE.get(typed.get("due", ""))
    values |= {name: None for name in _DUE.values() if name != chosen}
    values["contains_personal_data"] = "contains_personal_data" in typed
    values["description"] = typed.get("description", "")
    if chosen and values[chosen] is None:
        # Nothing was filled in where something was chosen: that is a fault, not "without a due date".
        values[chosen] = "" if chosen != "due_days" else "-"
    return values


def _typed(read: DataItemRead) -> dict[str, str]:
    """What the form says of an item."""
    words = {name: getattr(read, name) for name in (*_TEXTS, *_MORE, *_DUE.values())}
    said = {name: str(value) for name, value in words.items() if value is not None}
    due = next((kind for kind, name in _DUE.items() if name in said), "none")
    return said | {"due": due} | ({"contains_personal_data": "yes"} if read.contains_personal_data else {})


def _advice() -> dict[str, str]:
    return {
        "code": _("Isi dengan huruf, angka, titik, atau tanda hubung, misalnya DI-G01."),
        "name": _("Tuliskan data yang diminta."),
        "item_kind": _("Pilih jenisnya."),
        "masterplan_book": _("Tulis 1, 2, atau 3."),
        "due_date": _("Pilih tanggal."),
        "due_stage": _("Pilih tahap."),
        "due_days": _("Tulis jumlah hari kerja, misalnya 5, atau -3 untuk sebelum kegiatan."),
    }


async def _form(
    session: AsyncSession,
    actor: Actor,
    read: DataItemRead | None,
    typed: Typed,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    names = await names_of(session, actor, [])
    known = await programmes.page(session, actor, None, MOST_PROGRAMMES)
    return await staff_page(
        session,
        actor,
        "data_item.html",
        "/staff/commitments",
        status=status,
        read=read,
        action=f"{CATALOGUE}/{read.code}" if read else NEW,
        typed=typed,
        errors=errors,
        kinds=list(ItemKind),
        offices=_options(names.organisations),
        dimensions=_options(names.dimensions),
        programmes=_options(names.programmes),
        stages=_stages(known),
        books=[Option(str(number), _("Buku {number}").format(number=number)) for number in (1, 2, 3)],
    )


def _options(names: Mapping[str, str]) -> list[Option]:
    return [Option(code, name) for code, name in names.items()]


def _stages(known: Sequence[Programme]) -> list[Option]:
    several = len(known) > 1
    return [
        Option(str(one["code"]), f"{row.name}: {one['label']}" if several else str(one["label"]))
        for row in known
        for one in row.stages
    ]
