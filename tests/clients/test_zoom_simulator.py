"""The simulated Zoom keeps the rules that our own client never breaks, so that a wrong client would be noticed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import JsonValue

from tests.simulators.zoom import ZoomSimulator

ONE_DAY: dict[str, JsonValue] = {
    "topic": "Bimtek I",
    "type": 2,
    "start_time": "2023-07-03T00:00:00Z",
    "duration": 480,
    "timezone": "Asia/Singapore",
    "settings": {"approval_type": 0},
}


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as started:
        yield started


@pytest.fixture
def caller(zoom: ZoomSimulator) -> Iterator[httpx.Client]:
    """Somebody who has signed in."""
    query = {"grant_type": "account_credentials", "account_id": zoom.account_id}
    signed_in = httpx.post(f"{zoom.base_url}/oauth/token", params=query, auth=(zoom.client_id, zoom.client_secret))
    token = signed_in.json()["access_token"]
    with httpx.Client(base_url=f"{zoom.base_url}/v2", headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def code(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def made(caller: httpx.Client, **more: JsonValue) -> int:
    answer = caller.post("/users/me/meetings", json=ONE_DAY | more)
    assert answer.status_code == 201
    number: int = answer.json()["id"]
    return number


def test_only_who_signed_in_is_served(zoom: ZoomSimulator, caller: httpx.Client) -> None:
    assert code(httpx.get(f"{zoom.base_url}/v2/users/me/meetings")) == (401, 124)
    zoom.tokens = dict.fromkeys(zoom.tokens, datetime(2020, 1, 1, tzinfo=UTC))
    assert code(caller.get("/users/me/meetings")) == (401, 124)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Asia/Makassar"},
        {"start_time": "2023-07-03T08:00:00+08:00"},
        {"topic": "x" * 201},
        {"agenda": "x" * 2001},
        {"type": 7},
        {"join_url": "https://example.org"},
        {"recurrence": {"type": 1, "end_times": 61}},
        {"recurrence": {"repeat_interval": 1}},
        {"settings": {"jbh_time": 30}},
    ],
)
def test_a_meeting_that_is_not_as_published_is_refused(
    zoom: ZoomSimulator, caller: httpx.Client, wrong: dict[str, JsonValue]
) -> None:
    assert code(caller.post("/users/me/meetings", json=ONE_DAY | wrong)) == (400, 300)
    assert zoom.meetings == {}


@pytest.mark.parametrize(
    "wrong",
    [{"email": "x" * 117 + "@demo.invalid"}, {"email": "nobody"}, {"first_name": "x" * 65}, {"last_name": "x" * 65}],
)
def test_a_registrant_who_is_not_as_published_is_refused(caller: httpx.Client, wrong: dict[str, JsonValue]) -> None:
    path = f"/meetings/{made(caller)}/registrants"
    good: dict[str, JsonValue] = {"email": "a@demo.invalid", "first_name": "A"}
    assert caller.post(path, json=good).status_code == 201
    assert code(caller.post(path, json=good | wrong)) == (400, 300)


def test_nobody_registers_where_registration_is_off(caller: httpx.Client) -> None:
    path = f"/meetings/{made(caller, settings={})}/registrants"
    assert code(caller.post(path, json={"email": "a@demo.invalid", "first_name": "A"})) == (400, 300)


def test_batches_are_small_and_for_single_days(zoom: ZoomSimulator, caller: httpx.Client) -> None:
    people: list[JsonValue] = [{"email": f"p{number}@demo.invalid", "first_name": "P"} for number in range(31)]
    path = f"/meetings/{made(caller)}/batch_registrants"
    assert code(caller.post(path, json={"registrants": people})) == (400, 300)
    added = caller.post(path, json={"registrants": people[:30]}).json()["registrants"]
    assert {one["join_url"] for one in added} == {one.join_url for one in zoom.only().registrants.values()}
    several = made(caller, type=8, recurrence={"type": 1, "repeat_interval": 1, "end_times": 2})
    assert code(caller.post(f"/meetings/{several}/batch_registrants", json={"registrants": people[:1]})) == (400, 303)


def test_a_registrants_status_changes_ten_times_a_day(caller: httpx.Client) -> None:
    number = made(caller)
    one = caller.post(f"/meetings/{number}/registrants", json={"email": "a@demo.invalid", "first_name": "A"}).json()
    body = {"action": "approve", "registrants": [{"id": one["registrant_id"], "email": "a@demo.invalid"}]}
    answers = [caller.put(f"/meetings/{number}/registrants/status", json=body) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [204] * 10 + [429]
    assert answers[-1].headers["X-RateLimit-Type"] == "Daily-limit"
    assert answers[-1].headers["Retry-After"].endswith("T00:00:00Z")


def test_a_list_cuts_the_agenda_and_repeats_a_recurring_meeting(caller: httpx.Client) -> None:
    number = made(caller, agenda="x" * 300, type=8, recurrence={"type": 1, "repeat_interval": 2, "end_times": 3})
    listed = caller.get("/users/me/meetings", params={"page_size": 2}).json()
    more = caller.get("/users/me/meetings", params={"next_page_token": listed["next_page_token"]}).json()
    rows = listed["meetings"] + more["meetings"]
    assert {(row["id"], len(row["agenda"])) for row in rows} == {(number, 250)}
    assert [row["start_time"][:10] for row in rows] == ["2023-07-03", "2023-07-05", "2023-07-07"]
    assert more["next_page_token"] == ""
    assert code(caller.get("/users/me/meetings", params={"page_size": 301})) == (400, 300)


def test_times_that_are_past_are_ignored(zoom: ZoomSimulator, caller: httpx.Client) -> None:
    number = made(caller)
    body = {"start_time": "2023-06-01T00:00:00Z", "duration": 5, "topic": "Baru"}
    assert caller.patch(f"/meetings/{number}", json=body).status_code == 204
    assert (zoom.only().topic, zoom.only().minutes, f"{zoom.only().start:%m-%d}") == ("Baru", 480, "07-03")


def test_what_it_does_not_know_it_says(caller: httpx.Client) -> None:
    assert code(caller.get("/meetings/1")) == (404, 3001)
    assert code(caller.post("/meetings/1/registrants", json={"email": "a@b.c", "first_name": "A"})) == (404, 1001)
    assert code(caller.get("/users/nobody/meetings")) == (404, 1001)
    assert code(caller.get("/nothing")) == (404, 2300)


def test_a_uuid_with_slashes_must_be_encoded_twice(zoom: ZoomSimulator, caller: httpx.Client) -> None:
    zoom.awkward_uuids = True
    number = made(caller)
    zoom.join_unknown(number, "Admin")
    uuid = zoom.end(number).uuid
    once = uuid.replace("/", "%2F").replace("=", "%3D").replace("+", "%2B")
    assert code(caller.get(f"/report/meetings/{once}/participants")) == (404, 3001)
    twice = once.replace("%", "%25")
    (row,) = caller.get(f"/report/meetings/{twice}/participants").json()["participants"]
    assert row["name"] == "Admin"
    assert "registrant_id" not in row
