"""Where a person stands with a registration, in words, and what there is to do next."""

from dataclasses import dataclass
from datetime import datetime

from service import clock, i18n
from service.domain import workshops
from service.i18n import gettext as _
from service.models.invitations import Invitation
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Capacity, Mode, Workshop, WorkshopStatus


@dataclass(frozen=True)
class Standing:
    """`tone` and `sign` as the sheet and the icons name them; `steps`: what to do next, in order."""

    tone: str
    sign: str
    title: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Switch:
    """The other way of attending: whether it can be chosen now, and what that means."""

    mode: str
    possible: bool
    meaning: str


@dataclass(frozen=True)
class Coming:
    """The half-day that runs or comes next, and when its online room opens, if there is one; None: nothing more."""

    block: AttendanceBlock | None
    opens_at: datetime | None


def is_over(workshop: Workshop) -> bool:
    """Whether nobody can attend any more."""
    ended = workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED)
    return ended or clock.now() >= workshop.ends_at


def standing(row: Registration, workshop: Workshop, coming: Coming, switch: Switch | None) -> Standing:
    """What the top of the person's page says."""
    if workshop.status is WorkshopStatus.CANCELLED:
        return Standing("bad", "cross", _("Kegiatan dibatalkan"), _given(workshop.cancellation_reason))
    if row.status not in LIVE:
        return _ended(row, workshop)
    return _over() if is_over(workshop) else _live(row, workshop, coming, switch)


def other_mode(
    row: Registration, workshop: Workshop, capacity: Capacity, invitation: Invitation | None
) -> Switch | None:
    """The way of attending that could be chosen instead; None where there is no choice."""
    offered = workshops.offered_modes(workshop)
    mode = next((one for one in offered if one is not row.mode), None)
    if mode is None or row.status not in LIVE or workshop.status is not WorkshopStatus.PUBLISHED or is_over(workshop):
        return None
    free = workshops.seats_left(capacity, mode)
    held = getattr(invitation, f"held_{mode}") if invitation else 0
    pending = row.status is RegistrationStatus.PENDING
    full = free == 0 and not held and not pending
    return Switch(mode.value, not full, _meaning(row, mode, None if held or free is None else free, full=full))


def _meaning(row: Registration, mode: Mode, free: int | None, *, full: bool) -> str:
    online = mode is Mode.ONLINE
    if row.status is RegistrationStatus.PENDING:
        return _("Persetujuan panitia tetap diperlukan.")
    waiting = row.status is RegistrationStatus.WAITLISTED
    if full and waiting:
        return _("Semua kursi lain juga sudah terisi. Urutan Anda pada daftar tunggu tetap.")
    if full:
        return (
            _("Kursi daring sedang penuh. Kursi Anda di tempat tetap berlaku.")
            if online
            else _("Kursi di tempat sedang penuh. Kursi daring Anda tetap berlaku.")
        )
    if waiting:
        left = _("Kursi daring masih tersedia.") if online else _("Kursi di tempat masih tersedia.")
        gain = _("Dengan pindah, kursi langsung pasti dan tempat pada daftar tunggu dilepas.")
        return f"{left} {gain}"
    kept = _("Kursi Anda sekarang baru dilepas setelah kursi yang baru pasti. Tiket dan tautan tetap sama.")
    if free is None:
        return kept
    left = _("Sisa {free} kursi daring.") if online else _("Sisa {free} kursi di tempat.")
    return f"{left.format(free=free)} {kept}"


def _over() -> Standing:
    thanks = _("Terima kasih atas partisipasi Anda. Kehadiran yang tercatat tertera di bawah.")
    return Standing("info", "check", _("Kegiatan sudah selesai"), (thanks,))


def _live(row: Registration, workshop: Workshop, coming: Coming, switch: Switch | None) -> Standing:
    if row.status is RegistrationStatus.PENDING:
        wait = _("Belum ada yang perlu dilakukan: pemberitahuan dikirim setelah panitia memutuskan.")
        return Standing("warn", "clock", _("Pendaftaran menunggu persetujuan panitia"), (wait,))
    return _waiting(row, switch) if row.status is RegistrationStatus.WAITLISTED else _confirmed(row, workshop, coming)


def _ended(row: Registration, workshop: Workshop) -> Standing:
    rejected = row.status is RegistrationStatus.REJECTED
    title = _("Pendaftaran tidak disetujui") if rejected else _("Pendaftaran sudah dibatalkan")
    reason = _given(_("Alasan: {reason}").format(reason=row.reason) if rejected and row.reason else None)
    dead = _("Tiket dan tautan ruang daring tidak dapat dipakai.")
    again = _("Bila tetap ingin hadir, silakan mendaftar kembali pada halaman kegiatan.")
    return Standing("bad", "cross", title, (*reason, dead, *_given(None if rejected or is_over(workshop) else again)))


def _waiting(row: Registration, switch: Switch | None) -> Standing:
    title = (
        _("Kursi daring sudah penuh: Anda pada daftar tunggu")
        if row.mode is Mode.ONLINE
        else _("Kursi di tempat sudah penuh: Anda pada daftar tunggu")
    )
    wait = _("Tidak perlu mendaftar lagi. Pemberitahuan dikirim begitu kursi tersedia.")
    other = _("Cara hadir yang lain masih tersedia; lihat pilihan di bawah.")
    return Standing("warn", "people", title, (wait, *_given(other if switch and switch.possible else None)))


def _confirmed(row: Registration, workshop: Workshop, coming: Coming) -> Standing:
    zone = workshop.timezone
    if row.mode is Mode.OFFLINE:
        steps = [_("Silakan datang ke {venue}.").format(venue=workshop.venue_name)] if workshop.venue_name else []
        if coming.block is not None and clock.now() < coming.block.checkin_from:
            opens = i18n.speak_instant(coming.block.checkin_from, zone)
            steps.append(_("Pintu dibuka {instant}.").format(instant=opens))
        steps.append(_("Tunjukkan kode QR di pintu masuk, dari layar atau dari kertas."))
        return Standing("ok", "check", _("Kursi Anda di tempat sudah pasti"), tuple(steps))
    steps = []
    if coming.opens_at is not None and clock.now() >= coming.opens_at:
        steps.append(_("Ruang daring sudah dibuka. Silakan masuk."))
    elif coming.opens_at is not None:
        opens = i18n.speak_instant(coming.opens_at, zone)
        steps.append(_("Ruang daring dibuka {instant}. Masuk melalui tombol di bawah.").format(instant=opens))
    steps.append(_("Bila ternyata hadir di tempat, tunjukkan kode QR di pintu masuk."))
    return Standing("ok", "check", _("Kursi daring Anda sudah pasti"), tuple(steps))


def _given(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()
