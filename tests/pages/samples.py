"""One context, at least, for every template: what the pages' tests render."""

from types import SimpleNamespace as Plain

from service.pages import render
from service.pages.listing import Section
from service.pages.months import Week
from tests.pages.sampled import (
    CANCELLED,
    ENTRY,
    ERRORS,
    HALL,
    JOIN,
    MAIL,
    MESSAGES,
    NAV,
    ORGANIZER,
    REGISTRATION,
    REVIEW,
    SENT,
    WORKSHOP,
    ZONE,
    wita,
)
from tests.pages.sampled_accounts import ACCOUNT_SAMPLES
from tests.pages.sampled_after import AFTER_SAMPLES, LEFT
from tests.pages.sampled_attendance import ATTENDANCE_SAMPLES
from tests.pages.sampled_certificates import CERTIFICATE_SAMPLES
from tests.pages.sampled_commitments import COMMITMENTS_SAMPLES
from tests.pages.sampled_dashboard import DASHBOARD_SAMPLES
from tests.pages.sampled_data_items import DATA_ITEMS_SAMPLES
from tests.pages.sampled_door import DOOR_SAMPLES
from tests.pages.sampled_embed import EMBED_SAMPLES
from tests.pages.sampled_escalations import ESCALATIONS_SAMPLES
from tests.pages.sampled_grid import GRID_SAMPLES
from tests.pages.sampled_keys import KEY_SAMPLES
from tests.pages.sampled_my import MY_SAMPLES
from tests.pages.sampled_offices import OFFICES_SAMPLES
from tests.pages.sampled_portal import PORTAL_SAMPLES
from tests.pages.sampled_presences import PRESENCES_SAMPLES
from tests.pages.sampled_public import DONE, LISTED, MONTH, REGISTER, WANTED, WEEK_DAYS
from tests.pages.sampled_run import RUN_SAMPLES
from tests.pages.sampled_settings import SETTINGS_SAMPLES
from tests.pages.sampled_setup import SETUP_SAMPLES

SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    **AFTER_SAMPLES,
    "workshop-over": ("workshop.html", {**REGISTER, "workshop": REVIEW, "modes": [], "left": LEFT}),
    **ACCOUNT_SAMPLES,
    **DOOR_SAMPLES,
    **RUN_SAMPLES,
    **DATA_ITEMS_SAMPLES,
    **COMMITMENTS_SAMPLES,
    **DASHBOARD_SAMPLES,
    **ATTENDANCE_SAMPLES,
    **EMBED_SAMPLES,
    **GRID_SAMPLES,
    **ESCALATIONS_SAMPLES,
    **KEY_SAMPLES,
    **MY_SAMPLES,
    **CERTIFICATE_SAMPLES,
    **PRESENCES_SAMPLES,
    **OFFICES_SAMPLES,
    **PORTAL_SAMPLES,
    **SETUP_SAMPLES,
    **SETTINGS_SAMPLES,
    "sign-in": ("sign_in.html", {"action": "/sign-in", "email": "", "next": "/staff", "late": False, "done": "reset"}),
    "sign-in-refused": (
        "sign_in.html",
        {"action": "/sign-in", "email": 'a"b', "next": "", "late": False, "errors": ERRORS, "done": ""},
    ),
    "checkin": ("checkin.html", {}),
    "index": ("index.html", LISTED),
    "index-past": (
        "index.html",
        {
            **LISTED,
            "wanted": Plain(**{**vars(WANTED), "text": 'Kota "A', "is_filtered": True, "past": True, "after": "x"}),
            "sections": [Section("Sudah lewat", [CANCELLED], "/?show=past&after=y", "Kegiatan sebelumnya")],
        },
    ),
    "index-empty": ("index.html", {**LISTED, "sections": [], "hosts": {}}),
    "index-none": ("index.html", {**LISTED, "sections": [], "wanted": Plain(**{**vars(WANTED), "is_filtered": True})}),
    "organizer": (
        "index.html",
        {**LISTED, "organizer": ORGANIZER, "calendar": "http://127.0.0.1:8000/calendar/luwu.ics"},
    ),
    "month": ("month.html", MONTH),
    "month-empty": (
        "month.html",
        {**MONTH, "weeks": [Week(WEEK_DAYS, [])], "listed": [], "nearest": WORKSHOP, "follows": True},
    ),
    "month-last": (
        "month.html",
        {**MONTH, "weeks": [Week(WEEK_DAYS, [])], "listed": [], "nearest": None, "later": None},
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
                render.FormError("answer-kelompok", "Wajib diisi.", "Kelompok kerja"),
                render.FormError("consent", "Persetujuan diperlukan."),
            ],
        },
    ),
    "workshop-closed": ("workshop.html", {**REGISTER, "workshop": REVIEW, "modes": []}),
    "workshop-cancelled": ("workshop.html", {**REGISTER, "workshop": CANCELLED, "modes": [], "maps": None}),
    "registered": ("registered.html", DONE),
    "registered-whatsapp": ("registered.html", {**DONE, "status_now": "pending", "by_whatsapp": True, "mailbox": None}),
    "join-before": ("join.html", {**JOIN, "state": "before"}),
    "join-before-hall": ("join.html", {**HALL, "state": "before", "asks": True}),
    "join-requested-hall": ("join.html", {**HALL, "state": "before", "requested": True}),
    "join-open": ("join.html", {**JOIN, "state": "open", "now": wita(3, 10)}),
    "join-open-hall": ("join.html", {**HALL, "state": "open", "asks": True}),
    "join-entered": (
        "join.html",
        {**JOIN, "state": "entered", "link": Plain(url="http://127.0.0.1:8000/j/1", passcode="481516")},
    ),
    "join-not-ready": ("join.html", {**JOIN, "state": "not_ready"}),
    "join-over": ("join.html", {**JOIN, "state": "over", "block": None, "agenda": [], "contact": None}),
    "join-no-room": ("join.html", {**JOIN, "state": "no_room"}),
    "join-hall": ("join.html", {**HALL, "state": "hall"}),
    "join-no-place": (
        "join.html",
        {**JOIN, "state": "no_place", "registration": Plain(**{**vars(REGISTRATION), "status": "pending"})},
    ),
    "join-cancelled": ("join.html", {**JOIN, "state": "cancelled"}),
    "confirm": ("confirm.html", {"registration": REGISTRATION, "workshop": WORKSHOP, "action": "/confirm/abc"}),
    "mail-list": ("mail_list.html", {"mails": [MAIL, MAIL], "timezone": ZONE}),
    "mail": ("mail.html", {"mail": MAIL, "back": "/demo/mail", "timezone": ZONE}),
    "send-list": (
        "send_list.html",
        {
            "groups": [Plain(title=WORKSHOP.title, entries=[ENTRY, ENTRY]), Plain(title="", entries=[ENTRY])],
            "left": 3,
            "sent": [SENT],
            "timezone": ZONE,
            "nav": NAV,
        },
    ),
    "send-list-empty": ("send_list.html", {"groups": [], "left": 0, "sent": [], "timezone": ZONE, "nav": NAV}),
    "messages": ("messages.html", MESSAGES),
    "messages-none": (
        "messages.html",
        {"choices": [], "chosen": None, "may_send": True, "done": "", "timezone": ZONE, "nav": NAV},
    ),
    "unsubscribe": (
        "unsubscribe.html",
        {"ended": False, "house_name": ORGANIZER.name, "action": "/unsubscribe/abc", "word": "unsubscribe"},
    ),
    "unsubscribed": (
        "unsubscribe.html",
        {"ended": True, "house_name": ORGANIZER.name, "action": "/unsubscribe/abc", "word": "subscribe"},
    ),
    "other-organizer": (
        "other_organizer.html",
        {
            "meant": ORGANIZER,
            "now": ORGANIZER,
            "action": "/staff/organizer",
            "back": "/staff/settings#isian",
            "home": "/staff",
            "status": 409,
        },
    ),
    "error": (
        "error.html",
        {
            "title": "Tidak ditemukan",
            "detail": "Periksa alamatnya.",
            "retry": 5,
            "request_id": "0189",
            "status": 404,
            "form": None,
            "home": None,
        },
    ),
}
FRAME: dict[str, object] = {"organizer": ORGANIZER, "demo": wita(3, 8, 31), "csrf": "c5rf"}
