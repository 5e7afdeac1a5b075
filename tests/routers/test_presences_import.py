"""A provider's report as a file: what would become of it, taking it over, and what stays as a person decided."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.auth import Permission, system
from service.db import Database, is_postgresql
from service.domain import presences, presences_same
from service.models.attendance import Presence, PresenceMatch
from service.models.attendance_shapes import PresenceCreate
from service.models.registrations import Registration, RegistrationStatus
from tests import factories
from tests.factories import at
from tests.support import office_files, zoom_files
from tests.support.door import Door, Json
from tests.support.online import AFTERWARDS, connection, get, known_online, report as report_online
from tests.support.zoom_files import report, row

EVENING = at("07-03 18:00")
OFFICE = "umum@luwukab.go.id"
TIME = "2023-07-03 09:20"


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(EVENING)
    return await Door.open(client, database)


async def send(door: Door, text: str | bytes, **query: str) -> Response:
    url = f"/api/v1/workshops/{door.workshop.id}/presences/import"
    files = {"file": ("participants_817.csv", text.encode() if isinstance(text, str) else text, "text/csv")}
    return await door.client.post(url, params=query, files=files, headers=door.staff)


async def bring(door: Door, text: str | bytes, **query: str) -> Json:
    """What a dry run promises is what taking over does."""
    promised = await send(door, text, dry_run="true", **query)
    assert promised.status_code == 200, promised.text
    done = await send(door, text, **query)
    assert done.json() == promised.json() | {"dry_run": False}
    found: Json = done.json()
    return found


def counts(told: Json) -> dict[str, int]:
    names = ("rows", "new", "repeated", "skipped", "matched", "unmatched", "nobody", "refused_count")
    return {name: told[name] for name in names if told[name]}


async def listed(door: Door, **query: Any) -> list[Json]:
    found: list[Json] = (await get(door, "presences", **query))["items"]
    return found


async def match(door: Door, presence_id: str, *people: Registration, **more: bool) -> Json:
    body = {"registration_ids": [str(person.id) for person in people]} | more
    answer = await door.client.post(f"/api/v1/presences/{presence_id}/match", json=body, headers=door.staff)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def webhook(door: Door, *items: Json, source: str = "zoom") -> None:
    """What the provider's webhooks or its own report tell."""
    made = [PresenceCreate.model_validate(item) for item in items]
    async with door.database.write() as session:
        await presences.report(session, system(door.house.id), door.workshop.id, made, source)


async def present(door: Door) -> set[tuple[UUID, int]]:
    return {(person, facts[2]) for (person, _block), facts in (await door.attendance()).items()}  # type: ignore[misc] # minutes


async def test_a_report_is_tried_then_taken_over_and_changes_nothing_when_sent_again(door: Door) -> None:
    person, _ = await door.person(
        name="Kepala Bidang Aptika", email="Aptika@luwukab.go.id", contact_key="aptika@luwukab.go.id"
    )
    told = await send(door, zoom_files.ABOUT + zoom_files.ENGLISH, dry_run="true")
    assert told.json()["dry_run"] is True
    assert await listed(door) == []
    done = await bring(door, zoom_files.ABOUT + zoom_files.ENGLISH)
    assert counts(done) == {"rows": 3, "new": 2, "skipped": 1, "matched": 1, "unmatched": 1}
    assert (done["timezone"], done["date_order"]) == ("Asia/Makassar", "month_first")
    assert await present(door) == {(person.id, 135)}
    assert [(one["display_name"], one["minutes"]) for one in await listed(door, matched=False)] == [("iPhone", 130)]
    again = await bring(door, zoom_files.INDONESIAN)
    assert counts(again) == {"rows": 3, "repeated": 2, "skipped": 1, "matched": 1, "unmatched": 1}
    assert counts(await bring(door, zoom_files.ENGLISH))["repeated"] == 2
    assert await present(door) == {(person.id, 135)}


