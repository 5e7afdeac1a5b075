"""The parts of the settings: what each form shows, and what it makes of what was typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.i18n import gettext as _
from service.models.dashboard_shapes import PublicProgress
from service.models.escalations_shapes import EscalationRule
from service.models.organizers import Organizer
from service.models.organizers_shapes import Letterhead
from service.pages.forms import Option, Typed

HOUSE, LETTERHEAD, RULES, DATA, WEBSITE, PRIVACY, SECURITY = (
    "house", "letterhead", "rules", "data", "website", "privacy", "security",
)  # fmt: skip
_WORDS_OF_HOUSE = ("name", "language", "timezone", "kemendagri_code", "bps_code")
_HEAD = tuple(Letterhead.model_fields)
_PERCENT = 100
_PROGRESS = tuple(PublicProgress.model_fields)


@dataclass(frozen=True)
class Part:
    """One form: what it shows of the organizer as texts, and the patch that what was typed makes."""

    shown: Callable[[Organizer], Typed]
    patch: Callable[[Typed], dict[str, object]]


def parts() -> dict[str, str]:
    """The parts and their names, in their order."""
    return {
        HOUSE: _("Identitas"),
        LETTERHEAD: _("Kop surat"),
        RULES: _("Kehadiran dan sertifikat"),
        DATA: _("Data dan eskalasi"),
        WEBSITE: _("Situs web"),
        PRIVACY: _("Data pribadi"),
        SECURITY: _("Keamanan masuk"),
    }


def zones() -> list[Option]:
    """The zones of Indonesia."""
    return [
        Option("Asia/Jakarta", _("WIB (Asia/Jakarta)")),
        Option("Asia/Makassar", _("WITA (Asia/Makassar)")),
        Option("Asia/Jayapura", _("WIT (Asia/Jayapura)")),
    ]


def advice() -> dict[str, str]:
    """What to do about a field that is wrong."""
    return {
        "name": _("Tuliskan nama penyelenggara."),
        "timezone": _("Pilih zona waktu."),
        "kemendagri_code": _("Isi dengan dua angka, titik, dua angka, misalnya 73.17."),
        "bps_code": _("Isi dengan empat angka tanpa titik, misalnya 7317."),
        "committee_emails": _("Isi dengan alamat surel, misalnya nama@contoh.go.id."),
        "letterhead": _("Tulis dalam satu baris."),
        "online_threshold": _("Isi dengan angka di atas 0 sampai 100."),
        "certificate_threshold": _("Isi dengan angka di atas 0 sampai 100."),
        "join_window_minutes": _("Isi dengan jumlah menit dari 0 sampai 1440."),
        "alias_domain": _("Isi dengan nama domain, misalnya peserta.contoh.go.id."),
        "escalation": _("Isi dengan jumlah hari kerja dari 1 sampai 250, atau kosongkan."),
        "embed_origins": _("Tulis satu alamat tiap baris tanpa jalur, misalnya https://contoh.go.id."),
        "retention_days": _("Isi dengan jumlah hari dari 1 sampai 3650."),
    }


def field_of(pointer: str) -> str:
    """The input that a refusal belongs to: of nested settings the inner name, of a list the list."""
    head, _slash, tail = pointer.partition("/")
    return tail if head in {"letterhead", "escalation", "public_progress"} and tail else head


def _house(row: Organizer) -> Typed:
    kept = {name: str(getattr(row, name) or "") for name in _WORDS_OF_HOUSE}
    return kept | {"committee_emails": "\n".join(row.committee_emails)}


def _house_patch(typed: Typed) -> dict[str, object]:
    codes = {name: typed.get(name) for name in ("kemendagri_code", "bps_code")}
    words = {name: typed.get(name, "") for name in ("name", "language", "timezone")}
    return {**words, **codes, "committee_emails": _lines(typed, "committee_emails")}


def _letterhead(row: Organizer) -> Typed:
    return {name: str(row.letterhead.get(name) or "") for name in _HEAD}


def _letterhead_patch(typed: Typed) -> dict[str, object]:
    return {"letterhead": {name: typed.get(name) for name in _HEAD}}


def _rules(row: Organizer) -> Typed:
    return {
        "online_threshold": _percent(row.online_threshold),
        "certificate_threshold": _percent(row.certificate_threshold),
        "join_window_minutes": str(row.join_window_minutes),
        "alias_domain": row.alias_domain or "",
    }


def _rules_patch(typed: Typed) -> dict[str, object]:
    return {
        "online_threshold": _share(typed.get("online_threshold", "")),
        "certificate_threshold": _share(typed.get("certificate_threshold", "")),
        "join_window_minutes": _number(typed.get("join_window_minutes", "")),
        "alias_domain": typed["alias_domain"].lower() if "alias_domain" in typed else None,
    }


def _data(row: Organizer) -> Typed:
    rule = EscalationRule.model_validate(row.escalation)
    return {
        "steward_code": row.steward_code or "",
        "letter_after": str(rule.letter_after or ""),
        "list_after": str(rule.list_after or ""),
        **_ticked({"send": rule.send}),
    }


def _data_patch(typed: Typed) -> dict[str, object]:
    days = {name: _number(typed[name]) if name in typed else None for name in ("letter_after", "list_after")}
    return {"steward_code": typed.get("steward_code"), "escalation": {**days, "send": "send" in typed}}


def _website(row: Organizer) -> Typed:
    progress = PublicProgress.model_validate(row.public_progress)
    return {
        "embed_origins": "\n".join(row.embed_origins),
        **_ticked({name: bool(getattr(progress, name)) for name in _PROGRESS}),
    }


def _website_patch(typed: Typed) -> dict[str, object]:
    progress = {name: name in typed for name in _PROGRESS}
    return {"embed_origins": _lines(typed, "embed_origins"), "public_progress": progress}


def _privacy(row: Organizer) -> Typed:
    return {"purpose": row.purpose or "", "retention_days": str(row.retention_days)}


def _privacy_patch(typed: Typed) -> dict[str, object]:
    return {"purpose": typed.get("purpose"), "retention_days": _number(typed.get("retention_days", ""))}


def _security(row: Organizer) -> Typed:
    return _ticked({"second_factor": row.second_factor})


def _security_patch(typed: Typed) -> dict[str, object]:
    return {"second_factor": "second_factor" in typed}


PARTS: dict[str, Part] = {
    HOUSE: Part(_house, _house_patch),
    LETTERHEAD: Part(_letterhead, _letterhead_patch),
    RULES: Part(_rules, _rules_patch),
    DATA: Part(_data, _data_patch),
    WEBSITE: Part(_website, _website_patch),
    PRIVACY: Part(_privacy, _privacy_patch),
    SECURITY: Part(_security, _security_patch),
}


def _ticked(boxes: Mapping[str, bool]) -> dict[str, str]:
    return {name: "yes" for name, on in boxes.items() if on}


def _lines(typed: Typed, name: str) -> list[str]:
    return [line.strip() for line in typed.get(name, "").splitlines() if line.strip()]


def _number(text: str) -> int | str:
    """What is no whole number stays text, which its shape refuses."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def _percent(share: float) -> str:
    """0.755 as '75,5'."""
    return f"{round(share * _PERCENT, 4):g}".replace(".", ",")


def _share(text: str) -> float | str:
    try:
        return round(float(text.rstrip("% ").replace(",", ".")) / _PERCENT, 6)
    except ValueError:
        return text or "-"
