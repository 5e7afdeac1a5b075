"""The buttons of the agenda's form change what is typed as their words say."""

from uuid import uuid4

import pytest

from service.domain.agenda import Plan
from service.models.workshops import AgendaItem, Modality, Workshop
from service.pages import agenda_grid, agenda_verbs
from service.pages.agenda_grid import Grid, Half, Row
from service.pages.forms import BadForm
from tests.factories import at

FIRST, SECOND = "2023-07-03", "2023-07-04"


def grid() -> Grid:
    """Two talks of 90 and 45 minutes with a break between, then lunch, and an afternoon."""
    rows = [
        Row("1", FIRST, "09:00", "10:30", "", "Arah kebijakan", "", "s0", "2"),
        Row("2", FIRST, "10:45", "11:30", "", "Kerja kelompok", "", "s0", "1"),
        Row("3", FIRST, "11:30", "13:00", "", "Ishoma"),
        Row("4", FIRST, "13:00", "15:00", "", "Diskusi"),
    ]
    return Grid("Asia/Makassar", "1", rows, [Half("s0", "1", "D1P", "Hari I - pagi", "3", "08:00")])


def times(made: Grid, day: str = FIRST) -> list[tuple[str, str, str]]:
    return [(row.title, row.starts, row.ends) for row in made.rows if row.day == day]


def test_a_new_row_goes_on_where_the_day_ends_in_the_same_half_day() -> None:
    made = grid()
    assert not agenda_verbs.carry_out(made, f"row-add {FIRST}", {})
    assert not agenda_verbs.carry_out(made, f"row-add {SECOND}", {})
    assert times(made)[-1] == ("", "15:00", "16:00")
    assert times(made, SECOND) == [("", "08:00", "09:00")]


def test_rows_that_change_places_keep_their_length_and_the_break_between_them() -> None:
    made = grid()
    agenda_verbs.carry_out(made, "row-down 0", {})
    assert times(made)[:2] == [("Kerja kelompok", "09:00", "09:45"), ("Arah kebijakan", "10:00", "11:30")]
    agenda_verbs.carry_out(made, "row-up 1", {})
    agenda_verbs.carry_out(made, "row-up 0", {})
    assert times(made) == times(grid())


def test_a_day_is_copied_without_becoming_the_same_entries() -> None:
    made = grid()
    made.halves.append(Half("s9", "", "D2P", "Hari II - pagi", "3", "08:00", "", SECOND, "09:00", "12:00"))
    assert not agenda_verbs.carry_out(made, "copy", {"copy-from": FIRST, "copy-to": SECOND})
    assert times(made, SECOND) == times(made)
    assert [(row.id, row.half) for row in made.rows if row.day == SECOND][:3] == [("", "s9"), ("", "s9"), ("", "")]
    same = agenda_verbs.carry_out(made, "copy", {"copy-from": FIRST, "copy-to": FIRST})
    assert [error.field for error in same] == ["copy-to"]


def test_everything_is_shifted_with_its_doors_and_back() -> None:
    made = grid()
    agenda_verbs.carry_out(made, "shift", {"shift-by": "30"})
    assert (times(made)[0], made.halves[0].doors) == (("Arah kebijakan", "09:30", "11:00"), "08:30")
    agenda_verbs.carry_out(made, "shift", {"shift-by": "-30", "shift-day": FIRST})
    assert made == grid()
    assert [error.field for error in agenda_verbs.carry_out(made, "shift", {"shift-by": "lama"})] == ["shift-by"]


def test_what_counts_is_divided_into_mornings_and_afternoons_and_no_row_gets_hours_by_it() -> None:
    made = grid()
    made.halves, made.rows[0].half, made.rows[1].half = [], "", ""
    made.rows.append(Row("0", FIRST, "08:00", "09:00", "", "Pembukaan oleh Bupati"))
    agenda_verbs.carry_out(made, "split", {})
    assert [(half.code, half.label, half.hours, half.doors) for half in made.halves] == [
        ("D1P", "Hari I (pagi)", "3", "08:00"),
        ("D1S", "Hari I (siang)", "0", "12:00"),
    ]
    labels = {half.key: half.code for half in made.halves}
    assert [(labels.get(row.half), row.hours) for row in made.rows] == [
        (None, ""),
        ("D1P", "2"),
        ("D1P", "1"),
        (None, ""),
        ("D1S", ""),
    ]


