"""Passwords: how they are kept and which are refused."""

import unicodedata

import pytest
from pwdlib import PasswordHash

from service.domain import passwords
from service.errors import InvalidInput


async def test_a_password_is_hashed_by_argon2id_with_64_mib() -> None:
    first, second = await passwords.hashed("kelapa-sagu-durian"), await passwords.hashed("kelapa-sagu-durian")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert await passwords.verified("kelapa-sagu-durian", first) == (True, None)
    assert await passwords.verified("kelapa-sagu-salak", first) == (False, None)


async def test_a_password_is_the_same_however_its_accents_are_made() -> None:
    whole = "kafé-tepi-danau"
    parts = unicodedata.normalize("NFD", whole)
    assert await passwords.verified(parts, await passwords.hashed(whole)) == (True, None)
    as_typed = PasswordHash.recommended().hash(parts)
    right, anew = await passwords.verified(parts, as_typed)
    assert right
    assert await passwords.verified(whole, anew) == (True, None)


@pytest.mark.parametrize("unusable", [None, "", "!", "plain"])
async def test_nothing_opens_an_account_without_a_usable_hash(unusable: str | None) -> None:
    assert await passwords.verified(unusable or "kelapa-sagu-durian", unusable) == (False, None)


@pytest.mark.parametrize("unfit", ["kelapa-sagu", "pemilik@luwukab.go.id", "PEMILIK@luwukab.go.id"])
def test_a_short_password_and_the_own_address_are_refused(unfit: str) -> None:
    with pytest.raises(InvalidInput):
        passwords.check_rules(unfit, "Pemilik@luwukab.go.id", "/password")


@pytest.mark.parametrize(
    "guessed",
    [
        "Password1234!",
        "INDONESIA-2026",
        "sayang123456",
        "qwertyqwerty",
        "123456789012",
        "aaaaaaaaaaaaab",
        "Bimtek-2026!!",
        "pemilik-12345",
        "1QAZ2wsx3edc",
        "Luwukab-2026-!",
        "pemilik pemilik",
        "adminadmin12",
        "1234password",
        "!!password!!",
        "pass word1234",
        "\u200bpassword1234",
    ],
)
def test_what_everybody_tries_first_is_refused_whatever_its_ending(guessed: str) -> None:
    with pytest.raises(InvalidInput):
        passwords.check_rules(guessed, "pemilik@luwukab.go.id", "/password")


def test_the_3000_commonest_are_known_and_words_in_a_row_are_not_among_them() -> None:
    passwords.check_rules("rumah luwu hijau", "luwu@luwu.go.id", "/password")
    assert len(passwords.commonest()) >= 3000
    assert {"123456", "qwerty", "iloveyou", "bismillah"} <= passwords.commonest()
    words = ("kelapa-sagu-durian", "langsat rambutan", "sayang sekali hujan", "kopi luwu januari hangat")
    for good in (*words, "7xQ!plm92_Zt", "839201748362", "7-91!k#2k$48"):
        passwords.check_rules(good, "pemilik@luwukab.go.id", "/password")
