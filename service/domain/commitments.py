"""Commitments: promising, declining, withdrawing, and later due dates.

Two axes that move independently: the promise and the delivery. A delivery without a formal promise counts. Every verb
locks the commitment's row, checks, changes it and appends to its history. Staff and the organisation itself use the
same verbs; the actor decides whose rows are found.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, ActorKind
from service.domain import proofs
from service.domain.commitments_as_of import REFUSED
from service.domain.workshops import PUBLIC_STATUSES
from service.errors import InvalidInput, InvalidState, NotFound
from service.events import (
    CommitmentDeclined,
    CommitmentEvent,
    CommitmentExtended,
    CommitmentPledged,
    CommitmentWithdrawn,
    ExtensionRefused,
    ExtensionRequested,
)
from service.i18n import gettext as _
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentStatus, DueRule, FulfilmentStatus
from service.models.commitments_shapes import (
    ExtensionDecision,
    ExtensionRequest,
    PledgeCreate,
    ReasonGiven,
)
from service.models.organizers import Organizer
from service.models.workshops import AgendaItem, Workshop

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


async def pledge(session: AsyncSession, actor: Actor, commitment_id: UUID, data: PledgeCreate) -> Commitment:
    """The organisation promises. Raises NotFound, InvalidState, InvalidInput for another house's workshop or agenda."""
    row = await _promise(session, actor, commitment_id, CommitmentStatus.COMMITTED, None)
    row.signatory_office = data.signatory_office
    row.pledged_workshop_id, row.pledged_agenda_item = await _occasion(session, actor, row, data)
    prove(row, [proofs.kept(actor, proof, row.changed_at) for proof in data.evidence])
    return await recorded(session, actor, row, CommitmentPledged)


async def decline(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReasonGiven) -> Commitment:
    """The organisation does not promise. Raises NotFound, InvalidState."""
    row = await _promise(session, actor, commitment_id, CommitmentStatus.DECLINED, data.reason)
    return await recorded(session, actor, row, CommitmentDeclined)


async def withdraw(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReasonGiven) -> Commitment:
    """A promise is taken back. Raises NotFound, InvalidState."""
    row = await _promise(session, actor, commitment_id, CommitmentStatus.WITHDRAWN, data.reason)
    return await recorded(session, actor, row, CommitmentWithdrawn)


async def ask_extension(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ExtensionRequest) -> Commitment:
    """The organisation asks for a later due date. Raises NotFound, InvalidState, InvalidInput."""
    row = await _extensible(session, actor, commitment_id, data.until)
    if data.until < await today(session, actor):
        raise InvalidInput.at("/until", _("Pilih tanggal yang belum lewat."))
    await note(session, actor, row, Axis.EXTENSION, _iso(row.requested_until), data.until.isoformat(), data.reason)
    row.requested_until = data.until
    return await recorded(session, actor, row, ExtensionRequested)


async def extend(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ExtensionDecision) -> Commitment:
    """The steward sets a later due date, asked for or not. Raises NotFound, InvalidState, InvalidInput."""
    row = await _extensible(session, actor, commitment_id, data.until)
    await note(session, actor, row, Axis.DUE_DATE, _iso(row.due_date), data.until.isoformat(), data.reason)
    row.due_date, row.due_rule, row.requested_until = data.until, DueRule.FIXED, None
    return await recorded(session, actor, row, CommitmentExtended)


async def refuse_extension(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReasonGiven) -> Commitment:
    """The steward keeps the due date. Raises NotFound; InvalidState when no later one is asked for."""
    row = await find(session, actor, commitment_id, lock=True)
    if row.requested_until is None:
        raise InvalidState
    await note(session, actor, row, Axis.EXTENSION, row.requested_until.isoformat(), REFUSED, data.reason)
    row.requested_until = None
    return await recorded(session, actor, row, ExtensionRefused)


def prove(row: Commitment, evidence: Iterable[proofs.Stored]) -> bool:
    """Adds proofs to a locked commitment; False when it has all of them already. Raises InvalidInput for too many."""
    whole = proofs.added(row.evidence, evidence)
    if len(whole) == len(row.evidence):
        return False
    row.evidence = whole
    row.evidence_at = row.evidence_at or proofs.given_at(whole[-1])
    return True


async def deliver(
    session: AsyncSession, actor: Actor, row: Commitment, status: FulfilmentStatus, reason: str | None
) -> None:
    """Moves the delivery of a locked commitment. Raises InvalidState."""
    if row.fulfilment_status not in DELIVERY[status]:
        raise InvalidState
    await note(session, actor, row, Axis.FULFILMENT, row.fulfilment_status, status, reason)
    row.fulfilment_status = status
    if status is FulfilmentStatus.ACCEPTED:
        row.requested_until = None


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
    zone = (await session.exec(select(Organizer.timezone).where(Organizer.id == actor.tenant))).first()
    if zone is None:
        raise NotFound
    return zone


async def _occasion(
    session: AsyncSession, actor: Actor, row: Commitment, data: PledgeCreate
) -> tuple[UUID | None, str | None]:
    """The workshop at which it is promised, and the title of the agenda's entry. Raises InvalidInput."""
    workshop_id = data.workshop or (row.workshop_id if data.agenda_item else None)
    if workshop_id is None:
        return None, None
    workshop = await session.get(Workshop, workshop_id)
    if workshop is None or not _may_name(actor, workshop, row):
        raise InvalidInput.at("/workshop", _("Pilih kegiatan penyelenggara ini."))
    if data.agenda_item is None:
        return workshop_id, None
    item = await session.get(AgendaItem, data.agenda_item)
    if item is None or item.workshop_id != workshop_id:
        raise InvalidInput.at("/agenda_item", _("Pilih acara dari kegiatan tersebut."))
    return workshop_id, item.title


def _may_name(actor: Actor, workshop: Workshop, row: Commitment) -> bool:
    """An organisation hears of no workshop but its own and published ones; staff of those they are not kept from."""
    if workshop.organizer_id != row.organizer_id:
        return False
    if actor.kind is ActorKind.ORGANISATION:
        return workshop.id == row.workshop_id or not is_hidden(workshop)
    return actor.workshops is None or workshop.id in actor.workshops


def is_hidden(workshop: Workshop) -> bool:
    """Whether organisations have not heard of this workshop yet."""
    return workshop.status not in PUBLIC_STATUSES or workshop.never_published


async def _promise(
    session: AsyncSession, actor: Actor, commitment_id: UUID, status: CommitmentStatus, reason: str | None
) -> Commitment:
    row = await find(session, actor, commitment_id, lock=True)
    if row.commitment_status not in PROMISE[status]:
        raise InvalidState
    await note(session, actor, row, Axis.COMMITMENT, row.commitment_status, status, reason)
    row.commitment_status = status
    if status not in STANDING:
        row.requested_until = None
    return row


async def _extensible(session: AsyncSession, actor: Actor, commitment_id: UUID, until: date) -> Commitment:
    row = await find(session, actor, commitment_id, lock=True)
    if row.commitment_status not in STANDING or row.fulfilment_status is FulfilmentStatus.ACCEPTED:
        raise InvalidState
    if row.due_date is not None and until <= row.due_date:
        raise InvalidInput.at("/until", _("Pilih tanggal sesudah tenggat sekarang."))
    return row


async def recorded(session: AsyncSession, actor: Actor, row: Commitment, happened: type[CommitmentEvent]) -> Commitment:
    """The row, after the event about it was written down."""
    event = happened(organizer_id=row.organizer_id, workshop_id=row.workshop_id, commitment_id=row.id)
    await outbox.record(session, event, actor.label)
    await session.flush()
    return row


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
