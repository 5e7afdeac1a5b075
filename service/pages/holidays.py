"""Holidays of the house: by year, one by one, or a whole list; what would move is said before it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain import holidays, holidays_reading, organisations, organizers
from service.domain.due_dates import Move
from service.domain.holidays import Change, Plan
from service.domain.holidays_reading import Puzzle
from service.errors import CsrfFailed, InvalidInput, Refusal, Stale
from service.i18n import gettext as _
from service.models.organizers import Holiday, Organizer
from service.models.organizers_shapes import HolidayList, HolidayShape
from service.pages import forms
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import staff_page
from service.pages.menus import HOLIDAYS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.uploading import allow_upload, form_from
from service.routers import csrf, uploads
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.holidays import fields_of, list_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.HOLIDAYS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.HOLIDAYS_WRITE)]
Uploader = Annotated[Actor, allow_upload(Permission.HOLIDAYS_WRITE)]
MOST_PACKED = 900_000
_SHOWN_MOVES = 12
_KINDS = (holidays_reading.NATIONAL, holidays_reading.JOINT, holidays_reading.LOCAL)


@dataclass(frozen=True)
class Moving:
    """What becomes of one organisation's due dates: how many move, and the first of them."""

    name: str
    count: int
    before: date | None
    after: date


@dataclass(frozen=True)
class Trial:
    """A change that waits for the committee's word. `verb`: added, removed or imported; `packed`: all the days."""

    plan: Plan
    verb: str
    moved: int
    moving: list[Moving]
    puzzles: Sequence[Puzzle]
    packed: str
    version: int
    year: int


