"""One person's attendance, for the committee to correct: found by name, told in sentences, undone or recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.auth import Actor, Permission
from service.domain import attendance_person, registrations, workshops
from service.domain.attendance_person import Half
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.attendance import AttendanceMode, AttendanceState, Direction, Method, RefusalReason, Verdict
from service.models.attendance_history_shapes import ScanRead
from service.models.attendance_shapes import AnnulmentCreate
from service.models.presences_shapes import PresenceRead
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.pages import corrections, forms
from service.pages.forms import BadForm, Option
from service.pages.house import staff_page
from service.pages.menus import ATTENDANCE, PRESENCES
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow
from service.tokens import new_id

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ATTENDANCE_READ)]
Corrector = Annotated[Actor, allow(Permission.CHECKINS_WRITE)]


@dataclass(frozen=True)
class Found:
    """Somebody who was looked for."""

    name: str
    note: str
    href: str


@dataclass(frozen=True)
class HalfDay:
    """A half-day of the person in words; `tone`: colour of the badge."""

    label: str
    starts_at: datetime
    ends_at: datetime
    word: str
    tone: str


@dataclass(frozen=True)
class Event:
    """A scan or a connection. `undoing`: the scan that may be undone; `href`: where its owner is decided."""

    at: datetime
    sentence: str
    undone: str
    undoing: str
    href: str


@router.post(ATTENDANCE, operation_id="page_search_attendance")
async def search_people(request: Request, session: Session, actor: Corrector) -> Response:
    """The people found. A name that is looked for stands in no address."""
    actor.require(Permission.ATTENDANCE_READ)
    said = await forms.typed(request)
    workshop = await workshops.find(session, actor, _id(said.get("workshop", "")))
    wanted = said.get("person", "")[:100]
    found = await attendance_person.search(session, workshop.id, wanted)
    people = [
        Found(
            one.name,
            " · ".join(filter(None, (_("Nomor {number}").format(number=one.number), one.organisation))),
            f"{ATTENDANCE}/{one.id}",
        )
        for one in found
    ]
    return await staff_page(
        session,
        actor,
        "attendance_search.html",
        ATTENDANCE,
        workshop=workshop,
        chosen=workshop,
        people=people,
        wanted=wanted,
        back=f"{ATTENDANCE}?workshop={workshop.id}",
    )


@router.get(ATTENDANCE + "/{registration_id}", operation_id="page_attendance_person")
async def show_person(
    registration_id: UUID,
    session: Session,
    actor: Reader,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One person's half-days, and all that was scanned or reported."""
    row = await registrations.find(session, actor, registration_id)
    return await _page(session, actor, row, done=done)


@router.post(ATTENDANCE + "/{registration_id}/checkins", operation_id="page_record_attendance")
async def record_attendance(registration_id: UUID, request: Request, session: Session, actor: Corrector) -> Response:
    """Records that the person came, with the reason why no scan says so."""
    actor.require(Permission.ATTENDANCE_READ)
    said = await forms.typed(request)
    row = await registrations.find(session, actor, registration_id)
    try:
        reason = _reason(said.get("reason", ""), "reason")
        nonce = _id(said.get("nonce", ""))
        told = await attendance_person.record(session, actor, row, said.get("block", ""), reason, nonce)
    except InvalidInput as refused:
        return await _page(session, actor, row, typed=said, errors=forms.errors_of(refused))
    return _back(row, "refused" if told.verdict is Verdict.REFUSED else "recorded")


@router.post(ATTENDANCE + "/{registration_id}/annulment", operation_id="page_annul_scan")
async def annul_scan(registration_id: UUID, request: Request, session: Session, actor: Corrector) -> Response:
    """Undoes a scan. It stays on the page, with who undid it and why."""
    actor.require(Permission.ATTENDANCE_READ)
    said = await forms.typed(request)
    row = await registrations.find(session, actor, registration_id)
    checkin_id = _id(said.get("checkin", ""))
    field = f"reason-{checkin_id}"
    try:
        reason = _reason(said.get(field, ""), field)
    except InvalidInput as refused:
        return await _page(session, actor, row, typed=said, errors=forms.errors_of(refused))
    await attendance_person.undo(session, actor, row, checkin_id, reason)
    return _back(row, "undone")


