"""Invitations and cancellations, read back with other people's parsers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
import vobject
from icalendar import Calendar, Event

from service.documents.ics import Entry
from service.documents.itip import Invite, cancel, request

MAKASSAR = ZoneInfo("Asia/Makassar")
MORNING = Entry(
    uid="0189f7a0-0000-7000-8000-000000000003",
    summary="Bimtek Satu Data",
    starts_at=datetime(2023, 7, 3, 0, 0, tzinfo=UTC),
    ends_at=datetime(2023, 7, 3, 4, 0, tzinfo=UTC),
    changed_at=datetime(2023, 6, 20, 2, 15, tzinfo=UTC),
    sequence=3,
    location="Aula Rujab Bupati",
    url="https://bimtek.contoh.go.id/my/t",
)


def later(hours: int, *, length: int = 4, **changes: str) -> Entry:
    start = datetime(2023, 7, 3, 0, 0, tzinfo=UTC) + timedelta(hours=hours)
    moved = replace(MORNING, starts_at=start, ends_at=start + timedelta(hours=length))
    return replace(moved, **changes)  # type: ignore[arg-type] # changes are the test's


def invite(*entries: Entry, name: str = "Kepala Bidang, S.Kom.", address: str = "kabid@contoh.go.id") -> Invite:
    return Invite(
        timezone="Asia/Makassar",
        organizer=("Dinas Kominfo-SP", "bimtek@contoh.go.id"),
        attendee=(name, address),
        entries=entries or [MORNING],
    )


def events(raw: bytes) -> list[Event]:
    return list(Calendar.from_ical(raw).events)


def starts(raw: bytes) -> Sequence[datetime]:
    """When it takes place, by dateutil's reading of the first component."""
    found = vobject.readOne(raw.decode()).vevent.getrruleset(addRDate=True)
    return [instant.astimezone(UTC) if instant.tzinfo else instant for instant in found]


def test_half_days_alike_are_one_event_with_a_date_line_each() -> None:
    raw = request(invite(MORNING, later(24), later(48)))
    [event] = events(raw)
    assert event["UID"] == MORNING.uid
    assert raw.count(b"RDATE;TZID=Asia/Makassar:") == 2
    assert starts(raw) == [datetime(2023, 7, day, 0, 0, tzinfo=UTC) for day in (3, 4, 5)]


def test_a_half_day_of_another_length_title_or_place_has_a_component_of_its_own() -> None:
    afternoon, elsewhere = later(5, length=3), later(24, location="Aula Bappelitbangda", summary="Penutupan")
    raw = request(invite(MORNING, afternoon, elsewhere, later(29)))
    master, *own = events(raw)
    assert "RECURRENCE-ID" not in master
    assert raw.count(b"RDATE;") == 3
    assert [event.decoded("RECURRENCE-ID") for event in own] == [afternoon.starts_at, elsewhere.starts_at]
    assert [event.decoded("DTEND") for event in own] == [afternoon.ends_at, elsewhere.ends_at]
    assert [str(event["SUMMARY"]) for event in own] == ["Bimtek Satu Data", "Penutupan"]
    assert [str(event["LOCATION"]) for event in own] == ["Aula Rujab Bupati", "Aula Bappelitbangda"]
    for event in own:
        for name in ("UID", "SEQUENCE", "DTSTAMP", "ORGANIZER", "ATTENDEE", "STATUS"):
            assert event[name] == master[name], name


def test_the_order_of_half_days_makes_no_difference() -> None:
    half_days = [MORNING, later(5, length=3), later(24)]
    assert request(invite(*reversed(half_days))) == request(invite(*half_days))


def test_of_two_half_days_that_start_together_the_longer_is_shown() -> None:
    raw = request(invite(MORNING, later(0, length=8), later(24, length=8)))
    [event] = events(raw)
    assert event.decoded("DTEND") == later(0, length=8).ends_at
    assert raw.count(b"RDATE") == 1


def test_the_organizer_asks_for_no_answer_from_who_registered() -> None:
    [event] = events(request(invite()))
    assert str(event["ORGANIZER"]) == "mailto:bimtek@contoh.go.id"
    assert event["ORGANIZER"].params["CN"] == "Dinas Kominfo-SP"
    assert str(event["ATTENDEE"]) == "mailto:kabid@contoh.go.id"
    assert dict(event["ATTENDEE"].params) == {
        "CN": "Kepala Bidang, S.Kom.",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }


def test_an_update_carries_the_same_uid_and_the_sequence_it_is_given() -> None:
    [before], [after] = (events(request(invite(replace(MORNING, sequence=number)))) for number in (3, 4))
    assert before["UID"] == after["UID"]
    assert [str(event["SEQUENCE"]) for event in (before, after)] == ["3", "4"]


def test_a_cancellation_takes_the_whole_event_away_and_opens_no_door() -> None:
    online = replace(MORNING, conference=("Ruang daring", "https://bimtek.contoh.go.id/join/t"), sequence=4)
    raw = cancel(invite(online, later(24)))
    [event] = events(raw)
    assert Calendar.from_ical(raw)["METHOD"] == "CANCEL"
    assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == (MORNING.uid, "CANCELLED", 4)
    assert (event.decoded("DTSTART"), str(event["ATTENDEE"])) == (MORNING.starts_at, "mailto:kabid@contoh.go.id")
    assert b"https:" not in raw
    assert b"RDATE" not in raw


def test_the_same_invitation_is_the_same_bytes_whenever_it_is_written() -> None:
    assert request(invite(MORNING, later(5))) == request(invite(MORNING, later(5)))
    assert events(request(invite()))[0].decoded("DTSTAMP") == MORNING.changed_at


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a?cc=korban@contoh.go.id", "mailto:a%3Fcc%3Dkorban@contoh.go.id"),
        ("a&b+c@contoh.go.id", "mailto:a%26b+c@contoh.go.id"),
        ("a\r\nX-EVIL:1@contoh.go.id", "mailto:a%0D%0AX-EVIL%3A1@contoh.go.id"),
        ("kepala@dinaś.id", "mailto:kepala@dina%C5%9B.id"),
    ],
)
def test_an_address_is_nothing_but_an_address(address: str, written: str) -> None:
    [event] = events(request(invite(address=address)))
    assert str(event["ATTENDEE"]) == written


@pytest.mark.parametrize("name", ["", " ", "\r\n", "\x00", "^"])
def test_a_person_whose_name_is_nothing_has_no_label(name: str) -> None:
    [event] = events(request(invite(name=name)))
    assert "CN" not in event["ATTENDEE"].params


def test_what_is_no_instant_or_no_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        request(invite(replace(MORNING, starts_at=datetime(2023, 7, 3, 8, 0), ends_at=None)))  # noqa: DTZ001 - the flaw
    with pytest.raises(TypeError):
        request(invite(replace(MORNING, starts_at=datetime(2023, 7, 3, tzinfo=UTC).date(), ends_at=None)))
    with pytest.raises(ZoneInfoNotFoundError):
        request(replace(invite(), timezone="Asia/Luwu"))
