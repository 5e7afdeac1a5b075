"""Child processes that end with us, whatever ends us."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import Self

from tests.support import warm

WARM = False
"""Whether `bimtek` is started from a process that has imported it already. Set by the tests; benchmarks start cold."""

PORTS = range(20_000, 32_768)
"""Below those that connections begin from: one of a test's own could take the port before the program does."""

# Exits (and acts) when its standard input closes, which the kernel does for us even after SIGKILL.
_KILL_GROUP = 'read _; kill -KILL -- "-$1"'


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago, and that the kernel gives to nobody who asks for any."""
    while True:
        port = SystemRandom().choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment minus every `BIMTEK_*`, so that a developer's own settings never leak into a test."""
    return {name: value for name, value in environment.items() if not name.startswith("BIMTEK_")}


class Guard:
    """Runs a line of shell once this process is gone; dismissed when the work ended well."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        self._shell.kill()
        self._shell.communicate()


class Process:
    """A program in its own process group, logging to a file, started on construction.

    Leaving the context kills the whole group; so does the end of this process.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path | None = None) -> None:
        self.argv = list(argv)
        self.log = log
        self._popen = self._start(without_settings(os.environ) | dict(env), cwd)
        self._guard = Guard(_KILL_GROUP, str(self.pid))

    def _start(self, env: Mapping[str, str], cwd: Path | None) -> "subprocess.Popen[bytes] | warm.Forked":
        command = len(warm.COMMAND)
        if WARM and self.argv[:command] == warm.COMMAND:
            return warm.start(self.argv[command:], env, self.log, cwd)
        with self.log.open("ab") as output:
            return subprocess.Popen(
                self.argv,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._popen.poll()

    def wait(self, timeout: float) -> int:
        """The exit code of a program that ends by itself. Raises TimeoutExpired after `timeout` seconds."""
        code = self._popen.wait(timeout)
        self._end_group()
        return code

    def terminate(self, timeout: float = 35.0) -> int:
        """SIGTERM to the leading process, its exit code. Raises TimeoutExpired after `timeout` seconds."""
        self._popen.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> None:
        """SIGKILL to the whole group, as when the machine dies."""
        self._end_group()
        self._popen.wait()

    def tail(self, lines: int = 30) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _end_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._guard.dismiss()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
