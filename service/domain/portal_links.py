"""Links into an organisation's portal for single contacts: each acts as the organisation, and is closed alone.

The organisation's main link stays what it is; rotating it closes no contact's.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain import organisations
from service.domain.identity import canonical_email, stored_email
from service.domain.portal_links_errors import TooManyPortalLinks
from service.errors import InvalidInput, NotFound
from service.events import PortalLinkChanged
from service.i18n import gettext as _
from service.models.people import Organisation
from service.models.portal_links import PortalLink
from service.models.portal_links_shapes import PortalLinkCreate
from service.tokens import Purpose

MOST = 20
"""Open links of an organisation; as many as it has contacts."""


async def page(
    session: AsyncSession, organisation: Organisation, after: UUID | None = None, limit: int | None = None
) -> Sequence[PortalLink]:
    """The organisation's open links, oldest first."""
    query = select(PortalLink).where(
        PortalLink.organisation_id == organisation.id, col(PortalLink.revoked_at).is_(None)
    )
    if after is not None:
        query = query.where(col(PortalLink.id) > after)
    return (await session.exec(query.order_by(col(PortalLink.id)).limit(limit))).all()


async def with_mail(session: AsyncSession, organisation_ids: Collection[UUID]) -> dict[UUID, list[PortalLink]]:
    """The open links whose contacts are written to, by organisation."""
    found: dict[UUID, list[PortalLink]] = defaultdict(list)
    query = select(PortalLink).where(
        col(PortalLink.organisation_id).in_(organisation_ids),
        col(PortalLink.revoked_at).is_(None),
        col(PortalLink.email).is_not(None),
    )
    for row in await session.exec(query.order_by(col(PortalLink.id))):
        found[row.organisation_id].append(row)
    return found


def without_link(emails: Sequence[str], links: Sequence[PortalLink]) -> list[str]:
    """Those of an organisation's addresses to which no link of its own is mailed, however either is spelled."""
    own = {canonical_email(link.email) for link in links if link.email}
    return [one for one in emails if canonical_email(one) not in own]


async def add(session: AsyncSession, actor: Actor, code: str, data: PortalLinkCreate) -> PortalLink:
    """A new link for a contact. Raises NotFound, TooManyPortalLinks; InvalidInput for an address that is none, or that
    has a link: it would get every mail twice.
    """
    email = _address(data.email)
    # Locked, so that two at once do not both count one too few.
    organisation = await organisations.find(session, actor, code, lock=True)
    held = await page(session, organisation)
    if len(held) >= MOST:
        raise TooManyPortalLinks
    if email and not without_link([email], held):
        raise InvalidInput.at("/email", _("Alamat ini sudah memiliki tautan. Tutup tautan itu lebih dahulu."))
    row = PortalLink(
        organizer_id=actor.tenant,
        organisation_id=organisation.id,
        label=data.label,
        email=email,
        key_id=settings_of(session).keyring.current_id,
    )
    return await _recorded(session, actor, row)


async def revoke(session: AsyncSession, actor: Actor, link_id: UUID) -> PortalLink:
    """Closes a link at once, and no other. Closing it again changes nothing. Raises NotFound."""
    row = await session.get(PortalLink, link_id, with_for_update=True, populate_existing=True)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    if row.revoked_at is not None:
        return row
    row.revoked_at = clock.now()
    return await _recorded(session, actor, row)


def token_of(session: AsyncSession, row: PortalLink) -> str:
    """The secret that opens the portal."""
    return settings_of(session).keyring.issue(Purpose.PORTAL_CONTACT, row.id, row.link_version, row.key_id)


def address(session: AsyncSession, row: PortalLink) -> str:
    """The page that it opens; whoever has it acts as the organisation."""
    return f"{settings_of(session).base_url.rstrip('/')}/portal/{token_of(session, row)}"


def _address(email: str | None) -> str | None:
    try:
        return None if email is None else stored_email(email)
    except ValueError:
        raise InvalidInput.at("/email", _("Isi dengan alamat surel, misalnya nama@contoh.go.id.")) from None


async def _recorded(session: AsyncSession, actor: Actor, row: PortalLink) -> PortalLink:
    session.add(row)
    await session.flush()
    event = PortalLinkChanged(organizer_id=row.organizer_id, organisation_id=row.organisation_id, portal_link_id=row.id)
    await outbox.record(session, event, actor.label)
    return row
