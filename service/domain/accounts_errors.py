"""Refusals about accounts of staff: signing in with two steps, second factors, invitations, sessions."""

from service.errors import InvalidState, Refusal
from service.i18n import marked as _


class SecondFactorNeeded(Refusal):
    """Address and password were right; `challenge` is what the second step begins with, for five minutes."""

    status, code = 401, "second_factor_needed"
    title = _("Kode verifikasi diperlukan")
    detail = _("Kirim juga code: enam angka dari aplikasi autentikator, atau salah satu kode pemulihan.")

    def __init__(self, challenge: str) -> None:
        super().__init__()
        self.challenge = challenge


class WrongCode(Refusal):
    status, code = 401, "wrong_code"
    title = _("Kode verifikasi salah")
    detail = _(
        "Tunggu kode berikutnya di aplikasi autentikator, lalu coba lagi: setiap kode berlaku satu kali. Bila selalu "
        "salah, periksa jam telepon."
    )


class StepExpired(Refusal):
    status, code = 401, "step_expired"
    title = _("Waktu untuk langkah kedua sudah habis")
    detail = _("Masuk kembali dengan surel dan kata sandi.")


class SecondFactorOn(InvalidState):
    title = _("Verifikasi dua langkah sudah aktif")
    detail = _("Matikan terlebih dahulu untuk memakai telepon atau aplikasi lain.")


class SecondFactorOff(InvalidState):
    title = _("Verifikasi dua langkah belum aktif")
    detail = _("Mulai dari awal: minta kode QR yang baru, lalu pindai dengan aplikasi autentikator.")


class OwnSecondFactor(InvalidState):
    title = _("Ini verifikasi dua langkah Anda sendiri")
    detail = _("Matikan pada halaman Akun, dengan kata sandi dan kode.")


class OwnPassword(InvalidState):
    title = _("Ini kata sandi Anda sendiri")
    detail = _("Ganti pada halaman Akun, dengan kata sandi yang sekarang.")


class MailGoesOut(InvalidState):
    title = _("Tautan ini dikirim lewat surel")
    detail = _("Orangnya meminta sendiri tautan itu lewat Lupa kata sandi pada halaman masuk.")


class InvitationOpen(InvalidState):
    title = _("Undangan ini sudah dijawab atau dicabut")
    detail = _("Muat ulang daftar petugas untuk melihat keadaan terbaru.")
