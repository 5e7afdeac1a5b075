"""Commitments: asking, promising, declining, withdrawing, asking somebody else, and later due dates.

Two axes that move independently: the promise and the delivery. A delivery without a formal promise counts. Every verb
locks the commitment's row, checks, changes it and appends to its history. Staff and the organisation itself use the
same verbs; the actor decides whose rows are found.
"""

import re
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, ActorKind
from service.domain import data_items, organisations, workshops
from service.errors import AlreadyRequested, CodeTaken, InvalidInput, InvalidState, NotFound
from service.events import (
    CommitmentDeclined,
    CommitmentEvent,
    CommitmentExtended,
    CommitmentPledged,
    CommitmentReassigned,
    CommitmentRequested,
    CommitmentWithdrawn,
    ExtensionRequested,
)
from service.i18n import gettext as _
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentStatus, FulfilmentStatus
from service.models.commitments_shapes import (
    CommitmentCreate,
    ExtensionDecision,
    ExtensionRequest,
    PledgeCreate,
    ReasonGiven,
    ReassignmentCreate,
)
from service.models.data_items import DataItem
from service.models.organizers import Organizer

PROMISE: Mapping[CommitmentStatus, frozenset[CommitmentStatus]] = {
    CommitmentStatus.COMMITTED: frozenset({CommitmentStatus.REQUESTED}),
    CommitmentStatus.DECLINED: frozenset({CommitmentStatus.REQUESTED}),
    CommitmentStatus.WITHDRAWN: frozenset({CommitmentStatus.COMMITTED}),
}
"""From which states the promise may reach a state."""
DELIVERY: Mapping[FulfilmentStatus, frozenset[FulfilmentStatus]] = {
    FulfilmentStatus.SUBMITTED: frozenset({FulfilmentStatus.NOT_SUBMITTED, FulfilmentStatus.RETURNED}),
    FulfilmentStatus.ACCEPTED: frozenset({FulfilmentStatus.SUBMITTED}),
    FulfilmentStatus.RETURNED: frozenset({FulfilmentStatus.SUBMITTED, FulfilmentStatus.ACCEPTED}),
}
"""From which states the delivery may reach a state."""
STANDING = (CommitmentStatus.REQUESTED, CommitmentStatus.COMMITTED)
"""Promises that stand: asked for or given, not turned down."""
LONGEST_CODE = 64


