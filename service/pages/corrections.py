"""Corrections of attendance as sentences for people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.domain.checkin_rules import LATE
from service.domain.own_reasons import spoken
from service.i18n import gettext as _
from service.models.attendance import Direction, RefusalReason
from service.models.attendance_history_shapes import Author, CorrectedPerson, Correction, CorrectionRead
from service.models.people import Organisation
from service.models.workshops import AttendanceBlock, Workshop


@dataclass(frozen=True)
class Line:
    """One correction: when we learned of it, what it is, and whom it is about."""

    at: datetime
    kind: str
    word: str
    sentence: str
    person: CorrectedPerson | None
    about: str


@dataclass(frozen=True)
class Names:
    """What people call organisations and half-days, by their codes."""

    organisations: Mapping[str, str]
    blocks: Mapping[str, str]

    def organisation(self, code: str | None) -> str:
        """Its name; what has no code is a name already."""
        return self.organisations.get(code or "", code or "")

    def block(self, code: str | None) -> str:
        """What the half-day is called; empty for none."""
        return self.blocks.get(code or "", code or "")


async def names_of(session: AsyncSession, workshop: Workshop) -> Names:
    """The names of a workshop's half-days and of its house's organisations."""
    blocks = select(AttendanceBlock.code, AttendanceBlock.label).where(AttendanceBlock.workshop_id == workshop.id)
    offices = select(Organisation.code, Organisation.name).where(Organisation.organizer_id == workshop.organizer_id)
    return Names(dict((await session.exec(offices)).all()), dict((await session.exec(blocks)).all()))


def kind_words() -> dict[Correction, str]:
    """What each kind is called."""
    return {
        Correction.ANNULLED: _("Pemindaian dibatalkan"),
        Correction.MANUAL: _("Dicatat manual"),
        Correction.ADMITTED: _("Pengecualian"),
        Correction.WALK_IN: _("Tanpa pendaftaran"),
        Correction.LATE: _("Terlambat diunggah"),
        Correction.CLOCK: _("Jam perangkat keliru"),
        Correction.MATCHED: _("Sambungan dicocokkan"),
        Correction.SELF: _("Hadir mandiri"),
    }


def line(read: CorrectionRead, timezone: str, names: Names) -> Line:
    """A correction as the page tells it."""
    word = kind_words()[read.kind]
    sentence = _SENTENCES[read.kind](read, timezone)
    about = [names.block(read.block)]
    if read.registration:
        number = _("Nomor {number}").format(number=read.registration.number)
        about = [number, names.organisation(read.registration.organisation), *about]
    elif read.kind is not Correction.MATCHED:
        about = [_("Tiket tidak dikenal"), *about]
    return Line(read.at, read.kind.value, word, sentence, read.registration, " · ".join(filter(None, about)))


def who(author: Author) -> str:
    if author.kind == "participant":
        return _("peserta sendiri")
    if author.kind == "api_key" and author.name:
        return _("kunci API {name}").format(name=author.name)
    return author.name or _("sistem")


def _when(instant: datetime | None, read: CorrectionRead, timezone: str) -> str:
    """'pukul 08.02 WITA', with its date when that is not the day on which we learned of the correction."""
    instant = instant or read.at
    if clock.local_date(instant, timezone) == clock.local_date(read.at, timezone):
        return _("pukul {time}").format(time=i18n.speak_time(instant, timezone))
    return i18n.speak_instant(instant, timezone)


def _scan(read: CorrectionRead) -> str:
    return _("Pemindaian keluar") if read.direction is Direction.OUT else _("Pemindaian")


def because(sentence: str, reason: str | None) -> str:
    """A sentence with its reason: as somebody typed it, or in the reader's language where the house wrote it."""
    return f"{sentence}: {spoken(reason)}" if reason else f"{sentence}."


