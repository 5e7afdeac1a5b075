"""What is still missing before a workshop is announced, or would hurt the people who come: found, never forbidden.

Only what `workshops.publish` refuses is blocking; everything else is said, and the committee decides.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import settings_of
from service.domain import agenda, agenda_conflicts, workshops
from service.domain.working_days import holidays_of, is_working_day
from service.i18n import gettext as _, speak_date
from service.models.organizers import Organizer
from service.models.rooms import Room, RoomStatus
from service.models.workshops import AgendaItem, AttendanceBlock, Capacity, Modality, Mode, Workshop, WorkshopStatus

_DAY = timedelta(days=1)


class Severity(StrEnum):
    """`blocking`: it cannot be announced. `warning`: people would be harmed. `note`: it would be better otherwise."""

    BLOCKING = "blocking"
    WARNING = "warning"
    NOTE = "note"


class Place(StrEnum):
    """Where it is put right."""

    DETAILS = "details"
    AGENDA = "agenda"
    QUESTIONS = "questions"
    LETTER = "letter"
    ROOM = "room"
    PUBLICATION = "publication"
    ORGANIZER = "organizer"
    INTEGRATIONS = "integrations"


PATHS = {
    Place.DETAILS: "/staff/setup/details",
    Place.AGENDA: "/staff/setup/agenda",
    Place.QUESTIONS: "/staff/setup/questions",
    Place.LETTER: "/staff/setup/letter",
    Place.ROOM: "/staff/setup/room",
    Place.PUBLICATION: "/staff/setup",
    Place.ORGANIZER: "/staff/settings/letterhead",
    Place.INTEGRATIONS: "/staff/integrations",
}
"""The committee's page of each place; those of the organizer are not about one workshop."""
OF_THE_HOUSE = (Place.ORGANIZER, Place.INTEGRATIONS)


@dataclass(frozen=True)
class Finding:
    """Something to look at before the workshop is announced; `code` is stable, `sentence` says what follows from it."""

    code: str
    severity: Severity
    place: Place
    sentence: str


@dataclass(frozen=True)
class Facts:
    """What the findings follow from. `rooms`: the statuses of its rooms; `mail`: whether a mail server is set."""

    workshop: Workshop
    capacity: Capacity
    organizer: Organizer
    blocks: Sequence[AttendanceBlock]
    items: Sequence[AgendaItem]
    rooms: Collection[RoomStatus]
    holidays: Collection[date]
    mail: bool
    now: datetime


def path_of(place: Place, workshop: Workshop) -> str:
    """The committee's page where something is put right."""
    return PATHS[place] if place in OF_THE_HOUSE else f"{PATHS[place]}?workshop={workshop.id}"


async def gather(session: AsyncSession, workshop: Workshop) -> Facts:
    """Everything that there is to judge; six statements, however many people are registered."""
    plan = await agenda.load(session, workshop)
    rooms = select(col(Room.status)).where(Room.workshop_id == workshop.id, Room.status != RoomStatus.CANCELLED)
    settings = settings_of(session)
    return Facts(
        workshop=workshop,
        capacity=await session.get_one(Capacity, workshop.id),
        organizer=await session.get_one(Organizer, workshop.organizer_id),
        blocks=plan.blocks,
        items=plan.items,
        rooms=set(await session.exec(rooms)),
        holidays=await holidays_of(session, workshop.organizer_id),
        # The demo writes mail to a folder on purpose.
        mail=settings.smtp_host is not None or settings.now is not None,
        now=clock.now(),
    )


async def readiness(session: AsyncSession, workshop: Workshop) -> list[Finding]:
    """What there is to look at, the gravest first."""
    return findings(await gather(session, workshop))


def findings(facts: Facts) -> list[Finding]:
    """What there is to look at, the gravest first; the same facts give the same findings."""
    found = [*_of_place(facts), *_of_times(facts), *_of_window(facts), *_of_agenda(facts), *_of_room(facts)]
    found += _of_conflicts(facts)
    found += _of_letters(facts)
    return sorted(found, key=lambda one: [*Severity].index(one.severity))