async def find(session: AsyncSession, actor: Actor, commitment_id: UUID, *, lock: bool = False) -> Commitment:
    """A commitment of the actor's house, for an organisation only its own. Raises NotFound.

    `lock` holds the row until the transaction ends: two reviewers deciding at once then see each other's decision.
    """
    query = select(Commitment).where(Commitment.id == commitment_id, Commitment.organizer_id == actor.tenant)
    if actor.kind is ActorKind.ORGANISATION:
        query = query.where(Commitment.organisation_id == actor.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound
    if actor.kind is not ActorKind.ORGANISATION:
        actor.require_workshop(row.workshop_id)
    return row


async def request(session: AsyncSession, actor: Actor, data: CommitmentCreate) -> Commitment:
    """Asks an organisation for a data item. Raises InvalidInput, NotFound, AlreadyRequested, CodeTaken."""
    workshop = await workshops.find(session, actor, data.workshop)
    organisation = await organisations.named(session, actor, data.organisation, "/organisation")
    item = await data_items.named(session, actor, data.data_item, "/data_item")
    due_date = data.due_date if "due_date" in data.model_fields_set else item.due_date
    row = Commitment(
        organizer_id=actor.tenant,
        workshop_id=workshop.id,
        data_item_id=item.id,
        organisation_id=organisation.id,
        due_date=due_date,
        code=data.code or f"{item.code}-{organisation.code}"[:LONGEST_CODE],
    )
    return await _asked(session, actor, row, given_code=data.code)


async def pledge(session: AsyncSession, actor: Actor, commitment_id: UUID, data: PledgeCreate) -> Commitment:
    """The organisation promises. Raises NotFound, InvalidState."""
    row = await _promise(session, actor, commitment_id, CommitmentStatus.COMMITTED, None)
    row.signatory_office = data.signatory_office
    row.evidence = [proof.model_dump(mode="json") for proof in data.evidence]
    return await _recorded(session, actor, row, CommitmentPledged)


async def decline(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReasonGiven) -> Commitment:
    """The organisation does not promise. Raises NotFound, InvalidState."""
    row = await _promise(session, actor, commitment_id, CommitmentStatus.DECLINED, data.reason)
    return await _recorded(session, actor, row, CommitmentDeclined)


async def withdraw(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReasonGiven) -> Commitment:
    """A promise is taken back. Raises NotFound, InvalidState."""
    row = await _promise(session, actor, commitment_id, CommitmentStatus.WITHDRAWN, data.reason)
    return await _recorded(session, actor, row, CommitmentWithdrawn)


async def reassign(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReassignmentCreate) -> Commitment:
    """Asks another organisation for what was declined or withdrawn: a new row that points back.

    Raises NotFound, InvalidState (it stands, or was reassigned already), InvalidInput, AlreadyRequested, CodeTaken.
    """
    old = await find(session, actor, commitment_id, lock=True)
    successor = select(Commitment.id).where(Commitment.reassigned_from_id == old.id)
    if old.commitment_status in STANDING or (await session.exec(successor)).first() is not None:
        raise InvalidState
    organisation = await organisations.named(session, actor, data.organisation, "/organisation")
    if organisation.id == old.organisation_id:
        raise InvalidInput.at("/organisation", _("Pilih perangkat daerah yang lain."))
    root = re.sub(r"-\d+$", "", old.code) if old.reassigned_from_id else old.code
    row = Commitment(
        organizer_id=old.organizer_id,
        workshop_id=old.workshop_id,
        data_item_id=old.data_item_id,
        organisation_id=organisation.id,
        due_date=old.due_date,
        code=data.code or root,
        reassigned_from_id=old.id,
    )
    row = await _asked(session, actor, row, given_code=data.code)
    happened = CommitmentReassigned(
        organizer_id=old.organizer_id, workshop_id=old.workshop_id, commitment_id=old.id, successor_id=row.id
    )
    await outbox.record(session, happened, actor.label)
    return row


async def ask_extension(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ExtensionRequest) -> Commitment:
    """The organisation asks for a later due date. Raises NotFound, InvalidState, InvalidInput."""
    row = await _extensible(session, actor, commitment_id, data.until)
    if data.until < await today(session, actor):
        raise InvalidInput.at("/until", _("Pilih tanggal yang belum lewat."))
    await note(session, actor, row, Axis.EXTENSION, _iso(row.requested_until), data.until.isoformat(), data.reason)
    row.requested_until = data.until
    return await _recorded(session, actor, row, ExtensionRequested)


async def extend(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ExtensionDecision) -> Commitment:
    """The steward sets a later due date, asked for or not. Raises NotFound, InvalidState, InvalidInput."""
    row = await _extensible(session, actor, commitment_id, data.until)
    await note(session, actor, row, Axis.DUE_DATE, _iso(row.due_date), data.until.isoformat(), data.reason)
    row.due_date, row.requested_until = data.until, None
    return await _recorded(session, actor, row, CommitmentExtended)


async def deliver(
    session: AsyncSession, actor: Actor, row: Commitment, status: FulfilmentStatus, reason: str | None
) -> None:
    """Moves the delivery of a locked commitment. Raises InvalidState."""
    if row.fulfilment_status not in DELIVERY[status]:
        raise InvalidState
    await note(session, actor, row, Axis.FULFILMENT, row.fulfilment_status, status, reason)
    row.fulfilment_status = status


async def note(
    session: AsyncSession,
    actor: Actor,
    row: Commitment,
    axis: Axis,
    before: str | None,
    after: str,
    reason: str | None,
) -> None:
    """Appends to the history of a locked commitment. Time never runs backwards in it, whatever machine writes."""
    row.changed_at = max(clock.now(), row.changed_at)
    row.version += 1
    session.add(row)
    session.add(
        CommitmentHistory(
            commitment_id=row.id,
            axis=axis,
            at=row.changed_at,
            by=actor.label,
            before=before,
            after=after,
            reason=reason,
        )
    )
    await session.flush()


async def today(session: AsyncSession, actor: Actor) -> date:
    """The calendar day it is for the actor's organizer."""
    return clock.local_date(clock.now(), await timezone(session, actor))


async def timezone(session: AsyncSession, actor: Actor) -> str:
    """The IANA zone of the actor's organizer."""
    house = await session.get(Organizer, actor.tenant)
    if house is None:
        raise NotFound
    return house.timezone


async def _promise(
    session: AsyncSession, actor: Actor, commitment_id: UUID, status: CommitmentStatus, reason: str | None
) -> Commitment:
    row = await find(session, actor, commitment_id, lock=True)
    if row.commitment_status not in PROMISE[status]:
        raise InvalidState
    await note(session, actor, row, Axis.COMMITMENT, row.commitment_status, status, reason)
    row.commitment_status = status
    return row


async def _extensible(session: AsyncSession, actor: Actor, commitment_id: UUID, until: date) -> Commitment:
    row = await find(session, actor, commitment_id, lock=True)
    if row.commitment_status not in STANDING or row.fulfilment_status is FulfilmentStatus.ACCEPTED:
        raise InvalidState
    if row.due_date is not None and until <= row.due_date:
        raise InvalidInput.at("/until", _("Pilih tanggal sesudah tenggat sekarang."))
    return row


async def _asked(session: AsyncSession, actor: Actor, row: Commitment, *, given_code: str | None) -> Commitment:
    # The item's row is the lock under which nobody else asks for the same thing, or takes the same made-up code.
    await session.exec(select(DataItem.id).where(DataItem.id == row.data_item_id).with_for_update())
    same = select(Commitment.id).where(
        Commitment.data_item_id == row.data_item_id,
        Commitment.workshop_id == row.workshop_id,
        Commitment.organisation_id == row.organisation_id,
        col(Commitment.commitment_status).in_(STANDING),
    )
    if (await session.exec(same)).first() is not None:
        raise AlreadyRequested
    row.code = await _free_code(session, row, made_up=given_code is None)
    row.requested_at = row.changed_at = clock.now()
    session.add(row)
    await session.flush()
    await note(session, actor, row, Axis.COMMITMENT, None, CommitmentStatus.REQUESTED, None)
    row.version = 1
    return await _recorded(session, actor, row, CommitmentRequested)


async def _free_code(session: AsyncSession, row: Commitment, *, made_up: bool) -> str:
    code, number = row.code, 1
    while await _taken(session, row.organizer_id, code):
        if not made_up:
            raise CodeTaken
        number += 1
        code = f"{row.code[: LONGEST_CODE - 4]}-{number}"
    return code


async def _taken(session: AsyncSession, organizer_id: UUID, code: str) -> bool:
    query = select(Commitment.id).where(Commitment.organizer_id == organizer_id, Commitment.code == code)
    return (await session.exec(query)).first() is not None


async def _recorded(
    session: AsyncSession, actor: Actor, row: Commitment, happened: type[CommitmentEvent]
) -> Commitment:
    event = happened(organizer_id=row.organizer_id, workshop_id=row.workshop_id, commitment_id=row.id)
    await outbox.record(session, event, actor.label)
    await session.flush()
    return row


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
