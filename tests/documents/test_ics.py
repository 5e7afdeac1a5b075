"""Our calendars, read back with vobject, which shares no code with the library that writes them."""

import io
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
import vobject
from dateutil.tz import tzical  # type: ignore[import-untyped]  # ships no types
from vobject.base import Component

from service import clock
from service.documents.ics import Entry, Feed, render

CHANGED = datetime(2023, 6, 20, 2, 15, tzinfo=UTC)
BLOCK = Entry(
    uid="d1p@bimtek.example",
    summary="Bimtek Satu Data",
    starts_at=datetime(2023, 7, 3, 0, 30, tzinfo=UTC),
    ends_at=datetime(2023, 7, 3, 4, 0, tzinfo=UTC),
    changed_at=CHANGED,
)
JOIN = "https://bimtek.example/join/AbC_123-x"

NASTY = [
    "satu\rdua",
    "satu\ndua",
    "satu\r\ndua",
    "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:palsu",
    "x\rATTENDEE:mailto:korban@bimtek.example",
    "x\nX-EVIL:1",
    "x\r\n lipatan palsu",
    "x\u2028BEGIN:VALARM\u2029END:VALARM\x85X-EVIL:1",
    "x\x0bX-EVIL:1\x0cX-EVIL:2\x1cX-EVIL:3\x1dX-EVIL:4\x1eX-EVIL:5",
    "nol\x00nol",
    "\x01\x02\x1b[31mmerah\x7f\x9b",
    "tab\tdi tengah",
    "satu;dua,tiga:empat",
    "tanda \"kutip\" dan ^'kutip^' dan ^n",
    "C:\\Nama\\nama\\;\\,\\\\",
    "\\",
    "\\\\N",
    "\\r\\nBEGIN:VEVENT",
    "👩‍👩‍👧‍👦🇮🇩" * 20,
    "é" * 200,
    "a" + "é" * 200,
    "漢字" * 100,
    "\u202eterbalik\u202c \u200fmarka\u200e \u2066isolasi\u2069",
    "אבג دال",
    "=?utf-8?q?=0D=0ABcc:_korban=40bimtek.example?=",
    "BEGIN:VEVENT",
    "=1+1",
    "<script>alert(1)</script>&amp;",
    "%0D%0AX-EVIL:1",
    "${7*7}{{7*7}}",
    "sisa \ud800 pengganti",
    "tengah\ufeffBOM",
    "e\u0301 NFD",
    "a" * 100_000,
    "spasi " * 50 + "akhir",
    ";" * 74 + "\\" * 3,
]


def feed(*entries: Entry, timezone: str = "Asia/Makassar", name: str = "Kalender Luwu") -> Feed:
    return Feed(name=name, source_url="https://bimtek.example/calendar/luwu.ics", timezone=timezone, entries=entries)


def read(*entries: Entry, timezone: str = "Asia/Makassar") -> Component:
    return vobject.readOne(render(feed(*entries, timezone=timezone)).decode())


def unfolded(raw: bytes) -> list[str]:
    """The content lines, by RFC 5545 3.1 and nothing else."""
    assert raw.endswith(b"\r\n")
    return raw.decode().removesuffix("\r\n").replace("\r\n ", "").split("\r\n")


def printable(text: str) -> str:
    """What may be left of `text`: newlines and tabs, no control characters, byte order marks, lone surrogates."""
    text = re.sub("\r\n|[\r\x85\u2028\u2029]", "\n", text)
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"}).replace(
        "\ufeff", ""
    )


@pytest.mark.parametrize(
    ("timezone", "local_start", "abbreviation"),
    [("Asia/Jakarta", "07:30", "WIB"), ("Asia/Makassar", "08:30", "WITA"), ("Asia/Jayapura", "09:30", "WIT")],
)
def test_a_block_is_told_in_the_local_time_of_each_indonesian_zone(
    timezone: str, local_start: str, abbreviation: str
) -> None:
    calendar = read(BLOCK, timezone=timezone)
    start = calendar.vevent.dtstart.value
    assert start == BLOCK.starts_at
    assert start.strftime("%H:%M") == local_start
    assert calendar.vevent.dtend.value == BLOCK.ends_at
    lines = unfolded(render(feed(BLOCK, timezone=timezone)))
    assert lines.count("BEGIN:STANDARD") == 1
    assert "BEGIN:DAYLIGHT" not in lines
    assert f"TZNAME:{abbreviation}" in lines
    assert f"TZID:{timezone}" in lines


