"""The form of a workshop's details: its fields from the rows, and what was typed as patches."""

from collections.abc import Sequence
from datetime import datetime

from service import clock
from service.domain.preparation import Wanted
from service.errors import InvalidInput
from service.i18n import gettext as _, speak_number
from service.models.messaging_shapes import MessagingInput
from service.models.organizers import Programme
from service.models.workshops import Capacity, ReminderKind, Workshop
from service.models.workshops_shapes import WorkshopPatch
from service.pages import forms
from service.pages.forms import Typed
from service.pages.instants import write_instant
from service.pages.render import FormError

POINTERS = {
    "registration/opens_at": "opens_at",
    "registration/closes_at": "closes_at",
    "registration": "opens_at",
    "venue": "latitude",
    "venue/name": "venue_name",
    "venue/address": "venue_address",
    "venue/latitude": "latitude",
    "venue/longitude": "longitude",
    "capacity": "offline_limit",
    "capacity/offline": "offline_limit",
    "capacity/online": "online_limit",
    "privacy": "retention_days",
    "privacy/purpose": "purpose",
    "privacy/retention_days": "retention_days",
    "kinds": "kind",
    "kinds/0": "kind",
    "kinds/1": "second_kind",
}
"""The field in which something is typed, by where the API keeps it."""
_SEVERAL = "reminders"
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def zones_for(row: Workshop) -> dict[str, str]:
    """The time zones to choose from, with their short names."""
    return ZONES if row.timezone in ZONES else {row.timezone: row.timezone, **ZONES}


def values_of(row: Workshop, capacity: Capacity, programmes: Sequence[Programme]) -> dict[str, str]:
    """The form as the rows fill it in."""
    code = next((one.code for one in programmes if one.id == row.programme_id), "")
    first, second = [*row.kinds, "", ""][:2]
    said: dict[str, object] = {
        "version": row.version,
        "title": row.title,
        "slug": row.slug,
        "kind": first,
        "second_kind": second,
        "stage": row.stage,
        "programme": code,
        "description": row.description,
        "aims": "\n".join(row.aims),
        "basis_letter": row.basis_letter,
        "follows": row.follows_id,
        "modality": row.modality.value,
        "timezone": row.timezone,
        "starts_at": write_instant(row.starts_at, row.timezone),
        "ends_at": write_instant(row.ends_at, row.timezone),
        "venue_name": row.venue_name,
        "venue_address": row.venue_address,
        "latitude": _number(row.venue_latitude),
        "longitude": _number(row.venue_longitude),
        "offline_limit": capacity.offline_limit,
        "online_limit": capacity.online_limit,
        "opens_at": write_instant(row.registration_opens_at, row.timezone),
        "closes_at": write_instant(row.registration_closes_at, row.timezone),
        "waiting_list": "yes" if row.waiting_list else "",
        "approval": "yes" if row.approval else "",
        "hall_links": row.hall_links.value,
        "self_checkin": "yes" if row.self_checkin else "",
        "reminders": "\n".join(row.reminders),
        "purpose": row.purpose,
        "retention_days": row.retention_days,
    }
    return {name: "" if value is None else str(value) for name, value in said.items()}


def _said(zone: str) -> dict[str, str]:
    """Fields whose stored value can be read as it is, as the form calls them."""
    return {
        "title": _("Judul kegiatan"),
        "description": _("Keterangan"),
        "aims": _("Tujuan"),
        "stage": _("Tahap"),
        "basis_letter": _("Nomor surat dasar"),
        "starts_at": _("Mulai ({zone})").format(zone=zone),
        "ends_at": _("Selesai ({zone})").format(zone=zone),
        "venue_name": _("Tempat"),
        "venue_address": _("Alamat"),
        "latitude": _("Garis lintang"),
        "longitude": _("Garis bujur"),
        "offline_limit": _("Kursi di tempat"),
        "online_limit": _("Kursi daring"),
        "opens_at": _("Dibuka ({zone})").format(zone=zone),
        "closes_at": _("Ditutup ({zone})").format(zone=zone),
        "purpose": _("Tujuan pengumpulan data"),
        "retention_days": _("Masa simpan (hari)"),
    }


def differences(stored: Typed, typed: Typed) -> list[FormError]:
    """At each field that was typed otherwise what is stored now, where that is words or numbers."""
    zone = stored["timezone"]
    return [
        FormError(name, _("Yang tersimpan sekarang: {value}").format(value=stored[name] or _("(kosong)")), label)
        for name, label in _said(ZONES.get(zone, zone)).items()
        if stored[name] != typed.get(name, "")
    ]


