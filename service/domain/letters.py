"""What a message may say to its person now, gathered from the rows: facts and secret links, none of it stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import settings_of
from service.domain import letters_commitments, letters_staff, wordings
from service.domain.contacts import Contact
from service.domain.invitations import link_of
from service.domain.letters_facts import Facts, contacts_of
from service.domain.letters_rows import Rows, gather
from service.domain.registrations_shapes import links_of
from service.domain.rooms_links import display_name
from service.domain.silence import is_silent
from service.domain.unsubscriptions import unsubscribe_url
from service.i18n import gettext as _
from service.models.announcements import Announcement
from service.models.invitations import Invitation, InvitationStatus
from service.models.messages import OPTIONAL_OCCASIONS, Message, MessageWording, Occasion
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import LIVE, HeldRegistration, Registration, RegistrationStatus
from service.models.workshops import HallLinks, Modality, Mode, Workshop, WorkshopStatus
from service.tokens import Purpose

_ALIVE = frozenset(LIVE)
_SEATED = frozenset({RegistrationStatus.CONFIRMED})
CURRENT: dict[Occasion, frozenset[RegistrationStatus]] = {
    Occasion.CONFIRMATION: _SEATED,
    Occasion.PROMOTED: _SEATED,
    Occasion.WAITLISTED: frozenset({RegistrationStatus.WAITLISTED}),
    Occasion.REQUESTED: frozenset({RegistrationStatus.PENDING}),
    Occasion.REJECTED: frozenset({RegistrationStatus.REJECTED}),
    Occasion.CANCELLED: frozenset({RegistrationStatus.CANCELLED}),
    Occasion.SUBSTITUTED: frozenset({RegistrationStatus.CANCELLED}),
    Occasion.SUBSTITUTE: _ALIVE,
    Occasion.SWITCHED: _ALIVE,
    Occasion.REPRESENTING: _ALIVE,
    Occasion.REPEATED: _ALIVE,
    Occasion.LINKS_RENEWED: _ALIVE,
    Occasion.WORKSHOP_CANCELLED: _ALIVE,
    Occasion.CHANGED: _ALIVE,
    Occasion.ROOM_CHANGED: _SEATED,
    Occasion.REMINDER_WEEK: _SEATED,
    Occasion.REMINDER_DAY: _SEATED,
    Occasion.REMINDER_HOUR: _SEATED,
    Occasion.REMINDER_EACH_DAY: _SEATED,
    Occasion.THANKS: _SEATED,
    Occasion.CERTIFICATE: frozenset(RegistrationStatus) - {RegistrationStatus.REJECTED},
    Occasion.LINK_SHARED: _ALIVE,
    Occasion.ANNOUNCEMENT: frozenset(RegistrationStatus),
}
"""The standing of a registration for which a message of an occasion is still true."""

AFTER_THE_END = frozenset({Occasion.WORKSHOP_CANCELLED, Occasion.CANCELLED, Occasion.REJECTED, Occasion.ANNOUNCEMENT})
"""What is still said when the workshop has been called off."""
_ONE_DAY = frozenset({Occasion.REMINDER_HOUR, Occasion.REMINDER_EACH_DAY})
"""Reminders that are about one day alone."""


@dataclass(frozen=True)
class Addressee:
    """Whom a message is for, by name."""

    name: str | None
    organisation: str | None


async def addressees(session: AsyncSession, messages: Sequence[Message]) -> list[Addressee]:
    """The names behind messages, in their order; three queries however many there are."""
    people = select(Registration.id, Registration.name, Organisation.name, Registration.organisation_name)
    people = people.outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
    wanted = {message.registration_id for message in messages}
    found = await session.exec(people.where(col(Registration.id).in_(wanted)))
    named = {key: Addressee(name, known or typed) for key, name, known, typed in found}
    invited = select(Invitation.id, Organisation.name).join(
        Organisation, col(Organisation.id) == col(Invitation.organisation_id)
    )
    invitations = {message.invitation_id for message in messages}
    hosts = await session.exec(invited.where(col(Invitation.id).in_(invitations)))
    named |= {key: Addressee(name, name) for key, name in hosts}
    agencies = select(Organisation.id, Organisation.name)
    asked = {message.organisation_id for message in messages}
    owing = await session.exec(agencies.where(col(Organisation.id).in_(asked)))
    named |= {key: Addressee(name, name) for key, name in owing}
    named |= {key: Addressee(name, None) for key, name in (await letters_staff.names_of(session, messages)).items()}
    nobody, committee = Addressee(None, None), Addressee(_("Panitia"), None)
    return [
        named.get(
            message.registration_id
            or message.invitation_id
            or message.organisation_id
            or message.staff_id
            or message.staff_invitation_id
            or message.id,
            committee if message.to_committee else nobody,
        )
        for message in messages
    ]


async def facts(session: AsyncSession, message: Message) -> Facts | None:
    """The facts of a message as they are now; None when its occasion has passed."""
    [found] = await facts_of(session, [message])
    return found


async def facts_of(session: AsyncSession, messages: Sequence[Message]) -> list[Facts | None]:
    """The facts of messages, in their order; the queries grow with the workshops, not with the messages."""
    to_staff = await letters_staff.facts_of(session, messages)
    others = [message for message in messages if message.id not in to_staff]
    if not others:
        return [to_staff[message.id] for message in messages]
    rows = await gather(session, others)
    return [to_staff[message.id] if message.id in to_staff else _facts(session, rows, message) for message in messages]


def _facts(session: AsyncSession, rows: Rows, message: Message) -> Facts | None:
    if message.workshop_id not in rows.hosts:
        return None
    workshop, organizer = rows.hosts[message.workshop_id]
    occasion = Occasion(message.occasion)
    if workshop.status is WorkshopStatus.CANCELLED and occasion not in AFTER_THE_END:
        return None
    made = _addressed(session, rows, _about_workshop(message, workshop, organizer), message)
    if made is None:
        return None
    own: MessageWording | Announcement | None = rows.wordings.get((organizer.id, message.occasion, made.language))
    if message.announcement_id is not None:
        own = rows.announcements[message.announcement_id]
    if message.invitation_id is not None and occasion in (Occasion.CHANGED, Occasion.WORKSHOP_CANCELLED):
        # The organizer's words for it speak to people of their registration.
        own = None
    if own is not None:
        made.own_subject, made.own_text = wordings.spoken(own.subject), wordings.spoken(own.text)
    if message.to_committee:
        made.recipient, made.to, made.phones = made.organizer, (), ()
        made.portal_url = made.unsubscribe_url = None
    elif workshop.rehearsal:
        made.rehearsal, made.meant_for, made.unsubscribe_url = True, [*made.to, *made.phones], None
        made.to, made.phones = (), ()
    return made


def _addressed(session: AsyncSession, rows: Rows, made: Facts, message: Message) -> Facts | None:
    if message.invitation_id is not None:
        return _invitation(session, rows, made, *rows.invited[message.invitation_id])
    reminder = rows.reminders.get(message.reminder_id) if message.reminder_id else None
    made.day = reminder.about if reminder else None
    if message.registration_id is None and (message.organisation_id is not None or message.to_committee):
        return letters_commitments.told(session, rows.promised, made, message)
    if message.registration_id not in rows.people:
        return None
    registration, organisation = rows.people[message.registration_id]
    made.recipient = registration.name
    made.language = registration.language or made.language
    made.to = [registration.email] if registration.email else []
    made.phones = [registration.phone] if registration.phone else []
    made.registration = registration
    made.organisation = organisation or registration.organisation_name
    if is_silent(registration, Occasion(message.occasion)):
        return None
    if message.held_id is not None:
        return _held(session, made, rows.held[message.held_id])
    return _registration(session, rows, made, message, registration)


async def known_contact(session: AsyncSession, held: HeldRegistration) -> Registration | None:
    """The registration whose contact a held one used: its stored address is written to, never the one just typed."""
    if not held.data:
        return None
    typed = {name: held.data.get(name) for name in ("email", "phone")}
    contact = Contact.of(str(held.data["name"]), *(str(value) if value else None for value in typed.values()))
    query = select(Registration).where(
        Registration.workshop_id == held.workshop_id,
        Registration.contact_key == contact.key,
        col(Registration.status).in_(LIVE),
    )
    return (await session.exec(query.order_by(col(Registration.number)).limit(1))).first()


def held_token(session: AsyncSession, held: HeldRegistration) -> str:
    """The secret of the link by which the known contact confirms. It ends with the row's `expires_at`."""
    return settings_of(session).keyring.issue(Purpose.HELD, held.id, 1, held.key_id)


