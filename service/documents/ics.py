"""Calendar feeds: iCalendar (RFC 5545) with the properties of RFC 7986, one VEVENT per attendance block or due date.

Nothing here looks at a clock: the same feed gives the same bytes, today and tomorrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCategory, vDuration, vText, vUri

from service import clock
from service.documents.ics_values import PRODUCT, line, text, uri, utc, vtimezone

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of somebody's calendar.

    `starts_at` is an aware instant, or a plain date for something due on that day (a whole day that keeps nobody busy;
    `ends_at` is then left out). `sequence` grows when time, place or status changes. `changed_at` is the last change of
    anything shown. `conference` is the label and the address of the online room. Coordinates are degrees (WGS 84).
    """

    uid: str
    summary: str
    starts_at: datetime | date
    changed_at: datetime
    ends_at: datetime | None = None
    sequence: int = 0
    status: Status = "CONFIRMED"
    description: str = ""
    location: str = ""
    latitude: float | None = None
    longitude: float | None = None
    url: str | None = None
    conference: tuple[str, str] | None = None
    categories: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A calendar to subscribe to: `source_url` is its own address, `refresh` how often it is worth reading again."""

    name: str
    source_url: str
    timezone: str
    refresh: timedelta = timedelta(minutes=15)
    entries: Sequence[Entry] = ()


def render(feed: Feed) -> bytes:
    """The feed as text/calendar, UTF-8, lines of at most 75 octets, entries in order of start and UID.

    Raises ZoneInfoNotFoundError for an unknown zone and ValueError for an instant without an offset.
    """
    zone = clock.zone(feed.timezone)
    calendar = _head(feed)
    calendar.add_component(vtimezone(feed.timezone))
    for entry in sorted(feed.entries, key=_order):
        calendar.add_component(event_of(entry, zone))
    rendered: bytes = calendar.to_ical()
    return rendered


def _head(feed: Feed) -> Calendar:
    calendar = Calendar()
    calendar["VERSION"] = vText("2.0")
    calendar["PRODID"] = vText(PRODUCT)
    calendar["CALSCALE"] = vText("GREGORIAN")
    calendar["NAME"] = calendar["X-WR-CALNAME"] = line(feed.name)
    calendar["X-WR-TIMEZONE"] = vText(feed.timezone)
    calendar["REFRESH-INTERVAL"] = vDuration(feed.refresh, params={"VALUE": "DURATION"})
    calendar["X-PUBLISHED-TTL"] = vDuration(feed.refresh)
    calendar["SOURCE"] = vUri(uri(feed.source_url), params={"VALUE": "URI"})
    return calendar


def event_of(entry: Entry, zone: ZoneInfo) -> Event:
    """The entry as a VEVENT, its times in `zone`. Raises ValueError for an instant without an offset."""
    event = Event()
    event["UID"] = line(entry.uid)
    event["SUMMARY"] = line(entry.summary)
    event["STATUS"] = vText(entry.status)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", utc(entry.changed_at))
    event.add("LAST-MODIFIED", utc(entry.changed_at))
    _add_time(event, entry, zone)
    _add_place(event, entry)
    if entry.categories:
        event["CATEGORIES"] = categories = vCategory([])
        categories.cats = [line(category) for category in entry.categories]
    return event


def _add_time(event: Event, entry: Entry, zone: ZoneInfo) -> None:
    if not isinstance(entry.starts_at, datetime):
        event.add("DTSTART", entry.starts_at)
        event["TRANSP"] = vText("TRANSPARENT")
        return
    event.add("DTSTART", utc(entry.starts_at).astimezone(zone))
    if entry.ends_at is not None:
        event.add("DTEND", utc(entry.ends_at).astimezone(zone))


def _add_place(event: Event, entry: Entry) -> None:
    """Say where it is: CONFERENCE is not read everywhere, so its link is in LOCATION, URL and DESCRIPTION too."""
    location, description, url = [entry.location], [entry.description], entry.url
    if entry.conference is not None:
        label, link = line(entry.conference[0]), uri(entry.conference[1])
        event["CONFERENCE"] = vUri(link, params={"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"], "LABEL": label})
        location.append(link)
        description.append(f"{label}: {link}")
        url = url or link
    if any(location):
        event["LOCATION"] = line(", ".join(filter(None, location)))
    if any(description):
        event["DESCRIPTION"] = text("\n\n".join(filter(None, description)))
    if url:
        event["URL"] = vUri(uri(url))
    if entry.latitude is not None and entry.longitude is not None:
        # Four decimals (11 m): with more, Python writes places near the equator as 1e-05, which RFC 5545 forbids.
        event.add("GEO", (round(entry.latitude, 4), round(entry.longitude, 4)))


def _order(entry: Entry) -> tuple[str, str]:
    start = entry.starts_at
    return (utc(start) if isinstance(start, datetime) else start).isoformat(), entry.uid
