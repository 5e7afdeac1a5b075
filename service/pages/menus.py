"""Where the committee's pages are, and the menus that lead to them. Nobody sees what they may not open."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.auth import Actor, Permission
from service.i18n import gettext as _
from service.models.workshops import Workshop
from service.pages.render import NavItem

HOME, ACCOUNT, ROLL_UP = "/staff", "/staff/account", "/staff/roll-up"
MESSAGES, SEND_LIST = "/staff/messages", "/staff/send-list"
OVERVIEW, SETUP = "/staff/overview", "/staff/setup"
REGISTRATIONS, INVITATIONS = "/staff/registrations", "/staff/invitations"
MY_DOOR = "/staff/my-door"
DOOR, ATTENDANCE, PRESENCES = "/staff/door", "/staff/attendance", "/staff/presences"
CERTIFICATES, MATERIALS = "/staff/certificates", "/staff/materials"
COMMITMENTS, REVIEW, CATALOGUE = "/staff/commitments", "/staff/review", "/staff/data-items"
AGREEMENTS, ESCALATIONS, DASHBOARD = "/staff/agreements", "/staff/escalations", "/dashboard"
PORTALS = "/staff/portals"
SETTINGS, STAFF, ORGANISATIONS = "/staff/settings", "/staff/people", "/staff/organisations"
PROGRAMMES, HOLIDAYS, WORDINGS = "/staff/catalogue/programmes", "/staff/holidays", "/staff/wordings"
API_KEYS, WEBHOOKS, INTEGRATIONS = "/staff/api-keys", "/staff/webhooks", "/staff/integrations"
EVENTS, BACKUPS = "/staff/events", "/staff/backups"

Entry = tuple[str, str, Permission]


@dataclass(frozen=True)
class Section:
    """The second row of the menu: the pages about one workshop, or those of the settings."""

    title: str
    items: list[NavItem]


def staff_nav(actor: Actor, here: str, workshop: Workshop | None = None) -> list[NavItem]:
    """The first row; `here` is the address of the page, or of the one it belongs to."""
    settings = _allowed(actor, _settings())
    at_door = works_at_door(actor)
    entries: list[tuple[str, str, bool]] = [
        (
            _("Kegiatan"),
            "" if at_door else HOME,
            workshop is not None or here in {HOME, *(one[1] for one in _workshop())},
        ),
        (_("Petugas pintu"), MY_DOOR if at_door else "", here == MY_DOOR),
        (_("Komitmen"), COMMITMENTS, here == COMMITMENTS),
        (_("Dasbor"), DASHBOARD, here == DASHBOARD),
        (_("Pesan"), MESSAGES, here in {MESSAGES, SEND_LIST}),
        (_("Pengaturan"), settings[0][1] if settings else "", here in {one[1] for one in _settings()}),
        (_("Semua penyelenggara"), ROLL_UP, here == ROLL_UP),
        (_("Akun"), ACCOUNT, here == ACCOUNT),
    ]
    needed = {
        HOME: Permission.SESSION_OWN,
        COMMITMENTS: Permission.COMMITMENTS_READ,
        DASHBOARD: Permission.REPORTS_READ,
        MESSAGES: Permission.MESSAGES_READ,
        ROLL_UP: Permission.ORGANIZERS_CREATE,
    }
    shown = [one for one in entries if one[1] and (one[1] not in needed or actor.may(needed[one[1]]))]
    return [NavItem(label, href, current) for label, href, current in shown]


def works_at_door(actor: Actor) -> bool:
    """Whether the door is all that the actor works at: its page is theirs, and home leads there."""
    return actor.may(Permission.CHECKINS_WRITE) and not actor.may(Permission.REGISTRATIONS_READ)


def section(actor: Actor, here: str, workshop: Workshop | None) -> Section | None:
    """The second row, where there is one: about `workshop`, else that of the settings or messages."""
    if workshop is not None:
        return Section(workshop.title, _items(actor, _workshop(), here, f"?workshop={workshop.id}"))
    for title, entries in ((_("Pengaturan"), _settings()), (_("Pesan"), _messages())):
        if here in {one[1] for one in entries}:
            return Section(title, _items(actor, entries, here))
    return None


def commitment_tabs(actor: Actor) -> list[NavItem]:
    """The pages under the entry Komitmen; each page marks its own tab."""
    entries = [
        (_("Komitmen"), COMMITMENTS, Permission.COMMITMENTS_READ),
        (_("Verifikasi"), REVIEW, Permission.COMMITMENTS_REVIEW),
        (_("Katalog data"), CATALOGUE, Permission.COMMITMENTS_READ),
        (_("Komitmen Bersama"), AGREEMENTS, Permission.COMMITMENTS_READ),
        (_("Eskalasi"), ESCALATIONS, Permission.COMMITMENTS_READ),
        (_("Tautan portal"), PORTALS, Permission.ORGANISATIONS_WRITE),
    ]
    return [NavItem(label, href) for label, href, _permission in _allowed(actor, entries)]


def _workshop() -> list[Entry]:
    return [
        (_("Ikhtisar"), OVERVIEW, Permission.REGISTRATIONS_READ),
        (_("Persiapan"), SETUP, Permission.WORKSHOPS_WRITE),
        (_("Undangan"), INVITATIONS, Permission.INVITATIONS_WRITE),
        (_("Daftar peserta"), REGISTRATIONS, Permission.REGISTRATIONS_READ),
        (_("Pintu"), DOOR, Permission.DEVICES_WRITE),
        (_("Kehadiran"), ATTENDANCE, Permission.ATTENDANCE_READ),
        (_("Sambungan daring"), PRESENCES, Permission.PRESENCES_WRITE),
        (_("Sertifikat"), CERTIFICATES, Permission.CERTIFICATES_WRITE),
        (_("Notula dan materi"), MATERIALS, Permission.WORKSHOPS_WRITE),
    ]


def _settings() -> list[Entry]:
    return [
        (_("Penyelenggara"), SETTINGS, Permission.ORGANIZER_WRITE),
        (_("Petugas"), STAFF, Permission.STAFF_WRITE),
        (_("Instansi dan kontak"), ORGANISATIONS, Permission.ORGANISATIONS_WRITE),
        (_("Program dan dimensi"), PROGRAMMES, Permission.ORGANIZER_WRITE),
        (_("Hari libur"), HOLIDAYS, Permission.HOLIDAYS_WRITE),
        (_("Tulisan pesan"), WORDINGS, Permission.MESSAGES_WRITE),
        (_("Kunci API"), API_KEYS, Permission.API_KEYS_WRITE),
        (_("Webhook"), WEBHOOKS, Permission.WEBHOOKS_WRITE),
        (_("Integrasi"), INTEGRATIONS, Permission.ORGANIZER_WRITE),
        (_("Catatan peristiwa"), EVENTS, Permission.EVENTS_READ),
        (_("Cadangan"), BACKUPS, Permission.ORGANIZER_WRITE),
    ]


def _messages() -> list[Entry]:
    return [
        (_("Pesan"), MESSAGES, Permission.MESSAGES_READ),
        (_("Daftar kirim"), SEND_LIST, Permission.MESSAGES_WRITE),
    ]


def _allowed(actor: Actor, entries: Sequence[Entry]) -> list[Entry]:
    return [one for one in entries if actor.may(one[2])]


def _items(actor: Actor, entries: Sequence[Entry], here: str, about: str = "") -> list[NavItem]:
    return [NavItem(label, href + about, href == here) for label, href, _permission in _allowed(actor, entries)]
