"""The usual scan, in one go: a door's device, the ticket of a confirmed person, the first time in that half-day.

It is what happens at 07:45 when eighty people queue, and everything about it is known from one look. So PostgreSQL
finds the device, the person and the block, and stores fact, attendance and event in a single statement: one round trip
instead of six. SQLite, which has no such statement, does the same with one look and three inserts. Whatever is not as
usual (a refusal, a second scan, an exception, a repeated nonce, a race that was lost) stores nothing and answers None:
then `checkins.check_in` does it, whose rules and words are the only ones. Nothing here decides but `accepted`.

A statement sees what was committed before it began, not what happened while it waited for a lock. It is right
nevertheless, because everything it could miss stops it: who else came first by the key of the attendance row, the same
nonce by its unique constraint, a changed registration by its lock, which looks at the row again, and an undo that was
quicker than its scan by `enter_door`, a function that looks with new eyes after it has waited at the door.
See docs/decisions/0019.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from types import SimpleNamespace
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    Select,
    String,
    Subquery,
    Uuid,
    and_,
    bindparam,
    collate,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from service import clock, outbox, tokens
from service.auth import ActorKind
from service.db import Database, run
from service.domain import checkin_facts as facts
from service.domain.checkin_rules import AHEAD, LATE, Clocks
from service.events import CheckinRecorded
from service.models.attendance import Annulment, Attendance, AttendanceMode, Checkin, Direction, Verdict
from service.models.attendance_shapes import CheckinCreate, CheckinRead, FirstScan, PersonBrief
from service.models.columns import UtcDateTime
from service.models.devices import Device
from service.models.outbox import EventRow
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock
from service.tokens import Purpose, new_id

AnyInsert = TypeVar("AnyInsert", bound=Insert)
_TRIED_VERSIONS: Final = range(1, 4)
"""Of tickets; one that was replaced more often takes the long way."""
_GIVEN: Final[Mapping[str, ColumnElement[Any]]] = {
    name: bindparam(name, type_=kind)
    for name, kind in {
        "token_hash": String,
        "workshop": Uuid,
        "door": BigInteger,
        "person": Uuid,
        "version": Integer,
        "key_id": String,
        "block": String,
        "checkin": Uuid,
        "nonce": Uuid,
        "method": String,
        "claimed_at": UtcDateTime,
        "happened_at": UtcDateTime,
        "received_at": UtcDateTime,
        "ticket_hash": String,
        "answer": JSONB,
        "first_at": String,
        "event": Uuid,
    }.items()
}
"""What a scan brings along; each name stands for one parameter of the statements."""


def _block(collation: str | None = None) -> Subquery:
    """As Hall.block_at: the named block, else the one open at that time, a running one before a coming one."""
    code, instant = _GIVEN["block"], _GIVEN["happened_at"]
    by_code, starts_at = col(AttendanceBlock.code), col(AttendanceBlock.starts_at)
    open_then = and_(code.is_(None), instant.between(col(AttendanceBlock.checkin_from), col(AttendanceBlock.ends_at)))
    return (
        select(col(AttendanceBlock.id), by_code)
        .where(col(AttendanceBlock.workshop_id) == _GIVEN["workshop"], or_(by_code == code, open_then))
        .order_by(starts_at > instant, starts_at, collate(by_code, collation) if collation else by_code)
        .limit(1)
        .subquery("block")
    )


def _look(block: Subquery, *nothing_before: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Device, person and block, if all three are as usual."""
    version, key_id = _GIVEN["version"], _GIVEN["key_id"]
    its_ticket = and_(col(Registration.link_version) == version, col(Registration.key_id) == key_id)
    there_already = select(col(Attendance.block_id)).where(
        col(Attendance.registration_id) == col(Registration.id), col(Attendance.block_id) == block.c.id
    )
    return (
        select(
            col(Registration.id),
            col(Registration.organizer_id),
            col(Registration.number),
            col(Registration.name),
            func.coalesce(col(Organisation.code), col(Registration.organisation_name)).label("organisation"),
            col(Registration.position),
            col(Registration.represents),
            col(Registration.mode),
            block.c.id.label("block_id"),
            block.c.code.label("block"),
            col(Device.id).label("device_id"),
            col(Device.name).label("device"),
        )
        .select_from(Device)
        .join(Registration, col(Registration.organizer_id) == col(Device.organizer_id))
        .join(block, true())
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(
            col(Device.token_hash) == _GIVEN["token_hash"],
            col(Device.workshop_id) == _GIVEN["workshop"],
            col(Device.revoked_at).is_(None),
            col(Registration.id) == _GIVEN["person"],
            col(Registration.workshop_id) == _GIVEN["workshop"],
            col(Registration.status) == RegistrationStatus.CONFIRMED,
            or_(version.is_(None), its_ticket),
            ~there_already.exists(),
            *nothing_before,
        )
    )


