"""Lists that wait in a page between trial and taking over, and what the page says of them.

Nothing of a tried list is kept by the service: the page carries it, squeezed, until the committee says the word. It is
signed for whoever tried it: what comes back has passed the checks of a file that is read.
"""

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest

from pydantic import TypeAdapter

from service.auth import Actor
from service.documents import tables_write
from service.domain.imports import Judged
from service.domain.imports_columns import Noun, fields_of
from service.domain.imports_heads import Found
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.imports_shapes import ImportRead, Verdict
from service.pages.forms import BadForm, Typed
from service.tokens import Keyring

MOST_PACKED = 4 * 1024 * 1024
"""Bytes of a tried list that wait in the page."""
MOST_SENT = MOST_PACKED + 65_536
"""Bytes of the form around it."""
_MAC_BYTES = 32
_SHOWN_ROWS = 100
MOST_COLUMNS = 60
"""Whose meaning can be chosen on the page."""


@dataclass(frozen=True)
class Kept:
    """A line of a list, as `imports_heads.Line` has them."""

    number: int
    cells: tuple[str, ...]
    doubts: dict[int, str]
    above: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Packed:
    """A list as it waits: where its heads stood, what its columns were taken for, and all lines below them."""

    head_row: int
    heads: list[str]
    fields: list[str | None]
    lines: list[Kept]


_PACKED = TypeAdapter(Packed)


@dataclass(frozen=True)
class Tried:
    """A list that was tried. `packed`: the list itself, for the page to send back."""

    told: ImportRead
    packed: str

    @property
    def wanted(self) -> int:
        """How many rows would be taken over."""
        return self.told.counts.new + self.told.counts.changed

    @property
    def rows(self) -> list[tuple[int, str, bool, list[str]]]:
        """The first hundred rows to look at: number, name, whether it is faulty, and what is said of it."""
        said = [
            (
                row.row,
                row.name or "",
                row.verdict is Verdict.FAULTY,
                [one.message for one in (*row.errors, *row.warnings)],
            )
            for row in self.told.rows
            if (row.errors or row.warnings) and row.verdict is not Verdict.UNDECIDED
        ]
        return sorted(said, key=lambda row: (not row[2], row[0]))[:_SHOWN_ROWS]

    @property
    def undecided(self) -> list[tuple[int, str, list[str]]]:
        """The first hundred rows that somebody has to decide on: number, name, and what is said of it."""
        found = [one for one in self.told.rows if one.verdict is Verdict.UNDECIDED]
        return [(one.row, one.name or "", [said.message for said in one.warnings]) for one in found[:_SHOWN_ROWS]]


def pack(keyring: Keyring, actor: Actor, noun: Noun, found: Found) -> str:
    """The list as a hidden field carries it. Raises InvalidInput for one that is too long to wait in a page."""
    lines = [Kept(one.number, tuple(one.cells), dict(one.doubts), dict(one.above)) for one in found.below]
    whole = Packed(found.head_row, list(found.heads), list(found.fields), lines)
    squeezed = zlib.compress(_PACKED.dump_json(whole))
    packed = base64.urlsafe_b64encode(_mac(keyring, actor, noun, squeezed) + squeezed).decode()
    if len(packed) > MOST_PACKED:
        raise InvalidInput.at("/file", _("Daftar ini terlalu panjang. Bagi menjadi beberapa berkas."))
    return packed


def unpack(keyring: Keyring, actor: Actor, noun: Noun, typed: Typed, labels: Mapping[str, str] | None = None) -> Found:
    """The list that a page sent back, its columns as they were chosen there. Raises BadForm for what `pack` did not
    make for this actor.
    """
    try:
        raw = base64.urlsafe_b64decode(typed.get("packed", ""))
        mac, squeezed = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not compare_digest(mac, _mac(keyring, actor, noun, squeezed)):
            raise BadForm
        whole = _PACKED.validate_json(zlib.decompress(squeezed))
    except ValueError as broken:  # no base64; or from a page of an older version
        raise BadForm from broken
    return Found(whole.head_row, whole.heads, _chosen(typed, whole, noun, labels or {}), whole.lines)


def _mac(keyring: Keyring, actor: Actor, noun: Noun, squeezed: bytes) -> bytes:
    return keyring.mac("import", f"{noun}:{actor.tenant}:{actor.label}:".encode() + squeezed)


def _chosen(typed: Typed, whole: Packed, noun: Noun, labels: Mapping[str, str]) -> list[str | None]:
    """What each column means: as the page says where it lets people choose, each meaning once."""
    if "columns" not in typed:
        return whole.fields
    known = {*meanings(noun, whole.fields), *labels.values()}
    fields: list[str | None] = []
    for place, before in enumerate(whole.fields):
        name = typed.get(f"column-{place}") if place < MOST_COLUMNS else before
        fields.append(name if name in known and name not in fields else None)
    return fields


def meanings(noun: Noun, fields: Sequence[str | None]) -> list[str]:
    """What a column can be taken for; of contacts also the numbered ones that were found."""
    return sorted({*fields_of(noun), *filter(None, fields)})


def check_named(found: Found, noun: Noun) -> None:
    """Every list says who or what its rows are. Raises InvalidInput."""
    if "name" not in found.fields and not (noun != "registrations" and "code" in found.fields):
        raise InvalidInput.at("", _("Kolom nama belum dipilih. Tentukan kolom mana yang berisi nama."))


def refused_rows(found: Found, judged: Sequence[Judged]) -> bytes:
    """The faulty rows as CSV with the heads of the file and what is to be put right, for a spreadsheet."""
    said = {one.row: " ".join(fault.message for fault in one.errors) for one in judged if one.verdict is Verdict.FAULTY}
    width = len(found.heads)
    lines = [
        [*line.cells[:width], *[""] * (width - len(line.cells)), str(line.number), said[line.number]]
        for line in found.below
        if line.number in said
    ]
    heads = [*found.heads, _("Baris"), _("Yang perlu diperbaiki")]
    return tables_write.BOM + tables_write.csv_bytes([heads, *lines], ";")
