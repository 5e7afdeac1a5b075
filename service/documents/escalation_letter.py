"""Letters to the heads of organisations whose data is late, as PDF."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.clients.files import Store
from service.documents import letterhead, pdf


class Sheet(Protocol):
    """See domain.escalation_letters.Sheet."""

    @property
    def title(self) -> str: ...
    @property
    def head(self) -> Mapping[str, object]: ...
    @property
    def letters(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def logo_key(self) -> str | None: ...
    @property
    def made_at(self) -> datetime: ...


def render(sheet: Sheet, store: Store) -> bytes:
    """The letters one after the other. Blocks: call it in a thread."""
    head = {**sheet.head, "logo": letterhead.logo(store, sheet.logo_key)}
    data = {"title": sheet.title, "head": head, "letters": sheet.letters}
    return pdf.render("escalation_letter.typ", data, sheet.made_at)
