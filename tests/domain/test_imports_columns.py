"""Heads as offices write them are understood, and what is not meant for us is left alone."""

import pytest

from service.domain.exports_registrations import _contact, _person
from service.domain.imports_columns import field_of, propose
from service.domain.imports_heads import _is_lower, _joined
from service.domain.imports_offices import Office, Offices
from service.domain.imports_words import mode_of
from service.i18n import use
from tests import factories


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("NAMA", "name"),
        ("Nama Lengkap & Gelar", "name"),
        ("Nama Peserta (sesuai KTP)", "name"),
        ("N I P", "nip"),
        ("N.I.P.", "nip"),
        ("N A M A", "name"),
        ("N A M A  L E N G K A P", "name"),
        ("NIP/NRP", "nip"),
        ("Peserta", "name"),
        ("Nama / NIP", "name"),
        ("NIK", None),
        ("Pangkat / Gol. Ruang", "rank"),
        ("Golongan", "rank"),
        ("Jabatan", "position"),
        ("Instansi", "organisation_name"),
        ("Asal Instansi / OPD", "organisation_name"),
        ("Unit Kerja", "organisation_name"),
        ("Perangkat Daerah", "organisation_name"),
        ("Nama OPD", "organisation_name"),
        ("Kode OPD", "organisation"),
        ("No. HP / WA (aktif)", "phone"),
        ("Nomor Telepon yang dapat dihubungi", "phone"),
        ("E-mail", "email"),
        ("Alamat Email Aktif", "email"),
        ("Surel", "email"),
        ("Kehadiran (Luring/Daring)", "mode"),
        ("Moda Keikutsertaan", "mode"),
        ("Mewakili", "represents"),
        ("Status Kepegawaian", "employment"),
        ("Kode", "code"),
        ("No", None),
        ("Alamat", None),
        ("Tanda Tangan", None),
        ("Kehadiran Hari I - pagi", None),
        ("Full Name", "name"),
        ("Organisation", "organisation_name"),
        ("Phone number", "phone"),
    ],
)
def test_a_head_is_understood(head: str, field: str | None) -> None:
    assert field_of(head, "registrations") == field


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_heads_of_our_own_lists_are_understood_in_both_languages(language: str) -> None:
    use(language)
    heads = [head for head, _reading in [*_person(nip=True), *_contact()]]
    use("id")
    fields = [field_of(head, "registrations") for head in heads]
    assert None not in fields
    assert len(set(fields)) == len(fields)


def test_a_column_without_a_telling_head_is_known_by_its_content() -> None:
    rows = [["a@luwukab.go.id", "198001012010011001", "0812-0000-0001", "luring"], ["b@luwukab.go.id", "", "", "zoom"]]
    assert propose(["A1", "", "B", "Ket."], rows, "registrations", {}) == ["email", "nip", "phone", "mode"]


def test_a_contact_column_full_of_addresses_is_one_of_addresses() -> None:
    assert propose(["Kontak"], [["a@luwukab.go.id"]], "registrations", {}) == ["email"]


def test_two_columns_for_the_mode_are_ticked_also_above_a_signature() -> None:
    rows = [["A", "v", ""], ["B", "", "(v)"], ["", "Belopa, 3 Juli 2023", ""]]
    assert propose(["Nama", "Luring", "Daring"], rows, "registrations", {}) == ["name", "mode.offline", "mode.online"]


def test_a_question_gives_way_to_what_every_list_has() -> None:
    labels = {"jabatan": "answers.x", "bahasa": "answers.y"}
    assert propose(["Jabatan", "Bahasa"], [], "registrations", labels) == ["position", "answers.y"]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Luring", "offline"),
        ("Hadir langsung di aula", "offline"),
        ("Tatap muka", "offline"),
        ("In person", "offline"),
        ("Via Zoom Meeting", "online"),
        ("dalam jaringan", "online"),
        ("luring/daring", None),
        ("ya", None),
        ("tidak bisa hadir luring", None),
    ],
)
def test_a_mode_is_understood_or_asked_about(text: str, mode: str | None) -> None:
    assert mode_of(text) == mode


def test_heads_of_several_rows_are_read_as_one() -> None:
    upper, lower = ["No", "Nama", "Kontak", ""], ["", "", "HP", "Surel"]
    assert _is_lower(upper, lower)
    assert _joined([upper, lower]) == ["No", "Nama", "HP", "Surel"]
    assert _joined([["", "Kontak", ""], ["No", "", ""], ["", "HP", "Surel"]]) == ["No", "HP", "Surel"]
    assert not _is_lower(upper, ["1", "Kepala Bidang", "081200000001", "a@luwukab.go.id"])


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("dinas  kesehatan", "dinkes"),
        ("Dinas Kesehatan Kabupaten Luwu", "dinkes"),
        ("Dinas Kesehatan Kab. Luwu Utara", None),
        ("BPS", "bps"),
        ("Badan Pusat Statistik Kab. Luwu", "bps"),
        ("Dinas Pekerjaan Umum & Penataan Ruang", "pupr"),
        ("Kecamatan Belopa Utara", None),
        ("Kec. Belopa", "belopa"),
        ("Dinas PUPR", "pupr"),
        ("UPT Puskesmas", None),
    ],
)
def test_an_organisation_is_the_one_that_is_meant_or_none(typed: str, code: str | None) -> None:
    names = {
        "dinkes": "Dinas Kesehatan",
        "bps": "Badan Pusat Statistik Kabupaten Luwu",
        "pupr": "Dinas Pekerjaan Umum dan Penataan Ruang",
        "belopa": "Kecamatan Belopa",
        "upt-1": "UPT Puskesmas",
        "upt-2": "UPT Puskesmas Kab. Luwu",
    }
    known = [Office(factories.some_id(), one, name) for one, name in names.items() if one != "upt-1"]
    known += [Office(factories.some_id(), one, "UPT Puskesmas") for one in ("upt-1", "upt-3")]
    match = Offices(known, "Diskominfo-SP Kabupaten Luwu").named(typed)
    assert (match.office.code if match.office else None) == code
