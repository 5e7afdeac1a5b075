"""The form by which staff add a person to a workshop, or correct what is known about one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import doubles, organisations, questions, registrations, registrations_edit, seats, workshops
from service.domain.identity import mask_nip, read_nip
from service.errors import InvalidInput, NotFound, Refusal, Stale
from service.i18n import gettext as _
from service.models.people import Employment
from service.models.questions import Question
from service.models.registrations import LIVE, ParticipantRole, Registration
from service.models.registrations_shapes import RegistrationCreate, RegistrationPatch
from service.models.workshops import Mode, Workshop
from service.pages import answers, forms, my_details
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import REGISTRATIONS
from service.pages.registrations import mode_words, offices_of, role_words
from service.pages.registrations_wanted import Wanted, list_at, person_at, wanted_of
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Opener = Annotated[Actor, allow(Permission.REGISTRATIONS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.REGISTRATIONS_WRITE)]


@dataclass(frozen=True)
class Doubt:
    """What to look at before saving, and the page of the person it is about."""

    text: str
    href: str


FIELDS = (
    "name",
    "email",
    "phone",
    "channel",
    "organisation",
    "organisation_name",
    "position",
    "position_level",
    "rank",
    "role",
    "represents",
    "employment",
)


@router.get(REGISTRATIONS + "/{workshop_id}/new", operation_id="page_new_registration")
async def show_new(workshop_id: UUID, session: Session, actor: Opener) -> Response:
    """An empty form; of a workshop that takes nobody any more the list. Opening it changes nothing."""
    workshop = await workshops.find(session, actor, workshop_id)
    if not seats.takes_people(workshop.status):
        return RedirectResponse(list_at(workshop.id, Wanted()), status_code=303)
    first = workshops.offered_modes(workshop)[0]
    return await _new_form(session, actor, workshop, {"mode": first.value, "role": ParticipantRole.PARTICIPANT.value})


@router.post(REGISTRATIONS + "/{workshop_id}/new", operation_id="page_add_registration")
async def add(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Registers a person, who is written to if there is a contact."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            values = _values(typed) | {"mode": typed.get("mode", ""), "nip": typed.get("nip")}
            values["consent"] = typed.get("consent") == "yes"
            values["answers"] = answers.read(_asked(workshop, typed), typed)
            data = forms.read(RegistrationCreate, values, _advice())
            if "sure" not in typed:
                doubts = await _doubts(session, actor, workshop_id, data)
                if doubts:
                    return await _new_form(session, actor, workshop, typed, status=409, doubts=doubts)
            row = await registrations.register(session, actor, workshop_id, data)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            workshop = await workshops.find(session, actor, workshop_id)
            return await _new_form(session, actor, workshop, typed, forms.errors_of(refused), refused.status)
    return RedirectResponse(person_at(row.id, Wanted(), "added"), status_code=303)


async def _doubts(session: AsyncSession, actor: Actor, workshop_id: UUID, data: RegistrationCreate) -> list[Doubt]:
    """What somebody should look at before this person is added. Raises InvalidInput."""
    found = _odd(data.nip)
    try:
        await doubles.check(session, actor, workshop_id, data)
    except doubles.PerhapsRegistered as perhaps:
        found += [_like(one) for one in perhaps.twins]
    return found


def _odd(nip: str | None) -> list[Doubt]:
    if not nip or not read_nip(nip).warnings:
        return []
    return [Doubt(_("NIP tidak berbentuk 18 angka yang lazim; periksa kembali."), "")]


def _like(twin: doubles.Twin) -> Doubt:
    said = {
        doubles.Likeness.NIP: _("NIP sama dengan nomor {number}, {name}."),
        doubles.Likeness.CONTACT: _("Nama tanpa gelar dan kontak sama dengan nomor {number}, {name}."),
        doubles.Likeness.ORGANISATION: _("Nama tanpa gelar dan instansi sama dengan nomor {number}, {name}."),
    }[twin.by]
    return Doubt(said.format(number=twin.number, name=twin.name), person_at(twin.id, Wanted()))


@router.get(REGISTRATIONS + "/{registration_id}/edit", operation_id="page_edit_registration")
async def show_edit(registration_id: UUID, request: Request, session: Session, actor: Opener) -> Response:
    """The form with what is known. Opening it changes nothing."""
    row = await _editable(session, actor, registration_id)
    return await _edit_form(session, actor, row, wanted_of(request.query_params), await _known(session, row))


@router.post(REGISTRATIONS + "/{registration_id}/edit", operation_id="page_change_registration")
async def change(registration_id: UUID, request: Request, actor: Writer) -> Response:
    """Changes what is known; somebody else's change in the meantime is not overwritten."""
    typed = await forms.typed(request)
    wanted = wanted_of(request.query_params)
    database = database_of(request)
    try:
        async with database.write() as session:
            row = await registrations.find_locked(session, actor, registration_id)
            actor.require(Permission.CONTACTS_READ)
            if typed.get("version") != str(row.version):
                raise Stale
            workshop = await session.get_one(Workshop, row.workshop_id)
            patch = _patch(workshop, row, typed)
            doubts = [] if "sure" in typed else await _doubts_of_nip(session, row, patch)
            if doubts:
                return await _edit_form(session, actor, row, wanted, typed, status=409, doubts=doubts)
            await registrations_edit.change(session, actor, row, patch)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            row = await _editable(session, actor, registration_id)
            errors = _overtaken() if isinstance(refused, Stale) else forms.errors_of(refused)
            return await _edit_form(session, actor, row, wanted, typed, errors, refused.status)
    return RedirectResponse(person_at(row.id, wanted, "changed"), status_code=303)


