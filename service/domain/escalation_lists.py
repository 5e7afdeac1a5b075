"""The regional secretary's (Sekda's) list: organisations whose data is as late as the organizer's rule says.

It is computed whenever it is printed, whether or not a step was raised, or dealt with, since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from babel.dates import format_date
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import escalations, organisations, workshops
from service.domain.file_names import safe_name
from service.domain.papers import Written, called_off, clock_time, head_of, long_date, spoken_days
from service.domain.working_days import holidays_of
from service.models.escalations import Escalation, EscalationLevel
from service.models.organizers import Organizer
from service.models.workshops import Workshop

_REMARKS = (
    "Daftar ini disusun sebagai bahan koordinasi. Komitmen penyerahan data bersifat sukarela, bukan perintah.",
    "Keterlambatan dihitung dalam hari kerja, Senin s.d. Jumat di luar hari libur, sejak tenggat atau permintaannya.",
)


@dataclass(frozen=True)
class Line:
    """One organisation: what is awaited, since when, and which letter it was sent."""

    name: str
    items: Sequence[str]
    since: str
    late: int
    letter: str


@dataclass(frozen=True)
class Listing:
    """The list, as documents.escalation_list prints it. `name`: of the file, without its ending; `none`: what it says
    when nobody stands on it.
    """

    name: str
    title: str
    event: str
    head: Written
    details: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    none: str
    remarks: Sequence[str]
    as_of: str
    logo_key: str | None
    made_at: datetime


async def of_workshop(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Listing:
    """The list as it stands now; without lines when there is nobody on it. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    house = await session.get_one(Organizer, workshop.organizer_id)
    now = clock.now()
    day = clock.local_date(now, house.timezone)
    limit = escalations.rule_of(house).list_after
    debts = await escalations.arrears(session, workshop, house, day, await holidays_of(session, house.id))
    listed = {one: owed for one, owed in debts.items() if limit is not None and escalations.latest(owed) >= limit}
    return Listing(
        name=safe_name(f"Daftar Sekda {workshop.slug} {day.isoformat()}"),
        title=f"Daftar data yang masih dinantikan: {workshop.title}",
        event=workshop.title,
        head=head_of(house),
        details=[("Kegiatan", workshop.title), ("Hari/tanggal", spoken_days(workshop)), *called_off(workshop)],
        lines=await _lines(session, workshop, house, listed),
        none=_nobody(len(debts), limit),
        remarks=_REMARKS,
        as_of=f"Keadaan per {long_date(day)}, pukul {clock_time(now, house.timezone)}",
        logo_key=house.logo_key,
        made_at=now,
    )


def _nobody(late: int, limit: int | None) -> str:
    if not late:
        return "Nihil: tidak ada data yang melewati tenggat."
    if limit is None:
        return f"Daftar ini tidak digunakan oleh penyelenggara; {late} perangkat daerah melewati tenggat."
    return f"Belum ada yang terlambat {limit} hari kerja; {late} perangkat daerah terlambat kurang dari itu."


async def _lines(
    session: AsyncSession, workshop: Workshop, house: Organizer, listed: Mapping[UUID, Sequence[escalations.Debt]]
) -> list[Line]:
    """The organisations by code."""
    query = (
        select(Escalation)
        .where(Escalation.workshop_id == workshop.id, Escalation.level == EscalationLevel.LETTER)
        .order_by(col(Escalation.raised_at))
    )
    letters = {row.organisation_id: row for row in await session.exec(query)}
    named = await organisations.names(session, list(listed))
    order = sorted(listed, key=lambda one: named[one])
    return [_line(named[one][1], listed[one], letters.get(one), house.timezone) for one in order]


def _line(name: str, debts: Sequence[escalations.Debt], letter: Escalation | None, zone: str) -> Line:
    said = "-"
    if letter is not None:
        day = format_date(clock.local_date(letter.raised_at, zone), "d MMMM y", locale="id")
        said = f"{letter.letter_number}, {day}" if letter.letter_number else f"disiapkan {day}"
    return Line(
        name=name,
        items=[one.name for one in debts],
        since=format_date(debts[0].due, "d MMMM y", locale="id"),
        late=escalations.latest(debts),
        letter=said,
    )
