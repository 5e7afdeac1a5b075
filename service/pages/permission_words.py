"""What each permission allows, for people, grouped as a form offers them."""

from service.auth import Permission
from service.i18n import gettext as _

Group = tuple[str, list[tuple[Permission, str]]]


def permission_groups() -> list[Group]:
    """Title and permissions of each group, with what they allow: everything that an API key can carry."""
    p = Permission
    return [
        (
            _("Kegiatan"),
            [
                (p.WORKSHOPS_READ, _("Membaca kegiatan, agenda, dan pengaturan penyelenggara")),
                (p.WORKSHOPS_WRITE, _("Membuat, mengubah, mengumumkan, dan membatalkan kegiatan")),
                (p.ROOMS_READ, _("Membaca ruang daring")),
                (p.ROOMS_WRITE, _("Membuat dan mengganti ruang daring")),
                (p.HOLIDAYS_WRITE, _("Mengubah hari libur")),
            ],
        ),
        (
            _("Peserta dan instansi"),
            [
                (p.REGISTRATIONS_READ, _("Membaca pendaftaran tanpa kontak")),
                (p.CONTACTS_READ, _("Membaca surel, telepon, dan NIP")),
                (p.REGISTRATIONS_WRITE, _("Mendaftarkan, mengubah, menyetujui, dan membatalkan")),
                (p.INVITATIONS_WRITE, _("Mengundang instansi dan mengatur kuota")),
                (p.ORGANISATIONS_READ, _("Membaca instansi")),
                (p.ORGANISATIONS_WRITE, _("Mengubah instansi dan tautan portalnya")),
            ],
        ),
        (
            _("Kehadiran"),
            [
                (p.CHECKINS_WRITE, _("Mencatat dan membatalkan kehadiran")),
                (p.DEVICES_WRITE, _("Menambah dan mencabut perangkat dan layar")),
                (p.ATTENDANCE_READ, _("Membaca kehadiran dan daftar hadir")),
                (p.PRESENCES_WRITE, _("Memasukkan dan mencocokkan sambungan daring")),
                (p.CERTIFICATES_WRITE, _("Menerbitkan dan mencabut sertifikat")),
            ],
        ),
        (
            _("Komitmen data"),
            [
                (p.COMMITMENTS_READ, _("Membaca katalog data dan komitmen")),
                (p.COMMITMENTS_WRITE, _("Meminta data dan mengubah komitmen")),
                (p.COMMITMENTS_REVIEW, _("Menerima dan mengembalikan data")),
                (p.REPORTS_READ, _("Membaca dasbor dan laporan")),
                (p.REPORTS_SHARE, _("Membuat tautan dasbor untuk layar")),
            ],
        ),
        (
            _("Pesan dan sistem"),
            [
                (p.MESSAGES_READ, _("Membaca keadaan pesan")),
                (p.MESSAGES_WRITE, _("Mengirim pesan dan mengubah tulisannya")),
                (p.EVENTS_READ, _("Membaca catatan peristiwa")),
                (p.DELIVERIES_WRITE, _("Mengulang pengiriman yang terhenti")),
                (p.WEBHOOKS_WRITE, _("Mengatur webhook")),
                (p.ORGANIZER_WRITE, _("Mengubah pengaturan penyelenggara dan program")),
                (p.STAFF_WRITE, _("Mengatur petugas")),
                (p.API_KEYS_WRITE, _("Membuat dan mencabut kunci API")),
            ],
        ),
    ]