@pytest.mark.parametrize("month", [1, 7])
def test_summer_time_is_described_for_readers_that_know_no_zones(month: int) -> None:
    local = datetime(2026, month, 15, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    raw = render(feed(replace(BLOCK, starts_at=local, ends_at=local + timedelta(hours=3)), timezone="Europe/Berlin"))
    described = tzical(io.StringIO(raw.decode())).get("Europe/Berlin")
    assert local.replace(tzinfo=described) == local
    assert f"DTSTART;TZID=Europe/Berlin:2026{month:02}15T090000" in unfolded(raw)


def test_every_block_is_an_event_of_its_own_in_order_of_time() -> None:
    late = replace(BLOCK, uid="d2p", starts_at=BLOCK.starts_at + timedelta(days=1), ends_at=None)
    due = replace(BLOCK, uid="due", starts_at=date(2023, 7, 31), ends_at=None)
    calendar = read(due, late, BLOCK)
    assert [event.uid.value for event in calendar.vevent_list] == [BLOCK.uid, "d2p", "due"]
    assert len(calendar.vtimezone_list) == 1


def test_an_empty_feed_is_still_a_calendar() -> None:
    calendar = read()
    assert calendar.name == "VCALENDAR"
    assert "vevent" not in calendar.contents


def test_the_calendar_says_what_it_is_where_it_lives_and_how_often_to_read_it() -> None:
    lines = unfolded(render(feed(BLOCK)))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert {
        "VERSION:2.0",
        "X-WR-CALNAME:Kalender Luwu",
        "NAME:Kalender Luwu",
        "X-WR-TIMEZONE:Asia/Makassar",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "SOURCE;VALUE=URI:https://bimtek.example/calendar/luwu.ics",
    } <= set(lines)


def test_all_that_an_entry_says_is_read_back() -> None:
    event = read(
        replace(
            BLOCK,
            sequence=3,
            description="Bawa laptop.\nHadir 15 menit lebih awal.",
            location="Aula, Belopa",
            latitude=-3.37123,
            longitude=120.36987,
            url="https://bimtek.example/w/1?a=1&b=2",
            categories=("bimtek", "luring, daring"),
        )
    ).vevent
    assert event.summary.value == "Bimtek Satu Data"
    assert event.sequence.value == "3"
    assert event.description.value == "Bawa laptop.\nHadir 15 menit lebih awal."
    assert event.location.value == "Aula, Belopa"
    assert event.geo.value == "-3.3712;120.3699"
    assert event.url.value == "https://bimtek.example/w/1?a=1&b=2"
    assert event.categories.value == ["bimtek", "luring, daring"]
    assert event.status.value == "CONFIRMED"
    assert event.dtstamp.value == event.last_modified.value == CHANGED


def test_coordinates_near_the_equator_are_written_without_exponent() -> None:
    assert read(replace(BLOCK, latitude=0.00001, longitude=109.32)).vevent.geo.value == "0.0;109.32"


def test_the_room_is_named_as_conference_and_again_where_older_calendars_look() -> None:
    lines = unfolded(render(feed(replace(BLOCK, conference=("Zoom", JOIN), description="Hari 1", location="Aula"))))
    assert f"CONFERENCE;FEATURE=AUDIO,VIDEO;LABEL=Zoom;VALUE=URI:{JOIN}" in lines
    assert f"LOCATION:Aula\\, {JOIN}" in lines
    assert f"URL:{JOIN}" in lines
    assert f"DESCRIPTION:Hari 1\\n\\nZoom: {JOIN}" in lines


def test_an_own_address_of_the_entry_is_kept_beside_the_room() -> None:
    event = read(replace(BLOCK, conference=("Zoom", JOIN), url="https://bimtek.example/w/1")).vevent
    assert event.url.value == "https://bimtek.example/w/1"
    assert event.conference.value == event.location.value == JOIN


def test_an_entry_without_place_or_room_names_none() -> None:
    assert {"location", "url", "conference", "description", "geo", "categories"}.isdisjoint(read(BLOCK).vevent.contents)


def test_a_cancelled_block_stays_in_the_feed_and_says_so() -> None:
    event = read(replace(BLOCK, status="CANCELLED", sequence=1)).vevent
    assert (event.uid.value, event.status.value, event.sequence.value) == (BLOCK.uid, "CANCELLED", "1")


def test_a_due_date_is_a_whole_day_that_keeps_nobody_busy() -> None:
    event = read(replace(BLOCK, starts_at=date(2023, 7, 31), ends_at=None)).vevent
    assert event.dtstart.value == date(2023, 7, 31)
    assert event.dtstart.params == {"VALUE": ["DATE"]}
    assert event.transp.value == "TRANSPARENT"
    assert "dtend" not in event.contents


def test_the_same_feed_gives_the_same_bytes_on_another_day_and_in_another_order() -> None:
    other = replace(BLOCK, uid="d1s", changed_at=CHANGED + timedelta(hours=1))
    clock.freeze(datetime(2023, 7, 1, tzinfo=UTC))
    first = render(feed(BLOCK, other))
    clock.freeze(datetime(2031, 1, 1, tzinfo=UTC))
    second = render(feed(other, BLOCK))
    clock.freeze(None)
    assert first == second


def test_no_stamp_in_the_file_is_younger_than_the_last_change() -> None:
    stamps = [line for line in unfolded(render(feed(BLOCK))) if line.startswith(("DTSTAMP", "LAST-MODIFIED"))]
    assert stamps == ["DTSTAMP:20230620T021500Z", "LAST-MODIFIED:20230620T021500Z"]


def test_an_instant_spoken_in_another_zone_gives_the_same_bytes() -> None:
    new_york = datetime(2023, 7, 2, 20, 30, tzinfo=ZoneInfo("America/New_York"))
    elsewhere = replace(
        BLOCK,
        starts_at=new_york,
        changed_at=CHANGED.astimezone(ZoneInfo("Asia/Jayapura")),
    )
    assert render(feed(elsewhere)) == render(feed(BLOCK))


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:20]))
def test_a_nasty_text_is_read_back_and_adds_no_line(text: str) -> None:
    calm = replace(
        BLOCK, description="a", location="a", url="https://a.example/", conference=("a", JOIN), categories=("a",)
    )
    nasty = replace(
        calm,
        uid=f"1{text}",
        summary=text,
        description=f"{text}.",
        location=text,
        url=f"https://a.example/{text}",
        conference=(text, f"{JOIN}/{text}"),
        categories=(text,),
    )
    raw = render(feed(nasty, name=text))
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", raw)
    names = [re.split("[:;]", line)[0] for line in unfolded(raw)]
    assert names == [re.split("[:;]", line)[0] for line in unfolded(render(feed(calm)))]

    calendar = vobject.readOne(raw.decode())
    event, one_line = calendar.vevent, re.sub("[\n\t]", " ", printable(text)).strip()
    assert calendar.x_wr_calname.value == event.summary.value == one_line
    assert event.categories.value == [one_line]
    assert event.location.value.startswith(f"{one_line}, {JOIN}/")
    assert event.description.value.startswith(f"{printable(text)}.\n\n{one_line}: {JOIN}/")


@pytest.mark.parametrize(
    "address", ["https://a.example/\r\nX-EVIL:1", "https://a.example/\rX", "https://a.example/ \x00"]
)
def test_an_address_cannot_end_its_line(address: str) -> None:
    raw = render(feed(replace(BLOCK, url=address)))
    assert not any(line.startswith("X-EVIL") for line in unfolded(raw))
    assert read(replace(BLOCK, url=address)).vevent.url.value.startswith("https://a.example/%")


def test_long_lines_are_folded_between_characters_never_inside_one() -> None:
    raw = render(feed(replace(BLOCK, summary="é👩🏽‍🏫" * 100)))
    for line in raw.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        render(feed(replace(BLOCK, starts_at=datetime(2023, 7, 3, 8, 30))))  # noqa: DTZ001 - the mistake meant here


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        render(feed(BLOCK, timezone="Asia/Belopa"))


def test_in_utc_instants_are_written_with_z() -> None:
    assert "DTSTART:20230703T003000Z" in unfolded(render(feed(BLOCK, timezone="UTC")))
