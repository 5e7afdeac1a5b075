"""What every message is about and what it says first: formal Indonesian, translated when it is spoken."""

from collections.abc import Callable

from service.i18n import gettext as _


def invitation_changed() -> str:
    """What an invited organisation is told of a change, where people read of their registration."""
    return _(
        "Terdapat perubahan pada kegiatan yang mengundang instansi Bapak/Ibu. Undangan dan tautan yang sudah diterima "
        "tetap berlaku."
    )


def switched_without_seat() -> str:
    """What somebody is told who attends in another way, in which there is no seat yet."""
    return _(
        "Cara hadir Bapak/Ibu telah diubah. Tiket dan tautan yang sudah diterima berlaku lagi bila kursi tersedia."
    )


# Each occasion: what it is about, and what is said. Lambdas, because the language is known only when they are spoken.
OCCASIONS: dict[str, Callable[[], tuple[str, str]]] = {
    "confirmation": lambda: (
        _("Pendaftaran terkonfirmasi"),
        _("Pendaftaran Bapak/Ibu telah terkonfirmasi. Silakan simpan pesan ini; tautannya berlaku sampai selesai."),
    ),
    "promoted": lambda: (
        _("Kursi tersedia, pendaftaran terkonfirmasi"),
        _("Kursi telah tersedia dan pendaftaran Bapak/Ibu pada daftar tunggu kini terkonfirmasi."),
    ),
    "waitlisted": lambda: (
        _("Pendaftaran pada daftar tunggu"),
        _("Kursi sudah penuh. Pendaftaran tercatat pada daftar tunggu; pemberitahuan dikirim begitu kursi tersedia."),
    ),
    "requested": lambda: (
        _("Pendaftaran menunggu persetujuan"),
        _("Pendaftaran telah diterima dan menunggu persetujuan panitia. Pemberitahuan dikirim setelah diputuskan."),
    ),
    "rejected": lambda: (
        _("Pendaftaran tidak disetujui"),
        _("Mohon maaf, pendaftaran Bapak/Ibu tidak dapat disetujui."),
    ),
    "cancelled": lambda: (
        _("Pendaftaran dibatalkan"),
        _("Pendaftaran Bapak/Ibu telah dibatalkan. Tiket dan tautan ruang daring tidak berlaku lagi."),
    ),
    "switched": lambda: (
        _("Cara hadir diubah"),
        _("Cara hadir Bapak/Ibu telah diubah. Tiket dan tautan yang sudah diterima tetap berlaku."),
    ),
    "representing": lambda: (
        _("Data pendaftaran diperbarui"),
        _("Data pendaftaran Bapak/Ibu telah diperbarui. Tiket dan tautan yang sudah diterima tetap berlaku."),
    ),
    "substituted": lambda: (
        _("Pendaftaran dialihkan kepada pengganti"),
        _("Tempat Bapak/Ibu telah dialihkan kepada pengganti. Tiket dan tautan lama tidak berlaku lagi."),
    ),
    "substitute": lambda: (
        _("Terdaftar sebagai pengganti"),
        _("Bapak/Ibu terdaftar sebagai pengganti pada kegiatan berikut."),
    ),
    "repeated": lambda: (
        _("Pendaftaran sudah tercatat"),
        _("Bapak/Ibu sudah terdaftar pada kegiatan ini. Pendaftaran yang ada tetap berlaku, tidak ada yang berubah."),
    ),
    "links_renewed": lambda: (
        _("Tautan pendaftaran diperbarui"),
        _(
            "Tautan pendaftaran Bapak/Ibu telah diperbarui. Gunakan tautan berikut; tiket dan tautan lama tidak "
            "berlaku."
        ),
    ),
    "held": lambda: (
        _("Mohon konfirmasi pendaftaran"),
        _(
            "Seseorang mendaftarkan nama lain dengan alamat atau nomor ini. Buka tautan berikut untuk melihat dan "
            "mengonfirmasi pendaftaran tersebut. Tanpa konfirmasi, pendaftaran tidak berlaku."
        ),
    ),
    "invitation": lambda: (
        _("Undangan kegiatan"),
        _("Instansi Bapak/Ibu diundang pada kegiatan berikut. Silakan daftarkan peserta melalui tautan di bawah."),
    ),
    "invitation_withdrawn": lambda: (
        _("Undangan ditarik"),
        _(
            "Undangan instansi Bapak/Ibu pada kegiatan berikut ditarik, dan tautannya tidak berlaku lagi. Peserta yang "
            "sudah ditunjuk tetap terdaftar. Bila ini keliru, silakan hubungi panitia."
        ),
    ),
    "workshop_cancelled": lambda: (
        _("Kegiatan dibatalkan"),
        _("Mohon maaf, kegiatan berikut dibatalkan. Tiket dan tautan ruang daring tidak berlaku lagi."),
    ),
    "changed": lambda: (
        _("Perubahan kegiatan"),
        _("Terdapat perubahan pada kegiatan berikut. Pendaftaran dan tautan Bapak/Ibu tetap berlaku."),
    ),
    "room_changed": lambda: (
        _("Ruang daring diganti"),
        _(
            "Ruang daring kegiatan ini telah diganti. Tautan pribadi Bapak/Ibu tetap sama: silakan buka kembali "
            "tautan tersebut untuk masuk ke ruang yang baru."
        ),
    ),
    "reminder_week": lambda: (
        _("Pengingat kegiatan"),
        _("Bapak/Ibu terdaftar pada kegiatan berikut. Silakan periksa kembali waktu, tempat, dan cara hadir."),
    ),
    "reminder_day": lambda: (
        _("Menjelang kegiatan"),
        _("Kegiatan berikut segera berlangsung. Silakan siapkan keperluan Bapak/Ibu untuk hadir."),
    ),
    "reminder_hour": lambda: (
        _("Kegiatan segera dimulai"),
        _("Kegiatan berikut segera dimulai. Kehadiran Bapak/Ibu kami nantikan."),
    ),
    "reminder_each_day": lambda: (
        _("Kegiatan hari ini"),
        _("Kegiatan berikut berlanjut hari ini. Kehadiran Bapak/Ibu kami nantikan."),
    ),
    "thanks": lambda: (
        _("Terima kasih atas kehadiran Bapak/Ibu"),
        _(
            "Terima kasih telah mengikuti kegiatan berikut. Sertifikat dapat diambil pada halaman pendaftaran "
            "Bapak/Ibu setelah diterbitkan; tautannya tercantum di bawah."
        ),
    ),
    "certificate": lambda: (
        _("Sertifikat telah diterbitkan"),
        _(
            "Sertifikat Bapak/Ibu atas kegiatan berikut telah diterbitkan. Silakan unduh melalui halaman pendaftaran "
            "Bapak/Ibu; tautannya tercantum di bawah."
        ),
    ),
    "commitments_due": lambda: (
        _("Pengingat penyerahan data"),
        _(
            "Data berikut dinantikan dari instansi Bapak/Ibu. Pesan ini adalah pengingat dalam semangat kerja sama, "
            "bukan sebuah perintah. Apabila data belum tersedia atau diperlukan waktu tambahan, silakan sampaikan "
            "melalui portal."
        ),
    ),
    "commitments_overdue": lambda: (
        _("Data yang melewati tenggat"),
        _(
            "Tenggat data berikut telah lewat. Apabila data sudah siap, silakan serahkan melalui portal. Apabila masih "
            "ada kendala, silakan sampaikan di sana atau ajukan tenggat lain. Pesan ini adalah pengingat dalam "
            "semangat kerja sama, bukan sebuah perintah."
        ),
    ),
    "data_requested": lambda: (
        _("Permintaan data"),
        _(
            "Data berikut diharapkan dari instansi Bapak/Ibu. Melalui portal, silakan nyatakan kesanggupan, sampaikan "
            "bahwa data tidak tersedia, atau ajukan tenggat lain. Kesanggupan bersifat sukarela."
        ),
    ),
    "due_dates_moved": lambda: (
        _("Perubahan tenggat data"),
        _("Tenggat data berikut berubah mengikuti jadwal. Yang berlaku adalah tenggat di bawah ini."),
    ),
    "extension_asked": lambda: (
        _("Permohonan tenggat lain"),
        _("Sebuah instansi mengajukan tenggat yang lebih lambat. Silakan putuskan permohonan tersebut."),
    ),
    "extension_decided": lambda: (_("Tenggat data"), _("Tenggat penyerahan data berikut telah diputuskan.")),
    "submission_accepted": lambda: (
        _("Data diterima"),
        _("Terima kasih. Data yang diserahkan telah diperiksa dan diterima."),
    ),
    "submission_returned": lambda: (
        _("Data dikembalikan untuk perbaikan"),
        _(
            "Terima kasih atas data yang diserahkan. Data telah diperiksa dan masih perlu diperbaiki. Setelah "
            "diperbaiki, silakan serahkan kembali melalui portal."
        ),
    ),
    "remark": lambda: (_("Catatan tentang data"), _("Terdapat catatan atau pertanyaan tentang data berikut.")),
    "review_waiting": lambda: (
        _("Data menunggu verifikasi"),
        _("Data dari instansi berikut telah diserahkan dan menunggu verifikasi."),
    ),
    "escalation_letter": lambda: (
        _("Surat mengenai data yang dinantikan"),
        _("Surat mengenai data yang telah melewati tenggat terlampir."),
    ),
    "escalation_list": lambda: (
        _("Daftar untuk Sekretaris Daerah"),
        _("Data dari instansi berikut masih dinantikan. Daftar untuk Sekretaris Daerah terlampir."),
    ),
    "announcement": lambda: (_("Pemberitahuan panitia"), _("Panitia menyampaikan pemberitahuan berikut.")),
    "staff_invitation": lambda: (
        _("Undangan menjadi petugas"),
        _(
            "Bapak/Ibu diundang untuk bekerja pada layanan bimbingan teknis penyelenggara berikut. Silakan buka tautan "
            "di bawah untuk membuat kata sandi dan mulai bekerja."
        ),
    ),
    "password_reset": lambda: (
        _("Kata sandi baru"),
        _(
            "Seseorang meminta kata sandi baru untuk akun Bapak/Ibu. Silakan buka tautan di bawah untuk membuatnya; "
            "tautan berlaku satu jam dan hanya satu kali."
        ),
    ),
    "account_changed": lambda: (
        _("Perubahan keamanan akun"),
        _("Pengaturan keamanan akun Bapak/Ibu telah berubah."),
    ),
    "link_shared": lambda: (
        _("Tautan pribadi dipakai dari banyak tempat"),
        _(
            "Tautan ruang daring seorang peserta digunakan dari beberapa tempat dalam waktu berdekatan. Mungkin "
            "tautan tersebut telah diteruskan kepada orang lain."
        ),
    ),
}


def occasion_name(occasion: str) -> str:
    """What the message is about, in a few words. Raises KeyError."""
    return OCCASIONS[occasion]()[0]
