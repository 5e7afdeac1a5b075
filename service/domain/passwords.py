"""Passwords: argon2id through pwdlib, in threads of their own.

A letter with its accent is one character on one keyboard and two on another: what is hashed is Unicode's composed form
(NFC, as RFC 8265 asks). Passwords that were kept as they were typed stay good, and are kept anew at the next sign-in.
"""

import asyncio
import gzip
import unicodedata
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from pwdlib import PasswordHash

from service.domain.identity import canonical_email
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.tokens import random_token

T = TypeVar("T")
SHORTEST = 12
MOST_COMMON = Path(__file__).with_name("common_passwords.txt.gz")
"""See its first lines for where it is from; common_passwords.LICENSE beside it."""
OUR_OWN_WORDS = frozenset({"bimtek", "kominfo", "smartcity"})
"""What somebody who guesses here tries first."""
_FEWEST_CHARACTERS = 5
_SHORTEST_WORD = 4

_hasher = PasswordHash.recommended()
# One hash takes 64 MiB and a tenth of a second: two at a time, or a burst of sign-ins takes the machine's memory.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hashed(password: str) -> str:
    """The argon2id hash of a password (PHC string)."""
    return await _aside(lambda: _hasher.hash(composed(password)))


async def verified(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Whether the password is the one behind the hash, and a newer hash when the old one was made with weaker settings.

    Without a usable hash it takes as long and says no, so that time does not tell whether an account exists.
    """
    usable = password_hash if password_hash and password_hash.startswith("$argon2") else None

    def compare() -> tuple[bool, str | None]:
        nobodys = _nobodys_hash()
        for typed in dict.fromkeys((composed(password), password)):
            right, better = _hasher.verify_and_update(typed, usable or nobodys)
            if right and usable is not None:
                return True, better if typed == composed(password) else _hasher.hash(composed(password))
        return False, None

    return await _aside(compare)


def composed(password: str) -> str:
    """The same password, however the keyboard made its letters."""
    return unicodedata.normalize("NFC", password)


def check_rules(password: str, email: str, pointer: str) -> None:
    """Raises InvalidInput at `pointer` for a password that is easily guessed.

    That is: fewer than 12 characters, hardly any different ones, the person's own address, or a word of the address or
    one of the 3,000 commonest passwords, in capitals too, said several times, or with figures, signs, spaces and
    invisible marks around and between its letters.
    """
    if len(composed(password)) < SHORTEST:
        raise InvalidInput.at(pointer, _("Gunakan paling sedikit 12 karakter."))
    try:
        same = canonical_email(password) == canonical_email(email)
    except ValueError:
        same = False
    if same:
        raise InvalidInput.at(pointer, _("Kata sandi tidak boleh sama dengan surel."))
    folded = unicodedata.normalize("NFKC", password).casefold()
    known = commonest().union(email.casefold().replace("@", ".").split("."))
    if len(set(folded)) < _FEWEST_CHARACTERS or _repeats_one_of(known, folded) or _spells_one_of(known, folded):
        advice = _("Kata sandi ini mudah ditebak. Gunakan beberapa kata yang tidak berhubungan satu sama lain.")
        raise InvalidInput.at(pointer, advice)


def _repeats_one_of(known: Collection[str], folded: str) -> bool:
    """Whether it begins with one of them and goes on with the same again, or with figures and signs only."""
    whole = len(folded)
    for length in range(whole, 2, -1):
        beginning, ending = folded[:length], folded[length:]
        if beginning not in known:
            continue
        said_again = (beginning * (whole // length + 1))[:whole] == folded
        if said_again or not any(map(str.isalpha, ending)):
            return True
    return False


def _spells_one_of(known: Collection[str], folded: str) -> bool:
    letters = "".join(filter(str.isalpha, folded))
    once = letters[: (letters + letters).find(letters, 1)]
    return len(once) >= _SHORTEST_WORD and once in known


@cache
def commonest() -> frozenset[str]:
    """The commonest passwords, case folded, and the words of this service."""
    with gzip.open(MOST_COMMON, "rt", encoding="utf-8") as file:
        listed = frozenset(line.rstrip("\n") for line in file if not line.startswith("# "))
    return listed | OUR_OWN_WORDS


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(random_token("nobody"))


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
