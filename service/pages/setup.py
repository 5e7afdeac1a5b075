"""The last step of preparation: what is still missing, announcing, calling off, completing, and rehearsal."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain import agenda, change_preview, messaging, publication, workshops, workshops_removal
from service.domain.publication import Finding, Severity
from service.domain.workshops_removal import WorkshopInUse
from service.errors import CannotPublish, InvalidState, NotFound, Refusal
from service.i18n import gettext as _
from service.models.messages import Occasion
from service.models.messaging_shapes import MessagingInput
from service.models.organizers import Organizer
from service.models.registrations import LIVE
from service.models.workshops import Capacity, ReminderKind, Workshop
from service.models.workshops_shapes import WorkshopCancellation
from service.pages import forms
from service.pages.choosing import choose
from service.pages.house import staff_page
from service.pages.menus import HOME, SETUP
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.setup_steps import Step, steps, steps_of
from service.routers.access import Session, allow, allow_first, database_of

__all__ = ["Step", "router", "steps_of"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Writer = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
FirstWriter = Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]


@router.get(SETUP, operation_id="page_setup")
async def show_setup(
    session: Session,
    actor: Writer,
    workshop: Annotated[UUID | None, Query(description="The one to prepare")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The check list of a workshop, and what can be done with it now."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(HOME, status_code=303)
    return await _page(session, actor, chosen, done=done)


@router.post(SETUP + "/{workshop_id}/publish", operation_id="page_publish")
async def publish(workshop_id: UUID, request: Request, actor: FirstWriter) -> Response:
    """Shows a draft to everybody; what is missing is said on the check list. Raises NotFound."""
    database = database_of(request)
    try:
        async with database.write() as session:
            await workshops.publish(session, actor, workshop_id)
    except (CannotPublish, InvalidState) as refused:
        async with database.read() as session:
            return await _refused(session, actor, workshop_id, refused)
    return _back(workshop_id, "published")


@router.post(SETUP + "/{workshop_id}/cancel", operation_id="page_cancel_workshop")
async def cancel(workshop_id: UUID, request: Request, actor: FirstWriter) -> Response:
    """Calls the workshop off; everybody registered is told why, of a draft only if that is chosen. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        reason = {"reason": typed.get("reason", ""), "notify": "notify" in typed if "asked" in typed else None}
        data = forms.read(WorkshopCancellation, reason, {"reason": _("Tuliskan alasannya.")})
        async with database.write() as session:
            row = await workshops.cancel(session, actor, workshop_id, data.reason, notify=data.notify)
            told = not row.never_published if data.notify is None else data.notify
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            return await _refused(session, actor, workshop_id, refused, typed.get("reason", ""))
    return _back(workshop_id, "cancelled" if told else "cancelled_quietly")


@router.post(SETUP + "/{workshop_id}/complete", operation_id="page_complete")
async def complete(workshop_id: UUID, request: Request, actor: FirstWriter) -> Response:
    """Says that the workshop has taken place. Raises NotFound."""
    database = database_of(request)
    try:
        async with database.write() as session:
            await workshops.complete(session, actor, workshop_id)
    except InvalidState as refused:
        async with database.read() as session:
            return await _refused(session, actor, workshop_id, refused)
    return _back(workshop_id, "completed")


@router.post(SETUP + "/{workshop_id}/rehearsal", operation_id="page_switch_rehearsal")
async def switch_rehearsal(workshop_id: UUID, request: Request, session: Session, actor: Writer) -> Response:
    """Has all messages go to the committee alone, or no longer. Raises NotFound."""
    on = (await forms.typed(request)).get("rehearsal") == "on"
    row, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    data = MessagingInput(
        rehearsal=on, reminders=[ReminderKind(kind) for kind in row.reminders], hall_links=row.hall_links
    )
    await messaging.change(session, actor, row, data)
    return _back(workshop_id, "rehearsing" if on else "rehearsed")


@router.post(SETUP + "/{workshop_id}/remove", operation_id="page_remove_workshop")
async def remove(workshop_id: UUID, request: Request, actor: FirstWriter) -> Response:
    """Removes a workshop that was never announced and to which nobody belongs. Raises NotFound."""
    database = database_of(request)
    try:
        async with database.write() as session:
            await workshops_removal.remove(session, actor, workshop_id)
    except (InvalidState, WorkshopInUse) as refused:
        async with database.read() as session:
            return await _refused(session, actor, workshop_id, refused)
    return RedirectResponse(f"{HOME}?done=removed", status_code=303)


def _back(workshop_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{SETUP}?workshop={workshop_id}&done={done}", status_code=303)


async def _refused(
    session: AsyncSession, actor: Actor, workshop_id: UUID, refused: Refusal, reason: str = ""
) -> Response:
    chosen = await workshops.find(session, actor, workshop_id)
    errors = forms.errors_of(refused)
    if isinstance(refused, (CannotPublish, WorkshopInUse)):
        # What is missing stands on the check list below.
        errors = [FormError("", f"{_(refused.title)}.")]
    return await _page(session, actor, chosen, reason=reason, errors=errors, status=refused.status)


async def _page(
    session: AsyncSession,
    actor: Actor,
    chosen: Workshop,
    *,
    done: str = "",
    reason: str = "",
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    found = await publication.readiness(session, chosen)
    house = await session.get_one(Organizer, actor.tenant)
    return await staff_page(
        session,
        actor,
        "setup.html",
        SETUP,
        workshop=chosen,
        status=status,
        chosen=chosen,
        steps_list=steps(chosen, found),
        findings=[_shown(actor, one, chosen) for one in found],
        blocked=any(one.severity is Severity.BLOCKING for one in found),
        told=await change_preview.told(session, chosen, Occasion.WORKSHOP_CANCELLED, LIVE),
        offices=await change_preview.cancelled(session, chosen),
        removable=workshops_removal.removable(chosen),
        uses=workshops_removal.in_words(await workshops_removal.uses(session, chosen))
        if workshops_removal.removable(chosen)
        else [],
        begun=await agenda.last_start(session, chosen) <= clock.now(),
        over=chosen.ends_at <= clock.now(),
        opening=workshops.registration_state(chosen, await session.get_one(Capacity, chosen.id), clock.now()).value,
        public=f"/w/{house.slug}/{chosen.slug}",
        reason=reason,
        errors=errors,
        done=done,
    )


def _shown(actor: Actor, found: Finding, workshop: Workshop) -> dict[str, str]:
    """A finding with the way to put it right, where the actor may go there."""
    of_house = found.place in publication.OF_THE_HOUSE
    may = not of_house or actor.may(Permission.ORGANIZER_WRITE)
    return {
        "owner": "" if may else "yes",
        "severity": found.severity.value,
        "sentence": found.sentence,
        "href": publication.path_of(found.place, workshop) if may and found.code != "rehearsal_on" else "",
    }
