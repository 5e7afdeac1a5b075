"""Saving on the pages of preparation: what somebody else has changed meanwhile is not overwritten unseen."""

from fastapi import Response

from service.domain.file_names import attachment
from service.errors import Refusal, Stale
from service.i18n import gettext as _
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.forms import Typed
from service.pages.render import FormError


def is_stale(version: str | None, workshop: Workshop) -> bool:
    """Whether the workshop has changed since the form was opened."""
    return version != str(workshop.version)


def check_fresh(typed: Typed, workshop: Workshop) -> None:
    """Raises Stale when the workshop, which is locked by now, has changed since the form was opened."""
    if is_stale(typed.get("version"), workshop):
        raise Stale


def stale() -> list[FormError]:
    """Said above a form that keeps what was typed, and that may be saved again as it now stands."""
    text = _(
        "Persiapan kegiatan ini berubah sejak halaman ini dibuka: oleh orang lain, atau di jendela lain. Isian "
        "Anda masih ada di bawah dan belum disimpan; menyimpan sekali lagi menggantikan isian yang tersimpan pada "
        "langkah ini."
    )
    return [FormError("", text)]


def errors_of(refused: Refusal) -> list[FormError]:
    """A refusal as such a form says it."""
    return stale() if isinstance(refused, Stale) else forms.errors_of(refused)


def shown_pdf(content: bytes, name: str) -> Response:
    """A PDF that the browser shows beside the page it was asked for on."""
    headers = {
        "Content-Disposition": attachment(name).replace("attachment", "inline", 1),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return Response(content, media_type="application/pdf", headers=headers)
