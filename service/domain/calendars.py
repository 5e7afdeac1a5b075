"""Calendar feeds: what a feed would show now, told by one statement; and the rows to show it from.

There is no Last-Modified: time alone takes entries out of a feed, and then no row has changed.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, bindparam, or_, select as core_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import __version__, clock
from service.db import run
from service.domain.workshops import IS_PUBLIC
from service.errors import NotFound
from service.i18n import language
from service.models.organizers import Organizer
from service.models.workshops import AgendaItem, AttendanceBlock, Kind, Workshop, WorkshopStatus

CANCELLED_STAYS = timedelta(weeks=8)
PAST_STAYS = timedelta(days=400)
Columns = Select[*tuple[Any, ...]]  # of mixed types
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")

"""Workshops that everybody may know of."""


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A feed as it stands: `said` tells everything that it shows, by versions where there are any.

    `language` is the one to speak to a program that asks for none, as Google's does; None is the service's.
    """

    organizer_id: UUID
    workshop_ids: tuple[UUID, ...]
    said: Sequence[Sequence[object]]
    language: str | None = None

    def etag(self, base: str) -> str:
        """Strong: it changes whenever the bytes would, which speak the language spoken now, of addresses under `base`.

        A new version of the service may write the same rows differently.
        """
        said = "\n".join("|".join(str(value) for value in row) for row in self.said)
        digest = hashlib.sha256(f"{__version__} {base} {language()}\n{said}".encode()).hexdigest()
        return f'"{digest[:32]}"'


@dataclass(frozen=True)
class Gathering:
    """A workshop as calendars show it."""

    workshop: Workshop
    blocks: Sequence[AttendanceBlock]
    items: Sequence[AgendaItem]


SHOWN = and_(
    col(Workshop.ends_at) > bindparam("past_since"),
    or_(
        col(Workshop.status) != WorkshopStatus.CANCELLED,
        col(Workshop.updated_at) > bindparam("told_since"),
        col(Workshop.ends_at) > bindparam("told_since"),
    ),
)
"""Workshops of the last year and to come (see `bounds`).

Cancelled ones stay until eight weeks after they were changed or would have ended, so that every subscriber learns.
"""

_OF_ORGANIZER: Columns = (
    core_select(
        col(Organizer.id).label("organizer_id"),
        col(Organizer.slug),
        col(Organizer.name),
        col(Organizer.timezone),
        col(Workshop.id).label("workshop_id"),
        col(Workshop.version),
        col(Workshop.kinds),
    )
    .select_from(Organizer)
    .outerjoin(Workshop, and_(col(Workshop.organizer_id) == col(Organizer.id), IS_PUBLIC, SHOWN))
    .where(col(Organizer.slug) == bindparam("slug"))
    .order_by(col(Workshop.starts_at), col(Workshop.id))
)
_OF_WORKSHOP: Columns = (
    core_select(
        col(Organizer.id).label("organizer_id"),
        col(Organizer.slug),
        col(Workshop.id).label("workshop_id"),
        col(Workshop.version),
    )
    .join(Workshop, col(Workshop.organizer_id) == col(Organizer.id))
    .where(col(Organizer.slug) == bindparam("slug"), col(Workshop.slug) == bindparam("workshop_slug"), IS_PUBLIC)
)


async def of_organizer(session: AsyncSession, slug: str, kinds: Collection[Kind] = ()) -> Edition:
    """The public feed of an organizer, of these `kinds` or of all: what comes, and the last year. Raises NotFound."""
    rows = await told(session, _OF_ORGANIZER, {"slug": _slug(slug)} | bounds())
    house = rows[0]
    shown = [row for row in rows if row.workshop_id and (not kinds or not set(kinds).isdisjoint(row.kinds))]
    said = [(house.organizer_id, house.slug, house.name, house.timezone, *sorted(set(kinds)))]
    said += [(row.workshop_id, row.version) for row in shown]
    ids = tuple(row.workshop_id for row in shown)
    return Edition(organizer_id=house.organizer_id, workshop_ids=ids, said=said)


async def of_workshop(session: AsyncSession, organizer_slug: str, workshop_slug: str) -> Edition:
    """The public feed of one workshop. Raises NotFound."""
    slugs = {"slug": _slug(organizer_slug), "workshop_slug": _slug(workshop_slug)}
    [row] = await told(session, _OF_WORKSHOP, slugs)
    return Edition(organizer_id=row.organizer_id, workshop_ids=(row.workshop_id,), said=[tuple(row)])


async def gatherings(session: AsyncSession, ids: Iterable[UUID]) -> list[Gathering]:
    """What calendars show of these workshops, in that order.

    An edit after the edition was told makes them too new for its ETag, never too old.
    """
    ids = list(ids)
    workshops = await session.exec(select(Workshop).where(col(Workshop.id).in_(ids)))
    found = {row.id: row for row in workshops}
    blocks: defaultdict[UUID, list[AttendanceBlock]] = defaultdict(list)
    for block in await session.exec(select(AttendanceBlock).where(col(AttendanceBlock.workshop_id).in_(ids))):
        blocks[block.workshop_id].append(block)
    items: defaultdict[UUID, list[AgendaItem]] = defaultdict(list)
    ordered = select(AgendaItem).where(col(AgendaItem.workshop_id).in_(ids)).order_by(col(AgendaItem.position))
    for item in await session.exec(ordered):
        items[item.workshop_id].append(item)
    return [Gathering(found[one], blocks[one], items[one]) for one in ids if one in found]


def bounds() -> dict[str, object]:
    """The parameters of `SHOWN`: since when cancelled and past workshops are still shown."""
    now = clock.now()
    return {"told_since": now - CANCELLED_STAYS, "past_since": now - PAST_STAYS}


async def told(
    session: AsyncSession, query: Columns, parameters: Mapping[str, object]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows that tell an edition, read past the ORM. Raises NotFound when there are none."""
    rows = (await run(session, query, parameters)).all()
    if not rows:
        raise NotFound
    return rows


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise NotFound
    return text
