"""A registration in its person's own calendar: invitations, updates and cancellations by mail (RFC 5545, 5546, 6047).

A registration is one event with one UID, however many half-days it has: the first is the event, every further one an
RDATE, with a component of its own (RECURRENCE-ID) where it differs from the first in more than its start. There is no
RRULE: Google leaves out dates that lie outside one. Exchange knows no RDATE without one and shows the first half-day,
which is why the description should name them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress, vText

from service import clock
from service.documents.ics import Entry, event_of
from service.documents.ics_values import PRODUCT, parameter, vtimezone


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """One person's event: `entries` are its half-days (at least one), all with the same UID, sequence and change.

    `organizer` and `attendee` are a name and a mail address; the organizer's is the one the mail comes from.
    """

    timezone: str
    organizer: tuple[str, str]
    attendee: tuple[str, str]
    entries: Sequence[Entry]


def request(invite: Invite) -> bytes:
    """The event as METHOD:REQUEST: new to a calendar without its UID, an update where the sequence is lower.

    Raises ZoneInfoNotFoundError for an unknown zone and ValueError for an instant without an offset.
    """
    first, *further = _apart(invite.entries)
    master = _event(invite, first)
    events = [master]
    zone = clock.zone(invite.timezone)
    for entry in further:
        start = _start(entry).astimezone(zone)
        # One property each: there are readers that take only the first date of a list.
        master.add("RDATE", [start])
        if _like(entry, first) != first:
            events.append(_event(invite, entry))
            events[-1].add("RECURRENCE-ID", start)
    return _message("REQUEST", invite, events)


def cancel(invite: Invite) -> bytes:
    """The event as METHOD:CANCEL: takes all of it out of the calendar. Raises like `request`."""
    first = _apart(invite.entries)[0]
    gone = replace(first, status="CANCELLED", description="", url=None, conference=None)
    return _message("CANCEL", invite, [_event(invite, gone)])


def _message(method: Literal["REQUEST", "CANCEL"], invite: Invite, events: Sequence[Event]) -> bytes:
    calendar = Calendar()
    calendar["VERSION"] = vText("2.0")
    calendar["PRODID"] = vText(PRODUCT)
    calendar["CALSCALE"] = vText("GREGORIAN")
    calendar["METHOD"] = vText(method)
    for component in (vtimezone(invite.timezone), *events):
        calendar.add_component(component)
    rendered: bytes = calendar.to_ical()
    return rendered


def _event(invite: Invite, entry: Entry) -> Event:
    event = event_of(entry, clock.zone(invite.timezone))
    event["ORGANIZER"] = _person(*invite.organizer, {})
    # Whoever registered has said yes already; an answer would reach a mailbox that nobody reads.
    answered = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    event["ATTENDEE"] = _person(*invite.attendee, answered)
    return event


def _person(name: str, address: str, parameters: dict[str, str]) -> vCalAddress:
    """A calendar user; a question mark in the address must not begin the headers of a mailto (RFC 6068)."""
    label = parameter(name)
    shown = {"CN": label} if label else {}
    return vCalAddress(f"mailto:{quote(address, safe='@+', errors='replace')}", params=shown | parameters)


def _apart(entries: Sequence[Entry]) -> list[Entry]:
    """By start; of those that start together the longest, since a start names its instance."""
    longest: dict[datetime, Entry] = {}
    for entry in sorted(entries, key=_length):
        longest[_start(entry)] = entry
    return [longest[start] for start in sorted(longest)]


def _like(entry: Entry, first: Entry) -> Entry:
    """`entry` as if it started with `first`."""
    return replace(entry, starts_at=first.starts_at, ends_at=_start(first) + _length(entry) if entry.ends_at else None)


def _start(entry: Entry) -> datetime:
    if not isinstance(entry.starts_at, datetime):
        raise TypeError("a half-day begins at an instant")
    return entry.starts_at


def _length(entry: Entry) -> timedelta:
    return entry.ends_at - _start(entry) if entry.ends_at else timedelta()
