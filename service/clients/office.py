"""Office documents (ECMA-376: XLSX, DOCX, PPTX) without macros, programs, or anything fetched from elsewhere.

Each pattern takes time in proportion to what it searches, whatever that is.
"""

import re
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from service.clients import archives
from service.clients.archives import Entry
from service.clients.kinds import Reason, UnknownType

CONTENT_TYPES = "[Content_Types].xml"
_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = {
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".pptx": f"{_OFFICE}presentationml.presentation",
}
_MAIN = {f"{media_type}.main+xml".casefold(): ending for ending, media_type in TYPES.items()}
_XML = frozenset({".xml", ".rels", ".vml", ".svg"})
_MEDIA = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".emz", ".wmz", ".wdp"}
    | {".ico", ".webp", ".mp3", ".m4a", ".wav", ".mp4", ".m4v", ".mov", ".avi", ".wmv", ".sigs", ".odttf", ".fntdata"}
)
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"#!", b"PK\x03\x04")
_MOST_PARSED = 8_388_608
_MOST_TEXT = 67_108_864
_OVERLAP = 4_096
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)""")
_ENCODINGS = frozenset({b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"})
_HARM = re.compile(rb"<!DOCTYPE|<!ENTITY|<(?:\w+:)?script\b|ppaction://(?:program|macro|ole)|<(?:\w+:)?ddeLink\b")
_MARKS = (b"<!", b"script", b"ppaction:", b"ddeLink")
"""Looked for first: that is a hundred times quicker."""
_DRAWN_HARM = re.compile(rb"\bon[a-z]{2,20}\s*=\s*[\"']|javascript:", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?(?:f|formula[12]?|definedName)\b[^<>]*>([^<]*)<([!?]?)")
_FORMULA_MARKS = (b"f>", b"ormula", b"definedName")
_REACHING = re.compile(
    r"\b(?:WEBSERVICE|IMAGE|RTD|CALL|REGISTER(?:\.ID)?|EXEC|IMPORTDATA|IMPORTXML)\s*\(|\w\|[^|]*!", re.IGNORECASE
)
_QUOTED = re.compile(r'"[^"]*"')
_FIELD = re.compile(
    rb"<(?:\w+:)?(?:instrText|delInstrText)\b[^<>]*>([^<]*)<([!?]?)|\binstr\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')"
)
_DDE = re.compile(r"\bDDE(?:AUTO)?\b|\bINCLUDETEXT\b", re.IGNORECASE)
_PICTURE_FIELD = re.compile(r"\bINCLUDEPICTURE\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r'\s*"?\s*(?:https?:|ftp:|file://[^/]|\\\\|//)', re.IGNORECASE)
_NOT_KEPT = re.compile(r"\\d\b", re.IGNORECASE)
"""The switch of a picture that the document does not hold itself: it is fetched whenever it is opened."""
_REACHING_KINDS = ("/attachedtemplate", "/afchunk", "/subdocument", "/vbaproject", "/connections", "/webextension")
_WORKBOOKS = frozenset({"externallinkpath", "externallinklongpath", "xlpathmissing", "xlstartup", "xlalternatestartup"})
_FILE_ADDRESS = re.compile(r"file:(?:///|//localhost/|//(?=[a-z]:))", re.IGNORECASE)
_DRIVE = re.compile(r"[a-z]:", re.IGNORECASE)
_PROGRAM = re.compile(
    r"\.(?:exe|com|bat|cmd|scr|pif|lnk|url|msi|cpl|dll|hta|jar|js|jse|vbs|vbe|wsf|ps1|reg|application)\b", re.IGNORECASE
)
_SCHEMES = frozenset({"", "http", "https", "mailto", "tel", "ftp"})

Inside = Callable[[str, BinaryIO, Entry], None]
"""Checks a document that stands in another one."""


def check(ending: str, source: BinaryIO, entries: Sequence[Entry], inside: Inside) -> str:
    """The media type of an office document whose name has this ending. Raises UnknownType."""
    parts = {entry.name: entry for entry in entries}
    main = _main(_parsed(archives.content(source, parts[CONTENT_TYPES], _MOST_PARSED)))
    if main != ending:
        raise UnknownType(Reason.MISMATCH)
    if "_rels/.rels" not in parts:
        raise UnknownType(Reason.DAMAGED)
    for entry in entries:
        _check_name(entry.name.casefold())
    for entry in entries:
        _check_part(source, entry, inside, ending)
    return TYPES[ending]


def _main(types: Element) -> str:
    """The ending that fits the main part of the document."""
    declared = [node.get("ContentType", "").casefold() for node in types]
    for node, told in zip(types, declared, strict=True):
        # What an office program reads as XML is looked at as such, so it has to be called that.
        name = node.get("PartName") or f"part.{node.get('Extension', '')}"
        if told.endswith("xml") and PurePosixPath(name.casefold()).suffix not in _XML:
            raise UnknownType(Reason.DAMAGED)
    if any("macro" in one or "vba" in one or "activex" in one for one in declared):
        raise UnknownType(Reason.MACROS)
    found = [_MAIN[one] for one in declared if one in _MAIN]
    if len(found) != 1:
        raise UnknownType(Reason.KIND)
    return found[0]


def _check_name(name: str) -> None:
    if any(mark in name for mark in ("vbaproject", "vbadata", "macrosheets/", "activex", "customui/", "dialogsheets/")):
        raise UnknownType(Reason.MACROS)
    if "webextensions/" in name or name == "xl/connections.xml":
        raise UnknownType(Reason.REACHES_OUT)


def _check_part(source: BinaryIO, entry: Entry, inside: Inside, document: str) -> None:
    # By the kind of the document: its parts may be called anything, in any case.
    name = entry.name.casefold()
    ending = PurePosixPath(name).suffix
    if ending in TYPES and "embeddings/" in name:
        inside(ending, source, entry)
    elif ending in _XML or name == "_rels/.rels":
        check_xml(source, entry, formulas=document == ".xlsx")
    elif ending in _MEDIA or (ending == ".bin" and "printersettings/" in name):
        _check_media(source, entry)
    else:
        raise UnknownType(Reason.EMBEDDED, entry.name)
    if name.endswith(".rels"):
        _check_relations(_parsed(archives.content(source, entry, _MOST_PARSED)))
    elif ending == ".xml" and document == ".docx":
        _check_fields(archives.content(source, entry, _MOST_TEXT))


def _check_media(source: BinaryIO, entry: Entry) -> None:
    head = b""
    for piece in archives.pieces(source, entry):
        head = head or piece[:8]
    if head.startswith(_PROGRAMS):
        raise UnknownType(Reason.EMBEDDED, entry.name)


def check_xml(source: BinaryIO, entry: Entry, *, formulas: bool = False) -> None:
    """Without parsing: an encoding in which the marks of a DTD could not be seen is not taken."""
    window = b""
    for number, piece in enumerate(archives.pieces(source, entry)):
        if number == 0:
            _check_encoding(piece)
        window = window[-_OVERLAP:] + piece
        if b"\x00" in piece:
            raise UnknownType(Reason.DAMAGED, entry.name)
        if any(mark in window for mark in _MARKS) and (harm := _HARM.search(window)):
            raise UnknownType(_harm_of(harm.group()), entry.name)
        if entry.name.casefold().endswith((".svg", ".vml")) and _DRAWN_HARM.search(window):
            raise UnknownType(Reason.ACTIVE, entry.name)
        if formulas and any(mark in window for mark in _FORMULA_MARKS):
            _check_formulas(window)


def _harm_of(found: bytes) -> Reason:
    if found.endswith(b"ddeLink"):
        return Reason.LINKED
    return Reason.REACHES_OUT if found.startswith(b"<!") else Reason.ACTIVE


def _check_encoding(head: bytes) -> None:
    opening = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = _ENCODING.search(opening[:500])
    if not opening.startswith(b"<") or (declared and declared.group(1).lower() not in _ENCODINGS):
        raise UnknownType(Reason.DAMAGED)


def _check_formulas(window: bytes) -> None:
    for formula in _FORMULA.finditer(window):
        if formula.group(2) or _REACHING.search(_QUOTED.sub("", _said(formula.group(1)))):
            raise UnknownType(Reason.REACHES_OUT)


def _check_fields(text: bytes) -> None:
    """A field's instruction may be cut into pieces: only together do they show what it does."""
    pieces = []
    for found in _FIELD.finditer(text):
        if found.group(2):
            raise UnknownType(Reason.REACHES_OUT)
        pieces.append(found.group(1) or found.group(3) or found.group(4) or b"")
    said = _said(b"".join(pieces))
    if _DDE.search(said):
        raise UnknownType(Reason.REACHES_OUT)
    if any(_ELSEWHERE.match(field) and _NOT_KEPT.search(field) for field in _PICTURE_FIELD.split(said)[1:]):
        raise UnknownType(Reason.PICTURE)


