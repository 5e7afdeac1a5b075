"""Why certificates are not issued."""

from service.errors import InvalidState
from service.i18n import marked as _


class WorkshopNotOver(InvalidState):
    """Nobody has earned anything yet; `state` and `ends_at` of the workshop say when somebody will have."""

    code = "workshop_not_over"
    title = _("Kegiatan belum selesai")
    detail = _("Terbitkan sertifikat setelah kegiatan berakhir, atau nyatakan kegiatan selesai lebih dahulu.")


class NoHours(InvalidState):
    """A workshop of 0 hours (JP) in total: there is nothing to certify."""

    code = "no_hours"
    title = _("Jam pelajaran belum diisi")
    detail = _("Isi jam pelajaran (JP) pada sesi kegiatan ini, lalu terbitkan sertifikat.")
