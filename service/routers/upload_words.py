"""Why a file is not taken, said so that its sender knows what to do."""

from collections.abc import Mapping

from service.clients.kinds import Reason, UnknownType
from service.i18n import gettext, marked as _

WORDS: Mapping[Reason, str] = {
    Reason.KIND: _(
        "jenis berkas ini tidak diterima. Simpan sebagai PDF, XLSX, CSV, DOCX, PPTX, GeoJSON, PNG, atau JPG."
    ),
    Reason.MISMATCH: _("isinya tidak sesuai dengan akhiran namanya. Simpan ulang dari aplikasi asalnya."),
    Reason.EMPTY: _("berkas kosong. Periksa berkasnya, lalu kirim kembali."),
    Reason.DAMAGED: _("berkas rusak atau tidak lengkap. Buka, simpan ulang, lalu kirim kembali."),
    Reason.ENCRYPTED: _("berkas dilindungi kata sandi atau enkripsi. Simpan tanpa kata sandi."),
    Reason.MACROS: _("berkas memuat makro. Simpan tanpa makro, misalnya sebagai XLSX atau DOCX biasa."),
    Reason.ACTIVE: _("berkas memuat skrip atau perintah yang dijalankan saat dibuka. Cetak ulang sebagai PDF."),
    Reason.EMBEDDED: _("berkas lain tersembunyi di dalamnya. Kirim berkas itu tersendiri."),
    Reason.REACHES_OUT: _("berkas mengambil isi dari luar. Salin datanya sebagai nilai ke berkas baru."),
    Reason.LINKED: _(
        "berkas terhubung ke berkas lain di internet atau jaringan. Putuskan tautannya (Data, Edit Tautan, Putuskan "
        "Tautan), simpan, lalu kirim kembali."
    ),
    Reason.PICTURE: _(
        "gambar di dalamnya diambil dari internet atau jaringan. Sisipkan gambarnya ke dalam berkas, lalu kirim "
        "kembali."
    ),
    Reason.INFLATED: _("isinya terlalu besar setelah dibuka. Bagi menjadi beberapa berkas."),
    Reason.NESTED: _("arsip di dalam arsip terlalu dalam. Keluarkan isinya, lalu kirim dalam satu arsip."),
    Reason.NAMES: _("nama di dalam arsip tidak dapat dipakai. Beri nama berkas biasa, lalu arsipkan kembali."),
    Reason.INCOMPLETE: _("shapefile tidak lengkap. Sertakan .shp, .shx, dan .dbf dengan nama yang sama."),
}


def why(unknown: UnknownType) -> str:
    """The reason in the caller's language, with the entry of the archive that is meant."""
    said = gettext(WORDS[unknown.reason])
    return f"{unknown.inside[:100]}: {said}" if unknown.inside else said
