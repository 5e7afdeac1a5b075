"""ZIP archives (APPNOTE 6.3), read so strictly that every program unpacks the same: nothing is written anywhere.

Programs disagree about archives whose headers contradict each other, and that is where harm hides: so both headers of
each entry have to agree, entries may neither overlap nor be hidden, and sizes and checksums have to be true.
"""

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from service.clients.kinds import Reason, UnknownType

LARGEST_UNPACKED = 536_870_912
MOST_ENTRIES = 10_000
MOST_RATIO = 200
"""Sheets of empty, formatted rows reach 100; deflate itself ends at 1,032."""
_SMALL = 20_971_520
_CHUNK = 262_144
_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT = 65_535
_MOST_PADDING = 4_096
_IN_EXTRA = 0xFFFFFFFF
_DESCRIBED_LATER = 0x08
_ENCRYPTED = 0x01 | 0x40 | 0x2000
_UTF8 = 0x800
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
_BROKEN = (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, OverflowError, struct.error)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its name, where its packed bytes begin, their number, and what they unpack to."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    method: int

    @property
    def end(self) -> int:
        """Where its packed bytes end."""
        return self.start + self.packed


class Budget:
    """How much may still be unpacked of one upload, whatever it is wrapped in."""

    def __init__(self) -> None:
        self.left = LARGEST_UNPACKED

    def take(self, size: int) -> None:
        """Raises UnknownType when it is used up."""
        self.left -= size
        if self.left < 0:
            raise UnknownType(Reason.INFLATED)


def entries(source: BinaryIO, budget: Budget) -> list[Entry]:
    """The files of an archive, folders left out; no content has been looked at yet. Raises UnknownType."""
    try:
        return _entries(source, budget)
    except _BROKEN as broken:
        if isinstance(broken, UnknownType):
            raise
        raise UnknownType(Reason.DAMAGED) from broken


