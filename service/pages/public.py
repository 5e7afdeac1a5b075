"""One workshop as everybody may see it, and its registration form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import settings_of
from service.documents.map_links import map_links
from service.documents.privacy import notice_of
from service.domain import organisations, questions, registrations, registrations_form, workshops
from service.domain.afterwards import EVERYBODY
from service.domain.contacts import Contact
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _, language
from service.models.organizers import Organizer
from service.models.registrations import RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate
from service.models.workshops import Mode, RegistrationState, Workshop
from service.models.workshops_shapes import WorkshopRead
from service.pages import answers, forms, linked_data
from service.pages.afterwards import left
from service.pages.forms import Option, Typed
from service.pages.guards import Verdict, hidden, judge
from service.pages.house import house_page
from service.pages.render import FormError, speak_days
from service.pages.route import PageRoute
from service.pages.visitors import (
    Front,
    Visitor,
    Word,
    base_of,
    find_house,
    find_id,
    find_workshop,
    modality_word,
    mode_words,
    open_page,
    query_of,
    shortened,
)
from service.routers.access import Session, database_of
from service.routers.visiting import count_registration

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_ORGANISATIONS = 1000
PLAIN = ("name", "position", "rank", "nip", "represents", "email", "phone", "mode")
WHATSAPP = "whatsapp"
FIRST = ("name", "position", "organisation", "organisation_name", "email", "phone", "mode")
LAST = ("rank", "nip", "represents", "consent")
"""The fields as they stand on the form, above and below the questions: the summary of refusals follows the eye."""


@router.get("/w/{organizer}/{slug}", operation_id="page_workshop")
async def show_workshop(organizer: Word, slug: Word, request: Request, session: Session, _visitor: Visitor) -> Response:
    """A workshop: when, where, what, how many seats are left, and the form to register."""
    house, workshop = await find_house(session, organizer), await find_workshop(session, organizer, slug)
    guard = hidden(settings_of(session))
    front = _front(session, house, workshop)
    context = await context_of(session, house, workshop)
    context["left"] = await left(session, workshop.id, EVERYBODY, str(context["action"]))
    event = linked_data.event(workshop, house, f"{base_of(session)}/o/{house.slug}", front.image or "")
    linked = linked_data.data_block(event)
    return open_page(
        request, session, house, "workshop.html", front=front, stamp=guard.stamp, guard=guard, linked=linked, **context
    )


@router.post("/w/{organizer}/{slug}", operation_id="page_register")
async def register(organizer: Word, slug: Word, request: Request, _visitor: Visitor) -> Response:
    """Registers a person; what was wrong is said on the form, with what was typed still in it."""
    typed = await forms.typed(request)
    outcome = await attempt(request, organizer, slug, typed)
    if isinstance(outcome, Refused):
        async with database_of(request).read() as session:
            workshop = await find_workshop(session, organizer, slug)
            return await _refused(session, organizer, workshop, typed, outcome)
    return RedirectResponse(f"/w/{organizer}/{slug}/registered?{onward(outcome, typed)}", status_code=303)


@dataclass(frozen=True)
class Refused:
    """A form that was not taken: what is wrong with it, and the answer's status."""

    errors: Sequence[FormError]
    status: int = InvalidInput.status
    retry_after: int | None = None


async def attempt(request: Request, organizer: str, slug: str, typed: Typed) -> RegistrationStatus | Refused:
    """Registers who typed this, in transactions of its own: what a new registration gets now. Raises NotFound."""
    database = database_of(request)
    verdict = judge(typed, database.settings)
    if verdict is not Verdict.OK:
        async with database.read() as session:
            workshop = await find_workshop(session, organizer, slug)
        if verdict is Verdict.TRAPPED:
            return _pretended(workshop, typed)
        return Refused([FormError("", _("Silakan kirim sekali lagi."))])
    labels: dict[str, str] = {}
    try:
        async with database.write() as session:
            await count_registration(request, session)
            row = await workshops.find_public(session, await find_id(session, organizer, slug))
            labels = answers.labels(answers.asked(row.questions))
            receipt = await registrations.register_public(session, row.id, _checked(row, typed))
    except NotFound:
        raise
    except Refusal as refused:
        return Refused(forms.errors_of(refused, labels), refused.status, refused.retry_after)
    return receipt.status


def onward(status: RegistrationStatus, typed: Typed) -> str:
    """The query of the next step. Where the message goes follows from what was typed, not from what is known."""
    return query_of(status=status, via="" if "email" in typed else WHATSAPP)


