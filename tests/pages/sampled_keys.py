"""The samples of the pages about API keys, webhooks, backups, the event log and all organizers."""

from datetime import date

from service.models.checks import Check, CheckName, Integration
from service.models.checks_shapes import TrialRead
from service.models.organizers import ApiKey
from service.models.outbox import Delivery, DeliveryStatus
from service.models.roll_up_shapes import RollUpRead, RollUpWorkshop
from service.models.webhooks import Webhook, WebhookStatus
from service.models.workshops import WorkshopStatus
from service.pages import integration_words, render
from service.pages.backups import Archive
from service.pages.event_words import event_word
from service.pages.events import Entry
from service.pages.forms import Option
from service.pages.integrations import Address, Shown, Verdict
from tests.factories import some_id
from tests.pages.sampled import NAV, ZONE, wita

_STAFF: dict[str, object] = {"nav": NAV, "timezone": ZONE, "typed": {}, "errors": [], "done": ""}
_KEY = ApiKey(
    organizer_id=some_id(),
    name="Situs web kabupaten <luwukab.go.id>",
    token_hash="x",
    permissions=["workshops:read"],
    created_at=wita(1, 8),
    expires_at=wita(30, 8),
    used_at=wita(3, 9),
)
_REVOKED = ApiKey(organizer_id=some_id(), name="Lama", token_hash="y", created_at=wita(1, 8), revoked_at=wita(2, 8))
_GROUPS = [("Kegiatan", [("workshops:read", "Membaca kegiatan"), ("workshops:write", "Mengubah kegiatan")])]
_KEYS: dict[str, object] = {
    **_STAFF,
    "keys": [
        (_KEY, ["Membaca kegiatan"], "valid", "Kepala Bidang <Aptika>"),
        (_KEY, [], "resting", "Mantan petugas"),
        (_KEY, [], "expired", ""),
        (_REVOKED, [], "revoked", ""),
    ],
    "more": "/staff/api-keys?after=1",
    "groups": _GROUPS,
    "ticked": [],
    "made": None,
    "once": "x",
    "action": "/staff/api-keys",
}
_HOOK = Webhook(
    organizer_id=some_id(),
    url="https://dashboard.luwukab.go.id/hooks/bimtek",
    description="Dasbor kehadiran",
    types=["registration.*"],
    key_id="k",
    failing_since=wita(3, 9),
)
_STOPPED = Webhook(
    organizer_id=some_id(), url="https://a.example/" + "x" * 60, status=WebhookStatus.DISABLED, key_id="k"
)
_CHOICES = [("registration.*", "Pendaftaran", "Pendaftaran dikonfirmasi"), ("room.opened", "Ruang daring siap", "")]


def _sent(status: DeliveryStatus) -> Delivery:
    return Delivery(
        organizer_id=some_id(),
        event_id=some_id(),
        subscriber="webhooks",
        status=status,
        attempts=2,
        due_at=wita(3, 9),
        error=None if status is DeliveryStatus.DONE else "timeout",
        response_status=500,
        response_excerpt="<html>rusak</html>",
    )


_ONE: dict[str, object] = {
    **_STAFF,
    "webhook": _HOOK,
    "reason": None,
    "secret": "whsec_abc",
    "deliveries": [
        (_sent(one), event_word("registration.confirmed"), one is DeliveryStatus.PARKED) for one in DeliveryStatus
    ],
    "more": "/staff/webhooks/1?after=2",
    "choices": _CHOICES,
    "ticked": ["registration.*"],
    "done": "added",
    "action": "/staff/webhooks/1",
    "back": "/staff/webhooks",
}
_ARCHIVE = Archive("bimtek-20230703T000000000000Z.tar", wita(3, 2), 5_000_000)
_BACKUPS: dict[str, object] = {
    **_STAFF,
    "archives": [_ARCHIVE, _ARCHIVE],
    "more": 3,
    "hours": 6,
    "late": False,
    "check": None,
    "running": False,
    "may_make": True,
    "action": "/staff/backups",
}
_BEGUN = Check(organizer_id=some_id(), name=CheckName.BACKUP, by="staff:1", started_at=wita(3, 8))
_CHECKED = Check(
    organizer_id=some_id(),
    name=CheckName.EVENTS,
    by="staff:1",
    started_at=wita(3, 8),
    finished_at=wita(3, 8),
    result={"ok": True, "events": 1204, "hash": "ab" * 32},
)
_LOG: dict[str, object] = {
    **_STAFF,
    "entries": [
        Entry(2, wita(3, 9), "Kehadiran dicatat", "checkin.recorded", "Gerbang A", [("checkin_id", "0189")]),
        Entry(1, wita(3, 8), "old.kind", "old.kind", "sistem", []),
    ],
    "more": "/staff/events?before=1",
    "first_page": True,
    "filtered": True,
    "nouns": [Option("checkin", "Pencatatan kehadiran")],
    "actors": [Option("staff", "Petugas")],
    "chosen": {"noun": "checkin", "by": "", "since": "", "until": date(2023, 7, 3)},
    "check": _CHECKED,
    "running": False,
    "flaw": None,
    "action": "/staff/events",
}
_AT_WORK = RollUpWorkshop(
    id=some_id(),
    title="Bimtek I <Masterplan>",
    status=WorkshopStatus.PUBLISHED,
    starts_at=wita(3, 9),
    ends_at=wita(4, 15),
    timezone=ZONE,
    registered=89,
    present=71,
    items=60,
    accepted=15,
    readiness_pct=25.0,
)
_HOUSES = [
    RollUpRead(slug="luwu", name="Dinas Kominfo-SP Luwu", workshop=_AT_WORK, awaiting_review=3, overdue=12),
    RollUpRead(slug="banjar", name="Banjar", workshop=None, awaiting_review=0, overdue=2),
]
_ROLL_UP: dict[str, object] = {
    **_STAFF,
    "houses": _HOUSES,
    "more": "/staff/roll-up?after=luwu",
    "zones": ("Asia/Jakarta", "Asia/Makassar"),
    "by_hand": False,
    "done": "created",
    "action": "/staff/roll-up",
}


