"""Documents as PDF, set by typst: the templates stand in typst/, what they say comes in as JSON.

Nothing of the data ever becomes source text. The templates import no packages and read no files, so that typst asks
neither the network nor the disk; the fonts are those within its wheel. PDF/A-2a and PDF/UA-1 where those fonts have a
glyph for everything.
"""

import base64
import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import typst

_TEMPLATES = Path(__file__).parent / "typst"
_STANDARDS: "list[typst.PDFStandard]" = ["a-2a", "ua-1"]
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn"})
_LARGE = 1_000_000
_REMEMBERED = 11
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that would turn the direction of what follows them (Unicode's bidirectional controls)."""


def render(template: str, data: Mapping[str, object], made_at: datetime) -> bytes:
    """The document; the same bytes for the same data and `made_at`, which it carries as its date. Blocks, about 10 ms
    a page: call it in a thread.

    What no such document may hold (a character without a glyph, say, which is drawn as a box) costs it both claims,
    not its reader the document. Raises typst.TypstError for a fault in the template, and for an unreadable picture.
    """
    text, inputs = source(template), {"data": json.dumps(printable(data), ensure_ascii=False)}
    timestamp = int(made_at.timestamp())
    try:
        made = _compile(text, inputs, timestamp, _STANDARDS)
    except typst.TypstError:
        made = _compile(text, inputs, timestamp, [])
    if len(made) > _LARGE:
        _forget()
    return made


def picture(content: bytes, media_type: str, width: int, height: int) -> str:
    """A PNG or JPEG of `width` x `height` pixels as the SVG text that templates take: bytes go in as text only so."""
    encoded = base64.b64encode(content).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:{media_type};base64,{encoded}"/></svg>'
    )


def is_readable(svg: str) -> bool:
    """Whether typst takes this picture. Blocks: a PNG is decoded; a JPEG goes into documents as it is."""
    text = b'#image(bytes(sys.inputs.svg), format: "svg")'
    try:
        _compile(text, {"svg": svg}, 0, [])
    except typst.TypstError:
        return False
    return True


def printable(value: object) -> object:
    """The same without characters that no font shows or that turn the text around; line breaks stay."""
    match value:
        case str():
            kept = (one for one in value if one == "\n" or unicodedata.category(one) not in _UNPRINTABLE)
            return "".join(one for one in kept if one not in _TURNING)
        case Mapping():
            return {key: printable(one) for key, one in value.items()}
        case list() | tuple():
            return [printable(one) for one in value]
    return value


def _forget() -> None:
    """typst keeps how it set its last ten documents: of long ones a gigabyte, so short ones take their place."""
    for _turn in range(_REMEMBERED):
        _compile(b"", {}, 0, [])


def _compile(text: bytes, inputs: dict[str, str], timestamp: int, standards: "list[typst.PDFStandard]") -> bytes:
    return typst.compile(
        text,
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=standards,
        timestamp=timestamp,
    )


@cache
def fonts() -> typst.Fonts:
    """Those within typst's wheel."""
    return typst.Fonts(include_system_fonts=False)


@cache
def source(template: str) -> bytes:
    """The template of this name, behind what all of them share."""
    return (_TEMPLATES / "common.typ").read_bytes() + (_TEMPLATES / template).read_bytes()
