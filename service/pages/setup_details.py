"""The first step of preparation: what the workshop is, when, where, for how many, and how it writes to people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import Database
from service.domain import change_preview, preparation, programmes, workshops
from service.domain.publication import Place
from service.errors import NotFound, Refusal, Stale
from service.models.organizers import Organizer, Programme
from service.models.workshops import Capacity, Workshop, WorkshopStatus
from service.pages import forms, setup_saving
from service.pages.choosing import choose
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import HOME, SETUP
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.setup_form import POINTERS, differences, values_of, wanted_of, zones_for
from service.pages.setup_steps import DETAILS, after, steps_of
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]
MOST_PROGRAMMES = 50


@router.get(DETAILS, operation_id="page_setup_details")
async def show_details(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to prepare")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The form with everything that is not agenda, question, letter or room."""
    choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(HOME, status_code=303)
    return await _page(session, actor, chosen, choices, done=done)


@router.post(DETAILS + "/{workshop_id}", operation_id="page_save_details")
async def save_details(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Saves the form; of an announced workshop it first says who would be told what. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    if "edit" in typed:
        return await _again(database, actor, workshop_id, typed)
    try:
        if "enough" in typed:
            typed |= {f"{typed.get('modality', '')}_limit": typed["enough"], "confirmed": "yes"}
        if "confirmed" not in typed and (asked := await _asked(database, actor, workshop_id, typed)) is not None:
            return asked
        async with database.write() as session:
            row, capacity = await workshops.find_for_change(session, actor, workshop_id)
            await _save(session, actor, row, capacity, typed)
    except NotFound:
        raise
    except Refusal as refused:
        return await _again(database, actor, workshop_id, typed, refused)
    return RedirectResponse(after(row, Place.DETAILS, onward="onward" in typed), status_code=303)


async def _save(session: AsyncSession, actor: Actor, row: Workshop, capacity: Capacity, typed: Typed) -> None:
    setup_saving.check_fresh(typed, row)
    house = await session.get_one(Organizer, row.organizer_id)
    await preparation.save(session, actor, row, capacity, wanted_of(row, typed, house.retention_days))


async def _asked(database: Database, actor: Actor, workshop_id: UUID, typed: Typed) -> Response | None:
    """The page that says what the change leads to: for an announced workshop where it leads to anything, for a draft
    where somebody registered has to attend in another way.
    """
    async with database.read() as session:
        status = (await workshops.find(session, actor, workshop_id)).status
        if status not in (WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED):
            return None

    async def change(session: AsyncSession, row: Workshop, capacity: Capacity) -> None:
        await _save(session, actor, row, capacity, typed)

    shown = await change_preview.preview(database, actor, workshop_id, change)
    if not (shown.effective if status is WorkshopStatus.PUBLISHED else shown.switched.count):
        return None
    async with database.read() as session:
        chosen = await workshops.find(session, actor, workshop_id)
        return await staff_page(
            session,
            actor,
            "setup_preview.html",
            SETUP,
            workshop=chosen,
            chosen=chosen,
            action=f"{DETAILS}/{workshop_id}",
            preview=shown,
            kept=[(name, value) for name, value in typed.items() if name not in ("csrf", "confirmed")],
        )


async def _again(
    database: Database, actor: Actor, workshop_id: UUID, typed: Typed, refused: Refusal | None = None
) -> Response:
    """The form as it was typed; beside it what somebody else has saved meanwhile, if that is why it was refused."""
    async with database.read() as session:
        choices, _chosen = await choose(session, actor, None)
        chosen = await workshops.find(session, actor, workshop_id)
        errors = [_placed(one) for one in forms.errors_of(refused)] if refused else []
        kept = dict(typed)
        if isinstance(refused, Stale):
            capacity = await session.get_one(Capacity, chosen.id)
            own = await _programmes(session, actor, chosen)
            stored = values_of(chosen, capacity, own)
            errors = [*setup_saving.stale(), *differences(stored, typed)]
            kept["version"] = str(chosen.version)
        status = refused.status if refused else 200
        return await _page(session, actor, chosen, choices, typed=kept, errors=errors, status=status)


def _placed(error: FormError) -> FormError:
    return replace(error, field=POINTERS.get(error.field, error.field.partition("/")[0]))


async def _programmes(session: AsyncSession, actor: Actor, chosen: Workshop) -> list[Programme]:
    """Those to choose from; the workshop's own is among them, or saving would lose it."""
    own = [*await programmes.page(session, actor, None, MOST_PROGRAMMES)]
    if chosen.programme_id and chosen.programme_id not in {one.id for one in own}:
        own.append(await session.get_one(Programme, chosen.programme_id))
    return own


async def _earlier(session: AsyncSession, chosen: Workshop, choices: Sequence[Option]) -> list[Option]:
    """The workshops that this one can follow; the one it follows is among them."""
    found = [one for one in choices if one.value != str(chosen.id)]
    if chosen.follows_id and str(chosen.follows_id) not in {one.value for one in found}:
        found.append(Option(str(chosen.follows_id), (await session.get_one(Workshop, chosen.follows_id)).title))
    return found


async def _page(
    session: AsyncSession,
    actor: Actor,
    chosen: Workshop,
    choices: Sequence[Option],
    *,
    typed: Mapping[str, str] | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    capacity = await session.get_one(Capacity, chosen.id)
    own = await _programmes(session, actor, chosen)
    values = typed if typed is not None else values_of(chosen, capacity, own)
    return await staff_page(
        session,
        actor,
        "setup_details.html",
        SETUP,
        workshop=chosen,
        status=status,
        chosen=chosen,
        capacity=capacity,
        steps_list=await steps_of(session, actor, chosen),
        values=values,
        programmes=[Option(one.code, one.name) for one in own],
        earlier=await _earlier(session, chosen, choices),
        zones=[Option(zone, f"{short} ({zone})") for zone, short in zones_for(chosen).items()],
        zone=zones_for(chosen)[chosen.timezone],
        errors=errors,
        done=done,
    )
