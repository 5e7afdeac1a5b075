"""The samples of the committee's pages about promised data."""

from types import SimpleNamespace as Plain
from uuid import UUID

from service.domain.commitments_remarks import Talk
from service.models.agreements_shapes import AgreementRead, SignatureRead
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.commitments_shapes import ColumnProfile, EvidenceType, FileProfile, Metadata, SheetProfile
from service.models.data_items import ItemKind
from service.pages.commitments import Entry, Names, quick
from service.pages.commitments_story import VERBS
from service.pages.forms import Option
from service.pages.render import FormError, NavItem
from service.pages.review import Desk, Wanted
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita
from tests.pages.sampled_my import Samples
from tests.pages.sampled_portal import COMMITMENT, DECLINED, FILE, ID, LIMITS, PARTLY, PROOF, RETURNED, TALK, WAITING

TABS = [
    NavItem("Komitmen", "/staff/commitments"),
    NavItem("Verifikasi", "/staff/review"),
    NavItem("Komitmen Bersama", "/staff/agreements"),
]
COLUMNS = [ColumnProfile(name="Kecamatan", empty=0), ColumnProfile(name="", empty=3)]
TABLE = FILE.model_copy(
    update={
        "profile": FileProfile(
            kind="xlsx",
            sheets=[
                SheetProfile(name="Rekap 2022", rows=22, columns=COLUMNS, truncated=True),
                SheetProfile(name="Kosong", rows=0, columns=[], truncated=False),
                SheetProfile(name="Lengkap", rows=4, columns=COLUMNS[:1], truncated=False),
            ],
        )
    }
)
WAITS = WAITING.model_copy(update={"files": [TABLE, FILE.model_copy(update={"n": 2, "size": 900})]})
WHOLE = WAITS.model_copy(
    update={"complete": True, "metadata_complete": True, "files": [], "metadata": Metadata(concept="Timbulan")}
)
EARLIER = WAITING.model_copy(update={"id": UUID(int=2), "submitted_at": wita(19, 9)})
AGENCY, ITEM = "Dinas Lingkungan Hidup", "Timbulan sampah per kecamatan"
NAMES = Names({}, {"dlh": AGENCY, "dinkes": "Dinas Kesehatan"}, {"environment": "Lingkungan"}, {"a": "A", "b": "B"})
WORKSHOPS = [Option("1", "3-4 Juli 2023 · Bimtek I")]
COMMITTEE: dict[str, object] = {"nav": NAV, "timezone": ZONE, "commitment_tabs": TABS}
LIST: dict[str, object] = COMMITTEE | {
    "entries": [
        Entry(read, ITEM, AGENCY, f"/staff/commitments/{n}") for n, read in enumerate((COMMITMENT, DECLINED, PARTLY))
    ],
    "more": "/staff/commitments?cursor=x",
    "wanted": {"workshop": "1", "overdue": "true", "organisation": "dlh", "as_of": "2023-07-20"},
    "filtered": True,
    "further": True,
    "quick": quick({"overdue": "true"}),
    "workshops": WORKSHOPS,
    "names": NAMES,
    "kinds": list(ItemKind),
    "promises": list(CommitmentStatus),
    "deliveries": list(FulfilmentStatus),
    "may_remind": True,
    "done": "reminded",
    "sent": 3,
    "skipped": 1,
    "export": "/api/v1/commitments.{}?overdue=true",
    "errors": [],
}
NONE: dict[str, object] = LIST | {"entries": [], "more": "", "wanted": {}, "filtered": False, "done": ""}
STORY: dict[str, object] = COMMITTEE | {
    "commitment": COMMITMENT.model_copy(update={"submissions": [WAITS], "pledged_agenda_item": "Penutupan"}),
    "item": Plain(name=ITEM, description="Per kecamatan, tiga tahun terakhir.", item_kind="data"),
    "dimension": "Lingkungan",
    "limits": LIMITS,
    "organisation": AGENCY,
    "gathering": WORKSHOP,
    "pledged_at": WORKSHOP,
    "waiting": WAITS,
    "talk": Talk(TALK, cut=True),
    "former": "/staff/commitments/1",
    "successor": ("Dinas Kesehatan", "/staff/commitments/2"),
    "offers": set(VERBS),
    "others": [Option("dinkes", "Dinas Kesehatan")],
    "agenda": [Option("1", "Penutupan")],
    "proofs": list(EvidenceType),
    "action": "/staff/commitments/1",
    "review": "/staff/review",
    "may_review": True,
    "may_write": True,
    "typed": {},
    "errors": [],
    "done": "extend",
}
DESK = Desk(WAITS, [EARLIER, WAITS], waits=True, correctable=False, before="/staff/review/1", after="/staff/review/3")
REVIEW: dict[str, object] = COMMITTEE | {
    "commitment": PARTLY,
    "item": ITEM,
    "organisation": AGENCY,
    "gathering": WORKSHOP,
    "desk": DESK,
    "fields": list(Metadata.model_fields),
    "waiting": 17,
    "action": "/staff/review/2",
    "queue": "/staff/review",
    "story": "/staff/commitments/1",
    "rest": "Mohon lengkapi bagian yang belum diserahkan.",
    "typed": {},
    "errors": [],
    "done": "accepted",
}
QUEUED = Plain(
    row=Plain(submitted_at=wita(20, 9), files=[{}], complete=False, metadata_complete=False),
    commitment=Plain(code="C-V01"),
    item=Plain(name=ITEM),
    organisation=Plain(name=AGENCY),
)
QUEUE: dict[str, object] = COMMITTEE | {
    "entries": [(QUEUED, "/staff/review/1")],
    "waiting": 3,
    "names": NAMES,
    "workshops": WORKSHOPS,
    "wanted": Wanted(organisation="dlh"),
    "done": "returned",
}
SIGNED = SignatureRead(
    organisation="dlh",
    organisation_name=AGENCY,
    signatory_office="Kepala Dinas Lingkungan Hidup",
    evidence=[PROOF],
    signed_at=wita(4, 15),
    commitments=["C-V01"],
)
AGREEMENT = AgreementRead(
    id=ID,
    code="KB-2023",
    workshop=ID,
    title="Komitmen Bersama Penyediaan Data",
    number="500.12/17",
    signed_on=wita(4, 15).date(),
    text="Kami bersepakat.\n\nKesepakatan ini bersifat sukarela.",
    signatures=[SIGNED],
    version=1,
    created_at=wita(3, 8),
    updated_at=wita(3, 8),
)
ONE: dict[str, object] = COMMITTEE | {
    "agreement": AGREEMENT,
    "gathering": WORKSHOP,
    "offices": [Option("dlh", AGENCY)],
    "parts": {"dlh": "/staff/commitments?agreement=KB-2023&organisation=dlh"},
    "action": "/staff/agreements/1",
    "limits": LIMITS,
    "may_write": True,
    "typed": {},
    "errors": [],
    "done": "signed",
}
AGREEMENTS: dict[str, object] = COMMITTEE | {
    "more": "/staff/agreements?after=KB-2023",
    "entries": [AGREEMENT, AGREEMENT.model_copy(update={"signed_on": None, "number": None, "signatures": []})],
    "workshops": WORKSHOPS,
    "may_write": True,
    "typed": {"code": "K B"},
    "errors": [FormError("code", "Gunakan huruf dan angka.")],
}
SHEETS: dict[str, object] = COMMITTEE | {
    "choices": WORKSHOPS,
    "chosen": Plain(**vars(WORKSHOP) | {"id": 1}),
    "limits": LIMITS,
    "offices": [Option("dlh", AGENCY)],
    "organisation": "dlh",
    "boxes": [Option("C-1", ITEM, "requested"), Option("C-2", ITEM, "committed")],
    "ticked": ["C-1"],
    "may_write": True,
    "typed": {},
    "errors": [FormError("files", "Pilih berkas."), FormError("commitments", "Beri tanda.")],
    "done": "",
}
COMMITMENTS_SAMPLES: Samples = {
    "commitment-sheets": ("commitment_sheets.html", SHEETS),
    "commitments": ("commitments.html", LIST),
    "commitments-none": ("commitments.html", NONE),
    "commitment-story": ("commitment_story.html", STORY),
    "commitment-story-refused": (
        "commitment_story.html",
        STORY
        | {"typed": {"do": "decline"}, "errors": [FormError("decline-reason", "Tuliskan alasan.")], "waiting": None},
    ),
    "review": ("review.html", REVIEW),
    "review-refused": (
        "review.html",
        REVIEW
        | {
            "desk": Desk(WHOLE, [WHOLE], waits=True, correctable=False, before="", after=""),
            "typed": {"remark-unit": "Isi."},
            "errors": [FormError("reason", "Tuliskan."), FormError("remark-unit", "Terlalu panjang.")],
        },
    ),
    "review-over": (
        "review.html",
        REVIEW | {"desk": Desk(RETURNED, [RETURNED], waits=False, correctable=False, before="", after=""), "done": ""},
    ),
    "review-queue": ("review_queue.html", QUEUE),
    "review-queue-empty": ("review_queue.html", QUEUE | {"entries": [], "waiting": 0, "done": ""}),
    "agreements": ("agreements.html", AGREEMENTS),
    "agreement": ("agreement.html", ONE),
}
