"""A folder in memory for what tests write: there `fsync`, which SQLite asks for at every commit, takes no time.

What a kill of a process leaves behind is the same in it. It is gone after the run: name another with --basetemp to
look at what a failed test wrote.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.processes import Guard

_SHARED_MEMORY = Path("/dev/shm")
# A whole run writes about one.
_GIGABYTES = 4
_made: list[tuple[Path, Guard]] = []


def roomy() -> Path:
    """Where to make a folder: in memory, if there is much of it."""
    try:
        there = os.access(_SHARED_MEMORY, os.W_OK) and shutil.disk_usage(_SHARED_MEMORY).free > _GIGABYTES << 30
    except OSError:
        there = False
    return _SHARED_MEMORY if there else Path("/tmp")


def start_for_session(config: pytest.Config) -> None:
    """For pytest_configure: all processes of the run write there, unless --basetemp says otherwise."""
    if hasattr(config, "workerinput") or config.option.basetemp or roomy() != _SHARED_MEMORY:
        return
    folder = Path(tempfile.mkdtemp(prefix="pytest-", dir=_SHARED_MEMORY))
    _made.append((folder, Guard('read _; rm -rf -- "$1"', str(folder))))
    config.option.basetemp = str(folder / "run")


def stop_for_session() -> None:
    """For pytest_unconfigure."""
    while _made:
        folder, guard = _made.pop()
        shutil.rmtree(folder, ignore_errors=True)
        guard.dismiss()
