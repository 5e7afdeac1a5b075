"""Values of iCalendar (RFC 5545) that nobody can break out of: text on its line, addresses, instants, time zones."""

import re
from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote

from icalendar import Timezone, vText

from service import clock

PRODUCT = "-//Bimtek//Bimtek//ID"

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ud800-\udfff]")
_URI_SAFE = "%/:?#[]@!$&'()*+,;=~"
_PARAMETER = str.maketrans({'"': "'", "\\": "/", "^": None})


class Text(vText):
    r"""TEXT whose backslashes are kept: vText takes the two characters `\N` for a line break."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return b"\\\\".join(vText(part).to_ical() for part in self.split("\\"))


def text(value: str) -> Text:
    """`value` with plain newlines (escaped on output), without control characters, BOMs and lone surrogates."""
    return Text(_UNPRINTABLE.sub("", _LINE_BREAK.sub("\n", value)))


def line(value: str) -> Text:
    """`value` as text on one line."""
    return Text(text(value).replace("\n", " ").replace("\t", " ").strip())


def parameter(value: str) -> str:
    """`value` as it may stand in a parameter, e.g. a CN.

    Quotation marks and carets have a code (RFC 6868) that few readers know, and backslashes are a sign to some.
    """
    return str(line(value)).translate(_PARAMETER).strip()


def uri(address: str) -> str:
    """`address` with everything percent-encoded that may not stand in a URI, so that it cannot end its line."""
    return quote(address, safe=_URI_SAFE, errors="replace")


def utc(instant: datetime) -> datetime:
    """Raises ValueError for an instant without an offset."""
    if instant.tzinfo is None:
        raise ValueError("an instant in a calendar needs an offset")
    return instant.astimezone(UTC)


@cache
def vtimezone(name: str) -> Timezone:
    """The VTIMEZONE of a zone; making one takes 20 ms. Raises ZoneInfoNotFoundError."""
    return Timezone.from_tzinfo(clock.zone(name), name)
