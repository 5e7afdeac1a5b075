"""Registrations: the public form, the committee's list and its decisions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlmodel import col

from service.auth import Actor, ActorKind, Permission
from service.domain import doubles, registrations, registrations_edit, seating, substitutes, workshops
from service.domain.registrations_shapes import matching, read_many
from service.errors import Forbidden
from service.models.registrations import Registration
from service.models.registrations_shapes import (
    ModeChange,
    OptionalReason,
    Reason,
    RegistrationCreate,
    RegistrationFilter,
    RegistrationPatch,
    RegistrationRead,
    RegistrationReceipt,
    Representation,
    SeatCreate,
    SubstituteCreate,
)
from service.routers import visiting
from service.routers.access import Page, Paging, Session, allow, check_version, cursor, int_key, page_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["registrations"])
Reader = Annotated[Actor, allow(Permission.REGISTRATIONS_READ)]
Writer = Annotated[Actor, allow(Permission.REGISTRATIONS_WRITE)]
Doorkeeper = Annotated[Actor, allow(Permission.REGISTRATIONS_WRITE, Permission.CHECKINS_WRITE)]
"""Staff, and whoever stands at the door of the workshop."""


class RegistrationQuery(RegistrationFilter, Paging):
    """Filters of the list."""

    nip: bool = Field(False, description="Show NIPs unmasked (needs contacts:read)")


@router.post("/workshops/{workshop_id}/registrations", operation_id="register", status_code=201)
async def register(
    workshop_id: UUID,
    data: RegistrationCreate,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.PUBLIC)],
    check_doubles: Annotated[
        bool,
        Query(
            description="Staff: refuse (409 `perhaps_registered`) who has the NIP of somebody registered, or, titles"
            " apart, the name together with the contact or the organisation"
        ),
    ] = False,
) -> RegistrationRead | RegistrationReceipt:
    """Registers a person. The public gets a receipt and its links by mail; staff get the registration itself."""
    if actor.may(Permission.REGISTRATIONS_WRITE):
        if check_doubles:
            await doubles.check(session, actor, workshop_id, data)
        row = await registrations.register(session, actor, workshop_id, data)
        return (await read_many(session, actor, [row]))[0]
    if actor.kind not in (ActorKind.STAFF, ActorKind.API_KEY):
        await visiting.count_registration(request, session)
    return RegistrationReceipt.model_validate(await registrations.register_public(session, workshop_id, data))


@router.get("/workshops/{workshop_id}/registrations", operation_id="list_registrations")
async def list_registrations(
    workshop_id: UUID, query: Annotated[RegistrationQuery, Query()], session: Session, actor: Reader
) -> Page[RegistrationRead]:
    """Who is registered, in the order of their numbers."""
    workshop = await workshops.find(session, actor, workshop_id)
    if query.nip:
        actor.require(Permission.CONTACTS_READ)
    statement = matching(workshop.id, query)
    after = query.after(1)
    if after:
        statement = statement.where(Registration.number > int_key(after[0]))
    rows = (await session.exec(statement.order_by(col(Registration.number)).limit(query.limit + 1))).all()
    shown, more = page_of(rows, query.limit)
    items = await read_many(session, actor, shown, show_nip=query.nip)
    return Page(items=items, next=cursor(shown[-1].number) if more else None)


@router.get("/registrations/{registration_id}", operation_id="get_registration", response_model=RegistrationRead)
async def get_registration(
    registration_id: UUID,
    request: Request,
    session: Session,
    actor: Reader,
    nip: Annotated[bool, Query(description="Show the NIP unmasked (needs contacts:read)")] = False,
) -> Response:
    """One registration."""
    if nip and not actor.may(Permission.CONTACTS_READ):
        raise Forbidden
    row = await registrations.find(session, actor, registration_id)
    [shape] = await read_many(session, actor, [row], show_nip=nip)
    return respond(request, shape, row.version)


@router.patch("/registrations/{registration_id}", operation_id="change_registration", response_model=RegistrationRead)
async def change_registration(
    registration_id: UUID, data: RegistrationPatch, request: Request, session: Session, actor: Writer
) -> Response:
    """Changes what is known about a person; needs If-Match."""
    row = await registrations.find_locked(session, actor, registration_id)
    check_version(request, row.version)
    row = await registrations_edit.change(session, actor, row, data)
    return respond(request, (await read_many(session, actor, [row]))[0], row.version)


@router.post("/registrations/{registration_id}/approval", operation_id="approve_registration")
async def approve(registration_id: UUID, session: Session, actor: Writer) -> RegistrationRead:
    """Approves a pending registration: a seat, or the queue when there is none."""
    return await _read(session, actor, await registrations.approve(session, actor, registration_id))


@router.post("/registrations/{registration_id}/rejection", operation_id="reject_registration")
async def reject(registration_id: UUID, data: Reason, session: Session, actor: Writer) -> RegistrationRead:
    """Turns a registration down; the reason is sent to the person."""
    return await _read(session, actor, await registrations.reject(session, actor, registration_id, data.reason))


@router.post("/registrations/{registration_id}/seat", operation_id="give_seat")
async def give_seat(registration_id: UUID, data: SeatCreate, session: Session, actor: Writer) -> RegistrationRead:
    """Gives somebody who waits a seat out of turn: one held for the own organisation, else a free one.

    When there is none, 409 `full`, unless `extra` adds one to the limit. Seats set aside for others stay theirs.
    """
    row = await seating.give(session, actor, registration_id, data.reason, extra=data.extra)
    return await _read(session, actor, row)


@router.post("/registrations/{registration_id}/cancellation", operation_id="cancel_registration")
async def cancel(
    registration_id: UUID, session: Session, actor: Writer, data: OptionalReason | None = None
) -> RegistrationRead:
    """Cancels a registration; its seat goes to the first who waits."""
    reason = data.reason if data else None
    return await _read(session, actor, await registrations.cancel(session, actor, registration_id, reason))


@router.post("/registrations/{registration_id}/substitute", operation_id="substitute_registration", status_code=201)
async def substitute(
    registration_id: UUID, data: SubstituteCreate, session: Session, actor: Doorkeeper
) -> RegistrationRead:
    """Puts somebody else on the seat, also at the door; answers with the substitute's registration."""
    if data.code is not None:
        actor.require(Permission.REGISTRATIONS_WRITE)
    _old, new = await substitutes.substitute(session, actor, registration_id, data)
    return await _read(session, actor, new)


