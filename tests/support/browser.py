"""Debian's Chromium, driven by Playwright: pages as people see them, at the width of a phone and of a desk."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect, sync_playwright

from service.pages import guards
from service.settings import Settings
from tests.support import npm

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)  # nothing waits longer than it has to; a busy machine is no fault of a page
PHONE, DESK = (360, 740), (1280, 800)
SERIOUS = ("serious", "critical")
HELD = """(gaps) => {
  const real = setTimeout;
  globalThis.setTimeout = (work, gap, ...given) => real(work, gaps.includes(gap) ? 600_000 : gap, ...given);
}"""
OLD_ENOUGH = "([stamp, least]) => Date.now() / 1000 - parseInt(document.getElementsByName(stamp)[0].value) >= least"


class BrowserMissing(RuntimeError):
    """No Chromium on this machine."""


@dataclass(frozen=True)
class Fault:
    """One finding of axe-core."""

    rule: str
    impact: str
    where: str


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """A browser that fetches nothing of its own; `arguments` are its own switches. Raises BrowserMissing."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise BrowserMissing("chromium is needed (apt-get install chromium)")
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=found, args=[*quiet, *arguments])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(
    browser: Browser,
    base_url: str,
    width: int,
    *,
    language: str = "id",
    script: bool = True,
    dark: bool = False,
    expected: str = "",
) -> Iterator[Page]:
    """A visitor's window: a phone (touch, a true small viewport) below 500 px, else a desk. Fails on script errors but
    those that say what is `expected`, as where a line is cut.
    """
    phone = width < 500
    height = PHONE[1] if phone else DESK[1]
    context: BrowserContext = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": height},
        device_scale_factor=2 if phone else 1,
        is_mobile=phone,
        has_touch=phone,
        locale={"id": "id-ID", "en": "en-GB"}[language],
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    try:
        yield page
    finally:
        context.close()
    assert [error for error in errors if not (expected and expected in error)] == []


def hold(page: Page, *milliseconds: int) -> None:
    """In what is opened from now on, waits of exactly so long do not end: nothing happens by itself meanwhile, however
    busy the machine is.
    """
    page.add_init_script(f"({HELD})({json.dumps(milliseconds)})")


def take_time(form: Page | Frame) -> None:
    """Waits until the form on show is as old as one that a person has filled in."""
    form.wait_for_function(OLD_ENOUGH, arg=[guards.STAMP, Settings.model_fields["form_seconds"].default])


def axe() -> str:
    """The script that finds them."""
    return npm.package("axe-core", "axe.min.js").read_text()


def faults(page: Page) -> list[Fault]:
    """What axe-core finds serious or critical, WCAG 2.2 AA included. The strict policy of the page stays in force."""
    page.wait_for_load_state("load")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(axe())
    # Whatever is in order is not described: that takes as long as finding what is not.
    wanted = {"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]}
    found = page.evaluate("wanted => axe.run(document, wanted)", wanted)
    return [
        Fault(finding["id"], finding["impact"], node["html"][:200])
        for finding in found["violations"]
        for node in finding["nodes"]
        if finding["impact"] in SERIOUS
    ]


def overflows(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 when nobody has to scroll sideways."""
    # After a click the next document may have begun and have no element yet.
    page.wait_for_load_state("load")
    return int(
        page.evaluate("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)")
    )


def sound(page: Page) -> None:
    """Nothing serious for people who see, hear or point differently; nobody scrolls sideways. Raises AssertionError."""
    assert (found := faults(page)) == [], f"{page.url}: {found}"
    assert (wider := overflows(page)) == 0, f"{page.url}: {wider} px"


def shoot(page: Page, folder: Path, name: str) -> Path:
    """The whole page as a PNG."""
    path = folder / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
