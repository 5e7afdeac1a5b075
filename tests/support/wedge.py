"""A hand scanner: a keyboard faster than any person."""

import time

from playwright.sync_api import Page

SECONDS_PER_KEY = 0.002
_ENDS: dict[str, dict[str, object]] = {
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Tab": {"windowsVirtualKeyCode": 9},
}


def pull(page: Page, text: str, suffix: str = "Enter") -> None:
    """Its trigger. When each key went down is told to the browser, which is as fast on a busy machine."""
    keyboard, began = page.context.new_cdp_session(page), time.time()
    for number, key in enumerate([*text, suffix]):
        said: dict[str, object] = {"type": "keyDown", "key": key, "timestamp": began + number * SECONDS_PER_KEY}
        keyboard.send("Input.dispatchKeyEvent", said | _ENDS.get(key, {"text": key}))
        keyboard.send("Input.dispatchKeyEvent", said | {"type": "keyUp"})
    keyboard.detach()
