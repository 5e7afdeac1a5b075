"""What a participant does with the token of the mailed link."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import qr
from service.domain import join_uses, registrations, registrations_edit, rooms, substitutes
from service.domain.registrations_shapes import read_own, ticket_of
from service.errors import InvalidInput, JoinNotOpen, LinkNotReady, NotFound
from service.i18n import gettext as _
from service.models.registrations import Registration
from service.models.registrations_shapes import (
    ModeChange,
    MyRegistrationPatch,
    MyRegistrationRead,
    OptionalReason,
    SubstituteCreate,
)
from service.models.rooms_shapes import JoinLink
from service.problems import problem
from service.routers import visiting
from service.routers.access import Session, allow, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1/my", route_class=ApiRoute, tags=["my"])
Participant = Annotated[Actor, allow(Permission.REGISTRATION_OWN)]


async def _own(session: AsyncSession, actor: Actor) -> Registration:
    if actor.id is None:
        raise NotFound
    return await registrations.find(session, actor, actor.id)


@router.get("/registration", operation_id="get_my_registration", response_model=MyRegistrationRead)
async def get_registration(request: Request, session: Session, actor: Participant) -> Response:
    """The person's own registration."""
    row = await _own(session, actor)
    return respond(request, await read_own(session, row), row.version)


@router.patch("/registration", operation_id="change_my_registration", response_model=MyRegistrationRead)
async def change_registration(
    data: MyRegistrationPatch, request: Request, session: Session, actor: Participant
) -> Response:
    """Corrects name, position and the like; contact data is changed by the committee."""
    row = await registrations_edit.change(session, actor, await _own(session, actor), data)
    return respond(request, await read_own(session, row), row.version)


@router.put("/registration/mode", operation_id="switch_my_mode")
async def switch_mode(data: ModeChange, session: Session, actor: Participant) -> MyRegistrationRead:
    """Moves to the hall or online if there is a seat; otherwise the old seat is kept (409 `mode_full`)."""
    row = await _own(session, actor)
    return await read_own(session, await registrations.switch_mode(session, actor, row.id, data.mode))


@router.post("/registration/cancellation", operation_id="cancel_my_registration")
async def cancel(session: Session, actor: Participant, data: OptionalReason | None = None) -> MyRegistrationRead:
    """Gives the seat back."""
    row = await _own(session, actor)
    return await read_own(session, await registrations.cancel(session, actor, row.id, data.reason if data else None))


@router.post("/registration/substitute", operation_id="substitute_me", status_code=201)
async def substitute(data: SubstituteCreate, session: Session, actor: Participant) -> MyRegistrationRead:
    """Names who comes instead. Answers with the old registration, its links dead; the substitute gets new ones."""
    if not (data.email or data.phone):
        raise InvalidInput.at("/email", _("Isi alamat surel atau nomor telepon."))
    if data.code is not None:
        raise InvalidInput.at("/code", _("Kode ditetapkan oleh panitia."))
    row = await _own(session, actor)
    old, _new = await substitutes.substitute(session, actor, row.id, data)
    return await read_own(session, old)


@router.get("/ticket.svg", operation_id="get_my_ticket", response_class=Response)
async def get_ticket(session: Session, actor: Participant) -> Response:
    """The ticket's QR code as SVG."""
    row = await _own(session, actor)
    return Response(qr.svg(ticket_of(session, row)), media_type="image/svg+xml")


@router.post("/join", operation_id="join", response_model=JoinLink, openapi_extra={"x-idempotency": False})
async def join(request: Request, session: Session, actor: Participant) -> JoinLink | Response:
    """The way into the online room, inside its window: 409 `join_not_open` with `opens_at`, 409 `link_not_ready`.

    Somebody with a seat in the hall asks for it by this very call, or is told 409 `join_not_for_hall`.
    """
    row = await _own(session, actor)
    try:
        link = await rooms.join(session, row)
    except (JoinNotOpen, LinkNotReady) as refusal:
        # Answered, not raised: what was asked for has to be kept.
        return problem(request, refusal)
    await join_uses.record(session, row, visiting.place_of(request))
    return link
