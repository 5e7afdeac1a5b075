"""Which commitments a list holds. What never changes about one narrows the search before its state is looked at."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, Subquery, and_, false, not_, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, ActorKind
from service.domain import data_items, organisations
from service.domain.commitments_as_of import OWING_PROMISES, Moment, commitments_then, overdue, owes
from service.models.agreements import Agreement
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentStatus, FulfilmentStatus
from service.models.data_items import DataItem, ItemKind
from service.models.organizers import Organizer, Programme
from service.models.people import Organisation


@dataclass(frozen=True)
class Filters:
    """Which commitments a list holds; None means any. Statuses, dates and debts are those at the moment asked about.

    `q` is part of the code, or of the data item's or organisation's name or code. `waiting_on` is the code of who is
    to act next: an organisation, or the steward.
    """

    workshop: UUID | None = None
    organisation: str | None = None
    dimension: str | None = None
    commitment_status: CommitmentStatus | None = None
    fulfilment_status: FulfilmentStatus | None = None
    owes: bool | None = None
    overdue: bool | None = None
    due_before: date | None = None
    id: UUID | None = None
    item_kind: ItemKind | None = None
    programme: str | None = None
    data_item: str | None = None
    agreement: str | None = None
    q: str | None = None
    due_after: date | None = None
    waiting_on: str | None = None
    extension_requested: bool | None = None


async def chosen(
    session: AsyncSession, actor: Actor, when: Moment, wanted: Filters, after: str | None, limit: int
) -> Subquery:
    """The first `limit` of them by code after `after`: id, due_date, both statuses, owes, overdue, extension_asked.
    As a table of its own, so that nothing is joined to what is not shown.
    """
    narrowed = _narrowed(actor, when, wanted, after)
    items = _items(actor, wanted, await _dimensions(session, actor, wanted))
    if items is not None:
        narrowed.append(col(Commitment.data_item_id).in_(items))
    steward = await _steward(session, actor) if wanted.waiting_on is not None else None
    if wanted.waiting_on is not None and wanted.waiting_on != steward:
        # Only what is asked of it waits for an organisation: nobody else's past is looked into.
        narrowed.append(col(Commitment.organisation_id) == _organisation(actor, wanted.waiting_on))
    then = await commitments_then(session, when, _mine(actor, wanted), *narrowed, by_code=True)
    owed, late = owes(then), overdue(then, when.day)
    query = select(
        then.c.id,
        then.c.due_date,
        then.c.commitment_status,
        then.c.fulfilment_status,
        owed.label("owes"),
        late.label("overdue"),
        then.c.extension_asked,
    ).where(*_state(then, wanted, owed, late))
    if wanted.waiting_on is not None:
        query = query.where(_waits_for(actor, then, wanted.waiting_on, steward))
    # A house uses a code once.
    return query.order_by(then.c.code).limit(limit).subquery("chosen")


def _mine(actor: Actor, wanted: Filters) -> ColumnElement[bool]:
    if actor.kind is ActorKind.ORGANISATION:
        return and_(_of_house(actor), col(Commitment.organisation_id) == actor.id)
    if wanted.workshop is not None:
        return and_(col(Commitment.workshop_id) == wanted.workshop, _of_house(actor))
    return _of_house(actor)


def _of_house(actor: Actor) -> ColumnElement[bool]:
    return col(Commitment.organizer_id) == actor.tenant


def _narrowed(actor: Actor, when: Moment, wanted: Filters, after: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.id is not None:
        conditions.append(col(Commitment.id) == wanted.id)
    if wanted.workshop is not None:
        conditions.append(col(Commitment.workshop_id) == wanted.workshop)
    if actor.workshops is not None and actor.kind is not ActorKind.ORGANISATION:
        conditions.append(col(Commitment.workshop_id).in_(actor.workshops))
    if wanted.organisation is not None:
        conditions.append(col(Commitment.organisation_id) == _organisation(actor, wanted.organisation))
    if wanted.agreement is not None:
        conditions.append(_agreed(actor, when, wanted.agreement))
    if wanted.q is not None:
        conditions.append(_said(actor, wanted.q))
    if after is not None:
        conditions.append(col(Commitment.code) > after)
    return conditions


async def _dimensions(session: AsyncSession, actor: Actor, wanted: Filters) -> set[str]:
    if wanted.dimension is None:
        return set()
    return await data_items.spellings_of(session, actor, wanted.dimension)


def _items(actor: Actor, wanted: Filters, dimensions: Collection[str]) -> Select[UUID] | None:
    programme = select(col(Programme.id)).where(
        col(Programme.organizer_id) == actor.tenant, col(Programme.code) == wanted.programme
    )
    conditions = [
        condition
        for condition, asked in (
            (col(DataItem.dimension).in_(dimensions), wanted.dimension),
            (col(DataItem.item_kind) == wanted.item_kind, wanted.item_kind),
            (col(DataItem.code) == wanted.data_item, wanted.data_item),
            (col(DataItem.programme_id) == programme.scalar_subquery(), wanted.programme),
        )
        if asked is not None
    ]
    return (
        select(col(DataItem.id)).where(col(DataItem.organizer_id) == actor.tenant, *conditions) if conditions else None
    )


def _organisation(actor: Actor, code: str) -> ScalarSelect[UUID]:
    return organisations.of_code(code, actor.tenant).scalar_subquery()


def _agreed(actor: Actor, when: Moment, code: str) -> ColumnElement[bool]:
    agreement = select(col(Agreement.id)).where(
        col(Agreement.organizer_id) == actor.tenant, col(Agreement.code) == code
    )
    # Not EXISTS, see `commitments_as_of`.
    by_then = select(col(CommitmentHistory.id)).where(
        col(CommitmentHistory.commitment_id) == col(Commitment.id),
        col(CommitmentHistory.axis) == Axis.AGREEMENT,
        col(CommitmentHistory.at) <= when.at,
    )
    joined = by_then.limit(1).correlate(Commitment).scalar_subquery().is_not(None)
    return and_(col(Commitment.agreement_id) == agreement.scalar_subquery(), joined)


def _said(actor: Actor, words: str) -> ColumnElement[bool]:
    items = select(col(DataItem.id)).where(
        col(DataItem.organizer_id) == actor.tenant,
        or_(*(part.icontains(words, autoescape=True) for part in (col(DataItem.code), col(DataItem.name)))),
    )
    offices = select(col(Organisation.id)).where(
        col(Organisation.organizer_id) == actor.tenant,
        or_(*(part.icontains(words, autoescape=True) for part in (col(Organisation.code), col(Organisation.name)))),
    )
    return or_(
        col(Commitment.code).icontains(words, autoescape=True),
        col(Commitment.data_item_id).in_(items),
        col(Commitment.organisation_id).in_(offices),
    )


def _state(
    then: Subquery, wanted: Filters, owed: ColumnElement[bool], late: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.commitment_status is not None:
        conditions.append(then.c.commitment_status == wanted.commitment_status)
    if wanted.fulfilment_status is not None:
        conditions.append(then.c.fulfilment_status == wanted.fulfilment_status)
    if wanted.due_before is not None:
        conditions.append(then.c.due_date < wanted.due_before)
    if wanted.due_after is not None:
        conditions.append(then.c.due_date > wanted.due_after)
    for holds, asked in (
        (owed, wanted.owes),
        (late, wanted.overdue),
        (then.c.extension_asked, wanted.extension_requested),
    ):
        if asked is not None:
            conditions.append(holds if asked else not_(holds))
    return conditions


async def _steward(session: AsyncSession, actor: Actor) -> str:
    house = await session.get_one(Organizer, actor.tenant)
    return house.steward_code or house.slug


def _waits_for(actor: Actor, then: Subquery, code: str, steward: str | None) -> ColumnElement[bool]:
    """As `commitments_told.waiting_on` says it of one."""
    theirs = and_(owes(then), not_(then.c.extension_asked), then.c.organisation_id == _organisation(actor, code))
    submitted = and_(
        then.c.commitment_status.in_(OWING_PROMISES), then.c.fulfilment_status == FulfilmentStatus.SUBMITTED
    )
    stewards = or_(submitted, and_(owes(then), then.c.extension_asked))
    return or_(theirs, stewards if code == steward else false())
