"""One workshop at a glance: what is to be done now, who is registered, expected and present, whom nothing reaches."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import announcements, attendance_counters, materials, minutes, overview, seats, workshops
from service.domain.afterwards import seen
from service.domain.overview import NEEDS, Facts, Task
from service.i18n import gettext as _
from service.models.attendance_shapes import AttendanceSummary
from service.models.materials_shapes import MOST_MATERIALS
from service.models.organizers import Organizer
from service.models.registrations import RegistrationStatus
from service.models.workshops import Mode, Workshop, WorkshopStatus
from service.pages.afterwards import Left, of_material, of_minutes
from service.pages.attendance import blocks_of
from service.pages.choosing import choose
from service.pages.house import staff_page
from service.pages.menus import (
    ATTENDANCE,
    CERTIFICATES,
    DOOR,
    INVITATIONS,
    MESSAGES,
    OVERVIEW,
    PRESENCES,
    REGISTRATIONS,
    SEND_LIST,
    SETUP,
)
from service.pages.route import PageRoute
from service.routers.access import Session, allow

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.REGISTRATIONS_READ)]
SHOWN = 3
_URGENT = frozenset({Task.REHEARSAL, Task.SHARED, Task.PAIR, Task.FAILED})


@dataclass(frozen=True)
class ToDo:
    """Something to do: a sentence, what the link to it says, and how much it matters."""

    text: str
    href: str
    label: str
    tone: str


@dataclass(frozen=True)
class Count:
    """People of one status, by mode, with the list that shows them."""

    label: str
    offline: int
    online: int
    href: str

    @property
    def all(self) -> int:
        """In both modes."""
        return self.offline + self.online


@dataclass(frozen=True)
class Room:
    """Seats of one mode: `limit` and `left` are None where they are not limited."""

    mode: str
    taken: int
    limit: int | None
    left: int | None


@router.get(OVERVIEW, operation_id="page_overview")
async def show_overview(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
) -> Response:
    """What the committee looks at first. Only what the visitor may read; opening the page changes nothing."""
    choices, chosen = await choose(session, actor, workshop)
    shown: dict[str, object] = {}
    if chosen:
        shown |= await _people(session, actor, chosen)
        shown |= await _attendance(session, actor, chosen)
        shown |= await _told(session, actor, chosen)
        shown["readable"] = await _readable(session, actor, chosen)
        shown["contacts"] = actor.may(Permission.CONTACTS_READ)
    return await staff_page(
        session,
        actor,
        "overview.html",
        OVERVIEW,
        workshop=chosen,
        status=200,
        choices=choices,
        chosen=chosen,
        now=clock.now(),
        carried=f"workshop={chosen.id}&" if chosen else "",
        **shown,
    )


async def _people(session: AsyncSession, actor: Actor, workshop: Workshop) -> dict[str, object]:
    facts = await overview.read(session, workshop)
    due = overview.tasks(facts, clock.now())
    listing = f"{REGISTRATIONS}?workshop={workshop.id}"
    cancelled = workshop.status is WorkshopStatus.CANCELLED
    return {
        "todo": [_todo(workshop, task, count, mine=actor.may(NEEDS[task])) for task, count in due],
        "counts": _counts(facts, listing),
        "rooms": []
        if cancelled
        else [Room(mode.value, *overview.seats(facts, mode)) for mode in workshops.offered_modes(workshop)],
        "unreachable": 0 if cancelled else facts.unreachable,
        "listing": listing,
        "public": await _public(session, workshop),
    }


async def _public(session: AsyncSession, workshop: Workshop) -> str:
    if workshop.status is WorkshopStatus.DRAFT or workshop.never_published:
        return ""
    house = await session.get_one(Organizer, workshop.organizer_id)
    return f"{settings_of(session).base_url.rstrip('/')}/w/{house.slug}/{workshop.slug}"


def _counts(facts: Facts, listing: str) -> list[Count]:
    labels = {
        RegistrationStatus.CONFIRMED: _("Terkonfirmasi"),
        RegistrationStatus.PENDING: _("Menunggu persetujuan"),
        RegistrationStatus.WAITLISTED: _("Daftar tunggu"),
        RegistrationStatus.CANCELLED: _("Dibatalkan"),
        RegistrationStatus.REJECTED: _("Ditolak"),
    }
    of = facts.standing.of
    counts = [
        Count(label, of(status, Mode.OFFLINE), of(status, Mode.ONLINE), f"{listing}&status={status.value}")
        for status, label in labels.items()
    ]
    return [one for place, one in enumerate(counts) if one.all or place == 0]


async def _attendance(session: AsyncSession, actor: Actor, workshop: Workshop) -> dict[str, object]:
    if workshop.status is WorkshopStatus.CANCELLED or not actor.may(Permission.ATTENDANCE_READ):
        return {"blocks": [], "stream": "", "attendance": ""}
    counters = await attendance_counters.read(session, workshop)
    summary = AttendanceSummary.model_validate_json(counters.body)
    return {
        "blocks": await blocks_of(session, workshop, summary),
        "stream": f"/api/v1/workshops/{workshop.id}/attendance/stream",
        "attendance": f"{ATTENDANCE}?workshop={workshop.id}",
    }


async def _told(session: AsyncSession, actor: Actor, workshop: Workshop) -> dict[str, object]:
    may, takes = actor.may(Permission.MESSAGES_WRITE), seats.takes_people(workshop.status)
    told = []
    if actor.may(Permission.MESSAGES_READ):
        told = await announcements.page(session, actor, workshop.id, None, SHOWN)
    return {
        "told": told,
        "prepares": actor.may(Permission.WORKSHOPS_WRITE),
        "write": f"{REGISTRATIONS}/{workshop.id}/message" if may else "",
        "invite": f"{INVITATIONS}?workshop={workshop.id}" if takes and actor.may(Permission.INVITATIONS_WRITE) else "",
        "add": f"{REGISTRATIONS}/{workshop.id}/new" if takes and actor.may(Permission.REGISTRATIONS_WRITE) else "",
    }


async def _readable(session: AsyncSession, actor: Actor, workshop: Workshop) -> list[Left] | None:
    """What there is to read beside the pages in the menu, for whoever changes nothing here; None for the others."""
    if actor.may(Permission.REGISTRATIONS_WRITE):
        return None
    at = f"/api/v1/workshops/{workshop.id}"
    _row, audiences = await seen(session, actor, workshop.id)
    found = [of_minutes(at)] if await minutes.are_open(session, workshop.id, audiences) else []
    rows = await materials.page(session, workshop.id, audiences, None, MOST_MATERIALS)
    found += [replace(of_material(row, at), href=row.url or f"/api/v1/materials/{row.id}/file") for row in rows]
    if actor.may(Permission.ORGANISATIONS_READ):
        found.append(Left(_("Daftar undangan (XLSX)"), f"{at}/invitations.xlsx"))
    return found


def _todo(workshop: Workshop, task: Task, count: int, *, mine: bool) -> ToDo:
    """`mine`: whether the visitor can do it; the others see that it waits."""
    text, href, label = _words()[task]
    tone = "bad" if task in _URGENT else "warn"
    return ToDo(text.format(count=count), href + f"workshop={workshop.id}" if mine else "", label, tone)


def _words() -> dict[Task, tuple[str, str, str]]:
    people = f"{REGISTRATIONS}?"
    return {
        Task.PREPARE: (
            _("Kegiatan ini masih rancangan dan belum tampil untuk umum."),
            f"{SETUP}?",
            _("Lanjutkan persiapan"),
        ),
        Task.REHEARSAL: (
            _("Gladi masih menyala pada kegiatan yang sudah diumumkan: peserta tidak menerima pesan apa pun."),
            f"{SETUP}?",
            _("Akhiri gladi"),
        ),
        Task.PAIR: (
            _("Belum ada perangkat di pintu. Tanpa perangkat, tiket tidak dapat dipindai."),
            f"{DOOR}?",
            _("Pasangkan perangkat"),
        ),
        Task.SHARED: (
            _("{count} tautan pribadi dipakai dari banyak tempat. Mungkin tautan itu tersebar."),
            f"{MESSAGES}?",
            _("Perbarui tautan"),
        ),
        Task.APPROVE: (
            _("{count} pendaftaran menunggu persetujuan."),
            f"{people}status=pending&",
            _("Putuskan pendaftaran"),
        ),
        Task.SEATS: (
            _("{count} orang menunggu, sementara kursi disisihkan bagi instansi yang diundang."),
            f"{INVITATIONS}?",
            _("Periksa undangan"),
        ),
        Task.FAILED: (_("{count} pesan tidak sampai."), f"{MESSAGES}?", _("Lihat sebabnya")),
        Task.SEND: (
            _("{count} pesan menunggu dikirim dari telepon panitia."),
            f"{SEND_LIST}?",
            _("Buka daftar kirim"),
        ),
        Task.UNREACHABLE: (
            _("{count} peserta tidak dapat dihubungi."),
            f"{people}unreachable=yes&",
            _("Lengkapi kontaknya"),
        ),
        Task.MATCH: (
            _("{count} nama di ruang daring belum dikenali."),
            f"{PRESENCES}?",
            _("Cocokkan nama"),
        ),
        Task.COMPLETE: (
            _("Kegiatan sudah berakhir dan belum ditandai selesai."),
            f"{SETUP}?",
            _("Tandai selesai"),
        ),
        Task.CERTIFY: (_("Sertifikat belum diterbitkan."), f"{CERTIFICATES}?", _("Terbitkan sertifikat")),
    }
