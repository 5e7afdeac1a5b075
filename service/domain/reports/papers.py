"""Reports as papers: one question with its answer, or the brief of the whole for the regional secretary (Sekda).

Indonesian whoever reads them, as official papers are: say so (`i18n.use`) before they are made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import reports, workshops
from service.domain.file_names import safe_name
from service.domain.papers import Written, called_off, clock_time, head_of, long_date, spoken_days
from service.domain.reports import dashboard
from service.domain.reports.tables import ReportTable, table
from service.models.dashboard_shapes import BurnUpRead
from service.models.organizers import Organizer
from service.models.workshops import Workshop

BRIEF = ("readiness", "most-overdue", "uncommitted-items", "outside-stakeholders", "returned-items")
"""The questions that the brief answers, in its order."""


@dataclass(frozen=True)
class ReportPaper:
    """A paper about a workshop (documents.printed) with its tables; `name` of the file, without an ending. `burn_up`
    is drawn up to `day`.
    """

    name: str
    title: str
    event: str
    head: Written
    details: Sequence[tuple[str, str]]
    remarks: Sequence[str]
    as_of: str
    logo_key: str | None
    made_at: datetime
    tables: Sequence[ReportTable]
    day: date
    burn_up: BurnUpRead | None = None


async def of_report(
    session: AsyncSession, actor: Actor, name: str, workshop_id: UUID, as_of: date | datetime | None
) -> ReportPaper:
    """One question and its answer. Raises NotFound."""
    made = await table(session, actor, await reports.ask(session, actor, name, workshop_id, as_of))
    return await _paper(session, actor, workshop_id, as_of, name, made.title, [made], [])


async def of_dashboard(
    session: AsyncSession, actor: Actor, workshop_id: UUID | None, as_of: date | datetime | None
) -> ReportPaper:
    """The brief about a workshop, by default the dashboard's. Raises NotFound."""
    if workshop_id is None:
        workshop_id = await dashboard.current_workshop(session, actor)
    seen = await reports.overview(session, actor, workshop_id, as_of)
    tables = [
        await table(session, actor, await reports.ask(session, actor, name, workshop_id, as_of)) for name in BRIEF
    ]
    totals = seen.totals
    details = [
        ("Permintaan data", f"{totals.commitments}, diterima {totals.accepted}"),
        ("Menunggu verifikasi", str(totals.awaiting_review)),
        ("Belum diserahkan", f"{totals.owes}, di antaranya terlambat {totals.overdue}"),
        *(("Tenggat berikutnya", f"{long_date(due.due_date)}: {due.owed} data") for due in seen.next_due[:1]),
    ]
    paper = await _paper(session, actor, workshop_id, as_of, "ringkasan", "Ringkasan kesiapan data", tables, details)
    return replace(paper, burn_up=await reports.burn_up_of(session, actor, workshop_id, as_of))


async def _paper(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID,
    as_of: date | datetime | None,
    name: str,
    title: str,
    tables: Sequence[ReportTable],
    details: Sequence[tuple[str, str]],
) -> ReportPaper:
    workshop = await workshops.find(session, actor, workshop_id)
    house = await session.get_one(Organizer, workshop.organizer_id)
    return ReportPaper(
        name=file_name(name, workshop, as_of, house.timezone),
        title=title,
        event=workshop.title,
        head=head_of(house),
        details=[("Hari, tanggal", spoken_days(workshop)), *called_off(workshop), *details],
        remarks=[],
        as_of=_said(as_of, house.timezone),
        logo_key=house.logo_key,
        made_at=clock.now(),
        tables=tables,
        day=_day(as_of, house.timezone),
    )


def file_name(name: str, workshop: Workshop, as_of: date | datetime | None, timezone: str) -> str:
    """What a file with this report is called, without its ending."""
    return safe_name(f"{name}-{workshop.slug}-{_day(as_of, timezone).isoformat()}")


def _day(as_of: date | datetime | None, timezone: str) -> date:
    moment = clock.now() if as_of is None else as_of
    return clock.local_date(moment, timezone) if isinstance(moment, datetime) else moment


def _said(as_of: date | datetime | None, timezone: str) -> str:
    moment = clock.now() if as_of is None else as_of
    if not isinstance(moment, datetime):
        return f"Keadaan per akhir {long_date(moment)}"
    return f"Keadaan per {long_date(clock.local_date(moment, timezone))}, {clock_time(moment, timezone)}"
