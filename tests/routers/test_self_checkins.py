"""A person's own check-in: the code on the screen counts for a minute, and only where it was shown."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.domain import self_checkins
from service.models.attendance import AttendanceMode
from service.models.registrations import RegistrationStatus
from service.models.workshops import AttendanceBlock, Workshop, WorkshopStatus
from tests.factories import at
from tests.support.door import scan
from tests.support.screened import Screened


@pytest.fixture
async def there(client: AsyncClient, database: Database) -> Screened:
    clock.freeze(at("07-03 09:02"))
    return await Screened.open(client, database)


async def test_the_code_of_the_hall_makes_its_reader_present_in_whatever_way_it_is_sent(there: Screened) -> None:
    shown = await there.shows(there.hall)
    assert shown["address"] == f"http://127.0.0.1:8000/hadir/{shown['code']}"
    ways = [shown["code"], shown["address"], shown["short"], shown["short"].lower().replace("-", " ")]
    told = []
    for way in [*ways, shown["address"].upper()]:
        row, headers = await there.person()
        answer = (await there.send(headers, way)).json()
        told.append((answer["verdict"], answer["block"], answer["first"]["at"], answer["registration"]["number"]))
        assert told[-1] == ("accepted", "D1P", "2023-07-03T01:02:00Z", row.number)
    present = {row[1] for row in (await there.door.attendance()).values()}
    assert (present, (await there.shows(there.hall))["came"]) == ({AttendanceMode.OFFLINE}, len(told))


async def test_a_code_counts_for_a_minute_after_it_was_on_show_and_no_longer(there: Screened) -> None:
    shown = await there.shows(there.hall)
    over = clock.now() + timedelta(seconds=30)
    assert (shown["next_in"], shown["shown_until"]) == (30, "2023-07-03T01:02:30Z")
    for after, status in ((29.9, 200), (89.9, 200), (90, 409)):
        clock.freeze(over + timedelta(seconds=after - 30))
        for code in (shown["code"], shown["short"]):
            _, headers = await there.person()
            assert (await there.send(headers, code)).status_code == status, after
    assert (await there.shows(there.hall))["code"] != shown["code"]


async def test_an_online_code_never_brings_anybody_into_the_hall_but_makes_the_time_between_two_of_them_online(
    there: Screened,
) -> None:
    row, headers = await there.person()
    clock.freeze(at("07-03 09:15"))
    code = (await there.shows(there.online))["short"]
    begun = (await asyncio.gather(*(there.send(headers, code) for _ in range(4))))[0].json()
    assert (begun["verdict"], begun["block"], begun["joined_at"]) == ("accepted", "D1P", "2023-07-03T01:15:00Z")
    clock.freeze(at("07-03 11:50"))
    last = await there.shows(there.online)
    nonce = str(uuid4())
    ended = (await there.send(headers, last["short"], nonce)).json()
    assert (ended["joined_at"], ended["left_at"]) == (begun["joined_at"], "2023-07-03T03:50:00Z")
    clock.freeze(at("07-03 11:58"))
    assert (await there.send(headers, last["short"], nonce)).json() == ended
    attended = await there.door.attendance()
    assert attended == {(row.id, "D1P"): (True, AttendanceMode.ONLINE, 135, None, None)}
    assert (await there.facts())[:2] == (0, 1)


async def test_the_last_code_counts_for_the_half_day_that_is_over_though_the_door_is_open_for_the_next(
    there: Screened,
) -> None:
    async with there.door.database.write() as session:
        morning = (await session.exec(select(AttendanceBlock).where(AttendanceBlock.code == "D1P"))).one()
        morning.ends_at = at("07-03 11:55")
        session.add(morning)
    row, headers = await there.person()
    told = []
    for time in ("09:15", "12:05", "12:20", "13:05"):
        clock.freeze(at(f"07-03 {time}"))
        answer = (await there.send(headers, (await there.shows(there.online))["code"])).json()
        told.append((answer["block"], (await there.shows(there.hall))["block"]))
    assert told == [("D1P", "D1P"), ("D1P", "D1S"), ("D1S", "D1S"), ("D1S", "D1S")]
    assert (await there.door.attendance())[row.id, "D1P"][:3] == (True, AttendanceMode.ONLINE, 135)


async def test_what_was_begun_before_a_half_day_was_put_off_is_not_gone_on_with(there: Screened) -> None:
    _, headers = await there.person()
    await there.send(headers, (await there.shows(there.online))["code"])
    async with there.door.database.write() as session:
        for one in await session.exec(select(AttendanceBlock).where(AttendanceBlock.code == "D1P")):
            one.checkin_from, one.starts_at, one.ends_at = (
                moment + timedelta(days=7) for moment in (one.checkin_from, one.starts_at, one.ends_at)
            )
            session.add(one)
    clock.freeze(at("07-10 11:40"))
    answer = (await there.send(headers, (await there.shows(there.online))["code"])).json()
    assert (answer["block"], answer["joined_at"]) == ("D1P", "2023-07-10T03:40:00Z")


async def test_of_a_workshop_that_was_called_off_no_screen_shows_a_code_and_none_counts(there: Screened) -> None:
    code = (await there.shows(there.hall))["code"]
    async with there.door.database.write() as session:
        (await session.get_one(Workshop, there.door.workshop.id)).status = WorkshopStatus.CANCELLED
    _, headers = await there.person()
    assert (await there.send(headers, code)).json()["code"] == "self_checkin_off"
    assert [(await there.shows(there.hall))[name] for name in ("enabled", "code")] == [False, None]


async def test_who_is_not_confirmed_is_refused_as_at_the_door(there: Screened) -> None:
    codes = [(await there.shows(screen))["code"] for screen in (there.hall, there.online)]
    for status, reason in (
        (RegistrationStatus.WAITLISTED, "not_confirmed"),
        (RegistrationStatus.CANCELLED, "cancelled"),
    ):
        _, headers = await there.person(status=status, confirmed_at=None, cancelled_at=None)
        told = [(await there.send(headers, code)).json() for code in codes]
        assert [(one["verdict"], one["reason"]) for one in told] == [("refused", reason)] * 2
    assert await there.facts() == (2, 0, 0)


async def test_codes_are_refused_when_switched_off_of_another_workshop_or_of_a_revoked_screen(
    there: Screened, database: Database
) -> None:
    other = await Screened.open(there.client, database)
    extra = await there.add("hall")
    gone = (await there.shows(extra["link"].rsplit("/", 1)[1]))["code"]
    url = f"/api/v1/screens/{extra['id']}"
    assert (await there.client.delete(url, headers=there.door.staff)).status_code == 204
    assert (await there.client.get(f"/api/v1/screens/{extra['link'].rsplit('/', 1)[1]}/code")).status_code == 404
    _, headers = await there.person()
    for code in (gone, (await other.shows(other.hall))["short"]):
        assert (await there.send(headers, code)).json()["code"] == "wrong_code"
    right = (await there.shows(there.hall))["code"]
    settings = f"/api/v1/workshops/{there.door.workshop.id}/self-checkin"
    said = await there.client.put(settings, json={"enabled": False}, headers=there.door.staff | {"If-Match": "*"})
    assert said.json()["enabled"] is False
    refused = await there.send(headers, right)
    assert (refused.status_code, refused.json()["code"]) == (409, "self_checkin_off")
    assert [(await there.shows(there.hall))[name] for name in ("enabled", "code", "qr")] == [False, None, None]
    assert (await there.facts()) == (0, 0, 0)


async def test_outside_the_half_days_a_screen_shows_no_code_but_when_the_next_one_opens(there: Screened) -> None:
    clock.freeze(at("07-03 11:50"))
    seen = await there.shows(there.hall)
    assert (seen["code"], seen["block"], seen["opens_at"]) == (None, None, "2023-07-03T04:00:00Z")
    clock.freeze(at("07-03 11:44") + timedelta(seconds=50))
    late = (await there.shows(there.hall))["code"]
    clock.freeze(at("07-03 11:45") + timedelta(seconds=5))
    _, headers = await there.person()
    assert (await there.send(headers, late)).json()["code"] == "no_block_now"


async def test_ten_wrong_short_codes_are_enough_and_right_ones_are_not_counted(there: Screened) -> None:
    _, headers = await there.person()
    shown = await there.shows(there.hall)
    for _ in range(3):
        assert (await there.send(headers, shown["short"])).status_code == 200
    answers = [await there.send(headers, f"2222-222{letter}") for letter in "23456789ABC"]
    assert [answer.json()["code"] for answer in answers] == ["wrong_code"] * 10 + ["too_many_codes"]
    assert int(answers[-1].headers["retry-after"]) > 0
    refused = await there.send(headers, shown["short"])
    assert refused.status_code == 429
    assert (await there.send(headers, shown["code"])).json()["verdict"] == "already_in"
    _, other = await there.person()
    assert (await there.send(other, shown["short"])).status_code == 200


async def test_even_right_codes_are_kept_so_often_only_and_repeats_are_not_counted(
    there: Screened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_checkins, "GOOD_CODES", 2)
    _, headers = await there.person()
    code, nonces = (await there.shows(there.hall))["code"], [str(uuid4()) for _ in range(3)]
    answers = [await there.send(headers, code, nonce) for nonce in (*nonces[:2], *nonces)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert (await there.facts())[0] == 2


async def test_a_nonce_sent_many_times_at_once_is_one_scan_with_one_answer_kept_after_the_code_is_over(
    there: Screened,
) -> None:
    _, headers = await there.person()
    code, nonce = (await there.shows(there.hall))["code"], str(uuid4())
    answers = await asyncio.gather(*(there.send(headers, code, nonce) for _ in range(8)))
    clock.freeze(at("07-03 10:02"))
    answers.append(await there.send(headers, code, nonce))
    assert len({answer.text for answer in answers}) == 1
    assert (answers[0].json()["verdict"], (await there.facts())[0]) == ("accepted", 1)


async def test_somebody_elses_nonce_tells_nothing_about_them(there: Screened) -> None:
    _, ticket = await there.door.person(name="Kepala Seksi Aptika")
    item = scan(ticket, clock.now())
    await there.door.send(item)
    _, headers = await there.person()
    answer = await there.send(headers, (await there.shows(there.hall))["code"], item["nonce"])
    assert (answer.json()["code"], "Aptika" in answer.text) == ("nonce_taken", False)


async def test_switching_needs_the_workshops_version_and_tells_nobody_of_a_change(there: Screened) -> None:
    url = f"/api/v1/workshops/{there.door.workshop.id}/self-checkin"
    seen = await there.client.get(url, headers=there.door.staff)
    assert seen.json() == {"enabled": True, "version": 1}
    assert (await there.client.put(url, json={"enabled": False}, headers=there.door.staff)).status_code == 428
    stale = there.door.staff | {"If-Match": '"7"'}
    assert (await there.client.put(url, json={"enabled": False}, headers=stale)).status_code == 412
    right = there.door.staff | {"If-Match": seen.headers["etag"]}
    assert (await there.client.put(url, json={"enabled": False}, headers=right)).json()["version"] == 2
    async with there.door.database.read() as session:
        assert (await session.get_one(Workshop, there.door.workshop.id)).self_checkin is False


async def test_screens_are_listed_with_their_links_and_another_house_finds_none(
    there: Screened, database: Database
) -> None:
    url = f"/api/v1/workshops/{there.door.workshop.id}/screens"
    page = (await there.client.get(url, params={"limit": 1}, headers=there.door.staff)).json()
    rest = (await there.client.get(url, params={"cursor": page["next"]}, headers=there.door.staff)).json()
    links = [one["link"].rsplit("/", 1)[1] for one in page["items"] + rest["items"]]
    assert (links, rest["next"]) == ([there.hall, there.online], None)
    other = await Screened.open(there.client, database)
    assert (await there.client.get(url, headers=other.door.staff)).status_code == 404
    assert (await there.client.get(url, headers=there.door.headers)).status_code == 403
