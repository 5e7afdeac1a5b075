"""Who wants only what is essential: by the link in every optional message, without signing in.

The link holds for a contact: it outlives new links of the registration (a mail program may use it years later), and
ends when the registration gets another contact, so that nobody is unsubscribed by a former reader.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import is_postgresql, pieces, run, settings_of
from service.errors import NotFound
from service.models.messages import Unsubscription
from service.models.people import Organisation, OrganisationAlias
from service.models.registrations import Registration
from service.tokens import Purpose

_INSERT = {
    "postgresql": postgresql.insert(Unsubscription).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(Unsubscription).on_conflict_do_nothing(),
}


@dataclass(frozen=True)
class Subscriber:
    """A contact of a house, as unsubscriptions name it."""

    organizer_id: UUID
    contact_key: str


def contact_key(row: Registration | Organisation) -> str | None:
    """What an unsubscription holds for; None for somebody without any contact."""
    return f"organisation:{row.id}" if isinstance(row, Organisation) else row.contact_key


def unsubscribe_url(session: AsyncSession, row: Registration | Organisation) -> str:
    """The page on which a person or an agency ends optional messages; also answers RFC 8058's one-click POST."""
    settings = settings_of(session)
    token = settings.keyring.issue(Purpose.UNSUBSCRIBE, row.id, _version(contact_key(row)), row.key_id)
    return f"{settings.base_url.rstrip('/')}/unsubscribe/{token}"


async def find(session: AsyncSession, token: str) -> Subscriber:
    """Whose link this is. Raises NotFound."""
    subject = tokens.subject(token)
    if subject is None:
        raise NotFound
    row: Registration | Organisation | None = await session.get(Registration, subject)
    row = row or await session.get(Organisation, subject)
    if row is None:
        return await _of_merged(session, token, subject)
    key = contact_key(row) if row else None
    if key is None:
        raise NotFound
    keyring, version = settings_of(session).keyring, _version(key)
    # An organisation's new portal link is signed with the current key, and with it this one.
    if not any(keyring.opens(token, Purpose.UNSUBSCRIBE, row.id, version, key_id) for key_id in keyring.ids):
        raise NotFound
    return Subscriber(row.organizer_id, key)


async def _of_merged(session: AsyncSession, token: str, former_id: UUID) -> Subscriber:
    """The link of an organisation that was merged holds for the one that stays. Raises NotFound."""
    former, keyring = await session.get(OrganisationAlias, former_id), settings_of(session).keyring
    version = _version(f"organisation:{former_id}")
    opens = (keyring.opens(token, Purpose.UNSUBSCRIBE, former_id, version, key_id) for key_id in keyring.ids)
    if former is None or not any(opens):
        raise NotFound
    return Subscriber(former.organizer_id, f"organisation:{former.organisation_id}")


def _version(key: str | None) -> int:
    return int.from_bytes(hashlib.sha256((key or "").encode()).digest()[:8])


async def unsubscribe(session: AsyncSession, who: Subscriber) -> None:
    """No more optional messages of this house; doing it twice changes nothing."""
    statement = _INSERT["postgresql" if is_postgresql(session) else "sqlite"]
    values = {"organizer_id": who.organizer_id, "contact_key": who.contact_key, "created_at": clock.now()}
    await run(session, statement, values)


async def subscribe_again(session: AsyncSession, who: Subscriber) -> None:
    """Optional messages once more."""
    mine = (col(Unsubscription.organizer_id) == who.organizer_id, col(Unsubscription.contact_key) == who.contact_key)
    await session.exec(delete(Unsubscription).where(*mine))


async def among(session: AsyncSession, organizer_id: UUID, keys: Sequence[str | None]) -> set[str]:
    """Which of these contacts unsubscribed from the house."""
    found: set[str] = set()
    for some in pieces([key for key in keys if key]):
        query = select(Unsubscription.contact_key).where(
            Unsubscription.organizer_id == organizer_id, col(Unsubscription.contact_key).in_(some)
        )
        found.update(await session.exec(query))
    return found
