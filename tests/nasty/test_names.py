"""Nasty names in messages and calendars: read by parsers of others, they are names and nothing more."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cache

import pytest
import vobject
from icalendar import Calendar
from icalendar.cal.component import Component as IcalendarComponent
from vobject.base import Component as VobjectComponent

from service.clients.mail import header_text
from tests.nasty.names import NAMES
from tests.nasty.written import ADDRESS, HALF_DAYS, SETTINGS, Written, calendar_part, read, write
from tests.support.each import each
from tests.support.ical_js import Seen

HEADERS = ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"]
PARTS = [
    "multipart/mixed",
    "multipart/alternative",
    "text/plain",
    "text/html",
    "text/calendar",
    "application/ics",
]
ORDINARY = "Kepala Bidang Aptika"
every_name = each("name", NAMES)
Components = list[tuple[str, list[str]]]


@cache
def written(name: str) -> Written:
    return write(name)


@pytest.fixture(scope="session")
def seen(ical_js: Callable[[Sequence[bytes]], list[Seen]]) -> dict[str, list[Seen]]:
    """What ical.js sees in each name's feed, REQUEST and CANCEL: one process reads them all."""
    names = [ORDINARY, *NAMES]
    read_at_once = iter(ical_js([calendar for name in names for calendar in written(name).calendars]))
    return {name: [next(read_at_once), next(read_at_once), next(read_at_once)] for name in names}


def shown(name: str) -> str:
    """The name on one line, without what cannot be printed."""
    line = re.sub("\r\n|[\r\n\t\x85\u2028\u2029]", " ", name)
    return "".join(one for one in line if unicodedata.category(one) not in {"Cc", "Cs"} and one != "\ufeff").strip()


def labelled(name: str) -> str:
    """The name as the CN of a calendar user, where some readers stumble over some characters."""
    return shown(name).replace('"', "'").replace("\\", "/").replace("^", "").strip()


def test_there_are_sixty_different_names() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 60


@every_name
def test_a_message_has_its_own_headers_and_parts_and_no_others(name: str) -> None:
    for raw in (written(name).confirmation, written(name).cancellation):
        for reader in (policy.default, policy.compat32, policy.SMTP):
            message = message_from_bytes(raw, policy=reader)
            assert message.keys() == HEADERS
            assert [part.get_content_type() for part in message.walk()] == PARTS
            assert not [defect for part in message.walk() for defect in part.defects]
        parsed = read(raw)
        assert [address.addr_spec for address in parsed["From"].addresses] == [SETTINGS.mail_from]
        assert [address.addr_spec for address in parsed["To"].addresses] == [ADDRESS]


@every_name
def test_the_name_in_the_headers_reads_as_the_name(name: str) -> None:
    raw = written(name).confirmation
    cleaned = header_text(name)
    assert not [one for one in cleaned if unicodedata.category(one).startswith("C")]
    parsed = read(raw)
    # Python 3.11 keeps the spaces between the encoded words of a name, which RFC 2047 drops; compat32 drops them.
    assert without_spaces(parsed["From"].addresses[0].display_name) == without_spaces(cleaned)
    assert parsed["Subject"].startswith("Pendaftaran terkonfirmasi: ")
    old = message_from_bytes(raw, policy=policy.compat32)
    phrase, address = parseaddr(old["From"])
    assert (str(make_header(decode_header(phrase))), address) == (cleaned, SETTINGS.mail_from)
    assert str(make_header(decode_header(old["Subject"]))).replace("\r\n", "") == parsed["Subject"]


@every_name
def test_a_message_is_seven_bit_lines_of_a_bearable_length(name: str) -> None:
    for raw in (written(name).confirmation, written(name).cancellation):
        assert raw.isascii()
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", raw)
        assert max(map(len, raw.split(b"\r\n"))) <= 200


@every_name
def test_the_part_names_the_method_of_its_calendar_and_the_file_is_the_same(name: str) -> None:
    for raw, method in ((written(name).confirmation, "REQUEST"), (written(name).cancellation, "CANCEL")):
        named, content = calendar_part(raw)
        assert named == method
        assert content.count(b"\r\nMETHOD:" + method.encode() + b"\r\n") == content.count(b"\r\nMETHOD:") == 1
        [attached] = [part for part in read(raw).walk() if isinstance(part, EmailMessage) and part.is_attachment()]
        assert (attached.get_filename(), attached.get_payload(decode=True)) == ("invite.ics", content)


