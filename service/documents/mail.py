"""The words of every message to a person: subject, plain text and HTML, formal Indonesian or English.

One letter has one structure (greeting, paragraphs, facts, links), written out twice. Nothing of it is stored.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service import i18n
from service.i18n import gettext as _

_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Facts(Protocol):
    """What a letter may say. `occasion` is the message's; addresses of pages are absolute; None leaves a line out."""

    occasion: str
    language: str
    recipient: str
    organizer: str
    title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    venue: str | None
    organisation: str | None
    number: int | None
    status: str | None
    mode: str | None
    reason: str | None
    letter_number: str | None
    deadline: datetime | None
    my_url: str | None
    join_url: str | None
    calendar_url: str | None
    confirm_url: str | None
    invitation_url: str | None


@dataclass(frozen=True)
class Letter:
    """A message ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Parts:
    subject: str
    greeting: str
    paragraphs: list[str]
    facts: list[tuple[str, str]]
    links: list[tuple[str, str]]
    closing: list[str]


def compose(facts: Facts) -> Letter:
    """The letter in the language the facts name. Raises KeyError for an occasion without words."""
    spoken = i18n.language()
    i18n.use(facts.language)
    try:
        parts = _parts(facts)
        return Letter(parts.subject, _text(parts), _environment().get_template("letter.html").render(parts=parts))
    finally:
        i18n.use(spoken)


def whatsapp_url(phones: Sequence[str], facts: Facts) -> str | None:
    """The address that opens WhatsApp with the letter's text for the first number (E.164); None without a number."""
    if not phones:
        return None
    return f"https://wa.me/{re.sub(r'[^0-9]', '', phones[0])}?text={quote(compose(facts).text, safe='')}"


def occasion_name(occasion: str) -> str:
    """What the message is about, in a few words. Raises KeyError."""
    return _OCCASIONS[occasion]()[0]


def one_line(text: str) -> str:
    """`text` without line breaks, control characters and doubled spaces."""
    return _SPACES.sub(" ", text).strip()


# Each occasion: what it is about, and what is said. Lambdas, because the language is known only when they are spoken.
_OCCASIONS: dict[str, Callable[[], tuple[str, str]]] = {
    "confirmation": lambda: (
        _("Pendaftaran terkonfirmasi"),
        _("Pendaftaran Bapak/Ibu telah terkonfirmasi. Silakan simpan pesan ini; tautannya berlaku sampai selesai."),
    ),
    "promoted": lambda: (
        _("Kursi tersedia, pendaftaran terkonfirmasi"),
        _("Kursi telah tersedia dan pendaftaran Bapak/Ibu pada daftar tunggu kini terkonfirmasi."),
    ),
    "waitlisted": lambda: (
        _("Pendaftaran pada daftar tunggu"),
        _("Kursi sudah penuh. Pendaftaran tercatat pada daftar tunggu; pemberitahuan dikirim begitu kursi tersedia."),
    ),
    "requested": lambda: (
        _("Pendaftaran menunggu persetujuan"),
        _("Pendaftaran telah diterima dan menunggu persetujuan panitia. Pemberitahuan dikirim setelah diputuskan."),
    ),
    "rejected": lambda: (
        _("Pendaftaran tidak disetujui"),
        _("Mohon maaf, pendaftaran Bapak/Ibu tidak dapat disetujui."),
    ),
    "cancelled": lambda: (
        _("Pendaftaran dibatalkan"),
        _("Pendaftaran Bapak/Ibu telah dibatalkan. Tiket dan tautan ruang daring tidak berlaku lagi."),
    ),
    "switched": lambda: (
        _("Cara hadir diubah"),
        _("Cara hadir Bapak/Ibu telah diubah. Tiket dan tautan yang sudah diterima tetap berlaku."),
    ),
    "substituted": lambda: (
        _("Pendaftaran dialihkan kepada pengganti"),
        _("Tempat Bapak/Ibu telah dialihkan kepada pengganti. Tiket dan tautan lama tidak berlaku lagi."),
    ),
    "substitute": lambda: (
        _("Terdaftar sebagai pengganti"),
        _("Bapak/Ibu terdaftar sebagai pengganti pada kegiatan berikut."),
    ),
    "repeated": lambda: (
        _("Pendaftaran sudah tercatat"),
        _("Bapak/Ibu sudah terdaftar pada kegiatan ini. Pendaftaran yang ada tetap berlaku, tidak ada yang berubah."),
    ),
    "links_renewed": lambda: (
        _("Tautan pendaftaran diperbarui"),
        _("Kontak pada pendaftaran ini telah diubah. Gunakan tautan berikut; tiket dan tautan lama tidak berlaku."),
    ),
    "held": lambda: (
        _("Mohon konfirmasi pendaftaran"),
        _(
            "Seseorang mendaftarkan nama lain dengan alamat atau nomor ini. Buka tautan berikut untuk melihat dan "
            "mengonfirmasi pendaftaran tersebut. Tanpa konfirmasi, pendaftaran tidak berlaku."
        ),
    ),
    "invitation": lambda: (
        _("Undangan kegiatan"),
        _("Instansi Bapak/Ibu diundang pada kegiatan berikut. Silakan daftarkan peserta melalui tautan di bawah."),
    ),
    "workshop_cancelled": lambda: (
        _("Kegiatan dibatalkan"),
        _("Mohon maaf, kegiatan berikut dibatalkan. Tiket dan tautan ruang daring tidak berlaku lagi."),
    ),
}


