"""A service that really listens, and the browser that visits it. The clock is this process's own: tests move it."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser

from service import clock
from service.app import create_app
from service.db import Database
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.settings import Settings
from tests import factories
from tests.factories import at
from tests.support.browser import BrowserMissing, chromium

MORNING = at("06-26 09:00")
READY_SECONDS = 20


@dataclass(frozen=True)
class Site:
    """Where the service listens, its house and workshop, and what its committee and door carry."""

    base_url: str
    settings: Settings
    house: Organizer
    gathering: Workshop
    key: dict[str, str]
    door: dict[str, str]

    @property
    def mail(self) -> Path:
        return self.settings.data_dir / "mail"


@contextmanager
def launched(*switches: str) -> Iterator[Browser]:
    """A browser. A missing one is a failure in CI and a loud skip elsewhere."""
    try:
        with chromium(*switches) as found:
            yield found
    except BrowserMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"CHROMIUM IS MISSING, NO PAGE WAS OPENED: {missing}")


@pytest.fixture
def browser() -> Iterator[Browser]:
    """One for a test.

    While it runs, Playwright's own event loop occupies this thread: ask for a `site` before it, and keep it no longer
    than a test.
    """
    with launched() as found:
        yield found


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """The service with its worker, a week before the workshop."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    listening = settings.model_copy(update={"worker": True, "base_url": url})
    clock.freeze(MORNING)
    made = asyncio.run(_world(listening, url))
    server = uvicorn.Server(uvicorn.Config(create_app(listening), log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join(READY_SECONDS)
        listener.close()
        assert not thread.is_alive()


async def _world(settings: Settings, url: str) -> Site:
    database = Database(settings)
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        for name in ("Dinas Kesehatan", "Dinas Perhubungan", "Bappelitbangda"):
            await factories.organisation(session, house, name.lower().replace(" ", "-"), name=f"{name} Kabupaten Luwu")
        gathering = await factories.workshop(
            session,
            house,
            offline=80,
            title="Bimtek Penyusunan Masterplan Smart City Tahap I",
            slug="bimtek-1",
            venue_name="Aula Bappelitbangda",
            venue_address="Kompleks Perkantoran Bupati Luwu, Belopa",
            venue_latitude=-3.3948,
            venue_longitude=120.3719,
            description="Dua hari menyusun masterplan kota cerdas dan program unggulan bersama Perangkat Daerah.",
            aims=["Penyamaan persepsi tentang konsep Smart City", "Penguatan komitmen"],
            questions=[
                {"code": "makan", "label": "Pantangan makanan", "kind": "text", "choices": [], "required": False}
            ],
        )
        key = await factories.api_key(session, house)
        _row, door = await factories.device(session, gathering)
    await database.close()
    return Site(url, settings, house, gathering, key, door)
