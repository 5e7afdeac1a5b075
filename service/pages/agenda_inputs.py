"""What the agenda's form asks to be stored, and what is wrong with it, said at the field it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from service.errors import InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.workshops_shapes import AgendaItemInput, BlockInput, WorkshopPatch
from service.pages import forms
from service.pages.agenda_grid import Grid, Half, Row, is_day
from service.pages.render import FormError, speak_day

S = TypeVar("S", BlockInput, AgendaItemInput)
_FIELDS = {
    "starts_at": "starts",
    "ends_at": "ends",
    "block": "half",
    "checkin_from": "doors",
    "id": "title",
}
_LISTS = {"agenda": "row", "blocks": "half"}


@dataclass
class _Reading:
    """What was read so far, and every fault."""

    faults: list[dict[str, str]] = field(default_factory=list)

    def fault(self, where: str, message: str) -> None:
        self.faults.append({"pointer": f"/{where}", "message": message})

    def whole(self, text: str, where: str) -> int | None:
        if text.isascii() and text.isdecimal() and len(text) <= 4 and int(text) <= 24:
            return int(text)
        self.fault(where, _("Isi dengan angka bulat, 0 sampai 24."))
        return None


def patch_of(grid: Grid) -> WorkshopPatch:
    """Agenda and half-days together, in the order of the grid; rows left blank are left out. Raises InvalidInput."""
    grid.rows = [row for row in grid.rows if not row.blank]
    reading = _Reading()
    blocks = [_block(reading, grid, place, half) for place, half in enumerate(grid.halves)]
    items = [_item(reading, grid, place, row) for place, row in enumerate(grid.rows)]
    if reading.faults:
        raise InvalidInput(reading.faults)
    return WorkshopPatch(blocks=[one for one in blocks if one], agenda=[one for one in items if one])


def errors_of(refused: Refusal, grid: Grid) -> list[FormError]:
    """A refusal's errors at the grid's fields: '/agenda/3/ends_at' is 'row-3-ends'."""
    return [FormError(_field(one.field), one.message, _where(one.field, grid)) for one in forms.errors_of(refused)]


def _field(pointer: str) -> str:
    parts = pointer.split("/")
    if parts[0] in _LISTS and len(parts) > 2:
        return f"{_LISTS[parts[0]]}-{parts[1]}-{_FIELDS.get(parts[2], parts[2])}"
    return pointer if pointer.startswith(("row-", "half-")) else ""


def where(grid: Grid, place: int) -> str:
    """'Baris 4, Sen, 3 Jul': people count from one, and each row shows its number."""
    said = _("Baris {number}").format(number=place + 1)
    day = grid.rows[place].day if place < len(grid.rows) else ""
    return f"{said}, {speak_day(date.fromisoformat(day), 'EEE, d MMM')}" if is_day(day) else said


def _where(pointer: str, grid: Grid) -> str:
    kind, _dash, rest = _field(pointer).partition("-")
    if not rest:
        return ""
    place = int(rest.partition("-")[0])
    return where(grid, place) if kind == "row" else _("Sesi {number}").format(number=place + 1)


def _item(reading: _Reading, grid: Grid, place: int, row: Row) -> AgendaItemInput | None:
    span, half = grid.span(row), grid.half_of(row.half)
    for name, text in (("starts", row.starts), ("ends", row.ends)):
        if grid.moment(row.day, text) is None:
            reading.fault(f"row-{place}-{name}", _("Isi jamnya, misalnya 09.15."))
    hours = reading.whole(row.hours or "0", f"row-{place}-hours")
    if span is None or hours is None:
        return None
    values: dict[str, object] = {
        "id": _id_of(row.id),
        "title": row.title,
        "starts_at": span[0],
        "ends_at": span[1],
        "block": half.code if half else None,
        "speakers": [one for part in row.speakers.split(";") if (one := part.strip())],
        "hours": hours,
    }
    advice = {
        "title": _("Tuliskan acaranya."),
        "speakers": _("Tulis paling banyak 20 narasumber, dipisahkan titik koma."),
        "block": _("Periksa kode sesinya."),
    }
    return _shaped(reading, AgendaItemInput, values, advice, f"row-{place}")


def _block(reading: _Reading, grid: Grid, place: int, half: Half) -> BlockInput | None:
    mine = any(row.half == half.key for row in grid.rows)
    hours = reading.whole(half.hours, f"half-{place}-hours")
    if half.doors and grid.doors(half) is None:
        # Without any entry and without a day of its own there is nothing that the time could be of.
        reading.fault(f"half-{place}-starts", _("Pilih sesi ini pada mata acaranya, atau isi waktunya."))
        return None
    values: dict[str, object] = {
        "code": half.code,
        "label": half.label,
        "starts_at": None if mine else grid.moment(half.day, half.starts),
        "ends_at": None if mine else grid.moment(half.day, half.ends),
        "checkin_from": grid.doors(half),
        "hours": hours or 0,
    }
    advice = {
        "code": _("Isi kode pendek tanpa spasi, misalnya D1P."),
        "label": _("Tuliskan nama sesi, misalnya Hari I (pagi)."),
    }
    return _shaped(reading, BlockInput, values, advice, f"half-{place}")


def _shaped(
    reading: _Reading, shape: type[S], values: Mapping[str, object], advice: Mapping[str, str], prefix: str
) -> S | None:
    try:
        return forms.read(shape, values, advice)
    except InvalidInput as refused:
        for one in forms.errors_of(refused):
            name = one.field.partition("/")[0]
            reading.fault(f"{prefix}-{_FIELDS.get(name, name)}", one.message)
    return None


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
