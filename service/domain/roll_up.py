"""All organizers side by side, for whoever answers for the installation. A page takes a fixed number of statements.

Only super-owners get here; everybody else stays in the house they work for.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, case, distinct, select as select_columns
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain.attendance import rows_of
from service.models.attendance import Attendance
from service.models.commitments import Commitment, CommitmentStatus, FulfilmentStatus
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.roll_up_shapes import RollUpRead, RollUpWorkshop
from service.models.workshops import Workshop, WorkshopStatus

_SHOWN = (WorkshopStatus.PUBLISHED, WorkshopStatus.COMPLETED)
_STANDING = (CommitmentStatus.REQUESTED, CommitmentStatus.COMMITTED)


async def page(session: AsyncSession, actor: Actor, after: str | None, limit: int) -> list[RollUpRead]:
    """The organizers by slug, each with its figures now. Raises Forbidden, Unauthenticated."""
    actor.require(Permission.ORGANIZERS_CREATE)
    query = select(Organizer).order_by(Organizer.slug).limit(limit)
    if after is not None:
        query = query.where(Organizer.slug > after)
    houses = (await session.exec(query)).all()
    now = clock.now()
    current = await _current(session, [house.id for house in houses], now)
    about = [row.id for row in current.values()]
    registered = await _registered(session, about)
    present = await _present(session, about)
    items = await _items(session, about)
    waiting, overdue = await _owed(session, houses, now)
    return [
        RollUpRead(
            slug=house.slug,
            name=house.name,
            workshop=_workshop(row, registered[row.id], present[row.id], *items[row.id])
            if (row := current.get(house.id))
            else None,
            awaiting_review=waiting[house.id],
            overdue=overdue[house.id],
        )
        for house in houses
    ]


def _workshop(row: Workshop, registered: int, present: int, items: int, accepted: int) -> RollUpWorkshop:
    return RollUpWorkshop(
        id=row.id,
        title=row.title,
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        timezone=row.timezone,
        registered=registered,
        present=present,
        items=items,
        accepted=accepted,
        readiness_pct=round(accepted * 100 / items, 1) if items else 0.0,
    )


async def _current(session: AsyncSession, houses: Collection[UUID], now: datetime) -> dict[UUID, Workshop]:
    """Each house's workshop that its dashboard shows: the one that started last, else the one that starts first."""
    started = col(Workshop.starts_at) <= now
    order = (
        case((started, 0), else_=1),
        case((started, col(Workshop.starts_at))).desc(),
        col(Workshop.starts_at),
        col(Workshop.id),
    )
    place = func.row_number().over(partition_by=col(Workshop.organizer_id), order_by=order).label("place")
    ranked = (
        select(Workshop.id, place)
        .where(col(Workshop.organizer_id).in_(houses), col(Workshop.status).in_(_SHOWN))
        .subquery("ranked")
    )
    query = select(Workshop).join(ranked, ranked.c.id == col(Workshop.id)).where(ranked.c.place == 1)
    return {row.organizer_id: row for row in await session.exec(query)}


async def _registered(session: AsyncSession, workshops: Collection[UUID]) -> dict[UUID, int]:
    query = (
        select(Registration.workshop_id, func.count())
        .where(col(Registration.workshop_id).in_(workshops), Registration.status == RegistrationStatus.CONFIRMED)
        .group_by(col(Registration.workshop_id))
    )
    return defaultdict(int, (await session.exec(query)).all())


async def _present(session: AsyncSession, workshops: Collection[UUID]) -> dict[UUID, int]:
    query = (
        select(Attendance.workshop_id, func.count(distinct(col(Attendance.registration_id))))
        .where(col(Attendance.workshop_id).in_(workshops), col(Attendance.present).is_(True))
        .group_by(col(Attendance.workshop_id))
    )
    return defaultdict(int, (await session.exec(query)).all())


async def _items(session: AsyncSession, workshops: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """Data items asked at each workshop, and those of which a delivery is accepted."""
    delivered = and_(
        col(Commitment.commitment_status).in_(_STANDING),
        col(Commitment.fulfilment_status) == FulfilmentStatus.ACCEPTED,
    )
    accepted = case((delivered, col(Commitment.data_item_id)))
    query = (
        select(
            Commitment.workshop_id,
            func.count(distinct(col(Commitment.data_item_id))),
            func.count(distinct(accepted)),
        )
        .where(col(Commitment.workshop_id).in_(workshops))
        .group_by(col(Commitment.workshop_id))
    )
    found = {workshop: (items, done) for workshop, items, done in await session.exec(query)}
    return defaultdict(lambda: (0, 0), found)


async def _owed(
    session: AsyncSession, houses: Sequence[Organizer], now: datetime
) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """Of each house: deliveries that wait for the steward, and what is owed past its due date in the house's zone."""
    standing = (
        select_columns(
            col(Commitment.organizer_id), col(Commitment.fulfilment_status), col(Commitment.due_date), func.count()
        )
        .where(
            col(Commitment.organizer_id).in_([house.id for house in houses]),
            col(Commitment.commitment_status).in_(_STANDING),
            col(Commitment.fulfilment_status) != FulfilmentStatus.ACCEPTED,
        )
        .group_by(col(Commitment.organizer_id), col(Commitment.fulfilment_status), col(Commitment.due_date))
    )
    today = {house.id: clock.local_date(now, house.timezone) for house in houses}
    waiting: dict[UUID, int] = defaultdict(int)
    overdue: dict[UUID, int] = defaultdict(int)
    for house, fulfilment, due, count in await rows_of(session, standing):
        if fulfilment == FulfilmentStatus.SUBMITTED:
            waiting[house] += count
        elif due is not None and due < today[house]:
            overdue[house] += count
    return waiting, overdue
