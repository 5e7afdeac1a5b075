"""Why somebody at the door is turned down."""

from service.errors import Refusal
from service.i18n import marked as _


class TooManyBrowsers(Refusal):
    """So many browsers of one person are paired with one door that a lost one would be overlooked."""

    code = "too_many_browsers"
    title = _("Terlalu banyak peramban yang dipasangkan")
    detail = _("Lepas peramban yang tidak dipakai lagi, lalu pasangkan yang ini.")
