"""Refusals about the portal links of contacts."""

from service.errors import Refusal
from service.i18n import marked as _


class TooManyPortalLinks(Refusal):
    code = "too_many_portal_links"
    title = _("Jumlah tautan portal sudah mencapai batas")
    detail = _("Tutup tautan yang tidak dipakai lagi, lalu coba lagi.")