@every_name
def test_a_calendar_is_lines_of_at_most_75_octets(name: str) -> None:
    for calendar in written(name).calendars:
        assert calendar.endswith(b"END:VCALENDAR\r\n")
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n", calendar)
        assert max(map(len, calendar.split(b"\r\n"))) <= 75
        for line in calendar.split(b"\r\n"):
            line.decode()
        text = calendar.decode()
        assert not [one for one in set(text) - set("\r\n\t") if unicodedata.category(one) in {"Cc", "Cs"}]


@every_name
def test_icalendar_sees_one_event_with_the_name_in_it(name: str) -> None:
    parsed_ones = [Calendar.from_ical(calendar) for calendar in written(name).calendars]
    for parsed, (ordinary, _) in zip(parsed_ones, ordinary_components(), strict=True):
        assert not [component.errors for component in parsed.walk() if component.errors]
        assert of_icalendar(parsed) == ordinary
        assert str(parsed.events[0]["SUMMARY"]) == shown(name)
    for parsed in parsed_ones[1:]:
        for event in parsed.events:
            assert (str(event["ATTENDEE"]), event["ATTENDEE"].params["CN"]) == (f"mailto:{ADDRESS}", labelled(name))
            assert event["ORGANIZER"].params["CN"] == labelled(name)


@every_name
def test_vobject_sees_one_event_with_the_name_in_it(name: str) -> None:
    parsed_ones = [vobject.readOne(calendar.decode()) for calendar in written(name).calendars]
    for parsed, (_, ordinary) in zip(parsed_ones, ordinary_components(), strict=True):
        assert of_vobject(parsed) == ordinary
        assert parsed.vevent.summary.value == shown(name)
    for parsed in parsed_ones[1:]:
        for event in parsed.vevent_list:
            assert event.attendee.value == f"mailto:{ADDRESS}"
            assert event.attendee.params["CN"] == [labelled(name)]
            assert event.organizer.params["CN"] == [labelled(name)]


@every_name
def test_ical_js_sees_one_event_with_the_name_in_it(name: str, seen: dict[str, list[Seen]]) -> None:
    for calendar, ordinary in zip(seen[name], seen[ORDINARY], strict=True):
        assert calendar.components == ordinary.components
        assert calendar.events[0].summary == shown(name)
        assert [event.uid for event in calendar.events] == [event.uid for event in ordinary.events]
        assert [at[:2] for at in calendar.occurrences] == [at[:2] for at in ordinary.occurrences]
    for calendar in seen[name][1:]:
        for event in calendar.events:
            assert [(one.name, one.address) for one in event.attendees] == [(labelled(name), f"mailto:{ADDRESS}")]
            assert [one.name for one in event.organizers] == [labelled(name)]


def test_ical_js_finds_every_half_day_of_the_one_event(seen: dict[str, list[Seen]]) -> None:
    _feed, request, cancel = seen[ORDINARY]
    assert (request.method, cancel.method) == ("REQUEST", "CANCEL")
    assert len({event.uid for event in request.events} | {event.uid for event in cancel.events}) == 1
    assert request.events[0].rdates == 3
    instants = [(start.timestamp(), (start + length).timestamp()) for start, length in HALF_DAYS]
    assert [(stamp(start), stamp(end)) for start, end, _summary in request.occurrences] == instants
    assert [event.status for event in cancel.events] == ["CANCELLED"]


def stamp(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def without_spaces(text: str) -> str:
    return text.replace(" ", "")


@cache
def ordinary_components() -> list[tuple[Components, Components]]:
    """What icalendar and vobject see in the calendars of an ordinary name."""
    return [
        (of_icalendar(Calendar.from_ical(calendar)), of_vobject(vobject.readOne(calendar.decode())))
        for calendar in written(ORDINARY).calendars
    ]


def of_icalendar(calendar: IcalendarComponent) -> Components:
    return [
        (str(component.name), sorted(key for key, _value in component.property_items(recursive=False)))
        for component in calendar.walk()
    ]


def of_vobject(component: VobjectComponent) -> Components:
    children = list(component.getChildren())
    lines = [child.name for child in children if not isinstance(child, VobjectComponent)]
    below = [child for child in children if isinstance(child, VobjectComponent)]
    return [(component.name, sorted(lines)), *(found for child in below for found in of_vobject(child))]
