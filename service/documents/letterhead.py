"""The picture at the head of an organizer's papers; its words come from domain.papers."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from service.clients import images
from service.clients.files import Store
from service.documents import pdf

_SAID = (
    "Contoh ini memperlihatkan kop surat dan ruang tanda tangan sebagaimana tercetak pada surat dan daftar hadir.",
    "Bagian yang belum diisi tampil sebagai titik-titik dan dapat ditulis tangan.",
)


def specimen(head: Mapping[str, object], store: Store, key: str | None, made_at: datetime) -> bytes:
    """An empty letter under this head, as PDF: to be looked at. Blocks: call it in a thread."""
    data = {"title": "Contoh surat", "head": {**head, "logo": logo(store, key)}, "said": _SAID}
    return pdf.render("letterhead.typ", data, made_at)


def logo(store: Store, key: str | None) -> str | None:
    """The logo as the SVG text that templates take. Blocks: a file is read.

    One that is gone or cannot be read is left out, since a paper without it is better than none.
    """
    if key is None:
        return None
    try:
        content = b"".join(store.read(key))
        image = images.measure(BytesIO(content))
    except (FileNotFoundError, images.NotAnImage):
        return None
    return pdf.picture(content, image.media_type, image.width, image.height)
