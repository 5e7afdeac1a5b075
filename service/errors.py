"""One class per business refusal. Each becomes problem+json (RFC 9457) with a stable `code`.

Titles and details are Indonesian source texts; the handler in app.py translates them into the caller's language.
A detail tells the person what to do next.
"""

from collections.abc import Mapping
from typing import ClassVar

from service.i18n import marked as _


class Refusal(Exception):
    """A request that the rules turn down: `status`, `code` and texts for people."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"
    title: ClassVar[str] = _("Permintaan tidak dapat dipenuhi")
    detail: ClassVar[str] = _("Periksa kembali data, lalu coba lagi.")

    def __init__(
        self, *, retry_after: int | None = None, headers: Mapping[str, str] | None = None, **extra: object
    ) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        self.extra = extra


class BadRequest(Refusal):
    status, code = 400, "bad_request"
    title = _("Permintaan tidak terbaca")
    detail = _("Kirim isi permintaan sebagai JSON yang sah dengan Content-Type application/json.")


class Unauthenticated(Refusal):
    status, code = 401, "unauthenticated"
    title = _("Masuk diperlukan")
    detail = _("Kirim kunci API, token, atau sesi yang masih berlaku.")

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class WrongCredentials(Refusal):
    status, code = 401, "wrong_credentials"
    title = _("Surel atau kata sandi salah")
    detail = _("Periksa surel dan kata sandi, lalu coba lagi.")


class Forbidden(Refusal):
    status, code = 403, "forbidden"
    title = _("Tidak diizinkan")
    detail = _("Akun atau kunci ini tidak memiliki izin untuk tindakan tersebut. Hubungi pemilik penyelenggara.")


class CsrfFailed(Refusal):
    status, code = 403, "csrf_failed"
    title = _("Permintaan ditolak demi keamanan")
    detail = _("Muat ulang halaman, lalu kirim kembali.")


class NotFound(Refusal):
    status, code = 404, "not_found"
    title = _("Tidak ditemukan")
    detail = _("Periksa alamatnya; data mungkin sudah dihapus atau bukan milik Anda.")


class DeadLink(NotFound):
    """A personal link that was replaced, has ended or never was one: all the same to whoever has it."""

    title = _("Tautan ini tidak berlaku")
    detail = _(
        "Buka tautan terbaru dari surel atau pesan WhatsApp yang Anda terima: tautan lama tidak berlaku lagi setelah "
        "diganti. Bila tidak menemukannya, tanyakan kepada panitia."
    )


class MethodNotAllowed(Refusal):
    status, code = 405, "method_not_allowed"
    title = _("Metode tidak tersedia")
    detail = _("Lihat header Allow untuk metode yang tersedia di alamat ini.")


class Stale(Refusal):
    status, code = 412, "stale"
    title = _("Data sudah berubah")
    detail = _("Muat ulang data terbaru, lalu kirim perubahan dengan ETag yang baru.")


class PreconditionRequired(Refusal):
    status, code = 428, "precondition_required"
    title = _("If-Match diperlukan")
    detail = _("Kirim header If-Match berisi ETag dari pembacaan terakhir.")


class BodyTooLarge(Refusal):
    status, code = 413, "body_too_large"
    title = _("Isi permintaan terlalu besar")
    detail = _("Perkecil isi permintaan atau bagi menjadi beberapa permintaan.")


class InvalidInput(Refusal):
    """422 with `errors`: a list of {pointer, message}, never the value."""

    status, code = 422, "invalid_input"
    title = _("Data belum benar")
    detail = _("Perbaiki bagian yang disebut pada errors.")

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(errors=errors)

    @classmethod
    def at(cls, pointer: str, message: str) -> "InvalidInput":
        """One wrong field: its JSON pointer and what to do."""
        return cls([{"pointer": pointer, "message": message}])


class IdempotencyKeyReused(Refusal):
    status, code = 422, "idempotency_key_reused"
    title = _("Idempotency-Key sudah dipakai")
    detail = _("Pakai kunci baru untuk isi permintaan yang berbeda.")


class InProgress(Refusal):
    status, code = 409, "in_progress"
    title = _("Permintaan yang sama sedang diproses")
    detail = _("Tunggu sebentar, lalu ulangi dengan kunci yang sama.")


class Conflict(Refusal):
    status, code = 409, "conflict"
    title = _("Bertentangan dengan data yang ada")
    detail = _("Muat ulang data terbaru, lalu coba lagi.")


class CodeTaken(Refusal):
    status, code = 409, "code_taken"
    title = _("Kode sudah dipakai")
    detail = _("Pilih kode lain.")


class InvalidState(Refusal):
    status, code = 409, "invalid_state"
    title = _("Tindakan tidak berlaku pada status ini")
    detail = _("Muat ulang data untuk melihat status terbaru.")


class TooManyRequests(Refusal):
    status, code = 429, "too_many_requests"
    title = _("Terlalu banyak permintaan")
    detail = _("Tunggu sesuai header Retry-After, lalu coba lagi.")


class Unavailable(Refusal):
    status, code = 503, "unavailable"
    title = _("Layanan sedang tidak tersedia")
    detail = _("Coba lagi beberapa detik lagi.")


class StorageFull(Refusal):
    status, code = 507, "storage_full"
    title = _("Penyimpanan penuh")
    detail = _("Pembacaan tetap tersedia. Hubungi pengelola sistem untuk menambah ruang penyimpanan.")


class ServerError(Refusal):
    status, code = 500, "server_error"
    title = _("Terjadi kesalahan pada layanan")
    detail = _("Coba lagi. Bila berulang, sampaikan nomor permintaan kepada pengelola.")


# Workshops and registration


class RegistrationNotOpen(Refusal):
    code = "registration_not_open"
    title = _("Pendaftaran belum dibuka")
    detail = _("Kembali pada waktu pembukaan pendaftaran.")


class RegistrationClosed(Refusal):
    code = "registration_closed"
    title = _("Pendaftaran sudah ditutup")
    detail = _("Hubungi panitia bila Anda tetap perlu hadir.")


class ModeNotOffered(Refusal):
    code = "mode_not_offered"
    title = _("Cara hadir ini tidak disediakan")
    detail = _("Pilih cara hadir lain yang disediakan kegiatan ini.")


class Full(Refusal):
    code = "full"
    title = _("Tempat sudah penuh")
    detail = _("Pilih cara hadir lain atau hubungi panitia.")


class ModeFull(Refusal):
    code = "mode_full"
    title = _("Tempat dengan cara hadir itu sudah penuh")
    detail = _("Tempat Anda dengan cara hadir semula tetap berlaku.")


class AlreadyRegistered(Refusal):
    code = "already_registered"
    title = _("Orang ini sudah terdaftar")
    detail = _("Ubah pendaftaran yang ada, atau gunakan kontak lain.")


class AlreadyRejected(InvalidState):
    title = _("Pendaftaran ini sudah ditolak")
    detail = _("Penolakan tidak dapat diubah. Minta orangnya mendaftar kembali, atau daftarkan kembali.")


class NotConfirmed(Refusal):
    code = "not_confirmed"
    title = _("Pendaftaran tidak terkonfirmasi")
    detail = _("Lihat statusnya pada halaman pendaftaran Anda, atau hubungi panitia.")


class JoinNotOpen(Refusal):
    code = "join_not_open"
    title = _("Ruang daring belum dibuka")
    detail = _("Buka kembali tautan ini pada waktu yang tertera pada opens_at.")


class LinkNotReady(Refusal):
    code = "link_not_ready"
    title = _("Tautan ruang daring sedang disiapkan")
    detail = _("Coba lagi beberapa menit lagi.")


class CannotPublish(Refusal):
    code = "cannot_publish"
    title = _("Kegiatan belum dapat dipublikasikan")
    detail = _("Lengkapi bagian yang disebut pada missing.")


class BlockInUse(Refusal):
    code = "block_in_use"
    title = _("Kehadiran pada blok ini sudah tercatat")
    detail = _("Pertahankan blok yang disebut pada block; kehadiran yang tercatat tidak dapat dihapus.")


# Rooms


class JoinOver(JoinNotOpen):
    title = _("Sesi daring sudah berakhir")
    detail = _("Tidak ada sesi daring lagi pada kegiatan ini. Hubungi panitia bila ada pertanyaan.")


class ProviderNotConfigured(Refusal):
    code = "provider_not_configured"
    title = _("Penyedia ruang daring belum diatur")
    detail = _("Gunakan provider static dengan url ruang daring, atau minta pengelola mengatur penyedia ini.")


class RoomPending(Refusal):
    status, code = 409, "room_pending"
    title = _("Ruang sedang dibuat")
    detail = _("Penyedia sedang membuat ruang untuk kegiatan ini. Tunggu sampai selesai, atau batalkan ruang itu.")


class RoomNotCurrent(Refusal):
    status, code = 409, "room_not_current"
    title = _("Ruang ini tidak sedang dipakai")
    detail = _("Ruang yang lebih baru sudah dipakai. Ganti ruang itu, atau batalkan ruang ini.")


class JoinNotForHall(Refusal):
    code = "join_not_for_hall"
    title = _("Ruang daring tidak disediakan bagi peserta luring")
    detail = _("Ubah cara hadir menjadi daring pada halaman pendaftaran Anda, lalu buka kembali tautan ini.")


class UnreadableNotice(Refusal):
    status, code = 400, "unreadable_notice"
    title = _("Pemberitahuan tidak terbaca")
    detail = _("Isinya bukan pemberitahuan dalam bentuk yang diterbitkan pengirimnya. Periksa jenis dan isinya.")


class WrongSignature(Refusal):
    status, code = 401, "wrong_signature"
    title = _("Tanda tangan webhook tidak sah")
    detail = _("Periksa rahasia webhook dan jam pengirim, lalu kirim ulang.")


# Tenants and staff


class CrossSite(Refusal):
    status, code = 403, "cross_site"
    title = _("Permintaan ditolak demi keamanan")
    detail = _("Masuk hanya dapat dilakukan dari halaman layanan ini. Buka halaman masuk, lalu coba lagi.")


class LastOwner(Refusal):
    code = "last_owner"
    title = _("Pemilik terakhir tidak dapat dilepas")
    detail = _("Tetapkan pemilik lain terlebih dahulu.")


class AlreadyMember(Refusal):
    code = "already_member"
    title = _("Orang ini sudah menjadi anggota")
    detail = _("Ubah peran keanggotaan yang ada.")


class AccountElsewhere(Refusal):
    code = "account_elsewhere"
    title = _("Akun ini dibuat oleh penyelenggara lain")
    detail = _("Minta pemilik seluruh penyelenggara (super_owner) menambahkan akun ini.")


# Calendars


class NoMembership(Refusal):
    code = "no_membership"
    title = _("Akun ini tidak terdaftar sebagai petugas penyelenggara")
    detail = _("Kalender petugas memerlukan keanggotaan. Minta pemilik penyelenggara menambahkan akun ini.")


# Commitments


class AlreadyRequested(Refusal):
    code = "already_requested"
    title = _("Data ini sudah diminta dari perangkat daerah tersebut")
    detail = _("Gunakan komitmen yang sudah ada.")


class UnsupportedFile(Refusal):
    status, code = 415, "unsupported_file"
    title = _("Jenis berkas tidak diterima")
    detail = _("Kirim PDF, XLSX, DOCX, PPTX, ZIP, CSV, TXT, GeoJSON, PNG, atau JPEG tanpa makro.")


class UnsupportedLogo(UnsupportedFile):
    detail = _("Kirim logo sebagai PNG atau JPEG.")


class UploadCut(Refusal):
    status, code = 400, "upload_cut"
    title = _("Unggahan terputus")
    detail = _("Kirim ulang seluruh berkas.")


class UploadTooLarge(BodyTooLarge):
    detail = _("Perkecil atau bagi berkas; batasnya tertera pada max_bytes.")


# Messages


class MessageNotSendable(InvalidState):
    code = "message_not_sendable"
    title = _("Pesan ini tidak dapat dikirim lagi")
    detail = _("Pesan masih menunggu giliran, atau alasan pengirimannya sudah tidak berlaku.")


class NobodyToWriteTo(Refusal):
    code = "nobody_to_write_to"
    title = _("Belum ada alamat panitia")
    detail = _("Isi alamat surel panitia pada pengaturan penyelenggara, lalu coba lagi.")


class MailNotTaken(Refusal):
    code = "mail_not_taken"
    title = _("Server surel menolak pesan uji")
    detail = _("Periksa alamat tujuan dan alamat pengirim pada pengaturan surel.")


class MailServerAway(Unavailable):
    code = "mail_server_away"
    title = _("Server surel sedang tidak dapat dihubungi")
    detail = _("Pesan uji tidak terkirim. Coba lagi beberapa saat lagi.")


# Webhooks


class TooManyWebhooks(Refusal):
    code = "too_many_webhooks"
    title = _("Jumlah webhook sudah mencapai batas")
    detail = _("Hapus webhook yang tidak dipakai lagi, lalu coba lagi.")


# Imports


class ImportFaulty(Refusal):
    code = "import_faulty"
    title = _("Daftar memuat baris yang belum benar")
    detail = _("Perbaiki baris pada rows, atau kirim skip_faulty=true untuk melewatinya. Belum ada yang disimpan.")
