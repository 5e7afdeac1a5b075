"""The eight questions about promised data. They read commitments as they stood at the moment, never the bare columns.

*Asked* is every request made by the moment, whatever was answered. A declined or withdrawn commitment delivers nothing:
its fulfilment counts nowhere.
"""

from datetime import date

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, String, Subquery, and_, func, literal, literal_column, or_, select, true
from sqlmodel import col

from service import clock
from service.db import listed
from service.domain.commitments_as_of import OWING_PROMISES, overdue, owes
from service.domain.reports.attended import organisations_of_every_day
from service.domain.reports.scope import OPD, UNCLASSIFIED, Scope, any_of, count_of, in_order
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentHistory,
    CommitmentStatus,
    FulfilmentStatus,
    Submission,
)
from service.models.data_items import DataItem
from service.models.organizers import Holiday
from service.models.people import Organisation

# A literal, not a parameter: PostgreSQL must see that what is selected is what is grouped by.
DIMENSION = func.coalesce(col(DataItem.dimension), literal_column(f"'{UNCLASSIFIED}'", String))


async def owing_attendees(scope: Scope) -> JsonValue:
    """`{dimension: {organisation: [data item]}}`: OPDs present on every day of the workshop that still owe data due
    before the next one starts (without a next one: all that they owe). Only what is owed is named.
    """
    present = [row[0] for row in await scope.rows(await organisations_of_every_day(scope))]
    then = await scope.commitments_of(listed(scope.session, col(Commitment.organisation_id), present))
    query = (
        select(DIMENSION, col(Organisation.code), func.aggregate_strings(col(DataItem.code), ","))
        .select_from(then)
        .join(DataItem, its_item(scope, then))
        .join(Organisation, its_office(scope, then))
        .where(owes(then), _due_before(then, await scope.next_start()), col(Organisation.org_class) == OPD)
        .group_by(DIMENSION, col(Organisation.code))
    )
    owed: dict[str, dict[str, list[str]]] = {}
    for dimension, organisation, items in sorted(await scope.rows(query)):
        # No code has a comma in it.
        owed.setdefault(dimension, {})[organisation] = sorted({*items.split(",")})
    order = in_order(await scope.dimensions(), list(owed))
    return {dimension: {**owed[dimension]} for dimension in order if dimension in owed}  # type: ignore[dict-item] # dict is invariant


async def readiness(scope: Scope) -> JsonValue:
    """Per dimension, in data items asked at this workshop: how many were asked, promised, accepted, wait for the
    steward, are overdue, and have nobody (`gap`: no organisation is committed). `readiness_pct` = accepted / items
    x 100 with one decimal. An item asked of several counts once in each column that is true of one of them.
    """
    return {name: dict(counts) for name, counts in (await readiness_rows(scope)).items()}


async def readiness_rows(scope: Scope) -> dict[str, dict[str, int | float]]:
    """See `readiness`. Every dimension of the programme is named, then any other that an item names."""
    then = await scope.commitments()
    item = (
        select(
            then.c.data_item_id,
            any_of(_committed(then)).label("committed"),
            any_of(_delivered(then, FulfilmentStatus.ACCEPTED)).label("accepted"),
            any_of(_delivered(then, FulfilmentStatus.SUBMITTED)).label("awaiting_review"),
            any_of(overdue(then, scope.moment.day)).label("overdue"),
        )
        .group_by(then.c.data_item_id)
        .subquery("item")
    )
    sums = [func.sum(item.c[name]).label(name) for name in ("committed", "accepted", "awaiting_review", "overdue")]
    query = (
        select(DIMENSION, func.count(), *sums)
        .select_from(item)
        .join(DataItem, its_item(scope, item))
        .group_by(DIMENSION)
    )
    found = {row[0]: _readiness(*(int(count) for count in row[1:])) for row in await scope.rows(query)}
    order = in_order(await scope.dimensions(), list(found))
    return {dimension: found.get(dimension) or _readiness(0, 0, 0, 0, 0) for dimension in order}


def _readiness(items: int, committed: int, accepted: int, awaiting_review: int, late: int) -> dict[str, int | float]:
    return {
        "items": items,
        "committed": committed,
        "accepted": accepted,
        "awaiting_review": awaiting_review,
        "overdue": late,
        "gap": items - committed,
        "readiness_pct": round(accepted * 100 / items, 1) if items else 0.0,
    }


async def uncommitted_items(scope: Scope) -> JsonValue:
    """Codes of the data items asked here, due before the next workshop, to which no organisation is committed.

    A request without an answer is a gap; an item is due when the first of its commitments is.
    """
    then = await scope.commitments()
    query = (
        select(col(DataItem.code))
        .select_from(then)
        .join(DataItem, its_item(scope, then))
        .group_by(col(DataItem.code))
        .having(any_of(_committed(then)) == 0, any_of(_due_before(then, await scope.next_start())) == 1)
    )
    return sorted(row[0] for row in await scope.rows(query))


async def outside_stakeholders(scope: Scope) -> JsonValue:
    """Per organisation that is no OPD and was asked for something: requests made to it, committed, accepted."""
    then = await scope.commitments()
    query = (
        select(
            col(Organisation.code),
            func.count(),
            count_of(_committed(then)),
            count_of(_delivered(then, FulfilmentStatus.ACCEPTED)),
        )
        .select_from(then)
        .join(Organisation, its_office(scope, then))
        .where(col(Organisation.org_class) != OPD)
        .group_by(col(Organisation.code))
    )
    return {
        code: {"requested": requested, "committed": committed, "accepted": accepted}
        for code, requested, committed, accepted in sorted(await scope.rows(query))
    }


