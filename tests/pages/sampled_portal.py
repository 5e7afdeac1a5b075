"""What the pages behind an organisation's portal link are rendered with."""

from datetime import date
from types import SimpleNamespace as Plain
from uuid import UUID

from service.domain.commitments_remarks import Talk
from service.models.commitments import Axis, CommitmentStatus, FulfilmentStatus
from service.models.commitments_shapes import (
    ColumnProfile,
    CommitmentRead,
    EvidenceFile,
    EvidenceRead,
    EvidenceType,
    FileProfile,
    FileRead,
    HistoryRead,
    Metadata,
    RemarkRead,
    SheetProfile,
    SubmissionRead,
)
from service.pages.afterwards import Left
from service.pages.forms import Option
from service.pages.portal import Agreement, Entry, LeftAt
from service.pages.portal_commitment import Delivery, Limits, May
from service.pages.render import FormError, NavItem
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita

ID = UUID("0188f4a0-0000-7000-8000-000000000001")
AGENCY = Plain(name="Dinas Lingkungan Hidup")
FILE = FileRead(
    n=1,
    name="timbulan-sampah-2021-2022.xlsx",
    size=1_264_000,
    sha256="0" * 64,
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    path="/api/v1/submissions/1/files/1",
    profile=FileProfile(
        kind="xlsx",
        sheets=[SheetProfile(name="2021", rows=22, columns=[ColumnProfile(name="ton", empty=3)], truncated=True)],
    ),
)
RETURNED = SubmissionRead(
    id=ID,
    commitment=ID,
    status=FulfilmentStatus.RETURNED,
    url="http://127.0.0.1:8000/set/12",
    files=[FILE],
    note="Tahun 2020 menyusul dari arsip.",
    complete=False,
    metadata=Metadata(concept="Timbulan sampah", unit="truk"),
    metadata_complete=False,
    reason="Tahun 2020 belum ada, dan satuannya bukan satuan baku.",
    remarks={
        "unit": "Isi dengan satuan baku, misalnya ton per hari.",
        "files/1": "Kolom kecamatan kosong pada 3 baris.",
    },
    submitted_by="Dinas Lingkungan Hidup",
    submitted_at=wita(20, 9),
    reviewed_at=wita(24, 8),
)
WAITING = RETURNED.model_copy(
    update={"status": FulfilmentStatus.SUBMITTED, "reason": None, "remarks": {}, "reviewed_at": None}
)
PROOF = EvidenceRead(
    n=1,
    type=EvidenceType.SIGNED_SHEET,
    reference="B-12/DLH/2023",
    url="http://127.0.0.1:8000/lembar",
    note="Ditandatangani di aula",
    file=EvidenceFile(name="lembar.pdf", size=240, sha256="0" * 64, media_type="application/pdf", path="/x"),
    at=wita(4, 15),
)


def _change(axis: Axis, to: str, reason: str | None = None) -> HistoryRead:
    return HistoryRead(at=wita(3, 8), by="staff", axis=axis, from_=None, to=to, reason=reason)


