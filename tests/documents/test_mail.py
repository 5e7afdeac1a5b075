"""Every letter: whole in both languages with and without each optional fact, and nobody's words become code in it."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from service import i18n
from service.documents import mail_commitments
from service.documents.mail import compose, occasion_name
from service.domain import wordings
from service.domain.letters_facts import Facts, Owed, Tally
from service.models.messages import ABOUT_DATA, Occasion
from tests import factories
from tests.factories import at

BASE = "http://127.0.0.1:8000"
OCCASIONS = sorted(Occasion)
OPTIONAL: dict[str, Any] = {
    "modality": "hybrid",
    "venue": "Aula Bappelitbangda",
    "organisation": "Dinas Perpustakaan",
    "number": 27,
    "status": "confirmed",
    "mode": "online",
    "represents": "Kepala Dinas",
    "reason": "Tumpang tindih jadwal",
    "letter_number": "005/11/DISKOMINFO",
    "deadline": at("06-30 16:00"),
    "my_url": f"{BASE}/my/m",
    "join_url": f"{BASE}/join/j",
    "calendar_url": f"{BASE}/calendar/my/c.ics",
    "confirm_url": f"{BASE}/confirm/k",
    "invitation_url": f"{BASE}/invitations/i",
    "unsubscribe_url": f"{BASE}/unsubscribe/u",
    "certificate_url": f"{BASE}/my/s",
    "portal_url": f"{BASE}/portal/p",
    "what": ("time", "venue", "agenda"),
    "owed": [Owed("Jumlah pengunjung per bulan", date(2023, 7, 21)), Owed("Koleksi buku", None)],
    "item": "Koleksi buku",
    "until": date(2023, 8, 4),
    "remark": "Lengkapkah?",
    "parts": [("concept", "Mohon dilengkapi."), ("Luas panen.xlsx", "Kolom kosong.")],
    "tallies": [Tally("Dinas Kesehatan", 3, date(2023, 7, 21), 7)],
    "staff_url": f"{BASE}/staff/review",
    "schedule": [("Hari I - pagi", at("07-03 09:15"), at("07-03 11:45"))],
    "day": date(2023, 7, 3),
    "display_name": "27 Kepala Bidang Layanan - Dinas Perpustakaan",
    "person": "Kepala Bidang Layanan",
    "places": 4,
    "rehearsal": True,
    "meant_for": ["peserta@luwukab.go.id"],
    "own_subject": ["Hadirlah: ", "kegiatan", ""],
    "own_text": ["Salam, ", "nama", ".\n\nSampai jumpa di ", "tempat", "."],
}


def bare(occasion: str, language: str = "id", **values: Any) -> Facts:
    made = Facts(
        message_id=factories.some_id(),
        occasion=occasion,
        language=language,
        recipient="Kepala Bidang Layanan",
        organizer="Diskominfo-SP Kabupaten Luwu",
        title="Bimtek Smart City Tahap I",
        starts_at=at("07-03 08:00"),
        ends_at=at("07-04 16:00"),
        timezone="Asia/Makassar",
    )
    return replace(made, **values)


def full(occasion: str, language: str = "id", **values: Any) -> Facts:
    return bare(occasion, language, **(OPTIONAL | {"own_subject": None, "own_text": None, "rehearsal": False} | values))


@pytest.fixture(autouse=True)
def indonesian_afterwards() -> Iterator[None]:
    yield
    i18n.use("id")


class Reading(HTMLParser):
    """The tags, addresses and words of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_every_occasion_is_whole_with_and_without_each_optional_fact(occasion: str, language: str) -> None:
    everything = bare(occasion, language, **OPTIONAL)
    without: dict[str, Any] = {one.name: one.default for one in fields(Facts) if one.name in OPTIONAL}
    letters = [compose(bare(occasion, language)), compose(everything)]
    for name, missing in without.items():
        letters.append(compose(replace(everything, **{name: missing})))
        letters.append(compose(bare(occasion, language, **{name: OPTIONAL[name]})))
    for letter in letters:
        assert letter.subject.strip()
        for said in (letter.subject, letter.text, Reading(letter.html).words):
            assert "None" not in said
            assert "{" not in said.split("@media")[0]
        assert len(letter.html.encode()) < 30_000
        assert "\n\n\n" not in letter.text


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_english_letters_contain_no_indonesian(occasion: str) -> None:
    indonesian, english = compose(full(occasion)), compose(full(occasion, "en"))
    shared = {line for line in indonesian.text.splitlines() if " " in line} & set(english.text.splitlines())
    assert shared == set()
    assert " Bapak/Ibu" not in english.text
    i18n.use("en")
    spoken = occasion_name(occasion)
    i18n.use("id")
    assert spoken != occasion_name(occasion)


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_text_and_html_offer_the_same_addresses_once_and_load_nothing(occasion: str) -> None:
    letter = compose(full(occasion))
    reading = Reading(letter.html)
    named = [line for line in letter.text.splitlines() if line.startswith("http")]
    assert sorted(named) == sorted(reading.addresses)
    assert len(set(named)) == len(named)
    assert not {"script", "img", "link", "iframe", "form"} & set(reading.tags)
    assert "@import" not in letter.html
    assert "url(" not in letter.html


