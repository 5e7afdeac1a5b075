"""Every message to a person: subject, plain text and HTML, formal Indonesian or English.

One letter has one structure (greeting, paragraphs, facts, one main link, other links), written out twice. Nothing of it
is stored. An organizer's own words take the place of our first paragraph; facts, links and closing stay ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service import clock, i18n
from service.documents import mail_accounts, mail_commitments
from service.documents.words import OCCASIONS, invitation_changed, occasion_name, switched_without_seat
from service.i18n import gettext as _

__all__ = ["Facts", "Letter", "compose", "occasion_name", "one_line", "own_words", "whatsapp_url"]

_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLANK_LINES = re.compile(r"(?:\r?\n[^\S\n]*){2,}")
_REMINDERS = frozenset({"reminder_week", "reminder_day", "reminder_hour", "reminder_each_day"})
_ENTERING = frozenset({"reminder_hour", "reminder_each_day", "room_changed"})
_PLANNED = frozenset({*_REMINDERS, "changed"})


class Facts(Protocol):
    """What a letter may say. `occasion` is the message's; addresses of pages are absolute; None leaves a line out.

    `owed`: data items, when they are due and by how many working days they are late. `tallies`: organisations, how many
    of their items wait, since when and for how many working days. `parts`: what was said to which part of a delivery.
    `own_subject` and `own_text` are the organizer's own words taken apart: what is said as it stands, and at odd places
    the names of facts (`_values`).
    """

    occasion: str
    language: str
    recipient: str
    organizer: str
    title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    modality: str | None
    venue: str | None
    organisation: str | None
    number: int | None
    status: str | None
    mode: str | None
    represents: str | None
    reason: str | None
    letter_number: str | None
    deadline: datetime | None
    my_url: str | None
    join_url: str | None
    calendar_url: str | None
    confirm_url: str | None
    invitation_url: str | None
    unsubscribe_url: str | None
    certificate_url: str | None
    portal_url: str | None
    what: Sequence[str]
    item: str | None
    until: date | None
    remark: str | None
    parts: Sequence[tuple[str, str]]
    tallies: Sequence[tuple[str, int, date, int]]
    staff_url: str | None
    account_url: str | None
    schedule: Sequence[tuple[str, datetime, datetime]]
    display_name: str | None
    person: str | None
    places: int | None
    rehearsal: bool
    meant_for: Sequence[str]
    own_subject: Sequence[str] | None
    own_text: Sequence[str] | None

    @property
    def owed(self) -> Sequence[mail_commitments.Owed]: ...


@dataclass(frozen=True)
class Letter:
    """A message ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Link:
    label: str
    url: str


@dataclass(frozen=True)
class _Parts:
    subject: str
    organizer: str
    about: str
    notice: str | None
    greeting: str
    paragraphs: list[str]
    facts: list[tuple[str, str]]
    action: _Link | None
    closing: list[str]
    unsubscribe: _Link | None
    links: list[_Link] = field(default_factory=list)


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


def own_words(facts: Facts) -> str:
    """The organizer's own words with the facts in place, on one line; empty where ours are used."""
    return one_line(" ".join(_own_paragraphs(facts)))


def one_line(text: str) -> str:
    """`text` without line breaks, control characters and doubled spaces."""
    return _SPACES.sub(" ", text).strip()


def _parts(facts: Facts) -> _Parts:
    about, said = OCCASIONS[facts.occasion]()
    if facts.occasion == "changed" and facts.invitation_url:
        said = invitation_changed()
    elif facts.occasion == "switched" and facts.status == "waitlisted":
        said = switched_without_seat()
    own = _own_paragraphs(facts)
    action, *links = _links(facts) or [None]
    closing = [_("Hormat kami, {organizer}").format(organizer=one_line(facts.organizer))]
    if action is not None and action.url != facts.staff_url:
        closing.insert(0, _("Tautan di atas bersifat pribadi dan tidak untuk diteruskan."))
    ends = _Link(_("Berhenti menerima pesan pengingat"), facts.unsubscribe_url) if facts.unsubscribe_url else None
    return _Parts(
        subject=_subject(facts, about),
        organizer=one_line(facts.organizer),
        about=about,
        notice=_notice(facts),
        greeting=_("Yth. {recipient}").format(recipient=one_line(facts.recipient)),
        paragraphs=[*(own or [said]), *_news(facts)],
        facts=[(one_line(label), one_line(value)) for label, value in _facts(facts) if value],
        action=action,
        links=[link for link in links if link],
        closing=closing,
        unsubscribe=ends,
    )


def _subject(facts: Facts, about: str) -> str:
    own = _filled(facts, facts.own_subject) if facts.own_subject else ""
    subject = one_line(own) or f"{about}: {one_line(facts.title)}"
    mark = _("[GLADI]")
    return f"{mark} {subject}" if facts.rehearsal else subject


