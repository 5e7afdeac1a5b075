"""Changing what is known about a registered person. Seats are not touched here."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, ActorKind
from service.domain import join_uses
from service.domain.contacts import Contact, find_organisation
from service.domain.registrations import check_code, find_locked
from service.domain.registrations_form import merged
from service.errors import AlreadyRegistered, InvalidState
from service.events import RegistrationChanged, RegistrationEvent, RegistrationRelinked, RegistrationRepresenting
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import MyRegistrationPatch, RegistrationPatch
from service.models.workshops import Workshop


async def change(
    session: AsyncSession,
    actor: Actor,
    row: Registration,
    data: RegistrationPatch | MyRegistrationPatch,
    *,
    told: bool = False,
) -> Registration:
    """Applies a merge patch, answers included. A new e-mail address or phone also renews the person's links, since the
    old ones were sent elsewhere; whom the person represents stands in the calendar entry, which is sent anew. `told`:
    another change goes along, whose message says so too.

    Raises AlreadyRegistered, CodeTaken, InvalidState, InvalidInput.
    """
    row = await find_locked(session, actor, row.id)
    if row.status not in LIVE or row.withdrawn_at is not None:
        raise InvalidState
    changes = data.model_dump(exclude_unset=True)
    if changes.get("answers"):
        workshop = await session.get_one(Workshop, row.workshop_id)
        own = actor.kind is ActorKind.PARTICIPANT
        role = changes.get("role") or row.role
        changes["answers"] = merged(workshop, row, changes["answers"], role=role, required=own)
    else:
        changes.pop("answers", None)
    await _place(session, row, changes)
    if changes.get("code") not in (None, row.code):
        await check_code(session, row.workshop_id, changes["code"])
    if changes.keys() & {"name", "email", "phone"}:
        await _identify(session, row, changes)
    changes = {name: value for name, value in changes.items() if value != getattr(row, name)}
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    row.sequence += "represents" in changes
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    for kind in edited(changes, told=told):
        event = kind(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)
        await outbox.record(session, event, actor.label)
    return row


def edited(changes: Collection[str], *, told: bool = False) -> list[type[RegistrationEvent]]:
    """What happens when these columns change; the person is written to once at most."""
    if "link_version" in changes:
        return [RegistrationChanged, RegistrationRelinked]
    if "represents" in changes and not told:
        return [RegistrationChanged, RegistrationRepresenting]
    return [RegistrationChanged]


async def relink(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """New links in place of some that were passed on; the person is written to. Raises NotFound, InvalidState."""
    row = await find_locked(session, actor, registration_id)
    if row.status not in LIVE:
        raise InvalidState
    row.link_version += 1
    row.link_shared_at = None
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await join_uses.forget(session, row)
    event = RegistrationRelinked(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)
    await outbox.record(session, event, actor.label)
    return row


async def _place(session: AsyncSession, row: Registration, changes: dict[str, object]) -> None:
    """A person belongs to an organisation that is listed or to one that is only named: setting one clears the other."""
    if "organisation" in changes:
        code = changes.pop("organisation")
        changes["organisation_id"] = await find_organisation(session, row.organizer_id, str(code) if code else None)
    if changes.get("organisation_id"):
        changes["organisation_name"] = None
    elif changes.get("organisation_name"):
        changes["organisation_id"] = None


async def _identify(session: AsyncSession, row: Registration, changes: dict[str, object]) -> None:
    """Replaces name, e-mail and phone in `changes` by their stored form, and refuses somebody else's identity."""
    typed = {name: changes.get(name, getattr(row, name)) for name in ("name", "email", "phone")}
    email, phone = (str(typed[name]) if typed[name] else None for name in ("email", "phone"))
    contact = Contact.of(str(typed["name"]), email, phone)
    changes |= {
        "email": contact.email,
        "phone": contact.phone,
        "name_key": contact.name_key,
        "contact_key": contact.key,
    }
    twin = select(Registration.id).where(
        Registration.workshop_id == row.workshop_id,
        Registration.contact_key == contact.key,
        Registration.name_key == contact.name_key,
        col(Registration.status).in_(LIVE),
        Registration.id != row.id,
    )
    if contact.key is not None and (await session.exec(twin)).first() is not None:
        raise AlreadyRegistered
    # The stored address decides: two spellings can be one identity and still two mailboxes.
    if (contact.email or contact.phone) != (row.email or row.phone):
        changes["link_version"] = row.link_version + 1
