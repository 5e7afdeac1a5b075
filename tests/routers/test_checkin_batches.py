"""Batches, undos and the roster: what a device does without network."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.attendance import Attendance, Checkin
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from tests.factories import at
from tests.support.door import Door, scan, undo, walk_in

MORNING = at("07-03 09:02")


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def test_a_batch_has_a_verdict_for_each_item_in_order(door: Door) -> None:
    _, ticket = await door.person()
    items = [
        scan(ticket, MORNING),
        scan({"ticket": "asing"}, MORNING),
        scan(ticket, MORNING),
        scan(walk_in("a"), MORNING),
    ]
    told = await door.upload(items)
    assert [one["nonce"] for one in told] == [item["nonce"] for item in items]
    assert [one["verdict"] for one in told] == ["accepted", "refused", "already_in", "accepted"]


async def test_a_batch_of_more_than_a_thousand_is_422_and_an_empty_one_is_fine(door: Door) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/checkins/batch"
    body = {"device_clock": MORNING.isoformat(), "items": [scan({"ticket": "x"}, MORNING)] * 1001}
    assert (await door.client.post(url, json=body, headers=door.headers)).status_code == 422
    assert await door.upload([]) == []


async def test_claimed_times_are_corrected_by_the_measured_skew_and_both_are_kept(door: Door) -> None:
    person, ticket = await door.person()
    skew = timedelta(hours=-2)
    await door.upload([scan(ticket, MORNING + skew)], skew=skew)
    async with door.database.read() as session:
        [kept] = (await session.exec(select(Checkin))).all()
    assert (kept.claimed_at, kept.happened_at) == (MORNING + skew, MORNING)
    assert (await door.attendance())[person.id, "D1P"][3] == MORNING


async def test_a_thousand_scans_are_one_transaction_and_one_event_each(door: Door) -> None:
    people = [await door.person() for _ in range(5)]
    items = [scan(ticket, MORNING) for _, ticket in people for _ in range(200)]
    told = await door.upload(items)
    assert sum(one["verdict"] == "accepted" for one in told) == 5
    async with door.database.read() as session:
        events = (await session.exec(select(EventRow).where(EventRow.type == "checkin.recorded"))).all()
    assert {event.data["checkin_id"] for event in events} == {one["checkin_id"] for one in told}


async def test_the_row_of_an_earlier_half_day_is_not_written_again(door: Door) -> None:
    _, ticket = await door.person()
    afternoon = MORNING + timedelta(hours=5)
    await door.upload([scan(ticket, MORNING)])
    clock.freeze(afternoon)
    await door.upload([scan(ticket, afternoon)])
    async with door.database.read() as session:
        rows = list(await session.exec(select(Attendance).order_by(col(Attendance.first_in))))
    assert [(row.first_in, row.updated_at) for row in rows] == [(MORNING, MORNING), (afternoon, afternoon)]


async def test_an_undone_scan_does_not_count_and_stays(door: Door) -> None:
    person, ticket = await door.person()
    told = await door.send(scan(ticket, MORNING))
    url = f"/api/v1/checkins/{told['checkin_id']}/annulment"
    other = await door.device("Gerbang B")
    first = await door.client.post(url, json={"reason": "Salah orang"}, headers=other)
    again = await door.client.post(url, json={"reason": "Sekali lagi"}, headers=door.headers)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert await door.attendance() == {}
    assert (await door.send(scan(ticket, MORNING)))["verdict"] == "accepted"
    async with door.database.read() as session:
        assert len((await session.exec(select(Checkin).where(Checkin.registration_id == person.id))).all()) == 2


async def test_an_undo_may_arrive_before_its_scan(door: Door) -> None:
    _, ticket = await door.person()
    wrong = scan(ticket, MORNING)
    [told] = await door.upload([undo(wrong, MORNING)])
    assert (told["verdict"], told["checkin_id"]) == ("accepted", None)
    late = await door.send(wrong)
    assert await door.attendance() == {}
    async with door.database.read() as session:
        row = await session.get_one(Checkin, UUID(late["checkin_id"]))
    assert (row.annulment_reason, str(row.annulled_by).split(":")[0]) == ("Salah orang", "device")


async def test_a_walk_in_of_whom_nothing_stands_keeps_no_seat(door: Door, database: Database) -> None:
    async def standing() -> list[tuple[str, str, bool]]:
        async with database.read() as session:
            rows = await session.exec(select(Registration).order_by(col(Registration.name)))
            return [(row.name, row.status.value, row.holds_seat) for row in rows]

    async def annul(told: dict[str, Any]) -> None:
        url = f"/api/v1/checkins/{told['checkin_id']}/annulment"
        answer = await door.client.post(url, json={"reason": "Salah orang"}, headers=door.headers)
        assert answer.status_code == 200

    first = await door.send(scan(walk_in("a"), MORNING))
    second = await door.send(scan(walk_in("a"), MORNING, block="D1S"))
    await door.send(scan(walk_in("b", email="b@luwukab.go.id"), MORNING))
    await annul(first)
    assert await standing() == [("Tamu a", "confirmed", True), ("Tamu b", "confirmed", True)]
    await annul(second)
    assert await standing() == [("Tamu a", "cancelled", False), ("Tamu b", "confirmed", True)]
    # Recorded again by the device that made them up, they stand again; undone before it arrived, they do not.
    late, wrong = scan(walk_in("a"), MORNING), scan(walk_in("c"), MORNING)
    await door.upload([undo(wrong, MORNING), late])
    await door.upload([wrong])
    assert await standing() == [
        ("Tamu a", "confirmed", True),
        ("Tamu b", "confirmed", True),
        ("Tamu c", "cancelled", False),
    ]
    await door.upload([undo(late, MORNING)])
    assert (await standing())[0] == ("Tamu a", "cancelled", False)


async def test_an_undo_in_the_same_batch_and_its_repetition(door: Door) -> None:
    _, ticket = await door.person()
    wrong = scan(ticket, MORNING)
    item = undo(wrong, MORNING)
    told = await door.upload([wrong, item])
    assert told[1]["checkin_id"] == told[0]["checkin_id"]
    assert await door.upload([item, wrong]) == told[::-1]
    assert await door.attendance() == {}


async def test_undoing_the_exception_takes_the_person_out_again(door: Door) -> None:
    person, ticket = await door.person(status=RegistrationStatus.WAITLISTED, holds_seat=False)
    exception = scan(ticket, MORNING, admit={"reason": "Izin"})
    await door.send(exception)
    await door.send(scan(ticket, MORNING, block="D1S"))
    assert set(await door.attendance()) == {(person.id, "D1P"), (person.id, "D1S")}
    await door.upload([undo(exception, MORNING)])
    assert await door.attendance() == {}


async def test_the_roster_has_hashed_tickets_and_no_contact_data(door: Door) -> None:
    person, ticket = await door.person(name="Camat Belopa", phone="+6281200000001")
    url = f"/api/v1/workshops/{door.workshop.id}/roster"
    answer = await door.client.get(url, headers=door.headers)
    [entry] = answer.json()["items"]
    assert entry["ticket_sha256"] == sha256(ticket["ticket"].encode()).hexdigest()
    assert (entry["name"], entry["status"], entry["id"]) == ("Camat Belopa", "confirmed", str(person.id))
    assert person.email
    assert person.email not in answer.text
    assert "+6281200000001" not in answer.text


async def test_the_roster_changes_its_etag_with_its_people_and_answers_only_what_changed(door: Door) -> None:
    person, _ = await door.person()
    await door.person()
    clock.freeze(MORNING + timedelta(minutes=2))
    url = f"/api/v1/workshops/{door.workshop.id}/roster"
    first = await door.client.get(url, headers=door.headers)
    clock.freeze(MORNING + timedelta(minutes=3))
    unchanged = await door.client.get(url, headers=door.headers | {"If-None-Match": first.headers["etag"]})
    assert unchanged.status_code == 304
    await door.change(person, status=RegistrationStatus.CANCELLED, version=2, updated_at=clock.now())
    changed = await door.client.get(url, headers=door.headers | {"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    since = await door.client.get(url, params={"since": first.json()["server_time"]}, headers=door.headers)
    assert [(entry["id"], entry["status"]) for entry in since.json()["items"]] == [(str(person.id), "cancelled")]


async def test_the_roster_has_a_change_that_was_stamped_before_the_last_read_and_committed_after(door: Door) -> None:
    person, _ = await door.person()
    url = f"/api/v1/workshops/{door.workshop.id}/roster"
    clock.freeze(MORNING + timedelta(minutes=10))
    read_at = (await door.client.get(url, headers=door.headers)).json()["server_time"]
    await door.change(person, name="Sekretaris Camat", updated_at=clock.now() - timedelta(seconds=50))
    since = await door.client.get(url, params={"since": read_at}, headers=door.headers)
    assert [entry["name"] for entry in since.json()["items"]] == ["Sekretaris Camat"]
    assert (await door.client.get(url, params={"since": "0001-01-01T00:00:00Z"}, headers=door.headers)).is_success


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"ticket": "x" * 5001}, "unknown_ticket"),
        ({"ticket": "BPS\x00 1"}, "unknown_ticket"),
        ({"block": "D\x00"}, "unknown_ticket"),
        ({"ticket": None} | walk_in("a\x00"), "unknown_ticket"),
        ({"direction": 2**70}, "unknown_ticket"),
        ({"direction": "sideways"}, "unknown_ticket"),
        ({"surprise": [1, {"a": None}]}, "unknown_ticket"),
        ({"ticket": 7}, "unknown_ticket"),
        ({"annul": {"nonce": "?", "reason": ""}}, "unknown_ticket"),
        ({"claimed_at": "kemarin"}, "clock_implausible"),
        ({"claimed_at": None}, "clock_implausible"),
        ({"claimed_at": "2023-07-03T09:02:00"}, "clock_implausible"),
    ],
)
async def test_a_malformed_item_is_kept_and_refused_and_the_others_go_through(
    door: Door, wrong: dict[str, object], reason: str
) -> None:
    person, ticket = await door.person()
    spoilt = scan(ticket, MORNING) | wrong
    items = [spoilt, scan(ticket, MORNING), spoilt]
    told = await door.upload(items)
    assert [(one["verdict"], one["reason"]) for one in told] == [
        ("refused", reason),
        ("accepted", None),
        ("refused", reason),
    ]
    assert await door.upload(items) == told
    async with door.database.read() as session:
        kept = (await session.exec(select(Checkin).where(Checkin.nonce == UUID(spoilt["nonce"])))).all()
    assert [row.refusal for row in kept] == [reason]
    assert set(await door.attendance()) == {(person.id, "D1P")}


async def test_an_undo_whose_time_is_unreadable_is_still_an_undo(door: Door) -> None:
    _, ticket = await door.person()
    item = scan(ticket, MORNING)
    told = await door.upload([item, undo(item, MORNING) | {"claimed_at": "tadi"}])
    assert [one["verdict"] for one in told] == ["accepted", "accepted"]
    assert await door.attendance() == {}


async def test_the_skew_is_measured_when_the_upload_begins_however_long_it_takes(door: Door) -> None:
    person, ticket = await door.person()
    body = json.dumps({"device_clock": MORNING.isoformat(), "items": [scan(ticket, MORNING)]}).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:20]
        clock.freeze(MORNING + timedelta(minutes=30))
        yield body[20:]

    url = f"/api/v1/workshops/{door.workshop.id}/checkins/batch"
    headers = door.headers | {"Content-Type": "application/json"}
    answer = await door.client.post(url, content=slowly(), headers=headers)
    assert answer.json()["items"][0]["late"] is False
    assert (await door.attendance())[person.id, "D1P"][3] == MORNING


@pytest.mark.parametrize("items", [[""], [None], [[]], [{}], [{"annul": 1}], "x", [{"nonce": 1}]])
async def test_a_batch_of_what_could_not_be_told_from_its_repetition_is_422(door: Door, items: object) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/checkins/batch"
    body = {"device_clock": MORNING.isoformat(), "items": items}
    assert (await door.client.post(url, json=body, headers=door.headers)).status_code == 422


@pytest.mark.parametrize("nonce", ["", "0191f1d8", None, 1, {}])
async def test_the_item_without_a_usable_nonce_is_named(door: Door, nonce: object) -> None:
    items = [scan({"ticket": "x"}, MORNING), scan({"ticket": "x" * 5001}, MORNING) | {"nonce": nonce}]
    url = f"/api/v1/workshops/{door.workshop.id}/checkins/batch"
    answer = await door.client.post(
        url, json={"device_clock": MORNING.isoformat(), "items": items}, headers=door.headers
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/items/1/nonce"]
