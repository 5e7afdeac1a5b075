"""Geodata: GeoJSON (RFC 7946) by its structure, shapefiles (ESRI, 1998) by the heads of their parts."""

import mmap
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from service.clients.kinds import Reason, UnknownType

Bytes = bytes | mmap.mmap
PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".qmd"})
"""What belongs to a shapefile; only the first three are needed."""
_NEEDED = (".shp", ".shx", ".dbf")
_DEEPEST = 64
_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?\s*([{\[])")
_FLAT = rb"[\s,:\d.eE+\-]++|true|false|null|\[[\s\d.,eE+\-]*+\]"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_OUTSIDE = re.compile(rb"(?:" + _FLAT + rb")*+(" + _STRING + rb"|[{}\[\]])", re.DOTALL)
_INSIDE = re.compile(rb"(?:" + _FLAT + rb"|" + _STRING + rb")*+([{}\[\]])", re.DOTALL)
"""What says nothing about the structure, then one thing that does. Nothing is tried twice, so time is in proportion."""
_PLACES = {b"Point", b"LineString", b"Polygon"}
_KINDS = _PLACES | {b"Multi" + one for one in _PLACES} | {b"GeometryCollection", b"Feature", b"FeatureCollection"}
_QUOTE = ord('"')
_CLOSES = {ord("}"): ord("{"), ord("]"): ord("[")}
_SHAPE = b"\x00\x00\x27\x0a"
_INDEX = b"\x00\x00\x27\x0a\xff\xff\xfe\x70"
_DBASE = frozenset({0x03, 0x04, 0x05, 0x30, 0x31, 0x43, 0x63, 0x83, 0x8B, 0xF5})
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e\x80-\xff]*\Z")


def check_json(data: Bytes, *, geo: bool) -> None:
    """One JSON object or list, closed as it was opened, and for `geo` one of GeoJSON. Raises UnknownType."""
    opening = _OPENING.match(data)
    if opening is None or (geo and opening.group(1) != b"{"):
        raise UnknownType(Reason.MISMATCH)
    opened, place = [opening.group(1)[0]], opening.end()
    kind = before = b""
    while opened:
        found = (_OUTSIDE if len(opened) == 1 else _INSIDE).match(data, place)
        if found is None:
            raise UnknownType(Reason.DAMAGED)
        text, place = found.group(1), found.end()
        if text[0] != _QUOTE:
            _follow(opened, text[0])
            before = b""
        elif len(opened) == 1:
            kind = text if before == b'"type"' and not kind else kind
            before = text
    if data[place:].strip():
        raise UnknownType(Reason.DAMAGED)
    if geo and kind.strip(b'"') not in _KINDS:
        raise UnknownType(Reason.MISMATCH)


def _follow(opened: list[int], bracket: int) -> None:
    if bracket not in _CLOSES:
        opened.append(bracket)
        if len(opened) > _DEEPEST:
            raise UnknownType(Reason.NESTED)
    elif opened.pop() != _CLOSES[bracket]:
        raise UnknownType(Reason.DAMAGED)


def check_part(ending: str, head: bytes, size: int) -> None:
    """One part of a shapefile by its first bytes. Raises UnknownType."""
    if ending in (".shp", ".shx"):
        agrees = head[:4] == _SHAPE and int.from_bytes(head[24:28]) * 2 == size and head[28:32] == b"\xe8\x03\x00\x00"
    elif ending == ".dbf":
        agrees = head[:1] != b"" and head[0] in _DBASE and _is_table(head, size)
    elif ending in (".sbn", ".sbx"):
        agrees = head[:8] == _INDEX or head[:4] == _SHAPE
    elif ending == ".qix":
        agrees = head[:3] == b"SQT"
    else:
        agrees = bool(_TEXT.match(head))
    if not agrees:
        raise UnknownType(Reason.MISMATCH)


def check_sets(names: Iterable[str]) -> None:
    """Every shapefile is there with the parts that it cannot be read without. Raises UnknownType."""
    known = {name.casefold() for name in names}
    for name in known:
        path = PurePosixPath(name)
        if path.suffix in PARTS and not all(str(path.with_suffix(part)) in known for part in _NEEDED):
            raise UnknownType(Reason.INCOMPLETE, name)


def _is_table(head: bytes, size: int) -> bool:
    """The head of a dBASE table says how many rows of which length follow; an end mark may."""
    rows, start, width = (
        int.from_bytes(head[4:8], "little"),
        int.from_bytes(head[8:10], "little"),
        int.from_bytes(head[10:12], "little"),
    )
    return start >= 33 and width >= 1 and 0 <= size - start - rows * width <= 2
