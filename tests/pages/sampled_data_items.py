"""The samples of the catalogue's pages."""

from service.domain.imports import Judged
from service.domain.imports_values import Remark
from service.models.commitments_batch_shapes import BatchOrganisation, BatchRead, BatchSkipped
from service.models.data_items import ItemKind
from service.models.data_items_shapes import DataItemRead
from service.models.imports_shapes import ImportColumn, ImportCounts, ImportRead, ImportRow, Verdict
from service.pages.commitments import Names
from service.pages.data_items import Entry
from service.pages.forms import Option
from service.pages.importing import Tried
from service.pages.render import FormError, NavItem
from tests.factories import some_id
from tests.pages.sampled import NAV, ZONE, wita
from tests.pages.sampled_my import Samples

TABS = [NavItem("Komitmen", "/staff/commitments", False), NavItem("Katalog data", "/staff/data-items", False)]
NAMES = Names(
    {}, {"dinkes": "Dinas Kesehatan"}, {"living": "Kehidupan Cerdas"}, {"smart-city": "Gerakan Menuju 100 Smart City"}
)
ITEM = DataItemRead(
    id=some_id(),
    code="DI-L01",
    name="Jumlah puskesmas dan tenaga kesehatan per kecamatan",
    item_kind=ItemKind.DATA,
    programme="smart-city",
    dimension="living",
    sub_dimension="Kesehatan",
    data_kind="tabel",
    masterplan_book=1,
    requested_from="dinkes",
    due_date=wita(21, 12).date(),
    due_stage=None,
    due_days=None,
    access_class="terbuka",
    contains_personal_data=True,
    description="Lima tahun terakhir.",
    version=2,
    updated_at=wita(3, 9),
)
STAFF: dict[str, object] = {"commitment_tabs": TABS, "timezone": ZONE, "nav": NAV}
OTHERS = [
    ITEM.model_copy(update={"code": "DI-L02", "due_date": None, "due_stage": "bimtek_1", "requested_from": None}),
    *(ITEM.model_copy(update={"code": f"DI-{n}", "due_date": None, "due_days": n}) for n in (0, 5, -3)),
    ITEM.model_copy(update={"code": "DI-L09", "due_date": None, "contains_personal_data": False}),
]
LISTED: dict[str, object] = {
    **STAFF,
    "entries": [Entry(one, "Dinas Kesehatan", "Bimtek I", f"/staff/data-items/{one.code}") for one in (ITEM, *OTHERS)],
    "more": "/staff/data-items?after=DI-L09",
    "wanted": {"q": "puskesmas", "item_kind": "data"},
    "names": NAMES,
    "kinds": list(ItemKind),
    "may_write": True,
    "may_plan": True,
    "done": "imported",
    "count": 60,
}
FORM: dict[str, object] = {
    **STAFF,
    "read": ITEM,
    "action": "/staff/data-items/DI-L01",
    "typed": {"name": ITEM.name, "item_kind": "data", "due": "day", "due_date": "2023-07-21", "dimension": "living"},
    "kinds": list(ItemKind),
    "offices": [Option("dinkes", "Dinas Kesehatan")],
    "dimensions": [Option("living", "Kehidupan Cerdas")],
    "programmes": [Option("smart-city", "Gerakan Menuju 100 Smart City")],
    "stages": [Option("bimtek_1", "Bimtek I")],
    "books": [Option("1", "Buku 1")],
}
FAULTY = Judged(4, Verdict.FAULTY, "RPJMD", None, (Remark("dimension", "Dimensi tidak dikenal."),), ())
TRIED = Tried(
    ImportRead(
        dry_run=True,
        sheets=["Lembar1"],
        sheet="Lembar1",
        head_row=2,
        columns=[
            ImportColumn(column="A", head="No", field=None, samples=[]),
            ImportColumn(column="B", head="Data yang dibutuhkan", field="name", samples=[]),
        ],
        counts=ImportCounts(new=1, changed=1, unchanged=0, duplicate=0, undecided=0, faulty=1, ignored=0),
        rows=[ImportRow.model_validate(FAULTY)],
    ),
    "eJyLjgUAARUAuQ==",
)
NOTHING = TRIED.told.model_copy(
    update={"counts": ImportCounts(**dict.fromkeys(ImportCounts.model_fields, 0)), "rows": []}
)
FILLING: dict[str, object] = {
    **STAFF,
    "tried": None,
    "typed": {},
    "errors": [],
    "sources": [Option("/smart-city", "Gerakan Menuju 100 Smart City")],
    "targets": [Option("smart-city", "Gerakan Menuju 100 Smart City")],
    "may_create": True,
}
ASKED = BatchRead(
    dry_run=True,
    requested=2,
    past_due=2,
    organisations=[BatchOrganisation(organisation="dinkes", requested=2)],
    skipped=[
        BatchSkipped(data_item="DI-L01", organisation="dinkes", reason="already_requested"),
        BatchSkipped(data_item="DI-L02", organisation=None, reason="no_organisation"),
    ],
)
ASKING: dict[str, object] = {
    **STAFF,
    "choices": [Option("1", "Senin, 3 Juli 2023 · Bimtek I")],
    "typed": {"workshop": "1", "what": "items", "whom": "organisations"},
    "ticked": {"item": {"DI-L01"}, "organisation": set()},
    "items": [("DI-L01", ITEM.name)],
    "names": NAMES,
    "programmes": [Option("smart-city", "Gerakan Menuju 100 Smart City")],
    "dimensions": [Option("living", "Kehidupan Cerdas")],
    "tried": None,
    "errors": [],
}
WRONG = [FormError("organisations", "Centang sekurang-kurangnya satu perangkat daerah.")]
DATA_ITEMS_SAMPLES: Samples = {
    "data-items": ("data_items.html", LISTED),
    "data-items-empty": ("data_items.html", LISTED | {"entries": [], "wanted": {}, "may_write": False, "done": ""}),
    "data-items-none": ("data_items.html", LISTED | {"entries": [], "more": "", "done": "requested"}),
    "data-item": ("data_item.html", FORM),
    "data-item-new": (
        "data_item.html",
        FORM | {"read": None, "typed": {}, "errors": [FormError("due_days", "Tulis jumlah hari kerja.")]},
    ),
    "data-items-import": ("data_items_import.html", FILLING),
    "data-items-tried": ("data_items_import.html", FILLING | {"tried": TRIED}),
    "data-items-same": ("data_items_import.html", FILLING | {"tried": Tried(NOTHING, "")}),
    "data-items-bare": (
        "data_items_import.html",
        FILLING | {"sources": [], "errors": [FormError("file", "Sertakan.")]},
    ),
    "data-items-request": ("data_items_request.html", ASKING),
    "data-items-request-refused": ("data_items_request.html", ASKING | {"errors": WRONG}),
    "data-items-request-tried": ("data_items_request.html", ASKING | {"tried": ASKED}),
    "data-items-request-nothing": (
        "data_items_request.html",
        ASKING | {"tried": ASKED.model_copy(update={"requested": 0, "organisations": []})},
    ),
    "data-items-request-none": ("data_items_request.html", ASKING | {"choices": []}),
}
