"""The samples of the pages on which a workshop is prepared, and of the list of workshops."""

from types import SimpleNamespace as Plain

from service.domain.rooms_links import People
from service.models.preparation_shapes import (
    ChangePreview,
    ClosingKept,
    DueDatesMoved,
    InvitationsKept,
    ModalityMove,
    OrganisationsTold,
    ReminderMove,
    RoomsTold,
    SwitchedRead,
    TimeMove,
    ToldRead,
    VenueMove,
)
from service.models.workshops import Modality, ReminderKind
from service.pages.forms import Option
from service.pages.render import FormError
from service.pages.setup_steps import Step
from tests.factories import some_id
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita

CHOSEN = Plain(**vars(WORKSHOP) | {"id": "1", "rehearsal": False, "cancellation_reason": None, "version": 3})
DRAFT = Plain(**vars(CHOSEN) | {"status": "draft", "rehearsal": True})
CANCELLED = Plain(**vars(CHOSEN) | {"status": "cancelled", "cancellation_reason": "Cuti bersama"})
COMPLETED = Plain(**vars(CHOSEN) | {"status": "completed"})
STEPS = [
    Step("details", "Data kegiatan", "/staff/setup/details?workshop=1", "blocking", "belum lengkap"),
    Step("agenda", "Agenda", "/staff/setup/agenda?workshop=1", "done", "sudah siap"),
    Step("questions", "Pertanyaan", "/staff/setup/questions?workshop=1", "", "boleh dilewati"),
    Step("room", "Ruang daring", "/staff/setup/room?workshop=1", "warning", "perlu dilihat"),
    Step("publication", "Pengumuman", "/staff/setup?workshop=1", "", "boleh dilewati"),
]
TOLD = ToldRead(mail=61, whatsapp=0, send_list=3, unreachable=1)
OFFICES_TOLD = OrganisationsTold(mail=3, whatsapp=0, send_list=1, unreachable=0, names=["Dinas <b>", "Dinas Sosial"])
NO_OFFICES = OrganisationsTold(mail=0, whatsapp=0, send_list=0, unreachable=0, names=[])
PREVIEW = ChangePreview(
    times=[TimeMove(what="starts_at", before=wita(3, 8), after=wita(3, 9))],
    venue=VenueMove(before='Aula "Bappelitbangda"', after=None),
    modality=ModalityMove(before=Modality.HYBRID, after=Modality.OFFLINE),
    switched=SwitchedRead(count=3, waiting=2, enough=43, told=TOLD),
    invitations_without_mode=1,
    closing=ClosingKept(at=wita(5, 8), late=True),
    invitations=InvitationsKept(letters=6, deadlines=6, first=wita(2, 8), late=1),
    calendars=True,
    told=TOLD,
    told_organisations=OFFICES_TOLD,
    rehearsal=False,
    promoted=2,
    seats_short=4,
    reminders=[
        ReminderMove(kind=ReminderKind.DAY, before=wita(1, 8), after=wita(8, 8)),
        ReminderMove(kind=ReminderKind.HOUR, before=wita(3, 8), after=None),
    ],
    rooms=RoomsTold(count=1, needed=1, remaining=0),
    due_dates=DueDatesMoved(count=12, organisations=5),
    effective=True,
)
QUIET = PREVIEW.model_copy(update={"rehearsal": True, "rooms": RoomsTold(count=1, needed=1, remaining=9)})
NONE = ToldRead(mail=0, whatsapp=0, send_list=0, unreachable=0)
ONLINE = {"modality": ModalityMove(before=Modality.HYBRID, after=Modality.ONLINE)}
QUIET = QUIET.model_copy(update=ONLINE | {"switched": SwitchedRead(count=8, waiting=0, enough=None, told=TOLD)})
KEPT = {"closing": ClosingKept(at=wita(2, 8), late=False), "invitations_without_mode": 0}
QUIET = QUIET.model_copy(update=KEPT)
NOT_MOVED = {"modality": None, "closing": None, "switched": SwitchedRead(count=0, waiting=0, enough=None, told=NONE)}
NOBODY = PREVIEW.model_copy(update=NOT_MOVED | {"told": NONE, "told_organisations": NO_OFFICES, "reminders": []})
FINDINGS = [
    {"severity": severity, "sentence": f"Sesuatu {severity}.", "href": href, "owner": "" if href else "yes"}
    for severity, href in (
        ("blocking", "/staff/setup/details?workshop=1"),
        ("warning", ""),
        ("note", "/staff/settings"),
    )
]
PUBLICATION: dict[str, object] = {
    "chosen": CHOSEN,
    "steps_list": STEPS,
    "findings": FINDINGS,
    "blocked": False,
    "told": TOLD,
    "offices": OFFICES_TOLD,
    "public": "/w/luwu/bimtek-1",
    "begun": True,
    "over": False,
    "opening": "open",
    "reason": "",
    "errors": [],
    "removable": False,
    "uses": [],
    "done": "published",
    "nav": NAV,
}
VALUES = {
    "title": 'Bimtek "I"',
    "kind": "bimtek",
    "modality": "hybrid",
    "latitude": "-3,3948",
    "reminders": "day\nhour",
}
DETAILS: dict[str, object] = {
    "chosen": CHOSEN,
    "capacity": Plain(offline_taken=61, online_taken=28),
    "steps_list": STEPS,
    "values": VALUES,
    "programmes": [Option("smart-city", "Gerakan Menuju 100 Smart City")],
    "earlier": [Option("2", "Evaluasi 2020")],
    "zones": [Option(ZONE, "WITA (Asia/Makassar)")],
    "zone": "WITA",
    "errors": [],
    "done": "saved",
    "nav": NAV,
}


