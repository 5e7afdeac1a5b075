"""A workshop as search engines and other programs read it: schema.org's Event as JSON-LD, a data block in the page."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urljoin

from markupsafe import Markup

from service import clock
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.workshops import Modality, RegistrationState, WorkshopStatus
from service.models.workshops_shapes import AgendaItemRead, BlockRead, VenueRead, WorkshopRead
from service.pages.render import by_day

SCHEMA = "https://schema.org/"
_ATTENDANCE = {
    Modality.OFFLINE: "OfflineEventAttendanceMode",
    Modality.ONLINE: "OnlineEventAttendanceMode",
    Modality.HYBRID: "MixedEventAttendanceMode",
}
_AVAILABILITY = {RegistrationState.OPEN: "InStock", RegistrationState.FULL: "SoldOut"}


def data_block(data: Mapping[str, object]) -> Markup:
    """JSON for the inside of a script element: nothing in it ends the element or the line (U+2028).

    Every `<`, `>`, `&` and everything beyond ASCII becomes an escape that JSON reads as the same character.
    """
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - nothing that means anything to HTML is left


def event(workshop: WorkshopRead, house: Organizer, house_url: str, image: str) -> dict[str, object]:
    """The workshop as schema.org/Event. Public facts alone: online, its place is this page and never a join link."""
    organizer = {"@type": "GovernmentOrganization", "name": house.name, "url": house_url}
    found: dict[str, object | None] = {
        "@context": SCHEMA.rstrip("/"),
        "@type": "Event",
        "@id": workshop.links.page,
        "url": workshop.links.page,
        "identifier": str(workshop.id),
        "name": workshop.title,
        "description": workshop.description or None,
        "image": [image],
        "inLanguage": house.language,
        "startDate": _local(workshop.starts_at, workshop.timezone),
        "endDate": _local(workshop.ends_at, workshop.timezone),
        "eventStatus": SCHEMA + _status(workshop),
        "eventAttendanceMode": SCHEMA + _ATTENDANCE[workshop.modality],
        "location": _locations(workshop),
        "organizer": organizer,
        "offers": _offer(workshop, organizer),
        **_seats(workshop),
        "subEvent": _days(workshop),
    }
    return _told(found)


def _told(found: Mapping[str, object | None]) -> dict[str, object]:
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def _local(instant: datetime, timezone: str) -> str:
    """As the workshop's own clock shows it, with the offset."""
    return clock.in_zone(instant, timezone).isoformat(timespec="seconds")


def _status(workshop: WorkshopRead) -> str:
    # Schema.org has no word for what is over: its end date says so.
    return "EventCancelled" if workshop.status is WorkshopStatus.CANCELLED else "EventScheduled"


def _locations(workshop: WorkshopRead) -> list[dict[str, object]]:
    places = [] if workshop.modality is Modality.ONLINE else [_place(workshop.venue)]
    if workshop.modality is not Modality.OFFLINE:
        places.append({"@type": "VirtualLocation", "url": workshop.links.page})
    return [place for place in places if len(place) > 1]


def _place(venue: VenueRead) -> dict[str, object]:
    address = {"@type": "PostalAddress", "streetAddress": venue.address, "addressCountry": "ID"}
    point = {"@type": "GeoCoordinates", "latitude": venue.latitude, "longitude": venue.longitude}
    return _told(
        {
            "@type": "Place",
            "name": venue.name or venue.address,
            "address": address if venue.address else None,
            "geo": point if venue.latitude is not None and venue.longitude is not None else None,
        }
    )


def _offer(workshop: WorkshopRead, organizer: Mapping[str, object]) -> dict[str, object] | None:
    """The registration. It names no price: what the organizer asks of people elsewhere is not known here."""
    if workshop.status is not WorkshopStatus.PUBLISHED:
        return None
    window, zone = workshop.registration, workshop.timezone
    availability = _AVAILABILITY.get(window.state)
    return _told(
        {
            "@type": "Offer",
            "url": workshop.links.page,
            "availability": SCHEMA + availability if availability else None,
            "validFrom": _local(window.opens_at, zone) if window.opens_at else None,
            "validThrough": _local(window.closes_at or workshop.ends_at, zone),
            "offeredBy": dict(organizer),
        }
    )


def _seats(workshop: WorkshopRead) -> dict[str, object | None]:
    """How many there are and how many are left, where that is limited."""
    offered = [
        (mode, limits, left)
        for mode, limits, left in (
            (Modality.OFFLINE, workshop.capacity.offline, workshop.seats_left.offline),
            (Modality.ONLINE, workshop.capacity.online, workshop.seats_left.online),
        )
        if workshop.modality in (mode, Modality.HYBRID)
    ]
    limits = {mode: seats.limit for mode, seats, _left in offered}
    everywhere = [seats.limit for _mode, seats, _left in offered if seats.limit is not None]
    left = [number for _mode, _seats, number in offered if number is not None]
    limited = len(everywhere) == len(offered)
    return {
        "maximumAttendeeCapacity": sum(everywhere) if limited else None,
        "maximumPhysicalAttendeeCapacity": limits.get(Modality.OFFLINE),
        "maximumVirtualAttendeeCapacity": limits.get(Modality.ONLINE),
        "remainingAttendeeCapacity": sum(left) if limited else None,
    }


def _days(workshop: WorkshopRead) -> list[dict[str, object]]:
    """Each day of a workshop of several, from its first to its last entry."""
    programme: Sequence[AgendaItemRead | BlockRead] = workshop.agenda or workshop.blocks
    days = by_day(programme, workshop.timezone)
    if len(days) < 2:
        return []
    return [
        {
            "@type": "Event",
            "name": _("{title}, hari ke-{number}").format(title=workshop.title, number=number),
            "url": workshop.links.page,
            "startDate": _local(entries[0].starts_at, workshop.timezone),
            "endDate": _local(max(entry.ends_at for entry in entries), workshop.timezone),
            "eventStatus": SCHEMA + _status(workshop),
            "eventAttendanceMode": SCHEMA + _ATTENDANCE[workshop.modality],
            "location": _locations(workshop),
        }
        for number, (_day, entries) in enumerate(days, 1)
    ]


def absolute(base: str, address: str) -> str:
    """An address of this host, or of another, written out."""
    return urljoin(f"{base}/", address)
