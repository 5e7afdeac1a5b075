"""What people are told about their personal data before they give it (UU 27/2022, articles 5 to 13 and 21)."""

from dataclasses import dataclass

from service.i18n import gettext as _

_YEAR = 365


@dataclass(frozen=True)
class Notice:
    """The sentences of the notice, in the language spoken now, in the order in which they are shown."""

    collector: str
    purpose: str
    retention: str
    rights: str
    contact: str


def notice_of(organizer: str, purpose: str | None, retention_days: int) -> Notice:
    """Who collects what for, how long it is kept, what rights there are, and where to turn."""
    return Notice(
        collector=_("Data dikumpulkan oleh {organizer} sebagai pengendali data pribadi.").format(organizer=organizer),
        purpose=purpose_of(purpose),
        retention=retention_of(retention_days),
        rights=rights(),
        contact=_("Pertanyaan dan permintaan tentang data pribadi disampaikan kepada {organizer}.").format(
            organizer=organizer
        ),
    )


def purpose_of(text: str | None) -> str:
    """What the data is collected for: the organizer's own words, or the standard ones."""
    return text or _(
        "Data digunakan untuk pendaftaran, pencatatan kehadiran, penerbitan sertifikat, dan pertanggungjawaban "
        "kegiatan ini, serta tidak diberikan kepada pihak lain."
    )


def retention_of(days: int) -> str:
    """How long the data is kept after the workshop's end, and what becomes of it then."""
    return _(
        "Data disimpan selama {period} setelah kegiatan berakhir, kemudian dianonimkan: nama, kontak, dan jawaban "
        "dihapus; yang tersisa hanya jumlah kehadiran."
    ).format(period=_period(days))


def rights() -> str:
    """What people may do about their data, and where."""
    return _(
        "Melalui halaman pendaftaran pribadi, Anda dapat melihat dan mengunduh data Anda, memperbaikinya, menarik "
        "persetujuan, dan meminta penghapusan. Bila Anda sudah tercatat hadir, nama, jabatan, dan instansi disimpan "
        "sebagai bukti pertanggungjawaban sampai masa penyimpanan berakhir."
    )


def kept_as_proof() -> str:
    """Said to somebody who withdrew or asked for erasure after having been there."""
    return _(
        "Kontak, NIP, dan jawaban Anda dihapus. Nama, jabatan, dan instansi disimpan sebagai bukti pertanggungjawaban "
        "kehadiran sampai masa penyimpanan berakhir, kemudian dianonimkan."
    )


def end_of(*, proof: bool, waiting: bool) -> str:
    """What became of somebody's data: `waiting` for a last message, and with `proof` that the person was there."""
    if waiting:
        first = _(
            "Pesan pembatalan adalah pesan terakhir; setelah terkirim, kontak Anda dihapus, paling lambat 3x24 jam."
        )
        return f"{first} {kept_as_proof()}" if proof else first
    return kept_as_proof() if proof else _("Seluruh data pribadi Anda pada kegiatan ini telah dihapus.")


def _period(days: int) -> str:
    if days % _YEAR:
        return _("1 hari") if days == 1 else _("{count} hari").format(count=days)
    years = days // _YEAR
    return _("1 tahun") if years == 1 else _("{count} tahun").format(count=years)
