"""The programme of a workshop and the half-days (blocks) for which attendance counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.errors import BlockInUse, InvalidInput
from service.i18n import gettext as _
from service.models.attendance import Attendance, Checkin
from service.models.workshops import AgendaItem, AttendanceBlock, Workshop
from service.models.workshops_shapes import AgendaItemInput, BlockInput

DOORS_OPEN = timedelta(minutes=60)
_NAMED = 4


@dataclass
class Plan:
    """A workshop's blocks and entries, in order."""

    workshop: Workshop
    blocks: list[AttendanceBlock] = field(default_factory=list)
    items: list[AgendaItem] = field(default_factory=list)

    def times(self) -> dict[UUID, tuple[datetime, datetime]]:
        """When each block begins and ends."""
        return {block.id: (block.starts_at, block.ends_at) for block in self.blocks}


async def load(session: AsyncSession, workshop: Workshop) -> Plan:
    """The plan as it is stored."""
    blocks = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    items = select(AgendaItem).where(AgendaItem.workshop_id == workshop.id)
    return Plan(
        workshop,
        list(await session.exec(blocks.order_by(col(AttendanceBlock.position)))),
        list(await session.exec(items.order_by(col(AgendaItem.position)))),
    )


async def last_start(session: AsyncSession, workshop: Workshop) -> datetime:
    """When the last half-day begins; the workshop's start where it has none."""
    starts = select(func.max(AttendanceBlock.starts_at)).where(AttendanceBlock.workshop_id == workshop.id)
    return (await session.exec(starts)).one() or workshop.starts_at


async def sittings(session: AsyncSession, workshop_id: UUID) -> Sequence[AgendaItem]:
    """The entries at which people sit together, by start: they belong to a half-day and have hours, as breaks do not.

    All entries of an agenda in which none does.
    """
    query = select(AgendaItem).where(AgendaItem.workshop_id == workshop_id)
    found = (await session.exec(query.order_by(col(AgendaItem.starts_at), col(AgendaItem.position)))).all()
    return [item for item in found if item.block_id and item.hours] or found


def shift(plan: Plan, moved: timedelta) -> None:
    """Moves everything by the same time."""
    for item in plan.items:
        item.starts_at += moved
        item.ends_at += moved
    for block in plan.blocks:
        block.starts_at += moved
        block.ends_at += moved
        block.checkin_from += moved


async def replace(
    session: AsyncSession,
    plan: Plan,
    *,
    blocks: Sequence[BlockInput] | None = None,
    items: Sequence[AgendaItemInput] | None = None,
    pointer: str | None = None,
    keep_ids: bool = True,
) -> set[str]:
    """Stores the plan with these blocks and entries in place of its own (None: its own stay).

    Blocks take the times of their entries. Returns the changed parts: agenda, time. `pointer` is where in the request
    the list stands. Raises InvalidInput, and BlockInUse for a block that would go away although somebody was there.
    """
    before = plan.times()
    gone: list[AttendanceBlock | AgendaItem] = []
    if blocks is not None:
        staying = {one.code for one in blocks}
        await _refuse_used(session, [block for block in plan.blocks if block.code not in staying])
        gone += _replace_blocks(plan, blocks, pointer or "/blocks")
    if items is not None:
        gone = [*_replace_items(plan, items, pointer or "/agenda", keep_ids=keep_ids), *gone]
    _fit(plan, blocks, pointer or "/blocks")
    _check_inside(plan)
    await _store(session, plan, gone)
    parts = {"agenda"} if blocks is not None or items is not None else set()
    return parts | ({"time"} if plan.times() != before else set())


def _replace_blocks(plan: Plan, data: Sequence[BlockInput], pointer: str) -> list[AttendanceBlock]:
    """Puts the blocks in place, still without times of their own; returns those that go away."""
    known = {block.code: block for block in plan.blocks}
    plan.blocks = []
    for number, one in enumerate(data):
        block = known.pop(one.code, None) or AttendanceBlock(
            workshop_id=plan.workshop.id,
            position=number,
            code=one.code,
            label=one.label,
            starts_at=plan.workshop.starts_at,
            ends_at=plan.workshop.ends_at,
            checkin_from=plan.workshop.starts_at,
            hours=one.hours,
        )
        if block.code in {other.code for other in plan.blocks}:
            raise InvalidInput.at(f"{pointer}/{number}/code", _("Kode blok harus berbeda-beda."))
        block.position, block.label, block.hours = number, one.label, one.hours
        plan.blocks.append(block)
    removed = {block.id for block in known.values()}
    for item in plan.items:
        if item.block_id in removed:
            item.block_id = None
    return list(known.values())


