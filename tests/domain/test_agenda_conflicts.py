"""What does not fit together in an agenda, in an agenda that fits together but for one thing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from service.domain.agenda_conflicts import Draft, Entry, HalfDay, Severity, conflicts, minutes_of
from tests.factories import at

TALK = Entry(0, "Arah kebijakan", at("07-03 09:00"), at("07-03 10:30"), "D1P", 2)
BREAK = Entry(1, "Rehat", at("07-03 10:30"), at("07-03 10:45"), None, 0)
GROUPS = Entry(2, "Kerja kelompok", at("07-03 10:45"), at("07-03 11:30"), "D1P", 1)
MORNING = HalfDay(0, "D1P", "Hari I - pagi", 3, at("07-03 08:00"))
SOUND = Draft(at("07-03 08:00"), at("07-03 16:00"), "Asia/Makassar", [TALK, BREAK, GROUPS], [MORNING])
AFTERNOON = HalfDay(1, "D1S", "Hari I - siang", 2, at("07-03 12:30"), at("07-03 13:00"), at("07-03 14:30"))


def with_entries(*entries: Entry) -> Draft:
    return replace(SOUND, entries=[*SOUND.entries, *(replace(one, place=3 + n) for n, one in enumerate(entries))])


def resting(begin: str, end: str) -> Entry:
    return replace(BREAK, starts_at=at(f"07-03 {begin}"), ends_at=at(f"07-03 {end}"))


def with_blocks(*blocks: HalfDay) -> Draft:
    return replace(SOUND, blocks=blocks)


def told(draft: Draft) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    return [(one.code, one.entries, one.blocks) for one in conflicts(draft)]


def test_an_agenda_that_fits_has_no_conflicts() -> None:
    assert told(SOUND) == []
    assert minutes_of(SOUND.of(MORNING)) == 135


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        (with_entries(replace(BREAK, ends_at=BREAK.starts_at)), [("backwards", (3,), ())]),
        (with_entries(resting("15:30", "16:30")), [("outside", (3,), ())]),
        (with_entries(resting("11:00", "12:00")), [("overlap", (2, 3), ())]),
        (with_blocks(replace(MORNING, hours=4)), [("block_minutes", (), (0,)), ("block_hours", (0, 2), (0,))]),
        (with_blocks(replace(MORNING, hours=0)), [("block_no_hours", (), (0,)), ("block_hours", (0, 2), (0,))]),
        (with_blocks(replace(MORNING, doors=at("07-03 09:15"))), [("doors_late", (), (0,))]),
        (with_blocks(replace(MORNING, doors=at("07-03 11:30"))), [("doors_after", (), (0,))]),
        (with_blocks(replace(MORNING, doors=at("07-02 20:00"))), [("doors_day", (), (0,))]),
        (with_blocks(MORNING, AFTERNOON), [("block_empty", (), (1,))]),
        (
            with_blocks(MORNING, replace(AFTERNOON, starts_at=at("07-03 11:00"), doors=None)),
            [("blocks_overlap", (), (0, 1)), ("block_empty", (), (1,))],
        ),
        (
            with_entries(Entry(0, "Diskusi", at("07-03 13:00"), at("07-03 14:00"), None, 3)),
            [("entry_no_block", (3,), ())],
        ),
        (
            replace(SOUND, entries=[replace(TALK, hours=1), replace(GROUPS, hours=2)]),
            [("entry_minutes", (2,), ())],
        ),
        (replace(SOUND, ends_at=at("07-04 16:00")), [("day_empty", (), ())]),
    ],
)
def test_one_thing_that_does_not_fit_is_named(
    draft: Draft, found: Sequence[tuple[str, tuple[int, ...], tuple[int, ...]]]
) -> None:
    assert told(draft) == list(found)


def test_a_half_day_of_two_days_cannot_take_place_and_stands_before_what_is_merely_odd() -> None:
    later = Entry(3, "Lanjutan", at("07-04 09:00"), at("07-04 09:45"), "D1P", 1)
    longer = replace(SOUND, ends_at=at("07-04 16:00"), entries=[*SOUND.entries, later])
    first, *others = conflicts(longer)
    assert (first.code, first.severity, first.entries) == ("block_days", Severity.ERROR, (0, 2, 3))
    assert {one.severity for one in others} == {Severity.WARNING}


def test_two_that_overlap_are_said_once_and_by_name() -> None:
    draft = with_entries(replace(BREAK, starts_at=at("07-03 09:00"), ends_at=at("07-03 10:30"), title="Gladi"))
    assert [one.sentence for one in conflicts(draft)] == ['"Arah kebijakan" dan "Gladi" bertabrakan waktunya.']


def test_minutes_that_overlap_count_once() -> None:
    twice: list[Entry] = [TALK, replace(TALK, place=1), replace(GROUPS, place=2)]
    assert minutes_of(twice) == 135
