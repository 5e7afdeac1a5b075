"""What a message may say to its person now, gathered from the rows: facts and secret links, none of it stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import settings_of
from service.domain import rooms
from service.domain.contacts import Contact
from service.domain.invitations import link_of
from service.domain.registrations_shapes import links_of
from service.models.invitations import Invitation, InvitationStatus
from service.models.messages import Message, Occasion
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import LIVE, HeldRegistration, Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Workshop, WorkshopStatus
from service.tokens import Purpose

_ALIVE = frozenset(LIVE)
CURRENT: dict[Occasion, frozenset[RegistrationStatus]] = {
    Occasion.CONFIRMATION: frozenset({RegistrationStatus.CONFIRMED}),
    Occasion.PROMOTED: frozenset({RegistrationStatus.CONFIRMED}),
    Occasion.WAITLISTED: frozenset({RegistrationStatus.WAITLISTED}),
    Occasion.REQUESTED: frozenset({RegistrationStatus.PENDING}),
    Occasion.REJECTED: frozenset({RegistrationStatus.REJECTED}),
    Occasion.CANCELLED: frozenset({RegistrationStatus.CANCELLED}),
    Occasion.SUBSTITUTED: frozenset({RegistrationStatus.CANCELLED}),
    Occasion.SUBSTITUTE: _ALIVE,
    Occasion.SWITCHED: _ALIVE,
    Occasion.REPEATED: _ALIVE,
    Occasion.WORKSHOP_CANCELLED: _ALIVE,
}
"""The standing of a registration for which a message of an occasion is still true."""

_HOST = (
    select(Workshop, Organizer)
    .join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
    .where(Workshop.id == bindparam("workshop_id"))
)
_PERSON = (
    select(Registration, Organisation.name)
    .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
    .where(Registration.id == bindparam("registration_id"))
)
_BLOCKS = (
    select(AttendanceBlock)
    .where(AttendanceBlock.workshop_id == bindparam("workshop_id"))
    .order_by(col(AttendanceBlock.position))
)
_AFTER_THE_END = frozenset({Occasion.WORKSHOP_CANCELLED, Occasion.CANCELLED, Occasion.REJECTED})


@dataclass(kw_only=True)
class Facts:
    """Everything a letter may say; see documents.mail.Facts. `to` and `phones` are where it may go."""

    message_id: UUID
    occasion: str
    language: str
    recipient: str
    organizer: str
    title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    to: Sequence[str] = ()
    phones: Sequence[str] = ()
    venue: str | None = None
    organisation: str | None = None
    number: int | None = None
    status: str | None = None
    mode: str | None = None
    reason: str | None = None
    letter_number: str | None = None
    deadline: datetime | None = None
    my_url: str | None = None
    join_url: str | None = None
    calendar_url: str | None = None
    confirm_url: str | None = None
    invitation_url: str | None = None
    registration: Registration | None = None
    workshop: Workshop | None = None
    blocks: Sequence[AttendanceBlock] = field(default_factory=list)


@dataclass(frozen=True)
class Addressee:
    """Whom a message is for, by name."""

    name: str | None
    organisation: str | None


async def addressees(session: AsyncSession, messages: Sequence[Message]) -> list[Addressee]:
    """The names behind messages, in their order; two queries however many there are."""
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
    nobody = Addressee(None, None)
    return [named.get(message.registration_id or message.invitation_id or message.id, nobody) for message in messages]


async def facts(session: AsyncSession, message: Message) -> Facts | None:
    """The facts of a message as they are now; None when its occasion has passed."""
    found = (await session.exec(_HOST, params={"workshop_id": message.workshop_id})).first()
    if found is None:
        return None
    workshop, organizer = found
    occasion = Occasion(message.occasion)
    if workshop.status is WorkshopStatus.CANCELLED and occasion not in _AFTER_THE_END:
        return None
    made = _about_workshop(message, workshop, organizer)
    if message.invitation_id is not None:
        return await _invitation(session, made, message.invitation_id)
    person = (await session.exec(_PERSON, params={"registration_id": message.registration_id})).first()
    if person is None:
        return None
    registration, organisation = person
    made.recipient = registration.name
    made.to = [registration.email] if registration.email else []
    made.phones = [registration.phone] if registration.phone else []
    made.registration = registration
    made.organisation = organisation or registration.organisation_name
    if message.held_id is not None:
        return await _held(session, made, message.held_id)
    return await _registration(session, made, occasion, registration, workshop)


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


def contacts_of(organisation: Organisation) -> tuple[list[str], list[str]]:
    """The organisation's addresses and telephone numbers."""
    emails = [contact.get("email") for contact in organisation.contacts]
    phones = [contact.get("phone") for contact in organisation.contacts]
    return list(dict.fromkeys(filter(None, emails))), list(dict.fromkeys(filter(None, phones)))


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
        venue=workshop.venue_name,
        workshop=workshop,
    )


async def _registration(
    session: AsyncSession, made: Facts, occasion: Occasion, row: Registration, workshop: Workshop
) -> Facts | None:
    if row.status not in CURRENT[occasion]:
        return None
    made.number, made.status, made.mode = row.number, row.status.value, row.mode.value
    if occasion is Occasion.WORKSHOP_CANCELLED:
        made.reason = workshop.cancellation_reason
    elif occasion in (Occasion.REJECTED, Occasion.CANCELLED):
        made.reason = row.reason
    if row.status in LIVE and workshop.status is not WorkshopStatus.CANCELLED:
        links = links_of(session, row)
        made.my_url = links.my
        if row.status is RegistrationStatus.CONFIRMED:
            made.calendar_url = links.calendar
            made.join_url = links.join if await rooms.is_online(session, workshop) else None
            made.blocks = (await session.exec(_BLOCKS, params={"workshop_id": workshop.id})).all()
    return made


async def _held(session: AsyncSession, made: Facts, held_id: UUID) -> Facts | None:
    held = await session.get_one(HeldRegistration, held_id)
    if held.registration_id is not None or held.expires_at < clock.now():
        return None
    made.confirm_url = f"{_base(session)}/confirm/{held_token(session, held)}"
    made.deadline = held.expires_at
    return made


async def _invitation(session: AsyncSession, made: Facts, invitation_id: UUID) -> Facts | None:
    invitation = await session.get_one(Invitation, invitation_id)
    if invitation.status is InvitationStatus.DECLINED:
        return None
    organisation = await session.get_one(Organisation, invitation.organisation_id)
    made.recipient = organisation.name
    made.to, made.phones = contacts_of(organisation)
    made.letter_number, made.deadline = invitation.letter_number, invitation.deadline
    made.invitation_url = link_of(session, invitation)
    return made


def _base(session: AsyncSession) -> str:
    return settings_of(session).base_url.rstrip("/")
