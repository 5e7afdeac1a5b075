"""A process that has imported the service already and forks whenever one is to be started: that takes no second.

What it starts is `bimtek` with the arguments, environment and log it is told, in a session of its own. The programs a
test starts become children of the test's own process, which can wait for them as for any other.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "service.cli"]
"""What it can start; anything else is started as usual."""
_SET_CHILD_SUBREAPER = 36


class Forked:
    """A started program, with what is used of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._asking = Lock()

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        # The kernel tells the code once: of two threads that ask, the second would hear that there is no such child.
        with self._asking:
            if self._code is None:
                found, status = os.waitpid(self.pid, os.WNOHANG)
                self._code = os.waitstatus_to_exitcode(status) if found else None
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises TimeoutExpired after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if timeout is not None and deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(COMMAND, timeout)
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def start(arguments: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path | None) -> Forked:
    """Starts `bimtek` with these arguments and exactly this environment."""
    parent = _parent()
    assert parent.stdin
    assert parent.stdout
    order = {"arguments": [*arguments], "env": dict(env), "log": str(log), "cwd": str(cwd or Path.cwd())}
    parent.stdin.write(json.dumps(order) + "\n")
    parent.stdin.flush()
    # Its number comes when it leads a group that can be killed, the empty line when it is ours to wait for.
    return Forked(int(parent.stdout.readline() + parent.stdout.readline()))


@cache
def _parent() -> subprocess.Popen[str]:
    # Without this the kernel gives the orphans that we are sent to the first process of the machine.
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("BIMTEK_")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def stop() -> None:
    """Ends it, if it was ever needed."""
    if _parent.cache_info().currsize:
        _parent().communicate()
        _parent.cache_clear()


def main() -> None:
    """Forks for every order on standard input, until that is closed."""
    from service import app, cli, pages, routers, subscribers  # noqa: F401 - imported for those who come after

    routers.all_routers()
    pages.all_routers()
    subscribers.load()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        # Twice: the one between ends at once, and leaves its child to the test.
        between = os.fork()
        if between == 0:
            if os.fork() == 0:
                _become(**json.loads(line))
            os._exit(0)
        os.waitpid(between, 0)
        os.write(1, b"\n")


def _become(arguments: list[str], env: dict[str, str], log: str, cwd: str) -> NoReturn:
    from service import cli, clock
    from service.domain import rooms_links

    # What came before its own start was left behind by another process.
    rooms_links._STARTED = clock.real_now()
    os.setsid()
    os.write(1, f"{os.getpid()}\n".encode())
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.closerange(3, 64)
    gc.enable()
    sys.argv = ["bimtek", *arguments]
    code = 1
    try:
        cli.main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does with whatever leaves a program
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
