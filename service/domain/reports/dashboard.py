"""The state of a workshop at a glance, from the same computations as the reports."""

from datetime import date
from uuid import UUID

from sqlalchemy import case, func, select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain.commitments_as_of import OWING_PROMISES, overdue, owes
from service.domain.reports.attendance import headcount_rows
from service.domain.reports.commitments import readiness_rows
from service.domain.reports.scope import Scope, count_of
from service.errors import NotFound
from service.models.commitments import FulfilmentStatus
from service.models.reports import CommitmentTotals, DashboardRead, DueRead, HeadcountRead, ReadinessRead
from service.models.workshops import Workshop, WorkshopStatus

NEXT_DUE_DATES = 5
_SHOWN = (WorkshopStatus.PUBLISHED, WorkshopStatus.COMPLETED)


async def current_workshop(session: AsyncSession, actor: Actor) -> UUID:
    """The actor's workshop that a dashboard shows unasked: the published or completed one that started last; before any
    has started, the one that starts first. Raises NotFound when there is none.
    """
    started = col(Workshop.starts_at) <= clock.now()
    query = (
        select(Workshop.id)
        .where(Workshop.organizer_id == actor.tenant, col(Workshop.status).in_(_SHOWN))
        .order_by(
            case((started, 0), else_=1),
            case((started, col(Workshop.starts_at))).desc(),
            col(Workshop.starts_at),
            col(Workshop.id),
        )
        .limit(1)
    )
    found = (await session.exec(query)).first()
    if found is None:
        raise NotFound
    return found


async def overview(scope: Scope) -> DashboardRead:
    """Readiness per dimension, totals, heads per day, and what falls due next."""
    readiness = await readiness_rows(scope)
    heads = await headcount_rows(scope)
    return DashboardRead(
        workshop=scope.workshop.id,
        as_of=scope.echo,
        readiness={name: ReadinessRead.model_validate(row) for name, row in readiness.items()},
        totals=await _totals(scope),
        attendance={day: HeadcountRead.model_validate(row) for day, row in heads.items()},
        next_due=[DueRead(due_date=day, owed=owed) for day, owed in await _next_due(scope)],
    )


async def _totals(scope: Scope) -> CommitmentTotals:
    then = await scope.commitments()
    promised = then.c.commitment_status.in_(OWING_PROMISES)
    query = sql_select(
        func.count(),
        count_of(owes(then)),
        count_of(overdue(then, scope.moment.day)),
        count_of(promised & (then.c.fulfilment_status == FulfilmentStatus.SUBMITTED)),
        count_of(promised & (then.c.fulfilment_status == FulfilmentStatus.ACCEPTED)),
    ).select_from(then)
    row = (await scope.rows(query))[0]
    names = ("commitments", "owes", "overdue", "awaiting_review", "accepted")
    return CommitmentTotals.model_validate(dict(zip(names, (count or 0 for count in row), strict=True)))


async def _next_due(scope: Scope) -> list[tuple[date, int]]:
    then = await scope.commitments()
    query = (
        sql_select(then.c.due_date, func.count())
        .where(owes(then), then.c.due_date >= scope.moment.day)
        .group_by(then.c.due_date)
        .order_by(then.c.due_date)
        .limit(NEXT_DUE_DATES)
    )
    return [(day, owed) for day, owed in await scope.rows(query)]