def _about_workshop(message: Message, workshop: Workshop, organizer: Organizer) -> Facts:
    return Facts(
        message_id=message.id,
        occasion=message.occasion,
        language=organizer.language,
        recipient="",
        organizer=organizer.name,
        title=workshop.title,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        timezone=workshop.timezone,
        modality=workshop.modality.value,
        venue=None if workshop.modality is Modality.ONLINE else workshop.venue_name,
        what=message.what.split(",") if message.what and message.occasion == Occasion.CHANGED else (),
        workshop=workshop,
    )


def _registration(session: AsyncSession, rows: Rows, made: Facts, message: Message, row: Registration) -> Facts | None:
    occasion = Occasion(message.occasion)
    if row.status not in CURRENT[occasion]:
        return None
    workshop, _organizer = rows.hosts[row.workshop_id]
    made.number, made.status, made.mode = row.number, row.status.value, row.mode.value
    made.represents = row.represents
    if occasion is Occasion.LINK_SHARED:
        # The committee is told whose link it is; the link itself is nobody else's.
        made.person = row.name
        made.places = int(message.what) if message.what and message.what.isdecimal() else None
        return made
    if occasion is Occasion.CERTIFICATE:
        return _certified(session, rows, made, message, row)
    if occasion is Occasion.WORKSHOP_CANCELLED:
        made.reason = workshop.cancellation_reason
    elif occasion in (Occasion.REJECTED, Occasion.CANCELLED):
        made.reason = row.reason
    if row.status in LIVE and workshop.status is not WorkshopStatus.CANCELLED:
        _open_doors(session, rows, made, workshop, row)
    if occasion in OPTIONAL_OCCASIONS:
        made.unsubscribe_url = unsubscribe_url(session, row)
    if occasion is Occasion.ROOM_CHANGED and made.join_url is None:
        return None
    return made


