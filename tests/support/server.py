"""The service as its users run it: a process of its own, reached over HTTP."""

import http.client
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.processes import Process, free_port

ROOT = Path(__file__).resolve().parents[2]


class ServerFailedError(RuntimeError):
    """The server ended, or was not ready in time; the message carries the end of its log."""


class Server(Process):
    """`bimtek serve` on a free port of 127.0.0.1, or any other `argv` that listens on `port`.

    Construction starts it without waiting; `ready()` waits until `ready_path` answers 200; `with` does both.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        log: Path,
        *,
        workers: int = 1,
        port: int | None = None,
        argv: Sequence[str] | None = None,
        ready_path: str = "/readyz",
    ) -> None:
        self.port = port or free_port()
        self.ready_path = ready_path
        serve = [sys.executable, "-m", "service.cli", "serve", "--port", str(self.port), "--workers", str(workers)]
        super().__init__(argv or serve, env, log, cwd=ROOT)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self, timeout: float = 30.0) -> Self:
        """Wait until it takes requests. Raises ServerFailedError when it ends or `timeout` seconds pass first."""
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self.exit_code is not None:
                raise ServerFailedError(f"ended with {self.exit_code}\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServerFailedError(f"not ready after {timeout:g} s\n{self.tail()}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", self.ready_path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def __enter__(self) -> Self:
        try:
            return self.ready()
        except BaseException:
            self.kill()
            raise
