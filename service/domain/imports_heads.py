"""Where an office's list begins and ends: titles above the heads, heads of two rows, numbering, sums and signatures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Protocol

from service.domain.imports_columns import Noun, is_numbering, looks_like_head, propose, unspaced, words_of
from service.domain.imports_words import meant

_LOOKED_THROUGH = 40
_ENDS = r"mengetahui|menyetujui|dibuat oleh|catatan|keterangan"
_MONTHS = "januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember"
_SIGNED = rf"[a-z][a-z .]*,[\s\d.…]*(?:{_MONTHS})"  # "Belopa,    Juni 2023" above a signature
_FOOT = re.compile(rf"(?:jumlah|sub ?total|total|rekap\w*|nip|{_ENDS}|a\.?n\.?\s|ttd|{_SIGNED})\b", re.IGNORECASE)
_END = re.compile(rf"(?:{_ENDS}|{_SIGNED})\b", re.IGNORECASE)
_HEIGHTS = (1, 2, 3)


class Line(Protocol):
    """A row of a file: its number, its cells as text, what is wrong with some of them by position.

    `above`: what stands in a merged cell that begins in a row above.
    """

    @property
    def number(self) -> int: ...
    @property
    def cells(self) -> Sequence[str]: ...
    @property
    def doubts(self) -> Mapping[int, str]: ...
    @property
    def above(self) -> Mapping[int, str]: ...


@dataclass
class Found:
    """A list inside a sheet. `head_row` and the rows' numbers are the file's own, from 1.

    `fields`: what each column means, None for one that is not used. `data`: its entries; `ignored`: other rows.
    """

    head_row: int
    heads: Sequence[str]
    fields: list[str | None]
    below: Sequence[Line]
    data: Sequence[Line] = field(init=False)
    ignored: Sequence[Line] = field(init=False)

    def __post_init__(self) -> None:
        self.data, self.ignored = _entries(self.below, self.heads, self.fields)

    def assign(self, name: str, place: int | None) -> None:
        """The caller knows better: the field stands in that column, or (None) in none."""
        self.fields = [None if there == name else there for there in self.fields]
        if place is not None:
            self.fields[place] = name
        self.data, self.ignored = _entries(self.below, self.heads, self.fields)


def score(rows: Sequence[Line], noun: Noun) -> int:
    """How much the first rows of a sheet look like such a list."""
    head = _head(rows, noun, {})
    return head[2] if head else 0


def find(rows: Sequence[Line], noun: Noun, labels: Mapping[str, str], *, headless: bool = False) -> Found | None:
    """The list in a sheet; None when no row looks like its head. `labels`: see `imports_columns.propose`.

    `headless`: without a head all rows are data, and somebody else says what the columns mean.
    """
    head = _head(rows, noun, labels)
    if head is None:
        width = max((len(row.cells) for row in rows), default=0)
        return Found(0, [""] * width, [None] * width, list(rows)) if headless else None
    place, height, _score = head
    heads = _joined([row.cells for row in rows[place : place + height]])
    below = rows[place + height :]
    heads += [""] * (max((len(row.cells) for row in below), default=0) - len(heads))
    sample = [row.cells for row in below[:200] if not _counts_columns(row.cells)]
    fields = propose(heads, sample, noun, labels)
    return Found(rows[place].number, heads, fields, below)


def _head(rows: Sequence[Line], noun: Noun, labels: Mapping[str, str]) -> tuple[int, int, int] | None:
    """Position, height and number of fields of the best head; the first of equals."""
    found: list[tuple[int, int, int]] = []
    for place in range(min(len(rows), _LOOKED_THROUGH)):
        for height in _HEIGHTS:
            lines = [line.cells for line in rows[place : place + height]]
            if len(lines) < height or (height > 1 and not _is_lower(_joined(lines[:-1]), lines[-1])):
                break
            found.append((place, height, looks_like_head(_joined(lines), noun, labels)))
    # A lower row belongs to the head only when it names more.
    best = max(found, key=lambda one: (one[2], -one[1], -one[0]), default=None)
    return best if best and best[2] else None


def _is_lower(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether a row may stand below heads as a part of them: words where there was a gap, no values."""
    filled = [place for place, cell in enumerate(lower) if cell]
    labels = all(not re.search(r"\d{3}|@", lower[place]) and len(lower[place]) <= 60 for place in filled)
    gaps = any(place >= len(upper) or not upper[place] for place in filled)
    spans = sum(1 for place in filled if place < len(upper) and upper[place])
    return bool(filled) and labels and gaps and spans <= (len(filled) + 1) // 2


def _joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """One head per column. Of several rows the lowest one speaks that has something there."""
    spoken = [next(filter(None, column), "") for column in zip_longest(*reversed(lines), fillvalue="")]
    return [" ".join(unspaced(head).split()) for head in spoken]


def _entries(rows: Sequence[Line], heads: Sequence[str], fields: Sequence[str | None]) -> tuple[list[Line], list[Line]]:
    used = [place for place, name in enumerate(fields) if name]
    named = next((place for place, name in enumerate(fields) if name == "name"), None)
    counting = [place for place, head in enumerate(heads) if is_numbering(head)]
    data: list[Line] = []
    ignored: list[Line] = []
    over = False
    for place, row in enumerate(rows):
        filled = [spot for spot, cell in enumerate(row.cells) if cell or spot in row.doubts]
        telling = [spot for spot in filled if spot in used and (spot in row.doubts or meant(row.cells[spot]))]
        first = row.cells[filled[0]] if filled and row.cells[filled[0]] else ""
        foot = bool(_FOOT.match(first)) and len(telling) <= 2
        over = over or (foot and bool(_END.match(first)))
        if not telling and all(spot in counting for spot in filled):
            continue
        below_heads = place < 2 and (_counts_columns(row.cells) or _hints(row.cells))
        repeated = [words_of(cell) for cell in row.cells if cell] == [words_of(head) for head in heads if head]
        # Nobody's name stands alone in a list that counts its people: it is that of a group, or of who signs.
        section = len(filled) == 1 and (filled[0] != named or bool(counting))
        signed = over and len(telling) <= 2
        if foot or signed or below_heads or repeated or section or not telling:
            ignored.append(row)
        else:
            data.append(row)
    return data, ignored


def _hints(cells: Sequence[str]) -> bool:
    """The row below heads that says how to fill in: "(v)", "(Luring/Daring)"."""
    return all(cell.startswith("(") and cell.endswith(")") for cell in cells if cell)


def _counts_columns(cells: Sequence[str]) -> bool:
    """The row below heads that numbers the columns: 1 2 3 4, or (1) (2) (3)."""
    filled = [cell.strip("() .") for cell in cells if cell]
    return (
        len(filled) >= 3
        and all(cell.isdigit() for cell in filled)
        and [int(cell) for cell in filled] == list(range(int(filled[0]), int(filled[0]) + len(filled)))
    )
