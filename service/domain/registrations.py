"""Giving and freeing seats: register, approve, cancel, switch, promote.

Whoever gives or frees a seat first locks the workshop's capacity row, then reads the registration again under that
lock: a count that is read without it has sold 77 of 50 seats.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, insert, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, ActorKind, Permission
from service.db import run, settings_of
from service.domain import quotas, seats, waiting, workshops
from service.domain.contacts import Contact, find_organisation, person_fields
from service.domain.registrations_form import check_answers, check_public, given
from service.errors import AlreadyRegistered, AlreadyRejected, CodeTaken, InvalidState, ModeFull, NotFound
from service.events import (
    Event,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationHeld,
    RegistrationRejected,
    RegistrationRepeated,
    RegistrationRequested,
    RegistrationSwitched,
    RegistrationWaitlisted,
)
from service.models.invitations import Invitation
from service.models.registrations import LIVE, HeldRegistration, ParticipantRole, Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus

_INSERT = insert(Registration)
_KNOWN = select(Registration.name_key, Registration.id).where(
    Registration.workshop_id == bindparam("workshop_id"),
    Registration.contact_key == bindparam("contact_key"),
    # Written out: neither database uses the partial index for words that come as parameters.
    col(Registration.status).in_(bindparam("live", LIVE, expanding=True, literal_execute=True)),
)
HELD_FOR = timedelta(days=3)

_EVENTS: dict[RegistrationStatus, type[RegistrationEvent]] = {
    RegistrationStatus.CONFIRMED: RegistrationConfirmed,
    RegistrationStatus.WAITLISTED: RegistrationWaitlisted,
    RegistrationStatus.PENDING: RegistrationRequested,
}


@dataclass(frozen=True)
class Receipt:
    """What the public is told: the same whether the address is new or known."""

    number: int
    status: RegistrationStatus
    mode: Mode
    workshop_id: UUID


async def register_public(session: AsyncSession, workshop_id: UUID, data: RegistrationCreate) -> Receipt:
    """A registration from the public form.

    A known contact with the same name changes nothing and is written to; with another name it is held until that
    contact confirms. Both burn a number and answer like a new registration, so that nobody learns who is known.
    Raises NotFound, RegistrationNotOpen, RegistrationClosed, ModeNotOffered, Full, InvalidInput.
    """
    workshop, capacity = await seats.lock(session, workshop_id)
    if not workshop.public:
        raise NotFound
    check_public(workshop, data)
    contact = Contact.of(data.name, data.email, data.phone)
    organisation_id = await find_organisation(session, workshop.organizer_id, data.organisation)
    seats.check_open(workshop, capacity)
    status = seats.next_status(workshop, capacity, data.mode)
    number = seats.next_number(capacity)
    named = await known(session, workshop.id, contact)
    event: Event
    if not named:
        row = new_row(session, workshop, data, contact, organisation_id, status=status, number=number)
        await _insert(session, capacity, row)
        event = _EVENTS[status](organizer_id=workshop.organizer_id, workshop_id=workshop.id, registration_id=row.id)
    else:
        # A row is written for a mere repetition too: an answer that comes sooner would tell that the contact is known.
        twin = named.get(contact.name_key)
        held = HeldRegistration(
            organizer_id=workshop.organizer_id,
            workshop_id=workshop.id,
            number=number,
            data={} if twin else data.model_dump(mode="json"),
            key_id=settings_of(session).keyring.current_id,
            registration_id=twin,
            expires_at=clock.now() + HELD_FOR,
        )
        session.add(held)
        await session.flush()
        at = {"organizer_id": workshop.organizer_id, "workshop_id": workshop.id}
        event = RegistrationRepeated(**at, registration_id=twin) if twin else RegistrationHeld(**at, held_id=held.id)
    await seats.keep(session, capacity)
    await outbox.record(session, event, str(ActorKind.ANONYMOUS))
    return Receipt(number, status, data.mode, workshop.id)


async def register(session: AsyncSession, actor: Actor, workshop_id: UUID, data: RegistrationCreate) -> Registration:
    """A registration by staff: any time before the workshop is over, any role, contact optional.

    A participant whose organisation has a seat held in that mode becomes its delegate and takes it, without approval.
    Returns a copy: the session does not watch it. Raises NotFound, AlreadyRegistered, CodeTaken, ModeNotOffered, Full,
    InvalidState, InvalidInput.
    """
    await workshops.find(session, actor, workshop_id)
    workshop, capacity = await seats.lock(session, workshop_id)
    check_answers(workshop, data)
    contact = Contact.of(data.name, data.email, data.phone)
    organisation_id = await find_organisation(session, workshop.organizer_id, data.organisation)
    if not seats.takes_people(workshop.status):
        raise InvalidState
    if contact.name_key in await known(session, workshop.id, contact):
        raise AlreadyRegistered
    await check_code(session, workshop.id, data.code)
    invitation_id = None
    seats.check_offered(workshop, data.mode)
    if data.role is ParticipantRole.PARTICIPANT:
        invitation_id = await quotas.take_held(session, capacity, organisation_id, data.mode)
    confirmed = RegistrationStatus.CONFIRMED
    status = confirmed if invitation_id else seats.next_status(workshop, capacity, data.mode)
    number = seats.next_number(capacity)
    row = new_row(session, workshop, data, contact, organisation_id, status=status, number=number)
    await _insert(session, capacity, row, invitation_id)
    await seats.keep(session, capacity)
    await _record(session, actor, _EVENTS[status], row)
    return row


async def enlist(
    session: AsyncSession, workshop: Workshop, capacity: Capacity, data: RegistrationCreate, invitation: Invitation
) -> Registration:
    """A delegate who joins the queue, until the caller promotes. The capacity row is locked by the caller.

    Raises InvalidInput, ModeNotOffered, CodeTaken. Nothing is recorded: what the delegate is told depends on the seat.
    """
    check_answers(workshop, data)
    seats.check_offered(workshop, data.mode)
    await check_code(session, workshop.id, data.code)
    contact = Contact.of(data.name, data.email, data.phone)
    status, number = RegistrationStatus.WAITLISTED, seats.next_number(capacity)
    row = new_row(session, workshop, data, contact, invitation.organisation_id, status=status, number=number)
    row.invitation_id = invitation.id
    seats.take_place(capacity, row)
    session.add(row)
    await session.flush()
    return row


async def confirm_held(session: AsyncSession, held_id: UUID) -> Registration:
    """The known contact agrees to a second person behind its address. Confirming twice gives the same registration.

    Raises NotFound when the link is too old or that contact was erased, and whatever a registration can raise.
    """
    held = (await session.exec(select(HeldRegistration).where(HeldRegistration.id == held_id))).one_or_none()
    if held is None or (held.registration_id is None and held.expires_at < clock.now()):
        raise NotFound
    workshop, capacity = await seats.lock(session, held.workshop_id)
    if not workshop.public:
        raise NotFound
    await session.refresh(held)
    if held.registration_id is not None:
        return await _get(session, held.registration_id)
    if not held.data:
        raise NotFound
    seats.check_open(workshop, capacity)
    data = RegistrationCreate.model_validate(held.data)
    contact = Contact.of(data.name, data.email, data.phone)
    named = await known(session, workshop.id, contact)
    if contact.name_key in named:
        raise AlreadyRegistered
    if named:
        # Two spellings can be one identity and still two mailboxes: mail keeps going to the one that confirmed.
        confirmed = await _get(session, min(named.values()))
        contact = replace(contact, email=confirmed.email, phone=contact.phone or confirmed.phone)
    organisation_id = await find_organisation(session, workshop.organizer_id, data.organisation)
    status = seats.next_status(workshop, capacity, data.mode)
    row = new_row(session, workshop, data, contact, organisation_id, status=status, number=held.number)
    await _insert(session, capacity, row)
    await seats.keep(session, capacity)
    held.registration_id = row.id
    held.data = {}
    session.add(held)
    await _record(session, Actor(ActorKind.PARTICIPANT, row.id), _EVENTS[status], row)
    return row


async def forget_unconfirmed(session: AsyncSession) -> None:
    """Blanks what was typed into held registrations that nobody confirmed in time."""
    late = (col(HeldRegistration.expires_at) < clock.now()) & col(HeldRegistration.registration_id).is_(None)
    await session.exec(update(HeldRegistration).where(late).values(data={}))


async def find(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """The actor's registration: staff's own house, a participant's own row. Raises NotFound."""
    row = await session.get(Registration, registration_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    if actor.kind is ActorKind.PARTICIPANT and row.id != actor.id:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    return row


async def find_locked(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """The actor's registration as it is now, locked until the transaction ends. Raises NotFound."""
    await find(session, actor, registration_id)
    return await lock(session, registration_id)


async def find_for_change(
    session: AsyncSession, actor: Actor, registration_id: UUID
) -> tuple[Registration, Workshop, Capacity]:
    """The registration as it is while nobody else can give or free a seat, and what decides on it. Raises NotFound."""
    row = await find(session, actor, registration_id)
    capacity = await workshops.lock_capacity(session, row.workshop_id)
    workshop = await session.get_one(Workshop, row.workshop_id, populate_existing=True)
    return await lock(session, registration_id), workshop, capacity


async def lock(session: AsyncSession, registration_id: UUID) -> Registration:
    """A row read anew and locked; rows that refer to it can be inserted meanwhile. The capacity row comes before it."""
    query = select(Registration).where(Registration.id == registration_id).with_for_update(key_share=True)
    return (await session.exec(query, execution_options={"populate_existing": True})).one()


async def approve(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """Gives a pending registration a seat, one held for its organisation first, or a place in the queue.

    Raises InvalidState, Full.
    """
    row, workshop, capacity = await find_for_change(session, actor, registration_id)
    if row.status is not RegistrationStatus.PENDING:
        raise AlreadyRejected if row.status is RegistrationStatus.REJECTED else InvalidState
    if not await quotas.seat_by_held(session, capacity, row):
        invitation = await quotas.invitation_of(session, row)
        row.status = seats.seat_or_queue(workshop, capacity, row.mode, invitation)
        seats.take_place(capacity, row, invitation)
    seats.touch(row)
    await _record(session, actor, _EVENTS[row.status], row)
    return row


async def reject(session: AsyncSession, actor: Actor, registration_id: UUID, reason: str) -> Registration:
    """Turns a pending or waitlisted registration down; the reason is sent. Raises InvalidState."""
    row, workshop, capacity = await find_for_change(session, actor, registration_id)
    if row.status not in (RegistrationStatus.PENDING, RegistrationStatus.WAITLISTED):
        raise InvalidState
    row.status, row.reason = RegistrationStatus.REJECTED, reason
    seats.touch(row)
    await _record(session, actor, RegistrationRejected, row)
    # There may be room enough for the others of a group that the person waited with.
    await waiting.promote(session, actor, workshop, capacity)
    return row


async def cancel(session: AsyncSession, actor: Actor, registration_id: UUID, reason: str | None) -> Registration:
    """Frees the seat, which goes to the first who waits. Cancelling again changes nothing. Raises InvalidState."""
    row, workshop, capacity = await find_for_change(session, actor, registration_id)
    if row.status is RegistrationStatus.CANCELLED:
        return row
    if row.status is RegistrationStatus.REJECTED:
        raise InvalidState
    check_giving_up(actor, workshop)
    await leave(session, actor, capacity, row, reason)
    await waiting.promote(session, actor, workshop, capacity)
    return row


async def leave(session: AsyncSession, actor: Actor, capacity: Capacity, row: Registration, reason: str | None) -> None:
    """Cancels a live registration that is locked, its workshop too; the caller promotes."""
    await quotas.vacate(session, capacity, row)
    seats.close(row, reason)
    await _record(session, actor, RegistrationCancelled, row)


async def switch_mode(session: AsyncSession, actor: Actor, registration_id: UUID, mode: Mode) -> Registration:
    """Moves a person between hall and online. The old seat is kept until the new one is certain.

    Raises ModeNotOffered, ModeFull, InvalidState.
    """
    row, workshop, capacity = await find_for_change(session, actor, registration_id)
    if row.mode is mode:
        return row
    if row.status not in LIVE or workshop.status is not WorkshopStatus.PUBLISHED or clock.now() >= workshop.ends_at:
        raise InvalidState
    await move(session, actor, workshop, capacity, row, mode)
    await waiting.promote(session, actor, workshop, capacity)
    return row


async def move(
    session: AsyncSession, actor: Actor, workshop: Workshop, capacity: Capacity, row: Registration, mode: Mode
) -> None:
    """Moves a live registration that is locked, its workshop too, to the other mode; the caller promotes.

    Who waits with a group goes on waiting with it, in the new mode; any other who waits needs a seat there. Somebody
    let in without a seat takes one there if there is one. Raises ModeNotOffered, ModeFull.
    """
    seats.check_offered(workshop, mode)
    invitation = await quotas.invitation_of(session, row)
    waits = row.status is RegistrationStatus.WAITLISTED
    together = waits and invitation is not None and invitation.all_or_none
    full = seats.room(capacity, mode, invitation) == 0
    if full and not together and (row.holds_seat or waits):
        raise ModeFull
    await quotas.vacate(session, capacity, row)
    row.mode = mode
    if not (full or together or row.status is RegistrationStatus.PENDING):
        seats.sit(row, quota=seats.take(capacity, mode, await quotas.invitation_of(session, row)))
    row.sequence += 1
    seats.touch(row)
    await _record(session, actor, RegistrationSwitched, row)


def check_giving_up(actor: Actor, workshop: Workshop) -> None:
    """What has taken place stays as it was, except for staff: not for people or a door. Raises InvalidState."""
    ended = workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED) or clock.now() >= workshop.ends_at
    if ended and not actor.may(Permission.REGISTRATIONS_WRITE):
        raise InvalidState


async def check_code(session: AsyncSession, workshop_id: UUID, code: str | None) -> None:
    """Raises CodeTaken when the committee's key is used in this workshop already."""
    if code is None:
        return
    query = select(Registration.id).where(Registration.workshop_id == workshop_id, Registration.code == code)
    if (await session.exec(query)).first() is not None:
        raise CodeTaken


async def _get(session: AsyncSession, registration_id: UUID) -> Registration:
    return (await session.exec(select(Registration).where(Registration.id == registration_id))).one()


async def known(session: AsyncSession, workshop_id: UUID, contact: Contact) -> dict[str, UUID]:
    """Live registrations behind the same contact: their ids by canonical name."""
    if contact.key is None:
        return {}
    found = await run(session, _KNOWN, {"workshop_id": workshop_id, "contact_key": contact.key})
    return {row.name_key: row.id for row in found}


def new_row(
    session: AsyncSession,
    workshop: seats.Offer | Workshop,
    data: RegistrationCreate,
    contact: Contact,
    organisation_id: UUID | None,
    *,
    status: RegistrationStatus,
    number: int,
) -> Registration:
    """The row that a form makes; it has no seat yet."""
    return Registration(
        **person_fields(data, contact),
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        number=number,
        organisation_id=organisation_id,
        organisation_name=data.organisation_name,
        rank=data.rank,
        mode=data.mode,
        role=data.role,
        represents=data.represents,
        employment=data.employment,
        nip=data.nip,
        answers=given(data.answers),
        channel=data.channel,
        language=data.language,
        status=status,
        consent_at=clock.now() if data.consent else None,
        key_id=settings_of(session).keyring.current_id,
    )


async def _insert(
    session: AsyncSession, capacity: Capacity, row: Registration, invitation_id: UUID | None = None
) -> None:
    """With its place; `invitation_id`: of whose quota the seat was taken."""
    seats.take_place(capacity, row)
    row.invitation_id, row.quota_seat = invitation_id, invitation_id is not None
    await run(session, _INSERT, row.model_dump())


async def _record(session: AsyncSession, actor: Actor, kind: type[RegistrationEvent], row: Registration) -> None:
    await session.flush()
    event = kind(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)
    await outbox.record(session, event, actor.label)
