"""What the committee does with one person: each a form on the person's page, refused there with what was typed."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import (
    messages,
    privacy,
    registrations,
    registrations_again,
    registrations_edit,
    seating,
    substitutes,
)
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.privacy_shapes import ErasureReason
from service.models.registrations_shapes import ModeChange, OptionalReason, Reason, SubstituteCreate
from service.pages import forms
from service.pages.forms import BadForm, S, Typed
from service.pages.menus import REGISTRATIONS
from service.pages.registrations_person import person_page
from service.pages.registrations_wanted import person_at, wanted_of
from service.pages.route import PageRoute
from service.routers.access import allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Writer = Annotated[Actor, allow_first(Permission.REGISTRATIONS_WRITE)]
Sender = Annotated[Actor, allow_first(Permission.MESSAGES_WRITE)]
Deed = Callable[[AsyncSession, Typed], Awaitable[UUID]]
"""Does what a form asks for; answers whose page to go to."""
HERE = REGISTRATIONS + "/{registration_id}"
SUBSTITUTE = ("name", "email", "phone", "position", "represents")


@router.post(HERE + "/approval", operation_id="page_approve_registration")
async def approve(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """A seat, or the queue when there is none."""

    async def deed(session: AsyncSession, _typed: Typed) -> UUID:
        return (await registrations.approve(session, actor, registration_id)).id

    return await _do(request, actor, registration_id, deed, "approved")


@router.post(HERE + "/rejection", operation_id="page_reject_registration")
async def reject(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """Turns the person down; the reason is sent."""

    async def deed(session: AsyncSession, typed: Typed) -> UUID:
        reason = _reason(Reason, typed, "reason-reject").reason
        return (await registrations.reject(session, actor, registration_id, reason)).id

    return await _do(request, actor, registration_id, deed, "rejected")


@router.post(HERE + "/seat", operation_id="page_give_seat")
async def give_seat(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """A seat for somebody who waits, out of turn; one more than there were only when the page said so."""

    async def deed(session: AsyncSession, typed: Typed) -> UUID:
        reason = _reason(Reason, typed, "reason-seat").reason
        return (await seating.give(session, actor, registration_id, reason, extra="extra" in typed)).id

    return await _do(request, actor, registration_id, deed, "seated")


@router.post(HERE + "/cancellation", operation_id="page_cancel_registration")
async def cancel(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """Frees the seat for the first who waits."""

    async def deed(session: AsyncSession, typed: Typed) -> UUID:
        reason = _reason(OptionalReason, typed, "reason-cancel").reason
        return (await registrations.cancel(session, actor, registration_id, reason)).id

    return await _do(request, actor, registration_id, deed, "cancelled")


@router.post(HERE + "/again", operation_id="page_register_again")
async def register_again(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """Registers the person anew, and shows the new registration."""

    async def deed(session: AsyncSession, _typed: Typed) -> UUID:
        return (await registrations_again.register_again(session, actor, registration_id)).id

    return await _do(request, actor, registration_id, deed, "again")


@router.post(HERE + "/mode", operation_id="page_switch_mode")
async def switch_mode(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """Moves the person between hall and online."""

    async def deed(session: AsyncSession, typed: Typed) -> UUID:
        mode = forms.read(ModeChange, {"mode": typed.get("mode", "")}, forms.advice()).mode
        return (await registrations.switch_mode(session, actor, registration_id, mode)).id

    return await _do(request, actor, registration_id, deed, "switched")


@router.post(HERE + "/substitute", operation_id="page_substitute")
async def substitute(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """Puts somebody else on the seat, and shows that person."""

    async def deed(session: AsyncSession, typed: Typed) -> UUID:
        values = {name: typed[name] for name in SUBSTITUTE if name in typed}
        data = forms.read(SubstituteCreate, values, forms.advice())
        _old, new = await substitutes.substitute(session, actor, registration_id, data)
        return new.id

    return await _do(request, actor, registration_id, deed, "substituted")


@router.post(HERE + "/links", operation_id="page_renew_person_links")
async def renew_links(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """New ticket and links; the old ones are dead."""

    async def deed(session: AsyncSession, _typed: Typed) -> UUID:
        return (await registrations_edit.relink(session, actor, registration_id)).id

    return await _do(request, actor, registration_id, deed, "relinked")


@router.post(HERE + "/erasure", operation_id="page_erase_registration")
async def erase(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """Erases the person's data, as the person could."""
    actor.require(Permission.CONTACTS_READ)

    async def deed(session: AsyncSession, typed: Typed) -> UUID:
        reason = _reason(ErasureReason, typed, "reason-erase").reason
        return (await privacy.erase(session, actor, registration_id, reason)).id

    return await _do(request, actor, registration_id, deed, "erased")


@router.post(HERE + "/resend", operation_id="page_resend_to_person")
async def resend(registration_id: UUID, request: Request, actor: Sender) -> Response:
    """Sends one of the person's messages again, to the contact as it is now."""
    actor.require(Permission.REGISTRATIONS_READ)

    async def deed(session: AsyncSession, typed: Typed) -> UUID:
        message = await messages.find(session, actor, _id(typed.get("message", "")))
        if message.registration_id != registration_id:
            raise NotFound
        await messages.resend(session, actor, message.id)
        return registration_id

    return await _do(request, actor, registration_id, deed, "resent")


async def _do(request: Request, actor: Actor, registration_id: UUID, deed: Deed, done: str) -> Response:
    """A refusal shows the page again, in a transaction that has seen none of it. Raises NotFound."""
    typed = await forms.typed(request)
    wanted = wanted_of(request.query_params)
    database = database_of(request)
    try:
        async with database.write() as session:
            await registrations.find(session, actor, registration_id)
            shown = await deed(session, typed)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            errors = forms.errors_of(refused)
            status = refused.status
            return await person_page(session, actor, registration_id, wanted, typed=typed, errors=errors, status=status)
    return RedirectResponse(person_at(shown, wanted, done), status_code=303)


def _reason(shape: type[S], typed: Typed, field: str) -> S:
    """The reason typed into the form's own field. Raises InvalidInput."""
    try:
        return forms.read(shape, {"reason": typed.get(field)}, {"reason": _("Tuliskan alasannya.")})
    except InvalidInput as refused:
        raise InvalidInput.at(f"/{field}", forms.errors_of(refused)[0].message) from refused


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as broken:
        raise BadForm from broken
