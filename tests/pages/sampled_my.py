"""The samples of the pages behind a participant's and an invited organisation's links."""

from types import SimpleNamespace as Plain

from service.models.questions import Question, QuestionKind
from service.pages import render
from service.pages.forms import Option
from service.pages.my_details import Detail
from service.pages.standing import Standing, Switch
from tests.pages.sampled import ATTENDANCE, LINKS, NO_LINKS, REGISTRATION, WORKSHOP, ZONE, wita

Samples = dict[str, tuple[str, dict[str, object]]]

PERSON = Plain(**vars(REGISTRATION), represents="Kepala Dinas")
IN_HALL = Plain(**{**vars(PERSON), "mode": "offline"})
ASKED = [
    Question(code="kelompok", label="Kelompok kerja", kind=QuestionKind.CHOICE, choices=["Data"], required=True),
    Question(code="inap", label="Perlu penginapan?", kind=QuestionKind.YES_NO, required=True),
]
OWN: dict[str, object] = {
    "registration": PERSON,
    "workshop": WORKSHOP,
    "workshop_page": "/w/luwu/bimtek-1",
    "my": "/my/abc",
    "typed": {},
    "errors": [],
}
MY: dict[str, object] = {
    **OWN,
    "standing": Standing("ok", "check", "Kursi daring Anda sudah pasti", ("Ruang daring sudah dibuka.",)),
    "links": LINKS,
    "opens_at": wita(3, 8),
    "now": wita(2, 9),
    "attendance": ATTENDANCE,
    "certificate": Plain(number="012/SERTIFIKAT/VII/2023", hours=12, total_hours=14),
    "hall_links": None,
    "switch": Switch("offline", possible=True, meaning="Sisa 12 kursi di tempat."),
    "missing": [],
    "details": [Detail("Jabatan", "Kepala Bidang Statistik"), Detail("NIP", "••••••••••••••0012")],
    "answers": [Detail("Kelompok kerja", "Data"), Detail("Perlu penginapan?", "")],
    "channels": [Option("mail", "Surel"), Option("whatsapp", "WhatsApp")],
    "languages": [Option("id", "Bahasa Indonesia"), Option("en", "English")],
    "channel": "whatsapp",
    "spoken": "",
    "action": "/my/abc",
    "may_leave": True,
    "contact": "panitia@luwukab.go.id",
    "done": "switched",
}
DELEGATE = Plain(
    id="1",
    number=3,
    name="Kepala Seksi",
    email="seksi@luwukab.go.id",
    phone=None,
    position=None,
    represents="Kepala Dinas",
    mode="offline",
    status="confirmed",
)
INVITATION = Plain(
    title=WORKSHOP.title,
    starts_at=WORKSHOP.starts_at,
    ends_at=WORKSHOP.ends_at,
    timezone=ZONE,
    organisation_name="Dinas Lingkungan Hidup",
    letter_number="005/123/Diskominfo-SP",
    letter_date="19 Juni 2023",
    deadline=wita(2, 16),
    over=False,
    all_or_none=True,
    status="sent",
    delegates=[DELEGATE, Plain(**{**vars(DELEGATE), "id": "2", "mode": "online", "status": "waitlisted"})],
)
INVITED: dict[str, object] = {
    "invitation": INVITATION,
    "workshop": Plain(venue_name="Aula Bappelitbangda"),
    "workshop_page": "/w/luwu/bimtek-1",
    "contact": "panitia@luwukab.go.id",
    "reason": None,
    "letter": "/invitations/abc/letter.pdf",
    "closed": None,
    "held": ["2 kursi luring disediakan sampai Minggu, 2 Juli 2023, pukul 16.00 WITA."],
    "modes": [Option("offline", "Luring (di tempat)", "1 dari kuota 1"), Option("online", "Daring")],
    "together": True,
    "typed": {},
    "errors": [],
    "done": "added",
    "action": "/invitations/abc",
}
NOTICE = Plain(
    collector="Data dikumpulkan oleh Diskominfo-SP.",
    purpose="Data digunakan untuk pendaftaran.",
    retention="Data disimpan selama 2 tahun.",
    rights="Anda dapat mengunduh data Anda.",
    contact="Pertanyaan disampaikan kepada Diskominfo-SP.",
)
NAMELESS = [render.FormError("name", "Tuliskan nama lengkap.")]

MY_SAMPLES: Samples = {
    "my": ("my.html", MY),
    "my-hall": (
        "my.html",
        {
            **MY,
            "registration": IN_HALL,
            "hall_links": "on_request",
            "switch": Switch("online", possible=False, meaning="Kursi daring sedang penuh."),
            "missing": ASKED,
            "done": "",
            "errors": [render.FormError("answer-inap", "Wajib diisi.", "Perlu penginapan?")],
        },
    ),
    "my-waiting": (
        "my.html",
        {
            **MY,
            "registration": Plain(**{**vars(PERSON), "status": "waitlisted"}),
            "links": NO_LINKS,
            "attendance": [],
            "switch": None,
            "answers": [],
            "action": None,
            "may_leave": False,
            "contact": None,
            "done": "",
        },
    ),
    "my-ticket": ("my_ticket.html", {**OWN, "ticket": "/my/abc/ticket.svg"}),
    "my-data": (
        "my_data.html",
        {**OWN, "nip": "••••••••••••••0012", "contact": None, "typed": {"rank": "Pembina"}, "errors": NAMELESS},
    ),
    "my-answers": ("my_answers.html", {**OWN, "asked": ASKED, "typed": {"answer-inap": "no"}}),
    "my-substitute": ("my_substitute.html", {**OWN, "errors": NAMELESS}),
    "my-cancel": ("my_cancel.html", OWN),
    "my-privacy": (
        "my_privacy.html",
        {
            **OWN,
            "notice": NOTICE,
            "ended": None,
            "kept": "Semua data Anda dihapus.",
            "contact": "panitia@luwukab.go.id",
        },
    ),
    "my-privacy-withdrawn": (
        "my_privacy.html",
        {
            **OWN,
            "notice": NOTICE,
            "ended": "Kontak dihapus.",
            "kept": "Kontak dihapus.",
            "contact": None,
            "typed": {"do": "erase"},
            "errors": [render.FormError("sure_erase", "Beri tanda centang bila memang yakin.")],
        },
    ),
    "done": ("done.html", {"deed": "substituted", "home": "/o/luwu", "contact": "panitia@luwukab.go.id"}),
    "invitation": ("invitation.html", INVITED),
    "invitation-declined": (
        "invitation.html",
        {
            **INVITED,
            "invitation": Plain(**{**vars(INVITATION), "status": "declined", "delegates": []}),
            "reason": "Bertugas di luar daerah",
            "held": [],
            "together": False,
            "typed": {"do": "add", "mode": "offline"},
            "errors": NAMELESS,
            "done": "",
        },
    ),
    "invitation-over": (
        "invitation.html",
        {
            **INVITED,
            "invitation": Plain(**{**vars(INVITATION), "over": True}),
            "closed": "Sudah lewat.",
            "held": [],
            "letter": None,
            "done": "",
        },
    ),
    "delegate": (
        "delegate.html",
        {
            **INVITED,
            "delegate": DELEGATE,
            "typed": {"do": "replace", "mode": "offline"},
            "errors": [render.FormError("new_name", "Tuliskan nama lengkap.")],
            "action": "/invitations/abc/delegates/1",
            "back": "/invitations/abc",
        },
    ),
}
