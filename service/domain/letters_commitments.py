"""What messages about promised data say: to organisations what they owe and what became of it, to the committee what
waits for it. Everything is as it stands when the message goes out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import pieces, settings_of
from service.domain import escalations, portal_links
from service.domain.commitments_as_of import OWING_DELIVERIES, OWING_PROMISES
from service.domain.due_dates import FOLLOWED
from service.domain.letters_facts import Facts, Owed, Tally, contacts_of, told_before
from service.domain.organisations import portal_link
from service.domain.unsubscriptions import unsubscribe_url
from service.domain.working_days import holidays_of
from service.models.columns import UtcDateTime
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentHistory,
    CommitmentRemark,
    CommitmentStatus,
    FulfilmentStatus,
    Submission,
)
from service.models.data_items import DataItem
from service.models.escalations import Escalation, EscalationLevel
from service.models.messages import OPTIONAL_OCCASIONS, Message, Occasion, Reminder
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.portal_links import PortalLink
from service.models.workshops import Workshop

GRANTED, REFUSED = "granted", "refused"
PARTIAL = "partial"
MOVING = timedelta(minutes=5)
"""How long moving the due dates of one organisation takes at most, from the first to the event that tells of it."""
_LEVELS = {
    Occasion.ESCALATION_LETTER: EscalationLevel.LETTER,
    Occasion.ESCALATION_LIST: EscalationLevel.LIST,
}
_PAGES = {
    Occasion.REVIEW_WAITING: "/staff/review?workshop={workshop}",
    Occasion.ESCALATION_LETTER: "/staff/escalations?workshop={workshop}",
    Occasion.ESCALATION_LIST: "/staff/escalations?workshop={workshop}",
    Occasion.EXTENSION_ASKED: "/staff/commitments/{commitment}",
    Occasion.REMARK: "/staff/commitments/{commitment}",
}


class Debt(NamedTuple):
    """What is owed: the item's name and its delay in working days; `since_asked` counts from the request if that came
    after the due date.
    """

    row: Commitment
    name: str
    late: int
    since_asked: int


_Wanted = Callable[[Debt], Owed | None]


@dataclass
class Promised:
    """The rows behind these messages. `debts`: by workshop and organisation.

    `submissions`: the latest of each commitment; `reasons`: the latest on an axis; `followed`: when due dates last
    followed what they depend on, and from which day; `links`: of the contacts who are written to alone; `tallies` and
    `raised`: by workshop and what the committee is told of.
    """

    agencies: Mapping[UUID, Organisation] = field(default_factory=dict)
    reminders: Mapping[UUID, Reminder] = field(default_factory=dict)
    commitments: dict[UUID, tuple[Commitment, str]] = field(default_factory=dict)
    submissions: dict[UUID, Submission] = field(default_factory=dict)
    reasons: dict[tuple[UUID, Axis], str | None] = field(default_factory=dict)
    remarks: dict[UUID, CommitmentRemark] = field(default_factory=dict)
    followed: dict[UUID, tuple[datetime, date | None]] = field(default_factory=dict)
    debts: dict[tuple[UUID, UUID], list[Debt]] = field(default_factory=lambda: defaultdict(list))
    links: dict[UUID, list[PortalLink]] = field(default_factory=dict)
    tallies: dict[tuple[UUID, str, str | None], list[Tally]] = field(default_factory=dict)
    raised: dict[tuple[UUID, str, str | None], list[Escalation]] = field(default_factory=dict)
    escalations: dict[UUID, Escalation] = field(default_factory=dict)


async def gather(
    session: AsyncSession,
    promised: Promised,
    messages: Sequence[Message],
    hosts: Mapping[UUID, tuple[Workshop, Organizer]],
    agencies: Mapping[UUID, Organisation],
    reminders: Mapping[UUID, Reminder],
) -> None:
    """Puts in whatever these messages speak of; no query for what none of them does."""
    promised.agencies, promised.reminders = agencies, reminders
    if agencies:
        promised.links = await portal_links.with_mail(session, list(agencies))
        await _gather_debts(session, promised, messages, hosts)
    if ids := [message.commitment_id for message in messages if message.commitment_id]:
        await _gather_items(session, promised, ids)
    spoken = [UUID(one.what) for one in messages if one.occasion == Occasion.REMARK and one.what]
    if spoken:
        said = await session.exec(select(CommitmentRemark).where(col(CommitmentRemark.id).in_(spoken)))
        promised.remarks = {one.id: one for one in said}
    if ids := [message.escalation_id for message in messages if message.escalation_id]:
        found = await session.exec(select(Escalation).where(col(Escalation.id).in_(ids)))
        promised.escalations = {one.id: one for one in found}
    for message in messages:
        key = _key(message)
        if message.to_committee and message.organisation_id is None and key and key not in promised.tallies:
            workshop, house = hosts[key[0]]
            await _gather_tallies(session, promised, key, workshop, house)


def told(session: AsyncSession, promised: Promised, made: Facts, message: Message) -> Facts | None:
    """Fills the facts of a message to an organisation, or to the committee; None when its occasion has passed."""
    agency = promised.agencies.get(message.organisation_id) if message.organisation_id else None
    if agency is not None and not _address(session, promised, made, message, agency):
        return None
    occasion = Occasion(message.occasion)
    if message.to_committee:
        made.staff_url = _page(session, occasion, message)
    if message.commitment_id is not None:
        return _about_item(promised, made, message, occasion)
    if message.to_committee:
        made.tallies = promised.tallies.get(_key(message) or (message.id, "", None), [])
        made.escalations = promised.raised.get(_key(message) or (message.id, "", None), [])
        return made if made.tallies else None
    assert message.organisation_id
    assert message.workshop_id
    debts = promised.debts.get((message.workshop_id, message.organisation_id), [])
    wanted = _wanted(promised, occasion, message)
    made.owed = sorted((owed for debt in debts if (owed := wanted(debt))), key=lambda one: not one.new)
    if occasion is Occasion.ESCALATION_LETTER:
        made.escalations = [promised.escalations[message.escalation_id]] if message.escalation_id else []
        made.letter_number = next((one.letter_number for one in made.escalations), None)
    return made if made.owed else None


def _wanted(promised: Promised, occasion: Occasion, message: Message) -> _Wanted:
    """Which debts a message names, and what it says of them."""
    reminder = promised.reminders.get(message.reminder_id) if message.reminder_id else None
    match occasion:
        case Occasion.COMMITMENTS_OVERDUE:
            return lambda one: _owed(one) if one.late else None
        case Occasion.ESCALATION_LETTER:
            return lambda one: Owed(one.name, one.row.due_date, one.since_asked) if one.since_asked else None
        case Occasion.DATA_REQUESTED:
            _count, before = told_before(message.what)
            return lambda one: _asked(one, before)
        case Occasion.DUE_DATES_MOVED:
            assert message.what
            moved = datetime.fromisoformat(message.what) - MOVING
            return lambda one: _moved(one, *promised.followed.get(one.row.id, (moved, None)), moved)
    return lambda one: _owed(one) if reminder is None or one.row.due_date == reminder.about else None


def _owed(debt: Debt) -> Owed:
    return Owed(debt.name, debt.row.due_date, debt.late)


def _asked(debt: Debt, before: datetime | None) -> Owed | None:
    """What was asked for just now is not late, whatever its due date."""
    if debt.row.commitment_status is not CommitmentStatus.REQUESTED:
        return None
    if before is None:
        return Owed(debt.name, debt.row.due_date)
    new = debt.row.requested_at > before
    return Owed(debt.name, debt.row.due_date, 0 if new else debt.late, new=new)


def _moved(debt: Debt, at: datetime, before: date | None, moved: datetime) -> Owed | None:
    return Owed(debt.name, debt.row.due_date, debt.late, before) if at > moved else None


def _address(session: AsyncSession, promised: Promised, made: Facts, message: Message, agency: Organisation) -> bool:
    """To whom it goes. A contact with a link of its own gets that one, and nobody else's. False when it was closed."""
    made.recipient = made.organisation = agency.name
    own = promised.links.get(agency.id, [])
    if message.portal_link_id is None:
        emails, phones = contacts_of(agency)
        made.to, made.phones = portal_links.without_link(emails, own) or emails, phones
        made.portal_url = portal_link(session, agency)
    else:
        link = next((one for one in own if one.id == message.portal_link_id), None)
        if link is None or link.email is None:
            return False
        made.to, made.phones, made.portal_url = [link.email], (), portal_links.address(session, link)
    if message.commitment_id is not None:
        made.portal_url = f"{made.portal_url}/commitments/{message.commitment_id}"
    if message.occasion in OPTIONAL_OCCASIONS:
        made.unsubscribe_url = unsubscribe_url(session, agency)
    return True


