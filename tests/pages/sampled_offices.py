"""The samples of invitations, organisations, lists of them and of participants, and of the door's keeper."""

from collections import Counter
from types import SimpleNamespace as Plain
from uuid import uuid4

from service.domain.doorkeeping import HalfDay, Visitor
from service.domain.imports import Judged
from service.domain.imports_values import Remark
from service.domain.inviting_reads import Preview, Totals, Uninvited
from service.models.attendance import RefusalReason, Verdict as Heard
from service.models.attendance_shapes import CheckinRead, FirstScan, PersonBrief
from service.models.devices import Device
from service.models.imports_shapes import ImportCounts, ImportRow, Verdict
from service.models.invitations import InvitationStatus
from service.models.invitations_shapes import InvitationRead, Quota
from service.models.people import Organisation
from service.models.people_shapes import MergeRead
from service.models.registrations import RegistrationStatus
from service.models.workshops import AttendanceBlock, Mode
from service.pages.doorkeeper import Recorded
from service.pages.forms import Option
from service.pages.importing import Tried
from service.pages.invitations_staff import Entry, Sent
from service.pages.render import FormError
from tests.factories import some_id
from tests.pages.sampled import NAV, REGISTRATION, WORKSHOP, ZONE, wita
from tests.pages.sampled_data_items import NOTHING, TRIED
from tests.pages.sampled_my import Samples

STAFF: dict[str, object] = {"timezone": ZONE, "nav": NAV}
TWIN = Judged(8, Verdict.UNDECIDED, "Camat Bua", None, (), (Remark("nip", "NIP sama dengan baris 5."),))
DOUBLE = TRIED.told.model_copy(
    update={
        "counts": ImportCounts(**dict.fromkeys(ImportCounts.model_fields, 0) | {"undecided": 101}),
        "rows": [ImportRow.model_validate(TWIN)],
    }
)
CHOSEN = Plain(**vars(WORKSHOP) | {"id": "01890a5d", "rehearsal": True, "status": "draft"})
BOTH = (Mode.OFFLINE, Mode.ONLINE)
READ = InvitationRead(
    id=some_id(),
    organisation="dishub",
    organisation_name="Dinas Perhubungan",
    quota=Quota(offline=2, online=None),
    named=Quota(offline=1, online=0),
    waiting=Quota(offline=1, online=0),
    held=Quota(offline=1, online=0),
    all_or_none=True,
    addressee="Kepala Dinas",
    letter_number='005/1"<b>/Diskominfo-SP',
    letter_date="19 Juni 2023",
    deadline=wita(3, 12),
    released_at=wita(3, 13),
    status=InvitationStatus.SENT,
    reason=None,
    link="http://127.0.0.1:8000/invitations/abc",
    version=3,
)
NOBODY = {"named": Quota(offline=0, online=0), "waiting": Quota(offline=0, online=0)}
SILENT = READ.model_copy(update=NOBODY)
ABSENT = SILENT.model_copy(update={"status": InvitationStatus.DECLINED, "reason": "Bertepatan dengan musrenbang"})
TAKEN_BACK = READ.model_copy(update={"status": InvitationStatus.WITHDRAWN, "reason": "Salah <b>", "link": None})


SENT = [Sent("Terkirim", False, ""), Sent("Ditolak surel tujuan", True, "550 5.1.1 <mailbox> unknown")]


def entry(read: InvitationRead, seats: str = "", *, over: bool = False, astray: bool = False) -> Entry:
    return Entry(read, over, "/staff/invitations/1/1", seats, "Senin, 3 Juli 2023", "Gagal dikirim", astray)


