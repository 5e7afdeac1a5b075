"""What a door device shows beside its scans: the half-days, how many came, and who is inside now."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, ActorKind
from service.domain import attendance, attendance_counters, workshops
from service.domain.attendance import Scan
from service.models.attendance import Attendance, AttendanceMode, Checkin, Direction, Verdict
from service.models.attendance_shapes import AttendanceSummary
from service.models.devices import Device
from service.models.door_shapes import DoorBlock, DoorDevice, DoorOrganisation, DoorRead, DoorWorkshop
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock

_IN_HALL = (AttendanceMode.OFFLINE, AttendanceMode.DUAL)
_CHUNK = 5000


async def device(session: AsyncSession, actor: Actor) -> Device:
    """The device that calls."""
    return await session.get_one(Device, actor.id)


async def read(session: AsyncSession, actor: Actor, workshop_id: UUID) -> DoorRead:
    """The door now: a handful of short statements, however many people came. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    counters = await attendance_counters.read(session, workshop)
    summary = {one.code: one for one in AttendanceSummary.model_validate_json(counters.body).blocks}
    blocks = (
        await session.exec(
            select(AttendanceBlock)
            .where(AttendanceBlock.workshop_id == workshop_id)
            .order_by(col(AttendanceBlock.position))
        )
    ).all()
    numbers = await _numbers(session, workshop_id)
    gone = await _gone(session, workshop_id)
    asking = await _device_of(session, actor)
    return DoorRead(
        workshop=DoorWorkshop.model_validate(workshop),
        device=DoorDevice.model_validate(asking) if asking else None,
        server_time=clock.now(),
        blocks=[
            DoorBlock(
                code=block.code,
                label=block.label,
                starts_at=block.starts_at,
                ends_at=block.ends_at,
                checkin_from=block.checkin_from,
                expected=summary[block.code].expected,
                present=summary[block.code].present,
                inside=len(numbers[block.id]) - len(gone[block.id]),
                numbers=numbers[block.id],
                out=sorted(gone[block.id]),
            )
            for block in blocks
            if block.code in summary
        ],
        organisations=await _organisations(session, workshop.organizer_id),
    )


async def _device_of(session: AsyncSession, actor: Actor) -> Device | None:
    return await session.get(Device, actor.id) if actor.kind is ActorKind.DEVICE else None


async def _numbers(session: AsyncSession, workshop_id: UUID) -> dict[UUID, list[int]]:
    """The registration numbers of those who came to the hall, sorted, by block."""
    query = (
        select_columns(col(Attendance.block_id), col(Registration.number))
        .join(Registration, col(Registration.id) == col(Attendance.registration_id))
        .where(col(Attendance.workshop_id) == workshop_id, col(Attendance.present), col(Attendance.mode).in_(_IN_HALL))
        .order_by(col(Registration.number))
    )
    found: dict[UUID, list[int]] = defaultdict(list)
    for block_id, number in await attendance.rows_of(session, query):
        found[block_id].append(number)
    return found


async def _gone(session: AsyncSession, workshop_id: UUID) -> dict[UUID, list[int]]:
    """The numbers of those who came and have left again, by block. Whoever was never scanned out is not looked at."""
    query = (
        select(Registration.id, Registration.number)
        .join(Checkin, col(Checkin.registration_id) == col(Registration.id))
        .where(
            Checkin.workshop_id == workshop_id,
            Checkin.direction == Direction.OUT,
            col(Checkin.annulled_at).is_(None),
        )
        .distinct()
    )
    number_of = dict((await session.exec(query)).all())
    people = [*number_of]
    gone: dict[UUID, list[int]] = defaultdict(list)
    for start in range(0, len(people), _CHUNK):
        scans = await attendance.scans_of(session, people[start : start + _CHUNK])
        for person, theirs in scans.items():
            for block_id in left(theirs):
                gone[block_id].append(number_of[person])
    return gone


def left(scans: Iterable[Scan]) -> set[UUID]:
    """The blocks to which a person came and whose last counted scan is out."""
    ordered = sorted(attendance.counted(scans), key=lambda one: (one.happened_at, one.id))
    came = {one.block_id for one in ordered if one.direction is Direction.IN}
    # Who was turned away is not inside, even if that scan counts since somebody admitted the person.
    last = {one.block_id: one.direction for one in ordered if one.verdict is not Verdict.REFUSED}
    return {block for block, direction in last.items() if block and block in came and direction is Direction.OUT}


async def _organisations(session: AsyncSession, organizer_id: UUID) -> list[DoorOrganisation]:
    query = select(Organisation.code, Organisation.name).where(Organisation.organizer_id == organizer_id)
    found = await session.exec(query.order_by(col(Organisation.name), col(Organisation.code)))
    return [DoorOrganisation(code=code, name=name) for code, name in found]