def _about_item(promised: Promised, made: Facts, message: Message, occasion: Occasion) -> Facts | None:
    assert message.commitment_id
    row, made.item = promised.commitments[message.commitment_id]
    latest = promised.submissions.get(row.id)
    made.until = row.due_date
    match occasion:
        case Occasion.EXTENSION_ASKED:
            made.until, made.reason = row.requested_until, promised.reasons.get((row.id, Axis.EXTENSION))
            return made if made.until else None
        case Occasion.EXTENSION_DECIDED:
            made.what = (GRANTED if message.what == GRANTED else REFUSED,)
            made.reason = promised.reasons.get((row.id, Axis.DUE_DATE if message.what == GRANTED else Axis.EXTENSION))
            return made if row.commitment_status in OWING_PROMISES else None
        case Occasion.SUBMISSION_ACCEPTED:
            made.what = (PARTIAL,) if latest and not latest.complete else ()
            return made if row.fulfilment_status is FulfilmentStatus.ACCEPTED else None
        case Occasion.SUBMISSION_RETURNED:
            if latest is None or row.fulfilment_status is not FulfilmentStatus.RETURNED:
                return None
            made.reason, made.parts = (
                latest.reason,
                [(_named(part, latest), said) for part, said in latest.remarks.items()],
            )
            return made if row.commitment_status in OWING_PROMISES else None
    said = promised.remarks.get(UUID(message.what)) if message.what else None
    made.remark = said.text if said else None
    return made if said else None


