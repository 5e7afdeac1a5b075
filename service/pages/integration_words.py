"""Integrations in words: what a setting is for, what is missing without it, what a trial found and what to do."""

from dataclasses import dataclass

from service.i18n import gettext as _
from service.models.checks import Integration

Finding = tuple[str, str]
"""What is wrong, and what to do about it."""


@dataclass(frozen=True)
class About:
    """An integration: its name, what it does, and what the service does without it."""

    title: str
    purpose: str
    without: str


def about(integration: Integration) -> About:
    """What an integration is, for people."""
    return {
        Integration.SMTP: About(
            _("Server surel (SMTP)"),
            _("Mengirim konfirmasi, pengingat, undangan, dan surat lain melalui surel."),
            _("Tanpa server surel tidak ada surel yang terkirim: pesan hanya disimpan sebagai berkas di server."),
        ),
        Integration.ZOOM: About(
            _("Zoom"),
            _("Membuat ruang daring, memberi setiap peserta tautan pribadi, dan mencatat kehadiran daring."),
            _(
                "Tanpa Zoom ruang daring ditempelkan sebagai tautan biasa, "
                "dan kehadiran daring diimpor dari laporan rapat."
            ),
        ),
        Integration.WHATSAPP: About(
            _("WhatsApp (Cloud API)"),
            _("Mengirim pesan WhatsApp dengan templat yang disetujui, dan mencatat apakah pesan diterima."),
            _(
                "Tanpa Cloud API pesan bagi yang memilih WhatsApp masuk Daftar kirim "
                "dan dikirim panitia dari telepon, satu ketukan untuk setiap orang."
            ),
        ),
    }[integration]


def purpose(name: str) -> str:
    """What a setting is for."""
    return {
        "BIMTEK_SMTP_HOST": _("Nama server surel"),
        "BIMTEK_SMTP_PORT": _("Porta server surel: 587 untuk STARTTLS, 465 untuk TLS"),
        "BIMTEK_SMTP_SECURITY": _("Cara sambungan disandikan: starttls, tls, atau none"),
        "BIMTEK_SMTP_USER": _("Akun untuk masuk ke server surel"),
        "BIMTEK_SMTP_PASSWORD": _("Kata sandi akun itu"),
        "BIMTEK_MAIL_FROM": _("Alamat pengirim semua surat"),
        "BIMTEK_ZOOM_ACCOUNT_ID": _("Nomor akun Zoom (Account ID) pada aplikasi Server-to-Server OAuth"),
        "BIMTEK_ZOOM_CLIENT_ID": _("Client ID aplikasi itu"),
        "BIMTEK_ZOOM_CLIENT_SECRET": _("Client Secret aplikasi itu"),
        "BIMTEK_ZOOM_USER_ID": _("Alamat surel pengguna Zoom yang menjadi tuan rumah rapat"),
        "BIMTEK_ZOOM_WEBHOOK_SECRET": _("Secret Token yang menandatangani pemberitahuan dari Zoom"),
        "BIMTEK_WHATSAPP_PHONE_NUMBER_ID": _("Nomor pengenal pengirim (Phone number ID), bukan nomor teleponnya"),
        "BIMTEK_WHATSAPP_TOKEN": _("Token akses, sebaiknya dari System User tanpa batas waktu"),
        "BIMTEK_WHATSAPP_TEMPLATES": _("Nama templat untuk setiap peristiwa, sebagai objek JSON"),
        "BIMTEK_WHATSAPP_ACCOUNT_ID": _("Nomor akun WhatsApp Business; dengan ini templat dapat diperiksa"),
        "BIMTEK_WHATSAPP_APP_SECRET": _("App Secret yang menandatangani laporan dari WhatsApp"),
        "BIMTEK_WHATSAPP_VERIFY_TOKEN": _("Kata pilihan sendiri untuk mendaftarkan alamat webhook"),
    }[name]


def step(integration: Integration, name: str) -> str:
    """What succeeded."""
    words = {
        Integration.SMTP: {
            "reached": _("Server terhubung dan menyapa"),
            "encrypted": _("Sambungan disandikan dan sertifikatnya sah"),
            "signed_in": _("Akun dan kata sandi diterima"),
            "sender": _("Alamat pengirim diterima"),
            "sent": _("Surat percobaan diterima server"),
        },
        Integration.ZOOM: {
            "signed_in": _("Aplikasi dan akun diterima"),
            "scopes": _("Izin (scope) lengkap"),
            "host": _("Tuan rumah rapat ditemukan"),
            "meeting": _("Rapat percobaan dibuat"),
            "registration": _("Pendaftar percobaan mendapat tautan pribadi"),
            "cleaned_up": _("Rapat percobaan dihapus kembali"),
            "webhook": _("Rahasia pemberitahuan terisi"),
        },
        Integration.WHATSAPP: {
            "signed_in": _("Token diterima"),
            "sender": _("Nomor pengirim ditemukan"),
            "templates": _("Semua templat disetujui dalam bahasa Indonesia dan Inggris"),
            "webhook": _("Rahasia laporan dan kata verifikasi terisi"),
        },
    }[integration]
    return words.get(name, name)