def test_a_change_says_what_is_new() -> None:
    said = compose(full("changed")).text
    assert "Waktu yang baru: Senin, 3 Juli 2023, pukul 08.00 WITA sampai Selasa, 4 Juli 2023, pukul 16.00 WITA." in said
    assert "Tempat yang baru: Aula Bappelitbangda." in said
    assert "Hari I - pagi: Senin, 3 Juli 2023, pukul 09.15 WITA sampai 11.45 WITA" in said
    moved = compose(full("changed", what=("modality",), modality="offline")).text
    assert "Cara pelaksanaan yang baru: luring (di tempat)." in moved
    assert "Tempat yang baru" not in moved
    assert "Waktu yang baru" not in moved


def test_a_reminder_shows_the_hall_its_ticket_and_the_online_people_their_name() -> None:
    hall = compose(full("reminder_each_day", mode="offline", join_url=None, display_name=None))
    assert "hadir di tempat: Aula Bappelitbangda." in hall.text
    assert Reading(hall.html).addresses[0] == f"{BASE}/confirm/k"
    online = compose(full("reminder_hour"))
    assert "gunakan nama tampilan: 27 Kepala Bidang Layanan - Dinas Perpustakaan." in online.text
    assert Reading(online.html).addresses[0] == f"{BASE}/join/j"
    assert "Tiket masuk" not in online.text


def test_a_replaced_room_leads_to_the_same_personal_link() -> None:
    said = compose(full("room_changed", mode="offline"))
    assert "Tautan pribadi Bapak/Ibu tetap sama" in said.text
    assert Reading(said.html).addresses[0] == f"{BASE}/join/j"


def test_a_commitment_reminder_lists_what_is_owed_and_orders_nothing() -> None:
    said = compose(full("commitments_due")).text
    assert "Jumlah pengunjung per bulan: tenggat Jumat, 21 Juli 2023" in said
    assert "bukan sebuah perintah" in said
    assert "wajib" not in said.lower()


def test_delays_are_told_in_working_days_and_nothing_of_the_gathering_that_is_over() -> None:
    owed = [Owed("Jumlah pengunjung", date(2023, 7, 21), 7), Owed("Koleksi buku", None)]
    said = compose(full("commitments_overdue", owed=owed)).text
    assert (
        "Jumlah pengunjung: tenggat Jumat, 21 Juli 2023 (terlambat 7 hari kerja)\nKoleksi buku: tanpa tenggat" in said
    )
    assert "Tempat:" not in said
    counted = compose(bare("review_waiting", tallies=OPTIONAL["tallies"], staff_url=OPTIONAL["staff_url"])).text
    assert "Dinas Kesehatan: 3 data, sejak Jumat, 21 Juli 2023 (7 hari kerja)" in counted
    assert "bersifat pribadi" not in counted


