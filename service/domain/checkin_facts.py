"""Scans as stored facts: kept once per nonce, with the answer that was given."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Boolean, ColumnElement, Select, Table, bindparam, select as select_columns, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import Actor, ActorKind
from service.db import as_json, for_each, is_postgresql, rows_in_json, run, run_sql
from service.domain import attendance
from service.domain.attendance import Scan
from service.domain.checkin_rules import Person
from service.events import CheckinRecorded, Event
from service.models.attendance import Annulment, Checkin, RefusalReason
from service.models.attendance_shapes import CheckinCreate, CheckinRead

_TABLE = Checkin.metadata.tables["checkins"]
_EVENTS = Checkin.metadata.tables["events"]
_EVENT_COLUMNS = ("id", "organizer_id", "type", "data", "actor", "happened_at")
_KEEP_POSTGRESQL = (
    postgresql.insert(_TABLE).on_conflict_do_nothing(index_elements=["workshop_id", "nonce"]).returning(_TABLE.c.nonce)
)
_KEEP_MANY = (
    postgresql.insert(_TABLE)
    .from_select(_TABLE.columns.keys(), rows_in_json(_TABLE, _TABLE.columns.keys()), include_defaults=False)
    .on_conflict_do_nothing(index_elements=["workshop_id", "nonce"])
    .returning(_TABLE.c.nonce)
)
_KEEP_SQLITE = (
    sqlite.insert(_TABLE).on_conflict_do_nothing(index_elements=["workshop_id", "nonce"]).returning(_TABLE.c.nonce)
)


def _keep_in_one() -> Select[*tuple[Any, ...]]:
    """PostgreSQL: fact, attendance and event in one statement; the two latter only if the fact was new."""
    new = _KEEP_POSTGRESQL.values({one.name: bindparam(f"fact_{one.name}", type_=one.type) for one in _TABLE.columns})
    fact = new.cte("fact")
    recorded = _from_fact(_EVENTS, _EVENT_COLUMNS, "event", fact).returning(_EVENTS.c.id)
    attended = attendance.upsert(
        _from_fact(
            attendance.TABLE, attendance.TABLE.columns.keys(), "attended", fact, bindparam("counts", type_=Boolean)
        )
    )
    return select_columns(fact.c.nonce).add_cte(
        recorded.cte("recorded"), attended.returning(attendance.TABLE.c.block_id).cte("attended")
    )


def _from_fact(
    table: Table, columns: Sequence[str], prefix: str, fact: CTE, *conditions: ColumnElement[bool]
) -> postgresql.Insert:
    values = [bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in columns]
    return postgresql.insert(table).from_select(columns, select_columns(*values).select_from(fact).where(*conditions))


_KEEP_IN_ONE = _keep_in_one()


async def share_door(session: AsyncSession, workshop_id: UUID, *, alone: bool = False) -> None:
    """Takes the workshop's door until the transaction ends: shared for scans, alone for undos.

    An undo may arrive before its scan. Were both in flight at once, neither would see the other, and the scan would
    count although it was undone. On SQLite the writing transaction itself is the lock.
    """
    if is_postgresql(session):
        take = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        await run_sql(session, f"SELECT {take}(:door)", door=door_key(workshop_id))


def door_key(workshop_id: UUID) -> int:
    return int.from_bytes(workshop_id.bytes[8:], "big", signed=True)


def device_name(actor: Actor) -> str | None:
    """The device's name as `first` shows it; staff stay unnamed."""
    return actor.name if actor.kind is ActorKind.DEVICE else None


async def answers(session: AsyncSession, workshop_id: UUID, nonces: Collection[UUID]) -> dict[UUID, CheckinRead]:
    """What was told about these scans, by nonce."""
    query = select_columns(col(Checkin.nonce), col(Checkin.answer)).where(col(Checkin.workshop_id) == workshop_id)
    rows = await attendance.rows_of(session, for_each(session, query, col(Checkin.nonce), nonces))
    return {nonce: CheckinRead.model_validate(told) for nonce, told in rows}


async def keep(session: AsyncSession, rows: Sequence[dict[str, object]]) -> set[UUID]:
    """Stores facts; answers with the nonces that were new. The others have been stored by somebody quicker."""
    if not rows:
        return set()
    # One order for all, so that two uploads of the same scans never wait for each other.
    ordered = sorted(rows, key=lambda row: str(row["nonce"]))
    if is_postgresql(session):
        return set((await run(session, _KEEP_MANY, as_json(ordered))).scalars())
    return set((await run(session, _KEEP_SQLITE, ordered)).scalars())


