"""What everybody may see: all workshops, one organizer's, one workshop with its registration form.

The visitor is always a stranger here: a member of staff who is signed in registers like anybody else.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import ANONYMOUS, Actor, Permission
from service.db import settings_of
from service.domain import organisations, registrations, registrations_form, workshops, workshops_reading
from service.domain.contacts import Contact
from service.domain.workshops_reading import Filters
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.questions import Question, QuestionKind
from service.models.registrations import RegistrationStatus
from service.models.registrations_shapes import Answer, RegistrationCreate
from service.models.workshops import Mode, RegistrationState, Workshop, WorkshopStatus
from service.models.workshops_shapes import WorkshopRead
from service.pages import forms
from service.pages.forms import Option, Typed
from service.pages.house import house_page
from service.pages.render import STATIC, FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 100
MOST_ORGANISATIONS = 1000
PLAIN = ("name", "position", "rank", "nip", "represents", "email", "phone", "mode")
YES_NO = {"yes": True, "no": False}

Visitor = Annotated[Actor, allow_first(Permission.PUBLIC)]
Word = Annotated[str, Path(max_length=200)]


@router.get("/", operation_id="page_workshops")
async def show_all(session: Session, _visitor: Visitor) -> Response:
    """Every organizer's published workshops."""
    return await _listing(session, None)


@router.get("/o/{organizer}", operation_id="page_organizer")
async def show_organizer(organizer: Word, session: Session, _visitor: Visitor) -> Response:
    """One organizer's published workshops, and its calendar."""
    return await _listing(session, await _house(session, organizer))


@router.get("/w/{organizer}/{slug}", operation_id="page_workshop")
async def show_workshop(organizer: Word, slug: Word, session: Session, _visitor: Visitor) -> Response:
    """A workshop: when, where, what, how many seats are left, and the form to register."""
    return await _workshop_page(session, organizer, slug, {}, ())


@router.post("/w/{organizer}/{slug}", operation_id="page_register")
async def register(organizer: Word, slug: Word, request: Request, _visitor: Visitor) -> Response:
    """Registers a person; what was wrong is said on the form, with what was typed still in it."""
    typed = await forms.typed(request)
    database = database_of(request)
    labels: dict[str, str] = {}
    try:
        async with database.write() as session:
            workshop = await workshops.find_public(session, await _id_of(session, organizer, slug))
            labels = {f"answer-{question.code}": question.label for question in _questions(workshop)}
            receipt = await registrations.register_public(session, workshop.id, _checked(workshop, typed))
    except NotFound:
        raise
    except Refusal as refused:
        errors = forms.errors_of(refused, labels)
        async with database.read() as session:
            return await _workshop_page(session, organizer, slug, typed, errors, refused.status)
    return RedirectResponse(f"/w/{organizer}/{slug}/registered?status={receipt.status}", status_code=303)


@router.get("/w/{organizer}/{slug}/registered", operation_id="page_registered")
async def show_registered(
    organizer: Word,
    slug: Word,
    session: Session,
    _visitor: Visitor,
    status: Annotated[str, Query(max_length=20)] = RegistrationStatus.CONFIRMED,
) -> Response:
    """What to do next. It says the same to a new and to a known address, as the receipt does."""
    workshop = await _find(session, organizer, slug)
    settings = settings_of(session)
    kept = settings.now is not None and settings.smtp_host is None
    return house_page(
        session,
        await _house(session, organizer),
        "registered.html",
        workshop=workshop,
        status_now=status,
        mailbox="/demo/mail" if kept else None,
    )


