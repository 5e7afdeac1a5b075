"""Refusals about the materials of a workshop."""

from service.errors import InvalidState
from service.i18n import marked as _


class TooManyMaterials(InvalidState):
    code = "too_many_materials"
    title = _("Materi sudah terlalu banyak")
    detail = _("Hapus materi yang tidak dipakai lagi, atau gabungkan beberapa berkas ke dalam satu arsip ZIP.")
