"""What the samples of pages about accounts show: signing in with two steps, one's own account, staff, invitations."""

from base64 import b64encode
from types import SimpleNamespace as Plain

from service.documents import qr
from service.pages.forms import Option
from service.pages.render import FormError
from tests.pages.sampled import NAV, ORGANIZER, ZONE, wita

SECTION = Plain(title="Pengaturan", items=NAV)
PERSON = Plain(
    id="p1",
    name="Kepala Bidang Aptika",
    email="aptika@luwukab.go.id",
    totp_since=wita(1, 8),
    disabled_at=None,
)
PLAIN_PERSON = Plain(**{**vars(PERSON), "id": "p2", "name": "Petugas Gerbang A", "totp_since": None})
OUT = Plain(**{**vars(PLAIN_PERSON), "id": "p3", "name": "Mantan petugas"})
MEMBERSHIP = Plain(role="owner", disabled_at=None, version=3, workshops=[], created_at=wita(1, 8))
DOOR = Plain(**{**vars(MEMBERSHIP), "role": "door", "workshops": ["1"]})
GONE = Plain(**{**vars(MEMBERSHIP), "role": "viewer", "disabled_at": wita(2, 8)})
SESSIONS = [
    Plain(id=number, browser=browser, created_at=wita(3, 8), seen_at=seen)
    for number, browser, seen in ((1, "Firefox, Windows", wita(3, 9)), (2, "Chrome, Android", None), (3, "", None))
]
INVITED = [
    Plain(id="i1", name="Kepala Seksi", email="seksi@luwukab.go.id", role="organizer", expires_at=wita(9, 8)),
    Plain(id="i2", name="Staf Bappeda", email="staf@luwukab.go.id", role="steward", expires_at=wita(1, 8)),
]
ROLES = [Option(role, role.title(), "Apa yang boleh.") for role in ("organizer", "door", "steward", "viewer", "owner")]
CHOICES = [Option("1", "3-4 Juli 2023 · Bimtek I"), Option("2", "7 Agustus 2023 · Bimtek II")]
URI = "otpauth://totp/Bimtek%20luwu:aptika%40luwukab.go.id?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ERRORS = [
    FormError("current_password", "Kata sandi sekarang tidak sesuai."),
    FormError("code", "Tunggu kode berikutnya."),
    FormError("password", "Kata sandi ini mudah ditebak."),
]
BASE: dict[str, object] = {"organizer": ORGANIZER, "nav": NAV, "section": None, "timezone": ZONE}
ACCOUNT = BASE | {
    "staff": PERSON,
    "role": "owner",
    "organizers": [ORGANIZER, Plain(slug="banjar", name="Diskominfo Banjar")],
    "second_factor": "on",
    "second_factor_page": "/staff/account/second-factor",
    "codes_left": 2,
    "sessions": SESSIONS,
    "this_one": 1,
    "has_calendar": True,
    "calendar": None,
    "once": "x",
    "done": "password",
}
FACTOR = BASE | {
    "action": "/staff/account/second-factor",
    "back": "/staff/account",
    "onward": "/staff",
    "state": "on",
    "since": wita(1, 8),
    "codes_left": 9,
    "setup": None,
    "picture": "",
    "codes": (),
}
SETTING_UP = {
    "state": "off",
    "since": None,
    "setup": Plain(secret="JBSWY3DPEHPK3PXP", uri=URI),
    "picture": "data:image/svg+xml;base64," + b64encode(qr.svg(URI)).decode(),
}
STAFF = BASE | {
    "section": SECTION,
    "place": "/staff/people",
    "members": [(PERSON, MEMBERSHIP), (PLAIN_PERSON, DOOR), (OUT, GONE)],
    "more": "/staff/people?after=x",
    "own_id": "p1",
    "invited": [(INVITED[0], "http://127.0.0.1:8000/invitation-staff/" + "A" * 43), (INVITED[1], "")],
    "by_hand": True,
    "now": wita(3, 8),
    "roles": ROLES,
    "choices": CHOICES,
    "typed": {},
    "ticked": [],
    "again": None,
    "done": "invited",
}
MEMBER = BASE | {
    "section": SECTION,
    "place": "/staff/people/p1",
    "back": "/staff/people",
    "person": PERSON,
    "membership": MEMBERSHIP,
    "own": False,
    "by_hand": True,
    "link": "http://localhost:8000/reset/abc",
    "once": "x",
    "keys": ["Situs web <kabupaten>", "Dasbor"],
    "roles": ROLES,
    "chosen_role": "owner",
    "choices": CHOICES,
    "ticked": [],
    "done": "changed",
}
ACCOUNT_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "sign-in-code": ("sign_in_code.html", {"action": "/sign-in/code", "challenge": "x.y.z", "next": "/staff"}),
    "sign-in-code-wrong": (
        "sign_in_code.html",
        {"action": "/sign-in/code", "challenge": "x", "next": "", "errors": ERRORS[1:2]},
    ),
    "reset": ("reset.html", {"action": "/reset", "sign_in": "/sign-in", "sent": False, "unsent": "Surel disimpan."}),
    "reset-sent": ("reset.html", {"action": "/reset", "sign_in": "/sign-in", "sent": True}),
    "reset-password": ("reset_password.html", {"action": "/reset/x", "errors": ERRORS[2:]}),
    "invitation-staff": (
        "invitation_staff.html",
        {
            "organizer": ORGANIZER,
            "action": "/invitation-staff/x",
            "email": PERSON.email,
            "called": PERSON.name,
            "role": "organizer",
            "until": wita(9, 8),
            "timezone": ZONE,
        },
    ),
    "account": ("account.html", ACCOUNT),
    "account-required": (
        "account.html",
        ACCOUNT | {"second_factor": "required", "organizers": [], "sessions": SESSIONS[:1], "has_calendar": None},
    ),
    "account-calendar": (
        "account.html",
        ACCOUNT | {"second_factor": "off", "calendar": "http://127.0.0.1:8000/calendar/staff/x.ics", "done": ""},
    ),
    "account-refused": ("account.html", ACCOUNT | {"has_calendar": False, "errors": [ERRORS[0], ERRORS[2]]}),
    "factor-on": ("account_second_factor.html", FACTOR | {"errors": ERRORS[:2]}),
    "factor-begin": ("account_second_factor.html", FACTOR | {"state": "required", "since": None}),
    "factor-scan": ("account_second_factor.html", FACTOR | SETTING_UP),
    "factor-codes": (
        "account_second_factor.html",
        FACTOR | {"codes": [f"k7mn-x2ab-9qrs-hj4d-w3te-6vyc-p8u{letter}" for letter in "abcdefghjk"]},
    ),
    "staff": ("staff.html", STAFF),
    "staff-by-mail": (
        "staff.html",
        STAFF
        | {"by_hand": False, "invited": [], "choices": [], "errors": [FormError("email", "Isi dengan alamat surel.")]},
    ),
    "staff-invited-already": (
        "staff.html",
        STAFF
        | {"again": Plain(id="i", email="<b>@luwukab.go.id", name="<b>Kabid"), "typed": {"email": "x@luwukab.go.id"}},
    ),
    "staff-invitation": (
        "staff_invitation.html",
        {
            "nav": NAV,
            "timezone": ZONE,
            "action": "/staff/people/invitations/1",
            "back": "/staff/people",
            "row": Plain(email="<b>@luwukab.go.id"),
            "roles": STAFF["roles"],
            "choices": STAFF["choices"],
            "typed": {"name": "<b>Kabid", "role": "door"},
            "ticked": [],
            "errors": [FormError("workshops", "Pilih kegiatan.")],
        },
    ),
    "staff-member": ("staff_member.html", MEMBER),
    "staff-member-door": (
        "staff_member.html",
        MEMBER
        | {
            "person": OUT,
            "membership": GONE,
            "keys": [],
            "link": "",
            "own": True,
            "chosen_role": "door",
            "ticked": ["1"],
            "done": "",
        },
    ),
}
