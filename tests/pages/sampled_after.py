"""The samples of what comes after a workshop: the committee's papers, minutes and materials."""

from datetime import date
from types import SimpleNamespace as Plain

from service.domain.follow_ups import Asked
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.materials_shapes import MaterialFile, MaterialRead
from service.models.messages import Channel
from service.models.minutes import FollowUp, Readers
from service.models.minutes_shapes import FollowUpRead
from service.pages.afterwards import Left
from service.pages.forms import Option
from service.pages.materials import Kept, Paper
from service.pages.minutes import Row, audience_options
from service.pages.render import FormError
from tests.factories import some_id
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita

Samples = dict[str, tuple[str, dict[str, object]]]
LEFT = [
    Left("Notula", "/my/abc/minutes.pdf"),
    Left("Paparan tenaga ahli", "/my/abc/materials/1", size=4_812_331),
    Left("Rekaman hari pertama", "http://127.0.0.1:8000/rekaman", host="127.0.0.1"),
]
CHOSEN = Plain(**vars(WORKSHOP) | {"id": "1"})
COMMON: dict[str, object] = {
    "choices": [Option("1", "Bimtek Tahap I")],
    "chosen": CHOSEN,
    "audiences": audience_options(),
    "errors": [],
    "timezone": ZONE,
    "nav": NAV,
}


def _agreed(text: str, due: date | None) -> FollowUp:
    return FollowUp(organizer_id=some_id(), workshop_id=some_id(), position=0, text=text, due_date=due)


NONE: dict[str, object] = {**COMMON, "choices": [], "chosen": None, "done": "", "typed": {}}
MINUTES = Plain(version=2, text="Rapat dibuka.", audience=Readers.ATTENDEES, updated_at=wita(4, 16, 30))
FILE = MaterialRead(
    id=some_id(),
    workshop=some_id(),
    title="Paparan tenaga ahli: enam dimensi kota cerdas",
    audience=Readers.PARTICIPANTS,
    file=MaterialFile(name="paparan-tenaga-ahli.pdf", size=4_812_331, media_type="application/pdf"),
    link="/api/v1/materials/1/file",
    version=1,
    created_at=wita(4, 15),
)
LINK = FILE.model_copy(
    update={
        "id": some_id(),
        "title": "Rekaman",
        "file": None,
        "link": "http://127.0.0.1:8000/rekaman",
        "audience": Readers.PUBLIC,
    }
)
AFTER: dict[str, object] = {
    **COMMON,
    "kept": MINUTES,
    "agreed": 5,
    "requested": 3,
    "editor": "/staff/minutes?workshop=1",
    "papers": [
        Paper("Notula", "", [Option("/api/v1/workshops/1/minutes.pdf", "PDF")]),
        Paper("Daftar Hadir Senin, 3 Juli 2023", "Belum ada kehadiran tercatat.", [Option("/a", "PDF")]),
        Paper("Sertifikat", "62 sertifikat berlaku.", [Option("/staff/certificates", "Buka halaman sertifikat")]),
    ],
    "materials": [Kept(FILE, first=True, last=False), Kept(LINK, first=False, last=True)],
    "public_page": "/w/luwu/bimtek-1",
    "write": "/staff/registrations/1/message",
    "limits": Plain(most=52_428_800, count=20, words="50 MB"),
    "typed": {},
    "done": "added",
}
ASKED = FollowUpRead(
    id=some_id(),
    text="Menetapkan wali data",
    organisation="kominfo",
    organisation_name="Dinas Kominfo-SP",
    due_date=date(2023, 7, 21),
    data_item="TL-bimtek-1-1",
    commitment=some_id(),
    commitment_status=CommitmentStatus.COMMITTED,
    fulfilment_status=FulfilmentStatus.SUBMITTED,
)
EDITOR: dict[str, object] = {
    **COMMON,
    "kept": MINUTES,
    "stale": False,
    "words": {"text": "Rapat dibuka.\n\nData dibahas.", "chaired_by": "Sekretaris Daerah", "audience": "attendees"},
    "rows": [
        Row(0, str(ASKED.id), ASKED.text, "Dinas Kominfo-SP", "2023-07-21", asked=ASKED),
        Row(1, str(some_id()), "Memperbarui peta", "Bappelitbangda", "2023-07-28", ask=True),
        Row(2, due="2023-07-30", off=True),
        Row(3, due="2022-07-29", past=True),
    ],
    "offices": {"kominfo": "Dinas Kominfo-SP", "bappeda": "Bappelitbangda"},
    "dimensions": [Option("governance", "Tata kelola")],
    "asks": True,
    "done": "saved",
}
REVIEW: dict[str, object] = {
    **COMMON,
    "chosen": Plain(**vars(CHOSEN) | {"rehearsal": True}),
    "asked": [
        Asked("Dinas Kominfo-SP", Channel.MAIL, [_agreed("Menetapkan wali data", date(2023, 7, 21))]),
        Asked("Bagian Umum", Channel.NONE, [_agreed("Memperbarui <b>peta", None)]),
    ],
    "ways": {Channel.MAIL: "surel disimpan, belum terkirim", Channel.NONE: "tanpa kontak, tidak menerima apa pun"},
    "version": 3,
    "dimension": ("governance", "Tata kelola"),
    "unsent": "Surel disimpan, belum terkirim: server surel belum disetel.",
}
WRONG = [
    FormError("", "Orang lain menyimpan notula ini."),
    FormError("organisation-1", "Instansi tidak dikenal."),
    FormError("due-1", "Pilih tanggal."),
    FormError("do", "Tandai sekurang-kurangnya satu."),
]
AFTER_SAMPLES: Samples = {
    "materials": ("materials.html", AFTER),
    "materials-empty": (
        "materials.html",
        {**AFTER, "kept": Plain(version=0), "materials": [], "public_page": None, "done": ""},
    ),
    "materials-refused": (
        "materials.html",
        {
            **AFTER,
            "typed": {"of": str(LINK.id), "title": "", "url": 'x"'},
            "errors": [FormError(f"title-{LINK.id}", "Tuliskan judul."), FormError("files", "Pilih berkas.")],
        },
    ),
    "materials-none": ("materials.html", NONE),
    "minutes": ("minutes.html", EDITOR),
    "minutes-requests": ("minutes_requests.html", REVIEW),
    "minutes-refused": ("minutes.html", {**EDITOR, "stale": True, "errors": WRONG, "done": ""}),
    "minutes-none": ("minutes.html", {**NONE, "stale": False}),
}