def _named(part: str, delivery: Submission) -> str:
    """A file by its name; any other part stays."""
    number = part.removeprefix("files/")
    known = number != part and number.isdecimal() and 0 < int(number) <= len(delivery.files)
    return str(delivery.files[int(number) - 1]["name"]) if known else part


def _key(message: Message) -> tuple[UUID, str, str | None] | None:
    return (message.workshop_id, message.occasion, message.what) if message.workshop_id else None


def _page(session: AsyncSession, occasion: Occasion, message: Message) -> str | None:
    path = _PAGES.get(occasion)
    base = settings_of(session).base_url.rstrip("/")
    return path and base + path.format(workshop=message.workshop_id, commitment=message.commitment_id)


async def _gather_debts(
    session: AsyncSession,
    promised: Promised,
    messages: Sequence[Message],
    hosts: Mapping[UUID, tuple[Workshop, Organizer]],
) -> None:
    houses = {house.id: house for _workshop, house in hosts.values()}
    holidays = {one: await holidays_of(session, one) for one in houses}
    query = (
        select(Commitment, DataItem.name)
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .where(
            col(Commitment.workshop_id).in_({message.workshop_id for message in messages}),
            col(Commitment.organisation_id).in_({message.organisation_id for message in messages}),
            col(Commitment.commitment_status).in_(OWING_PROMISES),
            col(Commitment.fulfilment_status).in_(OWING_DELIVERIES),
        )
        .order_by(col(Commitment.due_date).nulls_last(), col(DataItem.name))
    )
    for row, name in await session.exec(query):
        zone, off = houses[row.organizer_id].timezone, holidays[row.organizer_id]
        today = clock.local_date(clock.now(), zone)
        late = since_asked = 0
        if row.due_date:
            late = clock.working_days(row.due_date, today, off)
            since_asked = clock.working_days(escalations.counts_from(row.due_date, row.requested_at, zone), today, off)
        promised.debts[row.workshop_id, row.organisation_id].append(Debt(row, name, late, since_asked))
    if any(message.occasion == Occasion.DUE_DATES_MOVED for message in messages):
        await _gather_followed(session, promised)


