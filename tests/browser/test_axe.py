"""axe-core looks at every page in every state that the samples show: phone and desk, light and dark, both languages."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Browser, Page, Route

from service import i18n
from tests.browser.served import ORIGIN, fulfil
from tests.pages.samples import SAMPLES
from tests.support.browser import DESK, PHONE, faults, overflows, visit


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
def test_nothing_serious_on_any_page(browser: Browser, half: int, language: str, width: int, *, dark: bool) -> None:
    assert look(browser, FIRST[half::2], language, width, dark=dark) == {}


@pytest.mark.soak
@seen_as
def test_nothing_serious_in_any_state(browser: Browser, half: int, language: str, width: int, *, dark: bool) -> None:
    for darker in (dark, not dark):
        assert look(browser, list(SAMPLES), language, width, dark=darker) == {}, half


def look(browser: Browser, names: Sequence[str], language: str, width: int, *, dark: bool) -> dict[str, list[object]]:
    """What is wrong, by page."""

    def answer(route: Route) -> None:
        # Playwright asks from a context of its own, which does not know what was chosen outside.
        i18n.use(language)
        fulfil(route)

    with visit(browser, ORIGIN, width, language=language, dark=dark) as page:
        page.route("**", answer)
        # A worker's script is not asked for through the page: nothing would answer.
        page.add_init_script("delete Navigator.prototype.serviceWorker")
        found = {name: found_on(page, name) for name in names}
    return {name: said for name, said in found.items() if said}
