"""Passwords: argon2id through pwdlib, in threads of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from pwdlib import PasswordHash

from service.domain.identity import canonical_email
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.tokens import random_token

T = TypeVar("T")
SHORTEST = 12

_hasher = PasswordHash.recommended()
# One hash takes 64 MiB and a tenth of a second: two at a time, or a burst of sign-ins takes the machine's memory.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hashed(password: str) -> str:
    """The argon2id hash of a password (PHC string)."""
    return await _aside(lambda: _hasher.hash(password))


async def verified(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Whether the password is the one behind the hash, and a newer hash when the old one was made with weaker settings.

    Without a usable hash it takes as long and says no, so that time does not tell whether an account exists.
    """
    usable = password_hash if password_hash and password_hash.startswith("$argon2") else None

    def compare() -> tuple[bool, str | None]:
        nobodys = _nobodys_hash()
        right, better = _hasher.verify_and_update(password, usable or nobodys)
        return right and usable is not None, better

    return await _aside(compare)


def check_rules(password: str, email: str, pointer: str) -> None:
    """Raises InvalidInput at `pointer` for fewer than 12 characters or the person's own address."""
    if len(password) < SHORTEST:
        raise InvalidInput.at(pointer, _("Gunakan paling sedikit 12 karakter."))
    try:
        same = canonical_email(password) == canonical_email(email)
    except ValueError:
        same = False
    if same:
        raise InvalidInput.at(pointer, _("Kata sandi tidak boleh sama dengan surel."))


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(random_token("nobody"))


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
