"""Formal agreements (Komitmen Bersama) as PDF: the text, room for signatures, and the annex."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.clients.files import Store
from service.documents import letterhead, pdf


class Paper(Protocol):
    """See domain.agreement_papers.Paper."""

    @property
    def title(self) -> str: ...
    @property
    def number(self) -> str | None: ...
    @property
    def head(self) -> Mapping[str, object]: ...
    @property
    def paragraphs(self) -> Sequence[str]: ...
    @property
    def occasion(self) -> str: ...
    @property
    def signed_on(self) -> str | None: ...
    @property
    def parties(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def annex(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def logo_key(self) -> str | None: ...
    @property
    def made_at(self) -> datetime: ...


def pages(paper: Paper, store: Store) -> bytes:
    """The agreement with its annex. Blocks: call it in a thread."""
    data = {
        "title": paper.title,
        "number": paper.number,
        "head": {**paper.head, "logo": letterhead.logo(store, paper.logo_key)},
        "paragraphs": paper.paragraphs,
        "occasion": paper.occasion,
        "signed_on": paper.signed_on,
        "parties": paper.parties,
        "annex": paper.annex,
    }
    return pdf.render("agreement.typ", data, paper.made_at)
