"""Refusals of trials and of what runs in the background."""

from service.errors import Refusal
from service.i18n import marked as _


class AlreadyRunning(Refusal):
    code = "already_running"
    title = _("Masih berjalan")
    detail = _("Tunggu sampai selesai, lalu lihat hasilnya.")


class NotConfigured(Refusal):
    code = "integration_not_configured"
    title = _("Integrasi belum dipasang")
    detail = _("Mintalah pengelola server mengisi pengaturan yang masih kosong, lalu jalankan ulang layanan.")