INVITED: dict[str, object] = {
    **STAFF,
    "choices": [Option("01890a5d", WORKSHOP.title)],
    "chosen": CHOSEN,
    "base": "/staff/invitations/01890a5d",
    "entries": [
        entry(READ, "2 dari 3 luring"),
        entry(ABSENT, "", astray=True),
        entry(SILENT, over=True),
        entry(SILENT),
        entry(TAKEN_BACK),
    ],
    "totals": Totals(4, 1, 1, 2, 1, 2, 1),
    "papers": ["/api/v1/workshops/1/letters.pdf", "/api/v1/workshops/1/letters.pdf?cursor=x"],
    "wanted": {"q": "hub", "answer": "unanswered"},
    "more": "/staff/invitations?after=dishub",
    "invitable": True,
    "organisations": "/staff/organisations",
    "may_register": True,
    "done": "reminded",
    "count": 3,
    "left": 1,
}
DELEGATE = Plain(**vars(REGISTRATION) | {"represents": "Kepala Dinas"})
DETAIL: dict[str, object] = {
    **STAFF,
    "chosen": CHOSEN,
    "invitation": READ,
    "over": False,
    "contacts": (1, 0),
    "seats": "2 dari 3 luring",
    "messages": SENT,
    "delegates": [DELEGATE, DELEGATE],
    "modes": BOTH,
    "action": "/staff/invitations/1/1",
    "back": "/staff/invitations?workshop=1",
    "letter": "/api/v1/workshops/1/invitations/1/letter.pdf",
    "people": "/staff/registrations?workshop=1",
    "office": "/staff/organisations/dishub",
    "typed": {"quota-offline": "2", "deadline": "2023-07-03T12:00", "all_or_none": "yes"},
    "follows": ["Tautan langsung tidak berlaku.", "Kontak instansi diberi tahu."],
    "withdrawing": True,
    "again": "/staff/invite?workshop=1&organisation=dishub",
    "errors": [],
    "done": "changed",
}
PEOPLE = [Uninvited("kec-bua", "Kecamatan Bua", "kecamatan", True), Uninvited("pln", "PLN <b>", "external", False)]
INVITING: dict[str, object] = {
    **STAFF,
    "chosen": CHOSEN,
    "action": "/staff/invite/1",
    "back": "/staff/invitations?workshop=1",
    "new_office": "/staff/organisations-new",
    "groups": [Option("opd", "Semua kelas opd", "2 instansi"), Option("chosen", "Pilih satu per satu")],
    "people": PEOPLE,
    "ticked": {"pln"},
    "modes": BOTH,
    "preview": None,
    "deadline": None,
    "sent": [],
    "typed": {},
    "errors": [],
}
SEATS = {Mode.OFFLINE: 4, Mode.ONLINE: None}
PREVIEW = Preview(PEOPLE, ["Dinas Perhubungan"], SEATS, {Mode.OFFLINE: 3, Mode.ONLINE: 5})
OFFICE = Organisation(organizer_id=some_id(), code="pln", name="PLN <b>", org_class="external", kind="bumn", key_id="k")
MERGING: dict[str, object] = {
    **STAFF,
    "row": OFFICE,
    "other": OFFICE,
    "shown": MergeRead(code="pln", other="pln-2", moves={"messages": 2}, contacts=1, collisions=[]),
    "moves": ["2 pesan"],
    "collisions": ["Keduanya diundang ke Bimtek <b>."],
    "choices": [Option("pln-2", 'PLN "Belopa" (pln-2)')],
    "action": "/staff/organisations/pln/merge",
    "back": "/staff/organisations/pln",
    "swapped": "/staff/organisations/pln-2/merge?other=pln",
    "errors": [],
}
LISTED: dict[str, object] = {
    **STAFF,
    "entries": [(OFFICE, "opd", "/staff/organisations/pln", 0, 0), (OFFICE, "opd", "/staff/organisations/pln", 1, 2)],
    "total": 2,
    "classes": [Option("opd", "opd (1)"), Option("external", "external (1)")],
    "wanted": {"q": '"', "org_class": "opd"},
    "more": "/staff/organisations?after=pln",
    "new": "/staff/organisations-new",
    "import_list": "/staff/organisations-import",
    "portals": "/staff/portals",
    "done": "imported",
    "count": 2,
}
KEPT: dict[str, object] = {
    **STAFF,
    "row": OFFICE,
    "action": "/staff/organisations/pln",
    "back": "/staff/organisations",
    "portal": "/staff/portals/pln",
    "classes": ["external", "opd"],
    "places": range(3),
    "used": ["2 undangan"],
    "typed": {"name": "PLN", "contact-0-email": "x@"},
    "errors": [FormError("contact-0-email", "Isi dengan alamat surel.")],
    "done": "",
}
LIST: dict[str, object] = {
    **STAFF,
    "action": "/staff/organisations-import",
    "back": "/staff/organisations",
    "tried": None,
    "meanings": ["code", "contact_email", "contact_phone.2", "kind", "name", "org_class"],
    "errors": [],
}
NEW_PEOPLE: dict[str, object] = {
    **LIST,
    "chosen": CHOSEN,
    "again": "/staff/registrations-import?workshop=1",
    "modes": BOTH,
    "kept": [("mode", "offline")],
    "statuses": Counter({RegistrationStatus.CONFIRMED: 2, RegistrationStatus.WAITLISTED: 1}),
    "answers": {"answers.diet": "Pantangan <makanan>"},
    "meanings": ["name", "email", "answers.diet"],
    "typed": {"mode": "online"},
}


