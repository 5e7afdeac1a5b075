"""CPU time of whole process trees."""

import time
from collections.abc import Mapping

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its descendants, and those of them that have ended and been waited for."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def wait_until_idle(pid: int, timeout: float = 30.0) -> None:
    """Until a tree that has just been started has loaded what it needs, or `timeout` seconds have passed."""
    deadline = time.monotonic() + timeout
    before, now = -1.0, cpu_seconds(pid)
    while now - before > 0.05 and time.monotonic() < deadline:
        time.sleep(0.5)
        before, now = now, cpu_seconds(pid)


class Meter:
    """Seconds of CPU per named tree since it was made."""

    def __init__(self, trees: Mapping[str, int]) -> None:
        self._trees = dict(trees)
        self._start = {name: cpu_seconds(pid) for name, pid in self._trees.items()}

    def read(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) - self._start[name] for name, pid in self._trees.items()}
