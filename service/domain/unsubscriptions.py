"""Who wants only what is essential: by the link in every optional message, without signing in."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import is_postgresql, run, settings_of
from service.errors import NotFound
from service.models.messages import Unsubscription
from service.models.people import Organisation
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
    token = settings.keyring.issue(Purpose.UNSUBSCRIBE, row.id, row.link_version, row.key_id)
    return f"{settings.base_url.rstrip('/')}/unsubscribe/{token}"


async def find(session: AsyncSession, token: str) -> Subscriber:
    """Whose link this is. Raises NotFound."""
    subject = tokens.subject(token)
    if subject is None:
        raise NotFound
    row: Registration | Organisation | None = await session.get(Registration, subject)
    row = row or await session.get(Organisation, subject)
    keyring = settings_of(session).keyring
    if row is None or not keyring.opens(token, Purpose.UNSUBSCRIBE, row.id, row.link_version, row.key_id):
        raise NotFound
    key = contact_key(row)
    if key is None:
        raise NotFound
    return Subscriber(row.organizer_id, key)


async def unsubscribe(session: AsyncSession, who: Subscriber) -> None:
    """No more optional messages of this house; doing it twice changes nothing."""
    statement = _INSERT["postgresql" if is_postgresql(session) else "sqlite"]
    values = {"organizer_id": who.organizer_id, "contact_key": who.contact_key, "created_at": clock.now()}
    await run(session, statement, values)


async def subscribe_again(session: AsyncSession, who: Subscriber) -> None:
    """Optional messages once more."""
    mine = (col(Unsubscription.organizer_id) == who.organizer_id, col(Unsubscription.contact_key) == who.contact_key)
    await session.exec(delete(Unsubscription).where(*mine))


async def among(session: AsyncSession, organizer_id: UUID, keys: Collection[str | None]) -> set[str]:
    """Which of these contacts unsubscribed from the house; one query however many."""
    query = select(Unsubscription.contact_key).where(
        Unsubscription.organizer_id == organizer_id, col(Unsubscription.contact_key).in_([key for key in keys if key])
    )
    return set(await session.exec(query))
