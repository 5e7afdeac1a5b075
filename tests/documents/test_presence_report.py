"""Reports of who was connected, in each form a portal gives them."""

import io
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from service.documents import presence_report, presence_times
from service.documents.presence_report import Report, ReportTotalsOnly, ReportUnknown
from service.documents.presence_times import Order, ReportDatesUnclear
from service.documents.tables_errors import TableCellTooLong, TableKindUnknown, TableTooLong
from service.errors import Refusal
from tests.factories import at
from tests.support import office_files, zoom_files
from tests.support.zoom_files import report, row

WITA = ZoneInfo("Asia/Makassar")
DAYS = (date(2023, 7, 3), date(2023, 7, 4))
THE_DAY_AFTER = at("07-05 00:00")
KNOWN = [
    ("aptika@luwukab.go.id", at("07-03 08:55"), at("07-03 11:50")),
    ("", at("07-03 09:20"), at("07-03 11:45")),
]


def read(
    text: str | bytes, *, days: tuple[date, date] = DAYS, zone: ZoneInfo = WITA, latest: datetime = THE_DAY_AFTER
) -> Report:
    data = text.encode() if isinstance(text, str) else text
    return presence_report.read(io.BytesIO(data), zone, days, latest)


def told(found: Report) -> list[tuple[str, datetime, datetime]]:
    return [(one.email, one.joined_at.replace(second=0), one.left_at) for one in found.stays]


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        (zoom_files.ENGLISH, 1),
        (zoom_files.ABOUT + zoom_files.ENGLISH, 1),
        (zoom_files.INDONESIAN, 1),
        (zoom_files.OLDER, 0),
        (zoom_files.WEBINAR, 1),
        (b"\xef\xbb\xbf" + zoom_files.ENGLISH.encode(), 1),
        (zoom_files.INDONESIAN.encode("utf-16"), 1),
        (zoom_files.INDONESIAN.replace(";", "\t").encode("utf-16-le"), 1),
        (zoom_files.ENGLISH.replace("\n", "\r\n"), 1),
        (zoom_files.ENGLISH.replace("07/03/2023 ", "2023-07-03T"), 1),
        (zoom_files.INDONESIAN.replace("03/07/2023 ", "3 Juli 2023 "), 1),
    ],
)
def test_each_form_of_the_report_says_the_same(text: str | bytes, skipped: int) -> None:
    found = read(text)
    assert (told(found), found.skipped, found.faults) == (KNOWN, skipped, [])
    assert found.rows == len(KNOWN) + skipped


def test_several_meetings_in_one_file_are_no_people_in_each_other() -> None:
    for about in (zoom_files.ABOUT, zoom_files.OLDER.partition("\n\n")[0] + "\n\n"):
        text = about + report(row("A", "09:20", "10:00")) + about + report(row("B", "13:00", "14:00"))
        found = read(text)
        assert ([one.name for one in found.stays], found.rows, found.faults) == (["A", "B"], 2, [])


def test_a_workbook_says_the_same_as_the_file_it_was_made_of() -> None:
    seen = (datetime(2023, 7, 3, 9, 20), datetime(2023, 7, 3, 11, 45))  # noqa: DTZ001 - a cell knows no zone
    book = office_files.sheet(["Name", "Email", "Join time", "Leave time"], ["iPhone", None, *seen])
    assert told(read(book)) == KNOWN[1:]


def test_a_column_of_registrants_names_them() -> None:
    assert [one.registrant for one in read(zoom_files.REGISTRANTS).stays] == ["reg-1", "reg-2"]


