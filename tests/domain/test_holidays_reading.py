"""Yearly lists of holidays as they are copied from decrees, websites, spreadsheets and calendars."""

from datetime import date

import pytest

from service.documents import holidays_ics
from service.domain import holidays
from service.domain.holidays_reading import read, read_entries
from service.models.organizers_shapes import HolidayShape

DECREE = """\
KEPUTUSAN BERSAMA TENTANG HARI LIBUR NASIONAL DAN CUTI BERSAMA TAHUN 2024
A. Hari Libur Nasional
No\tTanggal\tHari\tKeterangan
1.\t1 Januari\tSenin\tTahun Baru 2024 Masehi
7.\t10-11 April\tRabu-Kamis\tHari Raya Idul Fitri 1445 Hijriah
B. Cuti Bersama
3.\t8, 9, 12, dan 15 April\tSenin, Selasa, Jumat, Senin\tHari Raya Idul Fitri 1445 Hijriah
31 Februari Tidak ada
omong kosong
"""
ICS = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n%sEND:VCALENDAR\r\n"
EVENT = b"BEGIN:VEVENT\r\nUID:%s\r\nDTSTART;VALUE=DATE:%s\r\nSUMMARY:%s\r\n%sEND:VEVENT\r\n"


def shape(day: str, name: str = "Libur", kind: str = "libur_nasional") -> HolidayShape:
    return HolidayShape(day=date.fromisoformat(day), name=name, kind=kind)


def test_a_decree_is_read_with_its_headings_spans_and_lists_of_days() -> None:
    found = read(DECREE.splitlines(), 2020)
    eid = "Hari Raya Idul Fitri 1445 Hijriah"
    assert found.items == [
        shape("2024-01-01", "Tahun Baru 2024 Masehi"),
        shape("2024-04-08", eid, "cuti_bersama"),
        shape("2024-04-09", eid, "cuti_bersama"),
        shape("2024-04-10", eid),
        shape("2024-04-11", eid),
        shape("2024-04-12", eid, "cuti_bersama"),
        shape("2024-04-15", eid, "cuti_bersama"),
    ]
    assert [(one.number, one.text) for one in found.puzzles] == [(8, "31 Februari Tidak ada"), (9, "omong kosong")]


@pytest.mark.parametrize(
    ("line", "days", "name"),
    [
        ("Senin, 17 Juni 2024: Hari Raya Idul Adha", ["2024-06-17"], "Hari Raya Idul Adha"),
        ("2024-08-17;libur_nasional;Proklamasi Kemerdekaan", ["2024-08-17"], "Proklamasi Kemerdekaan"),
        ("17/8/2025 Proklamasi", ["2025-08-17"], "Proklamasi"),
        ("17-8-2025 Proklamasi", ["2025-08-17"], "Proklamasi"),
        ("17-Agustus-2025 Proklamasi", ["2025-08-17"], "Proklamasi"),
        ("25 Desember (Rabu) Kelahiran Yesus Kristus", ["2027-12-25"], "Kelahiran Yesus Kristus"),
        ("30 Maret s.d. 1 April 2025 Libur", ["2025-03-30", "2025-03-31", "2025-04-01"], "Libur"),
        ("1 Muharam 1446 H, 7 Juli 2024, Tahun Baru Islam", ["2024-07-07"], "1 Muharam 1446 H, Tahun Baru Islam"),
        ("Jum'at, 9 Feb 2024", ["2024-02-09"], "Libur nasional"),
        ("2024-12-31 00:00\tMalam", ["2024-12-31"], "Malam"),
        ("17 Agust 2024\x07 Pro\ud800kla\u202emasi", ["2024-08-17"], "Pro kla masi"),
    ],
)
def test_a_line_is_read_however_it_writes_its_day(line: str, days: list[str], name: str) -> None:
    assert read([line], 2027).items == [shape(day, name) for day in days]


def test_lines_that_look_like_days_are_refused_at_once() -> None:
    hostile = ["1" + " -" * 190, "1" + " " * 390 + "x", "1 , " * 90, "17 ag 2024 x", "17 au x"]
    assert [one.number for one in read(hostile, 2024).puzzles] == [1, 2, 3, 4, 5]


def test_no_line_vanishes_and_a_day_named_twice_is_said() -> None:
    lines = ["25 Desember 2026 Natal", "Cuti bersama", "25 Desember 2026 Natal", "32 Desember 2026 Salah ketik"]
    lines += [
        "bukan hari",
        "Natal 2026",
        "Cuti bersama Natal",
        "8 Maret 2026, 9 Maret 2026 Libur",
        "1 Maret 2026 Nyepi",
    ]
    found = read(lines, 2026)
    assert [one.day.isoformat() for one in found.items] == ["2026-03-01", "2026-03-08", "2026-12-25"]
    assert found.items[2].kind == "libur_nasional"
    assert [(one.number, one.why) for one in found.puzzles] == [
        (3, "Jumat, 25 Desember 2026 sudah disebut sebagai Natal (Libur nasional); baris ini tidak menggantinya."),
        (4, "Tanggal ini tidak ada di kalender."),
        (5, "Tidak ada tanggal yang dapat dibaca."),
        (6, "Tidak ada tanggal yang dapat dibaca."),
        (7, "Tidak memuat tanggal; dibaca sebagai judul bagi baris di bawahnya."),
        (8, "Hanya tanggal yang pertama diambil: tulis tiap tanggal pada barisnya sendiri."),
    ]


@pytest.mark.parametrize("day", [b"99991231", b"20240101\r\nDURATION:P999999999D", b"00010101\r\nDTEND:00010101"])
def test_a_calendar_beyond_the_calendar_is_refused(day: bytes) -> None:
    with pytest.raises(holidays_ics.CalendarUnreadable):
        holidays_ics.read(ICS % (EVENT % (b"1", day, b"x", b"")))


def test_a_calendar_gives_whole_days_and_leaves_out_what_was_called_off() -> None:
    eid = EVENT % (b"1", b"20240410", b"Idul Fitri", b"DTEND;VALUE=DATE:20240412\r\n")
    off = EVENT % (b"2", b"20240501", b"Batal", b"STATUS:CANCELLED\r\n")
    found = read_entries(holidays_ics.read(ICS % (eid + off)))
    assert found.items == [shape("2024-04-10", "Idul Fitri"), shape("2024-04-11", "Idul Fitri")]
    for broken in (b"", EVENT % (b"1", b"xx", b"x", b""), b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"):
        content = ICS % broken
        if broken:
            with pytest.raises(holidays_ics.CalendarUnreadable):
                holidays_ics.read(content)


def test_a_whole_list_takes_out_what_it_lacks_and_only_in_its_years() -> None:
    known = [shape("2023-12-25"), shape("2024-01-01"), shape("2024-05-01")]
    wanted = [shape("2024-01-01", "Tahun Baru"), shape("2024-08-17")]
    adding, whole = holidays.plan(known, wanted), holidays.plan(known, wanted, whole=True)
    assert (adding.removed, whole.removed) == ([], [shape("2024-05-01")])
    assert [one.day.isoformat() for one in whole.items] == ["2023-12-25", "2024-01-01", "2024-08-17"]
    assert (whole.added, whole.changed, whole.same) == ([wanted[1]], [wanted[0]], 0)
    assert not holidays.plan(known, known[:1]).differs
