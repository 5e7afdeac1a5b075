"""Official letters of invitation as PDF: the code beside the address, the logo at the head."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Protocol

from service.clients import images
from service.clients.files import Store
from service.documents import pdf, qr


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
    """The letters one after the other, each with its annex. Blocks: call it in a thread.

    A logo that is gone is left out, since a letter without one is better than none.
    """
    logo = _logo(store, sheet.logo_key) if sheet.logo_key else None
    letters = [{**letter, "qr": qr.svg(str(letter["link"])).decode()} for letter in sheet.letters]
    data = {"title": sheet.title, "head": {**sheet.head, "logo": logo}, "letters": letters}
    return pdf.render("letter.typ", data, sheet.made_at)


def _logo(store: Store, key: str) -> str | None:
    try:
        content = b"".join(store.read(key))
        image = images.measure(BytesIO(content))
    except (FileNotFoundError, images.NotAnImage):
        return None
    return pdf.picture(content, image.media_type, image.width, image.height)
