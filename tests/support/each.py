"""Many small cases in one test: a test for each would take longer to be counted than to be run."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def each(name: str, cases: Sequence[T]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test of all the cases, each given as the argument `name`; every one that fails is named, by number and value.

    Other arguments are fixtures as usual, made once: it is for checks that change nothing.
    """

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(check)
        def checks(**fixtures: object) -> None:
            failures = []
            for number, case in enumerate(cases):
                try:
                    check(**fixtures, **{name: case})
                except Exception as failure:  # noqa: BLE001 - whatever it is, it is this case's, and the others follow
                    failure.add_note(f"case {number}: {name} = {case!r}")
                    failures.append(failure)
            if failures:
                raise ExceptionGroup(f"{len(failures)} of {len(cases)} cases failed", failures)

        wanted = inspect.signature(check)
        others = [one for one in wanted.parameters.values() if one.name != name]
        vars(checks)["__signature__"] = wanted.replace(parameters=others)
        return checks

    return decorate
