"""The state of a workshop at a glance, from the same computations as the reports."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, func, select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain.commitments_as_of import OWING_PROMISES, owes
from service.domain.reports.attendance import headcount_rows
from service.domain.reports.commitments import holidays_of, readiness_rows
from service.domain.reports.scope import Scope, count_of
from service.errors import NotFound
from service.models.commitments import FulfilmentStatus
from service.models.reports import CommitmentTotals, DashboardRead, DelayRead, DueRead, HeadcountRead, ReadinessRead
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
    """Readiness per dimension, totals, heads per day, what falls due next and what is overdue."""
    readiness = await readiness_rows(scope)
    heads = await headcount_rows(scope)
    groups = await _by_due_date(scope)
    return DashboardRead(
        workshop=scope.workshop.id,
        as_of=scope.echo,
        readiness={name: ReadinessRead.model_validate(row) for name, row in readiness.items()},
        totals=CommitmentTotals(
            commitments=sum(group.commitments for group in groups),
            owes=sum(group.owes for group in groups),
            overdue=sum(group.owes for group in groups if group.is_late(scope)),
            awaiting_review=sum(group.awaiting_review for group in groups),
            accepted=sum(group.accepted for group in groups),
        ),
        attendance={day: HeadcountRead.model_validate(row) for day, row in heads.items()},
        next_due=[
            DueRead(due_date=group.due_date, owed=group.owes)
            for group in groups
            if group.due_date and group.owes and group.due_date >= scope.moment.day
        ][:NEXT_DUE_DATES],
        delays=await _delays(scope, groups),
    )


class _Due(NamedTuple):
    """The commitments of one due date, counted."""

    due_date: date | None
    commitments: int
    owes: int
    awaiting_review: int
    accepted: int

    def is_late(self, scope: Scope) -> bool:
        """Whether what of it is owed is overdue."""
        return self.due_date is not None and self.due_date < scope.moment.day


async def _by_due_date(scope: Scope) -> list[_Due]:
    """All of it in one look at the past, which is what costs."""
    then = await scope.commitments()
    promised = then.c.commitment_status.in_(OWING_PROMISES)
    query = sql_select(
        then.c.due_date,
        func.count(),
        count_of(owes(then)),
        count_of(promised & (then.c.fulfilment_status == FulfilmentStatus.SUBMITTED)),
        count_of(promised & (then.c.fulfilment_status == FulfilmentStatus.ACCEPTED)),
    ).group_by(then.c.due_date)
    found = [_Due(*row) for row in await scope.rows(query)]
    return sorted(found, key=lambda group: group.due_date or date.max)


async def _delays(scope: Scope, groups: Sequence[_Due]) -> list[DelayRead]:
    late = [(group.due_date, group.owes) for group in groups if group.due_date and group.owes and group.is_late(scope)]
    holidays = await holidays_of(scope) if late else []
    return [
        DelayRead(due_date=day, working_days_late=clock.working_days(day, scope.moment.day, holidays), overdue=count)
        for day, count in late
    ]
