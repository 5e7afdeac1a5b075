"""The words of the letters of invitation, with a sample of the letter as it would be printed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import invitation_letter
from service.domain import invitation_letters, workshops
from service.domain.publication import Place
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.letters_shapes import LetterInput
from service.models.workshops import Workshop
from service.pages import forms, setup_saving
from service.pages.choosing import choose
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import HOME, SETUP
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.setup_steps import LETTER, after, steps_of
from service.routers import uploads
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]
_WORDS = ("nature", "attachments", "subject", "body", "closing")


@router.get(LETTER, operation_id="page_letter")
async def show_letter(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The words that the letters have of their own; those left empty are the standard ones."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(HOME, status_code=303)
    return await _page(session, actor, chosen, _kept(chosen), done=done)


@router.post(LETTER + "/{workshop_id}", operation_id="page_change_letter")
async def change(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Keeps the words; or, asked for a sample, shows the letter as it would be printed with what is typed."""
    database = database_of(request)
    typed = await forms.typed(request)
    try:
        if "sample" in typed:
            return await _sample(request, actor, workshop_id, typed)
        async with database.write() as session:
            workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
            setup_saving.check_fresh(typed, workshop)
            await invitation_letters.replace(session, actor, workshop, _read(typed))
    except NotFound:
        raise
    except Refusal as refused:
        errors = [replace(one, field=one.field.partition("/")[0]) for one in setup_saving.errors_of(refused)]
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            return await _page(session, actor, workshop, typed, errors=errors, status=refused.status)
    return RedirectResponse(after(workshop, Place.LETTER, onward="onward" in typed), status_code=303)


async def _sample(request: Request, actor: Actor, workshop_id: UUID, typed: Typed) -> Response:
    """Raises NotFound, InvalidInput."""
    database = database_of(request)
    async with database.read() as session:
        await workshops.find(session, actor, workshop_id)
        sheet = await invitation_letters.sample(session, actor, workshop_id, _read(typed))
    content = await asyncio.to_thread(invitation_letter.render, sheet, uploads.store_of(database.settings))
    return setup_saving.shown_pdf(content, invitation_letters.file_name(None))


def _read(typed: Typed) -> LetterInput:
    """Raises InvalidInput."""
    values: dict[str, object] = {name: typed[name] for name in _WORDS if name in typed}
    values["copies"] = [line.strip() for line in typed.get("copies", "").splitlines() if line.strip()]
    advice = dict.fromkeys(_WORDS, _("Hapus karakter yang tidak tercetak."))
    return forms.read(LetterInput, values, advice | {"copies": _("Tulis paling banyak 20 tembusan, satu tiap baris.")})


def _kept(workshop: Workshop) -> dict[str, str]:
    own = LetterInput.model_validate(workshop.letter)
    return {name: getattr(own, name) or "" for name in _WORDS} | {"copies": "\n".join(own.copies)}


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    values: Mapping[str, str],
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    return await staff_page(
        session,
        actor,
        "setup_letter.html",
        SETUP,
        workshop=workshop,
        status=status,
        chosen=workshop,
        carried=f"workshop={workshop.id}&",
        steps_list=await steps_of(session, actor, workshop),
        values=values,
        standard=await invitation_letters.standard(session, workshop),
        of_house=actor.may(Permission.ORGANIZER_WRITE),
        errors=errors,
        done=done,
    )
