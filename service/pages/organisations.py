"""Organisations as the committee keeps them: agencies and outside bodies, and whom to write to there."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import organisations, organisations_removal
from service.domain.letters_facts import contacts_of
from service.domain.organisations_removal import OrganisationInUse
from service.errors import InvalidInput, NotFound, Refusal, Stale
from service.i18n import gettext as _
from service.models.people import Organisation
from service.models.people_shapes import OrganisationCreate, OrganisationPatch
from service.pages import forms
from service.pages.forms import Option, S, Typed
from service.pages.house import staff_page
from service.pages.menus import ORGANISATIONS, PORTALS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Keeper = Annotated[Actor, allow(Permission.ORGANISATIONS_WRITE)]
FirstKeeper = Annotated[Actor, allow_first(Permission.ORGANISATIONS_WRITE)]
NEW, IMPORT = f"{ORGANISATIONS}-new", f"{ORGANISATIONS}-import"
SHOWN = 50
BLANK = 2
"""Empty places for contacts below those there are."""
MOST_CONTACTS = 20
PARTS = ("name", "position", "email", "phone")


@router.get(ORGANISATIONS, operation_id="page_organisations")
async def show_organisations(
    session: Session,
    actor: Keeper,
    q: Annotated[str, Query(max_length=200)] = "",
    org_class: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    count: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """The house's organisations by name, as far as they match."""
    wanted = {name: text for name, text in {"q": q.strip(), "org_class": org_class}.items() if text}
    found = await organisations.page(
        session,
        actor.tenant,
        wanted.get("org_class"),
        [after] if after else None,
        SHOWN + 1,
        wanted.get("q"),
        by_name=True,
    )
    rows, more = page_of(found, SHOWN)
    classes = await organisations.classes(session, actor.tenant)
    return await staff_page(
        session,
        actor,
        "organisations.html",
        ORGANISATIONS,
        entries=[
            (row, class_word(row.org_class), f"{ORGANISATIONS}/{row.code}", *map(len, contacts_of(row))) for row in rows
        ],
        total=sum(classes.values()),
        classes=[Option(name, f"{class_word(name)} ({number})") for name, number in classes.items()],
        wanted=wanted,
        carried=f"{urlencode(wanted)}&" if wanted else "",
        more=f"{ORGANISATIONS}?{urlencode({**wanted, 'after': rows[-1].code})}" if more else "",
        new=NEW,
        import_list=IMPORT,
        portals=PORTALS,
        done=done,
        count=count,
    )


@router.get(NEW, operation_id="page_new_organisation")
async def show_new(session: Session, actor: Keeper) -> Response:
    """The form for a new organisation."""
    return await _form(session, actor, None, {"org_class": "opd"})


@router.post(NEW, operation_id="page_add_organisation")
async def add(request: Request, actor: FirstKeeper) -> Response:
    """Adds an organisation."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            code = typed.get("code", "")
            data = _read(OrganisationCreate, {**_values(actor, typed), "code": code})
            row = await organisations.add(session, actor, data)
            return RedirectResponse(f"{ORGANISATIONS}/{row.code}?done=added", status_code=303)
    except Refusal as refused:
        async with database.read() as session:
            return await _form(session, actor, None, typed, _errors(refused, typed), refused.status)


@router.get(ORGANISATIONS + "/{code}", operation_id="page_organisation")
async def show_organisation(
    code: str, session: Session, actor: Keeper, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The form that changes an organisation and its contacts."""
    row = await organisations.find(session, actor, code)
    return await _form(session, actor, row, _typed(row), done=done)


