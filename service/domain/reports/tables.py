"""The fifteen answers as tables that people read: names instead of codes, heads in the language spoken now."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import workshops
from service.domain.reports import REPORTS, tables_lines as lines, tables_names as named
from service.domain.reports.tables_lines import CODES, ELIGIBLE, RETURNED, SHORT, Line, Maker
from service.domain.reports.tables_names import Names
from service.i18n import gettext, marked as _
from service.models.organizers import Organizer
from service.models.reports import ReportRead
from service.models.workshops import Workshop

__all__ = ["Column", "Line", "ReportTable", "table"]


@dataclass(frozen=True)
class Column:
    """A column: its head, and whether it holds numbers."""

    head: str
    number: bool = False


@dataclass(frozen=True)
class ReportTable:
    """An answer to be read: `title` is the question, `notes` what is said below the table.

    Every row has as many cells as there are columns; its `filters` list what it counts (`GET /commitments`).
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Form:
    texts: tuple[str, ...]
    make: Maker
    numbers: tuple[str, ...] = ()
    """Heads of the columns that come last and hold numbers."""

    def columns(self) -> tuple[Column, ...]:
        return (
            *(Column(gettext(head)) for head in self.texts),
            *(Column(gettext(head), number=True) for head in self.numbers),
        )


_COMMITMENTS = _Form((_("Komitmen"), _("Dimensi"), _("Data"), _("Instansi")), lines.commitments)
_FORMS = {
    "owing-attendees": _Form((_("Dimensi"), _("Perangkat Daerah"), _("Kode"), _("Data")), lines.owing),
    "no-shows": _Form((_("Keterangan"), _("Instansi")), lines.grouped),
    "single-day-organisations": _Form((_("Keterangan"), _("Perangkat Daerah")), lines.grouped),
    "no-continuity": _Form((_("Kode"), _("Perangkat Daerah")), lines.organisations),
    "readiness": _Form(
        (_("Dimensi"),),
        lines.readiness,
        (
            _("Diminta"),
            _("Berkomitmen"),
            _("Diterima"),
            _("Menunggu verifikasi"),
            _("Terlambat"),
            _("Tanpa komitmen"),
            _("Kesiapan (%)"),
        ),
    ),
    "uncommitted-items": _Form((_("Dimensi"), _("Kode"), _("Data")), lines.items),
    "outside-stakeholders": _Form((_("Instansi"),), lines.outside, (_("Diminta"), _("Berkomitmen"), _("Diterima"))),
    "most-overdue": _Form((_("Instansi"),), lines.late, (_("Data terlambat"), _("Terlama (hari kerja)"))),
    "returned-items": _Form(
        (_("Komitmen"), _("Data"), _("Instansi"), _("Menunggu")), lines.returned, (_("Dikembalikan (kali)"),)
    ),
    "headcount": _Form((_("Hari"),), lines.heads, (_("Luring"), _("Daring"), _("Keduanya"), _("Jumlah"))),
    "online-shortfalls": _Form(
        (_("Keterangan"), _("Nama"), _("Instansi"), _("Sesi")), lines.shortfalls, (_("Menit"), _("Menit diperlukan"))
    ),
    "certificate-eligibility": _Form((_("Keterangan"), _("Peserta"), _("Instansi")), lines.eligible, (_("Jumlah"),)),
    "heads-and-substitutes": _Form((_("Keterangan"), _("Perangkat Daerah")), lines.grouped),
    "missing-evidence": _COMMITMENTS,
    "incomplete-metadata": _COMMITMENTS,
}


async def table(session: AsyncSession, actor: Actor, read: ReportRead) -> ReportTable:
    """An answer of `reports.ask` as a table. People are named to those who may read registrations. Raises NotFound."""
    workshop = await workshops.find(session, actor, read.workshop)
    names = await _names(session, actor, workshop, read)
    form = _FORMS[read.report]
    made = form.make(read.answer, names)
    title = gettext(REPORTS[read.report].title)
    return ReportTable(read.report, title, form.columns(), tuple(made.rows), tuple(made.notes))


async def _names(session: AsyncSession, actor: Actor, workshop: Workshop, read: ReportRead) -> Names:
    house = await session.get_one(Organizer, workshop.organizer_id)
    names = await named.offices(session, house, workshop)
    match read.report:
        case "owing-attendees" | "uncommitted-items":
            await named.add_items(session, names)
        case "missing-evidence" | "incomplete-metadata" | "returned-items":
            await named.add_items(session, names)
            await named.add_commitments(session, names, _commitments(read))
        case "online-shortfalls":
            below = SHORT.validate_python(read.answer).below_threshold
            await named.add_people(session, actor, names, workshop, {one.participant_id for one in below})
        case "certificate-eligibility":
            lacking = ELIGIBLE.validate_python(read.answer).present_but_not_eligible
            await named.add_people(session, actor, names, workshop, lacking)
    return names


def _commitments(read: ReportRead) -> list[str]:
    if read.report == "returned-items":
        return [one.commitment_id for one in RETURNED.validate_python(read.answer)]
    return CODES.validate_python(read.answer)