def _parts(facts: Facts) -> _Parts:
    about, said = _OCCASIONS[facts.occasion]()
    paragraphs = [said, *_standing(facts)]
    if facts.reason:
        paragraphs.append(_("Alasan: {reason}").format(reason=one_line(facts.reason)))
    links = _links(facts)
    closing = [_("Hormat kami, {organizer}").format(organizer=one_line(facts.organizer))]
    if links:
        closing.insert(0, _("Tautan di atas bersifat pribadi dan tidak untuk diteruskan."))
    return _Parts(
        subject=f"{about}: {one_line(facts.title)}",
        greeting=_("Yth. {recipient}").format(recipient=one_line(facts.recipient)),
        paragraphs=paragraphs,
        facts=[(label, one_line(value)) for label, value in _facts(facts) if value],
        links=links,
        closing=closing,
    )


def _standing(facts: Facts) -> list[str]:
    """For occasions that leave open how the registration stands now."""
    if facts.occasion not in ("substitute", "switched", "repeated", "links_renewed"):
        return []
    return {
        "confirmed": [_("Status: terkonfirmasi.")],
        "waitlisted": [_("Status: daftar tunggu.")],
        "pending": [_("Status: menunggu persetujuan panitia.")],
    }.get(facts.status or "", [])


def _facts(facts: Facts) -> list[tuple[str, str | None]]:
    modes = {"offline": _("Luring (di tempat)"), "online": _("Daring")}
    when = _("{start} sampai {end}").format(
        start=i18n.speak_instant(facts.starts_at, facts.timezone), end=i18n.speak_instant(facts.ends_at, facts.timezone)
    )
    return [
        (_("Kegiatan"), facts.title),
        (_("Waktu"), when),
        (_("Tempat"), facts.venue),
        (_("Cara hadir"), modes.get(facts.mode or "")),
        (_("Nomor pendaftaran"), str(facts.number) if facts.number is not None else None),
        (_("Nomor surat"), facts.letter_number),
        (_("Batas waktu"), i18n.speak_instant(facts.deadline, facts.timezone) if facts.deadline else None),
    ]


def _links(facts: Facts) -> list[tuple[str, str]]:
    offered = [
        (_("Pendaftaran Anda"), facts.my_url),
        (_("Ruang daring"), facts.join_url),
        (_("Kalender"), facts.calendar_url),
        (_("Konfirmasi pendaftaran"), facts.confirm_url),
        (_("Jawab undangan"), facts.invitation_url),
    ]
    return [(label, url) for label, url in offered if url]


def _text(parts: _Parts) -> str:
    facts = "\n".join(f"{label}: {value}" for label, value in parts.facts)
    links = "\n\n".join(f"{label}:\n{url}" for label, url in parts.links)
    blocks = [f"{parts.greeting},", *parts.paragraphs, facts, links, *parts.closing]
    return "\n\n".join(block for block in blocks if block) + "\n"


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "letters"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(language=i18n.language)
    return env
