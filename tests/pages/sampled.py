"""What the samples of templates show: a house, its workshop, its people, and what staff see of them."""

from datetime import UTC, date, datetime
from types import SimpleNamespace as Plain
from typing import Any

from service.pages import render
from service.pages.forms import Option

ZONE = "Asia/Makassar"


def wita(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"2023-07-{day:02}T{hour:02}:{minute:02}:00+08:00").astimezone(UTC)


def agenda_item(title: str, start: datetime, end: datetime, *speakers: str) -> Plain:
    return Plain(title=title, starts_at=start, ends_at=end, speakers=list(speakers))


ORGANIZER = Plain(slug="luwu", name="Dinas Kominfo-SP Kabupaten Luwu", timezone=ZONE, logo=None, language="id")
BLOCKS = [
    Plain(code="D1P", label="Hari I - pagi", starts_at=wita(3, 9), ends_at=wita(3, 12)),
    Plain(code="D1S", label="Hari I - siang", starts_at=wita(3, 13), ends_at=wita(3, 16)),
    Plain(code="D2P", label="Hari II - pagi", starts_at=wita(4, 8, 30), ends_at=wita(4, 12)),
    Plain(code="D2S", label="Hari II - siang", starts_at=wita(4, 13), ends_at=wita(4, 15, 15)),
]
WORKSHOP: Any = Plain(
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
    seats_left=Plain(offline=12, online=None),
    privacy=Plain(purpose="Pendaftaran dan daftar hadir", retention_days=730),
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
CANCELLED: Any = Plain(
    **{**vars(WORKSHOP), "title": "Rapat Persiapan", "kinds": ["preparation_meeting"], "status": "cancelled"}
)
REVIEW: Any = Plain(
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
    calendar="http://127.0.0.1:8000/calendar/my/abc.ics",
)
NO_LINKS = Plain(join=None, ticket=None, calendar=None)
JOIN: dict[str, object] = {
    "workshop": Plain(**{**vars(WORKSHOP), "cancellation_reason": "Aula dipakai untuk pengungsian"}),
    "registration": REGISTRATION,
    "block": BLOCKS[0],
    "agenda": [item for item in WORKSHOP.agenda if item.ends_at <= BLOCKS[0].ends_at],
    "display_name": "27 Kepala Bidang Statistik - Diskominfo-SP",
    "opens_at": wita(3, 8),
    "now": wita(3, 6, 48),
    "asks": False,
    "requested": False,
    "seat_in_hall": False,
    "may_switch": True,
    "contact": "panitia@luwukab.go.id",
    "action": "/join/abc",
    "link": None,
    "my": "/my/abc",
}
HALL = {**JOIN, "seat_in_hall": True, "registration": Plain(**{**vars(REGISTRATION), "mode": "offline"})}
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
MESSAGES: dict[str, object] = {
    "choices": [Option("1", WORKSHOP.title), Option("2", REVIEW.title)],
    "chosen": Plain(**vars(WORKSHOP) | {"id": 1, "rehearsal": True}),
    "counts": Plain(unreachable=1, waiting=12, failed=0, bounced=1),
    "troubles": [
        Plain(
            name=name,
            organisation=name,
            occasion="Konfirmasi pendaftaran",
            status=status,
            reason=reason,
            at=wita(3, 8),
            resend="/staff/messages/1/resend",
        )
        for name, status, reason in (
            ("Camat Bua", "bounced", "550 5.1.1 mailbox unknown"),
            ("Camat Walenrang", "unreachable", None),
            ("Camat Belopa", "failed", None),
        )
    ],
    "reminders": [
        Plain(kind="Pengingat H-1", about=date(2023, 7, 3), due_at=wita(2, 9), status=status)
        for status in ("planned", "fired", "dropped")
    ],
    "flagged": [Plain(name="Kepala Seksi", number=7, at=wita(3, 9), renew="/staff/messages/links/1")],
    "group_text": "Bimtek\nhttp://127.0.0.1:8000/w/luwu/bimtek-1",
    "share": "https://wa.me/?text=Bimtek",
    "send_list": "/staff/send-list?workshop=1",
    "every": "/staff/messages/all?workshop=1",
    "kept": True,
    "may_send": True,
    "done": "resent",
    "timezone": ZONE,
    "nav": NAV,
}
