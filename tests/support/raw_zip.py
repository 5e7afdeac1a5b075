"""ZIP archives written by hand, so that they can say what no honest program would write."""

import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One entry; what is None is what an honest program would write."""

    name: bytes
    data: bytes = b"isi"
    method: int = 8
    flags: int = 0
    packed: bytes | None = None
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_method: int | None = None
    local_size: int | None = None
    attributes: int = 0
    offset: int | None = None
    before: bytes = b""


def written(*members: Member, prefix: bytes = b"", suffix: bytes = b"", comment: bytes = b"") -> bytes:
    """The bytes of the archive."""
    body, directory = bytearray(prefix), bytearray()
    for one in members:
        body += one.before
        packed = one.packed if one.packed is not None else _packed(one)
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        size = len(one.data) if one.size is None else one.size
        length = len(packed) if one.packed_size is None else one.packed_size
        at = len(body) if one.offset is None else one.offset
        local = one.name if one.local_name is None else one.local_name
        told = size if one.local_size is None else one.local_size
        method = one.method if one.local_method is None else one.local_method
        times = (0, 0x56E3)
        body += struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, one.flags, method, *times, crc, length, told, len(local), 0)
        body += local + packed
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 0x314, 20, one.flags, one.method, *times, crc, length, size,
            len(one.name), 0, 0, 0, 0, one.attributes, at,
        ) + one.name  # fmt: skip
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(body), len(comment)
    )
    return bytes(body + directory) + end + comment + suffix


def plain(parts: dict[str, bytes | str]) -> bytes:
    """An honest archive of these parts."""
    encoded = {name: part.encode() if isinstance(part, str) else part for name, part in parts.items()}
    return written(*(Member(name.encode(), part, flags=0x800) for name, part in encoded.items()))


def _packed(one: Member) -> bytes:
    if one.method != 8:
        return one.data
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(one.data) + deflate.flush()
