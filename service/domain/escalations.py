"""When reminders do not help: a letter to the head of the agency, then the regional secretary's (Sekda's) list.

What is to be raised follows from what is owed now and from what was raised before, so it may be looked at any number of
times. A step covers everything that was overdue when it was taken: a later item brings the next one only when it
became overdue afterwards. Nothing here orders anybody to do anything.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain.commitments_as_of import OWING_DELIVERIES, OWING_PROMISES
from service.domain.working_days import EARLIEST, LATEST, after_working_days, holidays_of
from service.errors import NotFound
from service.events import EscalationHandled, EscalationRaised
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.escalations import Escalation, EscalationLevel
from service.models.escalations_shapes import EscalationPatch, EscalationRule
from service.models.messages import Message
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import ReminderKind, Workshop, WorkshopStatus

_RUNNING = (WorkshopStatus.PUBLISHED, WorkshopStatus.COMPLETED)


class Debt(NamedTuple):
    """An item that an organisation owes; `late` counts working days, see `counts_from`."""

    code: str
    name: str
    due: date
    late: int


@dataclass(frozen=True)
class Step:
    """What is to be raised for an organisation, and on which day."""

    organisation_id: UUID
    level: EscalationLevel
    due_date: date
    day: date


def rule_of(house: Organizer) -> EscalationRule:
    """The organizer's rule; what it never said is as it comes."""
    return EscalationRule.model_validate(house.escalation)


def counts_from(due: date, requested_at: datetime, zone: str) -> date:
    """The day after which an item is late: when it was due, or asked for if that came later."""
    return max(due, clock.local_date(requested_at, zone))


async def arrears(
    session: AsyncSession, workshop: Workshop, house: Organizer, day: date, holidays: Collection[date]
) -> dict[UUID, list[Debt]]:
    """What is owed at a workshop and was late before `day`, by organisation, the oldest due date first."""
    query = (
        select(Commitment, DataItem.code, DataItem.name)
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .where(*_owed(workshop.id), col(Commitment.due_date) < day)
        .order_by(col(Commitment.due_date), col(DataItem.code))
    )
    found: dict[UUID, list[Debt]] = defaultdict(list)
    for row, code, name in await session.exec(query):
        assert row.due_date
        since = counts_from(row.due_date, row.requested_at, house.timezone)
        if since < day:
            late = clock.working_days(since, day, holidays)
            found[row.organisation_id].append(Debt(code, name, row.due_date, late))
    return found


def latest(debts: Sequence[Debt]) -> int:
    """By how many working days the one that is most late is late; 0 for none."""
    return max((one.late for one in debts), default=0)


async def next_day(
    session: AsyncSession, workshop: Workshop, house: Organizer, holidays: Collection[date]
) -> date | None:
    """The day on which something is to be raised next, as things stand; it may have passed. None when nothing is."""
    return min((step.day for step in await steps(session, workshop, house, holidays)), default=None)


async def raise_due(session: AsyncSession, workshop_id: UUID) -> list[Escalation]:
    """Raises what is due by now. The workshop's lock keeps several workers from raising it twice."""
    lock = select(Workshop).where(Workshop.id == workshop_id).with_for_update(key_share=True)
    workshop = (await session.exec(lock, execution_options={"populate_existing": True})).one()
    if workshop.status not in _RUNNING or ReminderKind.ESCALATION not in workshop.reminders:
        return []
    house = await session.get_one(Organizer, workshop.organizer_id)
    today = clock.local_date(clock.now(), house.timezone)
    called_for = await steps(session, workshop, house, await holidays_of(session, house.id))
    rows = [
        Escalation(
            organizer_id=house.id,
            workshop_id=workshop.id,
            organisation_id=step.organisation_id,
            level=step.level,
            due_date=step.due_date,
        )
        for step in called_for
        if step.day <= today
    ]
    session.add_all(rows)
    await session.flush()
    await outbox.record_all(session, [EscalationRaised(**_ids(row)) for row in rows])
    return rows


async def find(session: AsyncSession, actor: Actor, escalation_id: UUID, *, lock: bool = False) -> Escalation:
    """A step in the actor's house. Raises NotFound."""
    query = select(Escalation).where(Escalation.id == escalation_id, Escalation.organizer_id == actor.tenant)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    return row


async def change(session: AsyncSession, row: Escalation, data: EscalationPatch) -> Escalation:
    """Applies a merge patch to a locked row."""
    for name in data.model_fields_set:
        setattr(row, name, getattr(data, name))
    row.version += 1
    session.add(row)
    await session.flush()
    return row


