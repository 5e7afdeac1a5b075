"""When a data item is due: on a day, on the date of a stage, or working days away from the workshop it is asked for at.

A due date that depends on something follows it; one that somebody has set stays. What is accepted, declined or
withdrawn does not move. Where a stage loses its date, the last one holds until there is another.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.events import CommitmentRescheduled, DueDatesMoved, Event
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentHistory,
    CommitmentStatus,
    DueRule,
    FulfilmentStatus,
)
from service.models.data_items import DataItem
from service.models.organizers import Holiday, Programme
from service.models.workshops import Workshop

FOLLOWED = "system:due_dates"
"""Who moved a due date, as the history names it, when it followed something else."""
_DAY = timedelta(days=1)
MOVABLE = (
    col(Commitment.due_rule) != DueRule.FIXED,
    col(Commitment.commitment_status).in_((CommitmentStatus.REQUESTED, CommitmentStatus.COMMITTED)),
    col(Commitment.fulfilment_status) != FulfilmentStatus.ACCEPTED,
)


@dataclass(frozen=True)
class Due:
    """A due date and what it follows."""

    day: date | None
    rule: DueRule


@dataclass(frozen=True)
class Dates:
    """What due dates of a house depend on besides the workshop: its holidays, and by programme the dates of stages."""

    holidays: frozenset[date]
    stages: Mapping[UUID, Mapping[str, date]]

    @classmethod
    async def of(cls, session: AsyncSession, organizer_id: UUID) -> "Dates":
        """Reads them."""
        holidays = await session.exec(select(col(Holiday.day)).where(Holiday.organizer_id == organizer_id))
        query = select(Programme.id, Programme.stages).where(Programme.organizer_id == organizer_id)
        return cls(frozenset(holidays), {key: _dated(stages) for key, stages in await session.exec(query)})

    def with_stages(self, programme_id: UUID, stages: Sequence[Mapping[str, object]]) -> "Dates":
        """The same with other stages of one programme."""
        return Dates(self.holidays, {**self.stages, programme_id: _dated(stages)})

    def due(self, item: DataItem, workshop: Workshop) -> Due:
        """When the item is due if it is asked for at that workshop."""
        if item.due_stage is not None:
            known = self.stages.get(item.programme_id, {}) if item.programme_id else {}
            return Due(known.get(item.due_stage), DueRule.STAGE)
        if item.due_days is not None:
            return Due(_away(workshop, item.due_days, self.holidays), DueRule.WORKSHOP)
        return Due(item.due_date, DueRule.FIXED)


def working_days_away(day: date, count: int, holidays: Collection[date]) -> date:
    """The working day that is `count` working days later than `day`, or earlier when negative; with 0 the day itself.

    Kept inside the calendar.
    """
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left and date.min + _DAY < day < date.max - _DAY:
        day += step
        left -= day.weekday() < 5 and day not in holidays
    return day


async def concerned(
    session: AsyncSession,
    organizer_id: UUID,
    *,
    workshop_id: UUID | None = None,
    programme_id: UUID | None = None,
    item_id: UUID | None = None,
    rule: DueRule | None = None,
) -> Sequence[tuple[UUID, UUID]]:
    """The workshops and organisations where something was asked for whose due date may move."""
    asked = (col(Commitment.workshop_id), col(Commitment.organisation_id))
    query = select(*asked).where(Commitment.organizer_id == organizer_id, *MOVABLE)
    if workshop_id is not None:
        query = query.where(Commitment.workshop_id == workshop_id)
    if rule is not None:
        query = query.where(Commitment.due_rule == rule)
    if programme_id is not None:
        items = select(DataItem.id).where(DataItem.programme_id == programme_id)
        query = query.where(col(Commitment.data_item_id).in_(items))
    if item_id is not None:
        query = query.where(Commitment.data_item_id == item_id)
    return (await session.exec(query.distinct().order_by(*asked))).all()


@dataclass(frozen=True)
class Move:
    """A due date that would move; None: it has none yet."""

    organisation_id: UUID
    before: date | None
    after: date


async def would_move(
    session: AsyncSession,
    organizer_id: UUID,
    dates: Dates,
    *,
    rule: DueRule | None = None,
    programme_id: UUID | None = None,
) -> list[Move]:
    """What `follow` would move if these `dates` held; writes nothing. Three statements, however much it is."""
    query = select(
        col(Commitment.organisation_id),
        col(Commitment.due_date),
        col(Commitment.data_item_id),
        col(Commitment.workshop_id),
    ).where(Commitment.organizer_id == organizer_id, *MOVABLE)
    if rule is not None:
        query = query.where(Commitment.due_rule == rule)
    if programme_id is not None:
        of = select(DataItem.id).where(DataItem.programme_id == programme_id)
        query = query.where(col(Commitment.data_item_id).in_(of))
    rows = (await session.exec(query)).all()
    if not rows:
        return []
    wanted = select(DataItem).where(col(DataItem.id).in_({row[2] for row in rows}))
    items = {item.id: item for item in await session.exec(wanted)}
    at = select(Workshop).where(col(Workshop.id).in_({row[3] for row in rows}))
    workshops = {workshop.id: workshop for workshop in await session.exec(at)}
    found = [(row, dates.due(items[row[2]], workshops[row[3]]).day) for row in rows]
    return [Move(row[0], row[1], day) for row, day in found if day is not None and day != row[1]]


async def follow(session: AsyncSession, workshop_id: UUID, organisation_id: UUID, batch_id: UUID, reason: str) -> int:
    """Makes due dates of one organisation at a workshop what they depend on now; returns how many moved.

    `batch_id`: what brought it about. Locked in the order of ids, as whoever takes several does.
    """
    query = select(Commitment).where(
        Commitment.workshop_id == workshop_id, Commitment.organisation_id == organisation_id, *MOVABLE
    )
    locked = query.order_by(col(Commitment.id)).with_for_update()
    rows = (await session.exec(locked, execution_options={"populate_existing": True})).all()
    if not rows:
        return 0
    workshop = await session.get_one(Workshop, workshop_id, populate_existing=True)
    dates = await Dates.of(session, workshop.organizer_id)
    wanted = select(DataItem).where(col(DataItem.id).in_({row.data_item_id for row in rows}))
    items = {item.id: item for item in await session.exec(wanted, execution_options={"populate_existing": True})}
    moved = [row for row in rows if _move(session, row, dates.due(items[row.data_item_id], workshop), reason)]
    await session.flush()
    if moved:
        await outbox.record_all(session, _told(moved, batch_id))
    return len(moved)


def _move(session: AsyncSession, row: Commitment, due: Due, reason: str) -> bool:
    if due.day is None:
        return False
    row.due_rule = due.rule
    if due.day == row.due_date:
        return False
    row.changed_at = max(clock.now(), row.changed_at)
    row.version += 1
    entry = CommitmentHistory(
        commitment_id=row.id,
        axis=Axis.DUE_DATE,
        at=row.changed_at,
        by=FOLLOWED,
        before=row.due_date.isoformat() if row.due_date else None,
        after=due.day.isoformat(),
        reason=reason,
    )
    row.due_date = due.day
    if row.requested_until is not None and row.requested_until <= due.day:
        row.requested_until = None
    session.add_all([row, entry])
    return True


def _told(moved: Sequence[Commitment], batch_id: UUID) -> list[Event]:
    """One event per commitment, and one for the organisation, to which one message is enough."""
    first = moved[0]
    told: list[Event] = [
        CommitmentRescheduled(organizer_id=row.organizer_id, workshop_id=row.workshop_id, commitment_id=row.id)
        for row in moved
    ]
    told.append(
        DueDatesMoved(
            organizer_id=first.organizer_id,
            workshop_id=first.workshop_id,
            organisation_id=first.organisation_id,
            batch_id=batch_id,
        )
    )
    return told


def _away(workshop: Workshop, days: int, holidays: Collection[date]) -> date:
    edge = workshop.starts_at if days < 0 else workshop.ends_at
    return working_days_away(clock.local_date(edge, workshop.timezone), days, holidays)


def _dated(stages: Sequence[Mapping[str, object]]) -> dict[str, date]:
    return {str(one["code"]): date.fromisoformat(str(one["due_date"])) for one in stages if one.get("due_date")}
