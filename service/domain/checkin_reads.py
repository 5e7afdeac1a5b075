"""The stored scans of a workshop as the committee reads them, undone ones included."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select as select_columns, tuple_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import attendance_history as history
from service.domain.attendance import rows_of
from service.models.attendance import Checkin
from service.models.attendance_history_shapes import ScanAnnulment, ScanRead
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop

Key = tuple[datetime, UUID]
"""When it was received, and its id: the place of a scan in the list."""


@dataclass(frozen=True)
class Filters:
    """What part of the list is wanted."""

    registration_id: UUID | None = None
    block: str | None = None


async def page(
    session: AsyncSession, workshop: Workshop, wanted: Filters, after: Key | None, limit: int
) -> list[tuple[Key, ScanRead]]:
    """Scans, those received last first, at most `limit`, each with its key."""
    rows = await rows_of(session, _query(workshop, wanted, after).limit(limit))
    labels = {label for row in rows for label in (history.maker(row), _device(row), row.annulled_by) if label}
    names = await history.names_of(session, labels)
    undone = await history.undone_at(session, {row.checkin_id for row in rows if row.annulled_at})
    return [((row.received_at, row.checkin_id), _read(row, names, undone)) for row in rows]


def _query(workshop: Workshop, wanted: Filters, after: Key | None) -> Select[*tuple[Any, ...]]:
    at, scan = col(Checkin.received_at), col(Checkin.id)
    query: Select[*tuple[Any, ...]] = (
        select_columns(
            scan.label("checkin_id"),
            col(Checkin.direction),
            col(Checkin.method),
            col(Checkin.verdict),
            col(Checkin.refusal),
            col(Checkin.claimed_at),
            col(Checkin.happened_at),
            at,
            col(Checkin.device_id),
            col(Checkin.staff_id),
            col(Checkin.api_key_id),
            col(Checkin.note),
            col(Checkin.admit_reason),
            col(Checkin.annulled_at),
            col(Checkin.annulled_by),
            col(Checkin.annulment_reason),
            col(AttendanceBlock.code),
            *history.person_columns(),
        )
        .select_from(Checkin)
        .outerjoin(Registration, col(Registration.id) == col(Checkin.registration_id))
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .outerjoin(AttendanceBlock, col(AttendanceBlock.id) == col(Checkin.block_id))
        .where(col(Checkin.workshop_id) == workshop.id)
        .order_by(at.desc(), scan.desc())
    )
    if wanted.registration_id:
        query = query.where(col(Checkin.registration_id) == wanted.registration_id)
    if wanted.block:
        query = query.where(col(AttendanceBlock.code) == wanted.block)
    return query.where(tuple_(at, scan) < after) if after else query


def _device(row: Row[*tuple[Any, ...]]) -> str | None:
    return f"device:{row.device_id}" if row.device_id else None


def _read(row: Row[*tuple[Any, ...]], names: dict[str, str], undone: dict[UUID, datetime]) -> ScanRead:
    annulled = (
        ScanAnnulment(
            at=row.annulled_at,
            undone_at=undone.get(row.checkin_id),
            by=history.author(row.annulled_by, names),
            reason=row.annulment_reason or None,
        )
        if row.annulled_at
        else None
    )
    return ScanRead(
        checkin_id=row.checkin_id,
        registration=history.person_of(row),
        block=row.code,
        direction=row.direction,
        method=row.method,
        verdict=row.verdict,
        refusal=row.refusal,
        claimed_at=row.claimed_at,
        happened_at=row.happened_at,
        received_at=row.received_at,
        by=history.author(history.maker(row), names),
        device=names.get(_device(row) or ""),
        note=row.note,
        admit_reason=row.admit_reason,
        annulled=annulled,
    )
