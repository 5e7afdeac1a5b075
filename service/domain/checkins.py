"""The door: one scan at a time, undoing a scan.

Batches stand in checkin_batches.py, walk-ins in walk_ins.py, the rules in checkin_rules.py, the stored facts in
checkin_facts.py. The nonce is looked at before any rule, and what was answered is stored with the fact, so an honest
repeat gets its first answer whatever has changed since. Everything about one person happens under the lock of that
registration's row; otherwise two doors could both be told `accepted`. This is the hot path: columns instead of objects,
few statements.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, RowMapping, Select, Uuid, bindparam, func, or_, select as select_columns, true
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import Actor
from service.db import is_postgresql, listed, settings_of
from service.domain import attendance, checkin_facts as facts, walk_ins, walk_ins_undone, workshops
from service.domain.attendance import Folded, Scan
from service.domain.checkin_rules import Block, Clocks, Hall, Person, answer, judge
from service.errors import NotFound
from service.events import CheckinAnnulled
from service.models.attendance import Annulment, Attendance, AttendanceMode, Checkin, Direction
from service.models.attendance_shapes import CheckinCreate, CheckinRead
from service.models.devices import Device
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop

_ON_SCREEN = (AttendanceMode.ONLINE, AttendanceMode.DUAL)

_PEOPLE = select_columns(
    col(Registration.id),
    col(Registration.workshop_id),
    col(Registration.number),
    col(Registration.name),
    col(Registration.position),
    col(Registration.represents),
    col(Registration.mode),
    col(Registration.status),
    col(Registration.confirmed_at),
    col(Registration.cancelled_at),
    col(Registration.link_version),
    col(Registration.key_id),
    func.coalesce(col(Organisation.code), col(Registration.organisation_name)),
).outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
_PERSON = _PEOPLE.where(
    col(Registration.id) == bindparam("person"), col(Registration.organizer_id) == bindparam("organizer")
)
_LOCKED_PERSON = _PERSON.with_for_update(of=Registration, key_share=True)


def _through_door(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """PostgreSQL: also takes the door's shared lock (see `share_door`), before the row's and in the same statement."""
    shared = func.pg_advisory_xact_lock_shared(bindparam("door", type_=BigInteger))
    return query.join(select_columns(shared).subquery("door"), true())


def _door_query() -> Select[*tuple[Any, ...]]:
    """The workshop with its blocks, and beside each block what is known of one person there."""
    earlier = aliased(Checkin)
    first_answer = (
        select_columns(col(earlier.answer))
        .where(col(earlier.workshop_id) == col(Workshop.id), col(earlier.nonce) == bindparam("nonce"))
        .scalar_subquery()
    )
    undone = (
        select_columns(col(Annulment.id))
        .where(col(Annulment.workshop_id) == col(Workshop.id), col(Annulment.target) == bindparam("nonce"))
        .exists()
    )
    person = bindparam("person", type_=Uuid)
    return (
        select_columns(
            col(Workshop.organizer_id),
            col(Workshop.starts_at),
            col(Workshop.ends_at),
            first_answer.label("first_answer"),
            undone.label("undone"),
            col(AttendanceBlock.id).label("block_id"),
            col(AttendanceBlock.code),
            col(AttendanceBlock.starts_at).label("block_starts_at"),
            col(AttendanceBlock.ends_at).label("block_ends_at"),
            col(AttendanceBlock.checkin_from),
            col(Checkin.id).label("scan_id"),
            col(Checkin.nonce),
            col(Checkin.block_id).label("scan_block_id"),
            col(Checkin.direction),
            col(Checkin.happened_at),
            col(Checkin.verdict),
            col(Checkin.refusal),
            col(Checkin.needs_admit),
            col(Checkin.admit_reason),
            col(Device.name).label("device"),
            col(Attendance.mode),
            col(Attendance.minutes),
            col(Attendance.last_fact_at),
        )
        .outerjoin(AttendanceBlock, col(AttendanceBlock.workshop_id) == col(Workshop.id))
        .outerjoin(
            Checkin,
            (col(Checkin.registration_id) == person)
            & col(Checkin.annulled_at).is_(None)
            & or_(
                col(Checkin.block_id) == col(AttendanceBlock.id),
                # An exception counts even where no block was open.
                col(Checkin.block_id).is_(None) & col(Checkin.admit_reason).is_not(None),
            ),
        )
        .outerjoin(Device, col(Device.id) == col(Checkin.device_id))
        .outerjoin(
            Attendance,
            (col(Attendance.registration_id) == person) & (col(Attendance.block_id) == col(AttendanceBlock.id)),
        )
        .where(col(Workshop.id) == bindparam("workshop"))
    )


_PERSON_THROUGH_DOOR = _through_door(_LOCKED_PERSON)
_DOOR = _door_query()


async def check_in(session: AsyncSession, actor: Actor, workshop_id: UUID, data: CheckinCreate) -> CheckinRead:
    """Stores one scan, whatever the verdict, and says what the door is to do. A repeated nonce gets the first answer.

    Raises NotFound for a workshop that is not the actor's, InvalidInput for a walk-in of an unknown organisation.
    """
    actor.require_workshop(workshop_id)
    person_id = data.registration_id or (tokens.subject(data.ticket) if data.ticket else None)
    if data.walk_in:
        await workshops.find(session, actor, workshop_id)
        known = await facts.answers(session, workshop_id, [data.nonce])
        if known:
            return known[data.nonce]
        await facts.share_door(session, workshop_id)
        person_id = (await walk_ins.register(session, actor, workshop_id, [data.walk_in]))[data.walk_in.client_id]
    person = await _lock_person(session, actor, workshop_id, person_id)
    if person and data.ticket and not person.owns(data.ticket, settings_of(session).keyring):
        person = None
    door = await _look(session, actor, workshop_id, person, data.nonce)
    if door[0]["first_answer"] is not None:
        return CheckinRead.model_validate(door[0]["first_answer"])
    known_scans = _scans_of(door)
    now = clock.now()
    judged = judge(
        data,
        person,
        _hall_of(workshop_id, door),
        known_scans,
        Clocks(now),
        annulled=bool(door[0]["undone"]),
        device=facts.device_name(actor),
    )
    told = answer(judged, person)
    fact = facts.row_of(actor, workshop_id, person, data, judged.scan, told, now)
    attended = _attended(workshop_id, person, door, known_scans, judged.scan) if person else None
    event = facts.recorded(actor, workshop_id, person, judged.scan)
    if not await facts.keep_one(session, fact, attended, event, actor.label):
        # The same nonce for somebody else was quicker, so no lock made us wait for it.
        return (await facts.answers(session, workshop_id, [data.nonce]))[data.nonce]
    if judged.scan.annulled:
        await facts.mark_undone(session, workshop_id, [data.nonce])
        if person and data.walk_in:
            await walk_ins_undone.settle(session, actor, workshop_id, [person.id])
    if person and judged.scan.admits:
        await attendance.refresh(session, workshop_id, [person.id])
    return told


async def _lock_person(session: AsyncSession, actor: Actor, workshop_id: UUID, person_id: UUID | None) -> Person | None:
    if person_id is None:
        return None
    connection = await session.connection()
    parameters: dict[str, object] = {"person": person_id, "organizer": actor.tenant}
    query = _LOCKED_PERSON
    if is_postgresql(session):
        query, parameters["door"] = _PERSON_THROUGH_DOOR, facts.door_key(workshop_id)
    row = (await connection.execute(query, parameters)).first()
    return Person(*tuple(row)) if row else None


async def lock_people(session: AsyncSession, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Person]:
    """These registrations of the actor's house, locked in one order for all until the transaction ends."""
    if not ids:
        return {}
    query = (
        _PEOPLE.where(listed(session, col(Registration.id), ids), col(Registration.organizer_id) == actor.tenant)
        .order_by(col(Registration.id))
        .with_for_update(of=Registration, key_share=True)
    )
    return {row[0]: Person(*tuple(row)) for row in await attendance.rows_of(session, query)}


