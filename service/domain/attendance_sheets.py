"""Attendance sheets (Daftar Hadir) of one day: the form to sign, and the same with what was recorded.

A sheet goes to the treasurer (SPJ) and to auditors, so it never says more than is known: the field for the signature
stays, what the system recorded has a column of its own, and nobody is called absent before the day is over. Sheets are
Indonesian whoever reads them, as official papers are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import workshops
from service.domain.attendance import rows_of
from service.domain.attendance_people import MODES, MOST_AT_ONCE, Person, people
from service.domain.attendance_reads import expected_here
from service.domain.file_names import safe_name
from service.domain.papers import Written, called_off, clock_hours, clock_time, days_of, head_of, long_date
from service.errors import InvalidInput, NotFound
from service.i18n import gettext as _
from service.models.attendance import Attendance, AttendanceMode, Checkin, Direction, Method, RefusalReason
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.sheets_shapes import SheetQuery
from service.models.workshops import AgendaItem, AttendanceBlock, Modality, Mode, Workshop, WorkshopStatus

EMPTY_ROWS = 5
"""For people who are not on the list, until the day is over."""
_MOST_DAYS = 62
_METHODS = {Method.QR: "QR", Method.MANUAL: "manual", Method.SELF: "mandiri"}
_HALL = (AttendanceMode.OFFLINE, AttendanceMode.DUAL)
_SCREEN = (AttendanceMode.ONLINE, AttendanceMode.DUAL)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the sheet. `records`: what was recorded of the person; `mark` stands where nobody has to sign."""

    number: int
    name: str
    notes: tuple[str, ...]
    nip: str
    rank: str
    position: str
    organisation: str
    phone: str
    records: tuple[str, ...] = ()
    mark: str | None = None


@dataclass(frozen=True)
class Sheet:
    """One day's sheet. `empty`: the numbers of rows without a name. `recorded`: with a column for what was recorded.
    `logo_key`: where the logo is stored.
    """

    title: str
    event: str
    head: Written
    details: Sequence[tuple[str, str]]
    agenda: Sequence[Written]
    rows: Sequence[Row]
    absent: Sequence[Row]
    empty: Sequence[int]
    recorded: bool
    remarks: Sequence[str]
    as_of: str
    logo_key: str | None
    made_at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """A person in a block, present or not."""

    block_id: UUID
    mode: AttendanceMode | None
    minutes: int
    first_in: datetime | None
    method: Method | None = None


Marks = Mapping[UUID, Sequence[_Mark]]


@dataclass(frozen=True)
class _Day:
    """A day of a workshop: its half-days, its programme, and how far it has come."""

    workshop: Workshop
    organizer: Organizer
    day: date
    blocks: Sequence[AttendanceBlock]
    items: Sequence[AgendaItem]
    over: bool


async def of_day(session: AsyncSession, actor: Actor, workshop_id: UUID, wanted: SheetQuery) -> Sheet:
    """The sheet of a day. Raises NotFound, and InvalidInput for a day that is none of the workshop's, or is missing."""
    workshop = await workshops.find(session, actor, workshop_id)
    day = await _day(session, workshop, wanted.date)
    marks = {} if wanted.blank else await _marks(session, day)
    recorded = not wanted.blank and (day.over or any(mark.mode for own in marks.values() for mark in own))
    listed = await people(session, wanted.order, *_conditions(day, wanted))
    rows, absent = _rows(day, listed, marks if recorded else {}, wanted, recorded=recorded)
    empty = (0 if day.over and recorded else EMPTY_ROWS) if wanted.empty_rows is None else wanted.empty_rows
    title = f"Daftar Hadir {long_date(day.day)}: {workshop.title}"
    now = clock.now()
    return Sheet(
        title=title,
        event=workshop.title,
        head=head_of(day.organizer),
        details=_details(day, wanted),
        agenda=[_item(item, workshop.timezone) for item in day.items],
        rows=rows,
        absent=absent if wanted.absent else [],
        empty=range(len(rows) + 1, len(rows) + 1 + empty),
        recorded=recorded,
        remarks=_remarks(day, rows, absent, recorded=recorded),
        as_of=f"Data per {long_date(clock.local_date(now, workshop.timezone))}, {clock_time(now, workshop.timezone)}",
        logo_key=day.organizer.logo_key,
        made_at=now,
        name=safe_name(f"Daftar Hadir {day.day.isoformat()} {workshop.slug}"),
    )


