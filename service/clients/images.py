"""Pictures, judged by their first bytes: what they are and how large, without decoding anything."""

from dataclasses import dataclass
from typing import BinaryIO

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_MOST_SEGMENTS = 1_000


class NotAnImage(ValueError):
    """Neither PNG nor JPEG, or its header does not say how large it is."""


@dataclass(frozen=True)
class Image:
    """A picture's kind and its size in pixels."""

    media_type: str
    width: int
    height: int

    @property
    def ending(self) -> str:
        """The usual ending of its file name."""
        return {"image/png": ".png", "image/jpeg": ".jpg"}[self.media_type]


def measure(source: BinaryIO) -> Image:
    """What a seekable file holds; reads headers only, then rewinds. Raises NotAnImage."""
    source.seek(0)
    head = source.read(24)
    try:
        if head.startswith(_PNG) and head[12:16] == b"IHDR":
            return _sized("image/png", int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))
        if head.startswith(_JPEG):
            return _jpeg(source)
    finally:
        source.seek(0)
    raise NotAnImage


def _jpeg(source: BinaryIO) -> Image:
    """Walks from marker to marker (ITU T.81, B.1.1) to the frame header, which says the size."""
    source.seek(2)
    for _segment in range(_MOST_SEGMENTS):
        marker = source.read(2)
        if len(marker) < 2 or marker[0] != 0xFF:
            break
        if marker[1] == 0xFF:
            source.seek(-1, 1)
            continue
        if marker[1] in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(source.read(2))
        if marker[1] in _STARTS_OF_FRAME:
            frame = source.read(5)
            return _sized("image/jpeg", int.from_bytes(frame[3:5]), int.from_bytes(frame[1:3]))
        if length < 2:
            break
        source.seek(length - 2, 1)
    raise NotAnImage


def _sized(media_type: str, width: int, height: int) -> Image:
    if width < 1 or height < 1:
        raise NotAnImage
    return Image(media_type, width, height)
