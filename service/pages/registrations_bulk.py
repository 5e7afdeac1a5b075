"""Several people at once: first who is concerned and what follows, then what became of each.

Thousands are decided on in portions, each a request of its own: the page shows how far it is and sends the next. What
was done stays done when the page is closed; who is still to come, and what became of the others, stands in its form.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import Database
from service.domain import registrations_bulk, registrations_list, workshops
from service.domain.registrations_bulk import APPLIES, MOST, Deed
from service.domain.registrations_list import Brief
from service.errors import InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.announcements_shapes import AnnouncementTo
from service.models.attendance import Verdict
from service.models.registrations_shapes import OptionalReason, Reason, RegistrationFilter
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import staff_page
from service.pages.menus import ATTENDANCE, REGISTRATIONS
from service.pages.registrations import status_words
from service.pages.registrations_message import message_page
from service.pages.registrations_wanted import ids_of, list_at, person_at, separator, wanted_of
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers import exports
from service.routers.access import Session, allow, allow_first, database_of
from service.tokens import new_id

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.REGISTRATIONS_READ)]
Writer = Annotated[Actor, allow_first(Permission.REGISTRATIONS_WRITE)]
BULK = REGISTRATIONS + "/{workshop_id}/bulk"
ON_PAGE = 200
"""How many can be ticked."""
PORTION = 50
"""How many are decided on while the page waits for its progress."""
AT_ONCE = 500
"""How many when somebody asks for the next portion by hand."""
SHOWN = 200
"""How many are called by their names; the others by their numbers."""


@dataclass(frozen=True)
class Person:
    """Somebody who was decided on."""

    href: str
    number: int
    name: str


@dataclass(frozen=True)
class Group:
    """Those of whom the same became: `tone` ok or bad, `text` what; `others`: the numbers of who is not named."""

    tone: str
    text: str
    count: int
    people: Sequence[Person] = ()
    others: str = ""


Outcome = tuple[str, str]
"""What became of somebody: ok or bad, and what."""


@dataclass(frozen=True)
class _Came:
    """To which half-day people came, and why no scan says so; `nonce`: of the form."""

    block: str
    reason: str
    nonce: UUID


@router.get(BULK, operation_id="page_bulk")
async def lead_back(workshop_id: UUID, session: Session, actor: Reader) -> Response:
    """The list, for whoever asks for the page of a form anew, as in another language."""
    await workshops.find(session, actor, workshop_id)
    return RedirectResponse(f"{REGISTRATIONS}?workshop={workshop_id}", status_code=303)


@router.post(BULK, operation_id="page_prepare_bulk")
async def prepare(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """What would happen to whom, or the file with them. Nothing is changed yet."""
    typed = await forms.typed(request)
    everybody, deed = typed.get("all") == "yes", typed.get("deed", "")
    ids = [] if everybody else ids_of(typed.get("ids", ""), ON_PAGE)
    wanted = RegistrationFilter(ids=ids) if ids else wanted_of(typed).filter
    if deed in ("csv", "xlsx") and (everybody or ids):
        return await _export(request, actor, workshop_id, deed, wanted)
    async with database_of(request).read() as session:
        workshop = await workshops.find(session, actor, workshop_id)
        if not (everybody or ids):
            return await _nobody(session, actor, workshop, typed)
        if deed == "message":
            actor.require(Permission.MESSAGES_WRITE)
            return await message_page(session, actor, workshop, _addressed(wanted), typed)
        if deed not in set(Deed):
            raise BadForm
        _check_may(actor, Deed(deed))
        rows = await registrations_list.briefly(session, workshop.id, wanted)
        return await _confirm(session, actor, workshop, Deed(deed), rows, typed)


@router.get(BULK + "/decision", operation_id="page_bulk_decision")
async def lead_back_again(workshop_id: UUID, session: Session, actor: Reader) -> Response:
    """As `lead_back`."""
    return await lead_back(workshop_id, session, actor)


@router.post(BULK + "/decision", operation_id="page_decide_bulk")
async def decide(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Decides on the next of them, each in a transaction of its own, and says what became of whom so far."""
    typed = await forms.typed(request)
    database = database_of(request)
    numbers = registrations_bulk.numbers_in(typed.get("chosen", ""))
    portion = AT_ONCE if typed.get("by") == "hand" else PORTION
    async with database.read() as session:
        workshop = await workshops.find(session, actor, workshop_id)
        if typed.get("deed") not in set(Deed):
            raise BadForm
        deed = Deed(typed["deed"])
        _check_may(actor, deed)
        try:
            reason = _reason(deed, typed)
            block = await _block(session, workshop, typed) if deed is Deed.ATTEND else None
        except InvalidInput as refused:
            rows = await registrations_list.numbered(session, workshop.id, numbers)
            return await _confirm(session, actor, workshop, deed, rows, typed, forms.errors_of(refused))
        rows = await registrations_list.numbered(session, workshop.id, numbers[:portion])
    became = became_of(typed.get("became", ""))
    came = _Came(block, reason or "", _nonce(typed)) if block is not None else None
    for row in rows:
        outcome = await (_attended(database, actor, row, came) if came else _one(database, actor, deed, row, reason))
        became.setdefault(outcome, []).append(row.number)
    async with database.read() as session:
        if len(numbers) > portion:
            return await _so_far(session, actor, workshop, deed, became, numbers[portion:], typed)
        return await _said(session, actor, workshop, deed, became, typed)


