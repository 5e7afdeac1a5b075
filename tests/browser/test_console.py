"""The committee runs the whole Luwu workshop by clicks, beginning with `bimtek init` on an empty folder.

The committee sits at a laptop; participants and the door have phones. Presses, keys and minutes of each step are
counted (tests/support/hand.py); with BIMTEK_EFFORT=FILE they are written there, as docs/console.md has them.
"""

import email
import email.policy
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser

from service import clock
from service.app import create_app
from service.settings import Settings
from tests.browser import console_after as after, console_before as before, console_during as during
from tests.factories import at
from tests.support import luwu_files
from tests.support.browser import DESK, PHONE, visit
from tests.support.crowd import environment
from tests.support.hand import Hand, Tally
from tests.support.processes import Process
from tests.support.server import ROOT

READY_SECONDS = MAIL_SECONDS = 20
OWNER, PASSWORD = "kabid.aptika@luwukab.go.id", "tiga gajah di danau towuti"


@dataclass(frozen=True)
class Place:
    """An installation that `bimtek init` made and nothing else, served at `url`."""

    url: str
    settings: Settings

    def link_to(self, address: str, path: str) -> str:
        """The link of that kind in a mail to somebody, once there is one."""
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            for file in (self.settings.data_dir / "mail").glob("*.eml"):
                mail: Any = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                text = mail.get_body(("plain",)).get_content()
                if mail["To"] == address and (found := re.search(rf"{re.escape(self.url)}({path}\S+)", text)):
                    return found[1]
            time.sleep(0.05)
        raise AssertionError(f"no mail with {path} came to {address}")


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Iterator[Place]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    empty = settings.model_copy(update={"worker": True, "base_url": url, "data_dir": tmp_path / "bimtek"})
    init = ["init", "--slug", "luwu", "--name", "Dinas Kominfo-SP Kabupaten Luwu", "--email", OWNER]
    env = environment(empty, BIMTEK_INIT_PASSWORD=PASSWORD)
    with Process([sys.executable, "-m", "service.cli", *init], env, tmp_path / "init.log", ROOT) as process:
        assert process.wait(READY_SECONDS) == 0, process.tail()
    clock.freeze(at("06-12 09:00"))
    server = uvicorn.Server(uvicorn.Config(create_app(empty), log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Place(url, empty)
    finally:
        server.should_exit = True
        thread.join(READY_SECONDS)
        listener.close()
        assert not thread.is_alive()


@pytest.mark.parametrize("settings", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_a_workshop_is_run_from_an_empty_folder_by_clicks_alone(place: Place, browser: Browser, tmp_path: Path) -> None:
    tally, files = Tally(), luwu_files.write(tmp_path)
    with (
        visit(browser, place.url, DESK[0], expected="422") as desk,
        visit(browser, place.url, PHONE[0]) as phone,
        visit(browser, place.url, PHONE[0]) as door,
    ):
        # What axe-core says of each page stands in test_axe.py; of these very states it is asked in `make soak`.
        thorough = place.settings.on_postgresql
        committee = Hand(desk, tally, thorough=thorough)
        with tally.step("Sign in"):
            before.sign_in(committee, OWNER, PASSWORD)
        with tally.step("Take over the list of 51 organisations"):
            before.take_over_organisations(committee, files["instansi"])
        with tally.step("Set up the two days and publish"):
            before.set_up(committee)
        with tally.step("Invite all agencies, with letters"):
            before.invite(committee)
        with tally.step("Take over the list of participants, with tickets sent"):
            before.take_over_participants(committee, files["peserta"], len(luwu_files.people()))
        with tally.step("Participant: register on a phone"):
            before.register(Hand(phone, tally, thorough=thorough), "/")
        link = place.link_to(before.ADDRESS, "/my/")
        clock.shift(at("07-03 08:40") - clock.real_now())
        with tally.step("Pair the door's phone"):
            address = during.pair(committee)
        with tally.step("Door: three people in, each half-day"):
            ticket = during.ticket_of(phone, link, tmp_path)
            during.open_door(door, address)
            during.let_in(Hand(door, tally, thorough=thorough), ticket)
        clock.shift(at("07-04 16:00") - clock.real_now())
        with tally.step("Take over Zoom's report and match who is unknown"):
            during.match(committee, luwu_files.zoom_report(tmp_path))
        with tally.step("Issue certificates"):
            after.certify(committee)
        with tally.step("Attendance sheet and recap"):
            after.export(committee)
        with tally.step("Ask for 60 data items"):
            after.ask_for_data(committee, files["data"])
        with tally.step("Minutes and follow-ups"):
            after.write_minutes(committee)
        after.has_certificate(phone, link)
    if report := os.environ.get("BIMTEK_EFFORT"):
        Path(report).write_text(tally.table(), encoding="utf-8")
