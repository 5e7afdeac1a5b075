"""Somebody else comes: the substitute takes the seat over."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain import registrations, seats
from service.domain.contacts import Contact, person_fields
from service.errors import AlreadyRegistered, InvalidState
from service.events import RegistrationSubstituted
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.registrations_shapes import SubstituteCreate


async def substitute(
    session: AsyncSession, actor: Actor, registration_id: UUID, data: SubstituteCreate
) -> tuple[Registration, Registration]:
    """Somebody else comes: the substitute takes the seat, the old registration keeps its facts and its links die.

    Returns (old, new). When the substitute is registered already, that registration is the new one: it inherits the
    seat if it had none, and nobody learns more than that. Raises InvalidState, InvalidInput.
    """
    old, workshop, capacity = await registrations.find_for_change(session, actor, registration_id)
    if old.status not in LIVE:
        raise InvalidState
    registrations.check_giving_up(actor, workshop)
    contact = Contact.of(data.name, data.email, data.phone)
    known = (await registrations.known(session, workshop.id, contact)).get(contact.name_key)
    status, queued_at, held_seat = old.status, old.queued_at, old.holds_seat
    if known == old.id:
        raise AlreadyRegistered
    await registrations.check_code(session, workshop.id, data.code)
    seats.close(capacity, old, "Digantikan peserta lain")
    old.link_version += 1
    old.replaced = True
    await session.flush()
    if known is not None:
        new = await registrations.lock(session, known)
        if held_seat and not new.holds_seat and new.mode is old.mode:
            new.status = RegistrationStatus.CONFIRMED
            seats.take_place(capacity, new)
            seats.touch(new)
    else:
        new = Registration(
            **person_fields(data, contact),
            organizer_id=old.organizer_id,
            workshop_id=old.workshop_id,
            number=seats.next_number(capacity),
            organisation_id=old.organisation_id,
            organisation_name=old.organisation_name,
            mode=old.mode,
            role=old.role,
            represents=old.represents,
            status=status,
            queued_at=queued_at,
            substitute_for_id=old.id,
            invitation_id=old.invitation_id,
            key_id=settings_of(session).keyring.current_id,
        )
        if held_seat:
            seats.take_place(capacity, new)
        elif status is RegistrationStatus.CONFIRMED:
            new.confirmed_at = clock.now()
        session.add(new)
    await session.flush()
    happened = RegistrationSubstituted(
        organizer_id=old.organizer_id, workshop_id=old.workshop_id, registration_id=old.id, substitute_id=new.id
    )
    await outbox.record(session, happened, actor.label)
    await registrations.promote(session, actor, workshop, capacity)
    return old, new
