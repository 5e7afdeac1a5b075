"""What a file is, by its content: an allow-list of what offices exchange. The name's ending has to agree."""

import re
import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

LARGEST_UNPACKED = 1_073_741_824
MOST_ENTRIES = 10_000
_CHUNK = 65_536

_OFFICE = {
    "xl/": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "word/": (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "ppt/": (".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
_MAGIC = (
    (b"%PDF-", (".pdf",), "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", (".png",), "image/png"),
    (b"\xff\xd8\xff", (".jpg", ".jpeg"), "image/jpeg"),
)
_TEXT = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".geojson": "application/geo+json",
    ".json": "application/json",
}
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


class UnknownType(ValueError):
    """Not one of the kinds of file that are taken, or its name says something else than its content."""


def detect(name: str, source: BinaryIO) -> str:
    """The media type of a seekable file; reads it, then rewinds it.

    Raises UnknownType, also for macros and for archives that unpack to more than a gigabyte.
    """
    ending = PurePosixPath(name.lower()).suffix
    source.seek(0)
    head = source.read(_CHUNK)
    try:
        for magic, endings, media_type in _MAGIC:
            if head.startswith(magic):
                return _agreed(ending in endings, media_type)
        if head.startswith(b"PK\x03\x04"):
            return _archive(ending, source)
        return _text(ending, head, source)
    finally:
        source.seek(0)


def _agreed(agrees: bool, media_type: str) -> str:
    if not agrees:
        raise UnknownType
    return media_type


def _archive(ending: str, source: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as broken:
        raise UnknownType from broken
    # Nothing is unpacked here; whoever opens the file later is spared the bomb and the macro.
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise UnknownType
    names = [entry.filename for entry in entries]
    if any(part.lower().endswith("vbaproject.bin") for part in names):
        raise UnknownType
    if "[Content_Types].xml" in names:
        for folder, (office_ending, media_type) in _OFFICE.items():
            if any(part.startswith(folder) for part in names):
                return _agreed(ending == office_ending, media_type)
    return _agreed(ending == ".zip", "application/zip")


def _text(ending: str, head: bytes, source: BinaryIO) -> str:
    media_type = _TEXT.get(ending)
    opening = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if media_type is None or opening in (b"", b"<"):
        raise UnknownType
    if ending in (".geojson", ".json") and opening not in (b"{", b"["):
        raise UnknownType
    while head:
        if _BINARY.search(head):
            raise UnknownType
        head = source.read(_CHUNK)
    return media_type