async def handle(session: AsyncSession, actor: Actor, escalation_id: UUID, note: str | None) -> Escalation:
    """The committee has dealt with it. The first to say so is kept; a later note takes the place of none.

    Raises NotFound.
    """
    row = await find(session, actor, escalation_id, lock=True)
    if row.handled_at is not None:
        return row
    row.handled_at, row.handled_by = clock.now(), actor.label
    row.note = note or row.note
    row.version += 1
    session.add(row)
    await session.flush()
    await outbox.record(session, EscalationHandled(**_ids(row)), actor.label)
    return row


async def raised_on(
    session: AsyncSession, workshop: Workshop, level: EscalationLevel, day: date, timezone: str
) -> list[tuple[Escalation, str]]:
    """The steps of that level that were raised on a local day and wait for the committee, with the organisation's
    name: not those that were dealt with, nor those that went to the organisation itself.
    """
    sent = select(Message.escalation_id).where(
        Message.workshop_id == workshop.id, col(Message.escalation_id).is_not(None)
    )
    query = (
        select(Escalation, Organisation.name)
        .join(Organisation, col(Organisation.id) == col(Escalation.organisation_id))
        .where(
            Escalation.workshop_id == workshop.id,
            Escalation.level == level,
            col(Escalation.handled_at).is_(None),
            col(Escalation.raised_at) >= clock.start_of_day(day, timezone),
            col(Escalation.raised_at) <= clock.end_of_day(day, timezone),
            col(Escalation.id).not_in(sent),
        )
        .order_by(col(Organisation.code))
    )
    return list((await session.exec(query)).all())


async def steps(session: AsyncSession, workshop: Workshop, house: Organizer, holidays: Collection[date]) -> list[Step]:
    """Every step that the debts of now call for and nobody has taken, with the day on which it is due."""
    # While a later date is asked for, it is the steward who has to act: that date counts until it is refused.
    due_date = func.coalesce(col(Commitment.requested_until), col(Commitment.due_date), type_=Date())
    owed = select(Commitment.organisation_id, due_date, Commitment.requested_at).where(
        *_owed(workshop.id), due_date.between(EARLIEST, LATEST)
    )
    oldest: dict[UUID, date] = {}
    for organisation_id, due, requested_at in await session.exec(owed.distinct()):
        since = counts_from(due, requested_at, house.timezone)
        oldest[organisation_id] = min(since, oldest.get(organisation_id, since))
    taken: dict[tuple[UUID, EscalationLevel], date] = {}
    for row in await session.exec(select(Escalation).where(Escalation.workshop_id == workshop.id)):
        day = clock.local_date(row.raised_at, house.timezone)
        taken[row.organisation_id, row.level] = max(day, taken.get((row.organisation_id, row.level), day))
    rule = rule_of(house)
    # A head does not write to itself about what the own office owes: it stands on the list only.
    own = {await _steward(session, house): rule.model_copy(update={"letter_after": None})}
    return [
        step for one, since in oldest.items() for step in _steps_of(one, since, taken, own.get(one, rule), holidays)
    ]


async def _steward(session: AsyncSession, house: Organizer) -> UUID | None:
    query = select(Organisation.id).where(
        Organisation.organizer_id == house.id, Organisation.code == (house.steward_code or "")
    )
    return (await session.exec(query)).first()


def _steps_of(
    organisation_id: UUID,
    oldest: date,
    taken: Mapping[tuple[UUID, EscalationLevel], date],
    rule: EscalationRule,
    holidays: Collection[date],
) -> Sequence[Step]:
    letter, listed = (taken.get((organisation_id, level)) for level in EscalationLevel)
    if letter is not None and letter <= oldest:
        letter = None
    if rule.letter_after is not None and letter is None:
        day = after_working_days(oldest, rule.letter_after, holidays)
        return [Step(organisation_id, EscalationLevel.LETTER, oldest, day)]
    if rule.list_after is None or (listed is not None and listed > oldest):
        return []
    day = after_working_days(oldest, rule.list_after, holidays)
    if letter is not None and rule.letter_after is not None:
        # A letter that was late itself is given as long to work as any other.
        day = max(day, after_working_days(letter, max(rule.list_after - rule.letter_after, 1), holidays))
    return [Step(organisation_id, EscalationLevel.LIST, oldest, day)]


def _owed(workshop_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Commitment.workshop_id) == workshop_id,
        col(Commitment.commitment_status).in_(OWING_PROMISES),
        col(Commitment.fulfilment_status).in_(OWING_DELIVERIES),
        col(Commitment.due_date).is_not(None),
    )


def _ids(row: Escalation) -> dict[str, UUID]:
    return {
        "organizer_id": row.organizer_id,
        "workshop_id": row.workshop_id,
        "escalation_id": row.id,
        "organisation_id": row.organisation_id,
    }
