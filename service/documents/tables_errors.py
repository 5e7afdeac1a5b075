"""Why a list from outside is not read: each refusal says what to do with the file."""

from service.errors import BodyTooLarge, Refusal
from service.i18n import marked as _


class TableUnreadable(Refusal):
    """The file is damaged, or something else than its name says."""

    status, code = 422, "import_unreadable"
    title = _("Berkas tidak dapat dibaca")
    detail = _("Buka berkas di aplikasi lembar kerja, simpan ulang sebagai XLSX atau CSV, lalu kirim kembali.")


class TableKindUnknown(Refusal):
    """Neither CSV nor XLSX."""

    status, code = 415, "import_kind_unknown"
    title = _("Jenis berkas tidak diterima untuk impor")
    detail = _("Kirim lembar kerja XLSX atau CSV. Berkas ODS, XLSB, atau HTML perlu disimpan ulang sebagai XLSX.")


class TableOldExcel(Refusal):
    """A BIFF workbook of Excel 97-2003."""

    status, code = 415, "import_old_excel"
    title = _("Berkas Excel lama (.xls) tidak diterima")
    detail = _("Buka berkas, pilih Simpan Sebagai, lalu jenis Excel Workbook (.xlsx).")


class TableEncrypted(Refusal):
    """A workbook that opens with a password only."""

    status, code = 415, "import_encrypted"
    title = _("Berkas dilindungi kata sandi")
    detail = _("Buka berkas, hapus kata sandinya, simpan, lalu kirim kembali.")


class TableHasMacros(Refusal):
    """A workbook that carries programs."""

    status, code = 415, "import_macros"
    title = _("Berkas memuat makro")
    detail = _("Simpan Sebagai Excel Workbook (.xlsx) tanpa makro, lalu kirim kembali.")


class TableReachesOut(Refusal):
    """External links, a DTD or entities."""

    status, code = 415, "import_external"
    title = _("Berkas merujuk ke luar berkas")
    detail = _("Salin datanya, tempel sebagai nilai ke buku kerja baru, simpan sebagai XLSX, lalu kirim kembali.")


class TableInflated(BodyTooLarge):
    """A bomb, or a workbook with far more cells than a list of people needs."""

    code = "import_inflated"
    title = _("Isi berkas terlalu besar setelah dibuka")
    detail = _("Salin baris yang diperlukan ke buku kerja baru tanpa format dan gambar, lalu kirim kembali.")


class TableTooLong(BodyTooLarge):
    """More rows than are taken at once; `max_rows` says how many."""

    code = "import_too_many_rows"
    title = _("Baris terlalu banyak")
    detail = _("Bagi daftar menjadi beberapa berkas; batas jumlah baris data tertera pada max_rows.")


class TableTooWide(BodyTooLarge):
    """More columns than are taken; `max_columns` says how many."""

    code = "import_too_many_columns"
    title = _("Kolom terlalu banyak")
    detail = _("Hapus kolom yang tidak diperlukan; batas jumlah kolom tertera pada max_columns.")


class TableCellTooLong(BodyTooLarge):
    """A cell of more than 64 KiB; `row` says where."""

    code = "import_cell_too_long"
    title = _("Sebuah sel terlalu panjang")
    detail = _("Periksa baris yang tertera pada row; mungkin ada tanda kutip yang tidak ditutup.")


class TableQuoteOpen(Refusal):
    """A quote that is never closed: what follows it would be swallowed; `row` says where."""

    status, code = 422, "import_quote_open"
    title = _("Tanda kutip tidak ditutup")
    detail = _("Periksa tanda kutip pada baris yang tertera pada row, lalu kirim kembali.")


class TableEmpty(Refusal):
    """No row at all."""

    status, code = 422, "import_empty"
    title = _("Berkas tidak berisi data")
    detail = _("Pastikan daftar berada pada lembar yang terlihat dan tidak kosong.")
