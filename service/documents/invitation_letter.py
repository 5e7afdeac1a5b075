"""Official letters of invitation as PDF: the code beside the address, the logo at the head."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.clients.files import Store
from service.documents import letterhead, pdf, qr


class Sheet(Protocol):
    """See domain.invitation_letters.Sheet."""

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
    """The letters one after the other, each with its annex. Blocks: call it in a thread."""
    letters = [{**letter, "qr": qr.svg(str(letter["link"])).decode()} for letter in sheet.letters]
    head = {**sheet.head, "logo": letterhead.logo(store, sheet.logo_key)}
    return pdf.render("letter.typ", {"title": sheet.title, "head": head, "letters": letters}, sheet.made_at)