def _said(text: bytes) -> str:
    """What stands there for an office program, however its characters are written."""
    return unescape(text.decode("latin-1"))


def _check_relations(relations: Element) -> None:
    for node in relations:
        target, kind = node.get("Target", ""), node.get("Type", "").casefold()
        if kind.endswith(_REACHING_KINDS):
            raise UnknownType(Reason.REACHES_OUT)
        if node.get("TargetMode", "").casefold() == "external":
            _check_outside(kind.rpartition("/")[2], target)


def _check_outside(kind: str, target: str) -> None:
    """Nothing is asked of another machine unless somebody clicks. A file of the reader's own disk is none."""
    if kind == "hyperlink":
        reason, harmless = Reason.REACHES_OUT, _is_harmless(target)
    elif kind in _WORKBOOKS:
        reason, harmless = Reason.LINKED, _is_local(target)
    elif kind == "image":
        reason, harmless = Reason.PICTURE, _is_local(target)
    else:
        reason, harmless = Reason.REACHES_OUT, False
    if not harmless:
        raise UnknownType(reason)


def _is_local(target: str) -> bool:
    """Whether it names a file of the reader's own disk or beside the document, not one in the web or on a share."""
    path = unquote(target).strip().replace("\\", "/")
    address = _FILE_ADDRESS.match(path)
    path = path[address.end() :] if address else path
    rooted = "/" if address else "//"
    plain = _DRIVE.sub("", path, count=1) if _DRIVE.match(path) else path
    return not (path.startswith(rooted) or ":" in plain or "?" in plain or any(char < " " for char in plain))


def _is_harmless(target: str) -> bool:
    """An address that is opened only by whoever follows it, and that names neither a program nor a share."""
    bare = target.strip()
    if _is_local(bare):
        return not _PROGRAM.search(unquote(bare))
    try:
        return urlsplit(bare).scheme.casefold() in _SCHEMES and not bare.replace("\\", "/").startswith("//")
    except ValueError:
        return False


def _parsed(xml: bytes) -> Element:
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except DefusedXmlException as hostile:
        raise UnknownType(Reason.REACHES_OUT) from hostile
    except (ParseError, ValueError, LookupError) as broken:
        raise UnknownType(Reason.DAMAGED) from broken
    return root
