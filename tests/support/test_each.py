"""A test of many cases fails for each of them that does."""

import pytest

from tests.support.each import each


def test_every_case_that_fails_is_named_whatever_came_before_it() -> None:
    seen = []

    @each("number", [1, 2, 3, 4])
    def is_odd(number: int, other: str) -> None:
        seen.append((number, other))
        assert number % 2, "even"

    with pytest.raises(ExceptionGroup, match="2 of 4 cases failed") as failed:
        is_odd(other="fixture")
    assert seen == [(number, "fixture") for number in (1, 2, 3, 4)]
    assert [one.__notes__ for one in failed.value.exceptions] == [["case 1: number = 2"], ["case 3: number = 4"]]


@each("letter", "abc")
def test_a_fixture_is_still_asked_for_by_its_name(letter: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert letter in "abc"
    assert tmp_path_factory.getbasetemp().is_dir()
