"""What a message may say to its person now, gathered from the rows: facts and secret links, none of it stored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
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
    Occasion.LINKS_RENEWED: _ALIVE,
    Occasion.WORKSHOP_CANCELLED: _ALIVE,
}
"""The standing of a registration for which a message of an occasion is still true."""

_HOSTS = (
    select(Workshop, Organizer)
    .join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
    .where(col(Workshop.id).in_(bindparam("ids")))
)
_PEOPLE = (
    select(Registration, Organisation.name)
    .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
    .where(col(Registration.id).in_(bindparam("ids")))
)
_HELD = select(HeldRegistration).where(col(HeldRegistration.id).in_(bindparam("ids")))
_INVITED = (
    select(Invitation, Organisation)
    .join(Organisation, col(Organisation.id) == col(Invitation.organisation_id))
    .where(col(Invitation.id).in_(bindparam("ids")))
)
_BLOCKS = (
    select(AttendanceBlock)
    .where(col(AttendanceBlock.workshop_id).in_(bindparam("ids")))
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
    unsubscribe_url: str | None = None
    certificate_url: str | None = None
    portal_url: str | None = None
    what: Sequence[str] = ()
    owed: Sequence[tuple[str, date]] = ()
    day: date | None = None
    places: int | None = None
    rehearsal: bool = False
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


@dataclass(frozen=True)
class _Rows:
    """What stands behind a page of messages. Rooms and half-days only where somebody is told of them."""

    hosts: dict[UUID, tuple[Workshop, Organizer]]
    people: dict[UUID, tuple[Registration, str | None]]
    held: dict[UUID, HeldRegistration]
    invited: dict[UUID, tuple[Invitation, Organisation]]
    online: dict[UUID, bool]
    blocks: dict[UUID, list[AttendanceBlock]]


async def facts(session: AsyncSession, message: Message) -> Facts | None:
    """The facts of a message as they are now; None when its occasion has passed."""
    [found] = await facts_of(session, [message])
    return found


async def facts_of(session: AsyncSession, messages: Sequence[Message]) -> list[Facts | None]:
    """The facts of messages, in their order; the queries grow with the workshops, not with the messages."""
    if not messages:
        return []
    rows = await _gather(session, messages)
    return [_facts(session, rows, message) for message in messages]


async def _gather(session: AsyncSession, messages: Sequence[Message]) -> _Rows:
    people, held, invited = (
        {"ids": [getattr(message, name) for message in messages if getattr(message, name) is not None]}
        for name in ("registration_id", "held_id", "invitation_id")
    )
    workshops = {"ids": [*{message.workshop_id for message in messages}]}
    rows = _Rows(
        hosts={host[0].id: host for host in await session.exec(_HOSTS, params=workshops)},
        people={one[0].id: one for one in await session.exec(_PEOPLE, params=people)} if people["ids"] else {},
        held={one.id: one for one in await session.exec(_HELD, params=held)} if held["ids"] else {},
        invited={one[0].id: one for one in await session.exec(_INVITED, params=invited)} if invited["ids"] else {},
        online={},
        blocks=defaultdict(list),
    )
    seated = {one.workshop_id for one, _name in rows.people.values() if one.status is RegistrationStatus.CONFIRMED}
    for workshop_id in seated & rows.hosts.keys():
        rows.online[workshop_id] = await rooms.is_online(session, rows.hosts[workshop_id][0])
    for block in await session.exec(_BLOCKS, params={"ids": [*seated]}) if seated else ():
        rows.blocks[block.workshop_id].append(block)
    return rows


def _facts(session: AsyncSession, rows: _Rows, message: Message) -> Facts | None:
    if message.workshop_id not in rows.hosts:
        return None
    workshop, organizer = rows.hosts[message.workshop_id]
    occasion = Occasion(message.occasion)
    if workshop.status is WorkshopStatus.CANCELLED and occasion not in _AFTER_THE_END:
        return None
    made = _about_workshop(message, workshop, organizer)
    if message.invitation_id is not None:
        return _invitation(session, made, *rows.invited[message.invitation_id])
    if message.registration_id not in rows.people:
        return None
    registration, organisation = rows.people[message.registration_id]
    made.recipient = registration.name
    made.to = [registration.email] if registration.email else []
    made.phones = [registration.phone] if registration.phone else []
    made.registration = registration
    made.organisation = organisation or registration.organisation_name
    if message.held_id is not None:
        return _held(session, made, rows.held[message.held_id])
    return _registration(session, rows, made, occasion, registration)


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


def _registration(
    session: AsyncSession, rows: _Rows, made: Facts, occasion: Occasion, row: Registration
) -> Facts | None:
    if row.status not in CURRENT[occasion]:
        return None
    workshop, _organizer = rows.hosts[row.workshop_id]
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
            made.join_url = links.join if rows.online[workshop.id] else None
            made.blocks = rows.blocks[workshop.id]
    return made


def _held(session: AsyncSession, made: Facts, held: HeldRegistration) -> Facts | None:
    if held.registration_id is not None or held.expires_at < clock.now():
        return None
    made.confirm_url = f"{_base(session)}/confirm/{held_token(session, held)}"
    made.deadline = held.expires_at
    return made


def _invitation(session: AsyncSession, made: Facts, invitation: Invitation, organisation: Organisation) -> Facts | None:
    if invitation.status is InvitationStatus.DECLINED:
        return None
    made.recipient = organisation.name
    made.to, made.phones = contacts_of(organisation)
    made.letter_number, made.deadline = invitation.letter_number, invitation.deadline
    made.invitation_url = link_of(session, invitation)
    return made


def _base(session: AsyncSession) -> str:
    return settings_of(session).base_url.rstrip("/")
