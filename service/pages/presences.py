"""Online connections as the committee sees them: a report is tried and taken over, and each one finds its people."""

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import FormData

from service.auth import Actor, Permission
from service.documents.presence_times import ReportDatesUnclear
from service.domain import presences, presences_decisions, presences_import, presences_suggestions, workshops
from service.errors import CsrfFailed, InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.attendance import Presence
from service.models.attendance_shapes import PersonBrief, PresenceCreate
from service.models.presences_shapes import PresenceImportRead, PresenceRead, Suggestion
from service.models.workshops import Workshop
from service.pages.choosing import choose
from service.pages.forms import BadForm, Option, errors_of, typed
from service.pages.house import staff_page
from service.pages.menus import PRESENCES
from service.pages.render import FormError, speak_days
from service.pages.route import PageRoute
from service.pages.uploading import allow_upload
from service.routers import csrf, uploads
from service.routers.access import Session, allow, database_of, page_of
from service.routers.presences import import_read, read_report, report_in

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 20
MOST_PACKED = 6 * 1024 * 1024
"""Bytes of a tried report that wait in the page for the committee's word."""
_MOST_UNPACKED = 32 * 1024 * 1024
_ITEMS = TypeAdapter(list[PresenceCreate])
_SHOWS = ("waiting", "matched", "nobodys")


Matcher = Annotated[Actor, allow(Permission.PRESENCES_WRITE)]
Uploader = Annotated[Actor, allow_upload(Permission.PRESENCES_WRITE)]


@dataclass(frozen=True)
class Person:
    """Somebody registered, with the reasons for suggesting that person, and whether the box is ticked."""

    id: str
    name: str
    note: str
    reasons: Sequence[str] = ()
    ticked: bool = False


@dataclass(frozen=True)
class Entry:
    """A connection. `alike`: how many others of its name or id wait; `people`: whose it is."""

    id: str
    name: str
    email: str | None
    joined_at: datetime
    left_at: datetime
    minutes: int
    source: str
    decided: bool
    people: Sequence[Person]
    suggestions: Sequence[Person]
    alike: int
    href: str


@dataclass(frozen=True)
class Tried:
    """A report that was tried: what would become of it, and its connections, packed for the second step.

    `outside`: how many rows are of other days than the workshop's; `doubtful`: most of the time is not in the agenda.
    """

    told: PresenceImportRead
    packed: str
    outside: int = 0

    @property
    def doubtful(self) -> bool:
        """See the class."""
        inside = self.told.minutes_inside
        return inside is not None and 2 * inside < self.told.minutes