# What is stored, written once for both databases: `found` are the columns of the look or the values of its row, `given`
# are the parameters or their values.


def _attendance(found: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "registration_id": found.id,
        "block_id": found.block_id,
        "workshop_id": given["workshop"],
        "present": True,
        "mode": AttendanceMode.OFFLINE,
        "minutes": 0,
        "first_in": given["happened_at"],
        "first_device": found.device,
        "last_fact_at": given["happened_at"],
        "updated_at": given["received_at"],
    }


def _fact(found: Any, given: Mapping[str, Any], answer: object) -> dict[str, Any]:
    return {
        "id": given["checkin"],
        "organizer_id": found.organizer_id,
        "workshop_id": given["workshop"],
        "registration_id": found.id,
        "block_id": found.block_id,
        "direction": Direction.IN,
        "method": given["method"],
        "nonce": given["nonce"],
        "claimed_at": given["claimed_at"],
        "happened_at": given["happened_at"],
        "received_at": given["received_at"],
        "verdict": Verdict.ACCEPTED,
        "needs_admit": False,
        "ticket_hash": given["ticket_hash"],
        "device_id": found.device_id,
        "answer": answer,
    }


def _in_one() -> Select[*tuple[Any, ...]]:
    """PostgreSQL: look and store. Only who gets the attendance row, which has room for one, stores the rest."""
    undisturbed = func.enter_door(_GIVEN["door"], _GIVEN["workshop"], _GIVEN["nonce"], type_=Boolean)
    # As Python compares texts.
    look = _look(_block("C"), undisturbed)
    found = look.with_for_update(of=Registration, key_share=True).cte("found")
    row = found.c
    attended = (
        _from(found, postgresql.insert(Attendance), _attendance(row, _GIVEN))
        .on_conflict_do_nothing()
        .returning(literal_column("true").label("first"))
        .cte("attended")
    )
    first = found.join(attended, true())
    told = _json(
        block=row.block,
        registration=_json(**{name: row[name] for name in PersonBrief.model_fields}),
        first=_json(at=_GIVEN["first_at"], device=row.device),
    )
    answer = _GIVEN["answer"].op("||", return_type=JSONB)(told)
    fact = _from(first, insert(Checkin), _fact(row, _GIVEN, answer))
    event = _from(
        first,
        insert(EventRow),
        {
            "id": _GIVEN["event"],
            "organizer_id": row.organizer_id,
            "type": CheckinRecorded.type,
            "data": _json(workshop_id=_GIVEN["workshop"], checkin_id=_GIVEN["checkin"], registration_id=row.id),
            "actor": func.concat(literal_column(f"'{ActorKind.DEVICE}:'"), row.device_id),
            "happened_at": _GIVEN["received_at"],
        },
    )
    return select(found).select_from(first).add_cte(fact.cte("fact"), event.cte("event"))


def _from(source: FromClause, into: AnyInsert, values: Mapping[str, Any]) -> AnyInsert:
    """An insert of one row for each of `source`. What is the same for all stands in the statement itself."""
    made = [one if isinstance(one, ColumnElement) else literal_column(f"'{one}'") for one in values.values()]
    return into.from_select([*values], select(*made).select_from(source), include_defaults=False)


def _json(**values: ColumnElement[Any]) -> ColumnElement[Any]:
    named: Iterable[tuple[ColumnElement[Any], ...]] = (
        (literal_column(f"'{name}'"), value) for name, value in values.items()
    )
    return func.jsonb_build_object(*chain.from_iterable(named), type_=JSONB)


