"""The picture at the head of an organizer's papers; its words come from domain.papers."""

from io import BytesIO

from service.clients import images
from service.clients.files import Store
from service.documents import pdf


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
