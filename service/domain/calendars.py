"""Calendar feeds: what a feed would show now, told by one statement; and the rows to show it from."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Row, Select, SQLColumnExpression, and_, bindparam, or_, select as core_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.db import settings_of
from service.domain.workshops import PUBLIC_STATUSES
from service.errors import NotFound
from service.i18n import language
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import AgendaItem, AttendanceBlock, Workshop, WorkshopStatus
from service.tokens import Purpose

CANCELLED_STAYS = timedelta(weeks=8)
PAST_STAYS = timedelta(days=400)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_HOUSE: tuple[SQLColumnExpression[object], ...] = (col(Organizer.id).label("organizer_id"), col(Organizer.slug))
_WORKSHOP: tuple[SQLColumnExpression[object], ...] = (
    col(Workshop.id).label("workshop_id"),
    col(Workshop.version).label("workshop_version"),
)


@dataclass(frozen=True)
class Edition:
    """A feed as it stands: `id` says whose it is, `etag` changes whenever its bytes would."""

    id: UUID
    etag: str
    organizer_id: UUID
    workshop_ids: tuple[UUID, ...]
    registration_id: UUID | None = None


@dataclass(frozen=True)
class Gathering:
    """A workshop as calendars show it."""

    workshop: Workshop
    blocks: Sequence[AttendanceBlock]
    items: Sequence[AgendaItem]


@dataclass(frozen=True)
class Contents:
    """The rows of an edition."""

    organizer: Organizer
    gatherings: Sequence[Gathering]
    registration: Registration | None


_PUBLIC = and_(col(Workshop.status).in_(PUBLIC_STATUSES), col(Workshop.never_published).is_(False))
_OF_ORGANIZER = (
    core_select(*_HOUSE, col(Organizer.name), col(Organizer.timezone), *_WORKSHOP)
    .select_from(Organizer)
    .outerjoin(
        Workshop,
        and_(
            col(Workshop.organizer_id) == col(Organizer.id),
            _PUBLIC,
            col(Workshop.ends_at) > bindparam("past_since"),
            or_(
                col(Workshop.status) != WorkshopStatus.CANCELLED,
                col(Workshop.updated_at) > bindparam("told_since"),
                col(Workshop.ends_at) > bindparam("told_since"),
            ),
        ),
    )
    .where(col(Organizer.slug) == bindparam("slug"))
    .order_by(col(Workshop.starts_at), col(Workshop.id))
)
_OF_WORKSHOP = (
    core_select(*_HOUSE, *_WORKSHOP)
    .join(Workshop, col(Workshop.organizer_id) == col(Organizer.id))
    .where(col(Organizer.slug) == bindparam("slug"), col(Workshop.slug) == bindparam("workshop_slug"), _PUBLIC)
)
_OF_PARTICIPANT = (
    core_select(
        *_HOUSE,
        *_WORKSHOP,
        col(Registration.status),
        col(Registration.mode),
        col(Registration.sequence),
        col(Registration.version),
        col(Registration.updated_at),
        col(Registration.link_version),
        col(Registration.key_id),
    )
    .select_from(Registration)
    .join(Workshop, col(Workshop.id) == col(Registration.workshop_id))
    .join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
    .where(col(Registration.id) == bindparam("subject"), col(Registration.replaced).is_(False))
)


async def of_organizer(session: AsyncSession, slug: str) -> Edition:
    """The public feed of an organizer: the coming workshops and those of the last year. Raises NotFound.

    Cancelled ones stay until eight weeks after they were changed or would have ended, so that every subscriber learns.
    """
    now = clock.now()
    bounds = {"slug": _slug(slug), "told_since": now - CANCELLED_STAYS, "past_since": now - PAST_STAYS}
    rows = await _run(session, _OF_ORGANIZER, bounds)
    house: UUID = rows[0].organizer_id
    ids = tuple(row.workshop_id for row in rows if row.workshop_id is not None)
    return Edition(house, _etag(rows), house, ids)


async def of_workshop(session: AsyncSession, organizer_slug: str, workshop_slug: str) -> Edition:
    """The public feed of one workshop. Raises NotFound."""
    slugs = {"slug": _slug(organizer_slug), "workshop_slug": _slug(workshop_slug)}
    [row] = await _run(session, _OF_WORKSHOP, slugs)
    return Edition(row.workshop_id, _etag([row]), row.organizer_id, (row.workshop_id,))


async def of_participant(session: AsyncSession, token: str) -> Edition:
    """The feed of the person whose mailed link this is. Raises NotFound for a link that is dead or never was one."""
    subject = tokens.subject(token)
    if subject is None:
        raise NotFound
    [row] = await _run(session, _OF_PARTICIPANT, {"subject": subject})
    keyring = settings_of(session).keyring
    if not keyring.opens(token, Purpose.PARTICIPANT, subject, row.link_version, row.key_id):
        raise NotFound
    return Edition(subject, _etag([row]), row.organizer_id, (row.workshop_id,), subject)


async def contents(session: AsyncSession, edition: Edition) -> Contents:
    """The rows of an edition. An edit after the edition was told makes them too new for its ETag, never too old."""
    ids = edition.workshop_ids
    workshops = await session.exec(select(Workshop).where(col(Workshop.id).in_(ids)))
    found = {row.id: row for row in workshops}
    blocks: defaultdict[UUID, list[AttendanceBlock]] = defaultdict(list)
    for block in await session.exec(select(AttendanceBlock).where(col(AttendanceBlock.workshop_id).in_(ids))):
        blocks[block.workshop_id].append(block)
    items: defaultdict[UUID, list[AgendaItem]] = defaultdict(list)
    ordered = select(AgendaItem).where(col(AgendaItem.workshop_id).in_(ids)).order_by(col(AgendaItem.position))
    for item in await session.exec(ordered):
        items[item.workshop_id].append(item)
    organizer = await session.get_one(Organizer, edition.organizer_id)
    registration_id = edition.registration_id
    return Contents(
        organizer,
        [Gathering(found[one], blocks[one], items[one]) for one in ids if one in found],
        await session.get_one(Registration, registration_id) if registration_id else None,
    )


async def _run(
    session: AsyncSession, query: Select[*tuple[object, ...]], parameters: Mapping[str, object]
) -> Sequence[Row[*tuple[object, ...]]]:
    rows = (await (await session.connection()).execute(query, parameters)).all()
    if not rows:
        raise NotFound
    return rows


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise NotFound
    return text


def _etag(rows: Sequence[Sequence[object]]) -> str:
    """Strong: everything a feed shows has its version here, and texts are in the language spoken now."""
    said = "\n".join("|".join(str(value) for value in row) for row in rows)
    digest = hashlib.sha256(f"{language()}\n{said}".encode()).hexdigest()
    return f'"{digest[:32]}"'