def _look_alone() -> Select[*tuple[Any, ...]]:
    """SQLite, where nobody else writes meanwhile: neither this scan nor its undo is stored."""
    seen = (col(Checkin.workshop_id), col(Checkin.nonce)), (col(Annulment.workshop_id), col(Annulment.target))
    stored = [
        select(nonce).where(workshop == _GIVEN["workshop"], nonce == _GIVEN["nonce"]).exists()
        for workshop, nonce in seen
    ]
    return _look(_block(), *(~one for one in stored))


_IN_ONE, _LOOK_ALONE = _in_one(), _look_alone()
_ATTEND, _STORE, _RECORD = insert(Attendance), insert(Checkin), insert(EventRow)


async def check_in(database: Database, device_token: str, workshop_id: UUID, data: CheckinCreate) -> CheckinRead | None:
    """Stores the usual scan and says so; None, and nothing stored, when it is any other.

    It has a transaction of its own, which has ended when it answers. The device is looked up with everything else:
    None may also mean that nobody has that token.
    """
    received_at = clock.now()
    clocks = Clocks(received_at)
    happened_at = clocks.corrected(data.claimed_at)
    ticket = _ticket(database, data)
    unusual = data.direction is not Direction.IN or data.admit or data.walk_in or data.note
    if unusual or happened_at > received_at + AHEAD or ticket is None:
        return None
    draft = CheckinRead(
        verdict=Verdict.ACCEPTED,
        reason=None,
        checkin_id=new_id(),
        nonce=data.nonce,
        block=None,
        registration=None,
        first=FirstScan(at=happened_at, device=None),
        late=received_at - happened_at > LATE,
    )
    answer = draft.model_dump(mode="json")
    given = ticket | {
        "token_hash": tokens.fingerprint(device_token),
        "workshop": workshop_id,
        "door": facts.door_key(workshop_id),
        "block": data.block,
        "checkin": draft.checkin_id,
        "nonce": data.nonce,
        "method": data.method,
        "claimed_at": data.claimed_at,
        "happened_at": happened_at,
        "received_at": received_at,
        "answer": answer,
        "first_at": answer["first"]["at"],
        "event": new_id(),
    }
    if database.dialect == "sqlite":
        return await _in_turn(database, given, draft)
    found = await database.at_once(_IN_ONE, given | {"answer": json.dumps(answer)})
    return _told(draft, found) if found else None


def _ticket(database: Database, data: CheckinCreate) -> dict[str, Any] | None:
    """Who is meant, and which ticket must be the valid one (none when picked from the roster); None: nobody's."""
    if data.ticket is None:
        return {"person": data.registration_id, "version": None, "key_id": None, "ticket_hash": None}
    issued = database.settings.keyring.issued(data.ticket, Purpose.TICKET, _TRIED_VERSIONS)
    if issued is None:
        return None
    person, version, key_id = issued
    return {"person": person, "version": version, "key_id": key_id, "ticket_hash": tokens.fingerprint(data.ticket)}


async def _in_turn(database: Database, given: Mapping[str, Any], draft: CheckinRead) -> CheckinRead | None:
    """SQLite: the same steps, one after the other, in a transaction that nobody disturbs."""
    async with database.write() as session:
        row = (await run(session, _LOOK_ALONE, given)).mappings().first()
        if row is None:
            return None
        found, told = SimpleNamespace(**row), _told(draft, row)
        event = CheckinRecorded(
            organizer_id=found.organizer_id,
            workshop_id=given["workshop"],
            checkin_id=given["checkin"],
            registration_id=found.id,
        )
        for insertion, values in (
            (_ATTEND, _attendance(found, given)),
            (_STORE, _fact(found, given, told.model_dump(mode="json"))),
            (_RECORD, outbox.row_of(session, event, f"{ActorKind.DEVICE}:{found.device_id}")),
        ):
            await run(session, insertion, values)
        return told


def _told(draft: CheckinRead, found: Mapping[Any, Any]) -> CheckinRead:
    """The answer, now that it is known who came."""
    return draft.model_copy(
        update={
            "block": found["block"],
            "registration": PersonBrief(**{name: found[name] for name in PersonBrief.model_fields}),
            "first": draft.first and FirstScan(at=draft.first.at, device=found["device"]),
        }
    )
