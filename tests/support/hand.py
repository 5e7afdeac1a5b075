"""A person at a page: clicks, keys and waiting, counted step by step.

Minutes are reckoned by the keystroke-level model (Card, Moran and Newell 1980): to decide, point and press takes
1.35 + 1.1 + 0.2 s, a key of somebody who types now and then 0.28 s, and going from mouse to keyboard 0.4 s. What the
service needs to answer is measured and added; reading, thinking about the matter and walking to the door are not.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.support.browser import overflows, sound

PRESS_SECONDS = 2.65
KEY_SECONDS = 0.28
TO_KEYBOARD_SECONDS = 0.4


@dataclass
class Effort:
    """What one step took: presses of a button, link, box or list; keys; seconds of waiting for the service."""

    presses: int = 0
    keys: int = 0
    fields: int = 0
    waited: float = 0.0

    @property
    def minutes(self) -> float:
        by_hand = self.presses * PRESS_SECONDS + self.keys * KEY_SECONDS + self.fields * TO_KEYBOARD_SECONDS
        return (by_hand + self.waited) / 60


@dataclass
class Tally:
    """The efforts of a story by step, in the order in which the steps were begun."""

    steps: dict[str, Effort] = field(default_factory=dict)
    _now: Effort = field(default_factory=Effort)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Whatever is done inside counts for this step."""
        before, self._now = self._now, self.steps.setdefault(name, Effort())
        yield
        self._now = before

    def press(self, waited: float) -> None:
        self._now.presses += 1
        self._now.waited += waited

    def typed(self, text: str) -> None:
        self._now.fields += 1
        self._now.keys += len(text)

    def table(self) -> str:
        """Markdown: step, presses, keys, minutes."""
        lines = ["| step | presses | keys | minutes |", "|---|---:|---:|---:|"]
        for name, effort in self.steps.items():
            lines.append(f"| {name} | {effort.presses} | {effort.keys} | {effort.minutes:.1f} |")
        whole = [sum(getattr(one, part) for one in self.steps.values()) for part in ("presses", "keys", "minutes")]
        return "\n".join([*lines, f"| all | {whole[0]} | {whole[1]} | {whole[2]:.1f} |"])


class Hand:
    """Acts on one page, as one person, and counts it."""

    def __init__(self, page: Page, tally: Tally, *, thorough: bool = False) -> None:
        self.page = page
        self._tally = tally
        self._thorough = thorough

    def look(self) -> None:
        """Nobody has to scroll sideways; where `thorough`, axe-core finds nothing serious either (half a second)."""
        if self._thorough:
            sound(self.page)
        assert overflows(self.page) == 0, self.page.url

    def press(self, target: Locator) -> None:
        """Clicks a button, link, box or summary, and waits for what follows."""
        started = time.perf_counter()
        target.click()
        self._tally.press(time.perf_counter() - started)

    def button(self, name: str, *, within: Locator | None = None) -> None:
        self.press((within or self.page).get_by_role("button", name=name).first)

    def link(self, name: str, *, within: Locator | None = None) -> None:
        self.press((within or self.page).get_by_role("link", name=name).first)

    def menu(self, name: str) -> None:
        """An entry of the committee's menu, first or second row."""
        self.press(self.page.locator(".staff-nav").get_by_role("link", name=name, exact=True).first)

    def write(self, target: Locator, text: str) -> None:
        """Types into a field, over what stands there."""
        target.fill(text)
        self._tally.typed(text)

    def choose(self, target: Locator, label: str) -> None:
        """Opens a list and takes one line."""
        target.select_option(label=label)
        self._tally.press(0)
        self._tally.press(0)

    def attach(self, target: Locator, files: Path | Sequence[Path]) -> None:
        """Picks files in the system's dialogue: opening it, the files, and its button."""
        target.set_input_files(files)
        for _press in range(3):
            self._tally.press(0)
