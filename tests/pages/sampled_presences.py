"""The samples of the pages on which online connections find their people."""

from dataclasses import replace
from types import SimpleNamespace as Plain

from service.models.presences_shapes import PresenceImportRead, RefusedRow
from service.pages.forms import Option
from service.pages.presences import Entry, Person, Tried
from service.pages.render import FormError
from tests.pages.sampled import NAV, REVIEW, WORKSHOP, ZONE, wita
from tests.pages.sampled_my import Samples

HEAD = Person("1", "Kepala Bidang Aptika", "Dinas Kominfo-SP · Kepala Bidang · Nomor 7", ("Namanya mirip.",))
OFFICER = Person(
    "2", "Sekretaris Dinas Kesehatan", "Dinas Kesehatan · Nomor 12", ("Instansinya disebut pada nama tampilan.",)
)
ENTRY = Entry(
    id="a",
    name="Dinkes_Staf (Aptika)",
    email="umum@luwukab.go.id",
    joined_at=wita(3, 9, 18),
    left_at=wita(3, 11, 45),
    minutes=130,
    source="Zoom, langsung",
    decided=False,
    people=(),
    suggestions=(HEAD, OFFICER),
    alike=3,
    href="/staff/presences/a",
)
UNKNOWN = replace(
    ENTRY, id="b", name="iPhone", email=None, minutes=12, suggestions=(), alike=0, href="/staff/presences/b"
)
MATCHED = replace(ENTRY, decided=True, people=(replace(HEAD, ticked=True),), suggestions=())
TOLD = PresenceImportRead(
    dry_run=True,
    timezone=ZONE,
    date_order="month_first",
    rows=112,
    new=97,
    repeated=9,
    skipped=4,
    matched=88,
    unmatched=18,
    nobody=0,
    refused=[
        RefusedRow(row=7, reason="Waktu keluar tidak ada."),
        RefusedRow(row=41, reason="Bukan pada hari kegiatan ini."),
    ],
    refused_count=2,
    first_at=wita(3, 1, 55),
    last_at=wita(3, 9, 50),
    minutes=14_210,
    minutes_inside=310,
)
CHOSEN = Plain(**vars(WORKSHOP) | {"id": 1})
LIST: dict[str, object] = {
    "choices": [Option("1", f"3-4 Juli 2023 · {WORKSHOP.title}"), Option("2", REVIEW.title)],
    "chosen": CHOSEN,
    "show": "waiting",
    "shows": {one: f"/staff/presences?workshop=1&show={one}" for one in ("waiting", "matched", "nobodys")},
    "counts": {"waiting": 18, "matched": 88, "nobodys": 0},
    "entries": [ENTRY, UNKNOWN],
    "more": "/staff/presences?workshop=1&show=waiting&after=b",
    "zones": [Option(ZONE, "WITA (Asia/Makassar)"), Option("Asia/Jakarta", "WIB (Asia/Jakarta)")],
    "carried": "workshop=1&show=waiting&",
    "tried": None,
    "done": "matched",
    "timezone": ZONE,
    "nav": NAV,
}
ONE: dict[str, object] = {
    "chosen": CHOSEN,
    "entry": ENTRY,
    "people": [replace(HEAD, ticked=True), OFFICER],
    "wanted": "aptika",
    "found": 1,
    "shortest": 2,
    "back": "/staff/presences?workshop=1",
    "timezone": ZONE,
    "nav": NAV,
}
PRESENCES_SAMPLES: Samples = {
    "presences": ("presences.html", LIST),
    "presences-tried": ("presences.html", LIST | {"tried": Tried(TOLD, "eJyLjgUAARUAuQ==", outside=1), "done": ""}),
    "presences-refused": (
        "presences.html",
        LIST
        | {"entries": [], "more": "", "done": "", "errors": [FormError("file", "Sertakan satu berkas CSV atau XLSX.")]},
    ),
    "presences-matched": ("presences.html", LIST | {"show": "matched", "entries": [MATCHED], "more": "", "done": ""}),
    "presences-nobodys": ("presences.html", LIST | {"show": "nobodys", "entries": [], "more": "", "done": "nobody"}),
    "presences-none": ("presences.html", {**LIST, "choices": [], "chosen": None, "done": ""}),
    "presence": ("presence.html", ONE),
    "presence-empty": (
        "presence.html",
        ONE | {"entry": UNKNOWN, "people": [], "wanted": "a", "found": 0, "errors": [FormError("", "Pilih peserta.")]},
    ),
}