async def _day(session: AsyncSession, workshop: Workshop, wanted: date | None) -> _Day:
    zone = workshop.timezone
    in_block = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    blocks = (await session.exec(in_block.order_by(col(AttendanceBlock.starts_at)))).all()
    on_agenda = select(AgendaItem).where(AgendaItem.workshop_id == workshop.id)
    items = (await session.exec(on_agenda.order_by(col(AgendaItem.starts_at), col(AgendaItem.position)))).all()
    dates = sorted({clock.local_date(start, zone) for start, _end in _spans(blocks, items)}) or _whole(workshop)
    if wanted not in dates:
        if wanted is not None or len(dates) > 1:
            said = ", ".join(one.isoformat() for one in dates)
            raise InvalidInput.at("query/date", _("Pilih salah satu tanggal kegiatan ini: {dates}.").format(dates=said))
        [wanted] = dates
    today = [block for block in blocks if clock.local_date(block.starts_at, zone) == wanted]
    programme = [item for item in items if clock.local_date(item.starts_at, zone) == wanted]
    ends = [end for _start, end in _spans(today, programme)] or [min(workshop.ends_at, clock.end_of_day(wanted, zone))]
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    # Nobody is absent from what did not take place.
    over = clock.now() >= max(ends) and workshop.status is not WorkshopStatus.CANCELLED
    return _Day(workshop, organizer, wanted, today, programme, over)


def _spans(blocks: Sequence[AttendanceBlock], items: Sequence[AgendaItem]) -> list[tuple[datetime, datetime]]:
    return [(one.starts_at, one.ends_at) for one in blocks] + [(one.starts_at, one.ends_at) for one in items]


def _whole(workshop: Workshop) -> list[date]:
    """The days of a workshop of which no programme is known."""
    first, last = days_of(workshop)
    return [first + timedelta(days=n) for n in range(min((last - first).days + 1, _MOST_DAYS))]


async def _marks(session: AsyncSession, day: _Day) -> dict[UUID, list[_Mark]]:
    """What is known of the people in the half-days of the day, in their order."""
    order = {block.id: number for number, block in enumerate(day.blocks)}
    methods = await _methods(session, day.workshop.id, order)
    query = select_columns(
        col(Attendance.registration_id),
        col(Attendance.block_id),
        col(Attendance.mode),
        col(Attendance.minutes),
        col(Attendance.first_in),
    ).where(col(Attendance.workshop_id) == day.workshop.id, col(Attendance.block_id).in_(order))
    found: dict[UUID, list[_Mark]] = defaultdict(list)
    for person, block_id, mode, minutes, first_in in await rows_of(session, query):
        found[person].append(_Mark(block_id, mode, minutes, first_in, methods.get((person, block_id, first_in))))
    for own in found.values():
        own.sort(key=lambda mark: order[mark.block_id])
    return found


async def _methods(
    session: AsyncSession, workshop_id: UUID, blocks: Mapping[UUID, int]
) -> dict[tuple[UUID, UUID, datetime | None], Method]:
    """How the first scan in of everybody was made: the fold keeps its time alone. Of two at one time the fold takes
    the smaller nonce.
    """
    query = (
        select_columns(
            col(Checkin.registration_id), col(Checkin.block_id), col(Checkin.happened_at), col(Checkin.method)
        )
        .join(
            Attendance,
            and_(
                col(Attendance.registration_id) == col(Checkin.registration_id),
                col(Attendance.block_id) == col(Checkin.block_id),
                col(Attendance.first_in) == col(Checkin.happened_at),
            ),
        )
        .where(
            col(Attendance.workshop_id) == workshop_id,
            col(Checkin.block_id).in_(blocks),
            col(Checkin.direction) == Direction.IN,
            col(Checkin.annulled_at).is_(None),
            or_(col(Checkin.refusal).is_(None), col(Checkin.refusal) == RefusalReason.NOT_CONFIRMED),
        )
        .order_by(col(Checkin.nonce).desc())
    )
    return {(person, block, at): method for person, block, at, method in await rows_of(session, query)}


