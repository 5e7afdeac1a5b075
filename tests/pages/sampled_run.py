"""The samples of the pages on which a workshop is run: overview, people, one person, decisions and announcements."""

from types import SimpleNamespace as Plain
from uuid import UUID

from service.domain.seating import Outlook
from service.models.announcements_shapes import AnnouncementPreview, AnnouncementRead
from service.models.attendance_shapes import PresentCount
from service.models.messages import Channel, MessageStatus
from service.models.questions import Question
from service.pages import render
from service.pages.afterwards import Left
from service.pages.attendance import BlockFigures
from service.pages.attendance_person import HalfDay
from service.pages.forms import Option
from service.pages.messages_list import Line as Told, Wanted as AllWanted
from service.pages.my_details import Detail
from service.pages.overview import Count, Room, ToDo
from service.pages.registrations import Line
from service.pages.registrations_bulk import Group, Person
from service.pages.registrations_form import Doubt
from service.pages.registrations_person import Entry
from service.pages.registrations_wanted import Wanted
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita
from tests.pages.sampled_my import Samples

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
CHOSEN = Plain(**vars(WORKSHOP) | {"id": ID})
FRAME: dict[str, object] = {
    "chosen": CHOSEN,
    "nav": NAV,
    "timezone": ZONE,
    "back": f"/staff/registrations?workshop={ID}",
}
TOLD = AnnouncementRead(
    id=ID,
    subject='Makan siang "lantai 2"',
    text="Makan siang disediakan di lantai 2, {nama}.\n\nTerima kasih.",
    by="staff:1",
    created_at=wita(3, 7),
    counts={MessageStatus.SENT: 85, MessageStatus.WAITING: 4},
)
OFFICES = [Option("dikbud", "Dinas Pendidikan"), Option("dlh", "Dinas Lingkungan Hidup")]
ROLES = [Option("participant", "Peserta"), Option("speaker", "Narasumber")]
OVERVIEW: dict[str, object] = {
    **FRAME,
    "choices": [Option(str(ID), WORKSHOP.title)],
    "now": wita(3, 10),
    "todo": [
        ToDo("3 pendaftaran menunggu persetujuan.", "/staff/registrations?status=pending", "Putuskan", "warn"),
        ToDo("2 pesan tidak sampai.", "/staff/messages", "Lihat sebabnya", "bad"),
    ],
    "counts": [Count("Terkonfirmasi", 77, 12, "/staff/registrations"), Count("Daftar tunggu", 4, 0, "/staff/x")],
    "rooms": [Room("offline", 77, 90, 9), Room("online", 12, None, None)],
    "unreachable": 2,
    "listing": "/staff/registrations?workshop=1",
    "public": "http://127.0.0.1:8000/w/luwu/bimtek-1",
    "blocks": [
        BlockFigures(
            "D1P",
            "Hari I - pagi",
            wita(3, 9),
            wita(3, 12),
            PresentCount(offline=40, online=3, dual=1, unique=44),
            89,
            "now",
        )
    ],
    "stream": "/api/v1/workshops/1/attendance/stream",
    "attendance": "/staff/attendance?workshop=1",
    "told": [TOLD],
    "prepares": True,
    "write": "/staff/registrations/1/message",
    "invite": "/staff/invitations",
    "add": "/staff/registrations/1/new",
    "readable": None,
    "contacts": True,
}
ALL_MESSAGES: dict[str, object] = {
    **FRAME,
    "choices": [Option(str(ID), WORKSHOP.title)],
    "wanted": AllWanted(standing="sent", q="Bua", before=str(ID)),
    "lines": [
        Told(
            name='Camat "Bua"',
            organisation="Kecamatan Bua",
            href=f"/staff/registrations/{ID}",
            about="Pendaftaran terkonfirmasi",
            way="Surel",
            status=status,
            reason=reason,
            at=wita(3, 8),
            resend=f"/staff/messages/{number}/resend",
        )
        for number, (status, reason) in enumerate([("sent", ""), ("kept", ""), ("bounced", "550 mailbox unknown")])
    ],
    "more": str(ID),
    "standings": [Option("sent", "Sudah keluar (2)"), Option("failed", "Tidak sampai (1)")],
    "occasions": [Option("confirmation", "Pendaftaran terkonfirmasi (3)")],
    "may_send": True,
}
LINES = [
    Line(
        id=ID,
        href=f"/staff/registrations/{ID}?status=pending",
        number=1,
        name='Camat "Bua", S.Sos.',
        position="Camat",
        organisation="Kecamatan Bua",
        status="confirmed",
        mode="offline",
        role="participant",
        silent=False,
        shared=False,
        walk_in=False,
        came=2,
        halves=4,
    ),
    Line(
        id=ID,
        href=f"/staff/registrations/{ID}",
        number=2,
        name="Tenaga Ahli",
        position="",
        organisation="",
        status="pending",
        mode="online",
        role="speaker",
        silent=True,
        shared=True,
        walk_in=True,
        came=0,
        halves=0,
    ),
]
LIST: dict[str, object] = {
    **FRAME,
    "choices": [Option(str(ID), WORKSHOP.title)],
    "wanted": Wanted(q='camat "', status="pending", after="WyIxIl0"),
    "done": "told",
    "result": "",
    "may": {"write": True, "tell": True, "attend": True, "add": True},
    "lines": LINES,
    "more": "WyIyIl0",
    "total": 2,
    "everybody": 89,
    "statuses": [Option("pending", "Menunggu persetujuan (1)")],
    "roles": ROLES,
    "offices": OFFICES,
    "new": "/staff/registrations/1/new",
    "act": "/staff/registrations/1/bulk",
    "write": "/staff/registrations/1/message",
    "exports": [Option("/api/v1/workshops/1/registrations.xlsx?status=pending", "XLSX")],
    "bring": "/staff/registrations-import?workshop=1",
}
READER = {
    **LIST,
    "wanted": Wanted(),
    "may": {"write": False, "tell": False, "attend": False, "add": False},
    "more": "",
    "done": "",
}
PERSON = Plain(
    id=ID,
    number=27,
    name="Kepala Bidang Statistik, S.Kom.",
    status="pending",
    mode="offline",
    walk_in=True,
    link_shared_at=wita(3, 8),
    anonymised_at=None,
    withdrawn_at=None,
    email=None,
    phone=None,
)
ONE: dict[str, object] = {
    **FRAME,
    "person": PERSON,
    "organisation": "Dinas Kominfo",
    "role": "Peserta",
    "details": [Detail("Jabatan", "Kepala Bidang")],
    "answers": [Detail("Kelompok kerja", "Lingkungan")],
    "halves": [HalfDay("Hari I - pagi", wita(3, 9), wita(3, 12), "Hadir luring", "ok")],
    "story": [
        Entry(wita(3, 9), "Surel: Pendaftaran terkonfirmasi", "550 mailbox unknown", "bounced", str(ID)),
        Entry(wita(3, 8), "Pendaftaran menunggu persetujuan, oleh sistem."),
    ],
    "beside": Plain(substitute_for=PERSON, substitute=PERSON),
    "links": Plain(my="http://127.0.0.1:8000/my/abc"),
    "waits": "Menunggu karena semua kursi untuk cara hadir ini sudah terisi.",
    "seat": Outlook(free=False, limit=50, grown=51, ahead=12),
    "invitations": "/staff/invitations?workshop=1",
    "deeds": frozenset({"approve", "edit", "mode", "substitute", "links", "reject", "cancel"}),
    "other": "online",
    "base": f"/staff/registrations/{ID}",
    "kept": "?status=pending",
    "may_erase": True,
    "corrects": True,
    "typed": {},
    "done": "approved",
}
ERASED = Plain(**vars(PERSON) | {"name": "Peserta 27", "anonymised_at": wita(4, 9), "status": "cancelled"})
WRONG = [render.FormError("reason-reject", "Tuliskan alasannya."), render.FormError("name", "Tuliskan nama lengkap.")]
ASKED = [Question.model_validate({"code": "diet", "label": "Pantangan makanan", "kind": "text"})]
FORM: dict[str, object] = {
    **FRAME,
    "person": None,
    "modes": [Option("offline", "Luring (di tempat)"), Option("online", "Daring")],
    "asked": ASKED,
    "mode": "",
    "nip": None,
    "version": 0,
    "offices": OFFICES,
    "roles": ROLES,
    "employments": [Option("pns", "PNS")],
    "levels": [Option("head", "Kepala")],
    "action": "/staff/registrations/1/new",
    "typed": {"mode": "offline", "role": "participant"},
    "doubts": [],
}
DOUBTS = [Doubt("NIP tidak lazim.", ""), Doubt("NIP sama dengan nomor 7.", "/staff/registrations/7")]
EDIT = {**FORM, "person": PERSON, "modes": [], "mode": "offline", "nip": "1980**********", "version": 3}
BULK: dict[str, object] = {
    **FRAME,
    "action": "/staff/registrations/1/bulk/decision",
    "deed": "reject",
    "people": [PERSON, PERSON],
    "passed": [("Terkonfirmasi", 4)],
    "wanted": Wanted(q='camat "', status="pending"),
    "count": 1250,
    "others": "201\N{EN DASH}1250",
    "chosen_numbers": "1-1250",
    "blocks": [Option("D1P", "Hari I - pagi")],
    "nonce": str(ID),
    "progress": None,
    "became": [],
    "groups": [],
    "typed": {},
}
DONE = {
    **BULK,
    "groups": [
        Group("bad", "Tidak berlaku", 1, [Person("/x", 2, "Camat")]),
        Group("ok", "Dibatalkan", 1249, [Person("/x", 1, "Camat Bua")], "201\N{EN DASH}1250"),
    ],
}
GOING_ON = {
    **BULK,
    "progress": (350, 1250),
    "became": ["ok|Dibatalkan|1-349", 'bad|Tidak "berlaku"|350'],
    "groups": [Group("ok", "Dibatalkan", 349), Group("bad", "Tidak berlaku", 1)],
    "typed": {"reason": 'Ditunda "lagi"', "block": "D1P"},
}
MESSAGE: dict[str, object] = {
    **FRAME,
    "action": "/staff/registrations/1/message",
    "send_list": "/staff/send-list",
    "wanted": Wanted(mode="offline"),
    "cut": 700,
    "preview": AnnouncementPreview(people=89, channels={Channel.MAIL: 89}, rehearsal=True),
    "ways": [("lewat surel", 89)],
    "reached": 89,
    "whom": ["Terkonfirmasi", "Luring"],
    "to": '{"status":"confirmed"}',
    "letter": Plain(subject="Makan siang", text="Yth. Bapak/Ibu,\n\nMakan siang."),
    "nonce": str(ID),
    "placeholders": ["{nama}", "{kegiatan}"],
    "told": [TOLD],
    "typed": {"subject": "Makan siang", "text": "Makan siang."},
}
NOBODY = AnnouncementPreview(people=0, channels={}, rehearsal=False)

