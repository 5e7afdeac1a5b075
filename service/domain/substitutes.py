"""Somebody else comes: the substitute takes the seat over."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain import quotas, registrations, seats, waiting
from service.domain.contacts import Contact, person_fields
from service.errors import AlreadyRegistered, InvalidState
from service.events import RegistrationSubstituted
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.registrations_shapes import SubstituteCreate
from service.models.workshops import Capacity


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
    new = await put_in(session, actor, capacity, old, data)
    await waiting.promote(session, actor, workshop, capacity)
    return old, new


async def put_in(
    session: AsyncSession, actor: Actor, capacity: Capacity, old: Registration, data: SubstituteCreate
) -> Registration:
    """Puts somebody in the place of a live registration that is locked, its workshop too; the caller promotes.

    Raises AlreadyRegistered, CodeTaken, InvalidInput.
    """
    contact = Contact.of(data.name, data.email, data.phone)
    known = (await registrations.known(session, old.workshop_id, contact)).get(contact.name_key)
    if known == old.id:
        raise AlreadyRegistered
    await registrations.check_code(session, old.workshop_id, data.code)
    if known is None:
        new = Registration(
            **person_fields(data, contact),
            organizer_id=old.organizer_id,
            workshop_id=old.workshop_id,
            number=seats.next_number(capacity),
            organisation_id=old.organisation_id,
            organisation_name=old.organisation_name,
            mode=old.mode,
            role=old.role,
            represents=data.represents or old.represents,
            status=old.status,
            queued_at=old.queued_at,
            confirmed_at=clock.now() if old.status is RegistrationStatus.CONFIRMED else None,
            substitute_for_id=old.id,
            invitation_id=old.invitation_id,
            key_id=settings_of(session).keyring.current_id,
        )
    else:
        new = await registrations.lock(session, known)
        new.represents = data.represents or new.represents
        seats.touch(new)
    await hand_over(session, actor, capacity, old, new)
    return new


async def hand_over(
    session: AsyncSession, actor: Actor, capacity: Capacity, old: Registration, new: Registration
) -> None:
    """Ends `old` and gives its seat to `new`, which has none in that mode; otherwise the seat becomes free.

    A seat of a quota stays one in the hands of a delegate of the same organisation.
    """
    if old.holds_seat and not new.holds_seat and new.mode is old.mode:
        same = new.invitation_id in (None, old.invitation_id)
        new.invitation_id = old.invitation_id if same else new.invitation_id
        seats.sit(new, quota=old.quota_seat and same)
        old.holds_seat = old.quota_seat = False
    await quotas.vacate(session, capacity, old)
    seats.close(old, "Digantikan peserta lain")
    old.link_version += 1
    old.replaced = True
    # The old one first: the same person cannot be live twice.
    await session.flush()
    session.add(new)
    await session.flush()
    happened = RegistrationSubstituted(
        organizer_id=old.organizer_id, workshop_id=old.workshop_id, registration_id=old.id, substitute_id=new.id
    )
    await outbox.record(session, happened, actor.label)
