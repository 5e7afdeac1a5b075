"""An organisation's feed: what it was asked for and by when, and the workshops to which it is invited.

Its link is read-only and opens nothing else: the portal's own link, which acts for the organisation, has no place in
a calendar that is synchronised through other people's servers. A new portal link ends both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, literal, or_, select as core_select, true, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import settings_of
from service.domain.calendars import PAST_STAYS, SHOWN, Columns, Edition, bounds, told
from service.domain.commitments import STANDING
from service.domain.workshops import IS_PUBLIC
from service.errors import NotFound
from service.models.commitments import Commitment, FulfilmentStatus
from service.models.data_items import DataItem
from service.models.invitations import Invitation
from service.models.organizers import Organizer
from service.models.people import Organisation, OrganisationAlias
from service.models.workshops import Workshop
from service.tokens import Purpose


@dataclass(frozen=True, kw_only=True)
class OrganisationEdition(Edition):
    """An organisation's feed."""

    organisation_id: UUID
    organisation: str
    commitment_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Due:
    """Something that was asked of the organisation, and for which workshop."""

    commitment: Commitment
    item: DataItem
    workshop: Workshop


def unforgotten() -> ColumnElement[bool]:
    """Of a `Commitment`: due on a day of the last year or to come, and not turned down for long."""
    return and_(
        col(Commitment.due_date) > bindparam("past_day"),
        or_(
            col(Commitment.commitment_status).in_(STANDING),
            col(Commitment.fulfilment_status) == FulfilmentStatus.ACCEPTED,
            col(Commitment.changed_at) > bindparam("told_since"),
        ),
    )


_INVITED: Columns = (
    core_select(
        literal("workshop").label("part"),
        col(Workshop.id).label("id"),
        col(Workshop.version).label("version"),
        col(Invitation.version).label("beside"),
        literal(0).label("around"),
        col(Workshop.starts_at).label("at"),
    )
    .join(Invitation, col(Invitation.workshop_id) == col(Workshop.id))
    .where(col(Invitation.organisation_id) == bindparam("subject"), IS_PUBLIC, SHOWN)
)
_ASKED: Columns = (
    core_select(
        literal("due"),
        col(Commitment.id),
        col(Commitment.version),
        col(DataItem.version),
        col(Workshop.version),
        col(Commitment.requested_at),
    )
    .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
    .join(Workshop, col(Workshop.id) == col(Commitment.workshop_id))
    .where(col(Commitment.organisation_id) == bindparam("subject"), unforgotten())
)
_PARTS = union_all(_INVITED, _ASKED).subquery("parts")
_FOUND: Columns = (
    core_select(
        col(Organisation.name),
        col(Organisation.link_version),
        col(Organisation.key_id),
        col(Organizer.id).label("organizer_id"),
        col(Organizer.slug),
        col(Organizer.name).label("organizer"),
        col(Organizer.timezone),
        col(Organizer.language),
        *_PARTS.c,
    )
    .join(Organizer, col(Organizer.id) == col(Organisation.organizer_id))
    .outerjoin(_PARTS, true())
    .where(col(Organisation.id) == bindparam("subject"))
    .order_by(_PARTS.c.at, _PARTS.c.id)
)


async def of_organisation(session: AsyncSession, token: str) -> OrganisationEdition:
    """The feed of the organisation whose calendar link this is. Raises NotFound for a link that is dead or never was.

    A due date is an all-day event that keeps nobody busy: a task (VTODO) would be the word for it, but Google ignores
    tasks in feeds and Outlook drops them; events are shown by all of them.
    """
    subject = tokens.subject(token)
    if subject is None:
        raise NotFound
    wanted, former = subject, None
    try:
        rows = await _told(session, wanted)
    except NotFound:
        # One that was merged shows what the one that stays is about.
        former = await session.get(OrganisationAlias, subject)
        if former is None:
            raise
        wanted = former.organisation_id
        rows = await _told(session, wanted)
    own = rows[0]
    signed = former or own
    if not settings_of(session).keyring.opens(
        token, Purpose.ORGANISATION_CALENDAR, subject, signed.link_version, signed.key_id
    ):
        raise NotFound
    said: list[tuple[object, ...]] = [(own.slug, own.organizer, own.timezone, own.name)]
    said += [(row.id, row.version, row.beside, row.around) for row in rows if row.part]
    return OrganisationEdition(
        organizer_id=own.organizer_id,
        workshop_ids=tuple(row.id for row in rows if row.part == "workshop"),
        said=said,
        language=own.language,
        organisation_id=wanted,
        organisation=own.name,
        commitment_ids=tuple(row.id for row in rows if row.part == "due"),
    )


async def _told(session: AsyncSession, subject: UUID) -> Sequence[Row[Any]]:
    return await told(session, _FOUND, {"subject": subject, "past_day": past_day()} | bounds())


async def dues(session: AsyncSession, edition: OrganisationEdition) -> list[Due]:
    """What the organisation was asked for."""
    query = (
        select(Commitment, DataItem, Workshop)
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .join(Workshop, col(Workshop.id) == col(Commitment.workshop_id))
        .where(col(Commitment.id).in_(edition.commitment_ids))
    )
    return [Due(*row) for row in await session.exec(query)]


async def invitations(session: AsyncSession, edition: OrganisationEdition) -> dict[UUID, Invitation]:
    """The organisation's invitations, by workshop."""
    query = select(Invitation).where(
        Invitation.organisation_id == edition.organisation_id, col(Invitation.workshop_id).in_(edition.workshop_ids)
    )
    return {row.workshop_id: row for row in await session.exec(query)}


def calendar_url(session: AsyncSession, row: Organisation) -> str:
    """The address of the organisation's calendar."""
    settings = settings_of(session)
    token = settings.keyring.issue(Purpose.ORGANISATION_CALENDAR, row.id, row.link_version, row.key_id)
    return f"{settings.base_url.rstrip('/')}/calendar/organisation/{token}.ics"


def past_day() -> date:
    """The last day whose due dates are forgotten."""
    return (clock.now() - PAST_STAYS).date()
