"""The samples of the dashboard's pages: the committee's, a meeting room's, everybody's."""

from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace as Plain
from typing import Any
from urllib.parse import urlencode

from service.documents import charts
from service.domain.reports.tables import Column, Line, ReportTable
from service.models.dashboard_shapes import CellRead, MatrixDimension, MatrixRead, MatrixRow, PublicProgress
from service.models.reports import CommitmentTotals, DashboardRead, DueRead, ReadinessRead
from service.pages import dashboard_view as view
from service.pages.dashboard_view import Chart, Debtor, Dimension, View
from service.pages.forms import Option
from service.pages.render import FormError
from service.pages.visitors import Front
from tests.factories import some_id
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita

COUNTS = ("asked", "standing", "committed", "accepted", "awaiting_review", "owes", "overdue")
WORDS = view.state_words()
DAY = date(2023, 8, 1)


def cell(*counts: int) -> CellRead:
    return CellRead.model_validate(dict(zip(COUNTS, counts, strict=True)) | {"accepted_pct": 50.0})


CELLS = {
    "governance": cell(2, 2, 2, 1, 0, 1, 1),
    "economy": cell(1, 1, 1, 0, 1, 0, 0),
    "living": cell(1, 1, 0, 0, 0, 1, 0),
    "society": cell(1, 1, 1, 1, 0, 0, 0),
    "other": cell(1, 0, 0, 0, 0, 0, 0),
}
READY = ReadinessRead(items=4, committed=3, accepted=2, awaiting_review=1, overdue=1, gap=1, readiness_pct=50.0)
MATRIX = MatrixRead(
    workshop=some_id(),
    as_of=DAY,
    dimensions=[
        MatrixDimension(code=code, label=f"{code.title()} Cerdas (Smart)", total=one) for code, one in CELLS.items()
    ],
    organisations=[
        MatrixRow(
            code="dlh", name="Dinas Lingkungan Hidup", org_class="opd", cells=CELLS, total=cell(6, 5, 4, 2, 1, 2, 1)
        )
    ],
    total=cell(6, 5, 4, 2, 1, 2, 1),
)
PLOT = charts.Plot(
    first=date(2023, 7, 3),
    last=date(2023, 8, 25),
    until=DAY,
    top=6,
    standing=[charts.Step(date(2023, 7, 3), 5)],
    due=[charts.Step(date(2023, 7, 21), 4)],
    delivered=[charts.Step(date(2023, 7, 14), 2)],
    accepted=[charts.Step(date(2023, 7, 20), 2)],
)
CHART = Chart(charts.steps(PLOT, "Per hari"), "Per hari", PLOT.rungs, PLOT.ticks, [(DAY, 5, 4, 2, 2)])
WHERE: Any = Plain(**{**vars(WORKSHOP), "id": some_id(), "slug": "bimtek-1"})
SEEN = View(
    workshop=WHERE,
    as_of="2023-08-01",
    day=DAY,
    overview=DashboardRead(
        workshop=some_id(),
        as_of=DAY,
        readiness={"governance": READY},
        totals=CommitmentTotals(commitments=6, owes=2, overdue=1, awaiting_review=1, accepted=2),
        attendance={},
        next_due=[DueRead(due_date=date(2023, 8, 25), owed=1)],
        delays=[],
    ),
    matrix=MATRIX,
    dimensions=[
        Dimension(one.code, one.label, view.short(one.label), READY, one.total, charts.bar(view.parts(one.total)))
        for one in MATRIX.dimensions
    ],
    rows=MATRIX.organisations,
    debtors=[Debtor("dlh", "Dinas Lingkungan Hidup", 1, 7)] * 7,
    bands=[view.Band("1 sampai 5 hari kerja", 1, charts.bar([("overdue", 1)]))],
    chart=CHART,
    ready=READY,
    moments=[Option("", "Sekarang"), Option("2023-08-01", "Akhir kegiatan")],
    ahead=True,
)
DASHBOARD: Mapping[str, object] = {
    "choices": [Option(str(WHERE.id), "Bimtek I")],
    "chosen": WHERE,
    "seen": SEEN,
    "home": "/dashboard",
    "items": "/staff/commitments?",
    "review": "/staff/review?",
    "brief": "/api/v1/dashboard.pdf",
    "questions": [Option("readiness", "Kesiapan data per dimensi")],
    "state": view.state,
    "words": WORDS,
    "spoken": view.spoken,
    "links": [Plain(id=some_id(), name="Ruang rapat", workshop_id=some_id(), created_at=wita(3, 8))],
    "progress": PublicProgress(enabled=True),
    "publishes": True,
    "public": "/w/luwu/progress",
    "issued": "",
    "once": "x",
    "done": "closed",
    "timezone": ZONE,
    "nav": NAV,
}
READ_ONLY: Mapping[str, object] = {
    "choices": [],
    "home": "/dashboard/abc",
    "questions": [],
    "links": None,
    "publishes": False,
    "done": "",
}
WALL = {**DASHBOARD, **READ_ONLY, "nav": (), "now": wita(3, 8), "refresh": 60, "addressed": 5}
TABLE = ReportTable(
    "readiness",
    "Kesiapan data per dimensi",
    (Column("Dimensi"), Column("Kesiapan (%)", number=True)),
    (Line(("Tata Kelola", 50.5), {"dimension": "governance"}), Line(("Lain", None))),
    ("Dihitung dalam butir data.",),
)
REPORT: Mapping[str, object] = {
    "choices": DASHBOARD["choices"],
    "chosen": WHERE,
    "table": TABLE,
    "number": 5,
    "others": [Option("readiness", "Kesiapan data per dimensi"), Option("headcount", "Jumlah peserta")],
    "as_of": "",
    "told": "Selasa, 1 Agustus 2023",
    "query": "workshop=1",
    "items": "/staff/commitments?",
    "item_query": urlencode,
    "nav": NAV,
}
ENTRY = Plain(
    item=Plain(name="Timbulan sampah"),
    organisation="Dinas Lingkungan Hidup",
    read=Plain(
        code="C-V01",
        due_date=date(2023, 7, 21),
        overdue=True,
        working_days_late=7,
        commitment_status="committed",
        fulfilment_status="returned",
    ),
)
ITEMS = {
    "chosen": WHERE,
    "entries": [ENTRY],
    "about": "Lingkungan",
    "told": "kini",
    "back": "/dashboard/abc",
    "more": "?x",
}
PROGRESS = {
    "front": Front("http://127.0.0.1:8000/w/luwu/progress", "Perkembangan", "50 %"),
    "canonical": "http://127.0.0.1:8000/w/luwu/progress",
    "seen": SEEN,
    "dimensions": [
        Plain(short="Tata Kelola", label="Tata Kelola", ready=READY, bar=charts.bar([("accepted", 1), ("gone", 1)]))
    ],
    "bar": charts.bar([("accepted", 1)]),
    "organisations": MATRIX.organisations,
    "chosen": WHERE,
    "shown": PublicProgress(enabled=True, burn_up=True, organisations=True),
    "day": DAY,
}
DASHBOARD_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "dashboard": ("dashboard.html", {**DASHBOARD}),
    "dashboard-issued": (
        "dashboard.html",
        {**DASHBOARD, "issued": "http://127.0.0.1:8000/dashboard/abc", "errors": [FormError("name", "Tuliskan.")]},
    ),
    "dashboard-read-only": ("dashboard.html", {**DASHBOARD, **READ_ONLY, "nav": ()}),
    "dashboard-none": ("dashboard.html", {**DASHBOARD, "choices": [], "chosen": None, "seen": None}),
    "dashboard-wall": ("dashboard_wall.html", WALL),
    "dashboard-wall-empty": ("dashboard_wall.html", {**WALL, "seen": None, "chosen": None}),
    "dashboard-report": ("dashboard_report.html", {**REPORT}),
    "dashboard-report-empty": (
        "dashboard_report.html",
        {**REPORT, "table": ReportTable("headcount", "Jumlah peserta", (Column("Hari"),), ())},
    ),
    "dashboard-items": ("dashboard_items.html", ITEMS),
    "dashboard-items-empty": ("dashboard_items.html", {**ITEMS, "entries": [], "more": ""}),
    "progress": ("progress.html", PROGRESS),
}