@router.get("/w/{organizer}/{slug}/registered", operation_id="page_registered")
async def show_registered(
    organizer: Word,
    slug: Word,
    session: Session,
    _visitor: Visitor,
    status: Annotated[str, Query(max_length=20)] = RegistrationStatus.CONFIRMED,
    via: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What to do next. It says the same to a new and to a known address, as the receipt does."""
    house, workshop = await find_house(session, organizer), await find_workshop(session, organizer, slug)
    settings = settings_of(session)
    kept = settings.now is not None and settings.smtp_host is None
    query = query_of(status=status, via=via)
    return house_page(
        session,
        house,
        "registered.html",
        workshop=workshop,
        status_now=status,
        by_whatsapp=via == WHATSAPP,
        mailbox="/demo/mail" if kept else None,
        carried=f"{query}&",
    )


def _pretended(workshop: WorkshopRead, typed: Typed) -> RegistrationStatus:
    """What a registration would have got, for a program that is to notice nothing."""
    if workshop.registration.approval:
        return RegistrationStatus.PENDING
    seats = workshop.seats_left
    left = seats.online if typed.get("mode") == Mode.ONLINE else seats.offline
    return RegistrationStatus.WAITLISTED if left == 0 else RegistrationStatus.CONFIRMED


async def _refused(
    session: AsyncSession, organizer: str, workshop: WorkshopRead, typed: Typed, refused: Refused
) -> Response:
    """The form again, by itself, with what was typed."""
    house = await find_house(session, organizer)
    context = await context_of(session, house, workshop)
    guard = hidden(settings_of(session))
    response = house_page(
        session,
        house,
        "workshop.html",
        status=refused.status,
        private=True,
        **{**context, "typed": typed, "errors": refused.errors, "guard": guard, "front": None, "linked": None},
    )
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


async def context_of(session: AsyncSession, house: Organizer, workshop: WorkshopRead) -> dict[str, object]:
    """What the workshop's template is given, whether its form was refused or is new."""
    modes = _modes(workshop)
    open_now = workshop.registration.state in (RegistrationState.OPEN, RegistrationState.FULL)
    can_register = open_now and any(not mode.disabled for mode in modes)
    venue, privacy = workshop.venue, workshop.privacy
    return {
        "workshop": workshop,
        "action": f"/w/{workshop.organizer}/{workshop.slug}",
        "modes": modes if can_register else [],
        "organisations": await _organisations(session, house) if can_register else [],
        "asked": answers.asked(questions.askable(workshop)),
        "maps": map_links(venue.name, venue.address, venue.latitude, venue.longitude),
        "notice": notice_of(house.name, privacy.purpose, privacy.retention_days),
        "typed": {},
        "errors": (),
    }


def _front(session: AsyncSession, house: Organizer, workshop: WorkshopRead) -> Front:
    """The title and picture that a link to the workshop shows."""
    base = base_of(session)
    days = speak_days(workshop.starts_at, workshop.ends_at, workshop.timezone)
    facts = (days, workshop.venue.name, modality_word(workshop.modality), house.name)
    drawn = f"/w/{workshop.organizer}/{workshop.slug}/preview/{language()}.png?v={workshop.version}"
    return Front(
        url=workshop.links.page,
        title=workshop.title,
        description=shortened(" · ".join(fact for fact in facts if fact) + f". {workshop.description}"),
        image=linked_data.absolute(base, workshop.image or drawn),
        drawn=workshop.image is None,
    )


async def _organisations(session: AsyncSession, house: Organizer) -> list[Option]:
    rows = await organisations.page(session, house.id, None, None, MOST_ORGANISATIONS)
    return [Option(row.code, row.name) for row in sorted(rows, key=lambda row: row.name.casefold())]


def _modes(workshop: WorkshopRead) -> list[Option]:
    left = {Mode.OFFLINE: workshop.seats_left.offline, Mode.ONLINE: workshop.seats_left.online}
    waits = workshop.registration.waiting_list
    offered = [(mode, word) for mode, word in mode_words().items() if workshop.modality in ("hybrid", mode)]
    return [Option(mode, word, *_seats_note(left[mode], waits=waits)) for mode, word in offered]


def _seats_note(left: int | None, *, waits: bool) -> tuple[str, bool]:
    """What to know of a mode before choosing it, and whether it cannot be chosen."""
    if left is None:
        return "", False
    if left > 0:
        return _("Sisa {left} kursi").format(left=left), False
    return (_("Penuh. Pendaftaran masuk daftar tunggu."), False) if waits else (_("Penuh"), True)


def _checked(workshop: Workshop, typed: Typed) -> RegistrationCreate:
    """What was typed, as a registration. Raises InvalidInput with every fault at once."""
    values: dict[str, object] = {name: typed[name] for name in PLAIN if name in typed}
    # Whoever picks an organisation from the list means that one, whatever was typed beside it.
    name = "organisation" if "organisation" in typed else "organisation_name"
    values |= {name: typed[name]} if name in typed else {}
    # Without a mode only what everybody is asked can be missing.
    mode = typed.get("mode", "")
    asked = answers.asked(workshop.questions, mode)
    values |= {"consent": typed.get("consent") == "yes", "answers": answers.read(asked, typed)}
    values["language"] = language()
    errors: list[dict[str, str]] = []
    data = RegistrationCreate.model_construct(**{"mode": mode, **values})  # type: ignore[arg-type] # unchecked, to find faults of all kinds
    try:
        data = RegistrationCreate.model_validate(values)
    except ValidationError as invalid:
        errors += forms.faults(invalid, forms.advice())
    try:
        registrations_form.check_public(workshop, data)
    except InvalidInput as refused:
        errors += _listed(refused)
    for contact in ({"email": typed.get("email"), "phone": None}, {"email": None, "phone": typed.get("phone")}):
        try:
            Contact.of("", **contact)
        except InvalidInput as refused:
            errors += [error for error in _listed(refused) if error["pointer"] not in {e["pointer"] for e in errors}]
    if errors:
        order = ["/" + field for field in (*FIRST, *(f"answers/{question.code}" for question in asked), *LAST)]
        raise InvalidInput(sorted(errors, key=lambda error: [*order, error["pointer"]].index(error["pointer"])))
    return data


def _listed(refused: InvalidInput) -> list[dict[str, str]]:
    errors = refused.extra["errors"]
    assert isinstance(errors, list)
    return errors
