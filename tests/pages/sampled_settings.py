"""The samples of the settings: the organizer, programmes, holidays, message wordings."""

from collections.abc import Mapping
from datetime import date

from service.documents.mail import Letter
from service.domain import holidays
from service.domain.holidays_reading import Puzzle
from service.models.messages import MessageWording, Occasion
from service.models.organizers import Holiday, Organizer, Programme
from service.models.organizers_shapes import HolidayShape
from service.pages import settings_forms
from service.pages.forms import Option
from service.pages.holidays import Moving, Trial
from service.pages.programmes_edit import Form
from service.pages.programmes_rows import Line, of_programme
from service.pages.render import FormError
from service.pages.wordings import Editing, Entry
from tests.factories import some_id
from tests.pages.sampled import NAV, WORKSHOP
from tests.pages.sampled_my import Samples

HOUSE = Organizer(slug="luwu", name="Dinas Kominfo-SP Kabupaten Luwu", logo="/logos/luwu/1.png", second_factor=True)
STAFF: dict[str, object] = {"nav": NAV, "errors": [], "done": ""}
CHOICES = [(name, f"/staff/settings/{name}", label) for name, label in settings_forms.parts().items()]


def _settings(part: str, **more: object) -> tuple[str, dict[str, object]]:
    kept: Mapping[str, str] = settings_forms.PARTS[part].shown(HOUSE)
    shown: dict[str, object] = {
        **STAFF,
        "part": part,
        "parts": CHOICES,
        "row": HOUSE,
        "kept": kept,
        "zones": settings_forms.zones(),
        "offices": [Option("kominfo", "Dinas Kominfo-SP")],
        "odd_nip": True,
    }
    return "settings.html", shown | more


NEW_YEAR = HolidayShape(day=date(2024, 1, 1), name="Tahun Baru 2024 Masehi", kind="libur_nasional")
EID = HolidayShape(day=date(2024, 4, 12), name="Idulfitri 1445 Hijriah", kind="cuti_bersama")
FAIR = HolidayShape(day=date(2024, 1, 13), name="Hari Jadi", kind="hari_kita")
KNOWN = [Holiday(organizer_id=some_id(), **one.model_dump()) for one in (NEW_YEAR, FAIR)]
DAYS: dict[str, object] = {
    **STAFF,
    "year": 2024,
    "years": [2023, 2024],
    "filled": {2024: 2},
    "rows": KNOWN,
    "kinds": [Option("libur_nasional", "Libur nasional")],
    "kind_names": {"libur_nasional": "Libur nasional", "cuti_bersama": "Cuti bersama"},
    "trial": None,
    "typed": {},
    "count": 2,
    "undo": None,
}
TRIAL = Trial(
    plan=holidays.Plan([EID], [EID], [NEW_YEAR], [FAIR], 1),
    verb="imported",
    moved=3,
    moving=[
        Moving("Dinas Kesehatan", 2, date(2024, 4, 12), date(2024, 4, 15)),
        Moving("Dinas Sosial", 1, None, date(2024, 4, 15)),
    ],
    puzzles=[Puzzle(4, "<b>31 Februari", "Tanggal ini tidak ada di kalender.")],
    packed='{"items": []}',
    version=3,
    year=2024,
)
NOTHING = Trial(holidays.Plan([EID], [], [], [], 1), "imported", 0, [], [], "{}", 3, 2024)

PROGRAMME = Programme(
    organizer_id=some_id(),
    code="smart-city",
    name="Gerakan Menuju 100 Smart City",
    stages=[{"code": one, "label": one, "date": "3-4 Juli 2023", "due_date": "2023-07-21"} for one in ("b1", "b2")],
    dimensions=[{"code": "living", "label": "Kehidupan Cerdas", "sub": ["Health"], "coordinator": "dinkes"}],
    shared=True,
)
LINES = of_programme(PROGRAMME)
EDITED: dict[str, object] = {
    **STAFF,
    "programme": PROGRAMME,
    "version": "1",
    "lines": {**LINES, "stage": [*LINES["stage"], Line("", fixed=False), Line("b3", fixed=True, used=4)]},
    "form": Form(PROGRAMME.name, "smart lighting = living", shared=True),
    "offices": {"dinkes": "Dinas Kesehatan"},
    "look": "",
    "moving": 0,
    "hanging": {"data_items": 3},
}
PROGRAMMES: dict[str, object] = {**STAFF, "programmes": [PROGRAMME], "typed": {"from": "smart-city"}, "done": "removed"}

WORDS: dict[str, object] = {
    **STAFF,
    "editing": Editing(Occasion.REMINDER_DAY, "id", {"text": "Salam, {nama}."}, "2", own=True),
    "about": "Menjelang kegiatan",
    "address": "/staff/wordings/reminder_day",
    "standard": ("Menjelang kegiatan", "Kegiatan berikut segera berlangsung."),
    "marks": [("{nama}", "nama penerima")],
    "preview": Letter("Menjelang kegiatan", "Salam.\n\n<script>alert(1)</script>", ""),
    "choices": [Option("1", WORKSHOP.title)],
    "chosen": "1",
    "tried": 0,
}
THEIRS = MessageWording(organizer_id=some_id(), occasion="reminder_day", language="id", text="Kami nantikan.")
REFUSED: dict[str, object] = {
    "editing": Editing(Occasion.REMINDER_DAY, "en", {"text": "{nam}"}, "", own=False, kept=THEIRS),
    "errors": [FormError("text", "Penanda {nam} tidak dikenal.")],
    "preview": None,
    "choices": [],
}
SETTINGS_SAMPLES: Samples = {
    **{f"settings-{part}": _settings(part) for part in settings_forms.PARTS},
    "settings-refused": _settings(
        "house", kept={"name": "", "committee_emails": "a@b"}, errors=[FormError("name", "Tuliskan nama.")]
    ),
    "settings-bare": _settings("letterhead", row=Organizer(slug="x", name="X"), done="logo_removed"),
    "holidays": ("holidays.html", DAYS | {"done": "removed", "undo": EID}),
    "holidays-none": ("holidays.html", DAYS | {"rows": [], "errors": [FormError("text", "Tempel daftarnya.")]}),
    "holidays-tried": ("holidays.html", DAYS | {"trial": TRIAL}),
    "holidays-same": ("holidays.html", DAYS | {"trial": NOTHING}),
    "programmes": ("programmes.html", PROGRAMMES),
    "programmes-none": ("programmes.html", PROGRAMMES | {"programmes": []}),
    "programme": ("programme.html", EDITED | {"done": "changed"}),
    "programme-moving": ("programme.html", EDITED | {"moving": 3}),
    "programme-arranged": ("programme.html", EDITED | {"look": "stage-2"}),
    "programme-bare": ("programme.html", EDITED | {"lines": {"stage": [], "dimension": []}, "hanging": {}}),
    "programme-refused": (
        "programme.html",
        EDITED | {"errors": [FormError("dimension-0-coordinator", "Pilih."), FormError("aliases", "Tulis.")]},
    ),
    "wordings": (
        "wordings.html",
        {**STAFF, "groups": [("Data", [Entry("Permintaan data", "/staff/wordings/x", ["id"])])]},
    ),
    "wording": ("wording.html", WORDS | {"done": "saved"}),
    "wording-tried": ("wording.html", WORDS | {"tried": 1}),
    "wording-refused": ("wording.html", WORDS | REFUSED),
}
