"""Refusals of deliveries."""

from service.errors import InvalidState
from service.i18n import marked as _


class DeliveryWaits(InvalidState):
    title = _("Penyerahan sebelumnya masih diperiksa walidata")
    detail = _(
        "Tunggu hasil pemeriksaannya. Bila ada yang perlu diganti, sampaikan melalui catatan agar penyerahan itu "
        "dikembalikan."
    )


class NewerDelivery(InvalidState):
    title = _("Ada penyerahan yang lebih baru")
    detail = _(
        "Periksa penyerahan terakhir komitmen ini: putusannya berlaku juga bagi bagian sebelumnya yang menunggu "
        "bersamanya."
    )
