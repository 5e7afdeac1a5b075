"""Walk-ins: people at the door who never registered, and those who come in somebody's place without notice.

A free seat of the pool is theirs, since nobody was promised it; without one they come in all the same.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain import organisations, quotas, registrations, seats, substitutes, waiting, walk_ins_undone, workshops
from service.domain.contacts import Contact
from service.domain.identity import canonical_name
from service.errors import InvalidInput
from service.events import RegistrationConfirmed
from service.i18n import gettext as _
from service.models.attendance_shapes import WalkIn
from service.models.registrations import LIVE, ParticipantRole, Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop


async def register(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID,
    wanted: Sequence[WalkIn],
    *,
    lenient: bool = False,
    beside: Collection[UUID] = (),
) -> dict[str, UUID]:
    """Registration ids by client_id; creates who is new. A walk-in needs no free seat, but takes one if there is one.

    Who is known by name and contact is that person, and confirmed from now on. Who comes for somebody else takes the
    place over, if there still is one to take; otherwise the person is a walk-in like any other.

    The capacity row's lock makes racing devices agree on one registration per client_id, and hands out numbers.
    `beside`: whom the caller locks next; everybody is locked in one order. Raises InvalidInput for a missing or
    unknown organisation or an unusable contact; when `lenient` an unknown code is kept as the organisation's name and
    the contact left out, since nothing that a device collected may be dropped.
    """
    capacity = await workshops.lock_capacity(session, workshop_id)
    people = {one.client_id: one for one in reversed(wanted)}
    query = select(Registration.client_id, Registration.id).where(
        Registration.workshop_id == workshop_id, col(Registration.client_id).in_(people)
    )
    ids = {client_id: found for client_id, found in await session.exec(query) if client_id}
    await walk_ins_undone.revive(session, actor, workshop_id, capacity, list(ids.values()))
    new = [one for one in wanted if people.get(one.client_id) is one and one.client_id not in ids]
    if not new:
        return ids
    listed = await _listed(session, actor.tenant, {one.organisation for one in new if one.organisation})
    contacts = {one.client_id: _contact(one, lenient=lenient) for one in new}
    left = await _lock(session, workshop_id, new, contacts, beside)
    for one in new:
        if not lenient:
            _check_organisation(one, listed)
        old = left.get(one.substitute_for) if one.substitute_for else None
        row = await _come_in(session, actor, capacity, one, contacts[one.client_id], old, listed)
        ids[one.client_id] = row.id
    if any(one.substitute_for or one.email or one.phone for one in new):
        # A place may have become free, or a group that waits smaller.
        workshop = await session.get_one(Workshop, workshop_id, populate_existing=True)
        await waiting.promote(session, actor, workshop, capacity)
    return ids


async def _come_in(
    session: AsyncSession,
    actor: Actor,
    capacity: Capacity,
    one: WalkIn,
    contact: Contact,
    old: Registration | None,
    listed: Mapping[str, UUID],
) -> Registration:
    """The registration of somebody at the door, with the seat there is."""
    known = (await registrations.known(session, capacity.workshop_id, contact)).get(contact.name_key)
    row = await registrations.lock(session, known) if known else _row(session, actor, capacity, one, contact, listed)
    row.client_id = row.client_id or one.client_id
    replaces = old is not None and old.status in LIVE and old.id != row.id
    if old is not None and replaces:
        _take_over(row, old, one)
        await substitutes.hand_over(session, actor, capacity, old, row)
    told = replaces or row.confirmed_at is not None or contact.key is None
    if row.status in LIVE:
        row.status = RegistrationStatus.CONFIRMED
        invitation = await quotas.invitation_of(session, row)
        if not row.holds_seat and seats.room(capacity, row.mode, invitation) != 0:
            seats.take_place(capacity, row, invitation)
    row.confirmed_at, row.queued_at = row.confirmed_at or clock.now(), None
    if known:
        seats.touch(row)
    session.add(row)
    await session.flush()
    if not told:
        event = RegistrationConfirmed(
            organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id
        )
        await outbox.record(session, event, actor.label)
    return row


def _row(
    session: AsyncSession,
    actor: Actor,
    capacity: Capacity,
    one: WalkIn,
    contact: Contact,
    listed: Mapping[str, UUID],
) -> Registration:
    organisation_id = listed.get(one.organisation or "")
    return Registration(
        organizer_id=actor.tenant,
        workshop_id=capacity.workshop_id,
        number=seats.next_number(capacity),
        name=one.name,
        name_key=contact.name_key,
        email=contact.email,
        phone=contact.phone,
        contact_key=contact.key,
        organisation_id=organisation_id,
        organisation_name=None if organisation_id else one.organisation_name or one.organisation,
        mode=Mode.OFFLINE,
        represents=one.represents,
        status=RegistrationStatus.CONFIRMED,
        walk_in=True,
        client_id=one.client_id,
        key_id=settings_of(session).keyring.current_id,
    )


def _check_organisation(one: WalkIn, listed: Collection[str]) -> None:
    if not (one.organisation or one.organisation_name or one.substitute_for):
        raise InvalidInput.at("/walk_in/organisation", _("Isi organisation atau organisation_name."))
    if one.organisation and one.organisation not in listed:
        raise InvalidInput.at(
            "/walk_in/organisation", _("Kode ini tidak ada di daftar; isi organisation_name sebagai gantinya.")
        )


def _take_over(row: Registration, old: Registration, one: WalkIn) -> None:
    """What somebody who is not known yet has of the one replaced."""
    row.represents = one.represents or row.represents or old.represents
    if not row.walk_in or row.substitute_for_id:
        return
    row.substitute_for_id, row.invitation_id = old.id, old.invitation_id
    row.role = old.role if row.role is ParticipantRole.PARTICIPANT else row.role
    if not (one.organisation or one.organisation_name):
        row.organisation_id, row.organisation_name = old.organisation_id, old.organisation_name


async def _lock(
    session: AsyncSession,
    workshop_id: UUID,
    new: Sequence[WalkIn],
    contacts: Mapping[str, Contact],
    beside: Collection[UUID],
) -> dict[UUID, Registration]:
    """Locks, in one order for all, everybody whom these people are or replace. Returns those who are replaced."""
    replaced = {one.substitute_for for one in new if one.substitute_for}
    keys = {contact.key for contact in contacts.values() if contact.key}
    if not (replaced or keys):
        return {}
    known = select(Registration.id).where(
        Registration.workshop_id == workshop_id,
        col(Registration.contact_key).in_(keys),
        col(Registration.status).in_(LIVE),
    )
    concerned = {*replaced, *await session.exec(known), *beside}
    query = select(Registration).where(Registration.workshop_id == workshop_id, col(Registration.id).in_(concerned))
    locked = query.order_by(col(Registration.id)).with_for_update(key_share=True)
    rows = await session.exec(locked, execution_options={"populate_existing": True})
    return {row.id: row for row in rows if row.id in replaced}


def _contact(one: WalkIn, *, lenient: bool) -> Contact:
    try:
        return Contact.of(one.name, one.email, one.phone)
    except InvalidInput as refused:
        if lenient:
            return Contact(canonical_name(one.name), None, None, None)
        errors = refused.extra["errors"]
        assert isinstance(errors, list)
        raise InvalidInput([one | {"pointer": f"/walk_in{one['pointer']}"} for one in errors]) from refused


async def _listed(session: AsyncSession, organizer_id: UUID, codes: Collection[str]) -> Mapping[str, UUID]:
    return await organisations.ids(session, organizer_id, codes)
