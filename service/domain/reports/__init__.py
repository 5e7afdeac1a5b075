"""The fifteen questions of the head of the office: registry and entry. Definitions stand with the computations."""

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import workshops
from service.domain.commitments_as_of import Moment
from service.domain.reports import attendance, burn_up, commitments, dashboard, matrix
from service.domain.reports.scope import Report, Scope
from service.errors import NotFound
from service.i18n import marked as _
from service.models.dashboard_shapes import BurnUpRead, MatrixRead
from service.models.organizers import Organizer
from service.models.reports import DashboardRead, ReportRead

_READINESS: JsonValue = dict.fromkeys(
    ("items", "committed", "accepted", "awaiting_review", "overdue", "gap", "readiness_pct"), "<number>"
)
_HEADS: JsonValue = dict.fromkeys(("offline_only", "online_only", "dual", "unique_present"), "<number>")

_ALL = (
    Report(
        "owing-attendees",
        _("OPD yang hadir setiap hari tetapi masih menunggak data sebelum kegiatan berikutnya, per dimensi"),
        {"<dimension>": {"<organisation>": ["<data item>"]}},
        commitments.owing_attendees,
    ),
    Report(
        "no-shows",
        _("Instansi yang diundang tetapi belum mendaftar, dan yang mendaftar tetapi tidak pernah hadir"),
        {"invited_not_registered": ["<organisation>"], "registered_never_present": ["<organisation>"]},
        attendance.no_shows,
    ),
    Report(
        "single-day-organisations",
        _("OPD yang hadir pada satu hari saja"),
        {"day1_only": ["<organisation>"], "day2_only": ["<organisation>"], "both_days_count": "<number>"},
        attendance.single_day_organisations,
    ),
    Report(
        "no-continuity",
        _("OPD yang hadir setiap hari tetapi dengan orang yang berbeda"),
        ["<organisation>"],
        attendance.no_continuity,
    ),
    Report("readiness", _("Kesiapan data per dimensi"), {"<dimension>": _READINESS}, commitments.readiness),
    Report(
        "uncommitted-items",
        _("Butir data sebelum kegiatan berikutnya yang belum memiliki komitmen siapa pun"),
        ["<data item>"],
        commitments.uncommitted_items,
    ),
    Report(
        "outside-stakeholders",
        _("Pemangku kepentingan di luar OPD: diminta, berkomitmen, diterima"),
        {"<organisation>": {"requested": "<number>", "committed": "<number>", "accepted": "<number>"}},
        commitments.outside_stakeholders,
    ),
    Report(
        "most-overdue",
        _("Instansi dengan tunggakan terlambat terbanyak dan keterlambatan terlama dalam hari kerja"),
        [{"org_id": "<organisation>", "overdue_items": "<number>", "max_working_days_overdue": "<number>"}],
        commitments.most_overdue,
    ),
    Report(
        "returned-items",
        _("Data yang pernah dikembalikan untuk perbaikan, dan siapa yang kini ditunggu"),
        [
            {
                "commitment_id": "<commitment>",
                "org_id": "<organisation>",
                "return_count": "<number>",
                "waiting_on": "<organisation>",
            }
        ],
        commitments.returned_items,
    ),
    Report(
        "headcount",
        _("Jumlah peserta unik per hari menurut cara hadir: luring, daring, keduanya"),
        {"day1": _HEADS, "day2": _HEADS},
        attendance.headcount,
    ),
    Report(
        "online-shortfalls",
        _("Peserta daring di bawah ambang kehadiran, dan nama yang tidak cocok dengan pendaftaran"),
        {
            "below_threshold": [
                {"participant_id": "<code>", "block": "<block>", "minutes": "<number>", "required": "<number>"}
            ],
            "unmatched": ["<text>"],
        },
        attendance.online_shortfalls,
    ),
    Report(
        "certificate-eligibility",
        _("Peserta yang berhak atas sertifikat, menurut status kepegawaian"),
        {
            "total_jp": "<number>",
            "min_jp": "<number>",
            "eligible": "<number>",
            "by_employment": {"pns": "<number>", "pppk": "<number>", "non_asn": "<number>"},
            "present_but_not_eligible": ["<code>"],
        },
        attendance.certificate_eligibility,
    ),
    Report(
        "heads-and-substitutes",
        _("OPD yang dihadiri langsung oleh kepalanya, dan OPD yang kemudian hanya diwakili pengganti"),
        {
            "head_present_day1": ["<organisation>"],
            "head_present_day2": ["<organisation>"],
            "opd_present_day1": "<number>",
            "opd_present_day2": "<number>",
            "only_substitute_day2": ["<organisation>"],
        },
        attendance.heads_and_substitutes,
    ),
    Report(
        "missing-evidence",
        _("Komitmen tanpa bukti tertulis"),
        ["<commitment>"],
        commitments.missing_evidence,
    ),
    Report(
        "incomplete-metadata",
        _("Data diserahkan atau diterima yang metadatanya belum lengkap (Satu Data Indonesia)"),
        ["<commitment>"],
        commitments.incomplete_metadata,
    ),
)
REPORTS = {report.name: report for report in _ALL}
"""By name, in the order of the questions."""


async def ask(
    session: AsyncSession, actor: Actor, name: str, workshop_id: UUID, as_of: date | datetime | None
) -> ReportRead:
    """The answer to one question about one of the actor's workshops. Raises NotFound.

    A date means the end of that day in the organizer's zone, None means now.
    """
    report = REPORTS.get(name)
    if report is None:
        raise NotFound
    scope = await _scope(session, actor, workshop_id, as_of)
    answer = await report.compute(scope)
    return ReportRead(report=name, workshop=workshop_id, as_of=scope.echo, answer=answer)


async def overview(
    session: AsyncSession, actor: Actor, workshop_id: UUID | None, as_of: date | datetime | None
) -> DashboardRead:
    """The dashboard of a workshop, by default of the current one (`dashboard.current_workshop`). Raises NotFound."""
    if workshop_id is None:
        workshop_id = await dashboard.current_workshop(session, actor)
    return await dashboard.overview(await _scope(session, actor, workshop_id, as_of))


async def matrix_of(
    session: AsyncSession, actor: Actor, workshop_id: UUID | None, as_of: date | datetime | None
) -> MatrixRead:
    """Organisations by dimensions of a workshop, by default of the current one. Raises NotFound."""
    if workshop_id is None:
        workshop_id = await dashboard.current_workshop(session, actor)
    return await matrix.matrix(await _scope(session, actor, workshop_id, as_of))


async def burn_up_of(
    session: AsyncSession, actor: Actor, workshop_id: UUID | None, as_of: date | datetime | None
) -> BurnUpRead:
    """What has come in, day by day, of a workshop, by default of the current one. Raises NotFound."""
    if workshop_id is None:
        workshop_id = await dashboard.current_workshop(session, actor)
    return await burn_up.burn_up(await _scope(session, actor, workshop_id, as_of))


async def _scope(session: AsyncSession, actor: Actor, workshop_id: UUID, as_of: date | datetime | None) -> Scope:
    workshop = await workshops.find(session, actor, workshop_id)
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    if as_of is None:
        as_of = clock.now()
    moment = Moment.of(as_of, organizer.timezone)
    echo = clock.in_zone(as_of, organizer.timezone) if isinstance(as_of, datetime) else as_of
    return Scope(session, organizer, workshop, moment, echo)
