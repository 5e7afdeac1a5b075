"""The event loop on which all tests of a process run: what outlives a test, a connection say, needs one that stays."""

import asyncio
from typing import Any

_runner: list[asyncio.Task[Any]] = []


def begin() -> None:
    """Called in the task in which the tests of this process will run."""
    task = asyncio.current_task()
    assert task
    _runner.append(task)


def end() -> None:
    """Called when no test will follow."""
    _runner.clear()


def clear() -> None:
    """Called after each test, outside the loop: ends what it has left running, as the end of its own loop would."""
    for runner in _runner:
        loop = runner.get_loop()
        if left := asyncio.all_tasks(loop) - {runner}:
            loop.run_until_complete(_ended(left))


async def _ended(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