@router.get(HOLIDAYS, operation_id="page_holidays")
async def show_holidays(
    session: Session,
    actor: Reader,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
    count: Annotated[int, Query(ge=0, le=10_000)] = 0,
    undo: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """The holidays of a year; the running one unless another is chosen."""
    return await _page(session, actor, year=year, done=done, count=count, undo=_undoable(undo))


@router.post(HOLIDAYS + "/add", operation_id="page_add_holiday")
async def add(request: Request, actor: Writer) -> Response:
    """Adds a day, or gives it another name; where due dates would move, that is asked first."""
    typed = await forms.typed(request)
    advice = {"day": _("Pilih tanggal."), "name": _("Tuliskan nama hari liburnya.")}
    try:
        wanted = forms.read(
            HolidayShape,
            {"day": typed.get("day", ""), "name": typed.get("name", ""), "kind": typed.get("kind", _KINDS[0])},
            advice,
        )
    except InvalidInput as refused:
        return await _again(request, actor, typed, refused)
    return await _carry(request, actor, typed, "added", lambda now: holidays.plan(now, [wanted]), wanted.day.year)


@router.post(HOLIDAYS + "/removed", operation_id="page_remove_holiday")
async def remove(request: Request, actor: Writer) -> Response:
    """Takes a day out; where due dates would move, that is asked first."""
    typed = await forms.typed(request)
    try:
        day = date.fromisoformat(typed.get("day", ""))
    except ValueError as broken:
        raise BadForm from broken
    return await _carry(request, actor, typed, "removed", lambda now: holidays.without(now, day), day.year)


@router.post(HOLIDAYS, operation_id="page_try_holidays", max_body_size=uploads.UNBOUNDED)
async def try_list(request: Request, actor: Uploader) -> Response:
    """Tries a list: says which days it brings, which lines say nothing, and what would move."""
    typed: dict[str, str] = {}
    database = database_of(request)
    try:
        async with form_from(request, actor) as form:
            typed = uploads.texts_of(form)
            fields = fields_of({name: text for name, text in typed.items() if name in {"text", "year", "whole"}})
            found = await list_in(form, fields)
    except CsrfFailed:
        raise
    except Refusal as refused:
        return await _again(request, actor, typed, refused)
    async with database.read() as session:
        now = await _current(session, actor)
        plan = holidays.plan(now, found.items, whole=fields.whole)
        trial = await _trial(session, actor, plan, "imported", found.items[0].day.year, found.puzzles)
        return await _page(session, actor, year=trial.year, trial=trial)


@router.post(HOLIDAYS + "/confirmed", operation_id="page_keep_holidays", max_body_size=MOST_PACKED + 65_536)
async def keep(request: Request, actor: Uploader) -> Response:
    """Keeps the days of a change that was looked at."""
    typed = await forms.typed(request)
    csrf.check(actor, typed.get("csrf"))
    try:
        wanted = HolidayList.model_validate_json(typed.get("packed", ""))
    except ValidationError as broken:
        raise BadForm from broken
    year = typed.get("year", "")
    database = database_of(request)
    try:
        async with database.write() as session:
            house = await organizers.own(session, actor, lock=True)
            _check_unchanged(house, typed)
            await organizers.replace_holidays(session, actor, house, wanted.items)
    except Stale as stale:
        return await _again(request, actor, {}, stale)
    verb = typed.get("verb", "imported")
    return _done(verb, int(year) if year.isdecimal() and len(year) <= 4 else None, typed.get("count", "0"))


async def _carry(request: Request, actor: Actor, typed: Typed, verb: str, planned: Change, year: int) -> Response:
    """Does at once what moves nothing, and asks about what does."""
    database = database_of(request)
    async with database.write() as session:
        house = await organizers.own(session, actor, lock=True)
        plan = planned(await _current(session, actor))
        trial = await _trial(session, actor, plan, verb, year, ())
        if plan.differs and not trial.moved:
            await organizers.replace_holidays(session, actor, house, plan.items)
    if not plan.differs:
        return _done("same", year, "0")
    if not trial.moved:
        return _done(verb, year, "1", plan.removed[0].model_dump_json() if plan.removed else "")
    async with database.read() as session:
        return await _page(session, actor, year=year, trial=trial, typed=typed)


def _check_unchanged(house: Organizer, typed: Typed) -> None:
    if typed.get("version") != str(house.version):
        raise Stale


async def _again(request: Request, actor: Actor, typed: Typed, refused: Refusal) -> Response:
    async with database_of(request).read() as session:
        errors = forms.errors_of(refused)
        return await _page(session, actor, year=None, typed=typed, errors=errors, status=refused.status)


async def _current(session: AsyncSession, actor: Actor) -> list[HolidayShape]:
    return [HolidayShape.model_validate(row) for row in await organizers.holidays_of(session, actor)]


async def _trial(
    session: AsyncSession, actor: Actor, plan: Plan, verb: str, year: int, puzzles: Sequence[Puzzle]
) -> Trial:
    house = await organizers.own(session, actor)
    moves = await holidays.moves(session, house.id, plan.items)
    by_office: dict[UUID, list[Move]] = {}
    for move in moves:
        by_office.setdefault(move.organisation_id, []).append(move)
    largest = sorted(by_office, key=lambda one: -len(by_office[one]))[:_SHOWN_MOVES]
    names = await organisations.names(session, largest)
    moving = []
    for one in largest:
        first = min(by_office[one], key=lambda move: move.after)
        moving.append(Moving(names[one][1], len(by_office[one]), first.before, first.after))
    packed = HolidayList(items=plan.items).model_dump_json()
    if len(packed) > MOST_PACKED:
        raise InvalidInput.at("/text", _("Daftar ini terlalu panjang. Impor per tahun."))
    return Trial(plan, verb, len(moves), moving, puzzles, packed, house.version, year)


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    year: int | None,
    trial: Trial | None = None,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    count: int = 0,
    undo: HolidayShape | None = None,
) -> Response:
    house = await organizers.own(session, actor)
    rows = await organizers.holidays_of(session, actor)
    today = clock.local_date(clock.now(), house.timezone)
    shown = year or today.year
    years = sorted({row.day.year for row in rows} | {today.year, today.year + 1, shown})
    return await staff_page(
        session,
        actor,
        "holidays.html",
        HOLIDAYS,
        status=status,
        year=shown,
        years=years,
        filled=_per_year(rows),
        rows=[row for row in rows if row.day.year == shown],
        kinds=kind_options(),
        kind_names=kind_names(),
        trial=trial,
        typed=typed or {},
        errors=errors,
        done=done,
        count=count,
        undo=undo,
    )


def _per_year(rows: Sequence[Holiday]) -> Mapping[int, int]:
    counted: dict[int, int] = {}
    for row in rows:
        counted[row.day.year] = counted.get(row.day.year, 0) + 1
    return counted


def kind_names() -> dict[str, str]:
    """The kinds in words; a word of one's own stands for itself."""
    return {
        holidays_reading.NATIONAL: _("Libur nasional"),
        holidays_reading.JOINT: _("Cuti bersama"),
        holidays_reading.LOCAL: _("Libur daerah"),
    }


def kind_options() -> list[Option]:
    """The kinds to choose from."""
    names = kind_names()
    return [Option(kind, names[kind]) for kind in _KINDS]


def _undoable(text: str) -> HolidayShape | None:
    """The day that was just taken out, as it stood; anything else in its place is no offer."""
    try:
        return HolidayShape.model_validate_json(text) if text else None
    except ValidationError:
        return None


def _done(done: str, year: int | None, count: str, undo: str = "") -> Response:
    told = {"year": str(year) if year else "", "done": done, "count": count, "undo": undo}
    return RedirectResponse(f"{HOLIDAYS}?{urlencode({k: v for k, v in told.items() if v})}", status_code=303)
