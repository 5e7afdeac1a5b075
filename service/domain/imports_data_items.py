"""Taking over a list of what is asked for: by code, else by name."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from pydantic import ValidationError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import data_items, organisations
from service.domain.data_items import Columns, References
from service.domain.identity import canonical_name
from service.domain.imports import Judged, parts
from service.domain.imports_heads import Line
from service.domain.imports_offices import Offices
from service.domain.imports_values import Remark, faults_of, message_of
from service.domain.imports_words import book_of, day_of, days_of, item_kind_of, meant, yes_or_no
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.data_items import DataItem
from service.models.data_items_shapes import DataItemCreate, DataItemPatch
from service.models.imports_shapes import Verdict
from service.models.organizers import Organizer, Programme

_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_LINES = ("name", "dimension", "sub_dimension", "data_kind", "access_class")


@dataclass
class Plan:
    """What an import would do: items to add, and changes of known ones."""

    judged: list[Judged] = field(default_factory=list)
    new: list[Columns] = field(default_factory=list)
    changed: list[tuple[DataItem, Columns]] = field(default_factory=list)


@dataclass
class _Entry:
    row: int
    cells: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)  # of many types
    errors: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    def wrong(self, name: str, message: str) -> None:
        self.errors.append(Remark(name, message))


async def plan(
    session: AsyncSession, actor: Actor, lines: Sequence[Line], fields: Sequence[str | None], *, lock: bool
) -> Plan:
    """Judges every row against the actor's house, `fields` by column; `lock` for a real run."""
    query = select(DataItem).where(DataItem.organizer_id == actor.tenant).order_by(DataItem.code)
    if lock:
        # Two lists with the same new code: the second one is judged when the first has been taken over.
        house = select(Organizer.id).where(Organizer.id == actor.tenant)
        await session.exec(house.with_for_update(key_share=True))
        query = query.with_for_update(key_share=True)
    rows = list(await session.exec(query, execution_options={"populate_existing": True}))
    offices = await Offices.of(session, actor.tenant)
    known = organisations.by_any_code()
    codes = select(known.c.code).where(known.c.organizer_id == actor.tenant)
    references = await References.of(session, actor, (await session.exec(codes)).all())
    judge = _Judge(rows, references, offices)
    made = await asyncio.to_thread(lambda: [judge.row(_read(line, fields)) for line in lines])
    judge.plan.judged += made
    return judge.plan


async def carry_out(session: AsyncSession, actor: Actor, made: Plan) -> None:
    """Adds and changes what the plan says."""
    for new in parts(made.new):
        await data_items.add_all(session, actor, new)
    for changed in parts(made.changed):
        await data_items.change_all(session, actor, changed)


class _Judge:
    """Judges row after row, remembering those above."""

    def __init__(self, rows: Sequence[DataItem], references: References, offices: Offices) -> None:
        self.plan = Plan()
        self._references = references
        self._offices = offices
        self._codes = {row.code.casefold(): row for row in rows}
        self._names: dict[str, list[DataItem]] = {}
        for row in rows:
            self._names.setdefault(canonical_name(row.name), []).append(row)
        self._seen: set[str] = set()

    def row(self, entry: _Entry) -> Judged:
        """The verdict on a row, and what it does to the plan."""
        name, code = entry.values.get("name", ""), entry.values.get("code", "")
        known = self._known(entry, name, code)
        if known is None and not name:
            entry.wrong("name", _("Nama wajib diisi."))
        self._refer(entry)
        if entry.errors:
            entry.errors += self._further(entry, known)
            return _judged(entry, Verdict.FAULTY)
        key = f"code:{(known.code if known else code).casefold()}" if known or code else f"name:{canonical_name(name)}"
        if key in self._seen:
            entry.warnings.append(
                Remark("name", _("Butir data ini sudah ada pada baris di atasnya; baris ini dilewati."))
            )
            return _judged(entry, Verdict.DUPLICATE)
        self._seen.add(key)
        try:
            return self._change(entry, known) if known else self._new(entry, code)
        except (ValidationError, InvalidInput) as invalid:
            entry.errors += _remarks(invalid)
            return _judged(entry, Verdict.FAULTY)

    def _further(self, entry: _Entry, known: DataItem | None) -> list[Remark]:
        """What else is wrong with a faulty row: whoever corrects it should have to do so once."""
        told = {one.field for one in entry.errors}
        try:
            if known:
                self._references.columns(DataItemPatch.model_validate(_without_code(entry.values)), known)
            else:
                self._references.columns(DataItemCreate.model_validate({"code": "x", "name": "x", **entry.values}))
        except (ValidationError, InvalidInput) as invalid:
            return [one for one in _remarks(invalid) if one.field not in told]
        return []

    def _known(self, entry: _Entry, name: str, code: str) -> DataItem | None:
        if code:
            return self._codes.get(code.casefold())
        same = self._names.get(canonical_name(name), []) if name else []
        if len(same) > 1:
            entry.wrong("name", _("Beberapa butir data bernama sama; isi kodenya."))
        return next(iter(same), None)

    def _refer(self, entry: _Entry) -> None:
        """Programme, stage and organisation by what people call them."""
        programmes = self._references.programmes
        if text := entry.cells.get("programme"):
            programme = next((one for one in programmes if _same(text, one.code, one.name)), None)
            if programme is None:
                entry.wrong("programme", _("Kode program tidak dikenal."))
            else:
                entry.values["programme"] = programme.code
                programmes = [programme]
        if text := entry.cells.get("due_stage"):
            entry.values["due_stage"] = _stage(text, programmes) or text
        elif stage := _stage(entry.cells.get("due_date", ""), programmes):
            # "Tenggat: Bimtek II".
            entry.values["due_stage"] = stage
            entry.values.pop("due_date", None)
            entry.errors = [one for one in entry.errors if one.field != "due_date"]
        if text := entry.cells.get("requested_from"):
            match = self._offices.named(" ".join(text.split()))
            if match.office is None:
                unknown = _("Perangkat daerah ini tidak ada dalam daftar. Tambahkan dahulu, atau kosongkan selnya.")
                entry.wrong("requested_from", match.warning or unknown)
                return
            entry.values["requested_from"] = match.office.code
            if match.warning:
                entry.warnings.append(Remark("requested_from", match.warning))

    def _new(self, entry: _Entry, code: str) -> Judged:
        data = DataItemCreate.model_validate({**entry.values, "code": code or self._free_code()})
        self.plan.new.append(self._references.columns(data))
        self._seen.add(f"code:{data.code.casefold()}")
        return _judged(entry, Verdict.NEW)

    def _change(self, entry: _Entry, row: DataItem) -> Judged:
        data = DataItemPatch.model_validate(_without_code(entry.values))
        columns = self._references.columns(data, row)
        changes = {name: value for name, value in columns.items() if value != getattr(row, name)}
        if not changes:
            return _judged(entry, Verdict.UNCHANGED)
        self.plan.changed.append((row, changes))
        return _judged(entry, Verdict.CHANGED)

    def _free_code(self) -> str:
        codes = (f"DI-{number:03}" for number in count(1))
        return next(
            code for code in codes if code.casefold() not in self._codes and f"code:{code.casefold()}" not in self._seen
        )


