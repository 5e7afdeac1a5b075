"""What comes of trying out an outside service: how far it went, and the first thing that is wrong with it.

Nothing that the other side says in words is kept, since it may quote addresses and accounts: only its numbers, and
names from our own settings or from lists of theirs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

OK = "ok"
TRIAL_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """`code`: `ok`, or what is wrong; `steps`: what succeeded, in order; `details`: numbers or names about the code."""

    code: StrEnum
    steps: tuple[StrEnum, ...] = ()
    details: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.code == OK

    def result(self) -> Mapping[str, object]:
        """As it is kept and shown."""
        return {
            "ok": self.ok,
            "code": str(self.code),
            "steps": [str(step) for step in self.steps],
            "details": list(self.details),
        }


class Wrong(Exception):
    """The trial ends here: what is wrong, and the numbers or names that belong to it."""

    def __init__(self, code: StrEnum, *details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = tuple(str(detail) for detail in details)


Walk = Callable[[list[StrEnum]], Awaitable[None]]


async def outcome(walk: Walk, ok: StrEnum, silent: StrEnum) -> Outcome:
    """Takes the steps, which `walk` notes as they succeed; `silent` when all of them together take too long."""
    steps: list[StrEnum] = []
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            await walk(steps)
    except Wrong as wrong:
        return Outcome(wrong.code, tuple(steps), wrong.details)
    except TimeoutError:
        return Outcome(silent, tuple(steps))
    return Outcome(ok, tuple(steps))
