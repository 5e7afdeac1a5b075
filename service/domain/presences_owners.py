"""Whose a connection is by what the provider tells: a registrant's id, else an address that one person alone has."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.identity import canonical_email
from service.models.registrations import LIVE, Registration
from service.models.rooms import FormerLink, Room, RoomLink


async def by_registrant(
    session: AsyncSession, workshop_id: UUID, external_ids: Collection[str]
) -> dict[str, set[UUID]]:
    """Whose registrant ids these are or were, in any room the workshop has had."""
    owners: dict[str, set[UUID]] = defaultdict(set)
    for kind in (RoomLink, FormerLink):
        query = (
            select(kind.external_id, kind.registration_id)
            .join(Room, col(Room.id) == col(kind.room_id))
            .where(Room.workshop_id == workshop_id, col(kind.external_id).in_(external_ids))
        )
        for external_id, person in await session.exec(query):
            owners[external_id or ""].add(person)
    return owners


async def by_email(session: AsyncSession, workshop_id: UUID, emails: Collection[str]) -> dict[str, UUID]:
    """Whose addresses these are, those left out that are nobody's or of several people.

    Two delegates behind one office address are two people; somebody who cancelled and registered again is one.
    """
    forms = {email: form for email in emails if (form := canonical(email))}
    if not forms:
        return {}
    people: dict[str, dict[str, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    query = select(Registration.id, Registration.contact_key, Registration.name_key, Registration.status).where(
        Registration.workshop_id == workshop_id, col(Registration.contact_key).in_(set(forms.values()))
    )
    for person, contact, name, status in await session.exec(query):
        live = people[contact or ""][name]
        if status in LIVE:
            live.append(person)
    single = {contact: next(iter(names.values())) for contact, names in people.items() if len(names) == 1}
    owners = {contact: live[0] for contact, live in single.items() if len(live) == 1}
    owners |= await _stand_ins(session, workshop_id, set(forms.values()))
    return {email: owners[form] for email, form in forms.items() if form in owners}


async def _stand_ins(session: AsyncSession, workshop_id: UUID, emails: Collection[str]) -> dict[str, UUID]:
    """Addresses that we made for people without one of their own, so that the provider takes them."""
    query = (
        select(RoomLink.email, RoomLink.registration_id)
        .join(Room, col(Room.id) == col(RoomLink.room_id))
        .where(Room.workshop_id == workshop_id, col(RoomLink.email).in_(emails))
    )
    return {email: person for email, person in await session.exec(query) if email and email.startswith(f"{person}@")}


def canonical(email: str) -> str | None:
    """The form under which an address is compared; None for what is none."""
    try:
        return canonical_email(email)
    except ValueError:
        return None