def test_a_decision_says_the_date_that_counts_and_a_return_what_is_to_be_done_about_which_part() -> None:
    granted = compose(full("extension_decided", what=("granted",), until=date(2023, 8, 4))).text
    refused = compose(full("extension_decided", what=("refused",), until=date(2023, 7, 21))).text
    assert "Tenggat yang baru: Jumat, 4 Agustus 2023." in granted
    assert "belum dapat dipenuhi.\n\nTenggat tetap: Jumat, 21 Juli 2023." in refused
    returned = compose(full("submission_returned")).text
    assert "Catatan untuk Konsep: Mohon dilengkapi.\nCatatan untuk Luas panen.xlsx: Kolom kosong." in returned
    assert "\u201cLengkapkah?\u201d" in compose(full("remark")).text


def test_what_is_about_data_is_named_alike_everywhere() -> None:
    assert {one.value for one in ABOUT_DATA} == mail_commitments.OCCASIONS


def test_a_rehearsed_letter_says_at_the_top_whom_it_was_meant_for() -> None:
    said = compose(full("confirmation", rehearsal=True))
    assert said.subject.startswith("[GLADI] Pendaftaran terkonfirmasi")
    assert said.text.startswith("Gladi: pesan ini hanya dikirim kepada panitia.")
    assert "Kepala Bidang Layanan (peserta@luwukab.go.id)" in said.text.splitlines()[0]
    assert "peserta@luwukab.go.id" in Reading(said.html).words


def test_own_words_take_the_place_of_ours_and_leave_facts_links_and_closing() -> None:
    pieces = wordings.spoken("Salam, {nama}.\n\nSampai jumpa di {tempat}, {waktu}.")
    said = compose(full("confirmation", own_text=pieces, own_subject=wordings.spoken("Nomor {nomor}\r\nBcc: x")))
    assert said.subject == "Nomor 27 Bcc: x"
    assert "Salam, Kepala Bidang Layanan.\n\nSampai jumpa di Aula Bappelitbangda, Senin, 3 Juli 2023" in said.text
    assert "telah terkonfirmasi" not in said.text
    for kept in (f"{BASE}/my/m", f"{BASE}/join/j", "Hormat kami", "Nomor pendaftaran: 27", "Alasan: Tumpang tindih"):
        assert kept in said.text


def test_a_fact_is_never_read_for_names_and_a_missing_one_leaves_a_dash() -> None:
    said = compose(bare("confirmation", recipient="{kegiatan} {{7*7}}", own_text=wordings.spoken("{nama} di {tempat}")))
    assert "{kegiatan} {{7*7}} di -" in said.text


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "%s %(nama)s", "{% raw %}", '"><img src=x onerror=y>'])
def test_nothing_in_own_words_or_facts_becomes_code(evil: str) -> None:
    facts = full(
        "reminder_week", own_text=[evil], own_subject=[evil], title=evil, recipient=evil, venue=evil, organizer=evil
    )
    said = compose(replace(facts, schedule=[(evil, at("07-03 09:00"), at("07-03 10:00"))]))
    assert evil in said.text
    reading = Reading(said.html)
    assert evil in reading.words
    assert not {"script", "img"} & set(reading.tags)


def test_lines_of_a_paragraph_stay_lines() -> None:
    said = compose(full("reminder_week", own_text=["Bawa:\n- surat tugas\n- laptop\n \n\nTerima kasih."]))
    assert "Bawa:\n- surat tugas\n- laptop\n\nTerima kasih." in said.text
    assert "Bawa:<br>- surat tugas<br>- laptop</p>" in said.html


def test_one_day_is_named_once() -> None:
    said = compose(full("confirmation", ends_at=at("07-03 12:00"))).text
    assert "Waktu: Senin, 3 Juli 2023, pukul 08.00 WITA sampai 12.00 WITA" in said