def _notice(facts: Facts) -> str | None:
    """At the top of a rehearsed letter: whom it would have reached."""
    if not facts.rehearsal:
        return None
    reached = ", ".join(one_line(contact) for contact in facts.meant_for)
    notice = _("Gladi: pesan ini hanya dikirim kepada panitia. Penerima sebenarnya: {recipient} ({reached}).")
    return notice.format(recipient=one_line(facts.recipient), reached=reached or _("tanpa kontak"))


def _own_paragraphs(facts: Facts) -> list[str]:
    if not facts.own_text:
        return []
    said = _BLANK_LINES.split(_filled(facts, facts.own_text).replace("\r\n", "\n"))
    return [paragraph.strip() for paragraph in said if paragraph.strip()]


def _filled(facts: Facts, pieces: Sequence[str]) -> str:
    """The organizer's own words with the facts in place: filled in once, so that a fact is never read for names."""
    values = _values(facts)
    return "".join(values.get(piece, "-") if place % 2 else piece for place, piece in enumerate(pieces))


def _values(facts: Facts) -> dict[str, str]:
    due = i18n.speak_instant(facts.deadline, facts.timezone) if facts.deadline else None
    if due is None and facts.until:
        due = i18n.speak_date(facts.until)
    if due is None:
        due = mail_commitments.first_due(facts.owed)
    values = {
        "nama": facts.recipient,
        "kegiatan": facts.title,
        "waktu": _when(facts),
        "tempat": facts.venue,
        "instansi": facts.organisation,
        "nomor": str(facts.number) if facts.number is not None else None,
        "penyelenggara": facts.organizer,
        "tenggat": due,
    }
    return {name: one_line(value) for name, value in values.items() if value}


def _news(facts: Facts) -> list[str]:
    """What the facts make of the occasion; said whoever's words come before."""
    news = [
        *_standing(facts),
        *_changes(facts),
        *_way_in(facts),
        *mail_commitments.news(facts),
        *mail_accounts.news(facts),
    ]
    if facts.reason:
        news.append(_("Alasan: {reason}").format(reason=one_line(facts.reason)))
    if facts.occasion == "certificate" and "replaced" in facts.what:
        news.append(_("Sertifikat ini menggantikan yang terdahulu, yang tidak berlaku lagi."))
    if facts.occasion == "link_shared":
        news.append(
            _(
                "Silakan tanyakan hal ini kepada yang bersangkutan. Apabila tautannya memang tersebar, perbarui "
                "tautan peserta tersebut; tautan yang lama langsung tidak berlaku."
            )
        )
    return news


def _standing(facts: Facts) -> list[str]:
    """For occasions that leave open how the registration stands now."""
    if facts.occasion not in ("substitute", "switched", "representing", "repeated", "links_renewed", "changed"):
        return []
    return {
        "confirmed": [_("Status: terkonfirmasi.")],
        "waitlisted": [_("Status: daftar tunggu.")],
        "pending": [_("Status: menunggu persetujuan panitia.")],
    }.get(facts.status or "", [])


def _changes(facts: Facts) -> list[str]:
    """What is different now, part by part."""
    if facts.occasion == "representing" and not facts.represents:
        return [_("Bapak/Ibu kini tercatat hadir atas nama sendiri.")]
    if facts.occasion == "representing":
        whom = one_line(facts.represents or "").rstrip(".")
        return [_("Bapak/Ibu kini tercatat hadir mewakili: {represents}.").format(represents=whom)]
    if facts.occasion == "switched":
        return _only_way(facts)
    if facts.occasion != "changed":
        return []
    said = []
    if "time" in facts.what:
        said.append(_("Waktu yang baru: {when}.").format(when=_when(facts)))
    if "modality" in facts.what and (way := _ways().get(facts.modality or "")):
        said.append(_("Cara pelaksanaan yang baru: {way}.").format(way=way))
    if "venue" in facts.what and facts.venue and facts.modality != "online":
        said.append(_("Tempat yang baru: {venue}.").format(venue=one_line(facts.venue).rstrip(".")))
    if {"agenda", "time"} & set(facts.what) and facts.schedule:
        said.append(_("Jadwal yang baru tercantum di bawah ini."))
    elif "agenda" in facts.what:
        said.append(_("Susunan acara telah diperbarui."))
    return said


def _ways() -> dict[str, str]:
    return {
        "offline": _("luring (di tempat)"),
        "online": _("daring"),
        "hybrid": _("hibrida (di tempat dan daring)"),
    }


