"""One programme: its stages and when they are due, its dimensions, other spellings of them, and sharing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import due_dates, organisations, programmes, programmes_uses
from service.domain.due_dates import Dates
from service.domain.programmes_uses import ProgrammeInUse, ProgrammePartInUse
from service.errors import InvalidInput, Refusal, Stale
from service.i18n import gettext as _
from service.models.organizers import Programme
from service.models.programmes_shapes import ProgrammePatch
from service.pages import forms, programmes_rows
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import PROGRAMMES
from service.pages.programmes_rows import DIMENSION, STAGE, Lines
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]
MOST_OFFICES = 500
SAVE, SAVE_AND_MOVE = "save", "save-and-move"


@dataclass(frozen=True)
class Form:
    """What the form shows besides its rows."""

    name: str
    aliases: str
    shared: bool


@router.get(PROGRAMMES + "/{programme}", operation_id="page_programme")
async def show_programme(
    programme: str, session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One programme with its form. Raises NotFound."""
    row = await programmes.find(session, actor, programme)
    return await _page(session, actor, row, programmes_rows.of_programme(row), _kept(row), done=done)


@router.post(PROGRAMMES + "/{programme}/remove", operation_id="page_remove_programme")
async def remove(programme: str, request: Request, actor: Writer) -> Response:
    """Removes a programme that nothing names. Raises NotFound."""
    database = database_of(request)
    try:
        async with database.write() as session:
            await programmes.remove(session, actor, programme)
    except ProgrammeInUse as refused:
        async with database.read() as session:
            row = await programmes.find(session, actor, programme)
            rows, errors = programmes_rows.of_programme(row), forms.errors_of(refused)
            return await _page(session, actor, row, rows, _kept(row), errors=errors, status=refused.status)
    return RedirectResponse(f"{PROGRAMMES}?done=removed", status_code=303)


@router.post(PROGRAMMES + "/{programme}", operation_id="page_change_programme")
async def change(programme: str, request: Request, actor: Writer) -> Response:
    """Moves, adds or drops a row, which keeps nothing; or saves, once it was seen what due dates would move.

    Raises NotFound.
    """
    typed = await forms.typed(request, programmes_rows.MOST_FIELDS)
    database = database_of(request)
    async with database.read() as session:
        row = await programmes.find(session, actor, programme)
        lines, form = programmes_rows.of_typed(row, typed), _form(typed)
        arranged = programmes_rows.moved(lines, typed.get("do", SAVE))
        if arranged is not None:
            return await _page(session, actor, row, arranged[0], form, look=arranged[1], version=typed.get("version"))
        offices = await _offices(session, actor)
    try:
        async with database.write() as session:
            row = await programmes.find(session, actor, programme, lock=True)
            data = _patch(row, typed, lines, offices)
            moving = await _moving(session, row, data)
            if not moving or typed.get("do") == SAVE_AND_MOVE:
                await programmes.change(session, actor, row, data)
                return RedirectResponse(f"{PROGRAMMES}/{programme}?done=changed", status_code=303)
    except Refusal as refused:
        async with database.read() as session:
            row = await programmes.find(session, actor, programme)
            errors, status = _errors(row, refused), refused.status
            if isinstance(refused, Stale):
                # What somebody else has changed meanwhile is shown, or saving again would undo it.
                lines, form = programmes_rows.of_programme(row), _kept(row)
            return await _page(session, actor, row, lines, form, errors=errors, status=status)
    async with database.read() as session:
        return await _page(session, actor, row, lines, form, moving=moving)


def _kept(row: Programme) -> Form:
    aliases = "\n".join(f"{spelling} = {code}" for spelling, code in row.aliases.items())
    return Form(row.name, aliases, row.shared)


def _form(typed: Typed) -> Form:
    return Form(typed.get("name", ""), typed.get("aliases", ""), "shared" in typed)


def _patch(row: Programme, typed: Typed, lines: Lines, offices: dict[str, str]) -> ProgrammePatch:
    """Raises Stale, InvalidInput with everything that is wrong."""
    if typed.get("version") != str(row.version):
        raise Stale
    faults: list[dict[str, str]] = []
    values: dict[str, object] = {"name": typed.get("name", ""), "shared": "shared" in typed}
    readers: dict[str, Callable[[], object]] = {
        "stages": lambda: programmes_rows.stages_of(lines[STAGE]),
        "dimensions": lambda: programmes_rows.dimensions_of(lines[DIMENSION], offices),
        "aliases": lambda: _aliases(typed),
    }
    for name, read in readers.items():
        try:
            values[name] = read()
        except InvalidInput as invalid:
            errors = invalid.extra["errors"]
            assert isinstance(errors, list)
            faults += errors
    if faults:
        raise InvalidInput(faults)
    return forms.read(ProgrammePatch, values, {"name": _("Tuliskan nama program."), "aliases": _("Periksa ejaannya.")})


def _aliases(typed: Typed) -> dict[str, str]:
    """Each line: a spelling, `=`, the code of a dimension. Raises InvalidInput."""
    aliases: dict[str, str] = {}
    for line in typed.get("aliases", "").splitlines():
        spelling, mark, code = (part.strip() for part in line.rpartition("="))
        if not (mark and spelling and code):
            raise InvalidInput.at("/aliases", _("Tulis satu ejaan tiap baris: ejaan = kode dimensi."))
        aliases[spelling] = code
    return aliases


async def _moving(session: AsyncSession, row: Programme, data: ProgrammePatch) -> int:
    """How many due dates would move with the stages."""
    stages = [one.model_dump(mode="json") for one in data.stages]
    dates = (await Dates.of(session, row.organizer_id)).with_stages(row.id, stages)
    return len(await due_dates.would_move(session, row.organizer_id, dates, programme_id=row.id))


def _errors(row: Programme, refused: Refusal) -> list[FormError]:
    if not isinstance(refused, ProgrammePartInUse):
        return [replace(one, field=one.field.partition("/")[0]) for one in forms.errors_of(refused)]
    labels = {str(one["code"]): str(one["label"]) for one in (*row.stages, *row.dimensions)}
    used = refused.extra["parts"]
    assert isinstance(used, dict)
    said = ", ".join(f"{labels.get(code, code)} ({count})" for code, count in used.items())
    title, detail = _(refused.title), _(refused.detail)
    return [FormError("", f"{title}: {said}. {detail}")]


async def _offices(session: AsyncSession, actor: Actor) -> dict[str, str]:
    """Names by code."""
    rows = await organisations.page(session, actor.tenant, None, None, MOST_OFFICES, by_name=True)
    return {row.code: row.name for row in rows}


async def _page(
    session: AsyncSession,
    actor: Actor,
    row: Programme,
    lines: Lines,
    form: Form,
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    look: str = "",
    moving: int = 0,
    version: str | None = None,
) -> Response:
    uses = await programmes_uses.of(session, row)
    counts = {STAGE: uses.stages, DIMENSION: uses.dimensions}
    marked = {
        kind: [replace(line, used=counts[kind][line.code] if line.fixed else 0) for line in rows]
        for kind, rows in lines.items()
    }
    return await staff_page(
        session,
        actor,
        "programme.html",
        PROGRAMMES,
        status=status,
        programme=row,
        hanging=await programmes_uses.hanging(session, row),
        version=version or str(row.version),
        lines=marked,
        form=form,
        offices=await _offices(session, actor),
        errors=errors,
        done=done,
        look=look,
        moving=moving,
    )
