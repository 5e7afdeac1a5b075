"""What messages about promised data say beyond their first words: items with their due dates, decisions, remarks."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from service import i18n
from service.i18n import gettext as _

OCCASIONS = frozenset(
    {
        "commitments_due",
        "commitments_overdue",
        "data_requested",
        "due_dates_moved",
        "extension_asked",
        "extension_decided",
        "submission_accepted",
        "submission_returned",
        "remark",
        "review_waiting",
        "escalation_letter",
        "escalation_list",
    }
)
"""About data, not about the gathering: its time and place, long over, would only puzzle."""


class Owed(Protocol):
    """See domain.letters_facts.Owed."""

    @property
    def name(self) -> str: ...
    @property
    def due(self) -> date | None: ...
    @property
    def late(self) -> int: ...
    @property
    def before(self) -> date | None: ...
    @property
    def new(self) -> bool: ...


class Facts(Protocol):
    """See documents.mail.Facts."""

    occasion: str
    item: str | None
    until: date | None
    remark: str | None
    what: Sequence[str]
    parts: Sequence[tuple[str, str]]
    tallies: Sequence[tuple[str, int, date, int]]

    @property
    def owed(self) -> Sequence[Owed]: ...


def first_due(owed: Sequence[Owed]) -> str | None:
    """The earliest due date, spoken; None when nothing has one."""
    first = min((one.due for one in owed if one.due), default=None)
    return i18n.speak_date(first) if first else None


def news(facts: Facts) -> list[str]:
    """What was decided, said or asked for."""
    until = i18n.speak_date(facts.until) if facts.until else None
    said: list[str] = []
    match facts.occasion:
        case "extension_asked" if until:
            said.append(_("Tenggat yang diajukan: {day}.").format(day=until))
        case "extension_decided" if "refused" in facts.what:
            said.append(_("Permohonan tenggat yang lebih lambat belum dapat dipenuhi."))
            said += [_("Tenggat tetap: {day}.").format(day=until)] if until else []
        case "extension_decided" if until:
            said.append(_("Tenggat yang baru: {day}.").format(day=until))
        case "submission_accepted" if "partial" in facts.what:
            said.append(_("Data diserahkan sebagian; bagian tersebut dinyatakan cukup."))
        case "escalation_letter" if facts.tallies:
            said.append(
                _("Silakan beri nomor, tanda tangani, dan sampaikan surat tersebut kepada pimpinan instansi berikut.")
            )
        case "escalation_letter":
            said.append(
                _(
                    "Apabila data sudah siap, atau masih ada kendala, silakan sampaikan melalui portal. Kerja sama "
                    "Bapak/Ibu sangat diharapkan; penyerahan data bersifat sukarela."
                )
            )
    if facts.remark and facts.occasion == "remark":
        said.append(f"\u201c{_lines(facts.remark)}\u201d")
    return said


def rows(facts: Facts) -> list[tuple[str, str | None]]:
    """The items, one a line, or the organisations that are counted."""
    if facts.occasion not in OCCASIONS:
        return []
    lines: list[tuple[str, str | None]] = [(_("Butir data"), facts.item)]
    lines += [(_("Catatan untuk {part}").format(part=_part(name)), text) for name, text in facts.parts]
    lines += [(one.name, _owed_line(one)) for one in facts.owed]
    return lines + [(name, _tally(facts.occasion, count, since, days)) for name, count, since, days in facts.tallies]


def due_line(due: date | None, late: int) -> str:
    """'tenggat Jumat, 21 Juli 2023 (terlambat 7 hari kerja)'."""
    if due is None:
        return _("tanpa tenggat")
    if not late:
        return _("tenggat {day}").format(day=i18n.speak_date(due))
    return _("tenggat {day} (terlambat {days})").format(day=i18n.speak_date(due), days=i18n.speak_working_days(late))


def _owed_line(owed: Owed) -> str:
    line = due_line(owed.due, owed.late)
    if owed.before:
        line = _("{line}; semula {day}").format(line=line, day=i18n.speak_date(owed.before))
    return _("baru diminta, {line}").format(line=line) if owed.new else line


def _tally(occasion: str, count: int, since: date, days: int) -> str:
    waits = occasion == "review_waiting"
    line = _("{items}, sejak {day} ({days})") if waits else _("{items}, tenggat tertua {day} (terlambat {days})")
    return line.format(items=i18n.speak_items(count), day=i18n.speak_date(since), days=i18n.speak_working_days(days))


def _part(name: str) -> str:
    """A part of a delivery in the words of Satu Data; a file keeps its name."""
    words = {
        "concept": _("Konsep"),
        "definition": _("Definisi"),
        "classification": _("Klasifikasi"),
        "measure": _("Ukuran"),
        "unit": _("Satuan"),
        "period": _("Periode data"),
        "contact": _("Unit yang dapat dihubungi"),
        "access_class": _("Kelas akses"),
        "format": _("Format data"),
        "frequency": _("Frekuensi pembaruan"),
        "reference_codes": _("Kode referensi"),
        "source": _("Sumber data"),
    }
    return words.get(name, name)


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