def half_day(code: str, hour: int, *, current: bool) -> HalfDay:
    start, end = wita(3, hour), wita(3, hour + 3)
    block = AttendanceBlock(
        workshop_id=some_id(),
        position=hour,
        code=code,
        label=f"Hari I - {code}",
        starts_at=start,
        ends_at=end,
        checkin_from=start,
        hours=4,
    )
    return HalfDay(block, 12, current)


MORNING, NOON = half_day("pagi", 9, current=True), half_day("siang", 13, current=False)
WHO = PersonBrief(
    id=some_id(), number=7, name="Camat Bua", organisation="kec-bua", position=None, represents=None, mode=Mode.OFFLINE
)
TOLD = CheckinRead(
    verdict=Heard.ACCEPTED,
    reason=None,
    checkin_id=some_id(),
    nonce=some_id(),
    block="pagi",
    registration=WHO,
    first=FirstScan(at=wita(3, 9), device=None),
    late=False,
)


def visitor(status: RegistrationStatus, *, here: bool = False) -> Visitor:
    first_in = wita(3, 9) if here else None
    return Visitor(some_id(), 7, "Camat Bua", "Kecamatan Bua", "Camat", "Bupati", Mode.OFFLINE, status, first_in)


AT_DOOR: dict[str, object] = {
    **STAFF,
    "choices": [Option("01890a5d", WORKSHOP.title), Option("2", WORKSHOP.title)],
    "chosen": CHOSEN,
    "base": "/staff/my-door/01890a5d",
    "days": [MORNING, NOON],
    "now": MORNING,
    "coming": NOON,
    "browsers": [Device(organizer_id=some_id(), workshop_id=some_id(), name="Pintu timur", token_hash="x")],
    "station": "/checkin",
    "safe": False,
    "words": "bua",
    "found": [visitor(one) for one in (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)]
    + [visitor(RegistrationStatus.CONFIRMED, here=True)],
    "offices": ["Dinas Perhubungan", 'PLN "Belopa"'],
    "last": Recorded(TOLD, "Hari I - pagi", False, "/staff/my-door/checkins/1/undo"),
    "nonce": uuid4,
    "mine": "/staff/my-door",
    "typed": {},
    "errors": [],
    "done": "released",
    "twins": [],
}
NAMELESS = [FormError("organisation", "Isi instansinya."), FormError("walk-in-name", "Tuliskan nama lengkap.")]


def heard(**values: object) -> Recorded:
    return Recorded(TOLD.model_copy(update=values), "", False, "/x")


