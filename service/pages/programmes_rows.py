"""Rows of a programme's form: stages and dimensions, edited together, moved, added and dropped before they are kept."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.organizers import Programme
from service.models.programmes_shapes import DimensionShape, StageShape
from service.pages.forms import Typed

T = TypeVar("T", StageShape, DimensionShape)
STAGE, DIMENSION = "stage", "dimension"
KINDS = (STAGE, DIMENSION)
MOST_ROWS = {STAGE: 100, DIMENSION: 50}
MOST_FIELDS = 900
_TEXTS = {STAGE: ("label", "date", "due"), DIMENSION: ("label", "sub", "coordinator")}
_WORD = re.compile(r"[^a-z0-9]+")
_DEED = re.compile(r"(stage|dimension)-(up|down|drop|add)(?:-(\d{1,3}))?")


@dataclass(frozen=True)
class Line:
    """A row as it is typed. `fixed`: it stands already, so its code stays; `used` by how many things."""

    code: str
    fixed: bool
    texts: Mapping[str, str] = field(default_factory=dict)
    used: int = 0

    @property
    def empty(self) -> bool:
        """Nothing was typed."""
        return not self.code and not any(self.texts.values())


Lines = dict[str, list[Line]]


def of_programme(row: Programme) -> Lines:
    """The rows as they are kept."""
    stages = [
        Line(
            str(one["code"]),
            True,
            {
                "label": str(one["label"]),
                "date": str(one.get("date") or ""),
                "due": str(one.get("due_date") or ""),
            },
        )
        for one in row.stages
    ]
    dimensions = [Line(str(one["code"]), True, _of_dimension(one)) for one in row.dimensions]
    return {STAGE: stages, DIMENSION: dimensions}


def _of_dimension(one: Mapping[str, object]) -> dict[str, str]:
    read = DimensionShape.model_validate(one)
    return {"label": read.label, "sub": "\n".join(read.sub), "coordinator": read.coordinator or ""}


def of_typed(row: Programme, typed: Typed) -> Lines:
    """The rows as they were typed; a code that stands already is never changed by a form."""
    known = {STAGE: {str(one["code"]) for one in row.stages}, DIMENSION: {str(one["code"]) for one in row.dimensions}}
    return {kind: [_line(kind, place, typed, known[kind]) for place in range(_count(kind, typed))] for kind in KINDS}


def _count(kind: str, typed: Typed) -> int:
    text = typed.get(f"{kind}-count", "")
    return min(int(text), MOST_ROWS[kind]) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _line(kind: str, place: int, typed: Typed, known: set[str]) -> Line:
    texts = {name: typed.get(f"{kind}-{place}-{name}", "") for name in _TEXTS[kind]}
    old = typed.get(f"{kind}-{place}-old", "")
    return Line(old, True, texts) if old in known else Line(typed.get(f"{kind}-{place}-code", ""), False, texts)


def moved(lines: Lines, deed: str) -> tuple[Lines, str] | None:
    """The rows after one of them was moved, dropped or added, and the id of what to look at; None for another deed."""
    match = _DEED.fullmatch(deed)
    if match is None:
        return None
    kind, verb, place = match[1], match[2], int(match[3] or 0)
    rows = list(lines[kind])
    if verb == "add":
        rows = [*rows, Line("", False)][: MOST_ROWS[kind]]
        place = len(rows) - 1
    elif verb == "drop" and place < len(rows):
        del rows[place]
        place = max(min(place, len(rows) - 1), 0)
    else:
        other = place - 1 if verb == "up" else place + 1
        if place < len(rows) and 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
            place = other
    return {**lines, kind: rows}, f"{kind}-{place}"


def stages_of(lines: Sequence[Line]) -> list[StageShape]:
    """The stages that were typed. Raises InvalidInput, which names the rows."""
    read, faults = list[StageShape](), list[dict[str, str]]()
    for place, line in enumerate(lines):
        if line.empty:
            continue
        values = {"code": _code(line), "label": line.texts["label"]}
        values |= {name: text for name, text in (("date", line.texts["date"]), ("due_date", line.texts["due"])) if text}
        try:
            read.append(StageShape.model_validate(values))
        except ValidationError as invalid:
            faults += _faults(STAGE, place, invalid)
    return _once(STAGE, lines, read, faults)


def dimensions_of(lines: Sequence[Line], offices: Mapping[str, str]) -> list[DimensionShape]:
    """The dimensions that were typed; `offices` by code. Raises InvalidInput, which names the rows."""
    codes = {name.casefold(): code for code, name in offices.items()} | {code.casefold(): code for code in offices}
    read, faults = list[DimensionShape](), list[dict[str, str]]()
    for place, line in enumerate(lines):
        if line.empty:
            continue
        typed = line.texts["coordinator"]
        coordinator = codes.get(typed.casefold())
        if typed and coordinator is None:
            said = _("Pilih perangkat daerah dari daftar.")
            faults.append({"pointer": f"/{DIMENSION}-{place}-coordinator", "message": said})
        sub = [one.strip() for one in line.texts["sub"].splitlines() if one.strip()]
        values = {"code": _code(line), "label": line.texts["label"], "sub": sub, "coordinator": coordinator}
        try:
            read.append(DimensionShape.model_validate(values))
        except ValidationError as invalid:
            faults += _faults(DIMENSION, place, invalid)
    return _once(DIMENSION, lines, read, faults)


def _once(kind: str, lines: Sequence[Line], read: list[T], faults: list[dict[str, str]]) -> list[T]:
    seen: set[str] = set()
    for place, line in enumerate(lines):
        code = _code(line)
        if not line.empty and code in seen:
            said = _("Kode ini sudah dipakai baris lain. Tulis nama atau kode yang berbeda.")
            faults.append({"pointer": f"/{kind}-{place}-{'label' if line.fixed else 'code'}", "message": said})
        seen.add(code)
    if faults:
        raise InvalidInput(faults)
    return read


def _code(line: Line) -> str:
    """The code typed, else one made from the name: 'Evaluasi III' as 'evaluasi_iii'."""
    if line.code:
        return line.code
    plain = unicodedata.normalize("NFKD", line.texts["label"]).encode("ascii", "ignore").decode().lower()
    return _WORD.sub("_", plain).strip("_")[:64]


def _faults(kind: str, place: int, invalid: ValidationError) -> list[dict[str, str]]:
    advice = {
        "code": ("code", _("Isi dengan huruf, angka, titik, atau tanda hubung, tanpa spasi.")),
        "label": ("label", _("Tuliskan namanya.")),
        "date": ("date", _("Tulis dalam satu baris.")),
        "due_date": ("due", _("Pilih tanggal.")),
        "sub": ("sub", _("Tulis satu subdimensi tiap baris, paling banyak 50.")),
    }
    found: dict[str, str] = {}
    for error in invalid.errors(include_input=False, include_url=False):
        name, message = advice.get(str(error["loc"][0]), ("label", _("Nilainya tidak sah.")))
        found.setdefault(f"/{kind}-{place}-{name}", message)
    if f"/{kind}-{place}-label" in found:
        # The code is made from the name, so one refusal is enough.
        found.pop(f"/{kind}-{place}-code", None)
    return [{"pointer": pointer, "message": message} for pointer, message in found.items()]
