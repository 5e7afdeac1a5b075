"""Who may be registered already under another spelling: what staff are asked before they make a second person of one.

The public is never asked: no answer tells whether somebody is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, false, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from service.auth import Actor
from service.domain import registrations, workshops
from service.domain.contacts import Contact, find_organisation
from service.domain.identity import canonical_name, nip_key, untitled_name
from service.errors import Refusal
from service.i18n import marked as _
from service.models.people import Organisation
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import RegistrationCreate

_MOST = 5


class Likeness(StrEnum):
    """By what two people look like one; beside the contact and the organisation the name is the same, titles apart."""

    NIP = "nip"
    CONTACT = "contact"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class Twin:
    """Somebody registered who may be the person meant."""

    id: UUID
    number: int
    name: str
    organisation: str | None
    by: Likeness


class PerhapsRegistered(Refusal):
    """Somebody like this is registered: `registrations` names who, by number. Staff may add the person all the same."""

    code = "perhaps_registered"
    title = _("Orang ini mungkin sudah terdaftar")
    detail = _("Periksa pendaftaran pada registrations. Bila memang orang lain, kirim tanpa check_doubles.")

    def __init__(self, twins: Sequence[Twin]) -> None:
        shown = [{"id": str(one.id), "number": one.number, "by": one.by.value} for one in twins]
        super().__init__(registrations=shown)
        self.twins = twins


def nip_digits() -> SQLColumnExpression[str | None]:
    """A registration's NIP without what people put between its digits."""
    bare: SQLColumnExpression[str | None] = col(Registration.nip)
    for sign in (" ", ".", "-", "'"):
        bare = func.replace(bare, sign, "")
    return bare


def like_name(name: str) -> ColumnElement[bool]:
    """A condition that all spellings of a name fulfil, and some other names: `untitled_name` tells them apart."""
    return col(Registration.name_key).contains(max(untitled_name(name).split(), key=len, default=""), autoescape=True)


async def check(session: AsyncSession, actor: Actor, workshop_id: UUID, data: RegistrationCreate) -> None:
    """Before staff add a person. Raises PerhapsRegistered, NotFound, InvalidInput.

    Nothing is said of somebody with that very name and contact: who adds them is refused anyway.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    contact = Contact.of(data.name, data.email, data.phone)
    if contact.name_key in await registrations.known(session, workshop.id, contact):
        return
    organisation_id = await find_organisation(session, workshop.organizer_id, data.organisation)
    twins = await find(
        session,
        workshop.id,
        contact,
        data.name,
        nip=data.nip,
        organisation_id=organisation_id,
        organisation_name=data.organisation_name,
    )
    if twins:
        raise PerhapsRegistered(twins)


async def with_nip(session: AsyncSession, row: Registration, nip: str) -> list[Twin]:
    """Live registrations of the same workshop, beside this one, that have this NIP."""
    digits = nip_key(nip)
    if digits is None:
        return []
    query = _people(row.workshop_id).where(nip_digits() == digits, Registration.id != row.id)
    return [_twin(one, office, Likeness.NIP) for one, office in (await session.exec(query)).all()][:_MOST]


async def find(
    session: AsyncSession,
    workshop_id: UUID,
    contact: Contact,
    name: str,
    *,
    nip: str | None,
    organisation_id: UUID | None,
    organisation_name: str | None,
) -> list[Twin]:
    """Live registrations that look like this person, the surest first."""
    digits = nip_key(nip)
    query = _people(workshop_id).where(or_(nip_digits() == digits if digits else false(), like_name(name)))
    typed = canonical_name(organisation_name or "")
    found = []
    for row, office in await session.exec(query):
        by = _likeness(row, contact, name, digits, organisation_id, typed)
        if by:
            found.append(_twin(row, office, by))
    return sorted(found, key=lambda one: list(Likeness).index(one.by))[:_MOST]


def _people(workshop_id: UUID) -> Select[Registration, str]:
    """Live registrations with the name of their organisation, in the order of their numbers."""
    return (
        select(Registration, Organisation.name)
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(Registration.workshop_id == workshop_id, col(Registration.status).in_(LIVE))
        .order_by(col(Registration.number))
    )


def _twin(row: Registration, office: str | None, by: Likeness) -> Twin:
    return Twin(row.id, row.number, row.name, office or row.organisation_name, by)


def _likeness(
    row: Registration, contact: Contact, name: str, digits: str | None, organisation_id: UUID | None, office: str
) -> Likeness | None:
    if digits and nip_key(row.nip) == digits:
        return Likeness.NIP
    if untitled_name(row.name) != untitled_name(name):
        return None
    same_phone = contact.phone is not None and contact.phone == row.phone and not (contact.email and row.email)
    if same_phone or (contact.key is not None and contact.key == row.contact_key):
        return Likeness.CONTACT
    named = bool(office) and canonical_name(row.organisation_name or "") == office
    if named or (organisation_id is not None and row.organisation_id == organisation_id):
        return Likeness.ORGANISATION
    return None
