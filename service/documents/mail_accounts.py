"""What letters to staff say beyond their first words: which organizer, which role, until when, what changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from service import i18n
from service.i18n import gettext as _

OCCASIONS = frozenset({"staff_invitation", "password_reset", "account_changed"})
"""About an account, not about a workshop."""


class Facts(Protocol):
    """See documents.mail.Facts."""

    occasion: str
    organizer: str
    timezone: str
    deadline: datetime | None
    account_url: str | None
    what: Sequence[str]


def news(facts: Facts) -> list[str]:
    """What is left to be said."""
    match facts.occasion:
        case "account_changed":
            changed = _changes().get(next(iter(facts.what), ""))
            advice = _(
                "Apabila bukan Bapak/Ibu yang mengubahnya, segera atur ulang kata sandi melalui halaman masuk, lalu "
                "hubungi pemilik penyelenggara."
            )
            return [changed, advice] if changed else [advice]
        case "password_reset":
            return [
                _("Apabila bukan Bapak/Ibu yang memintanya, abaikan pesan ini; kata sandi tidak berubah."),
            ]
    return []


def rows(facts: Facts) -> list[tuple[str, str | None]]:
    """Whose staff, and until when the link is good."""
    role = _roles().get(next(iter(facts.what), "")) if facts.occasion == "staff_invitation" else None
    until = i18n.speak_instant(facts.deadline, facts.timezone) if facts.deadline else None
    return [(_("Penyelenggara"), facts.organizer), (_("Peran"), role), (_("Tautan berlaku sampai"), until)]


def label(facts: Facts) -> str:
    """What the account's link does."""
    return _("Terima undangan") if facts.occasion == "staff_invitation" else _("Buat kata sandi baru")


def _changes() -> dict[str, str]:
    return {
        "password": _("Kata sandi telah diganti. Semua sesi lain sudah diakhiri."),
        "second_factor_on": _("Verifikasi dua langkah telah diaktifkan. Semua sesi lain sudah diakhiri."),
        "second_factor_off": _("Verifikasi dua langkah telah dimatikan. Untuk masuk kini cukup kata sandi."),
        "recovery_codes": _("Kode pemulihan yang baru telah dibuat; kode yang lama tidak berlaku lagi."),
    }


def _roles() -> dict[str, str]:
    return {
        "owner": _("Pemilik"),
        "organizer": _("Panitia"),
        "door": _("Petugas pintu"),
        "viewer": _("Pembaca"),
        "steward": _("Walidata"),
    }
