"""The door without network: nothing that was scanned is lost or counted twice, whatever happens to the phone."""

import asyncio
import os
import shutil
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import sync_playwright
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.attendance import Annulment, Attendance, Checkin
from service.models.devices import Device
from service.models.registrations import Registration, RegistrationStatus
from service.pages import checkin, render
from tests import factories
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import BrowserMissing
from tests.support.phone import Phone, chromium_path, phone

T = TypeVar("T")
DOORS_OPEN = at("07-03 08:30")
PEOPLE = 6
ENGINE_ALONE = """
import { openStation } from "./station.js";
globalThis.station = await openStation();
globalThis.edition = "%s";
"""
OPEN = "() => globalThis.edition"
SENT = "() => station.state.online && station.state.unsent === 0"
REVOKED = "() => station.state.problem === 'revoked'"
SCAN_ON = """async () => {
  for (let number = 0; ; number += 1) {
    const { nonce } = await station.scan(String(number).padEnd(43, "x"), { again: true });
    console.info(nonce);
  }
}"""
ROUNDS = 10
LOSE_ANSWERS = """() => {
  const real = fetch;
  globalThis.lost = new Promise((resolve) => {
    globalThis.fetch = async (...asked) => {
      const answer = await real(...asked);
      if (!String(asked[0]).endsWith("/batch")) return answer;
      resolve(true);
      throw new TypeError("the connection broke before the answer came");
    };
  });
}"""