@router.put("/registrations/{registration_id}/represents", operation_id="set_represents")
async def set_represents(
    registration_id: UUID, data: Representation, session: Session, actor: Doorkeeper
) -> RegistrationRead:
    """Notes in whose place somebody comes (mewakili), also at the door; null takes the note away."""
    row = await registrations.find(session, actor, registration_id)
    patch = RegistrationPatch(represents=data.represents)
    return await _read(session, actor, await registrations_edit.change(session, actor, row, patch))


@router.post(
    "/registrations/{registration_id}/links", operation_id="renew_links", openapi_extra={"x-idempotency": False}
)
async def renew_links(registration_id: UUID, session: Session, actor: Writer) -> RegistrationRead:
    """Replaces a person's links and ticket, e.g. after `link_shared_at`; the new ones are sent, the old are dead."""
    return await _read(session, actor, await registrations_edit.relink(session, actor, registration_id))


@router.put(
    "/registrations/{registration_id}/mode",
    operation_id="switch_registration_mode",
    response_model=RegistrationRead,
    openapi_extra={"x-if-match": "sometimes"},
)
async def switch_mode(
    registration_id: UUID, data: ModeChange, request: Request, session: Session, actor: Doorkeeper
) -> Response:
    """Moves a person between hall and online; 409 `mode_full` keeps the old seat. Needs If-Match, not at the door."""
    row, _workshop, _capacity = await registrations.find_for_change(session, actor, registration_id)
    if actor.may(Permission.REGISTRATIONS_WRITE):
        check_version(request, row.version)
    row = await registrations.switch_mode(session, actor, registration_id, data.mode)
    return respond(request, await _read(session, actor, row), row.version)


async def _read(session: Session, actor: Actor, row: Registration) -> RegistrationRead:
    return (await read_many(session, actor, [row]))[0]
