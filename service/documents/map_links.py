"""Links that lead to a place on a map; no map is shown here, so nothing is asked of anybody before the click."""

from dataclasses import dataclass
from urllib.parse import quote

_ZOOM = 17


@dataclass(frozen=True, slots=True)
class MapLinks:
    """`web`: OpenStreetMap in a browser; `geo`: the map program of the device (RFC 5870)."""

    web: str
    geo: str


def map_links(
    name: str | None, address: str | None, latitude: float | None, longitude: float | None
) -> MapLinks | None:
    """The links to a point (WGS 84), else to what an address finds; None for neither.

    The query behind the geo URI is what Android's programs read: it drops a pin, or searches where the point is 0,0.
    """
    if latitude is not None and longitude is not None:
        point = f"{latitude:.6f},{longitude:.6f}"
        where = f"?mlat={latitude:.6f}&mlon={longitude:.6f}#map={_ZOOM}/{latitude:.6f}/{longitude:.6f}"
        return MapLinks(f"https://www.openstreetmap.org/{where}", f"geo:{point}?q={point}")
    sought = ", ".join(part for part in (name, address) if part)
    # A hall without a town would be found anywhere.
    if not address:
        return None
    words = quote(sought, safe="", errors="replace")
    return MapLinks(f"https://www.openstreetmap.org/search?query={words}", f"geo:0,0?q={words}")
