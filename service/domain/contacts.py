"""How a person can be reached and recognised, and to which organisation a code belongs."""

from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import run
from service.domain.identity import canonical_email, canonical_name, normalise_phone, stored_email
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.people import Organisation, OrganisationAlias
from service.models.registrations_shapes import RegistrationCreate, SubstituteCreate

_ORGANISATION = select(Organisation.id).where(
    Organisation.organizer_id == bindparam("organizer_id"), Organisation.code == bindparam("code")
)

_MERGED = select(OrganisationAlias.organisation_id).where(
    OrganisationAlias.organizer_id == bindparam("organizer_id"), OrganisationAlias.code == bindparam("code")
)


@dataclass(frozen=True)
class Contact:
    """Name, address and phone as stored, and the keys under which they are compared."""

    name_key: str
    email: str | None
    phone: str | None
    key: str | None

    @classmethod
    def of(cls, name: str, email: str | None, phone: str | None) -> "Contact":
        """The canonical e-mail address identifies, else the phone. Raises InvalidInput for one that is unusable."""
        number = _phone(phone) if phone else None
        if not email:
            return cls(canonical_name(name), None, number, number)
        try:
            return cls(canonical_name(name), stored_email(email), number, canonical_email(email))
        except ValueError:
            raise InvalidInput.at("/email", _("Isi dengan alamat surel, misalnya nama@contoh.go.id.")) from None


def _phone(phone: str) -> str:
    try:
        return normalise_phone(phone)
    except ValueError:
        raise InvalidInput.at("/phone", _("Isi dengan nomor telepon, misalnya 0812-0000-0001.")) from None


class PersonFields(TypedDict):
    """What a registration takes over from any form."""

    name: str
    name_key: str
    email: str | None
    phone: str | None
    contact_key: str | None
    position: str | None
    position_level: str | None
    code: str | None


def person_fields(data: RegistrationCreate | SubstituteCreate, contact: Contact) -> PersonFields:
    """The columns that a registration and a substitution fill alike."""
    return {
        "name": data.name,
        "name_key": contact.name_key,
        "email": contact.email,
        "phone": contact.phone,
        "contact_key": contact.key,
        "position": data.position,
        "position_level": data.position_level,
        "code": data.code,
    }


async def find_organisation(session: AsyncSession, organizer_id: UUID, code: str | None) -> UUID | None:
    """The id behind an organisation's code. Raises InvalidInput for an unknown one."""
    if code is None:
        return None
    named = {"organizer_id": organizer_id, "code": code}
    found: UUID | None = (await run(session, _ORGANISATION, named)).scalar()
    found = found or (await run(session, _MERGED, named)).scalar()
    if found is None:
        raise InvalidInput.at(
            "/organisation", _("Kode ini tidak ada di daftar; isi organisation_name sebagai gantinya.")
        )
    return found
