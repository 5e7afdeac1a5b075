"""Programs are told from people without a captcha: an empty field, and a signed time of issue."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from service import clock
from service.pages.guards import STAMP, TRAP, Verdict, hidden, judge
from service.pages.render import environment
from service.settings import Settings
from tests.conftest import SECRET

SETTINGS = Settings(secret_key=SecretStr(SECRET))


def typed(age: float, settings: Settings = SETTINGS) -> dict[str, str]:
    return {STAMP: hidden(settings, clock.real_now() - timedelta(seconds=age)).stamp}


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(0, "hurried"), (1, "hurried"), (3.5, "ok"), (86_390, "ok"), (86_402, "hurried"), (-60, "hurried")],
)
def test_a_form_is_answered_neither_at_once_nor_after_a_day(age: float, verdict: str) -> None:
    assert judge(typed(age), SETTINGS) == verdict


def test_whoever_fills_in_what_people_do_not_see_is_trapped() -> None:
    assert judge(typed(60) | {TRAP: "https://example.com"}, SETTINGS) is Verdict.TRAPPED


@pytest.mark.parametrize(
    "stamp", ["", ".", "1", "1700000000.", "x.y", "99999999999999999999.x", "-1.x", "\u0661.x", "1.é"]
)
def test_an_invented_stamp_is_none(stamp: str) -> None:
    assert judge({STAMP: stamp}, SETTINGS) is Verdict.HURRIED


def test_an_older_seal_does_not_make_a_stamp_younger() -> None:
    seal = typed(100_000)[STAMP].partition(".")[2]
    recent = typed(60)[STAMP].partition(".")[0]
    assert judge({STAMP: f"{recent}.{seal}"}, SETTINGS) is Verdict.HURRIED


def test_a_stamp_outlives_a_change_of_keys_and_not_another_service() -> None:
    changed = Settings(secret_key=SecretStr(SECRET[::-1]), former_secret_keys=[SecretStr(SECRET)])
    other = Settings(secret_key=SecretStr(SECRET[::-1]))
    assert judge(typed(60), changed) is Verdict.OK
    assert judge(typed(60), other) is Verdict.HURRIED


def test_people_and_their_tools_pass_the_trap_by() -> None:
    macro = environment().get_template("_guards.html").module.guards  # type: ignore[attr-defined] # a macro of ours
    html = str(macro(hidden(SETTINGS)))
    assert 'aria-hidden="true"' in html
    assert f'name="{TRAP}" type="text" value="" tabindex="-1" autocomplete="off"' in html
