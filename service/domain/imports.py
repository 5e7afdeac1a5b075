"""What an import says of each row, whatever the list is of; and when all of it is refused."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from service.domain.imports_heads import Found
from service.domain.imports_values import Remark
from service.errors import ImportFaulty
from service.models.imports_shapes import Verdict
from service.models.registrations import RegistrationStatus

T = TypeVar("T")
_MOST_SHOWN = 200
_AT_ONCE = 250


@dataclass(frozen=True)
class Judged:
    """A row of the file with its verdict; `status` is what the person has or would get.

    `organisation`: the code of the one it was matched with.
    """

    row: int
    verdict: Verdict
    name: str | None
    status: RegistrationStatus | None = None
    errors: Sequence[Remark] = ()
    warnings: Sequence[Remark] = ()
    organisation: str | None = None


def with_ignored(judged: Sequence[Judged], found: Found) -> list[Judged]:
    """All rows in the order of the file: the judged ones, and those that hold no entry."""
    ignored = [Judged(line.number, Verdict.IGNORED, None) for line in found.ignored]
    return sorted([*judged, *ignored], key=lambda one: one.row)


def counts_of(judged: Sequence[Judged]) -> dict[str, int]:
    """How many rows got each verdict."""
    found = Counter(one.verdict for one in judged)
    return {verdict.value: found[verdict] for verdict in Verdict}


def parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """So few at once that making a statement of them keeps nobody waiting."""
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def check_faultless(judged: Sequence[Judged]) -> None:
    """All or nothing. Raises ImportFaulty with `counts` and the faulty rows."""
    faulty = [one for one in judged if one.verdict is Verdict.FAULTY]
    if faulty:
        rows = [
            {"row": one.row, "errors": [{"field": fault.field, "message": fault.message} for fault in one.errors]}
            for one in faulty[:_MOST_SHOWN]
        ]
        raise ImportFaulty(counts=counts_of(judged), rows=rows)
