"""PDF (ISO 32000-2), judged without a reader: nothing that runs, starts programs, carries files or sends forms.

Names are found however they are spelled (`/J#61vaScript`), also in compressed object streams. What cannot be looked
into, because it is encrypted or packed in an unusual way, is not taken.
"""

import mmap
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from service.clients.kinds import Reason, UnknownType

Bytes = bytes | mmap.mmap
_LARGEST_STREAM: Final = 16_777_216
_LARGEST_TOGETHER: Final = 134_217_728
_MOST_STREAMS: Final = 300_000
_CHUNK: Final = 65_536
_FIRST: Final = 64
_REACH: Final = 4_096
_MOST_TRAILING: Final = 1_024
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_NUMBERS = re.compile(rb"[\s\x00]*(?:%[^\r\n]*[\r\n]+\s*)*\d+[\s\x00]+\d+[\s\x00]")
_MARKUP = re.compile(rb"<(?:html|script|!doctype|svg|iframe|\?php)\b", re.IGNORECASE)
_END_OF_ZIP = b"PK\x05\x06"


_OBJECTS = b"ObjStm"
_NAMES = {
    **dict.fromkeys((b"JavaScript", b"Launch", b"SubmitForm", b"ImportData", b"XFA"), Reason.ACTIVE),
    **dict.fromkeys((b"RichMedia", b"Rendition", b"Movie"), Reason.ACTIVE),
    **dict.fromkeys((b"EmbeddedFile", b"EmbeddedFiles", b"GoToE", b"Collection"), Reason.EMBEDDED),
    b"Encrypt": Reason.ENCRYPTED,
}
_PLAIN = re.compile(rb"/(" + b"|".join([*_NAMES, _OBJECTS]) + rb")(?![A-Za-z0-9_.#-])")
_VALUE = re.compile(rb"[\s\x00]*+(?:[\[<(%]|(?<=[\s\x00])\d)")
"""A form's parts. Three letters alone stand in one of a hundred large scans by chance, among their pixels."""
_ESCAPED = re.compile(rb"/([\w.\-]*+#[0-9A-Fa-f]{2}[\w.\-#]*+)")
_NUMBERED = re.compile(rb"#([0-9A-Fa-f]{2})")
_MOST_ESCAPED: Final = 200_000


def check(data: Bytes) -> None:
    """Raises UnknownType for a PDF that could harm, or that holds another kind of file besides."""
    _check_borders(data)
    holders = _check_names(data)
    for unpacked in _object_streams(data):
        _check_names(unpacked)
    _check_all_seen(data, holders)


def _check_borders(data: Bytes) -> None:
    """Nothing before the header and next to nothing behind the end, where other programs would find another file."""
    if _MARKUP.search(data, 0, 1_024):
        raise UnknownType(Reason.ACTIVE)
    end = data.rfind(b"%%EOF")
    tail = data[max(0, len(data) - 65_557) :]
    if end >= 0 and len(data) - end > _MOST_TRAILING and bytes(data[end + 5 :]).strip(b"\x00 \t\r\n"):
        raise UnknownType(Reason.EMBEDDED)
    if _END_OF_ZIP in tail:
        raise UnknownType(Reason.EMBEDDED)


def _check_names(data: Bytes) -> list[int]:
    """Raises UnknownType for a name that does harm; answers where streams say that they hold objects."""
    holders = []
    for name, end in _names(data):
        if name in _NAMES:
            raise UnknownType(_NAMES[name])
        if name == _OBJECTS:
            holders.append(end)
            if len(holders) > _MOST_STREAMS:
                raise UnknownType(Reason.INFLATED)
    return holders


def _names(data: Bytes) -> Iterator[tuple[bytes, int]]:
    for found in _PLAIN.finditer(data):
        if found.group(1) == b"XFA" and not _VALUE.match(data, found.end()):
            continue
        yield found.group(1), found.end()
    for number, found in enumerate(_ESCAPED.finditer(data)):
        if number > _MOST_ESCAPED:
            raise UnknownType(Reason.ACTIVE)
        name = found.group(1)[:200]
        yield _NUMBERED.sub(lambda one: bytes([int(one.group(1), 16)]), name), found.end()


def _object_streams(data: Bytes) -> Iterator[bytes]:
    """What every compressed stream that may hold objects unpacks to: such a one begins with numbers."""
    packed = unpacked = 0
    for number, found in enumerate(_STREAM.finditer(data)):
        if number > _MOST_STREAMS:
            raise UnknownType(Reason.INFLATED)
        if not _NUMBERS.match(_begins(data, found.end())):
            continue
        whole, taken = _inflated(data, found.end())
        yield whole
        packed, unpacked = packed + taken, unpacked + len(whole)
        if max(packed, unpacked) > _LARGEST_TOGETHER:
            raise UnknownType(Reason.INFLATED)


def _begins(data: Bytes, place: int) -> bytes:
    """The first bytes of what a zlib stream here would unpack to; empty when none begins here (RFC 1950, 2.2)."""
    head = data[place : place + 256]
    if len(head) < 2 or head[0] & 0x0F != 8 or int.from_bytes(head[:2]) % 31:
        return b""
    try:
        return zlib.decompressobj().decompress(head, _FIRST)
    except zlib.error:
        return b""


def _inflated(data: Bytes, place: int) -> tuple[bytes, int]:
    """What a zlib stream unpacks to, and how many packed bytes were read for it."""
    inflate, pieces, size, at = zlib.decompressobj(), [], 0, place
    while not inflate.eof and at < len(data):
        try:
            piece = inflate.decompress(data[at : at + _CHUNK], _LARGEST_STREAM)
        except zlib.error as broken:
            raise UnknownType(Reason.DAMAGED) from broken
        at += _CHUNK
        size += len(piece)
        pieces.append(piece)
        if inflate.unconsumed_tail or size > _LARGEST_STREAM:
            raise UnknownType(Reason.INFLATED)
    return b"".join(pieces), at - place


def _check_all_seen(data: Bytes, holders: Sequence[int]) -> None:
    """Each stream that says it holds objects was one that could be looked into."""
    for place in holders:
        stream = _STREAM.search(data, place, place + _REACH)
        if stream is None:
            raise UnknownType(Reason.DAMAGED)
        if not _NUMBERS.match(_begins(data, stream.end()) or data[stream.end() : stream.end() + _FIRST]):
            raise UnknownType(Reason.ACTIVE)
