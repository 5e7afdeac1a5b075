"""What the samples of the pages within frames show."""

from service.pages.render import FormError
from tests.pages.sampled import CANCELLED, ORGANIZER, REVIEW, WORKSHOP
from tests.pages.sampled_public import REGISTER

HOME = "http://127.0.0.1:8000/o/luwu"
_FRAMED: dict[str, object] = {"organizer": ORGANIZER, "home": HOME}
_DONE: dict[str, object] = {**_FRAMED, "workshop": WORKSHOP, "status_now": "waitlisted", "by_whatsapp": False}

EMBED_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "embed-list": ("embed_list.html", {**_FRAMED, "workshops": [WORKSHOP, REVIEW]}),
    "embed-list-empty": ("embed_list.html", {**_FRAMED, "workshops": []}),
    "embed-form": ("embed_form.html", {**REGISTER, **_FRAMED}),
    "embed-form-refused": (
        "embed_form.html",
        {**REGISTER, **_FRAMED, "errors": [FormError("name", "Tuliskan nama lengkap.")]},
    ),
    "embed-form-over": ("embed_form.html", {**REGISTER, **_FRAMED, "modes": [], "workshop": CANCELLED}),
    "embed-gone": ("embed_gone.html", _FRAMED),
    "embed-registered": ("embed_registered.html", _DONE),
    "embed-registered-phone": ("embed_registered.html", {**_DONE, "status_now": "pending", "by_whatsapp": True}),
}