def finding(integration: Integration, code: str) -> Finding:
    """What a trial's code means, and what to do."""
    if code == "failed":
        return (
            _("Uji coba berhenti karena galat di layanan ini."),
            _("Ulangi. Bila tetap gagal, mintalah pengelola server melihat log layanan."),
        )
    return {Integration.SMTP: _mail, Integration.ZOOM: _zoom, Integration.WHATSAPP: _whatsapp}[integration]()[code]


def _mail() -> dict[str, Finding]:
    name = _("Periksa BIMTEK_SMTP_HOST, lalu jalankan ulang layanan.")
    port = _("Periksa BIMTEK_SMTP_PORT, dan apakah dinding api mengizinkan sambungan keluar ke porta itu.")
    security = _("Sesuaikan BIMTEK_SMTP_SECURITY dan porta: starttls dengan 587, tls dengan 465.")
    account = _("Periksa BIMTEK_SMTP_USER dan BIMTEK_SMTP_PASSWORD. Sebagian penyedia meminta kata sandi aplikasi.")
    sender = _("Isi BIMTEK_MAIL_FROM dengan alamat yang boleh dipakai akun ini, pada domain milik sendiri.")
    certificate = _("Mintalah pengelola server surel memasang sertifikat yang sah untuk nama itu.")
    return {
        "name_unknown": (_("Nama server surel tidak ditemukan (DNS)."), name),
        "refused": (_("Server menolak sambungan pada porta itu."), port),
        "unreachable": (_("Server tidak terjangkau dari sini."), port),
        "silent": (
            _("Server tidak menjawab pada waktunya."),
            _("Pada porta 465 isilah BIMTEK_SMTP_SECURITY=tls. Selain itu periksa porta dan dinding api."),
        ),
        "hung_up": (_("Server memutus sambungan."), _("Mungkin alamat server ini diblokir; tanyakan penyedia surat.")),
        "unwilling": (
            _("Server menjawab, tetapi tidak bersedia melayani."),
            _("Tanyakan penyedia surat dengan menyebut nomor jawabannya."),
        ),
        "not_tls": (_("Server tidak berbicara TLS pada porta itu."), security),
        "no_starttls": (_("Server tidak menawarkan STARTTLS, jadi kata sandi akan terbaca di jalan."), security),
        "certificate_name": (
            _("Sertifikat server berlaku untuk nama lain."),
            _("Isi BIMTEK_SMTP_HOST dengan nama yang tertulis pada sertifikat."),
        ),
        "certificate_expired": (_("Sertifikat server sudah kedaluwarsa."), certificate),
        "certificate_unknown": (
            _("Sertifikat server diterbitkan oleh pihak yang tidak dikenal."),
            _(
                "Mintalah sertifikat dari penerbit yang umum dikenal, "
                "atau tambahkan penerbitnya pada komputer layanan ini."
            ),
        ),
        "no_sign_in": (
            _("Server tidak menerima masuk dengan akun pada sambungan ini."),
            _("Pakai porta untuk pengiriman (587 atau 465), atau kosongkan BIMTEK_SMTP_USER."),
        ),
        "sign_in_needed": (_("Server hanya melayani yang masuk dengan akun."), account),
        "sign_in_refused": (_("Server menolak akun atau kata sandinya."), account),
        "sender_unset": (_("Alamat pengirim belum diisi."), sender),
        "sender_refused": (_("Server menolak alamat pengirim."), sender),
        "recipient_refused": (
            _("Server menolak mengirim ke alamat Anda."),
            _("Periksa alamat pada halaman Akun, dan apakah akun ini boleh mengirim ke luar domainnya."),
        ),
        "message_refused": (
            _("Server menolak isi surat percobaan."),
            _("Tanyakan penyedia surat dengan menyebut nomor jawabannya."),
        ),
        "odd": (
            _("Jawaban server tidak dapat dipahami."),
            _("Periksa apakah alamat dan porta itu benar-benar milik server surel."),
        ),
    }