async def _one(database: Database, actor: Actor, deed: Deed, row: Brief, reason: str | None) -> Outcome:
    try:
        async with database.write() as session:
            now = await registrations_bulk.decide(session, actor, deed, row.id, reason)
            return "ok", status_words()[now.status]
    except Refusal as refused:
        return "bad", _(refused.title)


async def _attended(database: Database, actor: Actor, row: Brief, came: _Came) -> Outcome:
    words = {
        Verdict.ACCEPTED: _("Hadir tercatat"),
        Verdict.ALREADY_IN: _("Sudah tercatat sebelumnya"),
        Verdict.REFUSED: _("Ditolak"),
    }
    try:
        async with database.write() as session:
            told = await registrations_bulk.attend(session, actor, row.id, came.block, came.reason, came.nonce)
    except Refusal as refused:
        return "bad", forms.errors_of(refused)[0].message
    return "bad" if told is Verdict.REFUSED else "ok", words[told]


def became_of(lines: str) -> dict[Outcome, list[int]]:
    """What became of those before, as the form carries it: a line for each outcome, with the numbers of the people."""
    found: dict[Outcome, list[int]] = {}
    most = MOST
    for line in lines.splitlines():
        tone, _bar, rest = line.partition("|")
        text, _bar, numbers = rest.rpartition("|")
        if tone in ("ok", "bad") and text:
            found[tone, text] = registrations_bulk.numbers_in(numbers, most)
            most -= len(found[tone, text])
    return found


def _check_may(actor: Actor, deed: Deed) -> None:
    """Raises Forbidden."""
    if deed is Deed.ATTEND:
        actor.require(Permission.CHECKINS_WRITE)


def _nonce(typed: Typed) -> UUID:
    try:
        return UUID(typed.get("nonce", ""))
    except ValueError as broken:
        raise BadForm from broken


async def _block(session: AsyncSession, workshop: Workshop, typed: Typed) -> str:
    """The half-day that was chosen. Raises InvalidInput."""
    code = typed.get("block", "")
    if code not in {one.code for one in await registrations_bulk.open_blocks(session, workshop.id)}:
        raise InvalidInput.at("/block", _("Pilih sesi yang sudah dibuka."))
    return code


async def _nobody(session: AsyncSession, actor: Actor, workshop: Workshop, typed: Typed) -> Response:
    error = FormError("", _("Centang dahulu orangnya, atau pilih semua orang pada saringan."))
    return await _page(session, actor, workshop, typed, status=422, errors=[error])