async def _look(
    session: AsyncSession, actor: Actor, workshop_id: UUID, person: Person | None, nonce: UUID
) -> Sequence[RowMapping]:
    """Read after the lock was taken: READ COMMITTED sees what the one before us has stored."""
    parameters = {"workshop": workshop_id, "person": person.id if person else None, "nonce": nonce}
    door = (await (await session.connection()).execute(_DOOR, parameters)).mappings().all()
    if not door or door[0]["organizer_id"] != actor.tenant:
        raise NotFound
    return door


def _hall_of(workshop_id: UUID, door: Sequence[RowMapping]) -> Hall:
    blocks = {
        row["block_id"]: Block(
            row["block_id"], row["code"], row["block_starts_at"], row["block_ends_at"], row["checkin_from"]
        )
        for row in door
        if row["block_id"]
    }
    first = door[0]
    return Hall(workshop_id, first["organizer_id"], first["starts_at"], first["ends_at"], list(blocks.values()))


def _scans_of(door: Sequence[RowMapping]) -> list[Scan]:
    scans = {
        row["scan_id"]: Scan(
            id=row["scan_id"],
            nonce=row["nonce"],
            block_id=row["scan_block_id"],
            direction=row["direction"],
            happened_at=row["happened_at"],
            verdict=row["verdict"],
            refusal=row["refusal"],
            needs_admit=row["needs_admit"],
            admits=row["admit_reason"] is not None,
            device=row["device"],
        )
        for row in door
        if row["scan_id"]
    }
    return list(scans.values())