@pytest.mark.parametrize("text", [zoom_files.TOTALS, zoom_files.ABOUT + zoom_files.TOTALS, zoom_files.TOTALS_ID])
def test_totals_without_times_are_refused_with_what_to_export_instead(text: str) -> None:
    with pytest.raises(ReportTotalsOnly) as refused:
        read(text)
    assert "Show unique users" in refused.value.detail


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("No,Nama,NIP\n1,Camat Bua,\n", ReportUnknown),
        (zoom_files.ABOUT, ReportUnknown),
        ("\x00\x01\x02bin", TableKindUnknown),
        ("<html><table></table>", TableKindUnknown),
        (report(*(row("iPhone", "08:00", "09:00") for _ in range(5_200))), TableTooLong),
        (report("x" * 300_000), TableCellTooLong),
    ],
)
def test_what_is_no_report_or_means_harm_is_refused(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        read(text)


@pytest.mark.parametrize(
    ("text", "days", "order"),
    [
        ("07/03/2023", DAYS, Order.MONTH_FIRST),
        ("03/07/2023", DAYS, Order.DAY_FIRST),
        ("03-07-23", DAYS, Order.DAY_FIRST),
        ("2023-07-03", DAYS, None),
        ("07/07/2023", (date(2023, 7, 7), date(2023, 7, 7)), None),
        ("06/07/2023", (date(2023, 7, 6), date(2023, 7, 7)), Order.DAY_FIRST),
        ("07/25/2023", (date(2023, 7, 25), date(2023, 7, 25)), Order.MONTH_FIRST),
    ],
)
def test_the_workshop_s_days_say_which_number_is_the_month(
    text: str, days: tuple[date, date], order: Order | None
) -> None:
    found = read(report(row("iPhone", "09:00", "10:00", day=text)), days=days, latest=at("08-01 00:00"))
    assert (found.order, len(found.stays)) == (order, 1)


def test_dates_that_fit_neither_way_are_refused_and_those_of_another_day_row_by_row() -> None:
    with pytest.raises(ReportDatesUnclear):
        read(report(row("iPhone", "09:00", "10:00", day="05/06/2023")))
    with pytest.raises(ReportDatesUnclear):  # 3 April or 4 March: both are days of this long one
        read(report(row("iPhone", "09:00", "10:00", day="03/04/2023")), days=(date(2023, 3, 1), date(2023, 4, 30)))
    found = read(report(row("iPhone", "09:00", "10:00", day="2023-06-05")))
    assert [fault.reason for fault in found.faults] == ["Bukan pada hari kegiatan ini."]


def test_one_date_that_is_none_refuses_its_row_and_not_the_report() -> None:
    """Which number is the month is settled by the dates that can be read."""
    for good, order in (("2023-07-03", None), ("03/07/2023", Order.DAY_FIRST), ("07/03/2023", Order.MONTH_FIRST)):
        for bad in ("32/13/2023", "05/06/2023"):
            found = read(report(row("A", "09:00", "10:00", day=good), row("B", "09:00", "10:00", day=bad)))
            reasons = {"32": "Tanggal ini tidak ada pada kalender.", "05": "Bukan pada hari kegiatan ini."}
            assert [(one.row, one.reason, one.outside) for one in found.faults] == [
                (3, reasons[bad[:2]], bad[0] == "0")
            ]
            assert ([one.name for one in found.stays], found.order) == (["A"], order)
    found = read(report(row("B", "09:00", "10:00", day="32/13/2023")))
    assert (len(found.faults), found.stays) == (1, [])
    rows = (row("A", "09:00", "10:00", day="2023-03-04"), row("B", "09:00", "10:00", day="03/04/2023"))
    with pytest.raises(ReportDatesUnclear):  # nothing says whether the second was in April or March
        read(report(*rows), days=(date(2023, 3, 1), date(2023, 4, 30)))


def test_rows_that_cannot_be_are_refused_with_their_number_and_why() -> None:
    rows = (
        row("iPhone", "10:00", "09:59"),
        "iPhone,,,07/03/2023 10:00",
        "iPhone,,07/03/2023 09:00,--",
        "iPhone,,kemarin,07/03/2023 10:00",
        "iPhone,,07/32/2023 09:00,07/03/2023 10:00",
        row("iPhone", "09:00", "13:01"),
        row("=HYPERLINK(1)", "09:00", "10:00"),
    )
    found = read(report(*rows), latest=at("07-03 13:00"))
    assert {fault.row: fault.reason for fault in found.faults} == {
        2: "Waktu keluar lebih awal daripada waktu bergabung.",
        3: "Waktu bergabung tidak ada.",
        4: "Waktu keluar tidak ada.",
        5: "Waktu tidak dapat dibaca; contoh yang benar: 2023-07-03 08:55:00.",
        6: "Tanggal ini tidak ada pada kalender.",
        7: "Waktu keluar belum lewat. Periksa zona waktunya.",
    }
    assert [one.name for one in found.stays] == ["=HYPERLINK(1)"]


def test_times_are_of_the_account_s_zone_unless_they_name_their_own() -> None:
    rows = (
        row("A", "01:00:00 AM", "02:00:00 AM"),
        row("B", "2023-07-03T01:00Z", "x").replace("07/03/2023 ", "").replace(",x", ",2023-07-03T10:00+08:00"),
        row("C", "12:30:00 AM", "12:30:00 PM"),
    )
    found = read(report(*rows), zone=ZoneInfo("UTC"))
    assert [(one.joined_at, one.left_at) for one in found.stays] == [
        (at("07-03 09:00"), at("07-03 10:00")),
        (at("07-03 09:00"), at("07-03 10:00")),
        (at("07-03 08:30"), at("07-03 20:30")),
    ]


def test_a_connection_over_midnight_is_one_stay() -> None:
    [stay] = read(report("Host,,07/03/2023 09:00:00 PM,07/04/2023 01:00:00 AM")).stays
    assert (stay.joined_at, stay.left_at) == (at("07-03 21:00"), at("07-04 01:00"))


@pytest.mark.parametrize(
    "text", ["", "9", "2023-07-03", "13:00 PM 3/7/2023", "07/03/2023 25:00", "1/1/0001 08:00", "x" * 99]
)
def test_what_is_no_time_is_none(text: str) -> None:
    written = presence_times.read(text)
    assert written is None or written.on(Order.DAY_FIRST) is None
