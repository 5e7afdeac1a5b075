"""Taking over a list of organisations and their contacts: by code, else by name."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import organisations
from service.domain.identity import canonical_email, canonical_name
from service.domain.imports import Judged, parts
from service.domain.imports_heads import Found, Line
from service.domain.imports_offices import without_region
from service.domain.imports_values import Remark, faults_of, message_of
from service.domain.imports_words import all_of, level_of, meant
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.imports_shapes import Verdict
from service.models.organizers import Organizer
from service.models.people import Organisation, OrganisationAlias
from service.models.people_shapes import ContactShape, OrganisationCreate, OrganisationPatch

_CODE = re.compile(r"[A-Za-z0-9._-]+")
_PARTS = ("name", "position", "email", "phone")
Stored = dict[str, str | None]
MOST_CONTACTS = 20


@dataclass
class Plan:
    """What an import would do: organisations to add, and patches of known ones."""

    judged: list[Judged] = field(default_factory=list)
    new: list[OrganisationCreate] = field(default_factory=list)
    changed: list[tuple[Organisation, OrganisationPatch]] = field(default_factory=list)


@dataclass
class _Entry:
    row: int
    values: dict[str, str]
    contacts: list[ContactShape]
    errors: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)


async def plan(session: AsyncSession, actor: Actor, found: Found, *, lock: bool) -> Plan:
    """Judges every row against the actor's house; `lock` for a real run."""
    query = select(Organisation).where(Organisation.organizer_id == actor.tenant).order_by(Organisation.code)
    if lock:
        # Two lists with the same new code: the second one is judged when the first has been taken over.
        house = select(Organizer.id).where(Organizer.id == actor.tenant)
        await session.exec(house.with_for_update(key_share=True))
        query = query.with_for_update(key_share=True)
    rows = list(await session.exec(query, execution_options={"populate_existing": True}))
    made = Plan()
    aliases = select(OrganisationAlias).where(OrganisationAlias.organizer_id == actor.tenant)
    judge = _Judge(made, rows, (await session.exec(aliases)).all())
    made.judged += await asyncio.to_thread(lambda: [judge.row(_read(line, found.fields)) for line in found.data])
    return made


async def carry_out(session: AsyncSession, actor: Actor, made: Plan) -> None:
    """Adds and changes what the plan says."""
    for new in parts(made.new):
        await organisations.add_all(session, actor, new)
    for changed in parts(made.changed):
        await organisations.change_all(session, actor, changed)


