"""Which workshop a page of the committee is about: the one chosen, else the one that runs, else the nearest in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import workshops
from service.i18n import gettext as _
from service.models.workshops import Workshop, WorkshopStatus
from service.pages.forms import Option
from service.pages.render import speak_days

EACH_WAY = 50
"""How many workshops that have begun can be chosen from, and how many that come."""
_RANKS = {WorkshopStatus.DRAFT: 1, WorkshopStatus.CANCELLED: 2}


async def choose(session: AsyncSession, actor: Actor, workshop_id: UUID | None) -> tuple[list[Option], Workshop | None]:
    """The workshops to choose from, the latest first but what was called off last, and the one to show, if any.

    Raises NotFound.
    """
    now = clock.now()
    rows = await _around(session, actor, now)
    chosen = await workshops.find(session, actor, workshop_id) if workshop_id else nearest(rows, now)
    if chosen and chosen not in rows:
        rows = sorted([*rows, chosen], key=lambda row: row.starts_at, reverse=True)
    return [Option(str(row.id), _label(row)) for row in sorted(rows, key=_is_cancelled)], chosen


def nearest(rows: Sequence[Workshop], now: datetime) -> Workshop | None:
    """The workshop that runs, else the one that ended or begins with the least time between; drafts and what was
    called off only where there is nothing else.
    """
    return min(rows, key=lambda row: (_RANKS.get(row.status, 0), _away(row, now)), default=None)


def _away(row: Workshop, now: datetime) -> timedelta:
    return max(row.starts_at - now, now - row.ends_at, timedelta())


def _is_cancelled(row: Workshop) -> bool:
    return row.status is WorkshopStatus.CANCELLED


def _label(row: Workshop) -> str:
    called_off = " · " + _("dibatalkan") if _is_cancelled(row) else ""
    return f"{_days(row)} · {row.title}{called_off}"


def _days(row: Workshop) -> str:
    return speak_days(row.starts_at, row.ends_at, row.timezone)


async def _around(session: AsyncSession, actor: Actor, now: datetime) -> list[Workshop]:
    query = select(Workshop).where(Workshop.organizer_id == actor.tenant)
    if actor.workshops is not None:
        query = query.where(col(Workshop.id).in_(actor.workshops))
    start, same = col(Workshop.starts_at), col(Workshop.id)
    coming = query.where(start > now).order_by(start, same.desc()).limit(EACH_WAY)
    begun = query.where(start <= now).order_by(start.desc(), same).limit(EACH_WAY)
    return [*reversed((await session.exec(coming)).all()), *(await session.exec(begun)).all()]
