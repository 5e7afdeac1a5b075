"""Answers as lines of a table, with names where the answer has codes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, JsonValue, TypeAdapter

from service.domain.reports.tables_names import Names
from service.i18n import gettext as _, speak_number
from service.models.people import Employment
from service.models.reports import HeadcountRead, ReadinessRead

Cell = str | int | float | None
Filters = Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """A row of the table. `filters`: names and values of `GET /commitments` that list what it counts; none, no list."""

    cells: tuple[Cell, ...]
    filters: Filters = field(default_factory=dict)


@dataclass(frozen=True)
class Lines:
    """The rows, and what is to be said below them."""

    rows: Sequence[Line]
    notes: Sequence[str] = ()


class _Outside(BaseModel):
    requested: int
    committed: int
    accepted: int


class _Late(BaseModel):
    org_id: str
    overdue_items: int
    max_working_days_overdue: int


class _Returned(BaseModel):
    commitment_id: str
    org_id: str
    return_count: int
    waiting_on: str | None


class _Below(BaseModel):
    participant_id: str
    block: str
    minutes: int
    required: float


class _Shortfalls(BaseModel):
    below_threshold: list[_Below]
    unmatched: list[str]


class _Eligible(BaseModel):
    total_jp: int
    min_jp: float
    eligible: int
    by_employment: dict[str, int]
    present_but_not_eligible: list[str]


OWED: TypeAdapter[dict[str, dict[str, list[str]]]] = TypeAdapter(dict[str, dict[str, list[str]]])
CODES: TypeAdapter[list[str]] = TypeAdapter(list[str])
GROUPS: TypeAdapter[dict[str, list[str] | int]] = TypeAdapter(dict[str, list[str] | int])
READY: TypeAdapter[dict[str, ReadinessRead]] = TypeAdapter(dict[str, ReadinessRead])
OUTSIDE: TypeAdapter[dict[str, _Outside]] = TypeAdapter(dict[str, _Outside])
LATE: TypeAdapter[list[_Late]] = TypeAdapter(list[_Late])
RETURNED: TypeAdapter[list[_Returned]] = TypeAdapter(list[_Returned])
_OF_DAY = re.compile(r"(head_present|opd_present|only_substitute)_day(\d+)")
HEADS: TypeAdapter[dict[str, HeadcountRead]] = TypeAdapter(dict[str, HeadcountRead])
SHORT: TypeAdapter[_Shortfalls] = TypeAdapter(_Shortfalls)
ELIGIBLE: TypeAdapter[_Eligible] = TypeAdapter(_Eligible)


def owing(answer: JsonValue, names: Names) -> Lines:
    """Dimension, organisation, item."""
    return Lines(
        [
            Line(
                (names.dimension(dimension), names.organisation(code), item, names.item(item).name),
                {"organisation": code, "data_item": item, "owes": "true"},
            )
            for dimension, owed in OWED.validate_python(answer).items()
            for code, items in owed.items()
            for item in items
        ]
    )


def grouped(answer: JsonValue, names: Names) -> Lines:
    """Lists of organisations by what they have in common; numbers go below the table."""
    found = GROUPS.validate_python(answer)
    return Lines(
        [
            Line((_group(key), names.organisation(code)))
            for key, codes in found.items()
            if isinstance(codes, list)
            for code in codes
        ],
        [f"{_group(key)}: {count}" for key, count in found.items() if isinstance(count, int)],
    )


def _group(key: str) -> str:
    of_day = _OF_DAY.fullmatch(key)
    kind, day = of_day.groups() if of_day else (key, "")
    said = {
        "invited_not_registered": _("Diundang, belum mendaftar"),
        "registered_never_present": _("Terdaftar, tidak pernah hadir"),
        "both_days_count": _("Jumlah perangkat daerah yang hadir setiap hari"),
        "head_present": _("Kepala hadir sendiri pada hari ke-{n}"),
        "opd_present": _("Jumlah perangkat daerah yang hadir pada hari ke-{n}"),
        "only_substitute": _("Hanya diwakili pengganti pada hari ke-{n}"),
    }
    only = _("Hadir hanya pada hari ke-{n}").format(n=key.removeprefix("day").removesuffix("_only"))
    return said[kind].format(n=day) if kind in said else only


def organisations(answer: JsonValue, names: Names) -> Lines:
    """Organisations alone."""
    codes = CODES.validate_python(answer)
    return Lines([Line((code, names.organisation(code))) for code in codes])


def readiness(answer: JsonValue, names: Names) -> Lines:
    """Dimension by dimension."""
    return Lines(
        [
            Line((names.dimension(code), *one.model_dump().values()), {"dimension": code})
            for code, one in READY.validate_python(answer).items()
        ],
        [_("Dihitung dalam butir data. Kesiapan = butir yang diterima dibagi butir yang diminta.")],
    )


def items(answer: JsonValue, names: Names) -> Lines:
    """Data items alone."""
    found = [names.item(code) for code in CODES.validate_python(answer)]
    return Lines([Line((names.dimension(one.dimension), one.code, one.name), {"data_item": one.code}) for one in found])


def outside(answer: JsonValue, names: Names) -> Lines:
    """Organisation by organisation."""
    return Lines(
        [
            Line((names.organisation(code), one.requested, one.committed, one.accepted), {"organisation": code})
            for code, one in OUTSIDE.validate_python(answer).items()
        ]
    )


def late(answer: JsonValue, names: Names) -> Lines:
    """Who is late, and how much."""
    return Lines(
        [
            Line(
                (names.organisation(one.org_id), one.overdue_items, one.max_working_days_overdue),
                {"organisation": one.org_id, "overdue": "true"},
            )
            for one in LATE.validate_python(answer)
        ]
    )


def returned(answer: JsonValue, names: Names) -> Lines:
    """Commitment by commitment, and whose turn it is."""
    rows = []
    for one in RETURNED.validate_python(answer):
        item, _organisation = names.commitment(one.commitment_id)
        waiting = names.organisation(one.waiting_on) if one.waiting_on else _("tidak ada")
        cells = (one.commitment_id, item.name, names.organisation(one.org_id), waiting, one.return_count)
        rows.append(Line(cells, {"organisation": one.org_id, "data_item": item.code}))
    return Lines(rows)


def heads(answer: JsonValue, _names: Names) -> Lines:
    """Day by day."""
    return Lines(
        [
            Line((_("Hari ke-{n}").format(n=day.removeprefix("day")), *one.model_dump().values()))
            for day, one in HEADS.validate_python(answer).items()
        ]
    )


def shortfalls(answer: JsonValue, names: Names) -> Lines:
    """Who was online too shortly, then the names that nobody knows."""
    found = SHORT.validate_python(answer)
    below = [
        Line((_("Di bawah ambang"), *names.person(one.participant_id), one.block, one.minutes, one.required))
        for one in found.below_threshold
    ]
    return Lines([*below, *(Line((_("Nama belum dicocokkan"), name, "", "", None, None)) for name in found.unmatched)])


def eligible(answer: JsonValue, names: Names) -> Lines:
    """How many by employment, then those who were there and have not earned it."""
    found = ELIGIBLE.validate_python(answer)
    kinds = {
        Employment.PNS.value: "PNS",
        Employment.PPPK.value: "PPPK",
        Employment.NON_ASN.value: _("Non-ASN"),
        "unknown": _("Status kepegawaian tidak diketahui"),
    }
    counts = [
        Line((_("Berhak atas sertifikat"), kinds.get(kind, kind), "", count))
        for kind, count in found.by_employment.items()
    ]
    lacking = [Line((_("Hadir, belum berhak"), *names.person(code), None)) for code in found.present_but_not_eligible]
    said = _("{eligible} peserta berhak: paling sedikit {least} dari {total} JP.")
    return Lines(
        [*counts, *lacking],
        [said.format(eligible=found.eligible, least=speak_number(found.min_jp), total=found.total_jp)],
    )


def commitments(answer: JsonValue, names: Names) -> Lines:
    """Commitments alone."""
    rows = []
    for code in CODES.validate_python(answer):
        item, organisation = names.commitment(code)
        cells = (code, names.dimension(item.dimension), item.name, names.organisation(organisation))
        rows.append(Line(cells, {"organisation": organisation, "data_item": item.code}))
    return Lines(rows)


Maker = Callable[[JsonValue, Names], Lines]