class _Judge:
    """Judges row after row, remembering those above."""

    def __init__(self, made: Plan, rows: Sequence[Organisation], former: Sequence[OrganisationAlias] = ()) -> None:
        self.plan = made
        self._codes = {row.code.casefold(): row for row in rows}
        self._names: dict[str, list[Organisation]] = {}
        self._near = {without_region(row.name) for row in rows}
        self._seen: dict[str, int] = {}
        self._former: set[tuple[UUID, str]] = set()
        for row in rows:
            self._names.setdefault(canonical_name(row.name), []).append(row)
        present = {row.id: row for row in rows}
        for old in former:
            self._codes.setdefault(old.code.casefold(), present[old.organisation_id])
            self._names.setdefault(canonical_name(old.name), [present[old.organisation_id]])
            self._near.add(without_region(old.name))
            self._former.add((old.organisation_id, canonical_name(old.name)))

    def row(self, entry: _Entry) -> Judged:
        """The verdict on a row, and what it does to the plan."""
        name, code = entry.values.get("name", ""), entry.values.get("code", "")
        if not name and not code:
            entry.errors.append(Remark("name", _("Nama wajib diisi.")))
        known = self._codes.get(code.casefold()) or self._namesake(entry, name, code)
        if known is None and not name and code:
            entry.errors.append(Remark("name", _("Nama wajib diisi.")))
        if entry.errors:
            return _judged(entry, Verdict.FAULTY)
        own = {f"code:{(known.code if known else code).casefold()}"} if known or code else set()
        named = {f"name:{canonical_name(name)}"} if name else set()
        # Of two that are kept under one name already each has its own row.
        above = [self._seen[key] for key in (own if known else own | named) if key in self._seen]
        if above:
            said = _("Instansi ini sama dengan baris {row}; baris ini dilewati.").format(row=min(above))
            entry.warnings.append(Remark("name", said))
            return _judged(entry, Verdict.DUPLICATE)
        for key in own | named:
            self._seen.setdefault(key, entry.row)
        return self._known(entry, known) if known else self._new(entry, name, code)

    def _namesake(self, entry: _Entry, name: str, code: str) -> Organisation | None:
        """The stored organisation of that name; said where the row gives it another code."""
        same = self._names.get(canonical_name(name), []) if name else []
        if len(same) > 1:
            entry.errors.append(Remark("name", _("Beberapa instansi bernama sama; isi kodenya.")))
        if len(same) != 1:
            return None
        if code:
            said = _("Instansi bernama ini sudah tercatat dengan kode {code}; baris ini dianggap instansi yang sama.")
            entry.warnings.append(Remark("code", said.format(code=same[0].code)))
        return same[0]

    def _new(self, entry: _Entry, name: str, code: str) -> Judged:
        if without_region(name) in self._near:
            entry.warnings.append(Remark("name", _("Instansi dengan nama mirip sudah ada; pastikan memang berbeda.")))
        try:
            data = OrganisationCreate.model_validate(
                {**entry.values, "code": code or self._free_code(name), "contacts": entry.contacts}
            )
            organisations.checked_contacts(data.contacts)
        except (ValidationError, InvalidInput) as invalid:
            entry.errors += _remarks(invalid)
            return _judged(entry, Verdict.FAULTY)
        self._seen.setdefault(f"code:{data.code.casefold()}", entry.row)
        self.plan.new.append(data)
        return _judged(entry, Verdict.NEW, data.code)

    def _known(self, entry: _Entry, row: Organisation) -> Judged:
        given = {name: value for name, value in entry.values.items() if name != "code" and value != getattr(row, name)}
        if (row.id, canonical_name(given.get("name", ""))) in self._former:
            # What it was called before it was merged is no new name.
            del given["name"]
        try:
            contacts = _merged(row.contacts, entry)
            changes: dict[str, object] = {**given}
            if contacts != row.contacts:
                changes["contacts"] = [ContactShape.model_validate(one) for one in contacts]
            patch = OrganisationPatch.model_validate(changes)
        except (ValidationError, InvalidInput) as invalid:
            entry.errors += _remarks(invalid)
            return _judged(entry, Verdict.FAULTY)
        if not changes:
            return _judged(entry, Verdict.UNCHANGED, row.code)
        self.plan.changed.append((row, patch))
        return _judged(entry, Verdict.CHANGED, row.code)

    def _free_code(self, name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", canonical_name(name)).strip("-")[:55].strip("-") or "instansi"
        codes = (base if number == 1 else f"{base}-{number}" for number in count(1))
        return next(code for code in codes if code not in self._codes and f"code:{code}" not in self._seen)


def _read(line: Line, fields: Sequence[str | None]) -> _Entry:
    cells = {
        name: text
        for place, name in enumerate(fields)
        if name and place < len(line.cells) and place not in line.doubts and (text := meant(line.cells[place]))
    }
    values: dict[str, str] = {name: " ".join(cells[name].split()) for name in ("code", "name", "kind") if name in cells}
    code = values.get("code", "")
    if made := _code_of(code):
        values["code"] = made
    if "org_class" in cells:
        values["org_class"] = level_of(cells["org_class"])
    entry = _Entry(line.number, values, [])
    if made and made != code:
        entry.warnings.append(Remark("code", _("Kode dicatat sebagai {code}.").format(code=made)))
    for place in line.doubts:
        if place < len(fields) and (name := fields[place]):
            entry.errors.append(
                Remark(name, _("Sel berisi kesalahan atau angka yang tidak utuh. Perbaiki sebagai teks."))
            )
    told = {name.partition(".")[2] for name in cells if name.startswith("contact_")}
    for number in sorted(told, key=lambda text: int(text or 0)):
        _read_contact(entry, cells, f".{number}" if number else "")
    return entry


def _code_of(text: str) -> str:
    """What was typed as a code with hyphens for what a code cannot hold: "Kec. Belopa" -> "Kec-Belopa"."""
    return text if _CODE.fullmatch(text) else re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")


def _read_contact(entry: _Entry, cells: Mapping[str, str], ending: str) -> None:
    parts = {part: cells.get(f"contact_{part}{ending}") for part in _PARTS}
    emails, phones = (all_of(parts[part] or "") for part in ("email", "phone"))
    parts |= {"email": emails[0] or None, "phone": phones[0] or None}
    if len(phones) > 1:
        said = _("Sel berisi lebih dari satu; yang pertama dipakai.")
        entry.warnings.append(Remark("contact_phone", said))
    try:
        entry.contacts.append(ContactShape.model_validate(parts))
        # Every address is written to, so none may get lost.
        entry.contacts += [ContactShape.model_validate({"email": one}) for one in emails[1:]]
    except ValidationError as invalid:
        entry.errors += _remarks(invalid)


def _merged(stored: Sequence[Stored], entry: _Entry) -> list[Stored]:
    """The stored contacts with those of a row: one that is known by address or name gets what is missing, others join.

    Nobody's address is replaced: invitations go there. Raises InvalidInput.
    """
    merged = joined(stored, organisations.checked_contacts(entry.contacts), newer=("position",))
    if len(merged) > MOST_CONTACTS:
        raise InvalidInput.at("/contacts", _("Paling banyak 20 kontak."))
    return merged


def joined(stored: Sequence[Stored], more: Sequence[Stored], newer: Collection[str] = ()) -> list[Stored]:
    """Contacts with others added: one that is known by address or name gets what is missing, and what is `newer`."""
    merged = [dict(one) for one in stored]
    for given in more:
        known = next((one for one in merged if _same(one, given)), None)
        if known is None:
            merged.append(given)
            continue
        for part in _PARTS:
            if given.get(part) and (part in newer or not known.get(part)):
                known[part] = given[part]
    return merged


def _same(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    for part in ("email", "phone", "name"):
        mine, theirs = one.get(part), other.get(part)
        if mine and theirs:
            read = canonical_email if part == "email" else canonical_name
            return read(mine) == read(theirs)
    return one.get("position") == other.get("position")


def _remarks(invalid: ValidationError | InvalidInput) -> list[Remark]:
    if isinstance(invalid, InvalidInput):
        return [Remark(pointer.removeprefix("/").replace("/", "."), message) for pointer, message in faults_of(invalid)]
    return [
        Remark(".".join(str(part) for part in error["loc"]), message_of(str(error["type"]), error.get("ctx", {})))
        for error in invalid.errors(include_input=False, include_url=False)
    ]


def _judged(entry: _Entry, verdict: Verdict, code: str | None = None) -> Judged:
    name = entry.values.get("name") or entry.values.get("code")
    return Judged(entry.row, verdict, name, None, tuple(entry.errors), tuple(entry.warnings), code)