def _of_place(facts: Facts) -> Iterator[Finding]:
    workshop, capacity = facts.workshop, facts.capacity
    if workshop.modality is not Modality.ONLINE:
        if not workshop.venue_name:
            text = _("Tempat belum diisi: kegiatan belum dapat diumumkan.")
            yield Finding("venue_missing", Severity.BLOCKING, Place.DETAILS, text)
        elif not workshop.venue_address:
            text = _("Alamat tempat belum diisi: peserta dari luar tidak menemukan jalan.")
            yield Finding("address_missing", Severity.NOTE, Place.DETAILS, text)
    for mode in workshops.offered_modes(workshop):
        limit = capacity.offline_limit if mode is Mode.OFFLINE else capacity.online_limit
        if limit == 0:
            text = (
                _("Jumlah kursi luring 0: tidak ada yang dapat mendaftar untuk hadir di tempat.")
                if mode is Mode.OFFLINE
                else _("Jumlah kursi daring 0: tidak ada yang dapat mendaftar untuk hadir daring.")
            )
            yield Finding(f"{mode.value}_seats_none", Severity.WARNING, Place.DETAILS, text)
    if workshop.modality is not Modality.ONLINE and capacity.offline_limit is None:
        text = _("Jumlah kursi di tempat tidak dibatasi: pendaftar dapat melebihi isi ruangan.")
        yield Finding("hall_unlimited", Severity.NOTE, Place.DETAILS, text)
    if not workshop.description:
        text = _("Keterangan kegiatan masih kosong: undangan dan halaman pendaftaran tidak menjelaskan isinya.")
        yield Finding("description_missing", Severity.NOTE, Place.DETAILS, text)


def _of_times(facts: Facts) -> Iterator[Finding]:
    workshop = facts.workshop
    if workshop.ends_at <= facts.now:
        text = _("Waktu kegiatan sudah lewat. Perbaiki tanggalnya sebelum diumumkan.")
        yield Finding("over", Severity.WARNING, Place.DETAILS, text)
        return
    off = [day for day in _days(facts) if not is_working_day(day, facts.holidays)]
    if off:
        text = _("{days} bukan hari kerja.").format(days=", ".join(speak_date(day) for day in off[:3]))
        yield Finding("not_working_day", Severity.NOTE, Place.DETAILS, text)


def _days(facts: Facts) -> list[date]:
    """The days on which something takes place."""
    zone = facts.workshop.timezone
    if facts.blocks:
        return sorted({clock.local_date(block.starts_at, zone) for block in facts.blocks})
    first = clock.local_date(facts.workshop.starts_at, zone)
    last = clock.local_date(facts.workshop.ends_at, zone)
    return [first + _DAY * count for count in range(min((last - first).days + 1, agenda_conflicts.MOST_DAYS))]


def _of_window(facts: Facts) -> Iterator[Finding]:
    workshop = facts.workshop
    opens, closes = workshop.registration_opens_at, workshop.registration_closes_at
    if closes is not None and closes <= facts.now and workshop.status is WorkshopStatus.DRAFT:
        text = _("Pendaftaran sudah ditutup sebelum diumumkan: tidak ada yang dapat mendaftar sendiri.")
        yield Finding("window_closed", Severity.WARNING, Place.DETAILS, text)
    if closes is not None and closes > workshop.ends_at:
        text = _("Pendaftaran baru ditutup sesudah kegiatan selesai. Majukan waktu penutupannya.")
        yield Finding("window_closes_late", Severity.WARNING, Place.DETAILS, text)
    if opens is not None and opens >= (closes or workshop.ends_at):
        text = _("Pendaftaran baru dibuka ketika kegiatan sudah selesai.")
        yield Finding("window_never_opens", Severity.WARNING, Place.DETAILS, text)
    elif opens is not None and opens >= workshop.starts_at:
        text = _("Pendaftaran baru dibuka setelah kegiatan dimulai.")
        yield Finding("window_opens_late", Severity.WARNING, Place.DETAILS, text)