@router.get("/favicon.ico", operation_id="page_favicon")
async def show_favicon(_visitor: Visitor) -> Response:
    """For browsers that ask for it unasked, beside a calendar file for example; pages name the real one."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response((STATIC / "favicon.svg").read_bytes(), media_type="image/svg+xml", headers=headers)


async def _listing(session: AsyncSession, house: Organizer | None) -> Response:
    filters = Filters(organizer=house.slug if house else None)
    glances = await workshops_reading.page(session, ANONYMOUS, filters, None, SHOWN)
    found = await workshops_reading.read(session, [glance.id for glance in glances])
    rows = [found[glance.id] for glance in glances if glance.id in found]
    coming = [row for row in rows if row.status is WorkshopStatus.PUBLISHED and row.ends_at > clock.now()]
    past = [row for row in rows if row not in coming]
    sections = [(_("Akan datang dan sedang berlangsung"), coming[::-1]), (_("Sudah lewat"), past)]
    base = settings_of(session).base_url.rstrip("/")
    return house_page(
        session,
        house,
        "index.html",
        private=False,
        sections=[section for section in sections if section[1]],
        organizers=await _organizers(session),
        calendar=f"{base}/calendar/{house.slug}.ics" if house else None,
    )


async def _organizers(session: AsyncSession) -> dict[str, str]:
    """Those who have something to show, by name."""
    shown = (
        select(Organizer.slug, Organizer.name)
        .join(Workshop, col(Workshop.organizer_id) == col(Organizer.id))
        .where(col(Workshop.status).in_(workshops.PUBLIC_STATUSES), col(Workshop.never_published).is_(False))
        .distinct()
        .order_by(Organizer.name)
    )
    return dict((await session.exec(shown)).all())


async def _house(session: AsyncSession, slug: str) -> Organizer:
    # A control character in an address is an error to PostgreSQL, and no organizer's name to us.
    query = select(Organizer).where(Organizer.slug == slug)
    house = (await session.exec(query)).first() if slug.isprintable() else None
    if house is None:
        raise NotFound
    return house


async def _id_of(session: AsyncSession, organizer: str, slug: str) -> UUID:
    if not (organizer + slug).isprintable():
        raise NotFound
    glances = await workshops_reading.page(session, ANONYMOUS, Filters(organizer=organizer, slug=slug), None, 1)
    if not glances:
        raise NotFound
    return glances[0].id


async def _find(session: AsyncSession, organizer: str, slug: str) -> WorkshopRead:
    found_id = await _id_of(session, organizer, slug)
    return (await workshops_reading.read(session, [found_id]))[found_id]


async def _workshop_page(
    session: AsyncSession, organizer: str, slug: str, typed: Typed, errors: Sequence[FormError], status: int = 200
) -> Response:
    workshop = await _find(session, organizer, slug)
    house = await _house(session, organizer)
    modes = _modes(workshop)
    open_now = workshop.registration.state in (RegistrationState.OPEN, RegistrationState.FULL)
    return house_page(
        session,
        house,
        "workshop.html",
        status=status,
        private=bool(typed),
        workshop=workshop,
        action=f"/w/{organizer}/{slug}",
        modes=modes if open_now and any(not mode.disabled for mode in modes) else [],
        organisations=await _organisations(session, house),
        typed=typed,
        errors=errors,
    )


async def _organisations(session: AsyncSession, house: Organizer) -> list[Option]:
    rows = await organisations.page(session, house.id, None, None, MOST_ORGANISATIONS)
    return [Option(row.code, row.name) for row in sorted(rows, key=lambda row: row.name.casefold())]


def _modes(workshop: WorkshopRead) -> list[Option]:
    words = {
        Mode.OFFLINE: (_("Luring (di tempat)"), workshop.seats_left.offline),
        Mode.ONLINE: (_("Daring"), workshop.seats_left.online),
    }
    waits = workshop.registration.waiting_list
    offered = [(mode, *words[mode]) for mode in Mode if workshop.modality in ("hybrid", mode)]
    return [Option(mode, label, *_seats_note(left, waits=waits)) for mode, label, left in offered]


def _seats_note(left: int | None, *, waits: bool) -> tuple[str, bool]:
    """What to know of a mode before choosing it, and whether it cannot be chosen."""
    if left is None:
        return "", False
    if left > 0:
        return _("Sisa {left} kursi").format(left=left), False
    return (_("Penuh. Pendaftaran masuk daftar tunggu."), False) if waits else (_("Penuh"), True)


def _questions(workshop: Workshop) -> list[Question]:
    return [Question.model_validate(question) for question in workshop.questions]


def _checked(workshop: Workshop, typed: Typed) -> RegistrationCreate:
    """What was typed, as a registration. Raises InvalidInput with every fault at once."""
    values: dict[str, object] = {name: typed[name] for name in PLAIN if name in typed}
    # Whoever picks an organisation from the list means that one, whatever was typed beside it.
    name = "organisation" if "organisation" in typed else "organisation_name"
    values |= {name: typed[name]} if name in typed else {}
    values |= {"consent": typed.get("consent") == "yes", "answers": _answers(workshop, typed)}
    errors: list[dict[str, str]] = []
    data = RegistrationCreate.model_construct(**values)  # type: ignore[arg-type] # unchecked, to find faults of all kinds
    try:
        data = RegistrationCreate.model_validate(values)
    except ValidationError as invalid:
        errors += forms.faults(invalid, _advice())
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
        raise InvalidInput(sorted(errors, key=_place))
    return data


def _listed(refused: InvalidInput) -> list[dict[str, str]]:
    errors = refused.extra["errors"]
    assert isinstance(errors, list)
    return errors


def _place(error: Mapping[str, str]) -> int:
    """Where on the form the field stands, so that the summary follows the eye."""
    order = ("name", "position", "organisation", "organisation_name", "email", "phone", "mode")
    field = error["pointer"].strip("/")
    return order.index(field) if field in order else len(order) + (field == "consent")


def _answers(workshop: Workshop, typed: Typed) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for question in _questions(workshop):
        said = typed.get(f"answer-{question.code}")
        if said is None or (question.kind is QuestionKind.CHOICE and said not in question.choices):
            continue
        if question.kind is not QuestionKind.YES_NO:
            answers[question.code] = said
        elif said in YES_NO:
            answers[question.code] = YES_NO[said]
    return answers


def _advice() -> dict[str, str]:
    return {
        "name": _("Tuliskan nama lengkap."),
        "mode": _("Pilih cara hadir."),
        "organisation": _("Pilih instansi dari daftar."),
        "email": _("Isi dengan alamat surel, misalnya nama@luwukab.go.id."),
        "phone": _("Isi dengan nomor telepon, misalnya 0812-0000-0001."),
    }
