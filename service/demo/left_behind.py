"""What the workshops of the demo left behind: minutes, materials, follow-ups, and a word to participants.

The occasions are public; what was said there is made up of what they were held for, and only offices speak.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO

from sqlmodel.ext.asyncio.session import AsyncSession

from service.clients.files import Store
from service.db import settings_of
from service.demo.occasions import Held
from service.demo.story import Calendar, Moment
from service.documents import report_paper
from service.domain import announcements, follow_ups, materials, minutes
from service.domain.reports import papers
from service.domain.submissions import DeliveredFile
from service.models.announcements_shapes import AnnouncementCreate
from service.models.minutes import Readers
from service.models.minutes_shapes import FollowUpInput, FollowUpRequests, MinutesInput

_A4 = (210, 297)
_PLACE = "https://data.demo.invalid/"
_ZONE = "Asia/Makassar"


@dataclass(frozen=True)
class Task:
    """Something that was agreed. `asked_on`: the day on which it became a request for data."""

    text: str
    office: str | None
    due: str
    asked_on: str = ""


@dataclass(frozen=True)
class Left:
    """What was written the evening after, at five; `links`: title, who may open it, and its address below `_PLACE`."""

    day: str
    chaired_by: str
    written_by: str
    audience: Readers
    text: str
    tasks: tuple[Task, ...]
    links: tuple[tuple[str, Readers, str], ...] = ()


LUWU = "luwu-bimtek-1-2023"
LEFT = {
    LUWU: Left(
        "2023-07-04",
        "Kepala Dinas Komunikasi, Informatika, Statistik dan Persandian",
        "Bidang E-Government",
        Readers.PARTICIPANTS,
        "Bimbingan teknis dibuka oleh Sekretaris Daerah setelah laporan Kepala Dinas Kominfo. Kabupaten Luwu "
        "terpilih pada tahun 2022 setelah dua kali asesmen, bersama 50 kabupaten dan kota lain.\n\n"
        "Hari pertama menyamakan persepsi tentang enam dimensi kota cerdas, kelembagaan Dewan Smart City dan "
        "Tim Pelaksana, serta kebutuhan data untuk masterplan dan program quick win. Perangkat daerah mengisi "
        "lembar komitmen penyediaan data.\n\n"
        "Hari kedua membahas rancangan masterplan (Buku 1-3). Kelompok menganalisis kesenjangan dan kesiapan, "
        "lalu memaparkan isu, program, dan calon quick win setiap dimensi.\n\n"
        "Disepakati bahwa data diserahkan menurut tenggat pada lembar komitmen, dan dibahas lagi pada Tahap "
        "II.",
        (
            Task("Menyampaikan rancangan SK Dewan dan Tim Pelaksana Smart City", "setda", "2023-07-14"),
            Task("Menunjuk penanggung jawab data pada setiap perangkat daerah", "diskominfo-sp", "2023-07-21"),
            Task("Menyusun daftar calon quick win setiap dimensi untuk Tahap II", "bappelitbangda", "2023-08-04"),
        ),
        (("Paparan: enam dimensi dan quick win", Readers.ATTENDEES, "paparan-enam-dimensi"),),
    ),
    "evaluasi-2020": Left(
        "2020-03-13",
        "Dinas Komunikasi dan Informatika",
        "Bidang Aptika",
        Readers.ATTENDEES,
        "Temuan evaluasi 2018 dan 2019 dibacakan satu per satu. Setiap perangkat daerah menyatakan kapan "
        "temuannya ditindaklanjuti.\n\n"
        "Tinjauan lapangan menunjukkan layanan yang sudah berjalan dan yang masih memerlukan data pendukung.",
        (Task("Melaporkan kemajuan tindak lanjut setiap triwulan", "bappeda", "2020-06-30"),),
        (("Ringkasan temuan evaluasi", Readers.COMMITTEE, "temuan-evaluasi"),),
    ),
    "rakor-2021": Left(
        "2021-05-20",
        "Dinas Komunikasi dan Informatika",
        "Bidang Aptika",
        Readers.PARTICIPANTS,
        "Setiap dimensi menyiapkan satu paparan program unggulan untuk tinjauan lapangan daring.",
        (Task("Menguji sambungan dan urutan paparan sebelum tinjauan lapangan", "diskominfo", "2021-06-07"),),
    ),
    "kebutuhan-masterplan-2022": Left(
        "2022-01-18",
        "Dinas Komunikasi dan Informatika",
        "Bidang Aptika",
        Readers.PUBLIC,
        "Setelah surat penetapan, kebutuhan setiap perangkat daerah untuk masterplan dikumpulkan.\n\n"
        "Naskah kesepakatan dipelajari bersama sebelum ditandatangani pada akhir bulan.",
        (
            Task("Menyerahkan daftar layanan yang akan dihubungkan", "dpmptsp", "2022-03-31", "2022-02-07"),
            Task("Menetapkan wali data perangkat daerah", "bappeda", "2022-02-28"),
        ),
        (("Panduan pengisian kebutuhan", Readers.PUBLIC, "panduan-kebutuhan"),),
    ),
    "rapat-persiapan-evaluasi-2020": Left(
        "2020-11-26",
        "Dinas Komunikasi, Informatika, Statistik dan Persandian",
        "Bidang E-Government",
        Readers.COMMITTEE,
        "Data, fakta, dan bukti setiap dimensi diperiksa sebelum evaluasi daring.",
        (Task("Melengkapi tanggal dan tempat pada bukti pelaksanaan", "dinkes", "2020-12-04"),),
    ),
}
"""By slug of the workshop."""


def moments(held: Mapping[str, Held]) -> Iterator[Moment]:
    """Of those workshops that are known here, what was prepared, written and asked for."""
    calendar = Calendar(_ZONE)
    for slug, left in LEFT.items():
        if slug not in held:
            continue
        one = held[slug]
        if slug == LUWU:
            yield Moment(calendar.day("2023-07-01", 10 * 60), partial(_prepare, held=one))
            yield Moment(calendar.day("2023-07-02", 16 * 60), partial(_announce, held=one))
        yield Moment(calendar.day(left.day, 17 * 60), partial(_write, held=one, left=left))
        for place, task in enumerate(left.tasks):
            if task.asked_on:
                yield Moment(calendar.day(task.asked_on, 9 * 60), partial(_ask, held=one, place=place))


async def _prepare(session: AsyncSession, held: Held) -> None:
    """What lies ready for the first day."""
    paper = await papers.of_report(session, held.actor, "uncommitted-items", held.workshop_id, None)
    store = Store(settings_of(session).data_dir / "files")
    # Nobody waits for anything else while a demo is loaded.
    stored = store.save(BytesIO(report_paper.pages(paper, store, _A4)))
    file = DeliveredFile("kebutuhan-data.pdf", stored.size, stored.sha256, "application/pdf", stored.key)
    new = [
        materials.New("Data yang belum memiliki komitmen", Readers.PARTICIPANTS, file=file),
        _link("Gerakan Menuju 100 Smart City: pengantar", Readers.PUBLIC, "pengantar"),
        _link("Daftar periksa gladi", Readers.COMMITTEE, "daftar-periksa-gladi"),
    ]
    await materials.add(session, held.actor, held.workshop_id, new)


async def _announce(session: AsyncSession, held: Held) -> None:
    text = (
        "Ruang daring dibuka satu jam sebelum sesi pertama melalui tautan pribadi masing-masing. Siapkan daftar data "
        "instansi; lembar komitmen diisi pada sesi siang hari pertama."
    )
    shape = {"subject": "Persiapan peserta daring", "text": text, "to": {"mode": "online"}}
    await announcements.make(session, held.actor, held.workshop_id, AnnouncementCreate.model_validate(shape))


async def _write(session: AsyncSession, held: Held, left: Left) -> None:
    kept = await minutes.held(session, held.actor, held.workshop_id)
    data = MinutesInput(
        text=left.text,
        chaired_by=left.chaired_by,
        written_by=left.written_by,
        audience=left.audience,
    )
    kept = await minutes.write(session, held.actor, kept, data)
    tasks = [
        FollowUpInput(id=None, text=one.text, organisation=one.office, due_date=date.fromisoformat(one.due))
        for one in left.tasks
    ]
    await follow_ups.replace(session, held.actor, kept, tasks)
    if left.links:
        new = [_link(*link) for link in left.links]
        await materials.add(session, held.actor, held.workshop_id, new)


async def _ask(session: AsyncSession, held: Held, place: int) -> None:
    kept = await minutes.held(session, held.actor, held.workshop_id)
    row = (await follow_ups.of(session, held.workshop_id))[place]
    data = FollowUpRequests(follow_ups=[row.id], dimension="governance")
    await follow_ups.request(session, held.actor, kept, data)


def _link(title: str, audience: Readers, place: str) -> materials.New:
    return materials.New(title, audience, url=_PLACE + place)
