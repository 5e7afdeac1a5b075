"""The door: every verdict and every reason, replays, walk-ins, undos, batches."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.attendance import Checkin
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Mode
from tests import factories
from tests.factories import at
from tests.support.door import Door, scan, walk_in

MORNING = at("07-03 09:02")


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def test_a_confirmed_person_is_accepted_and_the_answer_says_who(door: Door) -> None:
    person, ticket = await door.person(name="dr. Kepala Dinas, M.Kes", position="Kepala Dinas", represents="Bupati")
    told = await door.send(scan(ticket, MORNING))
    assert (told["verdict"], told["reason"], told["block"], told["late"]) == ("accepted", None, "D1P", False)
    assert told["registration"] == {
        "id": str(person.id),
        "number": person.number,
        "name": "dr. Kepala Dinas, M.Kes",
        "organisation": None,
        "position": "Kepala Dinas",
        "represents": "Bupati",
        "mode": "offline",
    }
    assert told["first"] == {"at": "2023-07-03T01:02:00Z", "device": "Gerbang A"}
    assert await door.attendance() == {(person.id, "D1P"): (True, "offline", 0, MORNING, "Gerbang A")}


async def test_the_second_scan_says_when_and_where_the_first_was(door: Door) -> None:
    _, ticket = await door.person()
    await door.send(scan(ticket, MORNING))
    clock.freeze(MORNING + timedelta(minutes=3))
    told = await door.send(scan(ticket, clock.now()), await door.device("Gerbang B"))
    assert (told["verdict"], told["reason"]) == ("already_in", None)
    assert told["first"] == {"at": "2023-07-03T01:02:00Z", "device": "Gerbang A"}


async def test_the_same_ticket_is_accepted_again_in_the_next_block(door: Door) -> None:
    _, ticket = await door.person()
    await door.send(scan(ticket, MORNING))
    clock.freeze(at("07-03 12:30"))
    told = await door.send(scan(ticket, clock.now()))
    assert (told["verdict"], told["block"]) == ("accepted", "D1S")


async def test_after_out_an_in_is_accepted_again_and_out_takes_nothing_away(door: Door) -> None:
    person, ticket = await door.person()
    verdicts = []
    for direction in ("in", "out", "in", "in", "out"):
        clock.freeze(clock.now() + timedelta(minutes=10))
        verdicts.append((await door.send(scan(ticket, clock.now(), direction=direction)))["verdict"])
    assert verdicts == ["accepted", "accepted", "accepted", "already_in", "accepted"]
    assert (await door.attendance())[person.id, "D1P"][:2] == (True, "offline")


async def test_a_hall_scan_of_an_online_participant_is_accepted(door: Door) -> None:
    person, ticket = await door.person(mode=Mode.ONLINE)
    assert (await door.send(scan(ticket, MORNING)))["verdict"] == "accepted"
    assert (await door.attendance())[person.id, "D1P"][1] == "offline"


@pytest.mark.parametrize("who", [{"ticket": "https://contoh.invalid/promo"}, {"ticket": "A" * 43}])
async def test_an_unknown_ticket_is_refused_and_kept(door: Door, who: dict[str, str]) -> None:
    told = await door.send(scan(who, MORNING))
    assert (told["verdict"], told["reason"], told["registration"]) == ("refused", "unknown_ticket", None)
    async with door.database.read() as session:
        [kept] = (await session.exec(select(Checkin))).all()
    assert str(kept.id) == told["checkin_id"]


async def test_an_unknown_registration_is_an_unknown_ticket(door: Door) -> None:
    told = await door.send(scan({"registration_id": str(uuid4())}, MORNING, method="manual"))
    assert told["reason"] == "unknown_ticket"


async def test_a_revoked_ticket_is_unknown(door: Door) -> None:
    person, ticket = await door.person()
    await door.change(person, link_version=2)
    assert (await door.send(scan(ticket, MORNING)))["reason"] == "unknown_ticket"


async def test_a_ticket_of_another_workshop_is_named_so_without_naming_the_person(door: Door) -> None:
    async with door.database.write() as session:
        elsewhere = await factories.workshop(session, door.house)
        stranger = await factories.registration(session, elsewhere)
        ticket = factories.ticket(session, stranger)
    told = await door.send(scan({"ticket": ticket}, MORNING))
    assert (told["reason"], told["registration"]) == ("other_workshop", None)


async def test_a_ticket_of_another_house_is_unknown(door: Door) -> None:
    async with door.database.write() as session:
        elsewhere = await factories.workshop(session, await factories.organizer(session))
        ticket = factories.ticket(session, await factories.registration(session, elsewhere))
    assert (await door.send(scan({"ticket": ticket}, MORNING)))["reason"] == "unknown_ticket"


@pytest.mark.parametrize(
    "status", [RegistrationStatus.PENDING, RegistrationStatus.WAITLISTED, RegistrationStatus.REJECTED]
)
async def test_somebody_without_a_seat_is_not_confirmed(door: Door, status: RegistrationStatus) -> None:
    person, ticket = await door.person(status=status, holds_seat=False)
    told = await door.send(scan(ticket, MORNING))
    assert (told["verdict"], told["reason"]) == ("refused", "not_confirmed")
    assert told["registration"]["id"] == str(person.id)
    assert await door.attendance() == {}


async def test_admitting_lets_a_waitlisted_person_in_and_makes_the_refused_scan_count(door: Door) -> None:
    person, ticket = await door.person(status=RegistrationStatus.WAITLISTED, holds_seat=False)
    await door.send(scan(ticket, MORNING))
    clock.freeze(MORNING + timedelta(minutes=4))
    told = await door.send(scan(ticket, clock.now(), admit={"reason": "Atas izin Kepala Bidang"}))
    assert told["verdict"] == "accepted"
    assert (await door.attendance())[person.id, "D1P"][3] == MORNING
    async with door.database.read() as session:
        assert (await session.get_one(Registration, person.id)).status is RegistrationStatus.WAITLISTED


async def test_no_exception_lets_a_rejected_person_in(door: Door) -> None:
    person, ticket = await door.person(status=RegistrationStatus.REJECTED, holds_seat=False)
    told = await door.send(scan(ticket, MORNING, admit={"reason": "Izin"}))
    assert (told["verdict"], told["reason"]) == ("refused", "not_confirmed")
    await door.upload([scan(ticket, MORNING, admit={"reason": "Izin"}), scan(ticket, MORNING)])
    assert await door.attendance() == {}
    await door.change(person, status=RegistrationStatus.WAITLISTED)
    assert (await door.send(scan(ticket, MORNING)))["reason"] == "not_confirmed"
    assert await door.attendance() == {}


async def test_a_person_who_is_rejected_after_an_exception_keeps_only_the_past(door: Door) -> None:
    person, ticket = await door.person(status=RegistrationStatus.PENDING, holds_seat=False)
    await door.send(scan(ticket, MORNING, admit={"reason": "Izin"}))
    await door.change(person, status=RegistrationStatus.REJECTED)
    assert (await door.send(scan(ticket, MORNING, block="D1S")))["reason"] == "not_confirmed"
    assert set(await door.attendance()) == {(person.id, "D1P")}


async def test_an_admitted_person_is_let_in_at_the_next_block_without_another_exception(door: Door) -> None:
    _, ticket = await door.person(status=RegistrationStatus.PENDING, holds_seat=False)
    await door.send(scan(ticket, MORNING, admit={"reason": "Utusan Sekda"}))
    clock.freeze(at("07-03 12:30"))
    assert (await door.send(scan(ticket, clock.now())))["verdict"] == "accepted"


async def test_a_cancelled_person_is_refused_but_a_scan_made_before_the_cancellation_counts(door: Door) -> None:
    person, ticket = await door.person()
    await door.change(person, status=RegistrationStatus.CANCELLED, cancelled_at=MORNING, holds_seat=False)
    told = await door.send(scan(ticket, MORNING))
    assert (told["verdict"], told["reason"]) == ("refused", "cancelled")
    [earlier] = await door.upload([scan(ticket, MORNING - timedelta(minutes=10))])
    assert (earlier["verdict"], earlier["late"]) == ("accepted", True)


@pytest.mark.parametrize(
    ("moment", "reason"), [("07-03 06:59", "no_block_now"), ("07-03 11:50", "no_block_now"), ("07-03 07:00", None)]
)
async def test_a_block_is_open_from_its_check_in_time_to_its_end(door: Door, moment: str, reason: str | None) -> None:
    _, ticket = await door.person()
    clock.freeze(at(moment))
    assert (await door.send(scan(ticket, clock.now())))["reason"] == reason


async def test_a_running_block_beats_a_coming_one(door: Door) -> None:
    _, ticket = await door.person()
    async with door.database.write() as session:
        from service.models.workshops import AttendanceBlock

        afternoon = (
            await session.exec(
                select(AttendanceBlock).where(
                    AttendanceBlock.workshop_id == door.workshop.id, AttendanceBlock.code == "D1S"
                )
            )
        ).one()
        afternoon.checkin_from = at("07-03 08:00")
        session.add(afternoon)
    clock.freeze(at("07-03 08:30"))
    assert (await door.send(scan(ticket, clock.now())))["block"] == "D1P"
    clock.freeze(at("07-03 11:46"))
    assert (await door.send(scan(ticket, clock.now())))["block"] == "D1S"


async def test_a_given_block_is_taken_as_it_is(door: Door) -> None:
    _, ticket = await door.person()
    assert (await door.send(scan(ticket, MORNING, block="D2S")))["block"] == "D2S"


async def test_an_unknown_block_is_refused_and_kept(door: Door) -> None:
    _, ticket = await door.person()
    told = await door.send(scan(ticket, MORNING, block="PAGI"))
    assert (told["verdict"], told["reason"], told["block"]) == ("refused", "no_block_now", None)


async def test_a_clock_more_than_two_minutes_ahead_is_implausible_and_kept(door: Door) -> None:
    person, ticket = await door.person()
    accepted = await door.send(scan(ticket, MORNING + timedelta(minutes=2)))
    refused = await door.send(scan(ticket, MORNING + timedelta(minutes=2, seconds=1)))
    assert accepted["verdict"] == "accepted"
    assert (refused["verdict"], refused["reason"]) == ("refused", "clock_implausible")
    async with door.database.read() as session:
        assert len((await session.exec(select(Checkin).where(Checkin.registration_id == person.id))).all()) == 2


@pytest.mark.parametrize("claimed", ["0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
async def test_absurd_years_are_flagged_in_a_batch_and_kept(door: Door, claimed: str) -> None:
    _, ticket = await door.person()
    [told] = await door.upload([scan(ticket, MORNING) | {"claimed_at": claimed, "block": "D1P"}])
    assert told["reason"] == "clock_implausible"
    assert await door.attendance() == {}


@pytest.mark.parametrize("claimed", ["0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "2023-06-01T09:00:00+08:00"])
async def test_a_single_scan_counts_for_the_given_block_however_old_it_is(door: Door, claimed: str) -> None:
    person, ticket = await door.person()
    told = await door.send(scan(ticket, MORNING) | {"claimed_at": claimed, "block": "D1P"})
    assert (told["verdict"], told["late"]) == ("accepted", True)
    assert set(await door.attendance()) == {(person.id, "D1P")}


async def test_a_device_whose_own_clock_is_absurd_loses_nothing(door: Door) -> None:
    person, ticket = await door.person()
    item = scan(ticket, MORNING) | {"claimed_at": "0001-01-01T00:00:10Z"}
    url = f"/api/v1/workshops/{door.workshop.id}/checkins/batch"
    body = {"device_clock": "0001-01-01T00:00:10Z", "items": [item]}
    answer = await door.client.post(url, json=body, headers=door.headers)
    assert answer.status_code == 200
    async with door.database.read() as session:
        [kept] = (await session.exec(select(Checkin))).all()
    assert kept.registration_id == person.id


async def test_a_scan_received_more_than_five_minutes_later_is_late(door: Door) -> None:
    _, ticket = await door.person()
    [five] = await door.upload([scan(ticket, MORNING - timedelta(minutes=5))])
    [more] = await door.upload([scan(ticket, MORNING - timedelta(minutes=5, seconds=1))])
    assert (five["late"], more["late"]) == (False, True)


async def test_a_repeated_nonce_gets_the_first_answer_even_after_the_ticket_was_cancelled(door: Door) -> None:
    person, ticket = await door.person()
    item = scan(ticket, MORNING)
    first = await door.send(item)
    await door.change(person, status=RegistrationStatus.CANCELLED, cancelled_at=MORNING, link_version=3)
    clock.freeze(at("07-05 20:00"))
    assert await door.send(item) == first
    assert await door.upload([item, item]) == [first, first]
    assert await door.send(scan(walk_in("x"), MORNING) | {"nonce": item["nonce"]}) == first


async def test_a_nonce_is_unique_per_workshop_only(door: Door, client: AsyncClient) -> None:
    other = await Door.open(client, door.database)
    _, mine = await door.person()
    _, theirs = await other.person()
    item = scan(mine, MORNING)
    await door.send(item)
    assert (await other.send(item | theirs))["verdict"] == "accepted"


async def test_a_walk_in_becomes_a_confirmed_registration_in_the_hall(door: Door) -> None:
    async with door.database.write() as session:
        await factories.organisation(session, door.house, "bps")
    who = walk_in("hp1-1", organisation="bps", represents="Kepala BPS")
    told = await door.send(scan(who, MORNING, method="manual"))
    assert told["verdict"] == "accepted"
    async with door.database.read() as session:
        row = await session.get_one(Registration, UUID(told["registration"]["id"]))
    assert (row.walk_in, row.status, row.mode) == (True, "confirmed", "offline")
    assert (told["registration"]["organisation"], told["registration"]["represents"]) == ("bps", "Kepala BPS")


async def test_the_same_walk_in_from_two_devices_is_one_person(door: Door) -> None:
    first = await door.send(scan(walk_in("hp1-1"), MORNING))
    [second] = await door.upload([scan(walk_in("hp1-1"), MORNING)], headers=await door.device("Gerbang B"))
    assert second["registration"] == first["registration"]
    assert second["verdict"] == "already_in"


async def test_a_full_hall_does_not_stop_a_walk_in(client: AsyncClient, database: Database) -> None:
    clock.freeze(MORNING)
    door = await Door.open(client, database, offline=0)
    assert (await door.send(scan(walk_in("a"), MORNING)))["verdict"] == "accepted"


async def test_a_walk_in_of_an_unknown_organisation_code_is_422_alone_and_kept_in_a_batch(door: Door) -> None:
    item = scan(walk_in("a", organisation="salah-ketik", organisation_name=None), MORNING)
    url = f"/api/v1/workshops/{door.workshop.id}/checkins"
    refused = await door.client.post(url, json=item, headers=door.headers)
    assert refused.status_code == 422
    [told] = await door.upload([item])
    assert told["registration"]["organisation"] == "salah-ketik"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"ticket": "x", "registration_id": "0191f1d8-7f1c-7c3e-8a00-1c2d3e4f5a6b"},
        {"walk_in": {"client_id": "a", "name": "Tamu"}},
        {"ticket": "x", "claimed_at": "2023-07-03T09:00:00"},
        {"ticket": "x", "nonce": "1"},
        {"ticket": "x", "surprise": 1},
    ],
)
async def test_a_malformed_scan_is_422(door: Door, wrong: dict[str, object]) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/checkins"
    answer = await door.client.post(url, json=scan({}, MORNING) | wrong, headers=door.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "pointer", "said"),
    [
        ({}, "/", "Isi tepat satu dari ticket, registration_id, walk_in."),
        ({"ticket": "x"} | walk_in("a"), "/", "Isi tepat satu dari ticket, registration_id, walk_in."),
        ({"ticket": "x", "admit": {"reason": " "}}, "/admit/reason", "Isi bagian ini."),
        ({"ticket": "x", "admit": {"reason": "a\tb"}}, "/admit/reason", "Tulis dalam satu baris, tanpa tab."),
    ],
)
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_malformed_scan_is_told_what_to_do(
    door: Door, wrong: dict[str, object], pointer: str, said: str
) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/checkins"
    english = {"Accept-Language": "en"}
    answers = [
        await door.client.post(url, json=scan({}, MORNING) | wrong, headers=door.headers | more)
        for more in ({}, english)
    ]
    told, translated = ([(one["pointer"], one["message"]) for one in answer.json()["errors"]] for answer in answers)
    assert told == [(pointer, said)]
    assert translated != told


async def test_a_device_of_another_workshop_finds_nothing(door: Door, client: AsyncClient) -> None:
    other = await Door.open(client, door.database)
    _, ticket = await door.person()
    told = await door.send(scan(ticket, MORNING))
    guest = scan(walk_in("b"), MORNING)
    await door.send(guest)
    base = f"/api/v1/workshops/{door.workshop.id}"
    answers = [
        await client.post(f"{base}/checkins", json=guest, headers=other.staff),
        await client.post(f"{base}/checkins", json={"what": "ever"}, headers=other.headers),
        await client.post(f"{base}/checkins", json={"what": "ever"}, headers=other.staff),
        await client.post(f"{base}/checkins", json=scan(ticket, MORNING), headers=other.headers),
        await client.post(f"{base}/checkins", json=scan(walk_in("a"), MORNING), headers=other.staff),
        await client.post(f"{base}/checkins", json=scan(ticket, MORNING), headers=other.staff),
        await client.get(f"{base}/roster", headers=other.headers),
        await client.post(
            f"/api/v1/checkins/{told['checkin_id']}/annulment", json={"reason": "x"}, headers=other.headers
        ),
        await client.post(
            f"{base}/checkins/batch", json={"device_clock": MORNING.isoformat(), "items": []}, headers=other.headers
        ),
    ]
    assert [answer.status_code for answer in answers] == [404] * 9


async def test_staff_may_check_in_and_the_first_scan_names_no_device(door: Door) -> None:
    _, ticket = await door.person()
    assert (await door.send(scan(ticket, MORNING), door.staff))["first"] == {
        "at": "2023-07-03T01:02:00Z",
        "device": None,
    }