def _tried(integration: Integration, trial: TrialRead | None, verdict: Verdict | None) -> Shown:
    states = [
        ("BIMTEK_SMTP_HOST", "set", True),
        ("BIMTEK_SMTP_PORT", "default", False),
        ("BIMTEK_MAIL_FROM", "missing", True),
    ]
    rows = [(name, integration_words.purpose(name), state, needed) for name, state, needed in states]
    about = integration_words.about(integration)
    return Shown(integration, about, integration is not Integration.WHATSAPP, rows, trial, verdict)


def _trial(*, running: bool = False, ended: bool = True) -> TrialRead:
    code, finished = ("ok", wita(3, 9)) if ended else (None, None)
    return TrialRead(
        running=running, started_at=wita(3, 9), finished_at=finished, ok=ended or None, code=code, steps=[], details=[]
    )


_SCOPES = ["meeting:write:meeting:admin", "<report>"]
_INTEGRATIONS: dict[str, object] = {
    **_STAFF,
    "integrations": [
        _tried(Integration.SMTP, _trial(), Verdict("bad", "Ditolak.", "Periksa.", ["Terhubung"], "535", [], False)),
        _tried(Integration.ZOOM, _trial(), Verdict("warn", "Kurang.", "Isi.", [], "", _SCOPES, False)),
        _tried(Integration.WHATSAPP, None, None),
    ],
    "running": False,
    "tried": "smtp",
    "address": Address("https://bimtek.luwukab.go.id", "https", True, "luwukab.go.id"),
    "own": "kepala@luwukab.go.id",
    "action": "/staff/integrations",
}
KEY_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "api-keys": ("api_keys.html", _KEYS),
    "api-keys-made": ("api_keys.html", {**_KEYS, "keys": [], "made": (_KEY, "bmk_abc"), "done": ""}),
    "api-keys-sent": ("api_keys.html", {**_KEYS, "done": "sent"}),
    "api-keys-refused": (
        "api_keys.html",
        {
            **_KEYS,
            "keys": [],
            "typed": {"name": 'x"<'},
            "errors": [render.FormError("permissions", "Pilih paling sedikit satu izin.")],
        },
    ),
    "webhooks": (
        "webhooks.html",
        {
            **_STAFF,
            "webhooks": [(_HOOK, "/staff/webhooks/1"), (_STOPPED, "/staff/webhooks/2")],
            "choices": _CHOICES,
            "ticked": [],
            "once": "x",
            "action": "/staff/webhooks",
            "done": "removed",
        },
    ),
    "webhook": ("webhook.html", _ONE),
    "webhook-stopped": (
        "webhook.html",
        {**_ONE, "webhook": _STOPPED, "reason": "Penerima menjawab 410.", "secret": None, "deliveries": [], "done": ""},
    ),
    "backups": ("backups.html", _BACKUPS),
    "backups-running": ("backups.html", {**_BACKUPS, "check": _BEGUN, "running": True}),
    "backups-none": (
        "backups.html",
        {**_BACKUPS, "archives": [], "more": 0, "hours": None, "late": True, "check": _BEGUN},
    ),
    "events": ("events.html", _LOG),
    "events-running": ("events.html", {**_LOG, "entries": [], "check": _BEGUN, "running": True}),
    "events-flaw": ("events.html", {**_LOG, "entries": [], "filtered": False, "flaw": "Peristiwa nomor 2 dihapus."}),
    "events-unchecked": ("events.html", {**_LOG, "check": None, "more": ""}),
    "events-unfinished": ("events.html", {**_LOG, "check": _BEGUN}),
    "integrations": ("integrations.html", _INTEGRATIONS),
    "integrations-running": (
        "integrations.html",
        {
            **_INTEGRATIONS,
            "integrations": [
                _tried(Integration.SMTP, _trial(running=True, ended=False), None),
                _tried(Integration.ZOOM, _trial(ended=False), None),
            ],
            "running": True,
            "address": Address("http://127.0.0.1:8000", "local", False, ""),
        },
    ),
    "integrations-fine": (
        "integrations.html",
        {
            **_INTEGRATIONS,
            "integrations": [
                _tried(Integration.SMTP, None, None),
                _tried(Integration.ZOOM, _trial(), Verdict("ok", "", "", ["Terhubung"], "", [], True)),
            ],
            "tried": "",
            "address": Address("http://bimtek.luwukab.go.id", "open", False, "luwukab.go.id"),
        },
    ),
    "integrations-behind-nothing": (
        "integrations.html",
        {**_INTEGRATIONS, "address": Address("https://bimtek.luwukab.go.id", "https", False, "")},
    ),
    "roll-up": ("roll_up.html", _ROLL_UP),
    "roll-up-refused": (
        "roll_up.html",
        {**_ROLL_UP, "typed": {"name": 'x"'}, "errors": [render.FormError("slug", "Tuliskan satu kata.")], "more": ""},
    ),
}
