"""A letter as mail: its words, and what it does to the person's calendar."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from service import i18n
from service.auth import system
from service.clients import mail
from service.clients.files import Store
from service.db import Database
from service.documents import escalation_letter, escalation_list, invitation_letter, itip
from service.documents.ics import Entry
from service.documents.mail import compose
from service.domain import escalation_letters, escalation_lists, invitation_letters
from service.domain.letters_facts import Facts
from service.i18n import gettext as _
from service.models.escalations import EscalationLevel
from service.models.messages import OPTIONAL_OCCASIONS, Occasion
from service.models.registrations import Registration, RegistrationStatus
from service.models.sheets_shapes import Paper
from service.models.workshops import AttendanceBlock, Mode, Workshop
from service.settings import Settings

_INVITING = frozenset(
    {
        Occasion.CONFIRMATION,
        Occasion.PROMOTED,
        Occasion.SUBSTITUTE,
        Occasion.SWITCHED,
        Occasion.REPRESENTING,
        Occasion.LINKS_RENEWED,
        Occasion.CHANGED,
    }
)
_CANCELLING = frozenset({Occasion.CANCELLED, Occasion.SUBSTITUTED, Occasion.WORKSHOP_CANCELLED})


async def enclosed(database: Database, facts: Facts) -> list[mail.Attachment]:
    """The files that go along: an invited organisation gets the official letter, whoever is told of data that is late
    the letters about it or the list. Opens its own short read.
    """
    if facts.escalations:
        return await _escalated(database, facts)
    if facts.invitation is None:
        return []
    async with database.read() as session:
        sheet = await invitation_letters.of_invitation(session, facts.invitation)
    store = Store(database.settings.data_dir / "files")
    content = await asyncio.to_thread(invitation_letter.render, sheet, store)
    name = invitation_letters.file_name(facts.invitation.letter_number)
    return [mail.Attachment(name, "application/pdf", content)]


async def _escalated(database: Database, facts: Facts) -> list[mail.Attachment]:
    store = Store(database.settings.data_dir / "files")
    first = facts.escalations[0]
    if first.level is EscalationLevel.LETTER:
        async with database.read() as session:
            sheet = await escalation_letters.of_many(session, facts.escalations)
        content = await asyncio.to_thread(escalation_letter.render, sheet, store)
        return [mail.Attachment(f"{sheet.name}.pdf", "application/pdf", content)]
    async with database.read() as session:
        listing = await escalation_lists.of_workshop(session, system(first.organizer_id), first.workshop_id)
    content = await asyncio.to_thread(escalation_list.pages, listing, store, Paper.A4.size)
    return [mail.Attachment(f"{listing.name}.pdf", "application/pdf", content)]


def mail_of(facts: Facts, settings: Settings, attachments: Sequence[mail.Attachment] = ()) -> mail.Mail:
    """The mail, in the language of the facts."""
    i18n.use(facts.language)
    letter = compose(facts)
    return mail.Mail(
        id=str(facts.message_id),
        to=facts.to,
        sender_name=facts.organizer,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        host=urlsplit(settings.base_url).hostname or "localhost",
        attachments=attachments,
        invitation=_invitation(facts, settings),
        unsubscribe=facts.unsubscribe_url if facts.occasion in OPTIONAL_OCCASIONS else None,
    )


def _invitation(facts: Facts, settings: Settings) -> mail.Attachment | None:
    """What puts the registration into its person's calendar, or takes it out; nobody else's calendar is touched.

    Only who was confirmed once has something to take out.
    """
    row, workshop = facts.registration, facts.workshop
    if row is None or workshop is None or facts.rehearsal or list(facts.to) != [row.email]:
        return None
    if facts.occasion in _INVITING and row.status is RegistrationStatus.CONFIRMED:
        method, write = "REQUEST", itip.request
    elif row.confirmed_at is not None and (
        facts.occasion in _CANCELLING
        or (facts.occasion, row.status) == (Occasion.SWITCHED, RegistrationStatus.WAITLISTED)
    ):
        method, write = "CANCEL", itip.cancel
    else:
        return None
    spans: Sequence[AttendanceBlock | Workshop] = facts.blocks or [workshop]
    event = _event(facts, row, workshop)
    invite = itip.Invite(
        timezone=facts.timezone,
        organizer=(facts.organizer, settings.mail_from),
        attendee=(row.name, facts.to[0]),
        entries=[replace(event, starts_at=span.starts_at, ends_at=span.ends_at) for span in spans],
    )
    return mail.Attachment("invite.ics", f'text/calendar; charset="utf-8"; method={method}', write(invite))


def _event(facts: Facts, row: Registration, workshop: Workshop) -> Entry:
    """The registration from start to end. The UID is its own: feeds name half-days by the UIDs of those."""
    enters = facts.join_url if facts.mode == Mode.ONLINE else None
    hall = ", ".join(filter(None, (facts.venue, workshop.venue_address)))
    return Entry(
        uid=str(row.id),
        summary=facts.title,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        changed_at=max(workshop.updated_at, row.updated_at),
        # Each of the three only grows: time, place or status; mode or status; the links.
        sequence=workshop.sequence + row.sequence + row.link_version - 1,
        description="\n".join(filter(None, [_represents(row), _half_days(facts)])),
        location=_("Daring") if enters else hall,
        latitude=None if enters else workshop.venue_latitude,
        longitude=None if enters else workshop.venue_longitude,
        url=None if enters else facts.my_url,
        conference=(_("Ruang daring"), enters) if enters else None,
    )


def _represents(row: Registration) -> str:
    return _("Hadir mewakili: {represents}").format(represents=row.represents) if row.represents else ""


def _half_days(facts: Facts) -> str:
    """When every half-day is, for readers that show the first alone."""
    if len(facts.blocks) < 2:
        return ""
    zone = facts.timezone
    return "\n".join(
        f"{block.label}: {i18n.speak_instant(block.starts_at, zone)} - {i18n.speak_time(block.ends_at, zone)}"
        for block in facts.blocks
    )
