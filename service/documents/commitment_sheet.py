"""Commitment sheets as PDF, one for each organisation, to be signed by its head."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.clients.files import Store
from service.documents import letterhead, pdf


class Sheets(Protocol):
    """See domain.commitment_sheets.Sheets."""

    @property
    def title(self) -> str: ...
    @property
    def head(self) -> Mapping[str, object]: ...
    @property
    def details(self) -> Sequence[tuple[str, str]]: ...
    @property
    def sheets(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def logo_key(self) -> str | None: ...
    @property
    def made_at(self) -> datetime: ...


def pages(paper: Sheets, store: Store) -> bytes:
    """The sheets one after the other. Blocks: call it in a thread."""
    data = {
        "title": paper.title,
        "head": {**paper.head, "logo": letterhead.logo(store, paper.logo_key)},
        "details": paper.details,
        "sheets": paper.sheets,
    }
    return pdf.render("commitment_sheet.typ", data, paper.made_at)