RUN_SAMPLES: Samples = {
    "messages-all": ("messages_list.html", ALL_MESSAGES),
    "messages-all-empty": ("messages_list.html", {**ALL_MESSAGES, "lines": [], "wanted": AllWanted(), "more": ""}),
    "overview": ("overview.html", OVERVIEW),
    "overview-quiet": (
        "overview.html",
        {**OVERVIEW, "todo": [], "counts": [Count("Terkonfirmasi", 0, 0, "/x")], "blocks": [], "told": []},
    ),
    "overview-cancelled": (
        "overview.html",
        {
            **OVERVIEW,
            "chosen": Plain(**vars(WORKSHOP) | {"id": "1", "status": "cancelled", "cancellation_reason": "Cuti <b>"}),
            "rooms": [],
            "blocks": [],
            "stream": "",
        },
    ),
    "overview-reader": (
        "overview.html",
        {
            **OVERVIEW,
            "todo": [ToDo("2 pesan tidak sampai.", "", "Lihat sebabnya", "bad")],
            "readable": [Left("Notula", "/x.pdf"), Left("Materi", "/y", size=9000)],
            "contacts": False,
        },
    ),
    "overview-none": ("overview.html", {**OVERVIEW, "chosen": None, "choices": []}),
    "registrations": ("registrations.html", LIST),
    "registrations-imported": ("registrations.html", {**LIST, "result": "Daftar peserta diimpor: 7 baru."}),
    "registrations-reader": ("registrations.html", READER),
    "registrations-empty": ("registrations.html", {**READER, "lines": []}),
    "registrations-no-match": ("registrations.html", {**LIST, "lines": []}),
    "registrations-none": ("registrations.html", {**LIST, "chosen": None, "choices": []}),
    "registration": ("registration.html", ONE),
    "registration-refused": (
        "registration.html",
        {**ONE, "errors": WRONG, "done": "", "seat": Outlook(free=True, limit=50, grown=51, ahead=0)},
    ),
    "registration-erased": (
        "registration.html",
        {
            **ONE,
            "person": ERASED,
            "deeds": frozenset({"again"}),
            "waits": "",
            "seat": None,
            "may_erase": False,
            "links": None,
            "beside": Plain(substitute_for=None, substitute=None),
        },
    ),
    "registration-new": ("registration_form.html", FORM),
    "registration-edit": ("registration_form.html", {**EDIT, "errors": WRONG[1:], "doubts": DOUBTS[:1]}),
    "registration-double": ("registration_form.html", {**FORM, "doubts": DOUBTS}),
    "registrations-bulk": ("registrations_bulk.html", BULK),
    "registrations-bulk-nobody": (
        "registrations_bulk.html",
        {**BULK, "deed": "", "errors": [render.FormError("", "Centang dahulu.")]},
    ),
    "registrations-bulk-idle": ("registrations_bulk.html", {**BULK, "people": [], "deed": "approve"}),
    "registrations-bulk-attend": (
        "registrations_bulk.html",
        {**BULK, "deed": "attend", "errors": [render.FormError("block", "Pilih sesi.")]},
    ),
    "registrations-bulk-early": ("registrations_bulk.html", {**BULK, "deed": "attend", "blocks": []}),
    "registrations-bulk-done": ("registrations_bulk.html", DONE),
    "registrations-bulk-going-on": ("registrations_bulk.html", GOING_ON),
    "registrations-message": ("registrations_message.html", MESSAGE),
    "registrations-message-nobody": (
        "registrations_message.html",
        {**MESSAGE, "preview": NOBODY, "letter": None, "told": []},
    ),
}
