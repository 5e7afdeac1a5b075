"""The page of whoever works at the door: opens the station on this browser, and records people by hand without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import checkins, doorkeeping, workshops
from service.domain.doorkeeping import HalfDay, Visitor
from service.domain.identity import canonical_name
from service.domain.own_reasons import UNDONE_AT_DESK
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.attendance import Method
from service.models.attendance_shapes import Admit, CheckinCreate, CheckinRead, WalkIn
from service.models.devices_shapes import DeviceCreate
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.checkin import PATH as STATION
from service.pages.choosing import choose
from service.pages.door import is_safe
from service.pages.forms import BadForm, Typed
from service.pages.house import staff_page
from service.pages.menus import DOOR, MY_DOOR, works_at_door
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Keeper = Annotated[Actor, allow(Permission.CHECKINS_WRITE)]
FirstKeeper = Annotated[Actor, allow_first(Permission.CHECKINS_WRITE)]
_FIELDS = {"name": "walk-in-name", "walk_in/organisation": "organisation"}


@dataclass(frozen=True)
class Recorded:
    """What the last entry by hand came to: the half-day's name for people; `undo` where it can still be undone.

    `gone`: the person was known to nobody but the door, and was cancelled with it.
    """

    told: CheckinRead
    label: str
    undone: bool
    undo: str
    gone: bool = False
    office: str = ""


@router.get(MY_DOOR, operation_id="page_my_door")
async def show_door(
    session: Session,
    actor: Keeper,
    workshop: Annotated[UUID | None, Query()] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    recorded: Annotated[UUID | None, Query()] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The door of one of the actor's workshops; without a choice of the one that runs or is nearest."""
    _choices, chosen = await choose(session, actor, workshop)
    return await _page(session, actor, chosen, words=q.strip(), recorded=recorded, done=done)


@router.post(MY_DOOR + "/{workshop_id}/browser", operation_id="page_pair_browser")
async def pair(workshop_id: UUID, request: Request, actor: FirstKeeper) -> Response:
    """Pairs this browser and opens the station; its secret travels in the part of the address that is never sent."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            data = forms.read(DeviceCreate, {"name": typed.get("browser", "")}, {"name": _("Tuliskan nama perangkat.")})
            _row, token = await doorkeeping.pair(session, actor, workshop_id, data)
    except NotFound:
        raise
    except Refusal as refused:
        errors = [FormError("browser" if one.field == "name" else "", one.message) for one in forms.errors_of(refused)]
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            return await _page(session, actor, workshop, typed=typed, errors=errors, status=refused.status)
    return RedirectResponse(f"{STATION}#{token}", status_code=303)


@router.post(MY_DOOR + "/browsers/{device_id}/release", operation_id="page_release_browser")
async def release(device_id: UUID, session: Session, actor: Keeper) -> Response:
    """Ends one of the actor's own browsers."""
    row = await doorkeeping.release(session, actor, device_id)
    return _back(row.workshop_id, done="released")


@router.post(MY_DOOR + "/{workshop_id}/checkins", operation_id="page_check_in_by_hand")
async def check_in(workshop_id: UUID, request: Request, actor: FirstKeeper) -> Response:
    """Records somebody who is registered (`person`), or who is not.

    Asks first where somebody of that name and organisation is registered, unless it is said to be `another`.
    """
    typed = await forms.typed(request)
    database = database_of(request)
    if not ("person" in typed or "another" in typed):
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            twins = await _twins(session, actor, workshop, typed)
            if twins:
                return await _page(session, actor, workshop, typed=typed, twins=twins, status=409)
    try:
        async with database.write() as session:
            told = await checkins.check_in(session, actor, workshop_id, await _entry(session, actor, typed))
    except NotFound:
        raise
    except Refusal as refused:
        errors = [FormError(_FIELDS.get(one.field, one.field), one.message) for one in forms.errors_of(refused)]
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            return await _page(session, actor, workshop, typed=typed, errors=errors, status=refused.status)
    return _back(workshop_id, recorded=told.checkin_id)


@router.post(MY_DOOR + "/checkins/{checkin_id}/undo", operation_id="page_undo_checkin_by_hand")
async def undo(checkin_id: UUID, session: Session, actor: Keeper) -> Response:
    """Undoes an entry; the fact stays, marked."""
    row = await checkins.annul(session, actor, checkin_id, UNDONE_AT_DESK)
    return _back(row.workshop_id, recorded=row.id)


