"""Programmes as the committee keeps them: when the stages are due, other spellings of dimensions, and sharing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import programmes
from service.errors import InvalidInput, Refusal, Stale
from service.i18n import gettext as _
from service.models.organizers import Programme
from service.models.programmes_shapes import ProgrammePatch
from service.pages import forms
from service.pages.data_items import MOST_PROGRAMMES
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]
PROGRAMMES = "/staff/catalogue/programmes"


@router.get(PROGRAMMES, operation_id="page_programmes")
async def show_programmes(session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Every programme of the house, each with its form."""
    return await _page(session, actor, done=done)


@router.post(PROGRAMMES + "/{programme}", operation_id="page_change_programme")
async def change(programme: str, request: Request, actor: Writer) -> Response:
    """Changes a programme; due dates that depend on a stage follow. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            row = await programmes.find(session, actor, programme, lock=True)
            await programmes.change(session, actor, row, _patch(row, typed))
            return RedirectResponse(f"{PROGRAMMES}?done=changed", status_code=303)
    except Refusal as refused:
        async with database.read() as session:
            await programmes.find(session, actor, programme)
            errors = [
                replace(one, field=f"aliases-{programme}") if one.field == "aliases" else one
                for one in forms.errors_of(refused)
            ]
            # What somebody else has changed meanwhile is shown, or saving again would undo it.
            kept = {} if isinstance(refused, Stale) else {**typed, "of": programme}
            return await _page(session, actor, typed=kept, errors=errors, status=refused.status)


def _patch(row: Programme, typed: Typed) -> ProgrammePatch:
    """Raises Stale, InvalidInput."""
    if typed.get("version") != str(row.version):
        raise Stale
    stages: list[dict[str, object]] = []
    for place, stage in enumerate(row.stages):
        due = typed.get(f"due-{row.code}-{place}")
        stages.append({**stage, "due_date": due})
    values = {"stages": stages, "aliases": _aliases(row, typed), "shared": "shared" in typed}
    return forms.read(ProgrammePatch, values, {"stages": _("Pilih tanggal."), "aliases": _("Periksa ejaannya.")})


def _aliases(row: Programme, typed: Typed) -> dict[str, str]:
    """Each line: a spelling, `=`, the code of a dimension. Raises InvalidInput."""
    aliases: dict[str, str] = {}
    for line in typed.get(f"aliases-{row.code}", "").splitlines():
        spelling, mark, code = (part.strip() for part in line.rpartition("="))
        if not (mark and spelling and code):
            advice = _("Tulis satu ejaan tiap baris: ejaan = kode dimensi.")
            raise InvalidInput.at(f"/aliases-{row.code}", advice)
        aliases[spelling] = code
    return aliases


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    return await staff_page(
        session,
        actor,
        "programmes.html",
        "/staff/commitments",
        status=status,
        programmes=await programmes.page(session, actor, None, MOST_PROGRAMMES),
        typed=typed or {},
        errors=errors,
        done=done,
    )
