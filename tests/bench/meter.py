"""CPU time of whole process trees."""

from collections.abc import Mapping

import psutil  # type: ignore[import-untyped]  # it ships no types


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


class Meter:
    """Seconds of CPU per named tree since it was made."""

    def __init__(self, trees: Mapping[str, int]) -> None:
        self._trees = dict(trees)
        self._start = {name: cpu_seconds(pid) for name, pid in self._trees.items()}

    def read(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) - self._start[name] for name, pid in self._trees.items()}
