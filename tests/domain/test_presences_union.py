"""Minutes online are those of the union of a person's connections inside the agenda, however it was reported."""

from datetime import timedelta
from random import Random

from hypothesis import given, settings, strategies as st

from service.domain.attendance import Interval, fold
from tests.factories import at

FIRST = at("07-03 20:00")
MINUTES = 8 * 60
"""From an evening over midnight."""
minute = st.integers(0, MINUTES)
spans = st.lists(st.tuples(minute, minute).map(lambda ends: (min(ends), max(ends))), max_size=8)
Span = tuple[int, int]


def instants(found: list[Span]) -> list[Interval]:
    return [(FIRST + timedelta(minutes=start), FIRST + timedelta(minutes=end)) for start, end in found]


def counted(presences: list[Span], agenda: list[Span]) -> int:
    """Minute by minute."""
    return sum(
        any(start <= one < end for start, end in presences) and any(start <= one < end for start, end in agenda)
        for one in range(MINUTES)
    )


@settings(max_examples=80, deadline=None)
@given(spans, spans, st.lists(st.tuples(st.integers(0, 7), minute), max_size=6), st.randoms(use_true_random=False))
def test_order_repetition_and_cuts_change_nothing(
    presences: list[Span], agenda: list[Span], cuts: list[tuple[int, int]], chance: Random
) -> None:
    told = list(presences)
    for place, cut in cuts:
        start, end = told[place % len(told)] if told else (0, 0)
        if start < cut < end:
            told += [(start, cut), (cut, end)]  # what was cut is also told as a whole
    chance.shuffle(told)
    minutes = fold([], instants(told), instants(agenda), 1, 1.0).minutes
    assert minutes == counted(presences, agenda)