OFFICES_SAMPLES: Samples = {
    "invitations": ("invitations.html", INVITED),
    "invitations-none": ("invitations.html", {**INVITED, "choices": [], "chosen": None, "done": ""}),
    "invitations-empty": (
        "invitations.html",
        {**INVITED, "totals": Totals(), "done": "invited", "may_register": False},
    ),
    "invitations-over": ("invitations.html", {**INVITED, "totals": Totals(), "invitable": False, "done": ""}),
    "invitations-unmatched": ("invitations.html", {**INVITED, "entries": [], "papers": ["/x.pdf"], "done": ""}),
    "invitation-sent": ("invitation_sent.html", DETAIL),
    "invitation-sent-over": (
        "invitation_sent.html",
        {**DETAIL, "over": True, "invitation": ABSENT, "delegates": [], "messages": [], "contacts": (0, 0)},
    ),
    "invitation-sent-silent": (
        "invitation_sent.html",
        {**DETAIL, "delegates": [], "office": "", "errors": [FormError("deadline", "Isi tanggal dan jam.")]},
    ),
    "invitation-sent-withdrawn": ("invitation_sent.html", {**DETAIL, "invitation": TAKEN_BACK, "done": "withdrawn"}),
    "organisation-merge": ("organisation_merge.html", {**MERGING, "shown": None}),
    "organisation-merge-alone": ("organisation_merge.html", {**MERGING, "shown": None, "choices": []}),
    "organisation-merge-preview": ("organisation_merge.html", MERGING),
    "invite": ("invite.html", INVITING),
    "invite-refused": (
        "invite.html",
        {**INVITING, "errors": [FormError("whom", "Pilih."), FormError("quota-offline", "Isi.")]},
    ),
    "invite-preview": (
        "invite.html",
        {**INVITING, "preview": PREVIEW, "deadline": wita(3, 12), "sent": [("whom", "opd")], "people": []},
    ),
    "invite-nobody": (
        "invite.html",
        {**INVITING, "preview": Preview([], ["Dinas"], {}, {}), "modes": (), "people": []},
    ),
    "invite-all-invited": ("invite.html", {**INVITING, "people": []}),
    "organisations": ("organisations.html", LISTED),
    "organisations-none": ("organisations.html", {**LISTED, "entries": [], "total": 0, "done": ""}),
    "organisations-unmatched": ("organisations.html", {**LISTED, "entries": [], "classes": [], "done": ""}),
    "organisation": ("organisation.html", KEPT),
    "organisation-new": (
        "organisation.html",
        {**KEPT, "row": None, "typed": {}, "places": (), "classes": [], "errors": [], "done": "added"},
    ),
    "organisation-unused": ("organisation.html", {**KEPT, "used": [], "errors": []}),
    "organisations-import": ("organisations_import.html", LIST),
    "organisations-tried": ("organisations_import.html", {**LIST, "tried": Tried(TRIED.told, "eJ")}),
    "organisations-same": (
        "organisations_import.html",
        {**LIST, "tried": Tried(NOTHING, "eJ"), "errors": [FormError("", "Kolom nama belum dipilih.")]},
    ),
    "registrations-import": ("registrations_import.html", NEW_PEOPLE),
    "registrations-tried": ("registrations_import.html", {**NEW_PEOPLE, "tried": Tried(TRIED.told, "eJ")}),
    "registrations-tried-double": ("registrations_import.html", {**NEW_PEOPLE, "tried": Tried(DOUBLE, "eJ")}),
    "registrations-over": (
        "registrations_import.html",
        {**NEW_PEOPLE, "chosen": Plain(**vars(CHOSEN) | {"status": "completed"})},
    ),
    "doorkeeper": ("doorkeeper.html", AT_DOOR),
    "doorkeeper-none": ("doorkeeper.html", {**AT_DOOR, "choices": [], "chosen": None, "last": None, "done": ""}),
    "doorkeeper-closed": (
        "doorkeeper.html",
        {**AT_DOOR, "now": None, "browsers": [], "found": [], "last": Recorded(TOLD, "", True, "/x"), "safe": True},
    ),
    "doorkeeper-gone": ("doorkeeper.html", {**AT_DOOR, "last": Recorded(TOLD, "", True, "/x", gone=True)}),
    "doorkeeper-over": (
        "doorkeeper.html",
        {**AT_DOOR, "days": [], "now": None, "coming": None, "last": heard(verdict=Heard.ALREADY_IN)},
    ),
    "doorkeeper-refused": (
        "doorkeeper.html",
        {**AT_DOOR, "last": heard(verdict=Heard.REFUSED, reason=RefusalReason.NO_BLOCK_NOW)},
    ),
    "doorkeeper-twin": (
        "doorkeeper.html",
        {**AT_DOOR, "last": None, "found": [], "twins": AT_DOOR["found"], "typed": {"walk-in-name": 'Camat "Bua"'}},
    ),
    "doorkeeper-wrong": (
        "doorkeeper.html",
        {**AT_DOOR, "last": None, "errors": NAMELESS, "typed": {"organisation": '"', "browser": "x"}},
    ),
}