def _replace_items(plan: Plan, data: Sequence[AgendaItemInput], pointer: str, *, keep_ids: bool) -> list[AgendaItem]:
    """Puts the entries in place, in order of time; returns those that go away."""
    known = {item.id: item for item in plan.items}
    block_ids = {block.code: block.id for block in plan.blocks}
    plan.items = []
    faults = [fault for number, one in enumerate(data) for fault in _faults(plan.workshop, one, f"{pointer}/{number}")]
    if faults:
        raise InvalidInput(faults)
    for number, one in enumerate(data):
        if one.block is not None and one.block not in block_ids:
            raise InvalidInput.at(f"{pointer}/{number}/block", _("Kode blok ini tidak ada pada kegiatan."))
        item = AgendaItem(
            workshop_id=plan.workshop.id, position=number, title=one.title, starts_at=one.starts_at, ends_at=one.ends_at
        )
        if keep_ids and one.id is not None:
            kept = known.pop(one.id, None)
            if kept is None:
                raise InvalidInput.at(f"{pointer}/{number}/id", _("Butir acara ini tidak ada pada kegiatan."))
            item = kept
        item.title, item.speakers, item.hours = one.title, one.speakers, one.hours
        item.starts_at, item.ends_at = one.starts_at, one.ends_at
        item.block_id = block_ids[one.block] if one.block else None
        plan.items.append(item)
    plan.items.sort(key=lambda item: item.starts_at)
    for number, item in enumerate(plan.items):
        item.position = number
    return list(known.values())


def _fit(plan: Plan, data: Sequence[BlockInput] | None, pointer: str) -> None:
    """Gives every block the times of its entries; one without entries keeps its own."""
    given = {one.code: (number, one) for number, one in enumerate(data or ())}
    for block in plan.blocks:
        number, one = given.get(block.code, (0, None))
        mine = [item for item in plan.items if item.block_id == block.id]
        began = block.starts_at
        if mine:
            block.starts_at = min(item.starts_at for item in mine)
            block.ends_at = max(item.ends_at for item in mine)
        elif one is not None:
            block.starts_at, block.ends_at = _own_times(one, f"{pointer}/{number}")
        if one is None:
            block.checkin_from += block.starts_at - began
        else:
            block.checkin_from = one.checkin_from or block.starts_at - DOORS_OPEN
        if block.checkin_from >= block.ends_at:
            where = f"{pointer}/{number}/checkin_from"
            raise InvalidInput.at(where, _("Pintu harus dibuka sebelum blok selesai."))


def _own_times(one: BlockInput, pointer: str) -> tuple[datetime, datetime]:
    for name in ("starts_at", "ends_at"):
        if getattr(one, name) is None:
            raise InvalidInput.at(f"{pointer}/{name}", _("Wajib diisi untuk blok tanpa butir acara."))
    assert one.starts_at is not None
    assert one.ends_at is not None
    if one.ends_at <= one.starts_at:
        raise InvalidInput.at(f"{pointer}/ends_at", _("Waktu selesai harus sesudah waktu mulai."))
    return one.starts_at, one.ends_at


def _faults(workshop: Workshop, one: AgendaItemInput, pointer: str) -> list[dict[str, str]]:
    """What is wrong with an entry that runs backwards or leaves the workshop."""
    if one.ends_at <= one.starts_at:
        return [{"pointer": f"{pointer}/ends_at", "message": _("Waktu selesai harus sesudah waktu mulai.")}]
    outside = _("Waktunya di luar waktu kegiatan.")
    if one.starts_at < workshop.starts_at:
        return [{"pointer": f"{pointer}/starts_at", "message": outside}]
    if one.ends_at > workshop.ends_at:
        return [{"pointer": f"{pointer}/ends_at", "message": outside}]
    return []


def _check_inside(plan: Plan) -> None:
    """Raises InvalidInput when a block, or an entry that was not sent, lies outside the workshop."""
    rows: list[AttendanceBlock | AgendaItem] = [*plan.items, *plan.blocks]
    if early := [row for row in rows if row.starts_at < plan.workshop.starts_at]:
        raise InvalidInput.at("/starts_at", _outside(early))
    if late := [row for row in rows if row.ends_at > plan.workshop.ends_at]:
        raise InvalidInput.at("/ends_at", _outside(late))


def _outside(rows: Sequence[AttendanceBlock | AgendaItem]) -> str:
    """What has to be moved first, a few of them by name."""
    names = [
        _("sesi {label}").format(label=row.label) if isinstance(row, AttendanceBlock) else row.title
        for row in sorted(rows, key=lambda row: row.starts_at)
    ]
    more = len(names) - _NAMED
    named = ", ".join(names[:_NAMED]) + (" " + _("dan {count} lainnya").format(count=more) if more > 0 else "")
    return _("Sesuaikan dahulu agendanya. Di luar waktu kegiatan: {named}.").format(named=named)


async def _refuse_used(session: AsyncSession, blocks: Sequence[AttendanceBlock]) -> None:
    for block in blocks:
        with session.no_autoflush:
            scanned = (await session.exec(select(Checkin.id).where(Checkin.block_id == block.id).limit(1))).first()
            folded = select(Attendance.block_id).where(Attendance.block_id == block.id).limit(1)
            counted = (await session.exec(folded)).first()
        if scanned or counted:
            raise BlockInUse(block=block.code)


async def _store(session: AsyncSession, plan: Plan, gone: Sequence[AttendanceBlock | AgendaItem]) -> None:
    # No relationships tell the session which rows refer to which, so the order is ours: blocks before their entries.
    session.add_all(plan.blocks)
    await session.flush()
    session.add_all(plan.items)
    await session.flush()
    for row in gone:
        await session.delete(row)
        await session.flush()
