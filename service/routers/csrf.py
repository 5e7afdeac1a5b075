"""What a signed-in browser sends with every change, so that no other site can make it change anything.

The value is the session's. Forms carry it together with the organizer for which they were shown: in another window the
session may work for another one by now, and what was meant for one house must not be saved in the other. Programs send
the bare value, as `GET /session` told it: they know for whom they work.
"""

from hmac import compare_digest
from uuid import UUID

from service.auth import Actor
from service.errors import CsrfFailed
from service.i18n import marked as _


class OtherOrganizer(CsrfFailed):
    """The form was shown for another organizer (`shown_for`) than the session works for now."""

    status, code = 409, "other_organizer"
    title = _("Formulir ini milik penyelenggara lain")
    detail = _("Di jendela lain sudah dipilih penyelenggara lain. Muat ulang halaman, lalu kirim kembali.")

    def __init__(self, shown_for: UUID) -> None:
        super().__init__()
        self.shown_for = shown_for


def check(actor: Actor, sent: str | None, *, of_no_house: bool = False) -> None:
    """Raises CsrfFailed without the session's value; OtherOrganizer with one that a form carried which was shown for
    another organizer, unless what it changes is `of_no_house`.
    """
    own, _dot, now = actor.csrf.partition(".")
    value, _dot, shown_for = (sent or "").partition(".")
    if not own or not compare_digest(own.encode(), value.encode()):
        raise CsrfFailed
    if shown_for and shown_for != now and not of_no_house:
        raise OtherOrganizer(_read(shown_for))


def _read(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CsrfFailed from None