async def keep_one(
    session: AsyncSession, fact: dict[str, object], attended: dict[str, object] | None, event: Event, actor: str
) -> bool:
    """Stores one fact with its event, and the attendance that follows; False when its nonce was stored before."""
    if is_postgresql(session):
        recorded = outbox.row_of(session, event, actor)
        parameters: dict[str, object] = {"counts": attended is not None}
        for prefix, names, row in (
            ("fact", fact.keys(), fact),
            ("event", _EVENT_COLUMNS, recorded),
            ("attended", attendance.TABLE.columns.keys(), attended or {}),
        ):
            parameters |= {f"{prefix}_{name}": row.get(name) for name in names}
        return (await (await session.connection()).execute(_KEEP_IN_ONE, parameters)).first() is not None
    if not await keep(session, [fact]):
        return False
    await outbox.record(session, event, actor)
    if attended:
        await attendance.store(session, [attended])
    return True


async def mark_undone(
    session: AsyncSession, workshop_id: UUID, targets: Collection[UUID]
) -> list[tuple[UUID, UUID | None]]:
    """Marks the stored scans that an undo names; answers with (scan, registration) of those newly marked."""
    undo = (
        select_columns(col(Annulment.by), col(Annulment.reason))
        .where(col(Annulment.workshop_id) == _TABLE.c.workshop_id, col(Annulment.target) == _TABLE.c.nonce)
        .order_by(col(Annulment.id))
        .limit(1)
    )
    statement = (
        update(_TABLE)
        .where(_TABLE.c.workshop_id == workshop_id, _TABLE.c.nonce.in_(targets), _TABLE.c.annulled_by.is_(None))
        .values(
            annulled_at=clock.now(),
            annulled_by=undo.with_only_columns(col(Annulment.by)).scalar_subquery(),
            annulment_reason=undo.with_only_columns(col(Annulment.reason)).scalar_subquery(),
        )
        .returning(_TABLE.c.id, _TABLE.c.registration_id)
    )
    return [(row.id, row.registration_id) for row in await (await session.connection()).execute(statement)]


def row_of(
    actor: Actor,
    workshop_id: UUID,
    person: Person | None,
    data: CheckinCreate,
    scan: Scan,
    told: CheckinRead,
    received_at: datetime,
) -> dict[str, object]:
    """The row of a fact. A scan whose undo came first is undone from the start."""
    # Words as plain texts: a member of an enumeration takes JSON as long as twenty texts.
    return {
        "id": scan.id,
        "organizer_id": actor.tenant,
        "workshop_id": workshop_id,
        "registration_id": whose(person, scan),
        "block_id": scan.block_id,
        "direction": data.direction.value,
        "method": data.method.value,
        "nonce": data.nonce,
        "claimed_at": data.claimed_at,
        "happened_at": scan.happened_at,
        "received_at": received_at,
        "verdict": scan.verdict.value,
        "refusal": scan.refusal.value if scan.refusal else None,
        "needs_admit": scan.needs_admit,
        "admit_reason": data.admit.reason if data.admit else None,
        "note": data.note,
        "ticket_hash": tokens.fingerprint(data.ticket) if data.ticket else None,
        "device_id": actor.id if actor.kind is ActorKind.DEVICE else None,
        "staff_id": actor.id if actor.kind is ActorKind.STAFF else None,
        "api_key_id": actor.id if actor.kind is ActorKind.API_KEY else None,
        "answer": told.model_dump(mode="json"),
        "annulled_at": received_at if scan.annulled else None,
        "annulled_by": None,
        "annulment_reason": None,
    }


def whose(person: Person | None, scan: Scan) -> UUID | None:
    """The registration a fact belongs to; a ticket of another workshop belongs to nobody here."""
    return person.id if person and scan.refusal is not RefusalReason.OTHER_WORKSHOP else None


def recorded(actor: Actor, workshop_id: UUID, person: Person | None, scan: Scan) -> CheckinRecorded:
    """The event of a stored scan."""
    return CheckinRecorded(
        organizer_id=actor.tenant, workshop_id=workshop_id, checkin_id=scan.id, registration_id=whose(person, scan)
    )
