"""A page in the name of an organizer, or of the service itself."""

from fastapi import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.pages.render import CSP, NavItem, page

HOME, MESSAGES, SEND_LIST = "/staff", "/staff/messages", "/staff/send-list"
ATTENDANCE, PRESENCES, DOOR = "/staff/attendance", "/staff/presences", "/staff/door"
CERTIFICATES = "/staff/certificates"
COMMITMENTS, REVIEW, CATALOGUE = "/staff/commitments", "/staff/review", "/staff/data-items"
AGREEMENTS, ESCALATIONS, DASHBOARD = "/staff/agreements", "/staff/escalations", "/dashboard"
PORTALS = "/staff/portals"


def house_page(
    session: AsyncSession,
    organizer: Organizer | None,
    template: str,
    *,
    status: int = 200,
    private: bool = True,
    **context: object,
) -> Response:
    """The page with its organizer's name and colour, where to ask it, and in the demo with the banner."""
    demo = clock.now() if settings_of(session).now else None
    told = {"contact": public_contact(organizer) if organizer else None, **context}
    return page(template, status=status, private=private, csp=CSP, organizer=organizer, demo=demo, **told)


def public_contact(organizer: Organizer) -> str | None:
    """Where everybody may ask the organizer: what stands in its letters."""
    contact = organizer.letterhead.get("contact")
    return str(contact) if contact else None


def personal_contact(organizer: Organizer) -> str | None:
    """Where whoever has a personal link asks; without a contact in its letters, the committee's first address."""
    return public_contact(organizer) or next(iter(organizer.committee_emails), None)


async def staff_page(
    session: AsyncSession, actor: Actor, template: str, here: str, *, status: int = 200, **context: object
) -> Response:
    """A page of the committee, with its menu; `here` is the address of the entry it stands under."""
    organizer = await session.get_one(Organizer, actor.tenant)
    demo = clock.now() if settings_of(session).now else None
    return page(
        template,
        status=status,
        private=True,
        csp=CSP,
        organizer=organizer,
        timezone=organizer.timezone,
        nav=staff_nav(actor, here),
        commitment_tabs=commitment_tabs(actor),
        csrf=actor.csrf,
        demo=demo,
        **context,
    )


def staff_nav(actor: Actor, here: str) -> list[NavItem]:
    """The committee's menu, without what the person may not open."""
    entries = [(_("Kegiatan"), HOME, True)]
    entries.append((_("Kehadiran"), ATTENDANCE, actor.may(Permission.ATTENDANCE_READ)))
    entries.append((_("Sambungan daring"), PRESENCES, actor.may(Permission.PRESENCES_WRITE)))
    entries.append((_("Pintu"), DOOR, actor.may(Permission.DEVICES_WRITE)))
    entries.append((_("Sertifikat"), CERTIFICATES, actor.may(Permission.CERTIFICATES_WRITE)))
    entries.append((_("Komitmen"), COMMITMENTS, actor.may(Permission.COMMITMENTS_READ)))
    entries.append((_("Dasbor"), DASHBOARD, actor.may(Permission.REPORTS_READ)))
    entries.append((_("Pesan"), MESSAGES, actor.may(Permission.MESSAGES_READ)))
    entries.append((_("Daftar kirim"), SEND_LIST, actor.may(Permission.MESSAGES_WRITE)))
    return [NavItem(label, href, here == href) for label, href, allowed in entries if allowed]


def commitment_tabs(actor: Actor) -> list[NavItem]:
    """The pages under the entry Komitmen, without what the person may not open; each page marks its own tab."""
    entries = [
        (_("Komitmen"), COMMITMENTS, Permission.COMMITMENTS_READ),
        (_("Verifikasi"), REVIEW, Permission.COMMITMENTS_REVIEW),
        (_("Katalog data"), CATALOGUE, Permission.COMMITMENTS_READ),
        (_("Komitmen Bersama"), AGREEMENTS, Permission.COMMITMENTS_READ),
        (_("Eskalasi"), ESCALATIONS, Permission.COMMITMENTS_READ),
        (_("Tautan portal"), PORTALS, Permission.ORGANISATIONS_WRITE),
    ]
    return [NavItem(label, href, False) for label, href, permission in entries if actor.may(permission)]
