"""Codes of the second factor against the vectors of RFC 6238 (appendix B), and how long one counts."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from service.domain import totp
from service.tokens import Keyring
from tests.factories import some_id

RFC_SECRET = b"12345678901234567890"
NOW = 1_111_111_109.0
STEP = int(NOW) // totp.SECONDS


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, seconds // totp.SECONDS) == code


def test_a_clock_may_be_off_by_one_step_and_no_more() -> None:
    found = [totp.step_of(RFC_SECRET, totp.code_at(RFC_SECRET, STEP + off), NOW, None) for off in range(-2, 3)]
    assert found == [None, STEP - 1, STEP, STEP + 1, None]


def test_a_code_counts_once_and_none_before_it_counts_any_more() -> None:
    codes = [totp.code_at(RFC_SECRET, STEP + off) for off in (-1, 0, 1)]
    assert [totp.step_of(RFC_SECRET, code, NOW, STEP) for code in codes] == [None, None, STEP + 1]


@pytest.mark.parametrize("typed", ["", "81804", "0818044", "abcdef", "٠٨١٨٠٤"])
def test_what_is_no_code_opens_nothing(typed: str) -> None:
    assert totp.step_of(RFC_SECRET, typed, NOW, None) is None


def test_a_secret_is_derived_from_a_key_that_stands_in_no_database() -> None:
    keyring, person = Keyring(["k" * 32]), some_id()
    kept = totp.new_key(keyring, datetime.fromtimestamp(NOW, UTC))
    assert totp.made_at(kept) == datetime.fromtimestamp(NOW, UTC)
    assert [totp.made_at(other) for other in ("x.y", "x", "x.-1.y")] == [None] * 3
    secret = totp.secret_of(keyring, person, kept)
    assert secret is not None
    assert len(secret) == 20
    assert totp.spelled(secret) not in kept
    assert totp.secret_of(keyring, some_id(), kept) != secret
    assert totp.secret_of(Keyring(["n" * 32, "k" * 32]), person, kept) == secret
    assert totp.secret_of(Keyring(["n" * 32]), person, kept) is None


def test_the_qr_code_says_what_apps_expect() -> None:
    parts = urlsplit(totp.uri(RFC_SECRET, "Bimtek luwu", "a&b@luwukab.go.id"))
    said = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/Bimtek%20luwu%3Aa%26b%40luwukab.go.id")
    assert base64.b32decode(said["secret"][0]) == RFC_SECRET
    assert (said["issuer"], said["digits"], said["period"]) == (["Bimtek luwu"], ["6"], ["30"])
    assert "+" not in parts.query