def database_says(coroutine: Coroutine[Any, Any, T]) -> T:
    """Playwright's loop occupies this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@dataclass
class Editions:
    """The station's own files, as this test's service serves them."""

    folder: Path

    def publish(self, name: str) -> None:
        """From now on the service has this edition."""
        (self.folder / "checkin/main.js").write_text(ENGINE_ALONE % name)
        checkin.worker.cache_clear()


@pytest.fixture
def editions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Editions]:
    folder = tmp_path / "static"
    shutil.copytree(render.STATIC, folder)
    monkeypatch.setattr(render, "STATIC", folder)
    monkeypatch.setattr(checkin, "STATIC", folder)
    made = Editions(folder)
    made.publish("first")
    yield made
    checkin.worker.cache_clear()


@dataclass
class Hall:
    """Who comes, with the ticket of each by name."""

    site: Site
    tickets: dict[str, str]

    async def invite(self, *names: str, **values: object) -> None:
        """These people register."""
        database = Database(self.site.settings)
        async with database.write() as session:
            for name in names:
                row = await factories.registration(session, self.site.gathering, name=name, **values)
                self.tickets[name] = factories.ticket(session, row)
        await database.close()

    async def replace_device(self) -> tuple[str, str]:
        """Revokes the device at the door; answers with the tokens of one for another workshop, and of one for ours."""
        database = Database(self.site.settings)
        async with database.write() as session:
            for row in await session.exec(select(Device)):
                row.revoked_at = clock.now()
                session.add(row)
            elsewhere = await factories.workshop(session, self.site.house)
            made = [await factories.device(session, one, "Gerbang B") for one in (elsewhere, self.site.gathering)]
        await database.close()
        other, ours = (headers["Authorization"].removeprefix("Bearer ") for _row, headers in made)
        return other, ours

    async def facts(self) -> tuple[list[Checkin], list[Annulment], set[str]]:
        """All stored scans and undos, and who is present."""
        database = Database(self.site.settings)
        async with database.read() as session:
            scans = list(await session.exec(select(Checkin)))
            undos = list(await session.exec(select(Annulment)))
            query = select(Registration.name).join(Attendance).where(Attendance.present)
            present = set(await session.exec(query))
        await database.close()
        return scans, undos, present


@pytest.fixture
def hall(editions: Editions, site: Site) -> Hall:
    clock.shift(DOORS_OPEN - clock.real_now())
    made = Hall(site, {})
    asyncio.run(made.invite(*(f"Peserta {number}" for number in range(PEOPLE))))
    asyncio.run(made.invite("Batal", status=RegistrationStatus.CANCELLED, cancelled_at=clock.now()))
    asyncio.run(made.invite("Menunggu", status=RegistrationStatus.WAITLISTED, confirmed_at=None))
    return made


@pytest.fixture
def gate(hall: Hall, tmp_path: Path) -> Iterator[Phone]:
    """A phone at the door, switched off."""
    try:
        chromium_path()
    except BrowserMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"CHROMIUM IS MISSING, NOTHING WAS SCANNED: {missing}")
    with sync_playwright() as playwright, phone(playwright, tmp_path / "profile") as made:
        yield made


def start(gate: Phone, site: Site, edition: str, *, network: bool, token: str = "") -> None:
    """Switches on and opens the station."""
    gate.on()
    gate.network(there=network)
    gate.page.goto(f"{site.base_url}/checkin{token and '#'}{token}")
    gate.page.wait_for_function(OPEN)
    assert gate.run(OPEN) == edition


def verdicts(gate: Phone, tickets: list[str]) -> list[tuple[str, str | None, bool]]:
    told = [gate.run("ticket => station.scan(ticket)", ticket) for ticket in tickets]
    return [(one["verdict"], one["reason"], one["provisional"]) for one in told]


def upload_in_vain(gate: Phone) -> None:
    """Uploads, and dies before it hears the answer."""
    gate.run(LOSE_ANSWERS)
    gate.network(there=True)
    assert gate.run("lost")
    gate.cut_power()


# The phone is what is tested here; the service's side of an upload is tested on both databases elsewhere.
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_is_scanned_without_network_survives_and_is_counted_once(
    editions: Editions, hall: Hall, gate: Phone
) -> None:
    site, ticket = hall.site, hall.tickets
    yes = ("accepted", None, False)
    start(gate, site, "first", network=True, token=site.door["Authorization"].removeprefix("Bearer "))
    assert gate.page.url == f"{site.base_url}/checkin"
    gate.page.wait_for_function("() => station.state.people === 8 && station.state.appReady && station.state.online")
    assert verdicts(gate, [ticket["Peserta 0"]]) == [yes]
    gate.page.wait_for_function(SENT)
    [first] = gate.run("station.history().map((one) => one.nonce)")

    # The hall's network fails; somebody registers whom this phone has not heard of.
    gate.network(there=False)
    database_says(hall.invite("Peserta baru"))
    assert verdicts(gate, [ticket["Peserta 1"], ticket["Batal"], ticket["Menunggu"], ticket["Peserta baru"]]) == [
        yes,
        ("refused", "cancelled", False),
        ("refused", "not_confirmed", False),
        ("accepted", None, True),
    ]
    gate.cut_power()

    # Started again without network, it knows its app, its people and what was scanned.
    start(gate, site, "first", network=False)
    assert gate.run("station.state.unsent") == 4
    assert verdicts(gate, [ticket["Peserta 1"], ticket["Peserta baru"]]) == [
        ("already_in", None, False),
        ("already_in", None, True),
    ]
    refused = gate.run("station.history().find((one) => one.reason === 'not_confirmed').nonce")
    assert gate.run("nonce => station.admit(nonce, 'Atas izin panitia')", refused)["verdict"] == "accepted"
    assert verdicts(gate, [ticket["Peserta 2"], ticket["Peserta 3"]]) == [yes, yes]
    assert gate.run("station.undoLast('Salah orang')")["kind"] == "annul"
    guest = {"name": "Tamu", "organisation_name": "BPS"}
    assert gate.run("guest => station.walkIn(guest)", guest)["verdict"] == "accepted"
    unsent = 4 + 2 + 1 + 2 + 1 + 1
    assert gate.run("station.state.unsent") == unsent
    assert gate.run("station.state.blocks.map((one) => [one.present, one.inside])")[0] == [6, 6]

    # The network returns, the upload arrives, its answer does not, and the battery is empty.
    upload_in_vain(gate)
    assert len(database_says(hall.facts())[0]) == 1 + unsent - 1

    # The device is revoked and the app has a new edition: what is not known to have arrived stays.
    other, ours = database_says(hall.replace_device())
    editions.publish("second")
    start(gate, site, "first", network=True)
    gate.page.wait_for_function(REVOKED)
    gate.page.wait_for_function("() => station.state.updateWaiting")
    gate.cut_power()
    start(gate, site, "second", network=True)
    assert gate.run("caches.keys().then((names) => names.filter((name) => name !== 'checkin-choice').length)") == 1
    gate.page.wait_for_function(REVOKED)
    assert gate.run("station.state.unsent") == unsent

    # Used at another workshop's door in between, it keeps them for the door where they were scanned.
    assert gate.run("token => station.pair(token)", other)
    assert gate.run("[station.state.unsent, station.state.stranded, station.history().length]") == [0, unsent, 0]
    assert gate.run("token => station.pair(token)", ours)
    gate.page.wait_for_function(SENT)

    told = gate.run("station.history()")
    nonces = [first, *(one["nonce"] for one in told if one["kind"] == "scan")]
    assert {one["source"] for one in told} == {"server"}
    known = {one["person"]["name"] for one in told if one["person"] and one["verdict"] != "refused"}
    assert "Peserta baru" in known
    scans, undos, present = database_says(hall.facts())
    assert sorted(str(scan.nonce) for scan in scans) == sorted(nonces)
    assert len(undos) == 1
    assert present == {"Peserta 0", "Peserta 1", "Peserta 2", "Peserta baru", "Menunggu", "Tamu"}
    assert max(abs((scan.happened_at - DOORS_OPEN).total_seconds()) for scan in scans) < 120


@pytest.mark.soak
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_whenever_the_power_fails_all_that_was_shown_is_kept(hall: Hall, gate: Phone) -> None:
    site, shown = hall.site, set[str]()
    token = site.door["Authorization"].removeprefix("Bearer ")
    start(gate, site, "first", network=True, token=token)
    gate.page.wait_for_function("() => station.state.people === 8 && station.state.appReady")
    for number in range(ROUNDS):
        gate.network(there=False)
        gate.page.on("console", lambda said: shown.add(said.text) if said.type == "info" else None)
        gate.run(f"() => {{ ({SCAN_ON})(); }}")
        gate.page.wait_for_timeout(50 + 37 * number)
        gate.cut_power()
        start(gate, site, "first", network=False)
        kept = set(gate.run("station.history(100000).map((one) => one.nonce)"))
        assert shown <= kept
    gate.network(there=True)
    gate.page.wait_for_function(SENT)
    scans, _undos, _present = database_says(hall.facts())
    assert {str(scan.nonce) for scan in scans} == kept
    assert len(shown) > ROUNDS