def _read(line: Line, fields: Sequence[str | None]) -> _Entry:
    cells = {
        name: text
        for place, name in enumerate(fields)
        if name and place < len(line.cells) and place not in line.doubts and (text := meant(line.cells[place]))
    }
    entry = _Entry(line.number, cells)
    for place in line.doubts:
        if place < len(fields) and (name := fields[place]):
            entry.wrong(name, _("Sel berisi kesalahan atau angka yang tidak utuh. Perbaiki sebagai teks."))
    entry.values |= {name: " ".join(cells[name].split()) for name in _LINES if name in cells}
    if "description" in cells:
        entry.values["description"] = cells["description"].replace("\r\n", "\n")
    if "code" in cells:
        entry.values["code"] = code = re.sub(r"[^A-Za-z0-9._-]+", "-", cells["code"]).strip("-_.")
        if code != cells["code"]:
            entry.warnings.append(Remark("code", _("Kode dicatat sebagai {code}.").format(code=code)))
    _read_words(entry)
    return entry


def _read_words(entry: _Entry) -> None:
    """Cells that hold one of a few words, a number or a day."""
    readers = {
        "item_kind": (item_kind_of, _("Tulis data, kebutuhan, program, bukti, atau tindak lanjut.")),
        "masterplan_book": (book_of, _("Tulis 1, 2, atau 3.")),
        "contains_personal_data": (yes_or_no, _("Tulis ya atau tidak.")),
        "due_date": (day_of, _("Tulis tanggal sebagai 21/07/2023 atau 21 Juli 2023.")),
        "due_days": (days_of, _("Tulis jumlah hari kerja, misalnya 5, atau -3 untuk sebelum kegiatan.")),
    }
    for name, (reader, advice) in readers.items():
        if name in entry.cells:
            value: date | int | str | bool | None = reader(entry.cells[name])
            if value is None:
                entry.wrong(name, advice)
            else:
                entry.values[name] = value


def _same(text: str, *names: str) -> bool:
    return canonical_name(text) in {canonical_name(name) for name in names}


def _stage(text: str, programmes: Sequence[Programme]) -> str | None:
    """The code of the stage that is called so, or whose label alone begins so: "Bimtek II" for "Bimtek 2, Agustus"."""
    stages = [(str(stage["code"]), str(stage["label"])) for one in programmes for stage in one.stages]
    plain = _counted(text)
    named = [code for code, label in stages if plain in (_counted(code), _counted(label))]
    begun = {code for code, label in stages if plain and f"{_counted(label)} ".startswith(f"{plain} ")}
    return next(iter(named), None) or (begun.pop() if len(begun) == 1 else None)


def _counted(text: str) -> str:
    return " ".join(_ROMAN.get(word, word) for word in canonical_name(text.replace("_", " ")).split())


def _without_code(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "code"}


def _remarks(invalid: ValidationError | InvalidInput) -> list[Remark]:
    if isinstance(invalid, InvalidInput):
        return [Remark(pointer.removeprefix("/").replace("/", "."), message) for pointer, message in faults_of(invalid)]
    return [
        Remark(".".join(str(part) for part in error["loc"]), message_of(str(error["type"]), error.get("ctx", {})))
        for error in invalid.errors(include_input=False, include_url=False)
    ]


def _judged(entry: _Entry, verdict: Verdict) -> Judged:
    name = entry.values.get("name") or entry.values.get("code")
    office = entry.values.get("requested_from")
    return Judged(entry.row, verdict, name, None, tuple(entry.errors), tuple(entry.warnings), office)
