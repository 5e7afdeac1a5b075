"""The committee's editor of minutes (notula) and of what is to be followed up: saved together, never over another's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import commitments, follow_ups, minutes, working_days, workshops
from service.errors import InvalidInput, NotFound, Refusal, Stale
from service.i18n import gettext as _
from service.models.minutes import Readers
from service.models.minutes_shapes import MOST_FOLLOW_UPS, FollowUpInput, FollowUpRead, FollowUpRequests, MinutesInput
from service.pages import forms
from service.pages.choosing import choose
from service.pages.commitments import names_of
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import MATERIALS
from service.pages.message_words import ways
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Editor = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]
MINUTES = "/staff/minutes"
NEW_ROWS = 3
"""Empty rows below those that are there; saving makes room for more."""
_TEXTS = ("text", "chaired_by", "written_by", "audience")
_FIELDS = 6 * (MOST_FOLLOW_UPS + NEW_ROWS) + 20


@dataclass(frozen=True)
class Row:
    """One line of the form: as typed, or as kept. `asked` is what became of it as a request, which fixes it.

    `off`: it is due on no working day; `past`: on a day that has passed.
    """

    n: int
    id: str = ""
    text: str = ""
    organisation: str = ""
    due: str = ""
    ask: bool = False
    remove: bool = False
    off: bool = False
    past: bool = False
    asked: FollowUpRead | None = None


def audience_options() -> list[Option]:
    """Who may be allowed to read minutes or open a material, as forms offer it."""
    return [
        Option(Readers.COMMITTEE, _("Hanya panitia")),
        Option(Readers.ATTENDEES, _("Peserta yang hadir"), _("Pada halaman pribadi orang yang tercatat hadir.")),
        Option(Readers.PARTICIPANTS, _("Semua peserta"), _("Pada halaman pribadi semua peserta terkonfirmasi.")),
        Option(Readers.PUBLIC, _("Umum"), _("Pada halaman kegiatan, bagi siapa saja.")),
    ]


@router.get(MINUTES, operation_id="page_minutes")
async def show_minutes(
    session: Session,
    actor: Editor,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The editor."""
    return await _page(session, actor, workshop, done=done)


