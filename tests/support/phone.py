"""A door's phone: a Chromium of its own with a profile that outlives it, so that its power can be cut."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

from tests.support.browser import NAMES, PATIENCE_MS, BrowserMissing

READY_SECONDS = 20
_QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
_ARGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *_QUIET)


class Phone:
    """Switched on by `on`, off by cutting its power: SIGKILL to every process of that browser."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self._profile = profile
        self._process: subprocess.Popen[bytes] | None = None
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    def on(self) -> None:
        """Starts the browser with whatever the profile holds. Raises BrowserMissing."""
        ready = self._profile / "DevToolsActivePort"
        ready.unlink(missing_ok=True)
        own = (f"--user-data-dir={self._profile}", "--remote-debugging-port=0", "about:blank")
        self._process = subprocess.Popen(
            [chromium_path(), *_ARGS, *own],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        port = _port(ready)
        browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = browser.contexts[0]
        context.set_default_timeout(PATIENCE_MS)
        self._page = context.pages[0]

    def cut_power(self) -> None:
        """Kills it at once, as an empty battery does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(READY_SECONDS)
        self._process = self._page = None

    def network(self, *, there: bool) -> None:
        """Takes the network away, or gives it back."""
        self.page.context.set_offline(not there)

    def run(self, script: str, *given: object) -> Any:
        """What an expression says on the page; `given` is its argument."""
        return self.page.evaluate(script, *given)


def chromium_path() -> str:
    """Where the browser is. Raises BrowserMissing."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise BrowserMissing("chromium is needed (apt-get install chromium)")
    return found


def _port(ready: Path) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        lines = ready.read_text().split() if ready.exists() else []
        if lines:
            return lines[0]
        time.sleep(0.02)
    raise AssertionError("the browser did not start")


@contextmanager
def phone(playwright: Playwright, profile: Path) -> Iterator[Phone]:
    """A phone that is off, and is off again in the end."""
    made = Phone(playwright, profile)
    try:
        yield made
    finally:
        made.cut_power()
