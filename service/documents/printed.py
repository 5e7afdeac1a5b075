"""What all papers about attendance have in common: letter head, what they are about, and as of when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.clients.files import Store
from service.documents import letterhead


class Printed(Protocol):
    """A paper about a workshop."""

    @property
    def title(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def head(self) -> Mapping[str, object]: ...
    @property
    def details(self) -> Sequence[tuple[str, str]]: ...
    @property
    def remarks(self) -> Sequence[str]: ...
    @property
    def as_of(self) -> str: ...
    @property
    def logo_key(self) -> str | None: ...
    @property
    def made_at(self) -> datetime: ...


def frame(paper: Printed, store: Store, size: tuple[int, int]) -> dict[str, object]:
    """The template's data around the tables; `size` of the paper in mm, the short side first. Blocks."""
    return {
        "title": paper.title,
        "event": paper.event,
        "as_of": paper.as_of,
        "paper": [size[1], size[0]],
        "head": {**paper.head, "logo": letterhead.logo(store, paper.logo_key)},
        "details": paper.details,
        "remarks": paper.remarks,
    }