async def most_overdue(scope: Scope) -> JsonValue:
    """Every organisation with overdue items: how many, and the working days the oldest is late (counted after the due
    date up to and including the moment's day). By items, then days, both descending, then code.
    """
    then = await scope.commitments()
    query = (
        select(
            col(Organisation.code),
            func.count(then.c.data_item_id.distinct()),
            func.min(then.c.due_date).label("oldest"),
        )
        .select_from(then)
        .join(Organisation, its_office(scope, then))
        .where(overdue(then, scope.moment.day))
        .group_by(col(Organisation.code))
    )
    rows = await scope.rows(query)
    holidays = await holidays_of(scope)
    late = [(code, items, clock.working_days(oldest, scope.moment.day, holidays)) for code, items, oldest in rows]
    return [
        {"org_id": code, "overdue_items": items, "max_working_days_overdue": days}
        for code, items, days in sorted(late, key=lambda each: (-each[1], -each[2], each[0]))
    ]


async def returned_items(scope: Scope) -> JsonValue:
    """Commitments whose delivery was ever returned, how often, and who is waited for now: the organisation while it is
    returned, the steward once it is submitted again, nobody (null) when it is accepted or no longer promised.
    In the order of the programme's dimensions, then by code.
    """
    then = await scope.commitments()
    # A subquery of its own for each row, since there the history is asked by its index whatever is known of its size;
    # and only for what was ever handed in.
    times = (
        select(func.count())
        .where(
            col(CommitmentHistory.commitment_id) == then.c.id,
            col(CommitmentHistory.axis) == Axis.FULFILMENT,
            col(CommitmentHistory.after) == FulfilmentStatus.RETURNED.value,
            col(CommitmentHistory.at) <= scope.moment.at,
        )
        .correlate(then)
        .scalar_subquery()
    )
    counted = (
        select(then, times.label("times"))
        .where(then.c.fulfilment_status != FulfilmentStatus.NOT_SUBMITTED)
        .offset(literal_column("0"))
        .subquery("counted")
    )
    query = (
        select(
            counted.c.code,
            DIMENSION.label("dimension"),
            col(Organisation.code).label("organisation"),
            counted.c.commitment_status,
            counted.c.fulfilment_status,
            counted.c.times,
        )
        .join(DataItem, its_item(scope, counted))
        .join(Organisation, its_office(scope, counted))
        .where(counted.c.times > 0)
    )
    rows = await scope.rows(query)
    order = in_order(await scope.dimensions(), [row.dimension for row in rows])
    return [
        {
            "commitment_id": row.code,
            "org_id": row.organisation,
            "return_count": row.times,
            "waiting_on": _waiting_on(scope, row),
        }
        for row in sorted(rows, key=lambda row: (order.index(row.dimension), row.code))
    ]


def _waiting_on(scope: Scope, row: Row[tuple[object, ...]]) -> str | None:
    if row.commitment_status not in OWING_PROMISES:
        return None
    if row.fulfilment_status == FulfilmentStatus.SUBMITTED:
        return scope.organizer.steward_code or scope.organizer.slug
    return str(row.organisation) if row.fulfilment_status == FulfilmentStatus.RETURNED else None


async def missing_evidence(scope: Scope) -> JsonValue:
    """Codes of commitments that stood (`committed`) without any written evidence yet."""
    then = await scope.commitments()
    unproven = or_(then.c.evidence_at.is_(None), then.c.evidence_at > scope.moment.at)
    return sorted(row[0] for row in await scope.rows(select(then.c.code).where(_committed(then), unproven)))


async def incomplete_metadata(scope: Scope) -> JsonValue:
    """Codes of commitments whose data is submitted or accepted while its latest delivery lacks Satu Data metadata."""
    then = await scope.commitments()
    latest = (
        select(col(Submission.metadata_complete))
        .where(col(Submission.commitment_id) == then.c.id, col(Submission.submitted_at) <= scope.moment.at)
        .order_by(col(Submission.submitted_at).desc(), col(Submission.id).desc())
        .limit(1)
        .correlate(then)
        .scalar_subquery()
    )
    handed_in = or_(_delivered(then, FulfilmentStatus.SUBMITTED), _delivered(then, FulfilmentStatus.ACCEPTED))
    query = select(then.c.code).where(handed_in, latest.is_(False))
    return sorted(row[0] for row in await scope.rows(query))


def its_item(scope: Scope, then: Subquery) -> ColumnElement[bool]:
    """Of a join: what a commitment is about."""
    # Naming the house lets the database read the house's catalogue alone, however many there are.
    return and_(col(DataItem.id) == then.c.data_item_id, col(DataItem.organizer_id) == scope.organizer.id)


def its_office(scope: Scope, then: Subquery) -> ColumnElement[bool]:
    """Of a join: whose commitment it is."""
    return and_(col(Organisation.id) == then.c.organisation_id, col(Organisation.organizer_id) == scope.organizer.id)


def _committed(then: Subquery) -> ColumnElement[bool]:
    return then.c.commitment_status == CommitmentStatus.COMMITTED


def _delivered(then: Subquery, status: FulfilmentStatus) -> ColumnElement[bool]:
    return and_(then.c.commitment_status.in_(OWING_PROMISES), then.c.fulfilment_status == status)


def _due_before(then: Subquery, bound: date | None) -> ColumnElement[bool]:
    if bound is None:
        return true()
    return and_(then.c.due_date.is_not(None), then.c.due_date < literal(bound))


async def holidays_of(scope: Scope) -> list[date]:
    """The organizer's days that are no working days."""
    query = select(col(Holiday.day)).where(col(Holiday.organizer_id) == scope.organizer.id)
    return [row.day for row in await scope.rows(query)]