COMMITMENT = CommitmentRead(
    id=ID,
    code="C-V01",
    data_item="DI-V01",
    organisation="dlh",
    workshop=ID,
    due_date=date(2023, 7, 21),
    commitment_status=CommitmentStatus.REQUESTED,
    fulfilment_status=FulfilmentStatus.RETURNED,
    owes=True,
    overdue=True,
    working_days_late=7,
    requested_until=date(2023, 8, 11),
    extension_reason="Menunggu data kecamatan",
    waiting_on="dlh",
    signatory_office=None,
    pledged_workshop=None,
    pledged_agenda_item=None,
    agreement=None,
    evidence=[PROOF],
    submissions=[WAITING, RETURNED],
    history=[
        _change(Axis.COMMITMENT, "requested"),
        _change(Axis.EXTENSION, "2023-08-11", "Menunggu data kecamatan"),
        _change(Axis.EXTENSION, "refused"),
    ],
    reassigned_from=None,
    requested_at=wita(3, 8),
    version=3,
)
SOON = COMMITMENT.model_copy(
    update={
        "commitment_status": CommitmentStatus.COMMITTED,
        "fulfilment_status": FulfilmentStatus.NOT_SUBMITTED,
        "overdue": False,
        "working_days_late": 0,
        "submissions": [],
        "requested_until": None,
        "signatory_office": "Kepala Dinas Lingkungan Hidup",
        "pledged_agenda_item": "Penandatanganan lembar komitmen",
    }
)
PARTLY = SOON.model_copy(
    update={"fulfilment_status": FulfilmentStatus.SUBMITTED, "owes": False, "submissions": [WAITING]}
)
DONE = SOON.model_copy(
    update={
        "fulfilment_status": FulfilmentStatus.ACCEPTED,
        "owes": False,
        "submissions": [WAITING.model_copy(update={"status": FulfilmentStatus.ACCEPTED})],
    }
)
DECLINED = COMMITMENT.model_copy(
    update={
        "commitment_status": CommitmentStatus.DECLINED,
        "fulfilment_status": FulfilmentStatus.NOT_SUBMITTED,
        "owes": False,
        "overdue": False,
        "submissions": [],
    }
)
TALK = [
    RemarkRead(id=ID, at=wita(5, 9), by="Dinas Lingkungan Hidup", text="Apakah data per kecamatan sudah cukup?"),
    RemarkRead(id=ID, at=wita(5, 14), by="staff", text="Cukup.\nMohon sertakan kode wilayah."),
]
LIMITS = Limits(52_428_800, 20, "50 MB")
ANSWER: dict[str, object] = {
    "commitment": COMMITMENT,
    "left": None,
    "item": Plain(name="Timbulan sampah rumah tangga 2020–2022", description="Per kecamatan"),
    "organisation": AGENCY,
    "workshop": WORKSHOP,
    "pledged_at": "Bimtek I",
    "talk": Talk(TALK, cut=True),
    "said_dates": {"2023-08-11": date(2023, 8, 11)},
    "office": "Kepala Dinas Lingkungan Hidup",
    "places": [Option("1", "Bimtek I")],
    "may": May(answer=True, submit=True, further=False, extend=True, withdraw=True, prove=True),
    "delivery": Delivery(RETURNED.metadata.model_dump(), RETURNED.remarks, LIMITS),
    "types": ["letter"],
    "typed": {},
    "done": "",
    "action": "/portal/abc/commitments/1",
    "base": "/portal/abc/commitments/1",
    "back": "/portal/abc",
}
_TABS = [NavItem("Komitmen", "/staff/commitments"), NavItem("Tautan portal", "/staff/portals")]
_BEGUN = {
    **ANSWER,
    "commitment": SOON,
    "left": 3,
    "talk": Talk([], cut=False),
    "may": May(answer=False, submit=True, further=False, extend=True, withdraw=True, prove=True),
    "delivery": Delivery({}, {}, LIMITS),
    "done": "pledged",
}
_GROUPS = {
    "owed": [
        Entry("Timbulan sampah rumah tangga 2020–2022", "/portal/abc/commitments/1", COMMITMENT, None),
        Entry("Daftar bank sampah", "/portal/abc/commitments/2", SOON, 3),
        Entry("Ruang terbuka hijau", "/portal/abc/commitments/5", SOON, 0),
    ],
    "waiting": [Entry("Status mutu air", "/portal/abc/commitments/3", PARTLY, None)],
    "accepted": [Entry("Dokumen IKPLHD", "/portal/abc/commitments/4", DONE, None)],
    "turned": [Entry("Daftar izin", "/portal/abc/commitments/6", DECLINED, None)],
}
PORTAL_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "portal": (
        "portal.html",
        {
            "organisation": AGENCY,
            "debt": Plain(total=6, owes=3, overdue=1, unanswered=1, next_due_date=None),
            "groups": _GROUPS,
            "sheets": [(WORKSHOP, "/portal/abc/commitment-sheet?workshop=1", True)],
            "calendar": "http://127.0.0.1:8000/calendar/organisation/abc.ics",
            "workshops": [(WORKSHOP, "/w/luwu/bimtek-1")],
            "left": [
                LeftAt(
                    WORKSHOP,
                    [
                        Left("Notula", "/portal/abc/workshops/1/minutes.pdf"),
                        Left("Paparan <b>", "http://127.0.0.1:8000/paparan", host="127.0.0.1"),
                    ],
                    [
                        Agreement("Menyerahkan data <b>", date(2023, 7, 14), "/portal/abc/commitments/1"),
                        Agreement("Rapat", None, ""),
                    ],
                ),
            ],
            "first": "/portal/abc",
            "more": "/portal/abc?cursor=x",
            "done": "signed",
        },
    ),
    "commitment": ("commitment.html", {**ANSWER, "done": "extended"}),
    "commitment-begun": ("commitment.html", _BEGUN),
    "commitment-partly": (
        "commitment.html",
        {
            **_BEGUN,
            "commitment": PARTLY,
            "may": May(answer=False, submit=True, further=True, extend=False, withdraw=True, prove=True),
            "done": "submitted",
        },
    ),
    "commitment-accepted": (
        "commitment.html",
        {
            **_BEGUN,
            "commitment": DONE,
            "talk": Talk(TALK, cut=False),
            "may": May(answer=False, submit=False, further=False, extend=False, withdraw=True, prove=True),
            "done": "",
        },
    ),
    "commitment-refused": (
        "commitment.html",
        {
            **ANSWER,
            "typed": {"do": "submit", "url": "nas", "concept": "Timbulan", "until": "kemarin"},
            "errors": [
                FormError("url", "Isi dengan alamat web."),
                FormError("files", "Berkas tidak diterima."),
                FormError("period", "Paling banyak 10000 karakter."),
                FormError("why", "Tuliskan alasan."),
                FormError("signatory_office", "Tuliskan jabatan."),
            ],
        },
    ),
    "portal-sheet": (
        "portal_sheet.html",
        {
            "organisation": AGENCY,
            "workshop": WORKSHOP,
            "entries": [("Timbulan sampah", "/portal/abc/commitments/1", COMMITMENT), ("Bank sampah", "/x", SOON)],
            "boxes": [Option("C-1", "Timbulan sampah", "requested"), Option("C-2", "Bank sampah", "committed")],
            "ticked": ["C-1"],
            "office": "Kepala Dinas Lingkungan Hidup",
            "limits": LIMITS,
            "typed": {},
            "errors": [FormError("files", "Pilih berkas pindaian.")],
            "paper": "/portal/abc/commitment-sheet.pdf?workshop=1",
            "action": "/portal/abc/commitment-sheet?workshop=1",
            "carried": "workshop=1&",
            "back": "/portal/abc",
        },
    ),
    "portal-links": (
        "portal_links.html",
        {
            "entries": [(AGENCY, "/staff/portals/dlh", 2), (Plain(name="Dinas Perhubungan"), "/staff/portals/x", 0)],
            "more": "/staff/portals?after=dlh",
            "chosen": None,
            "commitment_tabs": _TABS,
            "timezone": ZONE,
            "nav": NAV,
        },
    ),
    "portal-links-of-one": (
        "portal_links.html",
        {
            "chosen": AGENCY,
            "main": "http://127.0.0.1:8000/portal/AaIDNe0bcGKXq-0I8PIttvnK-6yNerhOKLd5IA3l_AI",
            "links": [Plain(id=ID, label="Kasubag Program", email="program@demo.invalid", created_at=wita(3, 8))],
            "made": "http://127.0.0.1:8000/portal/AaIDME0_cTe73Y9fILhYZpfffz-0Cj6LEOReFuzWz8g",
            "may_read": True,
            "typed": {},
            "errors": [],
            "done": "added",
            "action": "/staff/portals/dlh",
            "back": "/staff/portals",
            "commitment_tabs": _TABS,
            "timezone": ZONE,
            "nav": NAV,
        },
    ),
}