def pieces(source: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """The unpacked content. Raises UnknownType at its end, or before, when it is not what the headers say."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
    source.seek(entry.start)
    left, size, crc = entry.packed, 0, 0
    try:
        for piece in _unpacked(source, left, inflate):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > entry.size:
                raise UnknownType(Reason.INFLATED, entry.name)
            yield piece
    except zlib.error as broken:
        raise UnknownType(Reason.DAMAGED, entry.name) from broken
    whole = inflate is None or (inflate.eof and not inflate.unused_data)
    if not whole or size != entry.size or crc != entry.crc:
        raise UnknownType(Reason.DAMAGED, entry.name)


def content(source: BinaryIO, entry: Entry, most: int) -> bytes:
    """The whole content of a small entry. Raises UnknownType when it is larger than `most` bytes."""
    if entry.size > most:
        raise UnknownType(Reason.INFLATED, entry.name)
    return b"".join(pieces(source, entry))


def _unpacked(source: BinaryIO, left: int, inflate: "zlib._Decompress | None") -> Iterator[bytes]:
    while left > 0:
        packed = source.read(min(left, _CHUNK))
        if not packed:
            raise zlib.error
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        while packed and not inflate.eof:
            # In pieces: a few bytes may unpack to a thousand times as many.
            yield inflate.decompress(packed, _CHUNK)
            packed = inflate.unconsumed_tail
        if inflate.eof and left:
            raise zlib.error
    if inflate is not None and not inflate.eof:
        yield inflate.flush(_CHUNK)


def _entries(source: BinaryIO, budget: Budget) -> list[Entry]:
    end = _end_of_directory(source)
    with zipfile.ZipFile(source) as archive:
        infos, directory = archive.infolist(), archive.start_dir
    if not 0 < len(infos) <= MOST_ENTRIES:
        raise UnknownType(Reason.INFLATED if infos else Reason.EMPTY)
    _check_sizes(infos, budget)
    found = [_entry(source, info) for info in infos]
    _check_places(source, infos, found, directory, end)
    files = [entry for entry, info in zip(found, infos, strict=True) if not info.is_dir()]
    names = {unicodedata.normalize("NFC", entry.name).casefold() for entry in files}
    if len(names) != len(files):
        raise UnknownType(Reason.NAMES)
    return files


def _end_of_directory(source: BinaryIO) -> int:
    """Where the one end record stands: the file ends with it and its comment, and no other one could be meant."""
    size = source.seek(0, 2)
    start = max(0, size - _END.size - _LONGEST_COMMENT)
    source.seek(start)
    tail = source.read()
    ends = [
        start + place
        for place in (found.start() for found in re.finditer(b"PK\x05\x06", tail))
        if place + _END.size <= len(tail)
        and start + place + _END.size + int.from_bytes(tail[place + 20 : place + 22], "little") == size
    ]
    if len(ends) != 1:
        raise UnknownType(Reason.DAMAGED)
    source.seek(0)
    return ends[0]


def _check_sizes(infos: Sequence[zipfile.ZipInfo], budget: Budget) -> None:
    size, packed = sum(one.file_size for one in infos), sum(one.compress_size for one in infos)
    if size > _SMALL and size > MOST_RATIO * packed:
        raise UnknownType(Reason.INFLATED)
    budget.take(size)


def _entry(source: BinaryIO, info: zipfile.ZipInfo) -> Entry:
    _check_entry(info)
    source.seek(info.header_offset)
    magic, _version, flags, method, _time, _date, crc, packed, size, name_length, extra_length = _LOCAL.unpack(
        source.read(_LOCAL.size)
    )
    name = source.read(name_length)
    expected = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
    later = bool(flags & _DESCRIBED_LATER)
    agrees = (
        magic == b"PK\x03\x04"
        and name == expected
        and method == info.compress_type
        and not (flags ^ info.flag_bits) & (_ENCRYPTED | _DESCRIBED_LATER)
        and _agrees(packed, info.compress_size, later=later)
        and _agrees(size, info.file_size, later=later)
        and (crc == info.CRC or (later and crc == 0))
    )
    if not agrees:
        raise UnknownType(Reason.DAMAGED, info.filename)
    start = info.header_offset + _LOCAL.size + name_length + extra_length
    return Entry(_name(info), start, info.compress_size, info.file_size, info.CRC, method)


def _agrees(local: int, central: int, *, later: bool) -> bool:
    return local in (central, _IN_EXTRA) or (later and local == 0)


def _check_entry(info: zipfile.ZipInfo) -> None:
    if not info.filename:
        raise UnknownType(Reason.NAMES)
    if info.flag_bits & _ENCRYPTED:
        raise UnknownType(Reason.ENCRYPTED)
    if info.compress_type not in (_STORED, _DEFLATED) or (info.is_dir() and info.file_size):
        raise UnknownType(Reason.DAMAGED, info.filename)
    if info.compress_type == _STORED and info.compress_size != info.file_size:
        raise UnknownType(Reason.DAMAGED, info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnknownType(Reason.NAMES, info.filename)


def _name(info: zipfile.ZipInfo) -> str:
    """The name, if it is one inside the folder into which somebody unpacks it, on any system."""
    # Old programs on Windows write the other slash; zipfile cuts at a NUL, which the original name still has.
    name = info.orig_filename.replace("\\", "/")
    parts = name.rstrip("/").split("/")
    bad = (
        len(name) > 400
        or ":" in name
        or any(unicodedata.category(char) in _INVISIBLE for char in name)
        or any(part in ("", ".", "..") or part != part.rstrip(" .") or _DEVICE.fullmatch(part) for part in parts)
    )
    if bad:
        raise UnknownType(Reason.NAMES)
    return name


def _check_places(
    source: BinaryIO, infos: Sequence[zipfile.ZipInfo], found: Sequence[Entry], directory: int, end: int
) -> None:
    """From the first byte to the directory the entries follow each other, with nothing but padding between them."""
    spans = sorted((info.header_offset, entry.end) for info, entry in zip(infos, found, strict=True))
    before = 0
    for start, stop in [*spans, (directory, end)]:
        gap = start - before
        if gap < 0 or gap > _MOST_PADDING or stop > end:
            raise UnknownType(Reason.DAMAGED)
        source.seek(before)
        if gap and (before == 0 or b"PK\x03\x04" in source.read(gap)):
            raise UnknownType(Reason.DAMAGED)
        before = stop