def _back(workshop_id: UUID, *, recorded: UUID | None = None, done: str = "") -> Response:
    query = {"workshop": workshop_id, "recorded": recorded, "done": done}
    return RedirectResponse(f"{MY_DOOR}?{urlencode({k: v for k, v in query.items() if v})}", status_code=303)


async def _twins(session: AsyncSession, actor: Actor, workshop: Workshop, typed: Typed) -> list[Visitor]:
    """Who may be the walk-in, if a name and an organisation were typed. A repeated form is that same walk-in."""
    name, office = typed.get("walk-in-name", ""), typed.get("organisation", "")
    if not name or not office or await doorkeeping.is_recorded(session, workshop.id, typed.get("nonce", "")):
        return []
    days = await doorkeeping.half_days(session, workshop)
    block = next((one.block.id for one in days if one.current), None)
    return await doorkeeping.alike(session, actor, workshop.id, name, office, block)


async def _entry(session: AsyncSession, actor: Actor, typed: Typed) -> CheckinCreate:
    """Raises InvalidInput, BadForm."""
    try:
        nonce, person = UUID(typed.get("nonce", "")), UUID(typed["person"]) if "person" in typed else None
    except ValueError as broken:
        raise BadForm from broken
    reason = typed.get("reason")
    return CheckinCreate(
        registration_id=person,
        walk_in=None if person else await _walk_in(session, actor, typed, nonce),
        method=Method.MANUAL,
        claimed_at=clock.now(),
        nonce=nonce,
        admit=forms.read(Admit, {"reason": reason}, {"reason": _("Tuliskan alasannya.")}) if reason else None,
    )


async def _walk_in(session: AsyncSession, actor: Actor, typed: Typed, nonce: UUID) -> WalkIn:
    """An organisation that is typed like one of the list is that one. Raises InvalidInput."""
    office = typed.get("organisation")
    known = {canonical_name(name): code for code, name in await doorkeeping.organisation_names(session, actor)}
    code = known.get(canonical_name(office)) if office else None
    values = {
        "client_id": str(nonce),
        "name": typed.get("walk-in-name", ""),
        "organisation": code,
        "organisation_name": None if code else office,
        "represents": typed.get("represents"),
    }
    return forms.read(WalkIn, values, {"name": _("Tuliskan nama lengkap.")})


async def _page(
    session: AsyncSession,
    actor: Actor,
    chosen: Workshop | None,
    *,
    words: str = "",
    recorded: UUID | None = None,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    twins: Sequence[Visitor] = (),
) -> Response:
    choices, _default = await choose(session, actor, chosen.id if chosen else None)
    only = works_at_door(actor)
    days = await doorkeeping.half_days(session, chosen) if chosen else []
    now = next((one for one in days if one.current), None)
    block = now.block.id if now else None
    base_url = settings_of(session).base_url
    return await staff_page(
        session,
        actor,
        "doorkeeper.html",
        MY_DOOR if only else DOOR,
        workshop=None if only else chosen,
        status=status,
        mine=MY_DOOR,
        choices=choices,
        chosen=chosen,
        base=f"{MY_DOOR}/{chosen.id}" if chosen else "",
        days=days,
        now=now,
        coming=next((one for one in days if one.block.checkin_from > clock.now()), None),
        browsers=await doorkeeping.own(session, actor, chosen.id) if chosen else [],
        station=STATION,
        safe=is_safe(base_url),
        words=words,
        found=await doorkeeping.search(session, actor, chosen.id, words, block) if chosen and words else [],
        offices=[name for _code, name in await doorkeeping.organisation_names(session, actor)] if chosen else [],
        last=await _recorded(session, actor, recorded, days) if recorded else None,
        nonce=uuid4,
        typed=typed or {},
        errors=errors,
        done=done,
        twins=twins,
    )


async def _recorded(session: AsyncSession, actor: Actor, checkin_id: UUID, days: Sequence[HalfDay]) -> Recorded:
    """Raises NotFound."""
    offices = dict(await doorkeeping.organisation_names(session, actor))
    told, undone, gone = await doorkeeping.recorded(session, actor, checkin_id)
    label = next((one.block.label for one in days if one.block.code == told.block), "")
    code = (told.registration.organisation if told.registration else None) or ""
    return Recorded(told, label, undone, f"{MY_DOOR}/checkins/{checkin_id}/undo", gone, offices.get(code, code))
