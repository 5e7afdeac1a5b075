"""One context, at least, for every template: what the pages' tests render."""

from datetime import UTC, date, datetime
from types import SimpleNamespace as Plain

from service.pages import render
from service.pages.forms import Option

ZONE = "Asia/Makassar"


def wita(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"2023-07-{day:02}T{hour:02}:{minute:02}:00+08:00").astimezone(UTC)


def agenda_item(title: str, start: datetime, end: datetime, *speakers: str) -> Plain:
    return Plain(title=title, starts_at=start, ends_at=end, speakers=list(speakers))


ORGANIZER = Plain(slug="luwu", name="Dinas Kominfo-SP Kabupaten Luwu", timezone=ZONE, logo=None)
BLOCKS = [
    Plain(code="D1P", label="Hari I - pagi", starts_at=wita(3, 9), ends_at=wita(3, 12)),
    Plain(code="D1S", label="Hari I - siang", starts_at=wita(3, 13), ends_at=wita(3, 16)),
    Plain(code="D2P", label="Hari II - pagi", starts_at=wita(4, 8, 30), ends_at=wita(4, 12)),
    Plain(code="D2S", label="Hari II - siang", starts_at=wita(4, 13), ends_at=wita(4, 15, 15)),
]
WORKSHOP = Plain(
    title="Bimbingan Teknis Penyusunan Masterplan Kota Cerdas (Smart City) dan Quick Win Program Unggulan Tahap I",
    organizer="luwu",
    kinds=["bimtek"],
    stage="bimtek_1",
    description="Penyamaan pemahaman, penguatan komitmen pemangku kepentingan, dan pemenuhan data.",
    aims=["Menyamakan pemahaman tentang kota cerdas", "Memenuhi data masterplan dan quick win"],
    modality="hybrid",
    status="published",
    timezone=ZONE,
    starts_at=wita(3, 9),
    ends_at=wita(4, 15, 15),
    venue=Plain(name="Aula Bappelitbangda", address="Kompleks Perkantoran Pemerintah Kabupaten Luwu, Belopa"),
    capacity=Plain(offline=Plain(limit=80, taken=61), online=Plain(limit=None, taken=28)),
    registration=Plain(opens_at=wita(1, 8), closes_at=wita(4, 12), state="open", approval=False, waiting_list=True),
    blocks=BLOCKS,
    agenda=[
        agenda_item("Pembukaan", wita(3, 9), wita(3, 9, 45), "Sekretaris Daerah"),
        agenda_item(
            "Pengantar kota cerdas: enam dimensi", wita(3, 9, 45), wita(3, 12), "Tenaga ahli", "Bappelitbangda"
        ),
        agenda_item("Pemetaan data per dimensi", wita(3, 13), wita(3, 16), "Tenaga ahli"),
        agenda_item("Penyusunan quick win", wita(4, 8, 30), wita(4, 12), "Tenaga ahli"),
        agenda_item("Penutupan", wita(4, 13), wita(4, 15, 15)),
    ],
    basis_letter="000.1.5/123/Diskominfo-SP",
    questions=[
        Plain(code="diet", label="Pantangan makanan", kind="text", choices=[], required=False),
        Plain(code="alasan", label="Harapan", kind="long_text", choices=[], required=False),
        Plain(
            code="kelompok", label="Kelompok kerja", kind="choice", choices=["Tata kelola", "Lingkungan"], required=True
        ),
        Plain(code="inap", label="Perlu penginapan?", kind="yes_no", choices=[], required=True),
    ],
    links=Plain(page="/w/luwu/bimtek-1", calendar="http://127.0.0.1:8000/calendar/luwu/bimtek-1.ics"),
)
CANCELLED = Plain(
    **{**vars(WORKSHOP), "title": "Rapat Persiapan", "kinds": ["preparation_meeting"], "status": "cancelled"}
)
REVIEW = Plain(
    **{
        **vars(WORKSHOP),
        "title": "Evaluasi dan Tinjauan Lapangan Kota Cerdas",
        "kinds": ["evaluation", "field_review"],
        "modality": "offline",
        "ends_at": wita(3, 16),
        "registration": Plain(opens_at=wita(1, 8), closes_at=None, state="full"),
    }
)
REGISTRATION = Plain(
    name="Kepala Bidang Statistik, S.Kom., M.Si.",
    number=27,
    status="confirmed",
    mode="online",
    position="Kepala Bidang Statistik",
    organisation="Dinas Komunikasi dan Informatika",
)
ATTENDANCE = [
    Plain(**vars(BLOCKS[0]), state="present", mode="offline", first_in=wita(3, 9, 2), minutes=None),
    Plain(**vars(BLOCKS[1]), state="present", mode="dual", first_in=wita(3, 13, 4), minutes=141),
    Plain(**vars(BLOCKS[2]), state="absent", mode=None, first_in=None, minutes=None),
    Plain(**vars(BLOCKS[3]), state="pending", mode=None, first_in=None, minutes=None),
]
LINKS = Plain(
    join="/join/abc",
    ticket="/my/abc/ticket.svg",
    calendar="/calendar/my/abc.ics",
    subscribe="webcal://127.0.0.1/calendar/my/abc.ics",
)
NO_LINKS = Plain(join=None, ticket=None, calendar=None, subscribe=None)
JOIN = {
    "workshop": WORKSHOP,
    "block": BLOCKS[0],
    "display_name": "27 Diskominfo-SP Kepala Bidang Statistik",
    "opens_at": wita(3, 8),
    "now": wita(3, 6, 48),
    "action": "/join/abc",
    "passcode": "481516",
    "my": "/my/abc",
}
NAV = [
    render.NavItem("Kegiatan", "/staff", current=True),
    render.NavItem("Organisasi", "/staff/organisations"),
    render.NavItem("Daftar kirim", "/staff/send-list"),
]
ERRORS = [
    render.FormError("email", "Tuliskan surel."),
    render.FormError("password", "Tuliskan kata sandi."),
    render.FormError("", "Surel atau kata sandi salah."),
]
MAIL = Plain(
    href="/demo/mail/1",
    to="kominfo@demo.invalid",
    sender="bimtek@localhost",
    subject="Pendaftaran tercatat",
    at=wita(3, 8, 31),
    text="Pendaftaran tercatat.\n\nHalaman Anda: http://127.0.0.1:8000/my/abc\n\n<script>alert(1)</script>",
)
ENTRY = Plain(
    name="Camat Walenrang",
    organisation="Kecamatan Walenrang",
    occasion="Konfirmasi pendaftaran",
    whatsapp="https://wa.me/6281100000000?text=Pendaftaran%20tercatat",
    mark="/staff/send-list/1/sent",
    sent_at=None,
    sent_by=None,
)
SENT = Plain(**{**vars(ENTRY), "name": "Camat Bua", "mark": "", "sent_at": wita(3, 8, 40), "sent_by": "Panitia"})
STAFF_LIST = [Plain(**vars(w), href="/w/luwu/bimtek", registered=89) for w in (WORKSHOP, REVIEW, CANCELLED)]

