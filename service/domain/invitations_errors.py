"""Why an invitation, or what an organisation does with it, is turned down."""

from service.errors import Refusal
from service.i18n import marked as _


class InvitationOver(Refusal):
    """The deadline has passed, or the workshop takes no delegates any more."""

    code = "invitation_over"
    title = _("Batas waktu undangan sudah lewat")
    detail = _("Hubungi panitia untuk menunjuk atau mengganti peserta.")


class InvitationWithdrawn(Refusal):
    """The committee took the invitation back."""

    status, code = 410, "invitation_withdrawn"
    title = _("Undangan ini sudah ditarik")
    detail = _(
        "Panitia menarik undangan ini, dan tautannya tidak berlaku lagi. Peserta yang sudah ditunjuk tetap terdaftar. "
        "Hubungi panitia bila ini keliru."
    )


class QuotaExceeded(Refusal):
    """More delegates of a `mode` than its `quota`."""

    code = "quota_exceeded"
    title = _("Kuota undangan terlampaui")
    detail = _("Kurangi jumlah peserta dengan cara hadir ini, atau minta tambahan kuota kepada panitia.")


class AlreadyInvited(Refusal):
    """An organisation is invited once to a workshop; `invitation_id` says by which invitation."""

    code = "already_invited"
    title = _("Instansi ini sudah diundang")
    detail = _("Ubah undangan yang ada, lihat invitation_id, atau kirim ulang undangan itu.")
