"""Refusals about what was asked for."""

from service.errors import InvalidState
from service.i18n import marked as _


class NobodyReminded(InvalidState):
    title = _("Kegiatan ini dibatalkan")
    detail = _("Permintaan datanya tetap berlaku, tetapi tidak ada yang diingatkan.")