def _conditions(day: _Day, wanted: SheetQuery) -> list[ColumnElement[bool]]:
    """Who is expected, and who came that day, whatever became of the registration."""
    came = select_columns(col(Attendance.registration_id)).where(
        col(Attendance.workshop_id) == day.workshop.id,
        col(Attendance.block_id).in_([block.id for block in day.blocks]),
        col(Attendance.present),
    )
    anybody = expected_here() if wanted.blank else or_(expected_here(), col(Registration.id).in_(came))
    role = [col(Registration.role) == wanted.role] if wanted.role else []
    return [col(Registration.workshop_id) == day.workshop.id, anybody, *role]


def _rows(
    day: _Day, listed: Sequence[Person], marks: Marks, wanted: SheetQuery, *, recorded: bool
) -> tuple[list[Row], list[Row]]:
    """Those who stand on the sheet, and those who did not come.

    Of walk-ins nobody knew that they would come: where something is recorded, they stand on the days of theirs alone.
    """
    rows: list[Row] = []
    absent: list[Row] = []
    for person in listed:
        own = marks.get(person.id, ())
        present = [mark for mark in own if mark.mode]
        if not _is_meant(person, present, wanted.mode):
            continue
        if present:
            rows.append(_present(len(rows) + 1, day, person, present))
        elif not recorded or not (day.over or person.walk_in):
            rows.append(_expected(len(rows) + 1, person, alone=wanted.mode is not None))
        elif not person.walk_in:
            absent.append(_row(len(absent) + 1, person, person.notes, _lacking(own)))
    return rows, absent


def _is_meant(person: Person, present: Sequence[_Mark], mode: Mode | None) -> bool:
    if mode is None or not present:
        return mode in (None, person.mode)
    return any(mark.mode in (_HALL if mode is Mode.OFFLINE else _SCREEN) for mark in present)


def _present(number: int, day: _Day, person: Person, present: Sequence[_Mark]) -> Row:
    zone, codes = day.workshop.timezone, {block.id: f"{block.code} " for block in day.blocks}
    said = tuple(f"{codes[mark.block_id] if len(codes) > 1 else ''}{_said(mark, zone)}" for mark in present)
    hall = any(mark.mode in _HALL for mark in present)
    return _row(number, person, person.notes, said, None if hall else MODES[Mode.ONLINE])


def _said(mark: _Mark, zone: str) -> str:
    """'08.02 QR', 'daring, 182 menit' or both."""
    hall = ""
    if mark.first_in:
        at = clock_time(mark.first_in, zone).split(" ", maxsplit=1)[0]
        hall = f"{at} {_METHODS[mark.method]}" if mark.method else at
    online = f"daring, {mark.minutes} menit" if mark.mode in _SCREEN else ""
    return "; ".join(filter(None, (hall, online)))


def _expected(number: int, person: Person, *, alone: bool) -> Row:
    """Where somebody registered decides nothing, so those of the screen have a field for their signature too."""
    online = (MODES[Mode.ONLINE],) if person.mode is Mode.ONLINE and not alone else ()
    return _row(number, person, (*person.notes, *online))


def _lacking(own: Sequence[_Mark]) -> tuple[str, ...]:
    minutes = sum(mark.minutes for mark in own)
    return ("tidak hadir", f"daring, {minutes} menit, di bawah ambang") if minutes else ("tidak hadir",)


