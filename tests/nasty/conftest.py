"""The reader in another language, for every test of this folder."""

import os
from collections.abc import Callable, Sequence

import pytest

from tests.support.ical_js import Seen, read_all
from tests.support.npm import NpmMissing


@pytest.fixture(scope="session")
def ical_js() -> Callable[[Sequence[bytes]], list[Seen]]:
    """Reads calendars with ical.js. Missing node is a failure in CI and a loud skip elsewhere."""
    try:
        read_all([])
    except NpmMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"NODE IS MISSING, ICAL.JS DID NOT READ OUR CALENDARS: {missing}")
    return read_all
