"""The history of corrections: what people and late devices changed about who was there, with who, when and why.

Nothing is written for it beside the facts themselves, but for what a person decided about a connection. One pass over
the workshop's own scans finds all kinds at once; ordinary scans of other workshops are never touched.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    Subquery,
    and_,
    case,
    exists,
    extract,
    false,
    func,
    literal,
    or_,
    select as select_columns,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import ActorKind
from service.domain.attendance import rows_of
from service.domain.checkin_rules import AHEAD
from service.models.attendance import Annulment, Checkin, MatchDecision, Method, Presence, RefusalReason
from service.models.attendance_history_shapes import (
    Author,
    CorrectedPerson,
    CorrectedPresence,
    Correction,
    CorrectionRead,
)
from service.models.devices import Device
from service.models.organizers import ApiKey, Staff
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop

Key = tuple[datetime, UUID, str]
"""When, which row, what kind: the place of a correction in the history."""
_NAMED: dict[str, type[Device] | type[Staff] | type[ApiKey]] = {
    ActorKind.DEVICE.value: Device,
    ActorKind.STAFF.value: Staff,
    ActorKind.API_KEY.value: ApiKey,
}
_OTHER = "other"


@dataclass(frozen=True)
class Wanted:
    """What part of the history."""

    kinds: frozenset[Correction] = frozenset()
    registration_id: UUID | None = None


@dataclass(frozen=True)
class _Found:
    key: Key
    row: Row[*tuple[Any, ...]]
    by: str
    device: str


async def page(
    session: AsyncSession, workshop: Workshop, wanted: Wanted, after: Key | None, limit: int
) -> list[tuple[Key, CorrectionRead]]:
    """Corrections, the newest first, at most `limit`, each with its key."""
    kinds = wanted.kinds or frozenset(Correction)
    of_scans = sorted(kinds - {Correction.MATCHED})
    found: list[_Found] = []
    if of_scans:
        found += [_scan(row) for row in await rows_of(session, _scans(workshop, of_scans, wanted, after, limit))]
    if Correction.MATCHED in kinds:
        found += [_decision(row) for row in await rows_of(session, _decisions(workshop, wanted, after, limit))]
    found = sorted(found, key=lambda one: one.key, reverse=True)[:limit]
    names = await names_of(session, {label for one in found for label in (one.by, one.device)})
    undone = await undone_at(session, {one.row.checkin_id for one in found if one.key[2] == Correction.ANNULLED})
    return [(one.key, _read(one, names, undone.get(one.row.checkin_id))) for one in found]


def _kinds(kinds: Iterable[Correction]) -> Subquery:
    return union_all(*(select_columns(literal(kind.value, String).label("kind")) for kind in kinds)).subquery("kinds")


def _is(kind: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a scan is a correction of this kind."""
    earlier = aliased(Checkin)
    came_before = exists().where(
        col(earlier.registration_id) == col(Checkin.registration_id), col(earlier.id) < col(Checkin.id)
    )
    arrived = and_(func.coalesce(col(Registration.walk_in), false()), ~came_before)
    ahead = extract("epoch", col(Checkin.happened_at)) - extract("epoch", col(Checkin.received_at))
    holds = {
        Correction.ANNULLED: col(Checkin.annulled_at).is_not(None),
        Correction.MANUAL: and_(col(Checkin.method) == Method.MANUAL, ~arrived),
        Correction.ADMITTED: col(Checkin.admit_reason).is_not(None),
        Correction.WALK_IN: arrived,
        # As it was told then: the rule stands in one place. Staff have no queue: what they record late is meant so.
        Correction.LATE: and_(col(Checkin.answer)["late"].as_boolean(), col(Checkin.staff_id).is_(None)),
        Correction.CLOCK: or_(
            func.coalesce(col(Checkin.refusal) == RefusalReason.CLOCK_IMPLAUSIBLE, false()),
            ahead > AHEAD.total_seconds(),
        ),
        Correction.SELF: col(Checkin.method) == Method.SELF,
    }
    return or_(*(and_(kind == one.value, condition) for one, condition in holds.items()))


def _scans(
    workshop: Workshop, kinds: Iterable[Correction], wanted: Wanted, after: Key | None, limit: int
) -> Select[*tuple[Any, ...]]:
    kind = _kinds(kinds).c.kind
    at = case((kind == Correction.ANNULLED.value, col(Checkin.annulled_at)), else_=col(Checkin.received_at))
    query: Select[*tuple[Any, ...]] = (
        select_columns(
            at.label("at"),
            kind,
            col(Checkin.id).label("checkin_id"),
            col(Checkin.direction),
            col(Checkin.method),
            col(Checkin.claimed_at),
            col(Checkin.happened_at),
            col(Checkin.received_at),
            col(Checkin.device_id),
            col(Checkin.staff_id),
            col(Checkin.api_key_id),
            col(Checkin.annulled_by),
            col(Checkin.annulment_reason),
            col(Checkin.admit_reason),
            col(Checkin.note),
            col(Checkin.refusal),
            col(AttendanceBlock.code),
            *person_columns(),
        )
        .select_from(Checkin)
        .outerjoin(Registration, col(Registration.id) == col(Checkin.registration_id))
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .outerjoin(AttendanceBlock, col(AttendanceBlock.id) == col(Checkin.block_id))
        .join(kind.table, _is(kind))
        .where(col(Checkin.workshop_id) == workshop.id)
        .order_by(at.desc(), col(Checkin.id).desc(), kind.desc())
        .limit(limit)
    )
    if wanted.registration_id:
        query = query.where(col(Checkin.registration_id) == wanted.registration_id)
    return query.where(tuple_(at, col(Checkin.id), kind) < after) if after else query