async def _confirm(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    deed: Deed,
    rows: Sequence[Brief],
    typed: Typed,
    errors: Sequence[FormError] = (),
) -> Response:
    meant = registrations_bulk.concerned(deed, rows)
    left = Counter(row.status for row in rows if row.status not in APPLIES[deed])
    words = status_words()
    attend = deed is Deed.ATTEND
    blocks = await registrations_bulk.open_blocks(session, workshop.id) if attend else []
    return await _page(
        session,
        actor,
        workshop,
        typed,
        status=422 if errors else 200,
        deed=deed.value,
        people=meant[:SHOWN],
        count=len(meant),
        others=_in_words(row.number for row in meant[SHOWN:]),
        passed=[(words[status], count) for status, count in left.items()],
        chosen_numbers=registrations_bulk.runs(row.number for row in meant),
        blocks=[Option(one.code, one.label) for one in blocks],
        nonce=typed.get("nonce") or str(new_id()),
        errors=errors,
    )


async def _so_far(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    deed: Deed,
    became: Mapping[Outcome, Sequence[int]],
    left: Sequence[int],
    typed: Typed,
) -> Response:
    done = sum(map(len, became.values()))
    return await _page(
        session,
        actor,
        workshop,
        typed,
        deed=deed.value,
        progress=(done, done + len(left)),
        chosen_numbers=registrations_bulk.runs(left),
        became=[f"{tone}|{text}|{registrations_bulk.runs(numbers)}" for (tone, text), numbers in became.items()],
        nonce=typed.get("nonce", ""),
        groups=[Group(tone, text, len(numbers)) for (tone, text), numbers in became.items()],
    )


async def _said(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    deed: Deed,
    became: Mapping[Outcome, Sequence[int]],
    typed: Typed,
) -> Response:
    """What went wrong first, then what most of them met with."""
    wanted, groups = wanted_of(typed), []
    for (tone, text), numbers in sorted(became.items(), key=lambda one: (one[0][0] == "ok", -len(one[1]))):
        rows = await registrations_list.numbered(session, workshop.id, sorted(numbers)[:SHOWN])
        people = [
            Person(f"{ATTENDANCE}/{row.id}" if deed is Deed.ATTEND else person_at(row.id, wanted), row.number, row.name)
            for row in rows
        ]
        groups.append(Group(tone, text, len(numbers), people, _in_words(sorted(numbers)[SHOWN:])))
    return await _page(session, actor, workshop, typed, deed=deed.value, groups=groups)


def _in_words(numbers: Iterable[int]) -> str:
    return registrations_bulk.runs(numbers).replace("-", "\N{EN DASH}").replace(" ", ", ")


async def _page(
    session: AsyncSession, actor: Actor, workshop: Workshop, typed: Typed, *, status: int = 200, **shown: object
) -> Response:
    wanted = wanted_of(typed)
    nothing: dict[str, object] = {
        "deed": "",
        "people": [],
        "count": 0,
        "others": "",
        "passed": [],
        "chosen_numbers": "",
        "blocks": [],
        "nonce": "",
        "progress": None,
        "became": [],
        "groups": [],
        "errors": [],
    }
    return await staff_page(
        session,
        actor,
        "registrations_bulk.html",
        REGISTRATIONS,
        workshop=workshop,
        status=status,
        chosen=workshop,
        back=list_at(workshop.id, wanted),
        wanted=wanted,
        action=f"{REGISTRATIONS}/{workshop.id}/bulk/decision",
        typed=typed,
        **nothing | shown,
    )


def _reason(deed: Deed, typed: Typed) -> str | None:
    """Raises InvalidInput."""
    if deed is Deed.APPROVE:
        return None
    advice, values = {"reason": _("Tuliskan alasannya.")}, {"reason": typed.get("reason")}
    if deed in (Deed.REJECT, Deed.ATTEND):
        return forms.read(Reason, values, advice).reason
    return forms.read(OptionalReason, values, advice).reason


async def _export(request: Request, actor: Actor, workshop_id: UUID, kind: str, wanted: RegistrationFilter) -> Response:
    """The API's file. It is answered here, since an address would show the name that was searched for."""
    values = wanted.model_dump()
    if kind == "xlsx":
        return await exports.export_registrations_xlsx(workshop_id, exports.ExportQuery(**values), request, actor)
    query = exports.CsvExportQuery(**values, separator=separator())
    return await exports.export_registrations_csv(workshop_id, query, request, actor)


def _addressed(wanted: RegistrationFilter) -> AnnouncementTo:
    return AnnouncementTo(registration_ids=wanted.ids, **wanted.model_dump(exclude={"ids"}))
