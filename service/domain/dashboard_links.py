"""Read-only links to the dashboard for a meeting room's screen: whoever has one sees offices and data, no people."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import Actor, ActorKind, Permission
from service.db import settings_of
from service.domain import workshops
from service.domain.dashboard_links_errors import TooManyDashboardLinks
from service.errors import NotFound
from service.events import DashboardLinkChanged
from service.models.dashboard_links import DashboardLink
from service.models.dashboard_shapes import DashboardLinkCreate
from service.models.organizers import Organizer
from service.tokens import Purpose

MOST = 50
PATH = "/dashboard/"


async def in_use(
    session: AsyncSession, actor: Actor, after: UUID | None = None, limit: int | None = None
) -> Sequence[DashboardLink]:
    """The links that work, oldest first."""
    query = select(DashboardLink).where(
        DashboardLink.organizer_id == actor.tenant, col(DashboardLink.revoked_at).is_(None)
    )
    if after:
        query = query.where(col(DashboardLink.id) > after)
    return (await session.exec(query.order_by(col(DashboardLink.id)).limit(limit))).all()


async def add(session: AsyncSession, actor: Actor, data: DashboardLinkCreate) -> DashboardLink:
    """A new link. Raises NotFound for a workshop that is not the actor's, TooManyDashboardLinks."""
    if data.workshop:
        await workshops.find(session, actor, data.workshop)
    # The organizer's row is held, so that two at once cannot both take the last place.
    await session.get_one(Organizer, actor.tenant, with_for_update=True)
    query = select(func.count()).where(
        DashboardLink.organizer_id == actor.tenant, col(DashboardLink.revoked_at).is_(None)
    )
    if (await session.exec(query)).one() >= MOST:
        raise TooManyDashboardLinks
    row = DashboardLink(
        organizer_id=actor.tenant,
        workshop_id=data.workshop,
        name=data.name,
        key_id=settings_of(session).keyring.current_id,
    )
    session.add(row)
    await session.flush()
    await _record(session, actor, row)
    return row


async def revoke(session: AsyncSession, actor: Actor, link_id: UUID) -> DashboardLink:
    """The link opens nothing from now on. Revoking again changes nothing. Raises NotFound."""
    row = await session.get(DashboardLink, link_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        session.add(row)
        await session.flush()
        await _record(session, actor, row)
    return row


def token_of(session: AsyncSession, row: DashboardLink) -> str:
    """The end of its secret address."""
    return settings_of(session).keyring.issue(Purpose.DASHBOARD, row.id, row.link_version, row.key_id)


def link_of(session: AsyncSession, row: DashboardLink) -> str:
    """Its secret address."""
    return f"{settings_of(session).base_url.rstrip('/')}{PATH}{token_of(session, row)}"


async def open_link(session: AsyncSession, token: str) -> DashboardLink:
    """The link with this secret. Raises NotFound for an unknown or revoked one."""
    link_id = tokens.subject(token)
    row = await session.get(DashboardLink, link_id) if link_id else None
    keyring = settings_of(session).keyring
    if row is None or row.revoked_at:
        raise NotFound
    if not keyring.opens(token, Purpose.DASHBOARD, row.id, row.link_version, row.key_id):
        raise NotFound
    return row


def viewer(row: DashboardLink) -> Actor:
    """Who a screen is: it reads reports and commitments of its house, or of one workshop alone, and nothing else."""
    limited = None if row.workshop_id is None else frozenset({row.workshop_id})
    held = frozenset({Permission.REPORTS_READ, Permission.COMMITMENTS_READ})
    return Actor(ActorKind.ANONYMOUS, None, row.organizer_id, held, limited, row.name)


async def _record(session: AsyncSession, actor: Actor, row: DashboardLink) -> None:
    event = DashboardLinkChanged(organizer_id=row.organizer_id, dashboard_link_id=row.id)
    await outbox.record(session, event, actor.label)