def _row(
    number: int, person: Person, notes: tuple[str, ...], records: tuple[str, ...] = (), mark: str | None = None
) -> Row:
    return Row(
        number,
        person.name,
        notes,
        person.nip,
        person.rank,
        person.position,
        person.organisation,
        person.phone,
        records,
        mark,
    )


def _details(day: _Day, wanted: SheetQuery) -> list[tuple[str, str]]:
    zone = day.workshop.timezone
    spans = _spans(day.blocks, day.items)
    said = [("Hari/tanggal", long_date(day.day))]
    if spans:
        hours = clock_hours(min(start for start, _end in spans), max(end for _start, end in spans), zone)
        said.append(("Waktu", f"pukul {hours}"))
    said.append(("Tempat", _place(day.workshop, wanted.mode)))
    if wanted.mode:
        said.append(("Cara hadir", MODES[wanted.mode]))
    return [*said, *called_off(day.workshop)]


def _place(workshop: Workshop, mode: Mode | None) -> str:
    if Modality.ONLINE in (workshop.modality, mode):
        return "daring"
    hall = ", ".join(filter(None, (workshop.venue_name, workshop.venue_address))) or "\u2026" * 10
    return hall if mode or workshop.modality is Modality.OFFLINE else f"{hall}; dan daring"


def _item(item: AgendaItem, zone: str) -> Written:
    return {"hours": clock_hours(item.starts_at, item.ends_at, zone), "title": item.title, "speakers": item.speakers}


def _remarks(day: _Day, rows: Sequence[Row], absent: Sequence[Row], *, recorded: bool) -> list[str]:
    """How many, and how to read what was recorded."""
    if not recorded:
        online = sum(MODES[Mode.ONLINE] in row.notes for row in rows)
        return (
            [f"Jumlah terdaftar: {len(rows)} orang."]
            if not online
            else [f"Jumlah terdaftar: {len(rows)} orang ({len(rows) - online} luring, {online} daring)."]
        )
    there = [row for row in rows if row.records]
    online = sum(row.mark is not None for row in there)
    waiting, missing = len(rows) - len(there), len(absent)
    counted = f"Jumlah hadir: {len(there)} orang ({len(there) - online} luring, {online} daring)"
    counted += f"; belum terekam: {waiting} orang" if waiting else ""
    counted += f"; tidak hadir: {missing} orang" if missing else ""
    zone = clock_time(day.workshop.starts_at, day.workshop.timezone).split(" ", maxsplit=1)[1]
    codes = [f"{block.code} = {block.label}" for block in day.blocks] if len(day.blocks) > 1 else []
    legend = (
        f"Terekam: waktu ({zone}) dan cara check-in di lokasi menurut sistem, yaitu QR (tiket dipindai), manual "
        "(dicatat panitia), atau mandiri (peserta memindai kode di lokasi); bagi peserta daring, menit terhubung "
        "selama acara. Catatan ini mendampingi tanda tangan dan tidak menggantikannya."
    )
    return [f"{counted}.", legend, *([f"Sesi: {'; '.join(codes)}."] if codes else [])]


def part_of(sheet: Sheet, number: int) -> tuple[Sheet, bool]:
    """One of the parts into which a long sheet is cut, and whether another one follows. Raises NotFound."""
    lines = len(sheet.rows) + len(sheet.absent)
    parts = max(1, -(-lines // MOST_AT_ONCE))
    if number > parts:
        raise NotFound
    if parts == 1:
        return sheet, False
    start, end, last = (number - 1) * MOST_AT_ONCE, number * MOST_AT_ONCE, number == parts
    before = len(sheet.rows)
    part = replace(
        sheet,
        title=f"{sheet.title} (bagian {number} dari {parts})",
        rows=sheet.rows[start:end],
        absent=sheet.absent[max(0, start - before) : max(0, end - before)],
        empty=sheet.empty if last else [],
        name=f"{sheet.name} bagian {number}",
    )
    return part, not last