def _decisions(workshop: Workshop, wanted: Wanted, after: Key | None, limit: int) -> Select[*tuple[Any, ...]]:
    at, kind = col(MatchDecision.at), literal(Correction.MATCHED.value, String)
    query: Select[*tuple[Any, ...]] = (
        select_columns(
            at,
            col(MatchDecision.id).label("decision_id"),
            col(MatchDecision.by),
            col(MatchDecision.matched),
            col(MatchDecision.presence_id),
            col(Presence.joined_at),
            col(Presence.left_at),
            col(Presence.display_name),
            literal(None).label("checkin_id"),
            *person_columns(),
        )
        .select_from(MatchDecision)
        .join(Presence, col(Presence.id) == col(MatchDecision.presence_id))
        .outerjoin(Registration, col(Registration.id) == col(MatchDecision.registration_id))
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(col(MatchDecision.workshop_id) == workshop.id)
        .order_by(at.desc(), col(MatchDecision.id).desc())
        .limit(limit)
    )
    if wanted.registration_id:
        query = query.where(col(MatchDecision.registration_id) == wanted.registration_id)
    return query.where(tuple_(at, col(MatchDecision.id), kind) < after) if after else query


def person_columns() -> list[ColumnElement[Any]]:
    """Who it is, for `person_of`."""
    return [
        col(Registration.id).label("person_id"),
        col(Registration.number).label("number"),
        col(Registration.name).label("name"),
        func.coalesce(col(Organisation.code), col(Registration.organisation_name)).label("organisation"),
    ]


def person_of(row: Row[*tuple[Any, ...]]) -> CorrectedPerson | None:
    """Whom a row is about."""
    if row.person_id is None:
        return None
    return CorrectedPerson(id=row.person_id, number=row.number, name=row.name, organisation=row.organisation)


def author(label: str | None, names: Mapping[str, str]) -> Author:
    """Who stands behind a `kind:id` label."""
    kind = (label or _OTHER).partition(":")[0]
    known = {*_NAMED, ActorKind.PARTICIPANT.value}
    return Author(kind=kind if kind in known else _OTHER, name=names.get(label or _OTHER))


def maker(row: Row[*tuple[Any, ...]]) -> str:
    """The label of who made a scan."""
    makers = {
        ActorKind.DEVICE: row.device_id,
        ActorKind.STAFF: row.staff_id,
        ActorKind.API_KEY: row.api_key_id,
        ActorKind.PARTICIPANT: row.person_id if row.method is Method.SELF else None,
    }
    return next((f"{kind}:{one}" for kind, one in makers.items() if one), _OTHER)


def _scan(row: Row[*tuple[Any, ...]]) -> _Found:
    by = (row.annulled_by or _OTHER) if row.kind == Correction.ANNULLED else maker(row)
    return _Found((row.at, row.checkin_id, row.kind), row, by, f"device:{row.device_id}" if row.device_id else _OTHER)


def _decision(row: Row[*tuple[Any, ...]]) -> _Found:
    return _Found((row.at, row.decision_id, Correction.MATCHED.value), row, row.by, _OTHER)


async def names_of(session: AsyncSession, labels: Collection[str]) -> dict[str, str]:
    """The names behind `kind:id` labels, in one statement for each kind."""
    ids: dict[str, set[UUID]] = defaultdict(set)
    for label in labels:
        kind, _colon, one = label.partition(":")
        if kind in _NAMED and one:
            ids[kind].add(UUID(one))
    names: dict[str, str] = {}
    for kind, wanted in ids.items():
        table = _NAMED[kind]
        query = select_columns(col(table.id), col(table.name)).where(col(table.id).in_(wanted))
        names |= {f"{kind}:{one}": name for one, name in await rows_of(session, query)}
    return names


async def undone_at(session: AsyncSession, scans: Collection[UUID]) -> dict[UUID, datetime]:
    """When devices undid these scans, corrected by what was known of their clocks."""
    if not scans:
        return {}
    query = (
        select_columns(col(Checkin.id), func.min(func.coalesce(col(Annulment.happened_at), col(Annulment.claimed_at))))
        .join(
            Annulment,
            and_(
                col(Annulment.workshop_id) == col(Checkin.workshop_id),
                col(Annulment.target) == col(Checkin.nonce),
                col(Annulment.by) == col(Checkin.annulled_by),
            ),
        )
        .where(col(Checkin.id).in_(scans))
        .group_by(col(Checkin.id))
    )
    return dict(tuple(row) for row in await rows_of(session, query))


def _read(one: _Found, names: dict[str, str], undone: datetime | None) -> CorrectionRead:
    row, kind = one.row, Correction(one.key[2])
    scan = kind is not Correction.MATCHED
    reasons = {
        Correction.ANNULLED: "annulment_reason",
        Correction.ADMITTED: "admit_reason",
        Correction.MANUAL: "note",
        Correction.WALK_IN: "note",
    }
    return CorrectionRead(
        at=row.at,
        kind=kind,
        by=author(one.by, names),
        device=names.get(one.device),
        registration=person_of(row),
        block=row.code if scan else None,
        direction=row.direction if scan else None,
        claimed_at=row.claimed_at if scan else None,
        happened_at=row.happened_at if scan else None,
        received_at=row.received_at if scan else None,
        undone_at=undone if kind is Correction.ANNULLED else None,
        reason=getattr(row, reasons[kind]) or None if kind in reasons else None,
        checkin_id=row.checkin_id,
        refusal=row.refusal if scan else None,
        presence=None
        if scan
        else CorrectedPresence(id=row.presence_id, name=row.display_name, joined_at=row.joined_at, left_at=row.left_at),
        matched=None if scan else row.matched,
    )