def _only_way(facts: Facts) -> list[str]:
    """Why somebody attends in another way now, where there is no choice any more."""
    if facts.modality not in ("offline", "online"):
        return []
    said = [_("Kegiatan ini kini hanya diselenggarakan secara {way}.").format(way=_ways()[facts.modality])]
    if facts.status == "waitlisted":
        said.append(_("Kursinya sudah penuh. Pemberitahuan dikirim begitu kursi tersedia."))
    return said


def _way_in(facts: Facts) -> list[str]:
    """How to be there: for the hall the ticket, for the online room the name to carry."""
    if facts.occasion not in _REMINDERS and facts.occasion != "room_changed":
        return []
    said = []
    if facts.mode == "offline" and facts.occasion != "room_changed":
        where = one_line(facts.venue) if facts.venue else None
        hall = _("Bapak/Ibu terdaftar hadir di tempat: {venue}.").format(venue=where) if where else None
        said += [hall] if hall else []
        said.append(_("Tiket masuk ada pada halaman pendaftaran Bapak/Ibu; tunjukkan kepada petugas di pintu."))
    if facts.join_url and facts.display_name and (facts.mode == "online" or facts.occasion == "room_changed"):
        name = one_line(facts.display_name)
        said.append(_("Di ruang daring, gunakan nama tampilan: {name}.").format(name=name))
    return said


def _when(facts: Facts) -> str:
    start, end = facts.starts_at, facts.ends_at
    if clock.local_date(start, facts.timezone) == clock.local_date(end, facts.timezone):
        return _span(start, end, facts.timezone)
    return _("{start} sampai {end}").format(
        start=i18n.speak_instant(start, facts.timezone), end=i18n.speak_instant(end, facts.timezone)
    )


def _span(start: datetime, end: datetime, timezone: str) -> str:
    """'Senin, 3 Juli 2023, pukul 09.15 WITA sampai 11.45 WITA'."""
    return _("{start} sampai {end}").format(
        start=i18n.speak_instant(start, timezone), end=i18n.speak_time(end, timezone)
    )


def _facts(facts: Facts) -> list[tuple[str, str | None]]:
    if facts.occasion in mail_accounts.OCCASIONS:
        return mail_accounts.rows(facts)
    modes = {"offline": _("Luring (di tempat)"), "online": _("Daring")}
    # A due date beside the time of a workshop that is over would only puzzle.
    held = facts.occasion not in mail_commitments.OCCASIONS
    rows = [
        (_("Nama kegiatan"), facts.title),
        (_("Peserta"), facts.person),
        (_("Perangkat Daerah"), facts.organisation if facts.person or facts.item else None),
        (_("Waktu"), _when(facts) if held else None),
        (_("Tempat"), facts.venue if held else None),
        (_("Cara hadir"), modes.get(facts.mode or "")),
        (_("Hadir mewakili"), facts.represents),
        (_("Nomor pendaftaran"), str(facts.number) if facts.number is not None else None),
        (_("Nomor surat"), facts.letter_number),
        (_("Batas waktu"), i18n.speak_instant(facts.deadline, facts.timezone) if facts.deadline else None),
        (_("Banyaknya tempat"), str(facts.places) if facts.places else None),
    ]
    if facts.occasion in _PLANNED:
        rows += [(label, _span(start, end, facts.timezone)) for label, start, end in facts.schedule]
    return rows + mail_commitments.rows(facts)


def _links(facts: Facts) -> list[_Link | None]:
    """What can be opened, the main thing to do first; an address is named once."""
    enter = (_("Ruang daring"), facts.join_url)
    first = [enter] if facts.occasion in _ENTERING and (facts.mode == "online" or not facts.my_url) else []
    if facts.occasion == "room_changed":
        first = [enter]
    offered = [
        *first,
        (mail_accounts.label(facts), facts.account_url),
        (_("Konfirmasi pendaftaran"), facts.confirm_url),
        (_("Jawab undangan"), facts.invitation_url),
        (_("Portal instansi"), facts.portal_url),
        (_("Halaman panitia"), facts.staff_url),
        (_("Sertifikat dan pendaftaran Anda"), facts.certificate_url),
        (_("Pendaftaran Anda"), facts.my_url),
        enter,
        (_("Kalender"), facts.calendar_url),
    ]
    named: dict[str, str] = {}
    for label, url in offered:
        if url:
            named.setdefault(url, label)
    return [_Link(label, url) for url, label in named.items()]


def _text(parts: _Parts) -> str:
    facts = "\n".join(f"{label}: {value}" for label, value in parts.facts)
    offered = [*([parts.action] if parts.action else []), *parts.links]
    links = "\n\n".join(f"{link.label}:\n{link.url}" for link in offered)
    ends = f"{parts.unsubscribe.label}:\n{parts.unsubscribe.url}" if parts.unsubscribe else None
    blocks = [parts.notice, f"{parts.greeting},", *parts.paragraphs, facts, links, *parts.closing, ends]
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