def test_where_no_row_has_hours_yet_the_half_days_get_those_in_their_minutes() -> None:
    made = grid()
    made.halves = []
    for row in made.rows:
        row.half = row.hours = ""
    agenda_verbs.carry_out(made, "split", {})
    assert [(half.hours, half.code) for half in made.halves] == [("3", "D1P"), ("2", "D1S")]
    assert {row.hours for row in made.rows} == {""}


def test_hours_left_over_by_rounding_go_to_the_longest_rests() -> None:
    made = grid()
    made.rows[0].ends, made.rows[1].starts, made.rows[1].ends = "10:10", "10:10", "11:15"
    agenda_verbs.carry_out(made, "count", {})
    assert (made.halves[0].hours, [row.hours for row in made.rows[:2]]) == ("3", ["2", "1"])


def test_a_half_day_that_goes_away_leaves_its_rows_without_one() -> None:
    made = grid()
    agenda_verbs.carry_out(made, "half-add", {})
    agenda_verbs.carry_out(made, "half-up 1", {})
    assert [half.code for half in made.halves] == ["S2", "D1P"]
    agenda_verbs.carry_out(made, "half-remove 1", {})
    agenda_verbs.carry_out(made, "row-remove 3", {})
    assert ([half.code for half in made.halves], {row.half for row in made.rows}) == (["S2"], {""})


@pytest.mark.parametrize("deed", ["dance", "row-remove 4", "row-remove -1", "half-up x", "row-add never"])
def test_a_button_that_does_not_exist_is_refused(deed: str) -> None:
    with pytest.raises(BadForm):
        agenda_verbs.carry_out(grid(), deed, {})


def test_times_past_midnight_stay_what_they_are() -> None:
    made = Grid(
        "Asia/Makassar", "1", [Row("1", FIRST, "22:00", "00:00", "", "Malam"), Row("2", FIRST, "23:00", "22:00")]
    )
    late, backwards = (made.span(row) for row in made.rows)
    assert late is not None
    assert backwards is not None
    assert (late[1] - late[0]).seconds == 2 * 3600
    assert backwards[1] < backwards[0]


def test_an_entry_of_several_days_keeps_them_and_a_shortened_night_ends_on_its_day() -> None:
    zone = "Asia/Makassar"
    fair = AgendaItem(
        workshop_id=uuid4(), position=0, title="Pameran", starts_at=at("07-03 08:00"), ends_at=at("07-04 16:00")
    )
    night = AgendaItem(
        workshop_id=uuid4(), position=1, title="Ramah tamah", starts_at=at("07-03 21:00"), ends_at=at("07-04 01:00")
    )
    workshop = Workshop(
        slug="b",
        title="B",
        modality=Modality.OFFLINE,
        timezone=zone,
        starts_at=fair.starts_at,
        ends_at=fair.ends_at,
        organizer_id=uuid4(),
    )
    made = agenda_grid.of_plan(Plan(workshop, [], [fair, night]))
    assert [made.span(row) for row in made.rows] == [(one.starts_at, one.ends_at) for one in (fair, night)]
    agenda_verbs.carry_out(made, "shift", {"shift-by": "-60"})
    agenda_verbs.carry_out(made, "shift", {"shift-by": "60"})
    assert [made.span(row) for row in made.rows] == [(one.starts_at, one.ends_at) for one in (fair, night)]
    made.rows[1].ends = "22:00"
    assert made.span(made.rows[1]) == (night.starts_at, at("07-03 22:00"))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_far_from_any_workshop_and_absurd_numbers_are_no_times(day: str) -> None:
    row = Row(day=day, starts="10:00", ends="00:00", until="9" * 5000, title="T", half="s0")
    made = Grid(
        "Asia/Makassar", "1", [row], [Half("s0", "", "A", "A", "1", "08:00", "9" * 5000, FIRST, "09:00", "10:00")]
    )
    assert made.span(row) is None
    assert made.doors(made.halves[0]) == at("07-03 08:00")
    assert agenda_verbs.carry_out(made, "shift", {"shift-by": "00030999"})