def _attended(
    workshop_id: UUID, person: Person, door: Sequence[RowMapping], known: list[Scan], scan: Scan
) -> dict[str, object] | None:
    """The cached row after one more scan, from what the lock holds still: what folding everything would give, at less
    cost. None when the scan does not count, or when it lets older ones count, which only folding everything finds.
    """
    counted = attendance.counted([*known, scan])
    if scan.block_id is None or scan.direction is Direction.OUT or scan.admits or scan not in counted:
        return None
    cached = next(row for row in door if row["block_id"] == scan.block_id)
    folded = Folded(
        online=cached["mode"] in _ON_SCREEN, minutes=cached["minutes"] or 0, last_fact_at=cached["last_fact_at"]
    )
    for one in counted:
        if one.block_id == scan.block_id:
            folded = folded.plus(one)
    return attendance.attendance_row(workshop_id, (person.id, scan.block_id), folded, clock.now())


# Undoing


async def annul(session: AsyncSession, actor: Actor, checkin_id: UUID, reason: str) -> Checkin:
    """Marks a scan as undone; the fact stays. Undoing it again changes nothing. Raises NotFound.

    A walk-in of whom nothing stands any more is cancelled with it, see walk_ins_undone.py.
    """
    row = await session.get(Checkin, checkin_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    if row.registration_id:
        await walk_ins_undone.lock(session, row.workshop_id, [row.registration_id])
        await attendance.lock(session, [row.registration_id])
        await session.refresh(row)
    if row.annulled_at is None:
        row.annulled_at, row.annulled_by, row.annulment_reason = clock.now(), actor.label, reason
        session.add(row)
        await session.flush()
        event = CheckinAnnulled(
            organizer_id=row.organizer_id,
            workshop_id=row.workshop_id,
            checkin_id=row.id,
            registration_id=row.registration_id,
        )
        await outbox.record(session, event, actor.label)
        if row.registration_id:
            await attendance.refresh(session, row.workshop_id, [row.registration_id])
            await walk_ins_undone.settle(session, actor, row.workshop_id, [row.registration_id])
    return row