def _of_agenda(facts: Facts) -> Iterator[Finding]:
    if not facts.items:
        text = _("Agenda masih kosong: peserta tidak mengetahui acaranya.")
        yield Finding("agenda_missing", Severity.WARNING, Place.AGENDA, text)
    if not facts.blocks:
        text = _("Belum ada sesi kehadiran: kehadiran tidak dapat dicatat dan sertifikat tidak dapat diterbitkan.")
        yield Finding("blocks_missing", Severity.WARNING, Place.AGENDA, text)
        return
    without = [block.label for block in facts.blocks if block.hours == 0]
    if without:
        text = _("Sesi tanpa JP tidak dihitung untuk sertifikat: {blocks}.").format(blocks=", ".join(without))
        yield Finding("hours_missing", Severity.WARNING, Place.AGENDA, text)
    filled = {item.block_id for item in facts.items}
    empty = [block.label for block in facts.blocks if block.id not in filled]
    if empty and facts.items:
        text = _("Sesi tanpa mata acara: {blocks}.").format(blocks=", ".join(empty))
        yield Finding("block_empty", Severity.NOTE, Place.AGENDA, text)


def _of_conflicts(facts: Facts) -> Iterator[Finding]:
    plan = agenda.Plan(facts.workshop, list(facts.blocks), list(facts.items))
    found = agenda_conflicts.conflicts(agenda_conflicts.draft_of(plan))
    count = sum(one.severity is agenda_conflicts.Severity.ERROR for one in found)
    if count:
        text = _("Agenda memuat pertentangan yang perlu diperbaiki: {count}.").format(count=count)
        yield Finding("agenda_conflicts", Severity.WARNING, Place.AGENDA, text)


def _of_room(facts: Facts) -> Iterator[Finding]:
    if facts.workshop.modality is Modality.OFFLINE or RoomStatus.ACTIVE in facts.rooms:
        return
    if RoomStatus.PENDING in facts.rooms:
        text = _("Ruang daring sedang dibuat oleh penyedianya.")
        yield Finding("room_pending", Severity.NOTE, Place.ROOM, text)
    elif RoomStatus.FAILED in facts.rooms:
        text = _("Ruang daring gagal dibuat: peserta daring tidak akan mendapat tautan.")
        yield Finding("room_failed", Severity.WARNING, Place.ROOM, text)
    else:
        text = _("Belum ada ruang daring: peserta daring tidak akan mendapat tautan.")
        yield Finding("room_missing", Severity.WARNING, Place.ROOM, text)


def _of_letters(facts: Facts) -> Iterator[Finding]:
    organizer = facts.organizer
    if not organizer.letterhead.get("contact"):
        text = _("Kop surat belum memuat kontak: peserta tidak tahu harus bertanya ke mana.")
        yield Finding("contact_missing", Severity.WARNING, Place.ORGANIZER, text)
    if not organizer.letterhead.get("signatory_name"):
        text = _("Penanda tangan surat undangan belum diisi.")
        yield Finding("signatory_missing", Severity.NOTE, Place.ORGANIZER, text)
    if not facts.mail:
        text = _("Server surel belum diatur: surat hanya disimpan di komputer ini dan tidak sampai kepada siapa pun.")
        yield Finding("mail_missing", Severity.WARNING, Place.INTEGRATIONS, text)
    if facts.workshop.rehearsal:
        text = _("Gladi masih menyala: semua pesan hanya dikirim ke panitia, peserta tidak menerima apa pun.")
        yield Finding("rehearsal_on", Severity.WARNING, Place.PUBLICATION, text)