async def test_the_file_alone_is_a_body_as_good_as_a_form(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/presences/import"
    csv, book = zoom_files.ENGLISH.encode(), office_files.sheet(["Name", "Join time", "Leave time"], ["A", TIME, TIME])
    for kind, body, status in (
        ("text/csv; charset=utf-8", csv, 200),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", book, 200),
        ("text/csv", b"", 422),
        ("text/plain", csv, 400),
    ):
        told = await door.client.post(
            url, params={"dry_run": "true"}, content=body, headers=door.staff | {"Content-Type": kind}
        )
        assert told.status_code == status, told.text
        if body == csv and status == 200:
            assert told.json() == (await send(door, csv, dry_run="true")).json()
    monkeypatch.setattr(door.database.settings, "max_upload_bytes", 100)
    told = await door.client.post(url, content=csv, headers=door.staff | {"Content-Type": "text/csv"})
    assert (told.status_code, told.json()["code"]) == (413, "body_too_large")


async def test_a_faulty_row_is_refused_with_its_number_and_the_others_are_stored(door: Door) -> None:
    text = report(row("A", "09:20", "10:00"), row("B", "10:00", "09:00"), row("C", "09:20", "23:00"))
    done = await bring(door, text)
    assert counts(done) == {"rows": 3, "new": 1, "unmatched": 1, "refused_count": 2}
    assert done["refused"] == [
        {"row": 3, "reason": "Waktu keluar lebih awal daripada waktu bergabung."},
        {"row": 4, "reason": "Waktu keluar belum lewat. Periksa zona waktunya."},
    ]


async def test_the_account_s_zone_is_a_parameter(door: Door) -> None:
    await bring(door, report(row("A", "01:20", "02:00")), timezone="UTC")
    assert [one["joined_at"] for one in await listed(door)] == ["2023-07-03T01:20:00Z"]
    assert (await send(door, zoom_files.ENGLISH, timezone="Asia/Belopa")).status_code == 422


async def test_what_cannot_be_taken_over_is_refused_with_what_to_do(door: Door) -> None:
    door.database.settings.max_upload_bytes = 10_485_760
    for text, status, code in (
        (zoom_files.TOTALS, 422, "report_totals_only"),
        ("No,Nama\n1,Camat\n", 422, "report_unknown"),
        (report(row("A", "09:20", "10:00", day="05/06/2023")), 422, "report_dates_unclear"),
        (b"PK\x03\x04 no workbook", 422, "import_unreadable"),
        (report(*(row("A", "09:20", "10:00") for _ in range(100_000))), 413, "import_too_many_rows"),
        (b"x" * 10_600_000, 413, "body_too_large"),
    ):
        answer = await send(door, text)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await listed(door) == []


async def test_an_address_tells_who_it_is_only_when_one_person_alone_has_it(door: Door) -> None:
    for name in ("Kepala Seksi A", "Kepala Seksi B"):
        await door.person(name=name, email=OFFICE)
    gone, _ = await door.person(name="Camat Bua", email="bua@luwukab.go.id", status=RegistrationStatus.CANCELLED)
    back, _ = await door.person(name="Camat Bua", email="bua@luwukab.go.id")
    text = report(row("Kepala Seksi A", "09:20", "10:00", OFFICE), row("bua", "09:20", "10:00", "BUA@luwukab.go.id."))
    assert counts(await bring(door, text)) == {"rows": 2, "new": 2, "matched": 1, "unmatched": 1}
    matched = {one["display_name"]: one["registration_ids"] for one in await listed(door)}
    assert matched == {"Kepala Seksi A": [], "bua": [str(back.id)]}
    assert gone.id != back.id


async def test_a_registrant_s_id_is_believed_before_an_address(door: Door) -> None:
    registered, _ = await door.person()
    other, _ = await door.person(email=OFFICE)
    await known_online(door, registered, "reg-1")
    await bring(door, zoom_files.REGISTRANTS.replace("Admin,,", f"Admin,{OFFICE},"))
    assert {person for person, _minutes in await present(door)} == {registered.id}
    assert other.id != registered.id


async def test_a_registrant_s_id_that_is_known_later_takes_the_place_of_an_address(door: Door) -> None:
    borrowed, _ = await door.person(email=OFFICE)
    owner, _ = await door.person()
    await webhook(door, connection("09:20", "11:45", "reg-1", email=OFFICE))
    assert {person for person, _minutes in await present(door)} == {borrowed.id}
    await known_online(door, owner, "reg-1")
    async with door.database.write() as session:
        await presences_same.hold(session, door.workshop.id)
        await presences.rematch(session, door.workshop.id, "reg-1")
    assert {person for person, _minutes in await present(door)} == {owner.id}


async def test_the_same_connection_is_listed_once_whoever_tells_of_it_and_in_whatever_order(door: Door) -> None:
    person, _ = await door.person(email=OFFICE)
    owner, _ = await door.person()
    await known_online(door, owner, "reg-9")
    named = {"display_name": "Dinkes_Staf"}
    hook = connection("09:20", "11:44", "uuid-1", **named)
    stays = connection("09:20", "11:45", "16778240@1688347200", **named)
    text = report(row("Dinkes_Staf", "09:20:03", "11:45:10", OFFICE))
    await webhook(door, hook)
    await webhook(door, stays, source="zoom_report")
    assert counts(await bring(door, text)) == {"rows": 1, "repeated": 1, "matched": 1}
    [listed_once] = await listed(door)
    assert (listed_once["external_id"], listed_once["left_at"]) == ("uuid-1", "2023-07-03T03:45:10Z")
    assert listed_once["registration_ids"] == [str(person.id)]
    # The file first: the webhook's own id takes over, and a registrant's id is believed more than an address.
    await bring(door, report(row("Camat", "13:00:00", "14:00:00", OFFICE)))
    later = {"joined_at": at("07-03 13:00").isoformat(), "left_at": at("07-03 14:01").isoformat()}
    await webhook(door, connection("09:00", "09:01", "reg-9", display_name="Camat") | later)
    [_first, second] = await listed(door)
    assert (second["external_id"], second["registration_ids"]) == ("reg-9", [str(owner.id)])
    assert (await door.attendance()).get((person.id, "D1S")) is None


async def test_two_devices_of_one_name_are_two_connections_in_every_source(door: Door) -> None:
    two = [connection("09:20", "11:45", f"uuid-{number}") for number in (1, 2)]
    text = report(row("iPhone", "09:20:00", "11:45:00"), row("iPhone", "09:20:10", "11:40:00"))
    await webhook(door, *two)
    assert counts(await bring(door, text)) == {"rows": 2, "repeated": 2, "unmatched": 2}
    third = report(
        row("iPhone", "09:20:00", "11:45:00"),
        row("iPhone", "09:20:00", "11:30:00"),
        row("iPhone", "09:20:20", "11:00:00"),
    )
    assert counts(await bring(door, third)) == {"rows": 3, "new": 1, "repeated": 2, "unmatched": 3}
    assert len(await listed(door)) == 3


async def test_a_report_brings_nothing_back_of_who_was_erased(door: Door) -> None:
    person, _ = await door.person()
    await known_online(door, person, "reg-1")
    erased = await door.client.post(
        f"/api/v1/registrations/{person.id}/erasure", json={"reason": "Diminta"}, headers=door.staff
    )
    assert erased.status_code == 200, erased.text
    for _ in range(2):
        await bring(door, zoom_files.REGISTRANTS.replace("Admin,,", "Kepala Bidang Aptika,aptika@luwukab.go.id,"))
    shown = {one["external_id"]: (one["display_name"], one["email"]) for one in await listed(door)}
    assert shown["reg-1"] == ("Peserta", None)
    assert len(shown) == 2


async def test_what_a_person_decided_survives_every_report_file_and_late_link(door: Door) -> None:
    wrong, _ = await door.person(email="aptika@luwukab.go.id")
    right, _ = await door.person()
    await bring(door, zoom_files.ENGLISH)
    shown = {one["display_name"]: one for one in await listed(door)}
    await match(door, shown["Dinkes_Staf (Kepala Bidang Aptika)"]["id"], right)
    await match(door, shown["iPhone"]["id"])
    assert await listed(door, matched=False) == []
    assert counts(await bring(door, zoom_files.ENGLISH))["nobody"] == 1
    await webhook(
        door, connection("09:20", "11:50", "reg-1"), connection("08:55", "11:55", "reg-2", display_name="Dinkes_Staf")
    )
    await known_online(door, wrong, "reg-1")
    async with door.database.write() as session:
        await presences_same.hold(session, door.workshop.id)
        await presences.rematch(session, door.workshop.id, "reg-1")
    await webhook(door, connection("09:20", "11:58", "reg-1"))
    now = {one["external_id"]: (one["registration_ids"], one["decided"]) for one in await listed(door)}
    assert now == {"reg-1": ([], True), "reg-2": ([str(right.id)], True)}
    assert {person for person, _minutes in await present(door)} == {right.id}


async def test_one_word_decides_every_connection_of_a_name_that_is_still_open(door: Door) -> None:
    person, other = (await door.person())[0], (await door.person())[0]
    text = report(
        row("Aula Camat", "09:20", "10:00"), row("Aula Camat", "10:20", "11:00"), row("Aula Camat", "13:00", "14:00"),
        row("Aula Bua", "09:20", "10:00"),
    )  # fmt: skip
    await bring(door, text)
    in_order = sorted(await listed(door), key=lambda one: (one["display_name"], one["joined_at"]))
    _bua, first, second, third = in_order
    decided = await match(door, second["id"], other)
    assert decided["others"] == 0
    told = await match(door, first["id"], person, other, also_same_name=True)
    assert (told["others"], len(told["registration_ids"])) == (1, 2)
    by_id = {one["id"]: one["registration_ids"] for one in await listed(door)}
    assert by_id[second["id"]] == [str(other.id)]
    assert sorted(by_id[third["id"]]) == sorted([str(person.id), str(other.id)])
    assert [one["display_name"] for one in await listed(door, matched=False)] == ["Aula Bua"]


async def test_suggestions_say_why_and_change_nothing(door: Door) -> None:
    async with door.database.write() as session:
        dinkes = await factories.organisation(session, door.house, "kesehatan", name="Dinas Kesehatan Kabupaten Luwu")
    office, _ = await door.person(name="Sekretaris", organisation_id=dinkes.id, email=OFFICE)
    named, _ = await door.person(name="Drs. Pejabat Walenrang, M.Si.", email=OFFICE)
    await door.person(name="Camat Belopa", email="belopa@gmail.com")
    await bring(door, report(row("WALENRANG - Dinkes_Staf", "09:20", "10:00", OFFICE)))
    [one] = await listed(door, matched=False)
    answer = await door.client.get(f"/api/v1/presences/{one['id']}/suggestions", headers=door.staff)
    found = [(item["registration"]["id"], [why["code"] for why in item["reasons"]]) for item in answer.json()["items"]]
    assert sorted(found) == sorted(
        [(str(named.id), ["email", "name", "domain"]), (str(office.id), ["email", "organisation", "domain"])]
    )
    assert await listed(door, matched=True) == []
    viewer = await key(door, Permission.PRESENCES_WRITE, Permission.ATTENDANCE_READ)
    answer = await door.client.get(f"/api/v1/presences/{one['id']}/suggestions", headers=viewer)
    assert {why["code"] for item in answer.json()["items"] for why in item["reasons"]} == {"name", "organisation"}
    url = f"/api/v1/workshops/{door.workshop.id}/presences"
    assert [item["email"] for item in (await door.client.get(url, headers=viewer)).json()["items"]] == [None]
    await match(door, one["id"], named)
    await bring(door, report(row("WALENRANG - Dinkes_Staf", "13:20", "14:00")))
    [later] = await listed(door, matched=False)
    answer = await door.client.get(f"/api/v1/presences/{later['id']}/suggestions", headers=door.staff)
    assert answer.json()["items"][0]["reasons"][0]["code"] == "earlier"


async def key(door: Door, *permissions: Permission) -> dict[str, str]:
    async with door.database.write() as session:
        return await factories.api_key(session, door.house, *permissions)


async def at_once(door: Door, hour: str) -> list[str]:
    """Names listed of twelve connections that two files and the webhooks tell of at the same time."""
    names = [f"Perangkat {number} pukul {hour}" for number in range(12)]
    text = report(*(row(name, f"{hour}:20:00", f"{hour}:45:00", OFFICE if name == names[0] else "") for name in names))
    told = [
        connection(f"{hour}:20", f"{hour}:45", f"uuid-{hour}-{number}", display_name=name)
        for number, name in enumerate(names)
    ]
    first, _told, second = await asyncio.gather(send(door, text), webhook(door, *told), send(door, text))
    assert (first.status_code, second.status_code) == (200, 200)
    return [one["display_name"] for one in await listed(door) if one["display_name"].endswith(hour)]


async def test_two_files_and_a_webhook_at_once_store_every_connection_once(door: Door) -> None:
    person, _ = await door.person(email=OFFICE)
    names = await at_once(door, "09")
    assert len(names) == len(set(names)) == 12
    async with door.database.read() as session:
        assert list(await session.exec(select(PresenceMatch.registration_id))) == [person.id]
        assert {one[:4] for one in await session.exec(select(Presence.external_id))} == {"uuid"}


async def test_without_the_lock_connections_would_be_listed_twice(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unlocked(*_args: object) -> None:
        """The control: on SQLite the writing transaction itself is the lock."""

    monkeypatch.setattr(presences_same, "hold", unlocked)
    async with door.database.read() as session:
        rounds = 12 if is_postgresql(session) else 2
    # They do not meet in every round, least of all on a busy machine: one is enough to show that they can.
    doubled = 0
    for hour in range(8, 8 + rounds):
        names = await at_once(door, f"{hour:02}")
        doubled += len(names) - len(set(names))
        if doubled:
            break
    assert bool(doubled) is (rounds > 2)


async def test_a_decision_and_an_automatic_match_at_once_leave_the_decision(door: Door) -> None:
    found, decided = (await door.person(email=OFFICE))[0], (await door.person())[0]
    [stored] = await report_online(door, connection("09:20", "11:45", "x"))
    assert clock.now() > AFTERWARDS
    body = connection("09:20", "11:50", "x", registration_id=str(found.id))
    await asyncio.gather(match(door, stored["id"], decided), report_online(door, body))
    assert [one["registration_ids"] for one in await listed(door)] == [[str(decided.id)]]
    assert {person for person, _minutes in await present(door)} == {decided.id}
