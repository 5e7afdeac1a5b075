"""The demo: as a process that people start, and its loader at chosen moments."""

import json
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import AsyncClient

from service.db import Database
from service.demo import MORNING, run_demo, story
from service.demo.loader import Loaded, Loader
from service.demo.world import World
from service.demo_folder import Folder
from service.serve import StartRefused
from tests.support import fixture_world
from tests.support.processes import free_port
from tests.support.server import Server
from tests.support.small_world import small_world

Json = dict[str, Any]  # a JSON object
PASSWORD = "kata-sandi-demo"
FIXTURE = World.read()
NEWCOMER = {"name": "Staf Baru", "email": "baru@demo.invalid", "mode": "online", "consent": True}

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def started(folder: Path, port: int, *options: str) -> Server:
    command = ["demo", "--data", str(folder), "--port", str(port), "--print-json", *options]
    env = {"BIMTEK_NOW": "2023-08-01T08:00:00+08:00"}
    log = folder.with_suffix(f".{port}.log")
    return Server(env, log, argv=[sys.executable, "-m", "service.cli", *command], port=port).ready(timeout=120)


def printed(server: Server) -> list[Json]:
    lines = server.log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith('{"base_url"')]


@dataclass
class Demo:
    """A demo that was started twice on one folder: what it printed each time, and the second, which runs."""

    folder: Path
    first: list[Json]
    second: list[Json]
    port: int

    @property
    def keys(self) -> Json:
        return self.second[0]

    def get(self, path: str, token: str | None = None, **query: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(f"{self.keys['base_url']}/api/v1{path}", params=query, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Started, visited by a newcomer, ended, and started again at another address."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    with started(folder, free_port()) as server:
        first = printed(server)
        joined = f"{first[0]['base_url']}/api/v1/workshops/{first[0]['workshop_id']}/registrations"
        headers = {"Authorization": f"Bearer {first[0]['api_key']}"}
        assert httpx.post(joined, json=NEWCOMER, headers=headers, timeout=30).status_code == 201
        assert server.terminate() == 0
    with started(folder, free_port()) as server:
        yield Demo(folder, first, printed(server), server.port)


def test_it_prints_one_line_with_its_address_and_keys(demo: Demo) -> None:
    assert len(demo.first) == 1
    assert set(demo.first[0]) == {
        "base_url",
        "organizer",
        "workshop_id",
        "api_key",
        "device_token",
        "participants",
        "organisations",
    }
    assert demo.keys["organizer"] == "luwu"
    assert set(demo.keys["participants"]) == {person["id"] for person in FIXTURE.participants}
    assert set(demo.keys["organisations"]) == {entry["id"] for entry in FIXTURE.organisations}


def test_it_keeps_what_it_printed_for_its_owner_alone(demo: Demo) -> None:
    kept = demo.folder / "demo.json"
    assert json.loads(kept.read_text(encoding="utf-8")) == demo.keys
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_somebody_of_each_role_can_sign_in(demo: Demo) -> None:
    lines = (demo.folder / "demo-login.txt").read_text(encoding="utf-8").splitlines()
    assert [line.partition("@")[0] for line in lines] == ["pemilik", "panitia", "walidata", "pintu", "pembaca"]
    roles = []
    for line in lines:
        email, password = line.split()
        sent = httpx.post(f"{demo.keys['base_url']}/api/v1/session", json={"email": email, "password": password})
        roles.append(sent.json()["organizer"]["role"])
    assert roles == ["super_owner", "organizer", "steward", "door", "viewer"]


def test_started_again_it_keeps_the_data_and_prints_the_new_address(demo: Demo) -> None:
    assert demo.second == [demo.first[0] | {"base_url": f"http://127.0.0.1:{demo.port}"}]
    assert demo.first[0]["base_url"] != demo.keys["base_url"]
    found = demo.get(f"/workshops/{demo.keys['workshop_id']}/registrations", demo.keys["api_key"], q="Staf Baru")
    assert [person["email"] for person in found.json()["items"]] == ["baru@demo.invalid"]


@pytest.mark.parametrize(("report", "answer"), fixture_world.expected(FIXTURE.raw).items())
def test_a_report_gives_the_answer_of_the_fixture(demo: Demo, report: str, answer: object) -> None:
    found = demo.get(f"/reports/{report}", demo.keys["api_key"], workshop=demo.keys["workshop_id"], as_of="2023-08-01")
    assert found.json()["answer"] == answer


def test_every_token_opens_its_own_door(demo: Demo) -> None:
    person = demo.get("/my/registration", demo.keys["participants"]["P-setda-1"])
    assert (person.status_code, person.json()["email"]) == (200, "p-setda-1@demo.invalid")
    agency = demo.get("/portal", demo.keys["organisations"]["dishub"])
    assert (agency.status_code, agency.json()["organisation"]["code"]) == (200, "dishub")
    roster = demo.get(f"/workshops/{demo.keys['workshop_id']}/roster", demo.keys["device_token"])
    assert roster.status_code == 200
    assert len(roster.json()["items"]) >= len(FIXTURE.participants)


def test_four_organizers_show_their_five_occasions(demo: Demo) -> None:
    public = demo.get("/workshops", limit="200").json()["items"]
    assert Counter(shown["organizer"] for shown in public) == {"luwu": 1, "luwu-timur": 2, "luwu-utara": 1, "banjar": 1}
    assert {kind for shown in public for kind in shown["kinds"]} == {
        "bimtek",
        "evaluation",
        "field_review",
        "coordination_meeting",
        "preparation_meeting",
    }


def test_the_second_bimtek_is_a_draft_that_follows_the_first(demo: Demo) -> None:
    drafts = demo.get("/workshops", demo.keys["api_key"], status="draft", organizer="luwu").json()["items"]
    assert [(draft["follows"], draft["starts_at"][:10]) for draft in drafts] == [
        (demo.keys["workshop_id"], "2023-08-07")
    ]
    assert demo.get(f"/workshops/{drafts[0]['id']}").status_code == 404


def test_a_file_that_is_no_world_is_refused_with_a_reason(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"event": {"facts": []}}', encoding="utf-8")
    with pytest.raises(StartRefused, match="not a world in the fixture's format"):
        run_demo(tmp_path / "data", "127.0.0.1", free_port(), world=wrong)


def test_a_clock_that_a_folder_does_not_take_over_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Folder(tmp_path)
    folder.keep(folder.keys, "{}")
    folder.keep(folder.offset, '{"offset_seconds": 0}')
    monkeypatch.setattr("service.demo.run", lambda *_all, **_named: 0)
    assert (run_demo(tmp_path, "127.0.0.1", 8451), capsys.readouterr().err) == (0, "")
    monkeypatch.setenv("BIMTEK_NOW", "2023-08-01T08:00:00+08:00")
    run_demo(tmp_path, "127.0.0.1", 8451)
    assert capsys.readouterr().err.startswith(f"BIMTEK_NOW is ignored: {tmp_path} keeps its own clock.")


@dataclass
class Visitor:
    """Reads a loaded world with its own key."""

    client: AsyncClient
    loaded: Loaded

    async def get(self, path: str, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {self.loaded.api_key}"}
        answer = await self.client.get(f"/api/v1{path}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def list(self, path: str, **query: str) -> list[Json]:
        """All items, page after page."""
        page = await self.get(path, **query, limit="200")
        items = list(page["items"])
        while page["next"]:
            page = await self.get(path, **query, limit="200", cursor=page["next"])
            items += page["items"]
        return items

    async def attendance(self) -> Counter[tuple[str, str]]:
        rows = await self.list(f"/workshops/{self.loaded.workshop_id}/attendance")
        return Counter((row["block"], row["mode"]) for row in rows if row["state"] == "present")

    async def report(self, name: str) -> Any:
        return (await self.get(f"/reports/{name}", workshop=str(self.loaded.workshop_id)))["answer"]


async def visit(client: AsyncClient, database: Database, world: World, moment: datetime) -> Visitor:
    return Visitor(client, await Loader(world, PASSWORD).load(database, moment))


def in_wita(text: str) -> datetime:
    return datetime.fromisoformat(f"2023-{text}:00+08:00")


def scanned(*blocks: str) -> Mapping[tuple[str, str], int]:
    """Distinct people in the hall, by block."""
    rows = {(row["participant_id"], row["block"]) for row in FIXTURE.raw["attendance"] if row["mode"] == "offline"}
    return Counter((block, "offline") for _person, block in rows if block in blocks)


@ON_SQLITE
@pytest.mark.usefixtures("quick_hash")
async def test_in_the_morning_nobody_is_there_and_nothing_is_promised(client: AsyncClient, database: Database) -> None:
    visitor = await visit(client, database, FIXTURE, MORNING)
    workshop = await visitor.get(f"/workshops/{visitor.loaded.workshop_id}")
    assert workshop["registration"]["state"] == "open"
    assert workshop["registration"]["closes_at"] == "2023-07-04T04:00:00Z"
    assert [block["checkin_from"] for block in workshop["blocks"]] == [
        "2023-07-02T23:00:00Z",
        "2023-07-03T04:00:00Z",
        "2023-07-03T23:00:00Z",
        "2023-07-04T04:00:00Z",
    ]
    assert workshop["venue"]["address"] == "Kecamatan Belopa (kompleks perkantoran)"
    assert await visitor.attendance() == {}
    asked = await visitor.list("/commitments")
    assert Counter(row["commitment_status"] for row in asked) == {"requested": 60}
    people = await visitor.list(f"/workshops/{visitor.loaded.workshop_id}/registrations")
    assert (
        len(people) == sum(person["registered"] for person in FIXTURE.participants) == len(visitor.loaded.participants)
    )
    invited = await visitor.list(f"/workshops/{visitor.loaded.workshop_id}/invitations")
    assert len(invited) == 51
    assert not [one for one in invited for mode in ("offline", "online") if one["named"][mode] > one["quota"][mode]]
    assert sum(one["named"][mode] for one in invited for mode in ("offline", "online")) == len(people)


@ON_SQLITE
@pytest.mark.usefixtures("quick_hash")
async def test_in_the_afternoon_only_what_has_happened_is_there(client: AsyncClient, database: Database) -> None:
    moment = in_wita("07-03T14:00")
    visitor = await visit(client, database, FIXTURE, moment)
    attendance = await visitor.attendance()
    in_hall = Counter({key: count for key, count in attendance.items() if key[1] != "online"})
    assert sum(in_hall.values()) == sum(scanned("D1P", "D1S").values())
    over = [row for row in FIXTURE.raw["attendance"] if row["mode"] == "online" and row["block"] == "D1P"]
    gone = [
        row
        for row in FIXTURE.raw["attendance"]
        if row["mode"] == "online"
        and row["block"] == "D1S"
        and story.online_interval(FIXTURE, "D1S", row["minutes"])[1] <= moment
    ]
    connections = await visitor.list(f"/workshops/{visitor.loaded.workshop_id}/presences", matched="true")
    assert len(connections) == len(over) + len(gone)
    assert {block for block, _mode in attendance} <= {"D1P", "D1S"}
    assert not [row for row in await visitor.list("/commitments") if row["commitment_status"] != "requested"]


@ON_SQLITE
@pytest.mark.usefixtures("quick_hash")
async def test_in_the_middle_of_july_only_the_first_deliveries_are_in(client: AsyncClient, database: Database) -> None:
    visitor = await visit(client, database, FIXTURE, in_wita("07-15T00:00"))
    rows = await visitor.list("/commitments")
    assert Counter(row["commitment_status"] for row in rows) == {"committed": 51, "requested": 7, "declined": 3}
    accepted = {row["code"] for row in rows if row["fulfilment_status"] == "accepted"}
    assert accepted == {row["id"] for row in FIXTURE.commitments if (row["accepted_at"] or "9") <= "2023-07-15"}
    assert {row["fulfilment_status"] for row in rows} == {"accepted", "not_submitted"}
    path = f"/workshops/{visitor.loaded.workshop_id}"
    assert (await visitor.get(f"{path}/minutes"))["follow_ups"][0]["due_date"] == "2023-07-14"
    left = await visitor.list(f"{path}/materials")
    assert [one["audience"] for one in left] == ["participants", "public", "committee", "attendees"]
    assert left[0]["file"]["media_type"] == "application/pdf"
    [said] = await visitor.list(f"{path}/announcements")
    assert sum(said["counts"].values()) == 10
    assert (await visitor.report("headcount"))["day2"] == fixture_world.expected(FIXTURE.raw)["headcount"]["day2"]


async def other_world(client: AsyncClient, database: Database, moment: str, folder: Path) -> Visitor:
    file = folder / "world.json"
    file.write_text(json.dumps(small_world()), encoding="utf-8")
    return await visit(client, database, World.read(file), datetime.fromisoformat(f"2024-{moment}:00+09:00"))


def _readiness(*, items: int, committed: int, overdue: int) -> Json:
    none = {"accepted": 0, "awaiting_review": 0, "readiness_pct": 0.0}
    return none | {"items": items, "committed": committed, "overdue": overdue, "gap": items - committed}


ANSWERS = {
    "headcount": {"day1": {"offline_only": 2, "online_only": 1, "dual": 0, "unique_present": 3}},
    "no-shows": {"invited_not_registered": [], "registered_never_present": []},
    "online-shortfalls": {
        "below_threshold": [{"participant_id": "B-1", "block": "P2", "minutes": 30, "required": 33.75}],
        "unmatched": ["iPhone"],
    },
    "certificate-eligibility": {
        "total_jp": 3,
        "min_jp": 2.4,
        "eligible": 1,
        "by_employment": {"pns": 1, "pppk": 0, "non_asn": 0},
        "present_but_not_eligible": ["B-1", "W-1"],
    },
    "readiness": {
        "governance": _readiness(items=1, committed=1, overdue=1),
        "economy": _readiness(items=2, committed=0, overdue=1),
    },
    "owing-attendees": {"governance": {"kominfo-jpr": ["X1"]}, "economy": {"kominfo-jpr": ["X2"]}},
    "uncommitted-items": ["X2", "X3"],
    "outside-stakeholders": {"bank-papua": {"requested": 2, "committed": 0, "accepted": 0}},
    # Due on Monday 5 and Tuesday 6 February; Friday the 9th is a holiday, and Monday the 12th counts.
    "most-overdue": [{"org_id": "kominfo-jpr", "overdue_items": 2, "max_working_days_overdue": 4}],
    "returned-items": [
        {"commitment_id": "K1", "org_id": "kominfo-jpr", "return_count": 1, "waiting_on": "kominfo-jpr"}
    ],
    "missing-evidence": ["K1"],
    "incomplete-metadata": [],
}


@pytest.mark.usefixtures("quick_hash")
async def test_another_world_gives_its_own_answers(client: AsyncClient, database: Database, tmp_path: Path) -> None:
    visitor = await other_world(client, database, "02-12T12:00", tmp_path)
    assert {name: await visitor.report(name) for name in ANSWERS} == ANSWERS


@pytest.mark.usefixtures("quick_hash")
async def test_another_world_speaks_in_its_own_zone_and_words(
    client: AsyncClient, database: Database, tmp_path: Path
) -> None:
    visitor = await other_world(client, database, "02-01T12:00", tmp_path)
    workshop = await visitor.get(f"/workshops/{visitor.loaded.workshop_id}")
    assert (workshop["organizer"], workshop["timezone"]) == ("jayapura", "Asia/Jayapura")
    assert workshop["starts_at"] == "2024-02-01T00:00:00Z"
    assert workshop["venue"] == {
        "name": "Aula Sentani",
        "address": "Distrik Sentani",
        "latitude": None,
        "longitude": None,
    }
    assert await visitor.attendance() == {("P1", "offline"): 1, ("P1", "online"): 1}
    assert sorted(visitor.loaded.organisations) == ["bank-papua", "kominfo-jpr"]
    assert sorted(visitor.loaded.participants) == ["B-1", "H-1"]


@pytest.mark.usefixtures("quick_hash")
async def test_a_walk_in_holds_no_seat_and_is_known_by_the_worlds_key(
    client: AsyncClient, database: Database, tmp_path: Path
) -> None:
    visitor = await other_world(client, database, "02-01T14:00", tmp_path)
    workshop = await visitor.get(f"/workshops/{visitor.loaded.workshop_id}")
    assert workshop["capacity"]["offline"] == {"limit": 1, "taken": 1}
    rows = await visitor.list(f"/workshops/{visitor.loaded.workshop_id}/attendance", block="P2", mode="offline")
    assert {row["registration"]["name"]: row["first_in"] for row in rows} == {
        "Kepala Dinas Kominfo": "2024-02-01T04:00:00Z",
        "Pranata Komputer": "2024-02-01T04:00:00Z",
    }
    people = await visitor.list(f"/workshops/{visitor.loaded.workshop_id}/registrations")
    assert {person["code"]: person["walk_in"] for person in people} == {"H-1": False, "B-1": False, "W-1": True}
