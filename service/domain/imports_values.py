"""One row of a list read into what a registration takes, with everything that is wrong or doubtful about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from service.domain import questions as asking
from service.domain.contacts import Contact
from service.domain.identity import canonical_name, read_nip
from service.domain.imports_heads import Found, Line
from service.domain.imports_words import (
    employment_of,
    first_of,
    is_ditto,
    is_masked,
    is_tick,
    level_of,
    meant,
    mode_of,
    name_and_nip,
    nip_digits,
    phone_of,
    role_of,
    status_of,
)
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.columns import asked_by
from service.models.questions import Question
from service.models.registrations import ParticipantRole, RegistrationStatus
from service.models.registrations_shapes import Answer, RegistrationCreate
from service.models.workshops import Mode

_OVER = (RegistrationStatus.CANCELLED, RegistrationStatus.REJECTED)
_PLAIN = ("name", "position", "rank", "represents", "organisation_name", "code")
_ONE = ("email", "phone")
_LETTERS = {"l": "luring", "d": "daring"}


@dataclass(frozen=True)
class Remark:
    """What is wrong or doubtful: a field, and what to do. Never the value."""

    field: str
    message: str


@dataclass
class Entry:
    """A row as it was understood. `values` and `answers` hold only what the row says; faults stand in `errors`.

    `matched`: the code of the organisation that is meant, once it has been looked for.
    """

    row: int
    name: str
    values: dict[str, object] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    number: int | None = None
    organisation_code: str | None = None
    matched: str | None = None
    over: bool = False
    mode: Mode | None = None
    errors: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    contact: Contact = field(default_factory=lambda: Contact("", None, None, None))
    data: RegistrationCreate | None = None

    def wrong(self, name: str, message: str) -> None:
        """Notes a fault: the row cannot be taken over."""
        self.errors.append(Remark(name, message))

    def refuse(self, faults: Sequence[tuple[str, str]]) -> None:
        """Notes faults that name their field by a JSON pointer."""
        for pointer, message in faults:
            self.wrong(pointer.removeprefix("/").replace("/", "."), message)

    def doubtful(self, name: str, message: str) -> None:
        """Notes a doubt: somebody should look."""
        self.warnings.append(Remark(name, message))


@dataclass(frozen=True)
class Reader:
    """Reads rows, in the order of the file. `fields` by column; `questions` by code, former ones too.

    `letters`: L and D stand for the modes.
    """

    fields: Sequence[str | None]
    questions: Mapping[str, Question]
    letters: bool = False
    _above: dict[str, str] = field(default_factory=dict)

    def read(self, line: Line) -> Entry:
        """A row with its faults."""
        cells = self._cells(line)
        entry = Entry(line.number, " ".join(cells.get("name", "").split())[:300])
        _doubts(entry, line, self.fields)
        for name in _PLAIN:
            if name in cells:
                entry.values[name] = " ".join(cells[name].split())
        for name in _ONE:
            if name in cells:
                entry.values[name], more = first_of(phone_of(cells[name]) if name == "phone" else cells[name])
                if more:
                    entry.doubtful(name, _("Sel berisi lebih dari satu; yang pertama dipakai."))
        _words(entry, cells)
        _nip(entry, cells)
        _mode(entry, cells)
        for code, question in self.questions.items():
            if (typed := cells.get(f"answers.{code}")) is not None:
                entry.answers[code] = asking.understood(question, typed)
        if "organisation_name" in self.fields and not cells.keys() & {"organisation", "organisation_name"}:
            entry.doubtful(
                "organisation_name", _("Instansi kosong. Bila sama dengan baris di atasnya, tulis di setiap baris.")
            )
        _check(entry)
        return entry

    def _cells(self, line: Line) -> dict[str, str]:
        """What the row says by field: in merged cells and with "sda" what the row above says, except for names."""
        cells = {name: text for place, name in enumerate(self.fields) if name and (text := _cell(line, place))}
        for name in [name for name, text in cells.items() if name != "name" and is_ditto(text)]:
            cells[name] = self._above.get(name, "")
        name, nip = name_and_nip(cells.get("name", ""))
        if nip:
            cells = {"nip": nip} | cells | {"name": name}
        if self.letters and "mode" in cells:
            cells["mode"] = _LETTERS.get(cells["mode"].casefold(), cells["mode"])
        self._above.clear()
        self._above.update(cells)
        return {name: text for name, text in cells.items() if text}


def says_mode_by_letter(found: Found) -> bool:
    """Whether the column of the mode holds only L and D; beside a P, an L would be a man."""
    if "mode" not in found.fields:
        return False
    place = found.fields.index("mode")
    typed = {text.casefold() for line in found.data if (text := _cell(line, place)) and not is_ditto(text)}
    return bool(typed) and typed <= _LETTERS.keys()


def _cell(line: Line, place: int) -> str | None:
    if place in line.doubts:
        return None
    return meant((line.cells[place] if place < len(line.cells) else "") or line.above.get(place, ""))


def _doubts(entry: Entry, line: Line, fields: Sequence[str | None]) -> None:
    said = {
        "digits": _("Sebagian angka hilang karena sel berformat angka. Ubah format kolom ke Teks, lalu ketik ulang."),
        "formula": _("Sel berisi rumus tanpa hasil. Salin kolom, tempel sebagai nilai, simpan, lalu kirim kembali."),
        "error": _("Sel berisi kesalahan rumus. Perbaiki atau kosongkan."),
    }
    for place, doubt in line.doubts.items():
        name = fields[place] if place < len(fields) else None
        if name == "nip" and doubt == "digits":
            entry.doubtful(
                name,
                _("NIP tidak utuh karena selnya berformat angka; tidak dicatat. Ketik sebagai teks, lalu impor lagi."),
            )
        elif name:
            entry.wrong(name, said[doubt])


def _words(entry: Entry, cells: Mapping[str, str]) -> None:
    """Cells that hold one of our words."""
    if "role" in cells:
        role = role_of(cells["role"])
        entry.values["role"] = role or ParticipantRole.PARTICIPANT
        if role is None:
            entry.doubtful("role", _("Peran tidak dikenal; dicatat sebagai peserta."))
    if "employment" in cells and (employment := employment_of(cells["employment"])):
        entry.values["employment"] = employment
    elif "employment" in cells:
        entry.doubtful("employment", _("Status kepegawaian tidak dikenal; tidak dicatat."))
    if "position_level" in cells:
        entry.values["position_level"] = level_of(cells["position_level"]) or None
    for name, known in (("channel", ("mail", "whatsapp")), ("language", ("id", "en"))):
        if cells.get(name, "").casefold() in known:
            entry.values[name] = cells[name].casefold()
    if "number" in cells and cells["number"].isdigit() and len(cells["number"]) < 10:
        entry.number = int(cells["number"])
    entry.organisation_code = cells.get("organisation")
    entry.over = "status" in cells and status_of(cells["status"]) in _OVER


def _mode(entry: Entry, cells: Mapping[str, str]) -> None:
    ticked = [mode for mode in Mode if is_tick(cells.get(f"mode.{mode}", ""))]
    entry.mode = mode_of(cells["mode"]) if "mode" in cells else ticked[0] if len(ticked) == 1 else None
    if "mode" in cells and entry.mode is None:
        entry.wrong("mode", _("Isi dengan luring atau daring."))
    elif len(ticked) > 1:
        entry.wrong("mode", _("Tandai salah satu saja: luring atau daring."))


def _nip(entry: Entry, cells: Mapping[str, str]) -> None:
    typed = cells.get("nip")
    if typed is None or is_masked(typed):
        return
    nip = read_nip(nip_digits(typed))
    entry.values["nip"] = nip.digits
    if nip.warnings:
        entry.doubtful("nip", _("NIP tidak berbentuk 18 angka yang lazim; periksa kembali."))


def _check(entry: Entry) -> None:
    """Fills `contact` and `data`, or says why not."""
    if not entry.name:
        entry.wrong("name", _("Nama wajib diisi."))
        return
    values = entry.values
    try:
        entry.contact = Contact.of(entry.name, _text(values.get("email")), _text(values.get("phone")))
    except InvalidInput as invalid:
        entry.contact = Contact(canonical_name(entry.name), None, None, None)
        entry.refuse(faults_of(invalid))
    try:
        entry.data = RegistrationCreate.model_validate({"mode": entry.mode or Mode.OFFLINE, **values})
    except ValidationError as invalid:
        for error in invalid.errors(include_input=False, include_url=False):
            entry.wrong(str(error["loc"][0]), message_of(str(error["type"]), error.get("ctx", {})))


def faults_of(refusal: InvalidInput) -> list[tuple[str, str]]:
    """What a refusal says is wrong: pointers and messages."""
    faults = refusal.extra["errors"]
    assert isinstance(faults, list)
    return [(str(fault["pointer"]), str(fault["message"])) for fault in faults]


def message_of(kind: str, limits: Mapping[str, object]) -> str:
    """What to do about a value that a shape refuses, by pydantic's word for the fault."""
    if kind == "string_too_long":
        return _("Paling banyak {max_length} karakter.").format(**limits)
    if kind == "string_pattern_mismatch":
        return _(asked_by(limits.get("pattern")))
    return _("Nilainya tidak sah.")


def _text(value: object) -> str | None:
    return str(value) if value else None
