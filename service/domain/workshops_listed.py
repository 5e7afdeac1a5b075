"""The committee's list of workshops: what comes, drafts, what is over; constant statements, by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select as core_select, tuple_
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import run
from service.models.registrations import LIVE, Registration
from service.models.workshops import Workshop, WorkshopStatus

Position = tuple[datetime, UUID]


class Shelf(StrEnum):
    """Which workshops. `coming`: drafts and announced ones that are not over, the soonest first."""

    COMING = "coming"
    DRAFT = "draft"
    PAST = "past"
    ALL = "all"


@dataclass(frozen=True)
class Listed:
    """One workshop, and how many are registered, those who wait included."""

    workshop: Workshop
    registered: int


async def page(
    session: AsyncSession, actor: Actor, shelf: Shelf, words: str, after: Position | None, limit: int
) -> list[Listed]:
    """At most `limit` of the actor's workshops beyond the position `after`; `words` stand in the title."""
    soonest_first = shelf is Shelf.COMING
    order = [col(Workshop.starts_at), col(Workshop.id)]
    query = select(Workshop).where(_own(actor), *_wanted(shelf, words))
    if after is not None:
        query = query.where(tuple_(*order) > after if soonest_first else tuple_(*order) < after)
    sorted_by = order if soonest_first else [column.desc() for column in order]
    rows = (await session.exec(query.order_by(*sorted_by).limit(limit))).all()
    registered = await _registered(session, [row.id for row in rows])
    return [Listed(row, registered.get(row.id, 0)) for row in rows]


async def counts(session: AsyncSession, actor: Actor) -> dict[Shelf, int]:
    """How many there are of each sort; one statement."""
    sums = [func.coalesce(func.sum(case((and_(*_wanted(shelf, "")), 1), else_=0)), 0) for shelf in Shelf]
    row = (await run(session, core_select(*sums).select_from(Workshop).where(_own(actor)), {})).one()
    return {shelf: int(count) for shelf, count in zip(Shelf, row, strict=True)}


async def _registered(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    if not ids:
        return {}
    counting = (
        select(Registration.workshop_id, func.count())
        .where(col(Registration.workshop_id).in_(ids), col(Registration.status).in_(LIVE))
        .group_by(col(Registration.workshop_id))
    )
    return dict((await session.exec(counting)).all())


def _own(actor: Actor) -> ColumnElement[bool]:
    mine = col(Workshop.organizer_id) == actor.tenant
    return mine if actor.workshops is None else and_(mine, col(Workshop.id).in_(actor.workshops))


def _wanted(shelf: Shelf, words: str) -> list[ColumnElement[bool]]:
    now, status = clock.now(), col(Workshop.status)
    ended = col(Workshop.ends_at) <= now
    conditions: dict[Shelf, ColumnElement[bool]] = {
        Shelf.COMING: and_(status.in_((WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED)), ~ended),
        Shelf.DRAFT: status == WorkshopStatus.DRAFT,
        Shelf.PAST: or_(
            status.in_((WorkshopStatus.COMPLETED, WorkshopStatus.CANCELLED)),
            and_(status == WorkshopStatus.PUBLISHED, ended),
        ),
        Shelf.ALL: col(Workshop.id).is_not(None),
    }
    return [conditions[shelf], *([col(Workshop.title).icontains(words, autoescape=True)] if words else [])]
