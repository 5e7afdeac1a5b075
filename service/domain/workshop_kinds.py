"""The occasions a workshop can be made from: five that regencies really held, and a plain training of one day.

Each has a plan that can be changed.

What stands in them becomes the workshop's own words, so it is Indonesian, as its letters are; only the names and
descriptions by which one chooses are translated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.i18n import marked as _
from service.models.workshops import Kind, Modality

Line = tuple[int, str, str, str, str | None, int]
"""Of an agenda: day (0 is the first), from, to, title, block, hours (JP)."""


@dataclass(frozen=True)
class Occasion:
    """A kind of workshop with everything that is mostly the same. `blocks`: code and label; the agenda has the rest.

    `name` and `note` are for choosing, in the source language.
    """

    code: str
    name: str
    note: str
    kinds: Sequence[Kind]
    modality: Modality
    title: str
    description: str
    aims: Sequence[str]
    blocks: Sequence[tuple[str, str]]
    agenda: Sequence[Line]
    stage: str | None = None
    seats: int | None = None
    questions: Sequence[Mapping[str, object]] = ()
    letter: Mapping[str, object] = field(default_factory=dict)


_MEAL: Mapping[str, object] = {
    "code": "diet",
    "label": "Apakah ada pantangan makanan?",
    "kind": "text",
    "help": "Misalnya alergi kacang. Kosongkan bila tidak ada.",
    "modes": ["offline"],
}
_FLAGSHIP: Mapping[str, object] = {
    "code": "paparan",
    "label": "Judul paparan program unggulan",
    "kind": "text",
    "help": "Satu program unggulan untuk setiap Perangkat Daerah.",
}

OCCASIONS = (
    Occasion(
        code="bimtek",
        name=_("Bimbingan teknis dua hari"),
        note=_("Hibrida, empat sesi, 14 JP, dengan sertifikat dan permintaan data untuk masterplan."),
        kinds=[Kind.BIMTEK],
        stage="bimtek_1",
        modality=Modality.HYBRID,
        seats=80,
        title="Bimbingan Teknis Penyusunan Masterplan Kota Cerdas (Smart City) Tahap I",
        description="Penyamaan persepsi tentang kota cerdas, penguatan komitmen pemangku kepentingan, dan penyediaan "
        "data untuk penyusunan masterplan dan quick win.",
        aims=[
            "Menyamakan persepsi tentang konsep kota cerdas",
            "Menguatkan komitmen pemangku kepentingan",
            "Menyediakan data dan informasi pendukung masterplan dan quick win",
        ],
        blocks=[
            ("D1P", "Hari I (pagi)"),
            ("D1S", "Hari I (siang)"),
            ("D2P", "Hari II (pagi)"),
            ("D2S", "Hari II (siang)"),
        ],
        agenda=[
            (0, "08:00", "08:30", "Registrasi peserta dan pembukaan ruang daring", None, 0),
            (0, "08:30", "09:15", "Pembukaan: laporan panitia dan sambutan", None, 0),
            (0, "09:15", "10:00", "Arah kebijakan Gerakan Menuju Kota Cerdas", "D1P", 1),
            (0, "10:15", "11:45", "Kelembagaan dan tata kelola: Dewan dan Tim Pelaksana", "D1P", 2),
            (0, "11:45", "13:00", "Ishoma", None, 0),
            (0, "13:00", "14:30", "Penyamaan persepsi: enam dimensi dan quick win", "D1S", 2),
            (0, "14:45", "15:30", "Kebutuhan data dan lembar kerja masterplan", "D1S", 1),
            (0, "15:30", "16:15", "Pengisian lembar komitmen penyediaan data", "D1S", 1),
            (1, "08:00", "08:30", "Registrasi hari kedua", None, 0),
            (1, "08:30", "10:00", "Rancangan isi masterplan daerah (Buku 1-3)", "D2P", 2),
            (1, "10:15", "11:45", "Kelompok: analisis kesenjangan dan kesiapan", "D2P", 2),
            (1, "11:45", "13:00", "Ishoma", None, 0),
            (1, "13:00", "14:30", "Kelompok enam dimensi: isu, program, dan calon quick win", "D2S", 2),
            (1, "14:45", "15:30", "Presentasi kelompok", "D2S", 1),
            (1, "15:30", "16:00", "Rencana tindak lanjut dan penutupan", None, 0),
        ],
        questions=[_MEAL],
        letter={"subject": "Undangan Bimbingan Teknis"},
    ),
    Occasion(
        code="training",
        name=_("Pelatihan satu hari"),
        note=_("Luring, dua sesi, 7 JP, untuk materi apa saja: judul dan agendanya tinggal disesuaikan."),
        kinds=[Kind.BIMTEK],
        modality=Modality.OFFLINE,
        seats=40,
        title="Pelatihan Teknis",
        description="Pelatihan satu hari: pemaparan materi, latihan, dan tanya jawab.",
        aims=["Memahami materi pelatihan", "Mampu menerapkannya dalam tugas"],
        blocks=[("P", "Pelatihan (pagi)"), ("S", "Pelatihan (siang)")],
        agenda=[
            (0, "08:00", "08:30", "Registrasi peserta", None, 0),
            (0, "08:30", "09:00", "Pembukaan", None, 0),
            (0, "09:00", "10:30", "Materi pertama", "P", 2),
            (0, "10:45", "12:15", "Materi kedua", "P", 2),
            (0, "12:15", "13:15", "Ishoma", None, 0),
            (0, "13:15", "14:45", "Latihan", "S", 2),
            (0, "15:00", "15:45", "Pembahasan dan tanya jawab", "S", 1),
            (0, "15:45", "16:00", "Penutupan", None, 0),
        ],
        questions=[_MEAL],
        letter={"subject": "Undangan Pelatihan"},
    ),
    Occasion(
        code="evaluation",
        name=_("Evaluasi dan tinjauan lapangan"),
        note=_("Luring, satu hari: tenaga ahli meninjau, temuan menjadi tindak lanjut sebelum evaluasi berikutnya."),
        kinds=[Kind.EVALUATION, Kind.FIELD_REVIEW],
        stage="evaluasi",
        modality=Modality.OFFLINE,
        seats=60,
        title="Evaluasi dan Tinjauan Lapangan Kota Cerdas (Smart City)",
        description="Evaluasi bersama tenaga ahli dan tinjauan lapangan. Temuan ditindaklanjuti sebelum evaluasi "
        "berikutnya.",
        aims=["Menilai pelaksanaan per dimensi", "Menutup temuan evaluasi sebelumnya", "Menyepakati tindak lanjut"],
        blocks=[("P", "Evaluasi (pagi)"), ("S", "Tinjauan lapangan (siang)")],
        agenda=[
            (0, "08:00", "08:30", "Registrasi peserta", None, 0),
            (0, "08:30", "09:00", "Pembukaan", None, 0),
            (0, "09:00", "10:30", "Paparan capaian per dimensi", "P", 2),
            (0, "10:30", "12:00", "Tanya jawab dengan tenaga ahli", "P", 2),
            (0, "12:00", "13:00", "Ishoma", None, 0),
            (0, "13:00", "15:15", "Tinjauan lapangan", "S", 3),
            (0, "15:15", "16:00", "Temuan dan tindak lanjut; penutupan", "S", 1),
        ],
        questions=[_MEAL],
        letter={"subject": "Undangan Evaluasi dan Tinjauan Lapangan"},
    ),
    Occasion(
        code="coordination_meeting",
        name=_("Rapat koordinasi"),
        note=_("Luring, setengah hari: menyiapkan tinjauan lapangan; setiap Perangkat Daerah menyiapkan paparan."),
        kinds=[Kind.COORDINATION_MEETING, Kind.PREPARATION_MEETING],
        stage="persiapan_tinjauan",
        modality=Modality.OFFLINE,
        seats=50,
        title="Rapat Koordinasi Persiapan Tinjauan Lapangan",
        description="Setiap Perangkat Daerah menyiapkan paparan program unggulan, menindaklanjuti surat kementerian.",
        aims=["Membagi tugas tinjauan lapangan", "Menyepakati paparan program unggulan"],
        blocks=[("P", "Rapat koordinasi")],
        agenda=[
            (0, "08:30", "09:00", "Registrasi peserta", None, 0),
            (0, "09:00", "09:45", "Arahan dan tindak lanjut surat kementerian", "P", 1),
            (0, "09:45", "11:15", "Pembahasan paparan program unggulan", "P", 2),
            (0, "11:15", "12:00", "Pembagian tugas dan jadwal; penutupan", "P", 1),
        ],
        questions=[_FLAGSHIP],
        letter={"subject": "Undangan Rapat Koordinasi"},
    ),
    Occasion(
        code="needs",
        name=_("Penyampaian kebutuhan Perangkat Daerah"),
        note=_("Luring, setengah hari: kebutuhan masterplan dihimpun dan naskah kesepakatan dipelajari."),
        kinds=[Kind.COORDINATION_MEETING],
        stage="persiapan",
        modality=Modality.OFFLINE,
        seats=60,
        title="Penyampaian Kebutuhan Perangkat Daerah untuk Masterplan Kota Cerdas",
        description="Setelah surat penetapan, setiap Perangkat Daerah menyampaikan kebutuhannya dan mempelajari "
        "naskah kesepakatan.",
        aims=["Menghimpun kebutuhan setiap Perangkat Daerah", "Mempelajari naskah nota kesepakatan"],
        blocks=[("P", "Rapat")],
        agenda=[
            (0, "08:30", "09:00", "Registrasi peserta", None, 0),
            (0, "09:00", "09:45", "Penjelasan surat penetapan dan tahapan", "P", 1),
            (0, "09:45", "11:15", "Penyampaian kebutuhan per Perangkat Daerah", "P", 2),
            (0, "11:15", "12:00", "Pembahasan naskah kesepakatan; penutupan", "P", 1),
        ],
        questions=[
            {
                "code": "kebutuhan",
                "label": "Kebutuhan utama Perangkat Daerah untuk masterplan",
                "kind": "long_text",
                "help": "Rinciannya diminta kemudian melalui halaman Perangkat Daerah.",
            }
        ],
        letter={"subject": "Undangan Penyampaian Kebutuhan Masterplan"},
    ),
    Occasion(
        code="preparation_meeting",
        name=_("Rapat persiapan evaluasi"),
        note=_("Hibrida, satu hari: data, fakta, dan bukti komitmen diperiksa per dimensi sebelum evaluasi daring."),
        kinds=[Kind.PREPARATION_MEETING, Kind.EVALUATION],
        stage="evaluasi",
        modality=Modality.HYBRID,
        seats=60,
        title="Rapat Persiapan Evaluasi Kota Cerdas (Smart City)",
        description="Perangkat Daerah menunjukkan data, fakta, dan bukti komitmen yang disepakati, per dimensi.",
        aims=["Memeriksa bukti komitmen per dimensi", "Menyiapkan paparan evaluasi daring"],
        blocks=[("P", "Rapat (pagi)"), ("S", "Pemeriksaan bukti (siang)")],
        agenda=[
            (0, "08:00", "08:30", "Registrasi peserta dan pembukaan ruang daring", None, 0),
            (0, "08:30", "09:15", "Penjelasan tata cara evaluasi", "P", 1),
            (0, "09:15", "11:30", "Paparan data dan fakta per dimensi", "P", 3),
            (0, "12:00", "13:00", "Ishoma", None, 0),
            (0, "13:00", "14:30", "Pemeriksaan bukti komitmen", "S", 2),
            (0, "14:30", "15:15", "Pembagian tugas; penutupan", "S", 1),
        ],
        questions=[_FLAGSHIP],
        letter={"subject": "Undangan Rapat Persiapan Evaluasi"},
    ),
)