def _annulled(read: CorrectionRead, timezone: str) -> str:
    said = _("{scan} {then} dibatalkan oleh {who} {when}").format(
        scan=_scan(read),
        then=_when(read.happened_at, read, timezone),
        who=who(read.by),
        when=_when(read.undone_at, read, timezone),
    )
    return because(said, read.reason)


def _manual(read: CorrectionRead, timezone: str) -> str:
    said = _("Dicatat manual oleh {who} {when}")
    if read.by.kind == "staff" and read.happened_at and read.at - read.happened_at > LATE:
        said = _("Dicatat manual oleh {who} {when} sebagai hadir {then}")
        then = _when(read.happened_at, read, timezone)
        return because(said.format(who=who(read.by), when=_when(read.at, read, timezone), then=then), read.reason)
    return because(said.format(who=who(read.by), when=_when(read.happened_at, read, timezone)), read.reason)


def _admitted(read: CorrectionRead, timezone: str) -> str:
    said = _("Diizinkan masuk oleh {who} {when}")
    return because(said.format(who=who(read.by), when=_when(read.happened_at, read, timezone)), read.reason)


def _walk_in(read: CorrectionRead, timezone: str) -> str:
    said = _("Datang tanpa pendaftaran, dicatat oleh {who} {when}")
    return because(said.format(who=who(read.by), when=_when(read.happened_at, read, timezone)), read.reason)


def _late(read: CorrectionRead, timezone: str) -> str:
    said = _("{scan} {then} oleh {who} baru diterima {when}").format(
        scan=_scan(read),
        then=_when(read.happened_at, read, timezone),
        who=who(read.by),
        when=_when(read.received_at, read, timezone),
    )
    return said + "."


def _clock(read: CorrectionRead, timezone: str) -> str:
    said = _("Jam {who} tidak masuk akal: {then}; diterima {when}")
    if read.refusal is not RefusalReason.CLOCK_IMPLAUSIBLE:
        said = _("Waktu perangkat {who} mendahului waktu penerimaan: {then}; diterima {when}")
    said = said.format(
        who=who(read.by),
        then=i18n.speak_instant(_told(read) or read.at, timezone),
        when=_when(read.received_at, read, timezone),
    )
    return said + "."


def _told(read: CorrectionRead) -> datetime | None:
    """Of a refused scan what the device said; of one that counts what it is taken for."""
    return read.claimed_at if read.refusal is RefusalReason.CLOCK_IMPLAUSIBLE else read.happened_at


def _matched(read: CorrectionRead, timezone: str) -> str:
    assert read.presence
    if read.matched:
        said = _("Sambungan daring {name} {start} sampai {end} dinyatakan milik peserta ini oleh {who} {when}")
    elif read.registration:
        said = _("Sambungan daring {name} {start} sampai {end} dinyatakan bukan milik peserta ini oleh {who} {when}")
    else:
        said = _("Sambungan daring {name} {start} sampai {end} dinyatakan bukan peserta oleh {who} {when}")
    return (
        said.format(
            name=quoted(read.presence.name),
            start=_when(read.presence.joined_at, read, timezone),
            end=_when(read.presence.left_at, read, timezone),
            who=who(read.by),
            when=_when(read.at, read, timezone),
        )
        + "."
    )


def quoted(name: str) -> str:
    """A name shown online, as it stands in a sentence."""
    return f'"{name}"' if name else _("tanpa nama")


def _self(read: CorrectionRead, timezone: str) -> str:
    said = _("Peserta mencatat kehadirannya sendiri dengan kode layar {when}")
    return said.format(when=_when(read.happened_at, read, timezone)) + "."


_SENTENCES: dict[Correction, Callable[[CorrectionRead, str], str]] = {
    Correction.ANNULLED: _annulled,
    Correction.MANUAL: _manual,
    Correction.ADMITTED: _admitted,
    Correction.WALK_IN: _walk_in,
    Correction.LATE: _late,
    Correction.CLOCK: _clock,
    Correction.MATCHED: _matched,
    Correction.SELF: _self,
}
