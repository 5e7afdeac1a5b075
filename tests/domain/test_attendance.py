"""The fold: what counts as being there, for any facts in any order."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings, strategies as st

from service.domain.attendance import Folded, Interval, Scan, counted, fold, overlaps
from service.models.attendance import AttendanceMode, Direction, RefusalReason, Verdict
from tests.factories import at

BLOCK = UUID(int=1)
D1P = [(at("07-03 09:15"), at("07-03 10:00")), (at("07-03 10:15"), at("07-03 11:45"))]


def interval(start: str, end: str) -> Interval:
    return at(f"07-03 {start}"), at(f"07-03 {end}")


def came(moment: datetime, **values: object) -> Scan:
    made = {"id": uuid4(), "nonce": uuid4(), "block_id": BLOCK, "direction": Direction.IN, "happened_at": moment}
    return Scan(**(made | values))  # type: ignore[arg-type]  # a test names only what it is about


@pytest.mark.parametrize(
    ("intervals", "minutes", "present"),
    [
        ([("08:55", "10:20"), ("10:10", "11:50")], 135, True),
        ([("09:30", "09:50"), ("10:30", "11:00")], 50, False),
    ],
)
def test_the_union_of_online_intervals_inside_the_agenda_counts(
    intervals: list[tuple[str, str]], minutes: int, present: bool
) -> None:
    folded = fold([], [interval(*one) for one in intervals], D1P, 135, 0.75)
    assert (folded.minutes, folded.online) == (minutes, present)


def test_pauses_between_agenda_items_do_not_count() -> None:
    assert fold([], [interval("10:00", "10:15")], D1P, 135, 0.75) == Folded()


@pytest.mark.parametrize(("seconds", "present"), [(101 * 60 + 59, False), (102 * 60, True)])
def test_minutes_are_whole_and_three_quarters_of_135_are_102(seconds: int, present: bool) -> None:
    start = at("07-03 09:00")
    folded = fold([], [(start, start + timedelta(seconds=seconds))], [(start, start + timedelta(hours=3))], 135, 0.75)
    assert (folded.minutes, folded.online) == (seconds // 60, present)


def test_exactly_the_threshold_is_enough_although_floats_are_not_exact() -> None:
    start = at("07-03 09:00")
    folded = fold([], [(start, start + timedelta(minutes=99))], [(start, start + timedelta(hours=3))], 180, 0.55)
    assert folded.online


def test_the_mode_follows_the_facts() -> None:
    online = [interval("09:00", "12:00")]
    scan = came(at("07-03 09:05"))
    modes = [fold(*facts, D1P, 135, 0.75).mode for facts in (([scan], []), ([], online), ([scan], online), ([], []))]
    assert modes == [AttendanceMode.OFFLINE, AttendanceMode.ONLINE, AttendanceMode.DUAL, None]


def test_the_first_scan_is_the_earliest_and_ties_go_by_nonce() -> None:
    early, late = came(at("07-03 09:00")), came(at("07-03 09:10"))
    twin = came(at("07-03 09:00"), nonce=UUID(int=0))
    assert fold([late, early], [], D1P, 135, 0.75).first == early
    assert fold([early, twin, late], [], D1P, 135, 0.75).first == twin


def test_out_and_undone_and_refused_scans_make_nobody_present() -> None:
    moment = at("07-03 09:00")
    scans = [
        came(moment, direction=Direction.OUT),
        came(moment, annulled=True),
        *(came(moment, refusal=reason) for reason in RefusalReason if reason is not RefusalReason.NOT_CONFIRMED),
        came(moment, refusal=RefusalReason.NOT_CONFIRMED, needs_admit=True),
        came(moment, block_id=None),
    ]
    assert fold(counted(scans), [], D1P, 135, 0.75).first is None


def test_an_exception_makes_earlier_and_later_scans_count_until_it_is_undone() -> None:
    moment = at("07-03 09:00")
    refused = came(moment, refusal=RefusalReason.NOT_CONFIRMED, verdict=Verdict.REFUSED, needs_admit=True)
    exception = came(moment, needs_admit=True, admits=True, block_id=None, refusal=RefusalReason.NO_BLOCK_NOW)
    accepted = came(moment, needs_admit=True)
    assert counted([refused, exception, accepted]) == [refused, accepted]
    undone = came(moment, needs_admit=True, admits=True, annulled=True)
    assert counted([refused, undone, accepted]) == []


minutes = st.integers(0, 240)
intervals = st.lists(
    st.tuples(minutes, minutes).map(
        lambda pair: (
            at("07-03 09:00") + timedelta(minutes=min(pair)),
            at("07-03 09:00") + timedelta(minutes=max(pair)),
        )
    ),
    max_size=6,
)
scans = st.lists(
    st.builds(
        came,
        minutes.map(lambda n: at("07-03 07:00") + timedelta(minutes=n)),
        nonce=st.uuids(),
        direction=st.sampled_from(Direction),
        refusal=st.sampled_from([None, None, None, *RefusalReason]),
        needs_admit=st.booleans(),
        admits=st.booleans(),
        annulled=st.booleans(),
    ),
    max_size=8,
)


@given(intervals, intervals)
def test_overlaps_are_what_a_minute_by_minute_count_finds(presences: list[Interval], items: list[Interval]) -> None:
    start = at("07-03 09:00")
    expected = sum(
        any(a <= start + timedelta(minutes=n) < b for a, b in presences)
        and any(a <= start + timedelta(minutes=n) < b for a, b in items)
        for n in range(240)
    )
    assert sum(((b - a) for a, b in overlaps(presences, items)), timedelta()) == timedelta(minutes=expected)


@given(scans, intervals, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(facts: list[Scan], presences: list[Interval], random: object) -> None:
    shuffled, again = [*facts, *facts], [*presences, *presences]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    random.shuffle(again)  # type: ignore[attr-defined]  # the same
    first = fold(counted(facts), presences, D1P, 135, 0.75)
    second = fold(counted(shuffled), again, D1P, 135, 0.75)
    assert first == second


@given(scans, intervals)
@settings(max_examples=50)
def test_one_more_scan_on_top_of_a_fold_is_the_fold_over_all(facts: list[Scan], presences: list[Interval]) -> None:
    all_counted = counted(facts)
    folded = fold([], presences, D1P, 135, 0.75)
    for scan in all_counted:
        folded = folded.plus(scan)
    assert folded == fold(all_counted, presences, D1P, 135, 0.75)
