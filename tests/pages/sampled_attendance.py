"""The committee's attendance page in its states, for the templates' tests."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from service.models.attendance_history_shapes import CorrectedPerson
from service.models.attendance_shapes import AttendanceSummary, DaySummary, PresentCount
from service.pages.attendance import Agency, BlockFigures, Paper
from service.pages.attendance_person import Event, Found, HalfDay
from service.pages.corrections import Line
from service.pages.forms import Option
from service.pages.render import FormError
from tests.pages.sampled import BLOCKS, NAV, WORKSHOP, ZONE, wita

ID = UUID("01890f3a-7b2c-7d10-8e4f-5a6b7c8d9e0f")
PRESENT = PresentCount(offline=31, online=12, dual=3, unique=46)
NOBODY = PresentCount(offline=0, online=0, dual=0, unique=0)
DAYS = [DaySummary(date=date(2023, 7, day), present=PRESENT, expected=89) for day in (3, 4)]
FIGURES = [
    BlockFigures(one.code, one.label, one.starts_at, one.ends_at, present, 89, state)
    for one, present, state in zip(
        BLOCKS, (PRESENT, PRESENT, NOBODY, NOBODY), ("over", "now", "coming", "coming"), strict=True
    )
]
AGENCIES = [
    Agency("dinas-kesehatan", "Dinas Kesehatan", 0, 2),
    Agency("bappelitbangda", "Badan Perencanaan Pembangunan, Penelitian dan Pengembangan Daerah", 1, 3),
    Agency("", "Instansi lain", 2, 2),
]
PERSON = CorrectedPerson(id=ID, number=27, name="Kepala Bidang Statistik", organisation="diskominfo-sp")
LINES = [
    Line(
        wita(3, 8, 3),
        "annulled",
        "Dibatalkan",
        "Pemindaian pukul 08.02 WITA dibatalkan oleh Gerbang A pukul 08.03 WITA: Salah orang",
        PERSON,
        "Nomor 27 · Dinas Kominfo, Statistik dan Persandian · Hari I - pagi",
    ),
    Line(wita(3, 8), "late", "Terlambat diunggah", "Pemindaian baru diterima.", None, "Tiket tidak dikenal"),
]
CHOSEN: Any = type("Chosen", (), {**vars(WORKSHOP), "id": ID, "timezone": ZONE})
SHOWN: dict[str, object] = {
    "choices": [Option(str(ID), "Bimtek I"), Option("2", "Bimtek II")],
    "chosen": CHOSEN,
    "summary": AttendanceSummary(workshop_id=ID, present=PRESENT, expected=89, blocks=[], days=DAYS, organisations=[]),
    "days": DAYS,
    "blocks": FIGURES,
    "current": FIGURES[1],
    "block": "D1S",
    "sort": "missing",
    "q": "",
    "agencies": AGENCIES,
    "missing": AGENCIES[:1],
    "on_wall": 14,
    "stream": f"/api/v1/workshops/{ID}/attendance/stream",
    "lines": LINES,
    "kinds": [Option("annulled", "Dibatalkan"), Option("late", "Terlambat diunggah")],
    "kind": "annulled",
    "number": "27",
    "person": PERSON,
    "after": None,
    "more": "?after=abc#koreksi",
    "papers": [Paper("Daftar Hadir", date(2023, 7, 3), [Option("/sheet.pdf", "PDF"), Option("/sheet.xlsx", "XLSX")])],
    "nearby": [Option(f"/staff/door?workshop={ID}", "Pintu")],
    "corrects": True,
    "now": wita(3, 14),
    "timezone": ZONE,
    "nav": NAV,
}
EMPTY: dict[str, object] = {
    "blocks": [],
    "current": None,
    "days": [],
    "agencies": [],
    "missing": [],
    "lines": [],
    "papers": [],
}
SCAN = Event(
    wita(3, 8), "Masuk Hari I - pagi, dipindai oleh Gerbang A Senin, 3 Juli 2023, pukul 08.02 WITA.", "", "7", ""
)
ONE: dict[str, object] = {
    "chosen": CHOSEN,
    "person": PERSON,
    "halves": [
        HalfDay(
            BLOCKS[0].label, BLOCKS[0].starts_at, BLOCKS[0].ends_at, "Hadir luring dan daring, 95 menit daring", "ok"
        ),
        HalfDay(BLOCKS[1].label, BLOCKS[1].starts_at, BLOCKS[1].ends_at, "Tidak hadir", "bad"),
    ],
    "events": [
        SCAN,
        replace(SCAN, undoing="", undone="Dibatalkan oleh Panitia Senin, 3 Juli 2023, pukul 08.05 WITA: Salah orang"),
        Event(wita(3, 8), 'Terhubung daring sebagai "iPhone" pukul 08.00 WITA.', "", "", "/staff/presences/1"),
    ],
    "missing": [Option("D1S", "Hari I - siang")],
    "address": f"/staff/attendance/{ID}",
    "back": f"/staff/attendance?workshop={ID}",
    "nonce": ID,
    "typed": {},
    "errors": [],
    "done": "undone",
    "timezone": ZONE,
    "nav": NAV,
}
SEARCHED: dict[str, object] = {
    "chosen": CHOSEN,
    "people": [Found("Kepala Bidang Statistik", "Nomor 27 · Dinas Kominfo", f"/staff/attendance/{ID}")],
    "wanted": "statistik",
    "back": f"/staff/attendance?workshop={ID}",
    "timezone": ZONE,
    "nav": NAV,
}
ATTENDANCE_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "attendance": ("attendance.html", SHOWN),
    "attendance-empty": ("attendance.html", {**SHOWN, **EMPTY, "person": None, "more": None, "q": 'a"b'}),
    "attendance-none": ("attendance.html", {"choices": [], "chosen": None, "now": wita(3, 8), "timezone": ZONE}),
    "attendance-person": ("attendance_person.html", ONE),
    "attendance-person-refused": (
        "attendance_person.html",
        ONE | {"errors": [FormError("reason-7", "Tuliskan alasannya."), FormError("reason", "Tuliskan alasannya.")]},
    ),
    "attendance-person-empty": (
        "attendance_person.html",
        ONE | {"halves": [], "events": [], "missing": [], "done": "refused"},
    ),
    "attendance-search": ("attendance_search.html", SEARCHED),
    "attendance-search-empty": ("attendance_search.html", SEARCHED | {"people": [], "wanted": "x"}),
    "attendance-wall": ("attendance_wall.html", SHOWN),
    "attendance-wall-complete": ("attendance_wall.html", {**SHOWN, "missing": []}),
}
