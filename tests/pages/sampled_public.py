"""What the samples of the public pages show: lists, a month, the registration form and what follows it."""

from datetime import date, timedelta
from types import SimpleNamespace as Plain

from service.documents.map_links import map_links
from service.documents.privacy import Notice
from service.models.questions import Question
from service.models.workshops import Kind, Modality
from service.pages.forms import Option
from service.pages.guards import Guard
from service.pages.listing import Host, Section
from service.pages.months import Bar, Day, ListedDay, Month, Span, Week
from service.pages.visitors import Front
from tests.pages.sampled import CANCELLED, ORGANIZER, REVIEW, WORKSHOP

BASE = "http://127.0.0.1:8000"
FRONT = Front(f"{BASE}/", 'Kegiatan "Luwu"', "Jadwal", image=f"{BASE}/w/luwu/bimtek-1/preview/id.png", drawn=True)
WANTED = Plain(text="", kind="", modality="", is_filtered=False, past=False, after="")
LISTED: dict[str, object] = {
    "sections": [
        Section("Akan datang", [WORKSHOP, REVIEW], "/?after=x", "Kegiatan berikutnya"),
        Section("Sudah lewat", [CANCELLED]),
    ],
    "hosts": {"luwu": Host(ORGANIZER.name, "id")},
    "wanted": WANTED,
    "kinds": list(Kind),
    "modalities": list(Modality),
    "path": "/",
    "organizer": None,
    "calendar": None,
    "front": FRONT,
    "canonical": f"{BASE}/",
}
WEEK_DAYS = [
    Day(date(2023, 6, 26) + timedelta(number), number < 5, number == 5, "Iduladha" if number == 3 else "")
    for number in range(7)
]
SPAN = Span(WORKSHOP, date(2023, 7, 1), date(2023, 7, 3), 1, 3)
_CALLED_OFF = Span(CANCELLED, date(2023, 6, 27), date(2023, 6, 27))
_LANE = [
    Bar(_CALLED_OFF, 1, 1, 1, begins=True, ends=True),
    Bar(SPAN, 3, 5, 2, begins=True, ends=False),
]
MONTH: dict[str, object] = {
    "month": Month(2023, 7),
    "earlier": Month(2023, 6),
    "later": Month(2023, 8),
    "current": Month(2023, 6),
    "weeks": [Week(WEEK_DAYS, [_LANE])],
    "listed": [ListedDay(WEEK_DAYS[5], [SPAN, _CALLED_OFF]), ListedDay(WEEK_DAYS[3], [])],
    "nearest": None,
    "follows": False,
    "path": "/o/luwu/months",
    "front": FRONT,
    "canonical": f"{BASE}/o/luwu/months/2023-07",
}
REGISTER: dict[str, object] = {
    "workshop": WORKSHOP,
    "modes": [Option("offline", "Luring (di tempat)", "Penuh", disabled=True), Option("online", "Daring")],
    "organisations": [Option("dlh", "Dinas Lingkungan Hidup")],
    "asked": [Question.model_validate(vars(question)) for question in WORKSHOP.questions],
    "maps": map_links("Aula", "Belopa", -3.3948, 120.3719),
    "notice": Notice("Pengendali: Dinas", "Untuk pendaftaran", "Disimpan 2 tahun", "Hak Anda", "Hubungi Dinas"),
    "contact": "Telepon (0471) 000000, diskominfo@luwukab.go.id",
    "guard": Guard("catatan_tambahan", "stempel", "1.abc"),
    "front": FRONT,
    "canonical": f"{BASE}/w/luwu/bimtek-1",
    "linked": None,
    "typed": {},
    "errors": [],
    "action": "/w/luwu/bimtek-1",
}
DONE: dict[str, object] = {
    "workshop": WORKSHOP,
    "status_now": "waitlisted",
    "by_whatsapp": False,
    "mailbox": "/demo/mail",
}