async def _gather_followed(session: AsyncSession, promised: Promised) -> None:
    owed = [one.row.id for debts in promised.debts.values() for one in debts]
    for ids in pieces(owed):
        query = select(CommitmentHistory).where(
            col(CommitmentHistory.commitment_id).in_(ids),
            CommitmentHistory.axis == Axis.DUE_DATE,
            CommitmentHistory.by == FOLLOWED,
        )
        for one in await session.exec(query.order_by(col(CommitmentHistory.at))):
            promised.followed[one.commitment_id] = one.at, date.fromisoformat(one.before) if one.before else None


async def _gather_items(session: AsyncSession, promised: Promised, ids: Sequence[UUID]) -> None:
    query = select(Commitment, DataItem.name).join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
    for row, name in await session.exec(query.where(col(Commitment.id).in_(ids))):
        promised.commitments[row.id] = row, name
    # In order, so that of several the latest stays.
    delivered = select(Submission).where(col(Submission.commitment_id).in_(ids))
    for one in await session.exec(delivered.order_by(col(Submission.submitted_at), col(Submission.id))):
        promised.submissions[one.commitment_id] = one
    axes = (Axis.DUE_DATE, Axis.EXTENSION)
    changes = select(CommitmentHistory).where(
        col(CommitmentHistory.commitment_id).in_(ids), col(CommitmentHistory.axis).in_(axes)
    )
    for change in await session.exec(changes.order_by(col(CommitmentHistory.at), col(CommitmentHistory.id))):
        promised.reasons[change.commitment_id, change.axis] = change.reason


async def _gather_tallies(
    session: AsyncSession, promised: Promised, key: tuple[UUID, str, str | None], workshop: Workshop, house: Organizer
) -> None:
    holidays = await holidays_of(session, house.id)
    today = clock.local_date(clock.now(), house.timezone)
    level = _LEVELS.get(Occasion(key[1]))
    if level is None:
        waiting = await _waiting(session, workshop, house)
        promised.tallies[key] = [
            Tally(name, count, since, clock.working_days(since, today, holidays)) for name, count, since in waiting
        ]
        return
    debts = await escalations.arrears(session, workshop, house, today, holidays)
    rows = await escalations.raised_on(session, workshop, level, date.fromisoformat(key[2] or ""), house.timezone)
    standing = [(row, name) for row, name in rows if debts.get(row.organisation_id)]
    promised.raised[key] = [row for row, _name in standing]
    promised.tallies[key] = [_tally(name, debts[row.organisation_id]) for row, name in standing]


def _tally(name: str, debts: Sequence[escalations.Debt]) -> Tally:
    return Tally(name, len(debts), debts[0].due, escalations.latest(debts))


async def _waiting(session: AsyncSession, workshop: Workshop, house: Organizer) -> Iterable[tuple[str, int, date]]:
    """What waits to be verified, by organisation: how many commitments, and since when."""
    query = (
        select(
            Organisation.name,
            func.count(func.distinct(col(Commitment.id))),
            func.min(col(Submission.submitted_at), type_=UtcDateTime()),
        )
        .select_from(Commitment)
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .join(Submission, col(Submission.commitment_id) == col(Commitment.id))
        .where(
            Commitment.workshop_id == workshop.id,
            Commitment.fulfilment_status == FulfilmentStatus.SUBMITTED,
            col(Commitment.commitment_status).in_(OWING_PROMISES),
            Submission.status == FulfilmentStatus.SUBMITTED,
        )
        .group_by(col(Organisation.id), col(Organisation.name))
        .order_by(col(Organisation.name))
    )
    found = await session.exec(query)
    return [(name, count, clock.local_date(since, house.timezone)) for name, count, since in found]
