"""Minutes of a workshop (notula) as PDF."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.clients.files import Store
from service.documents import letterhead, pdf


class Paper(Protocol):
    """See domain.minutes_paper.Paper."""

    @property
    def title(self) -> str: ...
    @property
    def head(self) -> Mapping[str, object]: ...
    @property
    def facts(self) -> Sequence[tuple[str, str]]: ...
    @property
    def agenda(self) -> Sequence[str]: ...
    @property
    def paragraphs(self) -> Sequence[str]: ...
    @property
    def follow_ups(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def chaired_by(self) -> str | None: ...
    @property
    def written_by(self) -> str | None: ...
    @property
    def logo_key(self) -> str | None: ...
    @property
    def made_at(self) -> datetime: ...


def pages(paper: Paper, store: Store) -> bytes:
    """The minutes, with what is to be followed up. Blocks: call it in a thread."""
    data = {
        "title": paper.title,
        "head": {**paper.head, "logo": letterhead.logo(store, paper.logo_key)},
        "facts": paper.facts,
        "agenda": paper.agenda,
        "paragraphs": paper.paragraphs,
        "follow_ups": paper.follow_ups,
        "chaired_by": paper.chaired_by,
        "written_by": paper.written_by,
    }
    return pdf.render("minutes.typ", data, paper.made_at)