async def _doubts_of_nip(session: AsyncSession, row: Registration, patch: RegistrationPatch) -> list[Doubt]:
    if not patch.nip:
        return []
    return _odd(patch.nip) + [_like(one) for one in await doubles.with_nip(session, row, patch.nip)]


def _overtaken() -> list[FormError]:
    said = _("Orang lain mengubah data ini sementara itu. Isian belum disimpan: periksa, lalu simpan untuk menimpanya.")
    return [FormError("", said)]


def _patch(workshop: Workshop, row: Registration, typed: Typed) -> RegistrationPatch:
    values = _values(typed)
    if typed.get("nip") or typed.get("forget_nip"):
        values["nip"] = typed.get("nip")
    asked = my_details.asked(row, workshop)
    if asked:
        values["answers"] = answers.said(asked, typed, row.answers)
    advice = _advice()
    if not values["name"]:
        raise InvalidInput.at("/name", advice["name"])
    return forms.read(RegistrationPatch, values, advice)


def _values(typed: Typed) -> dict[str, object]:
    values: dict[str, object] = {name: typed.get(name) for name in FIELDS}
    values["role"] = typed.get("role") or ParticipantRole.PARTICIPANT.value
    if values["organisation"]:
        values["organisation_name"] = None
    return values


def _advice() -> dict[str, str]:
    return forms.advice() | {"role": _("Pilih peran."), "nip": _("Isi dengan 18 angka, atau kosongkan.")}


def _asked(workshop: Workshop, typed: Mapping[str, str]) -> list[Question]:
    """What somebody with the mode and role just typed is asked."""
    mode, role = typed.get("mode", ""), typed.get("role", "")
    if mode not in set(Mode) or role not in set(ParticipantRole):
        return []
    return questions.asked(workshop.questions, Mode(mode), ParticipantRole(role))


async def _editable(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    actor.require(Permission.CONTACTS_READ)
    row = await registrations.find(session, actor, registration_id)
    if row.status not in LIVE or row.anonymised_at is not None:
        raise NotFound
    return row


async def _known(session: AsyncSession, row: Registration) -> dict[str, str]:
    workshop = await session.get_one(Workshop, row.workshop_id)
    known = {name: getattr(row, name) for name in FIELDS if name != "organisation"}
    known["organisation"] = (
        await organisations.codes(session, [row.organisation_id] if row.organisation_id else [])
    ).get(row.organisation_id or row.id)
    filled = {name: str(value) for name, value in known.items() if value}
    return filled | answers.typed_of(my_details.asked(row, workshop), row.answers)


async def _new_form(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    typed: Typed,
    errors: Sequence[FormError] = (),
    status: int = 200,
    doubts: Sequence[Doubt] = (),
) -> Response:
    modes = [Option(one.value, mode_words()[one]) for one in workshops.offered_modes(workshop)]
    asked = questions.parsed(workshop.questions)
    context = {"person": None, "modes": modes, "asked": asked, "mode": "", "nip": None, "version": 0}
    action = f"{REGISTRATIONS}/{workshop.id}/new"
    return await _form(
        session,
        actor,
        workshop,
        typed,
        errors,
        status,
        doubts=doubts,
        action=action,
        back=list_at(workshop.id, Wanted()),
        **context,
    )


async def _edit_form(
    session: AsyncSession,
    actor: Actor,
    row: Registration,
    wanted: Wanted,
    typed: Typed,
    errors: Sequence[FormError] = (),
    status: int = 200,
    doubts: Sequence[Doubt] = (),
) -> Response:
    workshop = await workshops.find(session, actor, row.workshop_id)
    context = {"person": row, "modes": [], "asked": my_details.asked(row, workshop), "mode": row.mode.value}
    return await _form(
        session,
        actor,
        workshop,
        typed,
        errors,
        status,
        doubts=doubts,
        action=f"{REGISTRATIONS}/{row.id}/edit{wanted.tail}",
        back=person_at(row.id, wanted),
        carried=f"{wanted.tail[1:]}&" if wanted.tail else "",
        nip=mask_nip(row.nip),
        version=row.version,
        **context,
    )


async def _form(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    typed: Typed,
    errors: Sequence[FormError],
    status: int,
    **context: object,
) -> Response:
    names = answers.labels(questions.parsed(workshop.questions))
    return await staff_page(
        session,
        actor,
        "registration_form.html",
        REGISTRATIONS,
        workshop=workshop,
        status=status,
        chosen=workshop,
        typed=typed,
        errors=[replace(one, label=names.get(one.field, "")) for one in errors],
        offices=await offices_of(session, workshop),
        roles=[Option(one.value, word) for one, word in role_words().items()],
        employments=[
            Option(Employment.PNS.value, _("PNS")),
            Option(Employment.PPPK.value, _("PPPK")),
            Option(Employment.NON_ASN.value, _("Non-ASN")),
        ],
        levels=_levels(),
        **context,
    )


def _levels() -> list[Option]:
    return [
        Option("head", _("Kepala")),
        Option("secretary", _("Sekretaris")),
        Option("subdivision_head", _("Kepala subbagian atau seksi")),
        Option("representative", _("Perwakilan")),
        Option("staff", _("Staf")),
    ]
