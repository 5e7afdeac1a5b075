"""axe-core looks at every page in every state that the samples show: phone and desk, light and dark, both languages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import launched
from tests.browser.served import ORIGIN, Samples, samples
from tests.pages.samples import SAMPLES
from tests.support.browser import DESK, PHONE, axe, faults, overflows, visit


@dataclass(frozen=True)
class Eyes:
    """A browser and the server of the samples it looks at."""

    browser: Browser
    server: Samples


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    """The same for all: nothing here needs the thread that the browser occupies."""
    with samples() as server, launched(server.switch) as browser:
        yield Eyes(browser, server)


def found_on(page: Page, name: str) -> list[object]:
    page.goto(f"{ORIGIN}/{name}")
    wide = overflows(page)
    return [*faults(page), *([f"{wide} px too wide"] if wide else [])]


FIRST = list({template: name for name, (template, _context) in reversed(SAMPLES.items())}.values())
"""One sample of every template: the others of it differ in a sentence or two. Half of them each way; every state every
way is looked at by `make soak`.
"""

seen_as = pytest.mark.parametrize(
    ("half", "language", "width", "dark"), [(0, "id", PHONE[0], True), (1, "en", DESK[0], False)], ids=["phone", "desk"]
)


@seen_as
def test_nothing_serious_on_any_page(eyes: Eyes, half: int, language: str, width: int, *, dark: bool) -> None:
    assert look(eyes, FIRST[half::2], language, width, dark=dark) == {}


@pytest.mark.soak
@seen_as
def test_nothing_serious_in_any_state(eyes: Eyes, half: int, language: str, width: int, *, dark: bool) -> None:
    for darker in (dark, not dark):
        assert look(eyes, list(SAMPLES), language, width, dark=darker) == {}, half


def look(eyes: Eyes, names: Sequence[str], language: str, width: int, *, dark: bool) -> dict[str, list[object]]:
    """What is wrong, by page."""
    eyes.server.language = language
    with visit(eyes.browser, ORIGIN, width, language=language, dark=dark) as page:
        # A worker would stay between the pages and their server.
        page.add_init_script("delete Navigator.prototype.serviceWorker")
        # Half a megabyte, sent once instead of with every page.
        page.add_init_script(axe())
        found = {name: found_on(page, name) for name in names}
    return {name: said for name, said in found.items() if said}