def _zoom() -> dict[str, Finding]:
    away = _("Periksa sambungan internet server dan dinding apinya; Zoom dihubungi melalui https.")
    app = _("Salin lagi Client ID dan Client Secret dari Zoom App Marketplace, lalu jalankan ulang layanan.")
    later = _("Ulangi beberapa menit lagi. Bila berlanjut, lihat status.zoom.us.")
    return {
        "name_unknown": (_("Alamat Zoom tidak ditemukan (DNS)."), away),
        "away": (_("Zoom tidak terjangkau dari sini."), away),
        "silent": (_("Zoom tidak menjawab pada waktunya."), later),
        "troubled": (_("Zoom sedang bermasalah."), later),
        "app_refused": (_("Zoom tidak mengenal aplikasi ini: Client ID atau Client Secret keliru."), app),
        "account_refused": (
            _("Zoom tidak mengenal akunnya untuk aplikasi ini."),
            _("Salin lagi Account ID, dan pastikan aplikasi berjenis Server-to-Server OAuth dan sudah diaktifkan."),
        ),
        "scopes_missing": (
            _("Aplikasi Zoom kekurangan izin (scope)."),
            _("Tambahkan izin berikut pada tab Scopes aplikasi, lalu coba lagi beberapa menit kemudian."),
        ),
        "host_unknown": (
            _("Zoom tidak mengenal tuan rumah rapat."),
            _("Isi BIMTEK_ZOOM_USER_ID dengan alamat surel pengguna yang ada pada akun Zoom itu."),
        ),
        "too_fast": (_("Zoom meminta menunggu karena terlalu banyak permintaan."), later),
        "daily_limit": (
            _("Jatah rapat hari ini sudah habis."),
            _("Ulangi setelah pukul 00.00 UTC (07.00 WIB, 08.00 WITA, 09.00 WIT)."),
        ),
        "meeting_refused": (
            _("Zoom menolak membuat rapat untuk tuan rumah ini."),
            _("Pastikan pengguna itu aktif dan boleh mengadakan rapat pada akun Zoom."),
        ),
        "no_registration": (
            _("Rapat dibuat, tetapi pendaftaran peserta tidak dapat dipakai."),
            _("Beri tuan rumah lisensi berbayar: pendaftaran tidak ada pada Zoom gratis."),
        ),
        "meeting_left": (
            _("Semua berhasil, tetapi rapat percobaan tidak terhapus."),
            _("Hapus rapat dengan nomor berikut di Zoom, dan pastikan aplikasi berizin menghapus rapat."),
        ),
        "webhook_secret_missing": (
            _("Ruang daring dapat dibuat, tetapi kehadiran daring tidak tercatat langsung."),
            _("Isi BIMTEK_ZOOM_WEBHOOK_SECRET dan daftarkan alamat webhook menurut docs/rooms.md."),
        ),
    }


def _whatsapp() -> dict[str, Finding]:
    away = _("Periksa sambungan internet server dan dinding apinya; WhatsApp dihubungi melalui https.")
    later = _("Ulangi beberapa menit lagi. Bila berlanjut, lihat metastatus.com.")
    templates = _("Ajukan di WhatsApp Manager dalam bahasa Indonesia (id) dan Inggris (en), atau perbaiki namanya.")
    return {
        "name_unknown": (_("Alamat WhatsApp tidak ditemukan (DNS)."), away),
        "away": (_("WhatsApp tidak terjangkau dari sini."), away),
        "silent": (_("WhatsApp tidak menjawab pada waktunya."), later),
        "troubled": (_("WhatsApp sedang bermasalah."), later),
        "token_refused": (
            _("Token akses salah, dicabut, atau sudah habis masanya."),
            _("Buat token System User tanpa batas waktu, isikan pada BIMTEK_WHATSAPP_TOKEN, lalu jalankan ulang."),
        ),
        "not_permitted": (
            _("Token itu tidak berizin."),
            _("Beri token izin whatsapp_business_messaging dan whatsapp_business_management atas akun ini."),
        ),
        "too_fast": (_("WhatsApp meminta menunggu karena terlalu banyak permintaan."), later),
        "sender_unknown": (
            _("Nomor pengirim tidak ditemukan, atau bukan milik akun pemegang token."),
            _("Salin Phone number ID (bukan nomor telepon) dari WhatsApp Manager."),
        ),
        "no_templates": (
            _("Belum ada templat yang disebut."),
            _("Isi BIMTEK_WHATSAPP_TEMPLATES menurut docs/messages.md. Sementara itu pesan dikirim dengan cara lain."),
        ),
        "account_unknown": (
            _("Akun WhatsApp Business tidak ditemukan."),
            _("Periksa BIMTEK_WHATSAPP_ACCOUNT_ID, dan izin whatsapp_business_management pada token."),
        ),
        "templates_missing": (_("Templat berikut tidak ada."), templates),
        "templates_not_approved": (
            _("Templat berikut belum disetujui atau sedang dihentikan."),
            _("Tunggu keputusan WhatsApp, atau perbaiki dan ajukan lagi di WhatsApp Manager."),
        ),
        "app_secret_missing": (
            _("Pesan terkirim, tetapi laporan diterima dan dibaca tidak dapat diperiksa."),
            _("Isi BIMTEK_WHATSAPP_APP_SECRET dan daftarkan alamat webhook menurut docs/messages.md."),
        ),
        "verify_token_missing": (
            _("Alamat webhook belum dapat didaftarkan."),
            _("Isi BIMTEK_WHATSAPP_VERIFY_TOKEN dengan kata pilihan sendiri, lalu daftarkan alamatnya di Meta."),
        ),
    }
