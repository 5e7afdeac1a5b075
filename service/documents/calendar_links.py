"""Links that put a calendar feed into the calendars people use."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class CalendarLinks:
    """Where one click leads: a program on the device (webcal), Google, Outlook (private, and of an office), a file."""

    webcal: str
    google: str
    outlook: str
    office: str
    file: str


def webcal(url: str) -> str:
    """A feed's address under the scheme that opens calendar programs. `url` is http or https."""
    return f"webcal://{url.partition('://')[2]}"


def calendar_links(url: str, name: str) -> CalendarLinks:
    """Every way to subscribe to the feed at `url` (absolute), or to keep it as a file; `name` is what Outlook shows.

    Neither vendor documents these addresses; they are what their own help pages lead to. Google takes a feed only as
    webcal: an https address there is looked up as somebody's account.
    """
    added = f"url={_encoded(url)}&name={_encoded(name)}"
    return CalendarLinks(
        webcal=webcal(url),
        google=f"https://calendar.google.com/calendar/render?cid={_encoded(webcal(url))}",
        outlook=f"https://outlook.live.com/calendar/0/addfromweb?{added}",
        office=f"https://outlook.office.com/calendar/0/addfromweb?{added}",
        file=f"{url}{'&' if '?' in url else '?'}download=1",
    )


def _encoded(text: str) -> str:
    return quote(text, safe="", errors="replace")
