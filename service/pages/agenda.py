"""The agenda and its half-days in a grid: written, judged while it is written, and stored when that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import FormData

from service.auth import Actor, Permission
from service.db import Database
from service.domain import agenda, agenda_conflicts, change_preview, workshops
from service.domain.agenda_conflicts import Conflict, Severity
from service.domain.publication import Place
from service.errors import InvalidInput, NotFound, Refusal
from service.models.preparation_shapes import ChangePreview
from service.models.workshops import Capacity, Workshop, WorkshopStatus
from service.models.workshops_shapes import WorkshopPatch
from service.pages import agenda_grid, agenda_inputs, agenda_verbs, setup_saving
from service.pages.agenda_grid import Grid, Half, Row
from service.pages.choosing import choose
from service.pages.forms import Option
from service.pages.house import staff_page
from service.pages.menus import HOME, SETUP
from service.pages.render import FormError, speak_day, speak_hours
from service.pages.route import PageRoute
from service.pages.setup import steps_of
from service.pages.setup_steps import AGENDA, after
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]
SAVE, ONWARD = "save", "onward"
_NAMES = ("copy-from", "copy-to", "shift-by", "shift-day")


@dataclass
class Shown:
    """What the page shows. `typed`: what came with a button; `moved`: rows stand elsewhere than they were sent."""

    grid: Grid
    said: dict[str, str] = field(default_factory=dict)
    errors: Sequence[FormError] = ()
    typed: bool = False
    moved: bool = False
    done: str = ""
    status: int = 200


@dataclass(frozen=True)
class Line:
    """A row or half-day of the page; `tone` is error, warning or empty, `times` those of a row as people read them.

    `open`: with fields, else in one line. `fresh`: a button was about it, so it gets the focus.
    Of a half-day: `minutes` those of its rows, `needed` those of its hours (JP), `used` whether any row belongs to it.
    """

    place: int
    said: Row | Half
    tone: str
    times: str = ""
    open: bool = True
    fresh: bool = False
    minutes: int = 0
    needed: int = 0
    used: bool = False


@dataclass(frozen=True)
class Day:
    """The rows of one day. `hours` (JP) of those that count for a half-day."""

    iso: str
    label: str
    lines: list[Line]
    hours: int


@router.get(AGENDA, operation_id="page_agenda")
async def show_agenda(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The agenda as it is stored, in a form."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(HOME, status_code=303)
    grid = agenda_grid.of_plan(await agenda.load(session, chosen))
    return await _page(session, actor, chosen, Shown(grid, done=done))


@router.post(AGENDA + "/{workshop_id}", operation_id="page_change_agenda")
async def change(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Carries out one button: adds or moves a row in what is typed, or stores all of it.

    Of an announced workshop it first says who would be told what. Raises NotFound.
    """
    database = database_of(request)
    async with database.read() as session:
        workshop = await workshops.find(session, actor, workshop_id)
    form = await agenda_grid.sent(request)
    shown = Shown(agenda_grid.of_form(form, workshop.timezone), _few(form), typed=True)
    deed = "check" if "edit" in form else str(form.get("do") or "check")
    if deed in (SAVE, ONWARD):
        if (answer := await _save(database, actor, workshop, shown, form)) is not None:
            return answer
    else:
        before = list(shown.grid.rows)
        shown.errors = agenda_verbs.carry_out(shown.grid, deed, shown.said)
        shown.moved = before != shown.grid.rows
        shown.status = 422 if shown.errors else 200
    async with database.read() as session:
        workshop = await workshops.find(session, actor, workshop_id)
        return await _page(session, actor, workshop, shown)


async def _save(database: Database, actor: Actor, workshop: Workshop, shown: Shown, form: FormData) -> Response | None:
    """What follows once it is stored, or the page that asks for a confirmation; None where `shown` says why not."""
    if setup_saving.is_stale(shown.grid.version, workshop):
        shown.errors, shown.status, shown.grid.version = setup_saving.stale(), 412, str(workshop.version)
        return None
    try:
        patch = agenda_inputs.patch_of(shown.grid.arrange())
        if workshop.status is WorkshopStatus.PUBLISHED and "confirmed" not in form:
            preview = await _preview(database, actor, workshop.id, patch)
            if preview.effective:
                return await _asked(database, actor, workshop.id, preview, form)
        await _store(database, actor, workshop, patch)
    except NotFound:
        raise
    except Refusal as refused:
        shown.errors, shown.status = agenda_inputs.errors_of(refused, shown.grid), refused.status
        return None
    return RedirectResponse(after(workshop, Place.AGENDA, onward=form.get("do") == ONWARD), status_code=303)


async def _preview(database: Database, actor: Actor, workshop_id: UUID, patch: WorkshopPatch) -> ChangePreview:
    async def made(session: AsyncSession, workshop: Workshop, capacity: Capacity) -> None:
        await workshops.change(session, actor, workshop, capacity, patch)

    return await change_preview.preview(database, actor, workshop_id, made)


