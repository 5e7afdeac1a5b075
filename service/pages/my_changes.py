"""What a participant changes behind the mailed link: data, answers, who comes, whether anybody comes."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import registrations, registrations_edit, registrations_form, substitutes
from service.domain.identity import mask_nip
from service.errors import InvalidInput, NotFound
from service.models.organizers import Organizer
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import MyRegistrationPatch, OptionalReason, SubstituteCreate
from service.models.workshops import Workshop
from service.pages import answers, forms, my_details
from service.pages.done import Deed, done_page
from service.pages.forms import Typed
from service.pages.my import show_page
from service.pages.participants import participant_page, registration_of, submit
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.standing import is_over
from service.pages.visitors import Token, Visitor
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
CORRECTED = ("name", "position", "rank", "represents")
SUBSTITUTE = ("name", "position", "email", "phone")


@router.get("/my/{token}/data", operation_id="page_my_data")
async def show_data(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The form in which the person corrects what is known."""
    row = await registration_of(session, token)
    typed = {name: value for name in CORRECTED if (value := getattr(row, name))}
    return await _data_form(session, token, typed)


@router.post("/my/{token}/data", operation_id="page_correct_my_data")
async def correct_data(token: Token, request: Request, _visitor: Visitor) -> Response:
    """Takes the corrections over; an empty field clears, except for the NIP, which is never shown."""
    return await submit(request, token, _correct, _data_form)


@router.get("/my/{token}/answers", operation_id="page_my_answers")
async def show_answers(token: Token, session: Session, _visitor: Visitor) -> Response:
    """The organizer's questions, with what was answered."""
    row = await registration_of(session, token)
    asked = my_details.asked(row, await session.get_one(Workshop, row.workshop_id))
    return await _answers_form(session, token, answers.typed_of(asked, row.answers))


@router.post("/my/{token}/answers", operation_id="page_answer")
async def change_answers(token: Token, request: Request, _visitor: Visitor) -> Response:
    """Keeps the answers: all of them, or only what was missing (`do` says missing)."""
    return await submit(request, token, _answer, _answers_form)


@router.get("/my/{token}/substitute", operation_id="page_my_substitute")
async def show_substitute(token: Token, session: Session, _visitor: Visitor) -> Response:
    """Who comes instead, and what that means."""
    return await _substitute_form(session, token, {})


@router.post("/my/{token}/substitute", operation_id="page_substitute_me")
async def substitute(token: Token, request: Request, _visitor: Visitor) -> Response:
    """Gives the seat to somebody else; the person's own page is gone then."""
    return await submit(request, token, _substitute, _substitute_form)


@router.get("/my/{token}/cancel", operation_id="page_my_cancel")
async def show_cancel(token: Token, session: Session, _visitor: Visitor) -> Response:
    """Asks whether nobody is to come, and why."""
    return await _cancel_form(session, token, {})


@router.post("/my/{token}/cancel", operation_id="page_cancel_me")
async def cancel(token: Token, request: Request, _visitor: Visitor) -> Response:
    """Gives the seat back."""
    return await submit(request, token, _cancel, _cancel_form)


async def _correct(session: AsyncSession, actor: Actor, typed: Typed) -> str:
    row = await _own(session, actor)
    values: dict[str, object] = {name: typed.get(name) for name in CORRECTED}
    if typed.get("nip") or typed.get("forget_nip"):
        values["nip"] = typed.get("nip")
    advice = forms.advice()
    if not values["name"]:
        raise InvalidInput.at("/name", advice["name"])
    await registrations_edit.change(session, actor, row, forms.read(MyRegistrationPatch, values, advice))
    return "corrected"


async def _answer(session: AsyncSession, actor: Actor, typed: Typed) -> str:
    row = await _own(session, actor)
    workshop = await session.get_one(Workshop, row.workshop_id)
    choose = my_details.missing if typed.get("do") == "missing" else my_details.asked
    asked = choose(row, workshop)
    said = answers.said(asked, typed, row.answers)
    faults = registrations_form.faults_of(asked, said, row.mode, row.role, kept=row.answers)
    if faults:
        raise InvalidInput([{"pointer": pointer, "message": message} for pointer, message in faults])
    patch = MyRegistrationPatch.model_validate({"answers": said})
    await registrations_edit.change(session, actor, row, patch)
    return "answered"


async def _substitute(session: AsyncSession, actor: Actor, typed: Typed) -> str:
    data = forms.read(SubstituteCreate, {name: typed[name] for name in SUBSTITUTE if name in typed}, forms.advice())
    forms.check_reachable(data)
    row = await _own(session, actor)
    house = await session.get_one(Organizer, row.organizer_id)
    await substitutes.substitute(session, actor, row.id, data)
    return done_page(house.slug, Deed.SUBSTITUTED)


async def _cancel(session: AsyncSession, actor: Actor, typed: Typed) -> str:
    row = await _own(session, actor)
    data = forms.read(OptionalReason, {"reason": typed.get("reason")}, {})
    await registrations.cancel(session, actor, row.id, data.reason)
    return "cancelled"


async def _own(session: AsyncSession, actor: Actor) -> Registration:
    assert actor.id is not None
    return await registrations.find(session, actor, actor.id)


async def _data_form(
    session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError] = (), status: int = 200
) -> Response:
    row = await registration_of(session, token)
    if row.status not in LIVE:
        raise NotFound
    return await participant_page(
        session,
        row,
        "my_data.html",
        token,
        status=status,
        nip=mask_nip(row.nip),
        typed=typed,
        errors=errors,
    )


async def _answers_form(
    session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError] = (), status: int = 200
) -> Response:
    row = await registration_of(session, token)
    workshop = await session.get_one(Workshop, row.workshop_id)
    asked = my_details.asked(row, workshop)
    if row.status not in LIVE or not asked:
        raise NotFound
    names = answers.labels(asked)
    errors = [replace(one, label=names.get(one.field, "")) for one in errors]
    if typed.get("do") == "missing":
        return await show_page(session, token, typed, errors, status)
    return await participant_page(
        session, row, "my_answers.html", token, status=status, asked=asked, typed=typed, errors=errors
    )


async def _substitute_form(
    session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError] = (), status: int = 200
) -> Response:
    return await _leaving(session, token, "my_substitute.html", typed, errors, status)


async def _cancel_form(
    session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError] = (), status: int = 200
) -> Response:
    return await _leaving(session, token, "my_cancel.html", typed, errors, status)


async def _leaving(
    session: AsyncSession, token: str, template: str, typed: Typed, errors: Sequence[FormError], status: int
) -> Response:
    """A form that gives the seat away, while there is one to give. A refusal is shown even when there is none left."""
    row = await registration_of(session, token)
    if not errors and (row.status not in LIVE or is_over(await session.get_one(Workshop, row.workshop_id))):
        raise NotFound
    return await participant_page(session, row, template, token, status=status, typed=typed, errors=errors)