@router.get(PRESENCES, operation_id="page_presences")
async def show_connections(
    session: Session,
    actor: Matcher,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    show: Annotated[str, Query(max_length=20)] = "waiting",
    after: UUID | None = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The connections that wait for a person to say whose they are; or those that are somebody's, or nobody's."""
    shown = show if show in _SHOWS else "waiting"
    return await _page(session, actor, workshop, show=shown, after=after, done=done)


@router.post(PRESENCES, operation_id="page_try_presences", max_body_size=uploads.UNBOUNDED)
async def try_report(request: Request, actor: Uploader) -> Response:
    """Tries a report: the page says what would become of its rows, and asks whether they should be taken over."""
    database = database_of(request)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise CsrfFailed  # nothing that could carry the value
    async with uploads.form_of(request, database.settings.max_upload_bytes) as form:
        said = uploads.texts_of(form)
        csrf.check(actor, said.get("csrf"))
        async with database.read() as session:
            workshop = await workshops.find(session, actor, _id(said.get("workshop", "")))
        try:
            tried, errors, status = await _tried(request, actor, workshop, form), [], 200
        except Refusal as refusal:
            tried, errors, status = None, _errors(refusal, workshop), refusal.status
    async with database.read() as session:
        return await _page(session, actor, workshop.id, tried=tried, errors=errors, status=status)


async def _tried(request: Request, actor: Actor, workshop: Workshop, form: FormData) -> Tried:
    zone = str(form.get("timezone") or workshop.timezone)
    if zone not in {option.value for option in _zones(workshop)}:
        raise InvalidInput.at("/timezone", _("Pilih zona waktu dari daftar."))
    received = await read_report(report_in(form), workshop, zone)
    items = received.items
    async with database_of(request).read() as session:
        outcome = await presences_import.preview(session, actor, workshop.id, items)
    packed = base64.urlsafe_b64encode(zlib.compress(_ITEMS.dump_json(items))).decode()
    outside = sum(fault.outside for fault in received.report.faults)
    return Tried(import_read(received, outcome, dry_run=True), packed, outside)


def _errors(refusal: Refusal, workshop: Workshop) -> list[FormError]:
    found = errors_of(refusal)
    if not isinstance(refusal, ReportDatesUnclear):
        return found
    days = speak_days(workshop.starts_at, workshop.ends_at, workshop.timezone)
    told = _("Kegiatan yang dipilih: {title}, {days}. Bila laporan ini dari kegiatan lain, pilih kegiatan itu dahulu.")
    return [*found, FormError("", told.format(title=workshop.title, days=days))]


@router.post(PRESENCES + "/confirmed", operation_id="page_take_presences", max_body_size=MOST_PACKED + 65_536)
async def take_report(request: Request, actor: Uploader) -> Response:
    """Takes over the report that was tried. No writer waits while it comes in."""
    said = await typed(request)
    csrf.check(actor, said.get("csrf"))
    workshop_id, items = _id(said.get("workshop", "")), _unpacked(said.get("packed", ""))
    async with database_of(request).write() as session:
        await presences_import.take_over(session, actor, workshop_id, items)
    return _back(workshop_id, "imported")


@router.get(PRESENCES + "/{presence_id}", operation_id="page_presence")
async def show_connection(presence_id: UUID, session: Session, actor: Matcher) -> Response:
    """One connection: whose it is, who it may be, and a search for somebody else."""
    row = await presences_decisions.find(session, actor, presence_id)
    [read] = await presences.read_many(session, [row])
    return await _one(session, actor, row, read.registration_ids)


@router.post(PRESENCES + "/{presence_id}", operation_id="page_search_presence")
async def search_people(presence_id: UUID, request: Request, session: Session, actor: Matcher) -> Response:
    """The same with the people found. A name that is looked for stands in no address."""
    said = await typed(request)
    row = await presences_decisions.find(session, actor, presence_id)
    return await _one(session, actor, row, _people(said.get("person", "")), wanted=said.get("q", "")[:100])


@router.post(PRESENCES + "/{presence_id}/match", operation_id="page_match_presence")
async def match_connection(presence_id: UUID, request: Request, session: Session, actor: Matcher) -> Response:
    """Stores whose connection it is, for others of that name or id too when the box is ticked."""
    said = await typed(request)
    people = [] if "nobody" in said else _people(said.get("person", ""))
    if not people and "nobody" not in said:
        row = await presences_decisions.find(session, actor, presence_id)
        error = FormError("", _("Pilih sekurang-kurangnya satu peserta, atau tekan Bukan peserta."))
        return await _one(session, actor, row, [], errors=[error], status=422)
    if "also" in said:
        row, _others = await presences_decisions.match_alike(session, actor, presence_id, people)
    else:
        row = await presences_decisions.match(session, actor, presence_id, people)
    return _back(row.workshop_id, "matched" if people else "nobody")


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    *,
    show: str = "waiting",
    after: UUID | None = None,
    done: str = "",
    tried: Tried | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    choices, chosen = await choose(session, actor, workshop_id)
    about: dict[str, object] = {}
    if chosen:
        matched = show == "matched" if show != "nobodys" else None
        found = await presences.page(session, actor, chosen.id, matched, after, SHOWN + 1, nobodys=show == "nobodys")
        rows, more = page_of(found, SHOWN)
        here = f"{PRESENCES}?workshop={chosen.id}"
        about = {
            "entries": await _entries(session, actor, chosen.id, rows, suggest=show == "waiting"),
            "counts": await presences.counted(session, chosen.id),
            "more": f"{here}&show={show}&after={rows[-1].id}" if more else "",
            "shows": {one: f"{here}&show={one}" for one in _SHOWS},
            "zones": _zones(chosen),
            "carried": f"workshop={chosen.id}&show={show}&",
        }
    return await staff_page(
        session,
        actor,
        "presences.html",
        PRESENCES,
        workshop=chosen,
        status=status,
        choices=choices,
        chosen=chosen,
        show=show,
        done=done,
        tried=tried,
        errors=errors,
        **about,
    )


async def _one(
    session: AsyncSession,
    actor: Actor,
    row: Presence,
    ticked: Sequence[UUID],
    *,
    wanted: str = "",
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    """The page of one connection. Who is ticked comes first, then who was found, then who is suggested."""
    workshop = await session.get_one(Workshop, row.workshop_id)
    [entry] = await _entries(session, actor, row.workshop_id, [row], suggest=True)
    known = await presences_suggestions.people_of(session, ticked)
    found = await presences_suggestions.search(session, row.workshop_id, wanted)
    people = {str(one.id): _person(one, ticked=True) for one in known.values()}
    for one in (*map(_person, found), *entry.suggestions):
        people.setdefault(one.id, one)
    return await staff_page(
        session,
        actor,
        "presence.html",
        PRESENCES,
        workshop=workshop,
        status=status,
        chosen=workshop,
        entry=entry,
        people=list(people.values()),
        wanted=wanted,
        found=len(found),
        shortest=presences_suggestions.SHORTEST,
        back=f"{PRESENCES}?workshop={row.workshop_id}",
        errors=errors,
    )


async def _entries(
    session: AsyncSession, actor: Actor, workshop_id: UUID, rows: Sequence[Presence], *, suggest: bool
) -> list[Entry]:
    personal = actor.may(Permission.CONTACTS_READ)
    reads = await presences.read_many(session, rows, show_email=personal)
    hints = await presences_suggestions.suggestions(session, workshop_id) if suggest and rows else None
    suggested = {row.id: hints.of(row, personal=personal) if hints else [] for row in rows}
    ids = {one.registration.id for many in suggested.values() for one in many}
    people = await presences_suggestions.people_of(session, ids.union(*(read.registration_ids for read in reads)))
    alike = await presences_decisions.count_alike(session, rows)
    return [_entry(read, people, suggested[read.id], alike[read.id]) for read in reads]


def _entry(read: PresenceRead, people: dict[UUID, PersonBrief], suggested: Sequence[Suggestion], alike: int) -> Entry:
    sources = {
        "zoom": _("Zoom, langsung"),
        "zoom_report": _("Laporan Zoom"),
        "zoom_csv": _("Berkas laporan"),
        "code": _("Kode pada layar"),
    }
    return Entry(
        id=str(read.id),
        name=read.display_name or _("Tanpa nama"),
        email=read.email,
        joined_at=read.joined_at,
        left_at=read.left_at,
        minutes=read.minutes,
        source=sources.get(read.source, _("Sistem lain")),
        decided=read.decided,
        people=[_person(people[one], ticked=True) for one in read.registration_ids if one in people],
        suggestions=[
            _person(people[one.registration.id], [reason.text for reason in one.reasons]) for one in suggested
        ],
        alike=alike,
        href=f"{PRESENCES}/{read.id}",
    )


def _person(one: PersonBrief, reasons: Sequence[str] = (), *, ticked: bool = False) -> Person:
    number = _("Nomor {number}").format(number=one.number)
    note = " · ".join(part for part in (one.organisation, one.position, number) if part)
    return Person(str(one.id), one.name, note, reasons, ticked)


def _zones(workshop: Workshop) -> list[Option]:
    named = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT", "UTC": "UTC"}
    zones = dict.fromkeys([workshop.timezone, *named])
    return [Option(zone, f"{named[zone]} ({zone})" if named.get(zone, zone) != zone else zone) for zone in zones]


def _unpacked(packed: str) -> list[PresenceCreate]:
    """The connections of a report that was tried. Raises BadForm for anything else."""
    try:
        inflating = zlib.decompressobj()
        raw = inflating.decompress(base64.urlsafe_b64decode(packed.encode("ascii")), _MOST_UNPACKED)
        if inflating.unconsumed_tail:
            raise BadForm
        return _ITEMS.validate_json(raw)
    except (binascii.Error, zlib.error, UnicodeEncodeError, ValidationError) as broken:
        raise BadForm from broken


def _people(text: str) -> list[UUID]:
    return [_id(line) for line in text.split()][:50]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as broken:
        raise BadForm from broken


def _back(workshop_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{PRESENCES}?workshop={workshop_id}&done={done}", status_code=303)
