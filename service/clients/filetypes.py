"""What a file is, by its content: an allow-list of what offices exchange. The name's ending has to agree.

Archives and office documents are looked into down to the last entry, without writing any of it anywhere but into a
nameless file; see the modules of each kind for what makes one harmful.
"""

import codecs
import io
import mmap
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from service.clients import archives, geodata, images, office, pdfs
from service.clients.archives import Budget, Entry
from service.clients.kinds import Reason, UnknownType

__all__ = ["MEDIA_TYPES", "Reason", "UnknownType", "detect"]

MOST_PIXELS = 400_000_000
"""A scanned A0 plan at 400 dpi has 246 million."""
DEEPEST = 2
"""An archive in an archive; office documents do not count."""
LARGEST_INSIDE = 104_857_600
_SPOOLED = 1_048_576
_CHUNK = 65_536
_OVERLAP = 1_024
_TEXT = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".geojson": "application/geo+json",
    ".json": "application/json",
}
_PICTURES = {"image/png": (".png",), "image/jpeg": (".jpg", ".jpeg")}
MEDIA_TYPES = frozenset({"application/pdf", "application/zip", *_TEXT.values(), *_PICTURES, *office.TYPES.values()})
"""All that a file taken in can be."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKUP = re.compile(rb"\s*<(?:\?|!|html|script|svg|body|head|iframe)", re.IGNORECASE)
_END_OF_ZIP = b"PK\x05\x06"
_BEGINS_CELL = rb"""(?:(?<=[,;\t|"'\r\n])|\A)[ \t]*+"""
_NUMBER = rb"""[+\-][\d.]*+(?:,\d++)*+(?:[,;\t|"'\r\n]|\Z)"""
_REACHING = re.compile(
    rb"(?:\A|[\r\n])(?>[^\r\n]*?" + _BEGINS_CELL + rb"(?!" + _NUMBER + rb")[=+\-@])[^\r\n]*?"
    rb"(?:\w[ \t]*+\|[^\r\n|!]*+![ \t]*+[\w'$#]"
    rb"|\b(?:WEBSERVICE|IMPORT(?:DATA|XML|HTML|FEED|RANGE)|RTD|CALL|REGISTER(?:\.ID)?|EXEC)[ \t]*+\()",
    re.IGNORECASE,
)
"""A line with a cell that spreadsheets take for a formula, and a call of a program or an address behind its sign.

Each line is walked through once, so that no line takes longer than its length.
"""
_LONGEST_LINE = 1_048_576
_HIDDEN = (".ds_store", "thumbs.db")
"""What systems leave in every folder; never opened by a person."""


def detect(name: str, source: BinaryIO, scratch: Path | None = None) -> str:
    """The media type of a seekable file; reads all of it, then rewinds it. Blocks, for a second or two at most.

    What stands in an archive is laid into a nameless file in `scratch`. Raises UnknownType, whose `reason` and `inside`
    say why and where.
    """
    try:
        return _Look(Budget(), scratch).at(name, source, 0)
    finally:
        source.seek(0)


class _Look:
    """One upload being looked at: what has been unpacked counts, however deep it stands."""

    def __init__(self, budget: Budget, scratch: Path | None) -> None:
        self._budget = budget
        self._scratch = scratch

    def at(self, name: str, source: BinaryIO, depth: int) -> str:
        ending = PurePosixPath(name.lower()).suffix
        source.seek(0)
        head = source.read(_CHUNK)
        if not head:
            raise UnknownType(Reason.EMPTY)
        if head.startswith(b"%PDF-"):
            return _pdf(ending, source)
        if head.startswith((b"\x89PNG", b"\xff\xd8\xff")):
            return _picture(ending, source)
        if head.startswith(b"PK\x03\x04"):
            return self._archive(ending, source, depth)
        if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            # The container of Excel 97 is also what new documents with a password stand in.
            raise UnknownType(Reason.ENCRYPTED if ending in office.TYPES else Reason.KIND)
        return _text(ending, head, source)

    def _archive(self, ending: str, source: BinaryIO, depth: int) -> str:
        entries = archives.entries(source, self._budget)
        if any(entry.name == office.CONTENT_TYPES for entry in entries):
            return office.check(ending, source, entries, self._embedded)
        if ending != ".zip":
            raise UnknownType(Reason.MISMATCH)
        if depth >= DEEPEST:
            raise UnknownType(Reason.NESTED)
        geodata.check_sets(entry.name for entry in entries if not _is_hidden(entry.name))
        for entry in entries:
            self._inside(source, entry, depth + 1)
        return "application/zip"

    def _inside(self, source: BinaryIO, entry: Entry, depth: int) -> None:
        ending = PurePosixPath(entry.name.casefold()).suffix
        try:
            if _is_hidden(entry.name):
                _check_hidden(archives.content(source, entry, _SPOOLED))
            elif ending in geodata.PARTS:
                _check_shape(ending, source, entry)
            elif entry.name.casefold().endswith(".shp.xml"):
                office.check_xml(source, entry)
            else:
                with self._unpacked(source, entry) as file:
                    self.at(entry.name, file, depth)
        except UnknownType as refused:
            raise UnknownType(refused.reason, entry.name) from refused

    def _embedded(self, ending: str, source: BinaryIO, entry: Entry) -> None:
        with self._unpacked(source, entry) as file:
            entries = archives.entries(file, self._budget)
            if not any(one.name == office.CONTENT_TYPES for one in entries):
                raise UnknownType(Reason.EMBEDDED, entry.name)
            office.check(ending, file, entries, _no_deeper)

    @contextmanager
    def _unpacked(self, source: BinaryIO, entry: Entry) -> Iterator[BinaryIO]:
        if entry.size > LARGEST_INSIDE:
            raise UnknownType(Reason.INFLATED, entry.name)
        with SpooledTemporaryFile(max_size=_SPOOLED, dir=str(self._scratch) if self._scratch else None) as file:
            for piece in archives.pieces(source, entry):
                file.write(piece)
            yield cast("BinaryIO", file)


def _no_deeper(_ending: str, _source: BinaryIO, entry: Entry) -> None:
    raise UnknownType(Reason.NESTED, entry.name)


def _pdf(ending: str, source: BinaryIO) -> str:
    if ending != ".pdf":
        raise UnknownType(Reason.MISMATCH)
    with _mapped(source) as data:
        pdfs.check(data)
    return "application/pdf"


def _picture(ending: str, source: BinaryIO) -> str:
    try:
        image = images.measure(source)
    except images.NotAnImage as broken:
        raise UnknownType(Reason.DAMAGED) from broken
    if ending not in _PICTURES[image.media_type]:
        raise UnknownType(Reason.MISMATCH)
    if not 0 < image.width * image.height <= MOST_PIXELS:
        raise UnknownType(Reason.INFLATED)
    with _mapped(source) as data:
        if _END_OF_ZIP in data[max(0, len(data) - 65_557) :] or _has_markup(data):
            raise UnknownType(Reason.EMBEDDED)
    return image.media_type


def _has_markup(data: pdfs.Bytes) -> bool:
    """Whether a program that is hidden in a comment would run where somebody renames the picture."""
    return any(data.find(mark) >= 0 for mark in (b"<?php", b"<script", b"<SCRIPT", b"%PDF-"))


def _text(ending: str, head: bytes, source: BinaryIO) -> str:
    media_type = _TEXT.get(ending)
    if media_type is None:
        raise UnknownType(Reason.MISMATCH if ending in {*office.TYPES, ".pdf", ".zip", ".png", ".jpg"} else Reason.KIND)
    if head.startswith(_UTF16):
        _check_utf16(ending, source)
        return media_type
    opening = head.removeprefix(codecs.BOM_UTF8)
    if not opening.strip():
        raise UnknownType(Reason.EMPTY)
    if _MARKUP.match(opening):
        raise UnknownType(Reason.ACTIVE)
    _check_plain(source, formulas=ending == ".csv")
    if ending in (".geojson", ".json"):
        with _mapped(source) as data:
            geodata.check_json(data, geo=ending == ".geojson")
    return media_type


def _check_plain(source: BinaryIO, *, formulas: bool) -> None:
    source.seek(0)
    lines = _Lines()
    while piece := source.read(_CHUNK):
        if _BINARY.search(piece):
            raise UnknownType(Reason.MISMATCH)
        if formulas:
            lines.check(piece)
    lines.check(b"\n")


class _Lines:
    """The lines of a table as they come by, cut at their ends where that is possible."""

    def __init__(self) -> None:
        self._begun = b""

    def check(self, piece: bytes) -> None:
        """No cell that a spreadsheet would take for a formula calls a program or an address."""
        window = self._begun + piece
        end = max(window.rfind(b"\n"), window.rfind(b"\r")) + 1
        if end or len(window) > _LONGEST_LINE:
            whole = window[:end] if end else window
            self._begun = window[end:] if end else window[-_OVERLAP:]
            if (b"(" in whole or (b"|" in whole and b"!" in whole)) and _REACHING.search(whole):
                raise UnknownType(Reason.REACHES_OUT)
        else:
            self._begun = window


def _check_utf16(ending: str, source: BinaryIO) -> None:
    """Excel's "Unicode text"; the other kinds are always UTF-8."""
    if ending not in (".csv", ".txt"):
        raise UnknownType(Reason.MISMATCH)
    decoder, lines = codecs.getincrementaldecoder("utf-16")(), _Lines()
    source.seek(0)
    first, more = True, True
    try:
        while more:
            piece = source.read(_CHUNK)
            more = bool(piece)
            text = decoder.decode(piece, final=not more).encode()
            if _BINARY.search(text) or (first and _MARKUP.match(text)):
                raise UnknownType(Reason.MISMATCH)
            lines.check(text if more else b"\n")
            first = False
    except UnicodeError as broken:
        raise UnknownType(Reason.DAMAGED) from broken


def _check_shape(ending: str, source: BinaryIO, entry: Entry) -> None:
    head = b""
    for piece in archives.pieces(source, entry):
        head = head or piece[:_OVERLAP]
    geodata.check_part(ending, head, entry.size)


def _is_hidden(name: str) -> bool:
    path = PurePosixPath(name.casefold())
    return path.name in _HIDDEN or (path.parts[0] == "__macosx" and path.name.startswith("._"))


def _check_hidden(content: bytes) -> None:
    marks: Sequence[bytes] = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1", b"\xd0\xcf\x11\xe0")
    if content and not content.startswith(tuple(marks)):
        raise UnknownType(Reason.KIND)


@contextmanager
def _mapped(source: BinaryIO) -> Iterator[pdfs.Bytes]:
    """The whole content to search in, without holding it in memory where it stands in a real file."""
    try:
        number = source.fileno()
        source.flush()
    except (io.UnsupportedOperation, AttributeError):
        source.seek(0)
        yield source.read()
        return
    with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped
