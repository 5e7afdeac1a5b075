"""Reasons that nobody typed: kept in Indonesian like any reason, and spoken in the language of whoever reads them."""

from service.i18n import gettext, marked as _

UNDONE = _("Catatan di pintu dibatalkan")
"""Why a walk-in was cancelled of whom nothing stands; by it one knows whom to let in after all."""
UNDONE_AT_DESK = _("Dibatalkan di meja check-in")
"""Why somebody at the door undid an entry by hand."""
_OWN = frozenset({UNDONE, UNDONE_AT_DESK, _("Atas izin panitia"), _("Salah pindai")})


def spoken(reason: str) -> str:
    """The reason as it was typed, or in the reader's language where it is one of these."""
    return gettext(reason) if reason in _OWN else reason
