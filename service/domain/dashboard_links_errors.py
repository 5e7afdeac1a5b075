"""Refusals of links for screens."""

from service.errors import Refusal
from service.i18n import marked as _


class TooManyDashboardLinks(Refusal):
    code = "too_many_dashboard_links"
    title = _("Jumlah tautan layar sudah mencapai batas")
    detail = _("Tutup tautan yang tidak dipakai lagi, lalu coba lagi.")
