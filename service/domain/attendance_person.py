"""One person's attendance as the committee corrects it: half-days, scans, connections, and a check-in by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import checkin_reads, checkins, presences, presences_suggestions
from service.domain.attendance_reads import state_of
from service.errors import InvalidInput, NotFound
from service.i18n import gettext as _
from service.models.attendance import (
    Attendance,
    AttendanceMode,
    AttendanceState,
    Checkin,
    Method,
    Presence,
    PresenceMatch,
)
from service.models.attendance_history_shapes import ScanRead
from service.models.attendance_shapes import Admit, CheckinCreate, CheckinRead, PersonBrief
from service.models.presences_shapes import PresenceRead
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Workshop

MOST = 200
"""Scans and connections of one person that are read."""
_IN_HALL = (AttendanceMode.OFFLINE, AttendanceMode.DUAL)
_CLOSED = (RegistrationStatus.CANCELLED, RegistrationStatus.REJECTED)


@dataclass(frozen=True)
class Half:
    """A half-day of the person; `missing`: check-in has begun, and the person was not in the hall."""

    block: AttendanceBlock
    state: AttendanceState
    mode: AttendanceMode | None
    minutes: int
    missing: bool


async def halves(session: AsyncSession, row: Registration) -> list[Half]:
    """The person in each half-day, in their order."""
    query = (
        select(AttendanceBlock, Attendance)
        .outerjoin(
            Attendance,
            (col(Attendance.block_id) == col(AttendanceBlock.id)) & (col(Attendance.registration_id) == row.id),
        )
        .where(AttendanceBlock.workshop_id == row.workshop_id)
        .order_by(col(AttendanceBlock.position))
    )
    return [_half(block, there) for block, there in await session.exec(query)]


def _half(block: AttendanceBlock, there: Attendance | None) -> Half:
    mode = there.mode if there else None
    return Half(
        block=block,
        state=state_of(present=bool(there and there.present), ends_at=block.ends_at),
        mode=mode,
        minutes=there.minutes if there else 0,
        missing=block.checkin_from <= clock.now() and mode not in _IN_HALL,
    )


async def facts(
    session: AsyncSession, workshop: Workshop, row: Registration
) -> tuple[list[ScanRead], list[PresenceRead]]:
    """All that was scanned of the person, and every connection that is taken for the person's."""
    wanted = checkin_reads.Filters(registration_id=row.id)
    scans = [read for _key, read in await checkin_reads.page(session, workshop, wanted, None, MOST)]
    query = (
        select(Presence)
        .join(PresenceMatch, col(PresenceMatch.presence_id) == col(Presence.id))
        .where(PresenceMatch.registration_id == row.id)
        .order_by(col(Presence.joined_at).desc(), col(Presence.id))
        .limit(MOST)
    )
    return scans, await presences.read_many(session, (await session.exec(query)).all())


async def search(session: AsyncSession, workshop_id: UUID, text: str) -> Sequence[PersonBrief]:
    """People by their number, or by a part of their name or organisation."""
    wanted = text.strip()
    if not (wanted.isascii() and wanted.isdecimal()):
        return await presences_suggestions.search(session, workshop_id, wanted)
    query = select(Registration.id).where(
        Registration.workshop_id == workshop_id, Registration.number == min(int(wanted[:10]), 10**9)
    )
    found = await presences_suggestions.people_of(session, (await session.exec(query)).all())
    return list(found.values())


async def record(
    session: AsyncSession, actor: Actor, row: Registration, block_code: str, reason: str, nonce: UUID
) -> CheckinRead:
    """Records by hand that the person came: now while the half-day runs, at its start once it is over.

    Raises InvalidInput for a half-day that nobody can have come to, and for a registration that was closed by then.
    """
    query = select(AttendanceBlock).where(
        AttendanceBlock.workshop_id == row.workshop_id, AttendanceBlock.code == block_code
    )
    block, now = (await session.exec(query)).first(), clock.now()
    if block is None or block.checkin_from > now:
        raise InvalidInput.at("/block", _("Pilih sesi yang sudah dibuka."))
    came_at = now if now <= block.ends_at else block.starts_at
    if row.status in _CLOSED and (row.cancelled_at is None or row.cancelled_at <= came_at):
        raise InvalidInput.at("/block", _("Pendaftaran ini sudah ditutup, sehingga kehadirannya tidak dapat dicatat."))
    data = CheckinCreate(
        registration_id=row.id,
        block=block.code,
        method=Method.MANUAL,
        claimed_at=came_at,
        nonce=nonce,
        note=reason,
        admit=Admit(reason=reason) if _needs_admit(row) else None,
    )
    return await checkins.check_in(session, actor, row.workshop_id, data)


def _needs_admit(row: Registration) -> bool:
    """Whether the person comes in by way of exception. Who was confirmed until the cancellation does not."""
    was_confirmed = row.status is RegistrationStatus.CANCELLED and row.confirmed_at is not None
    return row.status is not RegistrationStatus.CONFIRMED and not was_confirmed


async def undo(session: AsyncSession, actor: Actor, row: Registration, checkin_id: UUID, reason: str) -> Checkin:
    """Undoes a scan of this person. Raises NotFound."""
    scan = await session.get(Checkin, checkin_id)
    if scan is None or scan.registration_id != row.id:
        raise NotFound
    return await checkins.annul(session, actor, checkin_id, reason)
