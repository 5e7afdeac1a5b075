"""What a device collected while it was offline: stored in one transaction, a verdict each, nothing dropped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox, tokens
from service.auth import Actor
from service.db import is_postgresql, listed, settings_of
from service.domain import (
    attendance,
    checkin_facts as facts,
    checkins,
    devices,
    walk_ins as arrivals,
    walk_ins_undone,
    workshops,
)
from service.domain.attendance import Scan
from service.domain.checkin_rules import Block, Clocks, Hall, Person, answer, judge
from service.events import CheckinAnnulled, Event
from service.models.attendance import Annulment, Checkin, Verdict
from service.models.attendance_shapes import AnnulItem, CheckinBatch, CheckinCreate, CheckinRead
from service.models.workshops import AttendanceBlock
from service.tokens import new_id

_ANNULMENTS = Annulment.metadata.tables["annulments"]


@dataclass
class _Batch:
    """A batch on its way through: who is meant, what was known, what will be stored."""

    actor: Actor
    hall: Hall
    clocks: Clocks
    meant: dict[UUID, UUID | None]
    people: dict[UUID, Person]
    scans: dict[UUID, list[Scan]]
    undone: set[UUID]
    rows: list[dict[str, object]] = field(default_factory=list)
    stored: dict[UUID, tuple[Person | None, Scan]] = field(default_factory=dict)
    complete: bool = True
    """Whether `scans` are still all that is stored of these people, as it is stored."""


async def check_in_batch(
    session: AsyncSession, actor: Actor, workshop_id: UUID, data: CheckinBatch, received_at: datetime
) -> list[CheckinRead]:
    """Stores scans and undos in the order given; an answer each. Repeated nonces get their first answer.

    `received_at`: when the request began. Measured any later, the skew would include a slow upload and waits for locks.

    The final state does not depend on order, repetition or cut, because attendance is folded from the facts; only the
    verdicts say what was known at the time. Raises NotFound.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    scans = [item for item in data.items if isinstance(item, CheckinCreate)]
    undos = [item for item in data.items if isinstance(item, AnnulItem)]
    await facts.share_door(session, workshop_id, alone=bool(undos))
    told = await facts.answers(session, workshop_id, [item.nonce for item in scans])
    told_undos = await _undo_answers(session, workshop_id, [item.nonce for item in undos])
    new = list({item.nonce: item for item in reversed(scans) if item.nonce not in told}.values())[::-1]
    new_undos = list({item.nonce: item for item in reversed(undos) if item.nonce not in told_undos}.values())[::-1]

    targets = await _targets(session, workshop_id, [item.annul.nonce for item in new_undos])
    walk_ins = await _walk_ins(session, actor, workshop_id, new, targets)
    await walk_ins_undone.lock(session, workshop_id, [person for _, person in targets.values() if person])
    meant = {item.nonce: _person_id(item, walk_ins) for item in new}
    people = await _lock_people(session, actor, meant, targets)
    batch = _Batch(
        actor=actor,
        hall=Hall(workshop_id, actor.tenant, workshop.starts_at, workshop.ends_at, await _blocks(session, workshop_id)),
        clocks=Clocks(received_at, data.device_clock - received_at),
        meant=meant,
        people=people,
        scans=await attendance.scans_of(session, people),
        undone=await _undone(session, workshop_id, new, new_undos),
    )
    for item in new:
        told[item.nonce] = _judge(session, batch, item)
    told |= await _keep(session, batch)
    told_undos |= await _undo(session, batch, new_undos)
    ours = [person.id for person in people.values() if person.workshop_id == workshop_id]
    await attendance.refresh(session, workshop_id, ours, batch.scans if batch.complete else None)
    if new_undos or batch.undone:
        await walk_ins_undone.settle(session, actor, workshop_id, ours)
    await devices.synced(session, actor, received_at, data.device_clock - received_at)
    return [told_undos[item.nonce] if isinstance(item, AnnulItem) else told[item.nonce] for item in data.items]


def _judge(session: AsyncSession, batch: _Batch, item: CheckinCreate) -> CheckinRead:
    person_id = batch.meant[item.nonce]
    person = batch.people.get(person_id) if person_id else None
    if person and item.ticket and not person.owns(item.ticket, settings_of(session).keyring):
        person = None
    known = batch.scans[person.id] if person else []
    judged = judge(
        item,
        person,
        batch.hall,
        known,
        batch.clocks,
        annulled=item.nonce in batch.undone,
        device=facts.device_name(batch.actor),
    )
    known.append(judged.scan)
    told = answer(judged, person)
    batch.stored[item.nonce] = (person, judged.scan)
    batch.rows.append(
        facts.row_of(batch.actor, batch.hall.id, person, item, judged.scan, told, batch.clocks.received_at)
    )
    return told


async def _keep(session: AsyncSession, batch: _Batch) -> dict[UUID, CheckinRead]:
    """Stores the judged scans; answers with what others were told who stored the same nonces at the same moment."""
    fresh = await facts.keep(session, batch.rows)
    events = [
        facts.recorded(batch.actor, batch.hall.id, person, scan)
        for nonce, (person, scan) in batch.stored.items()
        if nonce in fresh
    ]
    await outbox.record_all(session, events, batch.actor.label)
    lost = batch.stored.keys() - fresh
    batch.complete = not lost
    return await facts.answers(session, batch.hall.id, lost) if lost else {}


