"""Changing what is known about a registered person. Seats are not touched here."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain.contacts import Contact, find_organisation
from service.domain.registrations import check_code, find
from service.errors import AlreadyRegistered, InvalidInput, InvalidState
from service.events import RegistrationChanged
from service.i18n import gettext as _
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import MyRegistrationPatch, RegistrationPatch

_REQUIRED = ("name", "role", "answers")


async def change(
    session: AsyncSession, actor: Actor, row: Registration, data: RegistrationPatch | MyRegistrationPatch
) -> Registration:
    """Applies a merge patch. A new e-mail address or phone also renews the person's links, since the old ones were
    mailed elsewhere. Raises AlreadyRegistered, CodeTaken, InvalidState, InvalidInput.
    """
    row = await find(session, actor, row.id)
    if row.status not in LIVE:
        raise InvalidState
    changes = data.model_dump(exclude_unset=True)
    for name in _REQUIRED:
        if name in changes and changes[name] is None:
            raise InvalidInput.at(f"/{name}", _("Tidak boleh dikosongkan."))
    if "organisation" in changes:
        row.organisation_id = await find_organisation(session, row.organizer_id, changes.pop("organisation"))
    if changes.get("code") not in (None, row.code):
        await check_code(session, row.workshop_id, changes["code"])
    if changes.keys() & {"name", "email", "phone"}:
        await _identify(session, row, changes)
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    event = RegistrationChanged(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)
    await outbox.record(session, event, actor.label)
    return row


async def _identify(session: AsyncSession, row: Registration, changes: dict[str, object]) -> None:
    """Replaces name, e-mail and phone in `changes` by their stored form, and refuses somebody else's identity."""
    typed = {name: changes.get(name, getattr(row, name)) for name in ("name", "email", "phone")}
    email, phone = (str(typed[name]) if typed[name] else None for name in ("email", "phone"))
    contact = Contact.of(str(typed["name"]), email, phone)
    changes |= {"email": contact.email, "phone": contact.phone, "name_key": contact.name_key}
    twin = select(Registration.id).where(
        Registration.workshop_id == row.workshop_id,
        Registration.contact_key == contact.key,
        Registration.name_key == contact.name_key,
        col(Registration.status).in_(LIVE),
        Registration.id != row.id,
    )
    if contact.key is not None and (await session.exec(twin)).first() is not None:
        raise AlreadyRegistered
    if contact.key != row.contact_key:
        changes |= {"contact_key": contact.key, "link_version": row.link_version + 1}