async def _asked(
    database: Database, actor: Actor, workshop_id: UUID, preview: ChangePreview, form: FormData
) -> Response:
    async with database.read() as session:
        chosen = await workshops.find(session, actor, workshop_id)
        return await staff_page(
            session,
            actor,
            "setup_preview.html",
            SETUP,
            workshop=chosen,
            chosen=chosen,
            action=f"{AGENDA}/{workshop_id}",
            preview=preview,
            kept=[(name, value) for name, value in form.multi_items() if name != "csrf"],
        )


async def _store(database: Database, actor: Actor, opened: Workshop, patch: WorkshopPatch) -> None:
    """Raises InvalidInput, BlockInUse; also when somebody else was quicker by the blink of an eye."""
    async with database.write() as session:
        workshop, capacity = await workshops.find_for_change(session, actor, opened.id)
        if workshop.version != opened.version:
            raise InvalidInput.at("/version", setup_saving.stale()[0].message)
        await workshops.change(session, actor, workshop, capacity, patch)


async def _page(session: AsyncSession, actor: Actor, workshop: Workshop, shown: Shown) -> Response:
    grid = shown.grid.arrange()
    draft = grid.draft(workshop)
    found = agenda_conflicts.conflicts(draft)
    days = agenda_grid.days_of(workshop, grid.rows)
    lines = [_line(place, row, shown, found) for place, row in enumerate(grid.rows)]
    return await staff_page(
        session,
        actor,
        "agenda.html",
        SETUP,
        workshop=workshop,
        status=shown.status,
        chosen=workshop,
        carried=f"workshop={workshop.id}&",
        steps=await steps_of(session, actor, workshop),
        version=grid.version,
        halves=_halves(shown, draft, found),
        days=[_day(grid, day, lines) for day in days],
        stray=[line for line, row in zip(lines, grid.rows, strict=True) if row.day not in days],
        day_options=[Option(day, _short(day)) for day in days],
        conflicts=[_said(grid, one) for one in found],
        total=sum(agenda_grid.number(half.hours) for half in grid.halves),
        said=shown.said,
        errors=shown.errors,
        unsaved=shown.typed and await _differs(session, workshop, grid),
        moved=shown.moved,
        done=shown.done,
    )


async def _differs(session: AsyncSession, workshop: Workshop, grid: Grid) -> bool:
    stored = agenda_grid.of_plan(await agenda.load(session, workshop))
    return (stored.rows, stored.halves) != (grid.rows, grid.halves)


def _day(grid: Grid, day: str, lines: Sequence[Line]) -> Day:
    mine = [(line, row) for line, row in zip(lines, grid.rows, strict=True) if row.day == day]
    hours = sum(agenda_grid.number(row.hours) for _line, row in mine if row.half)
    return Day(day, speak_day(date.fromisoformat(day), "EEEE, d MMMM y"), [line for line, _row in mine], hours)


def _line(place: int, row: Row, shown: Shown, found: Sequence[Conflict]) -> Line:
    mine = [one for one in found if place in one.entries]
    # What is wrong with the half-day as a whole opens that instead of all its rows.
    wrong = any(not one.blocks for one in mine)
    return Line(
        place,
        row,
        _tone(mine),
        _times(shown.grid, row),
        open=wrong or _open(shown, row, f"row-{place}-"),
        fresh=_fresh(shown, row),
    )


def _open(shown: Shown, one: Row | Half, prefix: str) -> bool:
    return one.open or any(error.field.startswith(prefix) for error in shown.errors)


def _fresh(shown: Shown, one: Row | Half) -> bool:
    # Where something is wrong, the list of it has the focus.
    return one is shown.grid.touched and not shown.errors


def _times(grid: Grid, row: Row) -> str:
    """'08.30-12.00' with an en dash, or what was typed."""
    if span := grid.span(row):
        return speak_hours(*span, grid.zone).rsplit(" ", 1)[0]
    return f"{row.starts or '…'}–{row.ends or '…'}"  # noqa: RUF001 - a range is written with an en dash


def _halves(shown: Shown, draft: agenda_conflicts.Draft, found: Sequence[Conflict]) -> list[Line]:
    return [_half(place, half, shown, draft, found) for place, half in enumerate(shown.grid.halves)]


def _half(place: int, half: Half, shown: Shown, draft: agenda_conflicts.Draft, found: Sequence[Conflict]) -> Line:
    mine = [one for one in found if place in one.blocks]
    return Line(
        place,
        half,
        _tone(mine),
        minutes=agenda_conflicts.minutes_of(draft.of(draft.blocks[place])),
        needed=agenda_grid.number(half.hours) * 45,
        used=any(row.half == half.key for row in shown.grid.rows),
        open=bool(mine) or _open(shown, half, f"half-{place}-"),
        fresh=_fresh(shown, half),
    )


def _said(grid: Grid, one: Conflict) -> Conflict:
    """With the row and the day of what it is about last, where its link leads."""
    if not one.entries:
        return one
    return replace(one, sentence=f"{agenda_inputs.where(grid, one.entries[-1])}: {one.sentence}")


def _tone(found: Sequence[Conflict]) -> str:
    if any(one.severity is Severity.ERROR for one in found):
        return "error"
    return "warning" if found else ""


def _short(day: str) -> str:
    return speak_day(date.fromisoformat(day), "EEE, d MMM")


def _few(form: FormData) -> dict[str, str]:
    return {name: text.strip() for name in _NAMES if isinstance(text := form.get(name), str)}