@router.post(MINUTES + "/{workshop_id}", operation_id="page_write_minutes")
async def save(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Saves all of it; with `do=request` it leads to whom what is ticked would go."""
    typed = await forms.typed(request, _FIELDS)
    database = database_of(request)
    try:
        async with database.write() as session:
            asking = await _saved(session, actor, workshop_id, typed)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            return await _page(session, actor, workshop_id, typed=typed, refused=refused)
    if not asking:
        return RedirectResponse(f"{MINUTES}?workshop={workshop_id}&done=saved", status_code=303)
    whom = urlencode([("ask", str(one)) for one in asking] + [("dimension", typed.get("dimension", ""))])
    return RedirectResponse(f"{MINUTES}/{workshop_id}/requests?{whom}", status_code=303)


@router.get(MINUTES + "/{workshop_id}/requests", operation_id="page_review_requests")
async def show_requests(
    workshop_id: UUID,
    session: Session,
    actor: Editor,
    ask: Annotated[list[UUID] | None, Query(max_length=MOST_FOLLOW_UPS)] = None,
    dimension: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Whom the follow-ups would be asked of, by when, and how each is told; back to the editor where one cannot be."""
    actor.require(Permission.COMMITMENTS_WRITE)
    workshop = await workshops.find(session, actor, workshop_id)
    try:
        rows = await follow_ups.requestable(session, workshop_id, ask or [])
    except Refusal:
        rows = []
    if not rows:
        return RedirectResponse(f"{MINUTES}?workshop={workshop_id}", status_code=303)
    names = await names_of(session, actor, ())
    return await staff_page(
        session,
        actor,
        "minutes_requests.html",
        MATERIALS,
        workshop=workshop,
        chosen=workshop,
        asked=await follow_ups.whom(session, rows),
        ways=ways(settings_of(session)),
        version=(await minutes.of(session, workshop)).version,
        dimension=(dimension, names.dimensions.get(dimension, dimension)),
    )


@router.post(MINUTES + "/{workshop_id}/requests", operation_id="page_request_follow_ups")
async def ask_now(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Asks for what was looked at. What changed meanwhile leads to the editor, and nothing is asked."""
    typed = await forms.typed(request, _FIELDS)
    actor.require(Permission.COMMITMENTS_WRITE)
    values = {"follow_ups": typed.get("ask", "").split("\n"), "dimension": typed.get("dimension") or None}
    done = "requested"
    try:
        async with database_of(request).write() as session:
            kept = await minutes.held(session, actor, workshop_id)
            data = forms.read(FollowUpRequests, values, {})
            # Clicked twice, the second finds what the first one asked for.
            if not await follow_ups.are_asked(session, workshop_id, data.follow_ups):
                if typed.get("version") != str(kept.version):
                    raise Stale
                await follow_ups.request(session, actor, kept, data)
    except NotFound:
        raise
    except Refusal:
        done = "unasked"
    return RedirectResponse(f"{MINUTES}?workshop={workshop_id}&done={done}", status_code=303)


async def _saved(session: AsyncSession, actor: Actor, workshop_id: UUID, typed: Typed) -> list[UUID]:
    """Saves what was typed; which of it is to be asked for, all of them ready for it."""
    kept = await minutes.held(session, actor, workshop_id)
    if typed.get("version") != str(kept.version):
        raise Stale
    there = {str(one.id): one for one in await follow_ups.reads(session, workshop_id)}
    rows = [row for row in _typed_rows(typed, there) if row.asked or _is_wanted(row)]
    items = _items(rows, (await names_of(session, actor, ())).organisations)
    words = {name: typed.get(name) for name in _TEXTS if name in typed}
    data = forms.read(MinutesInput, {"text": "", **words}, {"audience": _("Pilih siapa yang boleh membaca.")})
    await minutes.write(session, actor, kept, data)
    try:
        await follow_ups.replace(session, actor, kept, items)
        if typed.get("do") != "request":
            return []
        actor.require(Permission.COMMITMENTS_WRITE)
        listed = await follow_ups.of(session, workshop_id)
        wanted = [found.id for found, row in zip(listed, rows, strict=True) if row.ask and not row.asked]
        if not wanted:
            raise InvalidInput.at("/do", _("Tandai sekurang-kurangnya satu tindak lanjut yang diminta datanya."))
        await follow_ups.check_ahead(session, actor, await follow_ups.requestable(session, workshop_id, wanted))
    except InvalidInput as refused:
        asking = [row for row in rows if row.ask and not row.asked]
        raise InvalidInput(_at_rows(refused, rows, asking)) from refused
    return wanted


def _typed_rows(typed: Typed, there: Mapping[str, FollowUpRead]) -> list[Row]:
    """The lines of the form; what has become a request stays as it is kept."""
    number = typed.get("rows", "")
    count = min(int(number), MOST_FOLLOW_UPS + NEW_ROWS) if number.isascii() and number.isdigit() else 0
    rows = []
    for n in range(count):
        kept = there.get(typed.get(f"id-{n}", ""))
        row = Row(
            n,
            str(kept.id) if kept else "",
            " ".join(typed.get(f"text-{n}", "").split()),
            typed.get(f"organisation-{n}", ""),
            typed.get(f"due-{n}", ""),
            f"ask-{n}" in typed,
            f"remove-{n}" in typed,
        )
        rows.append(_kept_row(n, kept) if kept and kept.data_item else row)
    return rows


def _is_wanted(row: Row) -> bool:
    """Neither empty nor ticked to be removed; a new line with an organisation alone lacks its text."""
    return not row.remove and bool(row.text or (row.organisation and not row.id))


def _kept_row(n: int, kept: FollowUpRead) -> Row:
    due = kept.due_date.isoformat() if kept.due_date else ""
    asked = kept if kept.data_item else None
    return Row(n, str(kept.id), kept.text, kept.organisation_name or "", due, asked=asked)


def _items(rows: Sequence[Row], offices: Mapping[str, str]) -> list[FollowUpInput]:
    """Raises InvalidInput with every fault at once, each at its input."""
    items, faults = [], []
    codes = _codes(offices)
    advice = {"due_date": _("Pilih tanggal."), "text": _("Tuliskan apa yang dikerjakan.")}
    for row in rows:
        office = row.asked.organisation if row.asked else codes.get(row.organisation.casefold())
        if row.organisation and office is None:
            text = _("Instansi tidak dikenal. Pilih dari daftar, atau tulis kodenya.")
            faults.append({"pointer": f"/organisation-{row.n}", "message": text})
        values = {"id": row.id or None, "text": row.text, "organisation": office, "due_date": row.due or None}
        try:
            items.append(forms.read(FollowUpInput, values, advice))
        except InvalidInput as refused:
            faults += [{**one, "pointer": _pointer(one["pointer"], row)} for one in _faults(refused)]
    if faults:
        raise InvalidInput(faults)
    if len(items) > MOST_FOLLOW_UPS:
        many = _("Paling banyak {count} tindak lanjut.").format(count=MOST_FOLLOW_UPS)
        raise InvalidInput.at("/do", many)
    return items


def _codes(offices: Mapping[str, str]) -> dict[str, str]:
    """What may be typed for an organisation: its code, or its name where only one is called so."""
    names = [name.casefold() for name in offices.values()]
    single = {name.casefold(): code for code, name in offices.items() if names.count(name.casefold()) == 1}
    return single | {code.casefold(): code for code in offices}


def _faults(refused: InvalidInput) -> list[dict[str, str]]:
    errors = refused.extra["errors"]
    assert isinstance(errors, list)
    return errors


def _at_rows(refused: InvalidInput, rows: Sequence[Row], asking: Sequence[Row]) -> list[dict[str, str]]:
    """The same refusals, each at the input of the form that it is about."""
    found = []
    for one in _faults(refused):
        part, _sep, rest = one["pointer"].strip("/").partition("/")
        place, _sep, _name = rest.partition("/")
        of = {"items": rows, "follow_ups": asking}.get(part)
        at = _pointer(one["pointer"], of[int(place)]) if of and place.isdigit() else one["pointer"]
        found.append({**one, "pointer": at})
    return found


def _pointer(pointer: str, row: Row) -> str:
    name = pointer.strip("/").rpartition("/")[2]
    fields = {"due_date": "due", "text": "text", "id": "text"}
    return f"/{fields.get(name, 'organisation')}-{row.n}"


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    *,
    typed: Typed | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    choices, chosen = await choose(session, actor, workshop_id)
    shown: dict[str, object] = {}
    if chosen:
        kept = await minutes.of(session, chosen)
        reads = await follow_ups.reads(session, chosen.id)
        names = await names_of(session, actor, ())
        holidays = await working_days.holidays_of(session, chosen.organizer_id)
        today = await commitments.today(session, actor)
        stale = isinstance(refused, Stale)
        shown = {
            "kept": kept,
            "stale": stale,
            "words": {name: getattr(kept, name) or "" for name in _TEXTS} if typed is None else typed,
            "rows": [_dated(row, today, holidays) for row in _shown_rows(reads, typed, stale=stale)],
            "offices": names.organisations,
            "dimensions": [Option(code, label) for code, label in names.dimensions.items()],
            "asks": actor.may(Permission.COMMITMENTS_WRITE),
        }
    return await staff_page(
        session,
        actor,
        "minutes.html",
        MATERIALS,
        workshop=chosen,
        status=refused.status if refused else 200,
        choices=choices,
        chosen=chosen,
        carried=f"workshop={chosen.id}&" if chosen else "",
        audiences=audience_options(),
        errors=_errors(refused) if refused else [],
        done="" if refused else done,
        **shown,
    )


def _dated(row: Row, today: date, holidays: Collection[date]) -> Row:
    try:
        day = date.fromisoformat(row.due)
    except ValueError:
        return row
    return replace(row, past=day < today, off=not working_days.is_working_day(day, holidays))


def _shown_rows(reads: Sequence[FollowUpRead], typed: Typed | None, *, stale: bool) -> list[Row]:
    """What was typed, else what is kept, and empty rows. Of what somebody else added meanwhile nothing is lost."""
    there = {str(one.id): one for one in reads}
    if typed is not None and not stale:
        # Refusals name the inputs by the numbers that were sent.
        return _typed_rows(typed, there)
    rows = [_kept_row(0, one) for one in reads]
    if typed is not None:
        mine = [row for row in _typed_rows(typed, there) if row.text or row.organisation]
        known = {row.id for row in mine}
        rows = mine + [row for row in rows if row.id not in known]
    rows += [Row(0)] * min(NEW_ROWS, MOST_FOLLOW_UPS - len(rows))
    return [replace(row, n=n) for n, row in enumerate(rows)]


def _errors(refused: Refusal) -> list[FormError]:
    if isinstance(refused, Stale):
        advice = _(
            "Orang lain menyimpan notula ini sementara Anda menulis. Tulisan Anda masih ada di bawah: bandingkan "
            "dengan naskah yang tersimpan, gabungkan, lalu simpan sekali lagi."
        )
        return [FormError("", advice)]
    return forms.errors_of(refused)
