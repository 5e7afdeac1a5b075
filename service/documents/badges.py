"""Badges as pages to be cut: two columns of 90 x 60 mm, eight on A4 and ten on F4."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from service.clients.files import Store
from service.documents import letterhead, pdf, qr


class Badge(Protocol):
    """See domain.badges.Badge."""

    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def position(self) -> str: ...
    @property
    def represents(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def ticket(self) -> str: ...


class Badges(Protocol):
    """See domain.badges.Badges."""

    @property
    def title(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def office(self) -> str: ...
    @property
    def days(self) -> str: ...
    @property
    def badges(self) -> Sequence[Badge]: ...
    @property
    def logo_key(self) -> str | None: ...
    @property
    def made_at(self) -> datetime: ...


_MASK = 2
_TEXTS = ("number", "name", "organisation", "position", "represents", "role", "mode")


def pages(badges: Badges, store: Store, size: tuple[int, int]) -> bytes:
    """The badges as PDF; `size` of the paper in mm, the short side first. Blocks: call it in a thread."""
    return pdf.render("badges.typ", inputs(badges, store, size), badges.made_at)


def inputs(badges: Badges, store: Store, size: tuple[int, int]) -> dict[str, object]:
    """What the template takes."""
    return {
        "title": badges.title,
        "event": badges.event,
        "office": badges.office,
        "days": badges.days,
        "paper": size,
        "logo": letterhead.logo(store, badges.logo_key),
        "badges": [
            {name: getattr(badge, name) for name in _TEXTS} | {"qr": qr.svg(badge.ticket, mask=_MASK).decode()}
            for badge in badges.badges
        ],
    }
