"""axe-core looks at every page in every state that the samples show: phone and desk, light and dark, both languages."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Browser, Page

from service import i18n
from tests.browser.served import ORIGIN, fulfil
from tests.pages.samples import SAMPLES
from tests.support.browser import DESK, PHONE, faults, overflows, visit


def found_on(page: Page, name: str) -> list[object]:
    page.goto(f"{ORIGIN}/{name}")
    wide = overflows(page)
    return [*faults(page), *([f"{wide} px too wide"] if wide else [])]


FIRST = list({template: name for name, (template, _context) in reversed(SAMPLES.items())}.values())
"""One sample of every template: the others of it differ in a sentence or two."""

seen_as = pytest.mark.parametrize(
    ("language", "width", "dark"), [("id", PHONE[0], True), ("en", DESK[0], False)], ids=["phone", "desk"]
)


@seen_as
def test_nothing_serious_on_any_page(browser: Browser, language: str, width: int, *, dark: bool) -> None:
    assert look(browser, FIRST, language, width, dark=dark) == {}


@pytest.mark.soak
@seen_as
def test_nothing_serious_in_any_state(browser: Browser, language: str, width: int, *, dark: bool) -> None:
    assert look(browser, list(SAMPLES), language, width, dark=not dark) == {}


def look(browser: Browser, names: Sequence[str], language: str, width: int, *, dark: bool) -> dict[str, list[object]]:
    """What is wrong, by page."""
    i18n.use(language)
    with visit(browser, ORIGIN, width, language=language, dark=dark) as page:
        page.route("**", fulfil)
        # A worker's script is not asked for through the page: nothing would answer.
        page.add_init_script("delete Navigator.prototype.serviceWorker")
        found = {name: found_on(page, name) for name in names}
    return {name: said for name, said in found.items() if said}
