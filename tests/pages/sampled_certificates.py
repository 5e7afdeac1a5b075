"""The samples of the pages about certificates: what strangers see, and the committee."""

from datetime import date
from types import SimpleNamespace as Plain

from service.domain.certificates_reads import UNKNOWN
from service.models.certificates_shapes import (
    CertificateCheckRead,
    CertificateCorrection,
    CertificateOutcome,
    CertificateRead,
    CertificateStatus,
)
from service.pages import render
from service.pages.forms import Option
from tests.factories import some_id
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita

CHECKED = CertificateCheckRead(
    status=CertificateStatus.VALID,
    number="012/SERTIFIKAT/VII/2023",
    initials="K. B. A.",
    workshop="Bimtek Penyusunan Masterplan Smart City",
    organizer="Diskominfo-SP Kabupaten Luwu",
    starts_on=date(2023, 7, 3),
    ends_on=date(2023, 7, 4),
    hours=12,
    total_hours=14,
    issued_on=date(2023, 7, 5),
    revoked_on=None,
    replaced=False,
)
REVOKED = {"status": CertificateStatus.REVOKED, "revoked_on": date(2023, 7, 20), "replaced": True}
CHECKS: dict[str, dict[str, object]] = {"valid": {}, "revoked": REVOKED, "unknown": UNKNOWN.model_dump()}

HELD = CertificateRead(
    id=some_id(),
    registration_id=some_id(),
    sequence=12,
    number="012/SERTIFIKAT/VII/2023",
    status=CertificateStatus.VALID,
    name="Kepala Bidang Aptika, S.Kom.",
    position="Kepala Bidang",
    organisation="Dinas Kominfo-SP",
    hours=12,
    total_hours=14,
    outdated=False,
    corrections=[],
    link="http://127.0.0.1:8000/certificates/abc",
    replaces_id=None,
    issued_at=wita(4, 17),
    issued_by="staff:1",
    revoked_at=None,
    revoked_by=None,
    revocation_reason=None,
)
WITHHELD = some_id()
GONE: dict[str, object] = {
    "status": CertificateStatus.REVOKED,
    "revoked_at": wita(4, 18),
    "revocation_reason": "Keliru",
    "id": WITHHELD,
}
WRONG: dict[str, object] = {"outdated": True, "corrections": [CertificateCorrection.NAME]}
STAFF: dict[str, object] = {
    "choices": [Option("1", "Bimtek Tahap I")],
    "chosen": Plain(**vars(WORKSHOP) | {"id": "1"}),
    "due": CertificateOutcome(issued=3, corrected=1, revoked=1, unchanged=62, not_earned=9, withheld=1, dry_run=True),
    "advice": "",
    "total": 14,
    "lacking": [Plain(name="Kepala Bidang Statistik", hours=4)],
    "others": 2,
    "withheld": {WITHHELD},
    "unsigned": True,
    "items": [HELD.model_copy(update={"id": some_id()} | changed) for changed in ({}, WRONG, GONE)],
    "following": "WzEyXQ",
    "documents": [Option("/api/v1/workshops/1/certificates.pdf", "Unduh semua sertifikat (PDF)")],
    "done": "issued",
    "errors": [],
    "timezone": ZONE,
    "nav": NAV,
}
EARLY = "Terbitkan sertifikat setelah kegiatan berakhir."
REFUSED = {**STAFF, "items": [HELD], "errors": [render.FormError(f"reason-{HELD.id}", "Tuliskan alasannya.")]}

CERTIFICATE_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    **{
        f"certificate-{status}": ("certificate.html", {"found": CHECKED.model_copy(update=changed)})
        for status, changed in CHECKS.items()
    },
    "certificates": ("certificates.html", STAFF),
    "certificates-refused": ("certificates.html", REFUSED),
    "certificates-early": (
        "certificates.html",
        {
            **STAFF,
            "due": None,
            "advice": EARLY,
            "items": [],
            "following": None,
            "documents": [],
            "done": "",
        },
    ),
    "certificates-none": ("certificates.html", {**STAFF, "choices": [], "chosen": None, "done": ""}),
}
