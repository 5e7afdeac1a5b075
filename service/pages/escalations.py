"""What follows when reminders do not help, as the committee sees it: letters to sign, and the secretary's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain import escalations, escalations_read, organisations, organizers
from service.domain.escalations_read import Filters
from service.domain.working_days import holidays_of
from service.errors import InvalidInput, Stale
from service.i18n import gettext as _
from service.models.escalations import EscalationLevel
from service.models.escalations_shapes import EscalationHandled, EscalationPatch, EscalationRule
from service.models.organizers import Organizer
from service.models.organizers_shapes import OrganizerPatch
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import BadForm, Typed
from service.pages.house import staff_page
from service.pages.menus import COMMITMENTS, ESCALATIONS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Paging, Session, allow, cursor, keyset_id, keyset_instant, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Reviewer = Annotated[Actor, allow(Permission.COMMITMENTS_REVIEW)]
Show = Literal["open", "handled"]
SHOWN, AHEAD = 50, 10


@dataclass(frozen=True)
class Coming:
    """A step that will be taken unless the data comes before."""

    organisation: str
    level: EscalationLevel
    day: date


@router.get(ESCALATIONS, operation_id="page_escalations")
async def show_escalations(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    show: Annotated[Show, Query(description="What waits for the committee, or what was dealt with")] = "open",
    after: Annotated[str | None, Query(max_length=500, description="Where the list goes on")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Letters to be signed and organisations on the regional secretary's list. Opening the page changes nothing."""
    return await _page(session, actor, workshop, show=show, after=after, done=done)


@router.post(ESCALATIONS + "/rule", operation_id="page_change_escalation_rule")
async def change_rule(
    request: Request, session: Session, actor: Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
) -> Response:
    """After how many days a letter and the list follow, and to whom letters go."""
    typed = await forms.typed(request)
    house = await organizers.own(session, actor, lock=True)
    try:
        workshop = UUID(typed.get("workshop", ""))
    except ValueError as broken:
        raise BadForm from broken
    if typed.get("version") != str(house.version):
        # Somebody else has changed it meanwhile: the form shows what holds now.
        return await _page(session, actor, workshop, errors=forms.errors_of(Stale()))
    try:
        rule = forms.read(EscalationRule, _rule_typed(typed), _rule_advice())
        await organizers.change_organizer(session, actor, house, OrganizerPatch(escalation=rule))
    except InvalidInput as refused:
        return await _page(session, actor, workshop, errors=_rule_errors(refused), typed=typed)
    return _back(workshop, "rule")


def _rule_typed(typed: Typed) -> dict[str, object]:
    """An empty field switches a step off."""
    days = {name: typed.get(name) for name in ("letter_after", "list_after")}
    counts = {name: int(text) if text and text.isdecimal() and text.isascii() else text for name, text in days.items()}
    return {**counts, "send": "send" in typed}


def _rule_advice() -> dict[str, str]:
    return dict.fromkeys(("letter_after", "list_after"), _("Isi dengan angka 1 sampai 250, atau kosongkan."))


def _rule_errors(refused: InvalidInput) -> list[FormError]:
    found = forms.errors_of(refused)
    later = _("Isi dengan jumlah hari yang lebih besar daripada untuk surat.")
    return [FormError("list_after", later) if one.field.startswith("escalation/") else one for one in found]


@router.post(ESCALATIONS + "/{escalation_id}", operation_id="page_change_escalation")
async def change(escalation_id: UUID, request: Request, session: Session, actor: Reviewer) -> Response:
    """Gives the letter its number, or says that it was dealt with: the button `do` tells."""
    typed = await forms.typed(request)
    row = await escalations.find(session, actor, escalation_id, lock=True)
    try:
        if typed.get("do") == "handled":
            handled = forms.read(
                EscalationHandled, {"note": typed.get("note") or None}, {"note": _("Persingkat catatan.")}
            )
            await escalations.handle(session, actor, row.id, handled.note)
            return _back(row.workshop_id, "handled")
        advice = {"letter_number": _("Tuliskan nomor surat dalam satu baris.")}
        patch = forms.read(EscalationPatch, {"letter_number": typed.get("letter_number") or None}, advice)
    except InvalidInput as refused:
        errors = [FormError(f"{one.field}-{escalation_id}", one.message) for one in forms.errors_of(refused)]
        return await _page(session, actor, row.workshop_id, errors=errors)
    await escalations.change(session, row, patch)
    return _back(row.workshop_id, "numbered")


def _back(workshop_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{ESCALATIONS}?{urlencode({'workshop': workshop_id, 'done': done})}", status_code=303)


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    *,
    show: Show = "open",
    after: str | None = None,
    errors: Sequence[FormError] = (),
    done: str = "",
    typed: Typed | None = None,
) -> Response:
    choices, chosen = await choose(session, actor, workshop_id)
    shown = await _about(session, actor, chosen, show, after) if chosen else {}
    return await staff_page(
        session,
        actor,
        "escalations.html",
        COMMITMENTS,
        workshop=None,
        status=422 if errors else 200,
        choices=choices,
        chosen=chosen,
        show=show,
        may_review=actor.may(Permission.COMMITMENTS_REVIEW),
        errors=errors,
        done=done,
        typed=typed,
        **shown,
    )


async def _about(
    session: AsyncSession, actor: Actor, workshop: Workshop, show: Show, after: str | None
) -> dict[str, object]:
    house = await session.get_one(Organizer, workshop.organizer_id)
    key = Paging(limit=SHOWN, cursor=after).after(2)
    begin = (keyset_instant(key[0]), keyset_id(key[1])) if key else None
    wanted = Filters(workshop=workshop.id, handled=show == "handled")
    items, more = page_of(await escalations_read.page(session, actor, wanted, begin, SHOWN + 1), SHOWN)
    here = {one: f"{ESCALATIONS}?{urlencode({'workshop': workshop.id, 'show': one})}" for one in ("open", "handled")}
    following = cursor(items[-1].raised_at.isoformat(), items[-1].id) if more else ""
    return {
        "items": items,
        "shows": here,
        "more": f"{here[show]}&{urlencode({'after': following})}" if following else "",
        "rule": escalations.rule_of(house),
        "version": house.version if actor.may(Permission.ORGANIZER_WRITE) else None,
        "coming": await _coming(session, workshop, house),
        "papers": f"/api/v1/workshops/{workshop.id}/escalation-list",
    }


async def _coming(session: AsyncSession, workshop: Workshop, house: Organizer) -> list[Coming]:
    """The next steps, the nearest first; what should have been by now comes on the next working morning."""
    found = await escalations.steps(session, workshop, house, await holidays_of(session, house.id))
    nearest = sorted(found, key=lambda step: step.day)[:AHEAD]
    named = await organisations.names(session, [step.organisation_id for step in nearest])
    today = clock.local_date(clock.now(), house.timezone)
    return [Coming(named[step.organisation_id][1], step.level, max(step.day, today)) for step in nearest]
