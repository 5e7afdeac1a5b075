"""Feeds of workshops: Atom (RFC 4287) and JSON Feed 1.1. The same bytes for the same rows: nothing of them is "now"."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from xml.etree import ElementTree as ET

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any spelling (2.2)."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A workshop. `facts`: label and value, for people; `data`: the same for programs; `calendar`: its .ics."""

    id: str
    title: str
    url: str
    calendar: str
    updated_at: datetime
    text: str
    facts: Sequence[tuple[str, str]]
    tags: Sequence[tuple[str, str]]
    data: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Feed:
    """An organizer's workshops. `url` is the feed's own address, `home` the page for people; ids are URIs that stay."""

    id: str
    title: str
    author: str
    url: str
    home: str
    language: str
    updated_at: datetime
    entries: Sequence[Entry]


def atom(feed: Feed) -> bytes:
    """The feed as application/atom+xml."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": feed.language})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", _instant(feed.updated_at))
    _add(_add(root, "author"), "name", feed.author)
    _add(root, "link", rel="self", type="application/atom+xml", href=feed.url)
    _add(root, "link", rel="alternate", type="text/html", href=feed.home)
    for entry in feed.entries:
        one = _add(root, "entry")
        _add(one, "id", entry.id)
        _add(one, "title", entry.title)
        _add(one, "updated", _instant(entry.updated_at))
        _add(one, "link", rel="alternate", type="text/html", href=entry.url)
        _add(one, "link", rel="related", type="text/calendar", href=entry.calendar)
        for term, label in entry.tags:
            _add(one, "category", term=term, label=label)
        _add(one, "content", _html(entry), type="html")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def json_feed(feed: Feed) -> bytes:
    """The feed as application/feed+json. What JSON Feed has no word for stands in `_bimtek`, as its extensions do."""
    items = [
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": _html(entry),
            "date_modified": _instant(entry.updated_at),
            "tags": [label for _term, label in entry.tags],
            "_bimtek": {**entry.data, "calendar": entry.calendar},
        }
        for entry in feed.entries
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.home}],
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _html(entry: Entry) -> str:
    """The facts as a list, then the description; every text escaped, since readers show this as HTML."""
    facts = "".join(f"<li><b>{escape(label)}:</b> {escape(value)}</li>" for label, value in entry.facts)
    said = [one.strip() for one in re.split(r"\n\s*\n", entry.text) if one.strip()]
    prose = "".join(f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in said)
    return f"<ul>{facts}</ul>{prose}"


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    cleaned = {key: _NOT_XML.sub("", value) for key, value in attributes.items()}
    child = ET.SubElement(parent, name, cleaned)
    child.text = _NOT_XML.sub("", text) if text is not None else None
    return child


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds")