async def _page(
    session: AsyncSession,
    actor: Actor,
    row: Registration,
    *,
    done: str = "",
    typed: forms.Typed | None = None,
    errors: Sequence[FormError] = (),
) -> Response:
    workshop = await workshops.find(session, actor, row.workshop_id)
    halves = await attendance_person.halves(session, row)
    scans, connections = await attendance_person.facts(session, workshop, row)
    names = await corrections.names_of(session, workshop)
    may = actor.may(Permission.CHECKINS_WRITE)
    events = [scan_line(one, workshop, names, may=may) for one in scans]
    events += [connection_line(one, workshop, may=actor.may(Permission.PRESENCES_WRITE)) for one in connections]
    return await staff_page(
        session,
        actor,
        "attendance_person.html",
        ATTENDANCE,
        workshop=workshop,
        status=422 if errors else 200,
        chosen=workshop,
        person=row,
        halves=[half_line(one) for one in halves],
        events=sorted(events, key=lambda one: one.at, reverse=True),
        missing=[Option(one.block.code, one.block.label) for one in halves if one.missing] if may else [],
        address=f"{ATTENDANCE}/{row.id}",
        back=f"{ATTENDANCE}?workshop={workshop.id}",
        nonce=new_id(),
        typed=typed or {},
        errors=errors,
        done=done,
    )


def half_line(one: Half) -> HalfDay:
    """A half-day of a person in words."""
    modes = {
        AttendanceMode.OFFLINE: _("Hadir luring"),
        AttendanceMode.ONLINE: _("Hadir daring"),
        AttendanceMode.DUAL: _("Hadir luring dan daring"),
    }
    states = {AttendanceState.ABSENT: (_("Tidak hadir"), "bad"), AttendanceState.PENDING: (_("Belum hadir"), "warn")}
    word, tone = states.get(one.state) or (modes[one.mode] if one.mode else _("Hadir"), "ok")
    if one.minutes:
        word = _("{state}, {minutes} menit daring").format(state=word, minutes=one.minutes)
    return HalfDay(one.block.label, one.block.starts_at, one.block.ends_at, word, tone)


def scan_line(read: ScanRead, workshop: Workshop, names: corrections.Names, *, may: bool) -> Event:
    """A scan in words; `may`: the visitor may undo it."""
    ways = {
        Method.QR: _("{way} {block}, dipindai oleh {who} {when}"),
        Method.MANUAL: _("{way} {block}, dicatat manual oleh {who} {when}"),
        Method.SELF: _("{way} {block}, dicatat {who} dengan kode layar {when}"),
    }
    said = ways[read.method].format(
        way=_("Keluar") if read.direction is Direction.OUT else _("Masuk"),
        block=names.block(read.block) or _("di luar sesi"),
        who=corrections.who(read.by),
        when=_when(read.received_at if read.by.kind == "staff" else read.happened_at, workshop),
    )
    told = [corrections.because(said, read.note or read.admit_reason)]
    if read.verdict is Verdict.REFUSED:
        told.append(_refusals().get(read.refusal, _("Ditolak.")))
    undone = ""
    if read.annulled:
        undone = _("Dibatalkan oleh {who} {when}").format(
            who=corrections.who(read.annulled.by), when=_when(read.annulled.undone_at or read.annulled.at, workshop)
        )
        undone = corrections.because(undone, read.annulled.reason)
    return Event(
        read.happened_at, " ".join(told), undone, str(read.checkin_id) if may and not read.annulled else "", ""
    )


def _refusals() -> dict[RefusalReason | None, str]:
    return {
        RefusalReason.NOT_CONFIRMED: _("Ditolak: belum dikonfirmasi."),
        RefusalReason.CANCELLED: _("Ditolak: pendaftaran dibatalkan."),
        RefusalReason.NO_BLOCK_NOW: _("Ditolak: tidak ada sesi yang dibuka saat itu."),
        RefusalReason.CLOCK_IMPLAUSIBLE: _("Ditolak: jam perangkat tidak masuk akal."),
    }


def connection_line(read: PresenceRead, workshop: Workshop, *, may: bool) -> Event:
    """A connection in words; `may`: the visitor may decide whose it is."""
    said = _("Terhubung daring sebagai {name} {start} sampai {end}, {minutes} menit di dalam acara.").format(
        name=corrections.quoted(read.display_name),
        start=_when(read.joined_at, workshop),
        end=_when(read.left_at, workshop)
        if clock.local_date(read.left_at, workshop.timezone) != clock.local_date(read.joined_at, workshop.timezone)
        else i18n.speak_time(read.left_at, workshop.timezone),
        minutes=read.minutes,
    )
    return Event(read.joined_at, said, "", "", f"{PRESENCES}/{read.id}" if may else "")


def _when(instant: datetime, workshop: Workshop) -> str:
    return i18n.speak_instant(instant, workshop.timezone)


def _reason(text: str, field: str) -> str:
    try:
        return forms.read(AnnulmentCreate, {"reason": text}, {"reason": _("Tuliskan alasannya.")}).reason
    except InvalidInput as refused:
        raise InvalidInput.at(f"/{field}", forms.errors_of(refused)[0].message) from refused


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as broken:
        raise BadForm from broken


def _back(row: Registration, done: str) -> Response:
    return RedirectResponse(f"{ATTENDANCE}/{row.id}?done={done}", status_code=303)