REGISTER: dict[str, object] = {
    "workshop": WORKSHOP,
    "modes": [Option("offline", "Luring (di tempat)", "Penuh", disabled=True), Option("online", "Daring")],
    "organisations": [Option("dlh", "Dinas Lingkungan Hidup")],
    "typed": {},
    "errors": [],
    "action": "/w/luwu/bimtek-1",
}
DELEGATE = Plain(
    id="1",
    number=3,
    name="Kepala Seksi",
    email="seksi@luwukab.go.id",
    phone=None,
    position=None,
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
    deadline=wita(2, 16),
    status="sent",
    delegates=[DELEGATE, Plain(**{**vars(DELEGATE), "id": "2", "mode": "online", "phone": "+6281100000000"})],
)
INVITED: dict[str, object] = {
    "invitation": INVITATION,
    "workshop": Plain(venue_name="Aula Bappelitbangda"),
    "workshop_page": "/w/luwu/bimtek-1",
    "over": False,
    "reason": None,
    "letter_date": "19 Juni 2023",
    "modes": [Option("offline", "Luring (di tempat)", "1 dari kuota 1"), Option("online", "Daring")],
    "typed": {},
    "done": "added",
    "action": "/invitations/abc",
}
AGENCY = Plain(name="Dinas Lingkungan Hidup")
COMMITMENT = Plain(
    code="C-V01",
    commitment_status="requested",
    fulfilment_status="returned",
    owes=True,
    overdue=True,
    working_days_late=7,
    due_date=date(2023, 7, 21),
    requested_until=date(2023, 8, 11),
    signatory_office=None,
    submissions=[
        Plain(
            submitted_at=wita(20, 9),
            status="returned",
            url="http://127.0.0.1:8000/set",
            files=[Plain(name="data.xlsx")],
            note="Semester I",
            complete=False,
            reason="Satuan belum diisi",
        )
    ],
    history=[
        Plain(at=wita(3, 8), axis="commitment", to="requested", reason=None),
        Plain(at=wita(24, 8), axis="extension", to="2023-08-11", reason="Menunggu data kecamatan"),
    ],
)
DECLINED = Plain(**{**vars(COMMITMENT), "commitment_status": "declined", "owes": False, "due_date": None})
ANSWER: dict[str, object] = {
    "commitment": COMMITMENT,
    "item": Plain(name="Timbulan sampah", description="Per kecamatan"),
    "organisation": AGENCY,
    "workshop": WORKSHOP,
    "may_answer": True,
    "may_submit": True,
    "may_extend": True,
    "typed": {},
    "done": "",
    "action": "/portal/abc/commitments/1",
    "back": "/portal/abc",
}

SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "sign-in": ("sign_in.html", {"action": "/sign-in", "email": "", "next": "/staff"}),
    "sign-in-refused": ("sign_in.html", {"action": "/sign-in", "email": 'a"b', "next": "", "errors": ERRORS}),
    "home": (
        "home.html",
        {
            "staff": Plain(name="Panitia Bimtek", email="panitia@demo.invalid"),
            "role": "organizer",
            "sign_out": "/sign-out",
            "workshops": STAFF_LIST,
            "nav": NAV,
        },
    ),
    "index": (
        "index.html",
        {
            "sections": [("Akan datang", [WORKSHOP, REVIEW]), ("Sudah lewat", [CANCELLED])],
            "organizers": {"luwu": ORGANIZER.name},
            "organizer": None,
            "calendar": None,
        },
    ),
    "index-empty": ("index.html", {"sections": [], "organizers": {}, "organizer": None, "calendar": None}),
    "organizer": (
        "index.html",
        {
            "sections": [("Sudah lewat", [CANCELLED])],
            "organizers": {"luwu": ORGANIZER.name},
            "calendar": "http://127.0.0.1:8000/calendar/luwu.ics",
        },
    ),
    "workshop": ("workshop.html", REGISTER),
    "workshop-refused": (
        "workshop.html",
        {
            **REGISTER,
            "typed": {"email": 'x"', "mode": "online", "nip": "1", "answer-inap": "yes", "consent": "yes"},
            "errors": [
                render.FormError("name", "Tuliskan nama lengkap."),
                render.FormError("mode", "Pilih cara hadir."),
                render.FormError("answer-kelompok", "Kelompok kerja: Wajib diisi."),
                render.FormError("consent", "Persetujuan diperlukan."),
            ],
        },
    ),
    "workshop-closed": ("workshop.html", {**REGISTER, "workshop": REVIEW, "modes": []}),
    "registered": ("registered.html", {"workshop": WORKSHOP, "status_now": "waitlisted", "mailbox": "/demo/mail"}),
    "invitation": ("invitation.html", INVITED),
    "invitation-declined": (
        "invitation.html",
        {
            **INVITED,
            "invitation": Plain(**{**vars(INVITATION), "status": "declined", "delegates": []}),
            "reason": "Bertugas di luar daerah",
            "typed": {"do": "add", "mode": "offline"},
            "errors": [render.FormError("name", "Tuliskan nama lengkap.")],
            "done": "",
        },
    ),
    "invitation-over": ("invitation.html", {**INVITED, "over": True, "done": ""}),
    "portal": (
        "portal.html",
        {
            "organisation": AGENCY,
            "debt": Plain(total=2, owes=1, overdue=1, unanswered=1, next_due_date=None),
            "owed": [Plain(title="Timbulan sampah", href="/portal/abc/commitments/1", read=COMMITMENT)],
            "settled": [Plain(title="Daftar izin", href="/portal/abc/commitments/2", read=DECLINED)],
            "workshops": [(WORKSHOP, "/w/luwu/bimtek-1")],
        },
    ),
    "commitment": ("commitment.html", {**ANSWER, "done": "extended"}),
    "commitment-refused": (
        "commitment.html",
        {
            **ANSWER,
            "typed": {"do": "decline", "url": "nas", "until": "kemarin"},
            "errors": [
                render.FormError("url", "Isi dengan alamat web."),
                render.FormError("reason", "Tuliskan alasan."),
                render.FormError("why", "Tuliskan alasan."),
                render.FormError("signatory_office", "Tuliskan jabatan."),
            ],
        },
    ),
    "my": ("my.html", {"registration": REGISTRATION, "workshop": WORKSHOP, "links": LINKS, "attendance": ATTENDANCE}),
    "my-waiting": (
        "my.html",
        {
            "registration": Plain(**{**vars(REGISTRATION), "status": "waitlisted"}),
            "workshop": WORKSHOP,
            "links": NO_LINKS,
            "attendance": [],
        },
    ),
    "join-before": ("join.html", {**JOIN, "state": "before"}),
    "join-open": ("join.html", {**JOIN, "state": "open"}),
    "join-not-ready": ("join.html", {**JOIN, "state": "not_ready"}),
    "join-over": ("join.html", {**JOIN, "state": "over", "block": None}),
    "confirm": ("confirm.html", {"registration": REGISTRATION, "workshop": WORKSHOP, "action": "/confirm/abc"}),
    "mail-list": ("mail_list.html", {"mails": [MAIL, MAIL], "timezone": ZONE}),
    "mail": ("mail.html", {"mail": MAIL, "back": "/demo/mail", "timezone": ZONE}),
    "send-list": ("send_list.html", {"entries": [ENTRY, SENT], "timezone": ZONE, "nav": NAV}),
    "error": (
        "error.html",
        {"title": "Tidak ditemukan", "detail": "Periksa alamatnya.", "retry": 5, "request_id": "0189", "status": 404},
    ),
}
FRAME: dict[str, object] = {"organizer": ORGANIZER, "demo": wita(3, 8, 31), "csrf": "c5rf"}
