"""Why somebody's own check-in by the code of a screen is turned down, and what to do instead."""

from service.errors import Refusal, TooManyRequests
from service.i18n import marked as _


class SelfCheckinOff(Refusal):
    """The workshop lets nobody check in by a screen's code."""

    code = "self_checkin_off"
    title = _("Pencatatan mandiri tidak dibuka")
    detail = _("Tunjukkan tiket di pintu masuk; panitia mencatat kehadiran Anda di sana.")


class WrongCode(Refusal):
    """No screen of this workshop shows the code, or showed it within the last minute."""

    code = "wrong_code"
    title = _("Kode tidak cocok atau sudah berganti")
    detail = _("Pindai atau ketik kode yang sedang tampil di layar sekarang; kode berganti setiap 30 detik.")


class NoBlockOpen(Refusal):
    """The code is right, and no half-day is open for it."""

    code = "no_block_now"
    title = _("Belum ada sesi yang dibuka")
    detail = _("Lihat jam pembukaan kehadiran pada layar atau susunan acara, lalu pindai lagi.")


class TooManyCodes(TooManyRequests):
    """Too many codes that were wrong; `retry_after` says for how long."""

    code = "too_many_codes"
    title = _("Terlalu banyak kode yang salah")
    detail = _("Pindai kode QR di layar dengan kamera, atau minta panitia di pintu mencatat kehadiran Anda.")


class NonceTaken(Refusal):
    """The nonce was used for somebody else's scan."""

    code = "nonce_taken"
    title = _("Kiriman ini tidak dapat dibedakan dari yang lain")
    detail = _("Muat ulang halaman, lalu kirim kembali dengan nonce yang baru.")
