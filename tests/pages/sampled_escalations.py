"""The samples of the page of letters and the regional secretary's list."""

from datetime import date
from types import SimpleNamespace as Plain
from uuid import UUID

from service.models.escalations import EscalationLevel
from service.models.escalations_shapes import EscalationRead, EscalationRule
from service.pages.escalations import Coming
from service.pages.forms import Option
from service.pages.render import FormError, NavItem
from tests.pages.sampled import NAV, REVIEW, WORKSHOP, ZONE, wita
from tests.pages.sampled_my import Samples

LETTER = EscalationRead(
    id=UUID(int=1),
    workshop=UUID(int=2),
    organisation="dispusip",
    organisation_name="Dinas Perpustakaan dan Kearsipan",
    level=EscalationLevel.LETTER,
    due_date=date(2023, 7, 14),
    items=3,
    working_days_late=7,
    letter_number="005/231/Diskominfo-SP/2023",
    note=None,
    raised_at=wita(24, 8, 0),
    handled_at=None,
    handled_by=None,
    version=1,
)
LISTED = LETTER.model_copy(update={"id": UUID(int=3), "level": EscalationLevel.LIST, "items": 0, "letter_number": None})
HANDLED = LETTER.model_copy(update={"handled_at": wita(25, 9, 0), "note": "Surat disampaikan melalui kurir."})
PAGE: dict[str, object] = {
    "choices": [Option("1", WORKSHOP.title), Option("2", REVIEW.title)],
    "chosen": Plain(**vars(WORKSHOP) | {"id": 1}),
    "show": "open",
    "shows": {one: f"/staff/escalations?workshop=1&show={one}" for one in ("open", "handled")},
    "items": [LETTER, LISTED],
    "more": "/staff/escalations?workshop=1&show=open&after=b",
    "rule": EscalationRule(),
    "version": 3,
    "typed": None,
    "coming": [Coming("Dinas Lingkungan Hidup", EscalationLevel.LETTER, date(2023, 7, 26))],
    "papers": "/api/v1/workshops/1/escalation-list",
    "may_review": True,
    "done": "numbered",
    "timezone": ZONE,
    "nav": NAV,
    "commitment_tabs": [
        NavItem("Komitmen", "/staff/commitments", False),
        NavItem("Eskalasi", "/staff/escalations", False),
    ],
}
ESCALATIONS_SAMPLES: Samples = {
    "escalations": ("escalations.html", PAGE),
    "escalations-handled": ("escalations.html", PAGE | {"show": "handled", "items": [HANDLED], "more": "", "done": ""}),
    "escalations-none": (
        "escalations.html",
        PAGE | {"items": [], "coming": [], "rule": EscalationRule(letter_after=None, list_after=None), "more": ""},
    ),
    "escalations-refused": (
        "escalations.html",
        PAGE | {"errors": [FormError(f"letter_number-{LETTER.id}", "Tuliskan dalam satu baris.")], "done": ""},
    ),
    "escalations-rule-refused": (
        "escalations.html",
        PAGE
        | {
            "errors": [FormError("list_after", "Isi dengan jumlah hari yang lebih besar daripada untuk surat.")],
            "typed": {"letter_after": "7", "list_after": "5", "send": "yes"},
            "done": "",
        },
    ),
}