def _certified(session: AsyncSession, rows: Rows, made: Facts, message: Message, row: Registration) -> Facts | None:
    """The way to the certificate; None when there is none, the link is dead, or the message was about an earlier one.

    The paper itself is not sent along: one that is revoked later would stay in the mailbox.
    """
    held = rows.certificates.get(row.id)
    if held is None or row.replaced:
        return None
    # Sent once more by hand, it is about the one that holds now: then its key names nobody.
    if str(row.id) in message.occasion_key and str(held.id) not in message.occasion_key:
        return None
    made.certificate_url = links_of(session, row).my
    made.what = ("replaced",) if held.replaces_id else ()
    return made


def _open_doors(session: AsyncSession, rows: Rows, made: Facts, workshop: Workshop, row: Registration) -> None:
    """Puts the person's own links and times into the facts."""
    links, blocks = links_of(session, row), rows.blocks.get(workshop.id, [])
    made.my_url = links.my
    if made.occasion == Occasion.THANKS:
        made.certificate_url = links.my
        return
    made.schedule = [
        (block.label, block.starts_at, block.ends_at)
        for block in blocks
        if made.occasion not in _ONE_DAY or clock.local_date(block.starts_at, workshop.timezone) == made.day
    ]
    if row.status is not RegistrationStatus.CONFIRMED:
        return
    made.blocks = blocks
    made.calendar_url = links.calendar
    barred = row.mode is Mode.OFFLINE and workshop.hall_links is HallLinks.NEVER
    made.join_url = links.join if rows.online[workshop.id] and not barred else None
    made.display_name = display_name(row, made.organisation) if made.join_url else None


def _held(session: AsyncSession, made: Facts, held: HeldRegistration) -> Facts | None:
    if held.registration_id is not None or held.expires_at < clock.now():
        return None
    made.confirm_url = f"{_base(session)}/confirm/{held_token(session, held)}"
    made.deadline = held.expires_at
    return made


def _invitation(
    session: AsyncSession, rows: Rows, made: Facts, invitation: Invitation, organisation: Organisation
) -> Facts | None:
    withdrawn = made.occasion == Occasion.INVITATION_WITHDRAWN
    if (invitation.status is InvitationStatus.WITHDRAWN) is not withdrawn:
        return None
    if invitation.status is InvitationStatus.DECLINED:
        return None
    made.recipient = made.organisation = organisation.name
    made.to, made.phones = contacts_of(organisation)
    made.letter_number = invitation.letter_number
    if made.occasion == Occasion.WORKSHOP_CANCELLED:
        made.reason = made.workshop.cancellation_reason if made.workshop else None
        return made
    if withdrawn:
        made.reason = invitation.reason
        return made
    made.deadline, made.invitation_url = invitation.deadline, link_of(session, invitation)
    if made.occasion == Occasion.CHANGED:
        blocks = rows.blocks.get(invitation.workshop_id, [])
        made.schedule = [(block.label, block.starts_at, block.ends_at) for block in blocks]
    else:
        made.invitation = invitation
    return made


def _base(session: AsyncSession) -> str:
    return settings_of(session).base_url.rstrip("/")
