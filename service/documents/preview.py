"""The picture that messengers and social networks show beside a link, drawn by typst as PNG.

The words come in as JSON and never become source text; only the fonts within typst's wheel are used, so that the same
words give the same bytes everywhere.
"""

import json
from dataclasses import asdict, dataclass

import typst

from service.documents.pdf import fonts, printable, source

WIDTH, HEIGHT = 1200, 630
"""Pixels; what the Open Graph's readers ask for."""
COLOURS = {
    "laut": "#0b5c63",
    "nila": "#2f3f94",
    "daun": "#23612f",
    "marun": "#8a1f3c",
    "ungu": "#5c3390",
    "tembaga": "#85400f",
}
"""The accents of the sheet in the light scheme; white can be read on each."""
_POINTS_PER_INCH = 72


@dataclass(frozen=True)
class Preview:
    """What the picture says. `accent` is one of the COLOURS; `lines` say when and where."""

    accent: str
    initial: str
    house: str
    title: str
    lines: tuple[str, ...]
    badge: str


def png(preview: Preview) -> bytes:
    """The picture, WIDTH x HEIGHT. Blocks, about 10 ms: call it in a thread. Raises typst.TypstError."""
    words = printable({**asdict(preview), "accent": COLOURS[preview.accent]})
    return typst.compile(
        source("preview.typ"),
        format="png",
        ppi=_POINTS_PER_INCH,
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(words, ensure_ascii=False)},
    )