@router.post(ORGANISATIONS + "/{code}", operation_id="page_change_organisation")
async def change(code: str, request: Request, actor: FirstKeeper) -> Response:
    """Changes an organisation; contacts whose fields were emptied are removed. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            row = await organisations.find(session, actor, code, lock=True)
            if typed.get("version") != str(row.version):
                raise Stale
            await organisations.change(session, actor, row, _read(OrganisationPatch, _values(actor, typed)))
            return RedirectResponse(f"{ORGANISATIONS}/{row.code}?done=changed", status_code=303)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            row = await organisations.find(session, actor, code)
            # What somebody else has changed meanwhile is shown, or saving again would undo it.
            kept = _typed(row) if isinstance(refused, Stale) else typed
            return await _form(session, actor, row, kept, _errors(refused, typed), refused.status)


@router.post(ORGANISATIONS + "/{code}/remove", operation_id="page_remove_organisation")
async def remove(code: str, request: Request, actor: FirstKeeper) -> Response:
    """Removes an organisation to which nothing refers. Raises NotFound."""
    database = database_of(request)
    try:
        async with database.write() as session:
            await organisations_removal.remove(session, actor, code)
    except OrganisationInUse as refused:
        async with database.read() as session:
            row = await organisations.find(session, actor, code)
            return await _form(session, actor, row, _typed(row), forms.errors_of(refused), refused.status)
    return RedirectResponse(f"{ORGANISATIONS}?done=removed", status_code=303)


def class_word(org_class: str) -> str:
    """A class of organisations as people call it; the house's own classes as they were written."""
    words = {"opd": _("Perangkat Daerah"), "external": _("Pihak luar")}
    return words.get(org_class, org_class)


def _values(actor: Actor, typed: Typed) -> dict[str, object]:
    """What the fields say; nothing of contacts from somebody who was not shown them."""
    values: dict[str, object] = {
        "name": typed.get("name", ""),
        "org_class": typed.get("org_class", ""),
        "kind": typed.get("kind"),
    }
    if actor.may(Permission.CONTACTS_READ):
        values["contacts"] = [
            {part: typed.get(f"contact-{place}-{part}") for part in PARTS} for place in _filled(typed)
        ]
    return values


def _filled(typed: Typed) -> list[int]:
    """The places in which something of a contact was typed."""
    return [place for place in range(MOST_CONTACTS) if any(f"contact-{place}-{part}" in typed for part in PARTS)]


def _read(shape: type[S], values: Mapping[str, object]) -> S:
    """The shape these values make. Raises InvalidInput with what to do at every field that is wrong."""
    advice = {
        "code": _("Isi dengan huruf, angka, titik, atau tanda hubung, misalnya dishub."),
        "name": _("Tuliskan nama lengkap instansi."),
        "org_class": _("Isi dengan satu kata, misalnya opd atau external."),
    }
    try:
        return shape.model_validate(values)
    except ValidationError as invalid:
        wrong = {"/".join(str(part) for part in error["loc"]) for error in invalid.errors(include_input=False)}
        raise InvalidInput(
            [
                {"pointer": f"/{where}", "message": advice.get(where, _("Tulis dalam satu baris yang lebih pendek."))}
                for where in sorted(wrong)
            ]
        ) from invalid


def _errors(refused: Refusal, typed: Typed) -> list[FormError]:
    """Refusals at the fields: `contacts/1/email` is that of the second place that was filled."""
    filled = _filled(typed)
    return [FormError(_place_of(one.field, filled), one.message) for one in forms.errors_of(refused)]


def _place_of(field: str, filled: Sequence[int]) -> str:
    kind, _slash, rest = field.partition("/")
    number, _slash, part = rest.partition("/")
    if kind != "contacts" or not number.isdecimal() or int(number) >= len(filled):
        return field
    return f"contact-{filled[int(number)]}-{part or PARTS[0]}"


def _typed(row: Organisation) -> Typed:
    """The form as it stands."""
    said = {"name": row.name, "org_class": row.org_class, "kind": row.kind or ""}
    for place, contact in enumerate(row.contacts):
        said |= {f"contact-{place}-{part}": contact.get(part) or "" for part in PARTS}
    return said


async def _form(
    session: AsyncSession,
    actor: Actor,
    row: Organisation | None,
    typed: Typed,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    filled = _filled({name: text for name, text in typed.items() if text})
    places = min(MOST_CONTACTS, max(filled, default=-1) + 1 + BLANK)
    return await staff_page(
        session,
        actor,
        "organisation.html",
        ORGANISATIONS,
        status=status,
        row=row,
        action=f"{ORGANISATIONS}/{row.code}" if row else NEW,
        back=ORGANISATIONS,
        portal=f"{PORTALS}/{row.code}" if row else "",
        classes=list(await organisations.classes(session, actor.tenant)),
        used=organisations_removal.in_words(await organisations_removal.uses(session, row)) if row else [],
        places=range(places) if actor.may(Permission.CONTACTS_READ) else (),
        typed=typed,
        errors=errors,
        done=done,
    )