async def _undo(session: AsyncSession, batch: _Batch, undos: Sequence[AnnulItem]) -> dict[UUID, CheckinRead]:
    """Stores undos and marks what they name, be it stored long ago, just now, or in time to come."""
    if not (undos or batch.undone):
        return {}
    batch.complete = False
    known = await _targets(session, batch.hall.id, [item.annul.nonce for item in undos])
    told = {item.nonce: _undo_answer(item, known.get(item.annul.nonce)) for item in undos}
    rows = [
        {
            "id": new_id(),
            "organizer_id": batch.actor.tenant,
            "workshop_id": batch.hall.id,
            "nonce": item.nonce,
            "target": item.annul.nonce,
            "reason": item.annul.reason,
            "by": batch.actor.label,
            "claimed_at": item.claimed_at,
            "happened_at": batch.clocks.corrected(item.claimed_at),
            "received_at": batch.clocks.received_at,
            "answer": told[item.nonce].model_dump(mode="json"),
        }
        for item in undos
    ]
    if rows:
        insert = postgresql.insert if is_postgresql(session) else sqlite.insert
        statement = insert(_ANNULMENTS).on_conflict_do_nothing(index_elements=["workshop_id", "nonce"])
        await (await session.connection()).execute(statement, rows)
    marked = await facts.mark_undone(session, batch.hall.id, batch.undone | known.keys())
    events: list[Event] = [
        CheckinAnnulled(
            organizer_id=batch.actor.tenant,
            workshop_id=batch.hall.id,
            checkin_id=checkin_id,
            registration_id=registration_id,
        )
        for checkin_id, registration_id in marked
    ]
    await outbox.record_all(session, events, batch.actor.label)
    return told


def _undo_answer(item: AnnulItem, target: tuple[UUID, UUID | None] | None) -> CheckinRead:
    return CheckinRead(
        verdict=Verdict.ACCEPTED,
        reason=None,
        checkin_id=target[0] if target else None,
        nonce=item.nonce,
        block=None,
        registration=None,
        first=None,
        late=False,
    )


def _person_id(item: CheckinCreate, walk_ins: dict[str, UUID]) -> UUID | None:
    if item.walk_in:
        return walk_ins[item.walk_in.client_id]
    return item.registration_id or (tokens.subject(item.ticket) if item.ticket else None)


async def _walk_ins(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID,
    items: Sequence[CheckinCreate],
    targets: dict[UUID, tuple[UUID, UUID | None]],
) -> dict[str, UUID]:
    wanted = [item.walk_in for item in items if item.walk_in]
    if not wanted:
        return {}
    named = [_person_id(item, {}) for item in items if not item.walk_in] + [person for _, person in targets.values()]
    beside = [one for one in named if one]
    return await arrivals.register(session, actor, workshop_id, wanted, lenient=True, beside=beside)


async def _lock_people(
    session: AsyncSession,
    actor: Actor,
    meant: dict[UUID, UUID | None],
    targets: dict[UUID, tuple[UUID, UUID | None]],
) -> dict[UUID, Person]:
    ids = {*meant.values()} | {person for _, person in targets.values()}
    return await checkins.lock_people(session, actor, [one for one in ids if one])


async def _blocks(session: AsyncSession, workshop_id: UUID) -> list[Block]:
    query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop_id)
    return [Block(one.id, one.code, one.starts_at, one.ends_at, one.checkin_from) for one in await session.exec(query)]


async def _targets(
    session: AsyncSession, workshop_id: UUID, nonces: Collection[UUID]
) -> dict[UUID, tuple[UUID, UUID | None]]:
    """(scan, registration) of the stored scans with these nonces."""
    if not nonces:
        return {}
    query = select(Checkin.nonce, Checkin.id, Checkin.registration_id).where(
        Checkin.workshop_id == workshop_id, listed(session, col(Checkin.nonce), nonces)
    )
    return {nonce: (checkin_id, person) for nonce, checkin_id, person in await session.exec(query)}


async def _undone(
    session: AsyncSession, workshop_id: UUID, items: Sequence[CheckinCreate], undos: Sequence[AnnulItem]
) -> set[UUID]:
    """The nonces among these scans that an undo names, stored before or in this batch."""
    nonces = {item.nonce for item in items}
    query = select(Annulment.target).where(
        Annulment.workshop_id == workshop_id, listed(session, col(Annulment.target), nonces)
    )
    return set(await session.exec(query)) | ({item.annul.nonce for item in undos} & nonces)


async def _undo_answers(session: AsyncSession, workshop_id: UUID, nonces: Collection[UUID]) -> dict[UUID, CheckinRead]:
    if not nonces:
        return {}
    query = select(Annulment.nonce, Annulment.answer).where(
        Annulment.workshop_id == workshop_id, listed(session, col(Annulment.nonce), nonces)
    )
    return {nonce: CheckinRead.model_validate(told) for nonce, told in await session.exec(query)}