def wanted_of(row: Workshop, typed: Typed, retention_days: int) -> Wanted:
    """What was typed for this workshop. Raises InvalidInput with the fields as the API names them.

    `retention_days` are the organizer's: they count again where the workshop's own are emptied.
    """
    zone = typed.get("timezone", row.timezone)
    if zone not in zones_for(row):
        raise InvalidInput.at("/timezone", _("Pilih zona waktu dari daftar."))
    kinds = [kind for kind in (typed.get("kind"), typed.get("second_kind")) if kind]
    values: dict[str, object] = {
        "title": _line(typed, "title") or "",
        "slug": typed.get("slug") or row.slug,
        "kinds": kinds,
        "stage": _line(typed, "stage"),
        "programme": typed.get("programme"),
        "description": typed.get("description", ""),
        "aims": [line for line in (one.strip() for one in typed.get("aims", "").splitlines()) if line],
        "basis_letter": _line(typed, "basis_letter"),
        "follows": typed.get("follows"),
        "modality": typed.get("modality", ""),
        "timezone": zone,
        "starts_at": _instant(typed, "starts_at", zone, row, row.starts_at),
        "ends_at": _instant(typed, "ends_at", zone, row, row.ends_at),
        "venue": {
            "name": _line(typed, "venue_name"),
            "address": _line(typed, "venue_address"),
            "latitude": _degrees(typed, "latitude", row.venue_latitude),
            "longitude": _degrees(typed, "longitude", row.venue_longitude),
        },
        "capacity": {
            "offline": {"limit": _count(typed, "offline_limit")},
            "online": {"limit": _count(typed, "online_limit")},
        },
        "registration": {
            "opens_at": _instant(typed, "opens_at", zone, row, row.registration_opens_at),
            "closes_at": _instant(typed, "closes_at", zone, row, row.registration_closes_at),
            "waiting_list": "waiting_list" in typed,
            "approval": "approval" in typed,
        },
        "privacy": {"purpose": typed.get("purpose")} | _kept_for(row, typed, retention_days),
    }
    messaging: dict[str, object] = {
        "rehearsal": row.rehearsal,
        "reminders": [ReminderKind(one) for one in typed.get(_SEVERAL, "").split() if one in [*ReminderKind]],
        "hall_links": typed.get("hall_links", row.hall_links.value),
    }
    return Wanted(
        forms.read(WorkshopPatch, values, _advice()),
        forms.read(MessagingInput, messaging, _advice()),
        "self_checkin" in typed,
    )


def _advice() -> dict[str, str]:
    return {
        "title": _("Tuliskan judul kegiatan."),
        "slug": _("Pakai huruf kecil, angka, dan tanda hubung, misalnya bimtek-1."),
        "kinds": _("Pilih satu atau dua jenis yang berbeda."),
        "aims": _("Tulis paling banyak 20 tujuan, satu tiap baris."),
        "modality": _("Pilih cara pelaksanaan."),
        "starts_at": _("Isi tanggal dan jam mulai."),
        "ends_at": _("Isi tanggal dan jam selesai."),
        "venue": _("Isi garis lintang antara -90 dan 90, garis bujur antara -180 dan 180."),
        "capacity": _("Isi dengan angka 0 sampai 1.000.000, atau kosongkan bila tidak dibatasi."),
        "privacy": _("Isi masa simpan antara 1 dan 3650 hari."),
        "follows": _("Pilih kegiatan dari daftar."),
        "programme": _("Pilih program dari daftar."),
        "timezone": _("Pilih zona waktu dari daftar."),
        "hall_links": _("Pilih salah satu."),
    }


def _line(typed: Typed, name: str) -> str | None:
    """On one line with single spaces: a cell pasted from a spreadsheet brings tabs along."""
    return " ".join(typed.get(name, "").split()) or None


def _kept_for(row: Workshop, typed: Typed, standard: int) -> dict[str, object]:
    days = _count(typed, "retention_days")
    if days is None and row.retention_days is not None:
        days = standard
    return {} if days is None or days == row.retention_days else {"retention_days": days}


def _number(value: float | None) -> str:
    return "" if value is None else speak_number(value)


def _instant(typed: Typed, name: str, timezone: str, row: Workshop, kept: datetime | None) -> datetime | None:
    """The moment that date and time mean where the workshop takes place. Raises InvalidInput.

    A field that was left alone keeps its seconds, which the form does not show.
    """
    text = typed.get(name)
    if not text:
        return None
    if kept is not None and timezone == row.timezone and text == write_instant(kept, timezone):
        return kept
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.zone(timezone))
    except ValueError:
        raise InvalidInput.at(f"/{name}", _("Isi tanggal dan jam, misalnya 2023-07-03 08.30.")) from None


def _count(typed: Typed, name: str) -> int | None:
    """Raises InvalidInput."""
    text = typed.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput.at(f"/{name}", _("Isi dengan angka, misalnya 80."))
    return int(text)


def _degrees(typed: Typed, name: str, kept: float | None) -> float | None:
    """A comma is what Indonesian keyboards offer; what was left alone keeps its digits. Raises InvalidInput."""
    text = typed.get(name)
    if not text or text == _number(kept):
        return kept if text else None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InvalidInput.at(f"/{name}", _("Isi dengan derajat, misalnya -3,3948.")) from None
