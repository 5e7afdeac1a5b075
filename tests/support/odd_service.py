"""A service that answers the station's uploads as no service should, in the browser itself."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Route

from service.pages.render import STATIC
from tests.browser.served import ORIGIN

Json = dict[str, Any]
TOKEN = f"bmd_{'A' * 43}"
WORKSHOP = str(UUID(int=1))
NOW = datetime(2023, 7, 3, 0, 30, tzinfo=UTC)
HALF_DAY = timedelta(hours=4)
# The number of whoever walks in.
GUEST = 90
# Parts of 500 are sent in life; smaller ones show the same.
MOST = 10
EDITS = {"sync.js": ("const MOST = 500;", f"const MOST = {MOST};")}
# A browser may ask somebody whether this page may keep what it stores, and nobody may answer.
PAGE = """<!doctype html><html lang="id"><script type="module">
import { openStation } from "/static/checkin/station.js";
navigator.storage.persist = () => {
  globalThis.asked = true;
  return new Promise(() => {});
};
globalThis.station = await openStation();
</script></html>"""
# What the disk holds; and one that is slow, full, or refused by the browser.
ROWS = """() => new Promise((resolve) => {
  const open = indexedDB.open("bimtek-checkin");
  open.onsuccess = () => {
    const rows = open.result.transaction("scans").objectStore("scans").getAll();
    rows.onsuccess = () => resolve(rows.result.map((row) => row.nonce));
  };
})"""
SLOW_DISK = """() => {
  const real = IDBObjectStore.prototype.put;
  globalThis.written = [];
  IDBObjectStore.prototype.put = function (value, ...key) {
    written.push(...key);
    const end = performance.now() + 8;
    while (performance.now() < end);
    return real.call(this, value, ...key);
  };
}"""
FULL_DISK = """() => {
  IDBObjectStore.prototype.delete = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
NO_DISK = "IDBFactory.prototype.open = () => { throw new DOMException('refused', 'SecurityError'); };"


def told(item: Json) -> Json:
    answer: Json = {"verdict": "accepted", "reason": None, "checkin_id": None, "nonce": item["nonce"], "block": "D1P"}
    guest = registered(item["walk_in"]["name"], GUEST) if "walk_in" in item else None
    return answer | {"registration": guest, "first": None, "late": False}


def half_day(code: str, starts_at: datetime) -> Json:
    times = {"starts_at": starts_at, "ends_at": starts_at + HALF_DAY, "checkin_from": starts_at - timedelta(hours=1)}
    return {"code": code, "label": code, **{name: time.isoformat() for name, time in times.items()}}


def registered(name: str, number: int) -> Json:
    """A person of the roster, whose ticket `SCAN` scans by that name."""
    person = {"id": str(UUID(int=number)), "number": number, "name": name, "mode": "offline", "status": "confirmed"}
    nothing = dict.fromkeys(("organisation", "position", "represents"))
    return person | nothing | {"ticket_sha256": sha256(name.ljust(43, "x").encode()).hexdigest()}


class Service:
    """Keeps what it is sent. `mood` answers uploads first, where it has something to say."""

    def __init__(self) -> None:
        self.uploads: list[Json] = []
        self.kept: dict[str, Json] = {}
        self.happened: dict[str, datetime] = {}
        self.asked_at: list[float] = []
        self.mood: Callable[[Route, Json], bool] = lambda _route, _batch: False
        self.portal = False
        self.away = False
        self.revoked = False
        self.now = NOW
        self.workshop = WORKSHOP
        self.people: list[Json] = []
        self.inside: list[int] = []
        self.out: list[int] = []
        self.tokens: set[str] = set()
        self.edits = dict(EDITS)

    def fulfil(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        if path.startswith("/static/"):
            self._give(route, STATIC / path.removeprefix("/static/"))
        elif path == "/checkin":
            route.fulfill(body=PAGE, content_type="text/html")
        elif self.away or not path.startswith("/api/v1/"):
            route.abort()
        elif self.revoked:
            route.fulfill(status=401, json={}, content_type="application/problem+json")
        elif self.portal:
            route.fulfill(body="<h1>Selamat datang di Wi-Fi Aula</h1>", content_type="text/html")
        elif path.endswith("/batch"):
            self._take(route, json.loads(route.request.post_data or ""))
        else:
            self.tokens.add(route.request.headers["authorization"])
            headers = {"X-Server-Time": self.now.isoformat(), "ETag": f'"{self.now}{self.inside}{self.out}"'}
            route.fulfill(json=self._read(path), headers=headers)

    def _give(self, route: Route, file: Path) -> None:
        if file.name not in self.edits:
            return route.fulfill(path=file)
        before, after = self.edits[file.name]
        text = file.read_text()
        assert before in text
        return route.fulfill(body=text.replace(before, after), content_type="text/javascript")

    def _take(self, route: Route, batch: Json) -> None:
        self.uploads.append(batch)
        self.asked_at.append(time.monotonic())
        if self.mood(route, batch):
            return
        for item in batch["items"]:
            # Two windows may both send what each does not yet know to be answered.
            self.kept.setdefault(item["nonce"], item)
            device_clock, claimed = (
                datetime.fromisoformat(text) for text in (batch["device_clock"], item["claimed_at"])
            )
            self.happened[item["nonce"]] = claimed - (device_clock - NOW)
        route.fulfill(json={"items": [told(item) for item in batch["items"]]})

    def _read(self, path: str) -> Json:
        if path.endswith("/device"):
            return {"id": str(UUID(int=2)), "workshop_id": self.workshop, "name": "Gerbang A", "gate": None}
        if path.endswith("/roster"):
            return {"items": self.people, "server_time": self.now.isoformat()}
        numbers = {"numbers": self.inside, "out": self.out}
        counted = {"expected": 0, "present": {"online": 0}, "inside": len(self.inside) - len(self.out), **numbers}
        later = counted | {"numbers": [], "out": []}
        blocks = [half_day("D1P", NOW) | counted, half_day("D1S", NOW + HALF_DAY) | later]
        shape: Json = {
            "workshop": {"id": self.workshop},
            "device": None,
            "server_time": self.now.isoformat(),
            "organisations": [],
        }
        return {**shape, "blocks": blocks}