def room(provider: str, status: str, **values: object) -> Plain:
    """A room as the page shows it."""
    known: dict[str, object] = {
        "id": some_id(),
        "provider": provider,
        "status": status,
        "url": None,
        "passcode": None,
        "error": None,
        "current": False,
        "people": None,
        "created_at": wita(1, 8),
    }
    return Plain(**known | values)


BUDGET = Plain(remaining=99, resets_at=wita(4, 8))
ROOM: dict[str, object] = {
    "chosen": CHOSEN,
    "steps_list": STEPS,
    "offline": False,
    "over": False,
    "rooms": [
        room("zoom", "active", current=True, people=People(20, 3, 1, None), passcode="48"),
        room("static", "active", url="https://meet.example.go.id/j/1"),
        room("zoom", "pending"),
        room("zoom", "failed", error="Zoom 3043: penuh"),
        room("zoom", "cancelled"),
    ],
    "zoom": Plain(configured=True, needed=1, budget=BUDGET),
    "integrations": True,
    "expected": 24,
    "values": {},
    "errors": [],
    "done": "opened",
    "nav": NAV,
}
NEW: dict[str, object] = {
    "occasions": [Option("bimtek", "Bimbingan teknis dua hari", "Hibrida, 14 JP."), Option("needs", "Kebutuhan")],
    "earlier": [Option("1", "Bimtek I")],
    "values": {"copy": "1"},
    "copying": True,
    "errors": [],
    "nav": NAV,
}
LINE = {"workshop": CHOSEN, "registered": 89, "href": "/staff/overview?workshop=1", "rehearsal": True}
HOME: dict[str, object] = {
    "organizers": [Plain(slug="luwu", name="Luwu"), Plain(slug="banjar", name="Banjar")],
    "new": "/staff/new",
    "sorts": [Plain(label="Mendatang", href="/staff?show=coming", count=2, current=True)],
    "workshops": [LINE, {**LINE, "href": None, "rehearsal": False}],
    "q": "",
    "show": "coming",
    "following": "/staff?after=x",
    "done": "removed",
    "nav": NAV,
}
SETUP_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "setup": ("setup.html", PUBLICATION),
    "setup-draft": (
        "setup.html",
        {**PUBLICATION, "chosen": DRAFT, "rehearsal": DRAFT, "done": "", "findings": [], "removable": True},
    ),
    "setup-blocked": (
        "setup.html",
        {**PUBLICATION, "chosen": DRAFT, "blocked": True, "removable": True, "uses": ["2 <b>"]},
    ),
    "setup-cancelled": ("setup.html", {**PUBLICATION, "chosen": CANCELLED, "done": "cancelled"}),
    "setup-completed": ("setup.html", {**PUBLICATION, "chosen": COMPLETED, "done": "completed"}),
    "setup-details": ("setup_details.html", DETAILS),
    "setup-details-refused": (
        "setup_details.html",
        {**DETAILS, "chosen": DRAFT, "errors": [FormError("ends_at", "Waktu selesai harus sesudah waktu mulai.")]},
    ),
    "setup-preview": (
        "setup_preview.html",
        {
            "chosen": CHOSEN,
            "action": "/staff/setup/details/1",
            "preview": PREVIEW,
            "kept": [("reminders", "day\nhour")],
        },
    ),
    "setup-preview-rehearsal": (
        "setup_preview.html",
        {"chosen": CHOSEN, "action": "/x", "preview": QUIET, "kept": [("title", 'a"b')]},
    ),
    "setup-preview-nobody": ("setup_preview.html", {"chosen": CHOSEN, "action": "/x", "preview": NOBODY, "kept": []}),
    "setup-room": ("setup_room.html", ROOM),
    "setup-room-none": (
        "setup_room.html",
        {
            **ROOM,
            "rooms": [],
            "offline": True,
            "zoom": Plain(configured=False, needed=0, budget=BUDGET),
            "errors": [FormError("url", "Isi dengan alamat web lengkap.")],
        },
    ),
    "setup-room-spent": (
        "setup_room.html",
        {**ROOM, "zoom": Plain(configured=True, needed=5, budget=Plain(remaining=1, resets_at=wita(4, 8)))},
    ),
    "workshops-new": ("workshops_new.html", NEW),
    "workshops-new-first": (
        "workshops_new.html",
        {**NEW, "earlier": [], "copying": False, "errors": [FormError("starts_on", "Pilih tanggal hari pertama.")]},
    ),
    "home": ("home.html", HOME),
    **{
        f"home-{show}": ("home.html", {**HOME, "organizers": [], "workshops": [], "following": None, "show": show})
        for show in ("coming", "draft", "past", "all")
    },
    "home-search": ("home.html", {**HOME, "workshops": [], "following": None, "q": 'a"b'}),
    "home-nowhere": ("home.html", {**HOME, "organizer": None, "workshops": [], "sorts": (), "following": None}),
}
