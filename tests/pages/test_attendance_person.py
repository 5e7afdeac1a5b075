"""The committee corrects one person's attendance: finds the person, undoes a scan, records a check-in by hand."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from service import clock
from service.db import Database
from service.models.attendance import AttendanceMode
from service.models.organizers import Role
from service.models.registrations import RegistrationStatus
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in
from tests.support.door import Door, scan, walk_in
from tests.support.online import MORNING, connection, get, report

ATTENDANCE = "/staff/attendance"


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def post(door: Door, path: str, fields: dict[str, str], role: Role = Role.ORGANIZER) -> Response:
    cookie, csrf = await signed_in(door.database, door.house, role)
    return await door.client.post(f"{ATTENDANCE}{path}", data={"csrf": csrf, **fields}, headers=cookie)


async def page(door: Door, path: str, role: Role = Role.ORGANIZER) -> str:
    cookie, _csrf = await signed_in(door.database, door.house, role)
    answer = await door.client.get(f"{ATTENDANCE}{path}", headers=cookie)
    assert answer.status_code == 200
    return answer.text


def sentences(html: str) -> list[str]:
    found = re.findall(r'<p class="anywhere">(.*?)</p>', re.split('id="(?:koreksi|catatan)"', html)[-1])
    return [unescape(" ".join(re.sub(r"<[^>]+>", "", one).split())) for one in found]


async def history(door: Door) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await get(door, "attendance/history"))["items"]
    return found


async def test_a_scan_is_undone_with_its_reason_and_stays_on_the_page(door: Door) -> None:
    person, ticket = await door.person(name="Camat Bua")
    other, _ = await door.person()
    came = await door.send(scan(ticket, MORNING))
    here, field = f"/{person.id}", f"reason-{came['checkin_id']}"
    assert "Hadir luring" in await page(door, here)
    missing = await post(door, f"{here}/annulment", {"checkin": came["checkin_id"]})
    assert (missing.status_code, "Tuliskan alasannya." in missing.text) == (422, True)
    strangers = await post(door, f"/{other.id}/annulment", {"checkin": came["checkin_id"], field: "Keliru"})
    assert strangers.status_code == 404
    clock.freeze(MORNING + timedelta(minutes=5))
    done = await post(door, f"{here}/annulment", {"checkin": came["checkin_id"], field: "Salah orang"})
    assert (done.status_code, done.headers["location"]) == (303, f"{ATTENDANCE}{here}?done=undone")
    html = await page(door, here)
    assert sentences(html)[0] == ("Masuk Hari I - pagi, dipindai oleh Gerbang A Senin, 3 Juli 2023, pukul 09.02 WITA.")
    assert sentences(html)[1].endswith("Senin, 3 Juli 2023, pukul 09.07 WITA: Salah orang")
    assert f"{here}/annulment" not in html
    assert (await door.attendance()).get((person.id, "D1P"), (False,))[0] is False
    assert [one["kind"] for one in await history(door)] == ["annulled"]


async def test_attendance_is_recorded_by_hand_now_or_at_the_start_of_a_half_day_that_is_over(door: Door) -> None:
    person, _ = await door.person()
    waiting, _ = await door.person(status=RegistrationStatus.WAITLISTED)
    gone, _ = await door.person(status=RegistrationStatus.CANCELLED)
    fields = {"block": "D1P", "reason": "Ponsel peserta rusak", "nonce": str(uuid4())}
    assert (await post(door, f"/{person.id}/checkins", fields | {"block": "D2P"})).status_code == 422
    assert (await post(door, f"/{person.id}/checkins", fields | {"reason": ""})).status_code == 422
    assert (await post(door, f"/{gone.id}/checkins", fields)).status_code == 422
    for _again in range(2):
        done = await post(door, f"/{person.id}/checkins", fields)
        assert done.headers["location"].endswith("done=recorded")
    clock.freeze(at("07-03 12:30"))
    await post(door, f"/{waiting.id}/checkins", fields | {"nonce": str(uuid4())})
    there = await door.attendance()
    assert there[person.id, "D1P"][:4] == (True, AttendanceMode.OFFLINE, 0, MORNING)
    assert there[waiting.id, "D1P"][:4] == (True, AttendanceMode.OFFLINE, 0, at("07-03 09:15"))
    lines = await history(door)
    assert [(one["kind"], one["reason"]) for one in lines] == [
        ("manual", "Ponsel peserta rusak"),
        ("admitted", "Ponsel peserta rusak"),
        ("manual", "Ponsel peserta rusak"),
    ]
    assert "Ponsel peserta rusak" in await page(door, f"?workshop={door.workshop.id}")
    assert "sebagai hadir pukul 09.15 WITA: Ponsel peserta rusak" in await page(door, f"?workshop={door.workshop.id}")


async def test_a_person_is_found_by_name_or_number_and_the_name_stands_in_no_address(door: Door) -> None:
    person, _ = await door.person(name="Camat Bua")
    for wanted in ("camat", str(person.number)):
        answer = await post(door, "", {"workshop": str(door.workshop.id), "person": wanted})
        assert f'href="{ATTENDANCE}/{person.id}"' in answer.text
    assert 'method="post" action="/staff/attendance"' in await page(door, f"?workshop={door.workshop.id}")


async def test_who_may_only_read_sees_no_buttons_and_who_may_only_scan_sees_nobody(door: Door) -> None:
    person, ticket = await door.person()
    came = await door.send(scan(ticket, MORNING))
    html = await page(door, f"/{person.id}", Role.VIEWER)
    assert f"/{person.id}/annulment" not in html
    assert "Catat hadir luring" not in html
    for role in (Role.VIEWER, Role.DOOR):
        answer = await post(door, f"/{person.id}/annulment", {"checkin": came["checkin_id"]}, role)
        assert answer.status_code == 403


async def test_the_history_says_nobodys_connections_by_their_shown_name_and_calls_things_by_their_names(
    door: Door,
) -> None:
    async with door.database.write() as session:
        agency = await factories.organisation(session, door.house, "dinkes", name="Dinas Kesehatan")
    person, ticket = await door.person(organisation_id=agency.id)
    await door.send(scan(ticket, MORNING, method="manual"))
    await door.send(scan(walk_in("a"), MORNING, method="manual"))
    [shown] = await report(door, connection("09:00", "11:30"))
    match = f"/api/v1/presences/{shown['id']}/match"
    await door.client.post(match, json={"registration_ids": []}, headers=door.staff)
    html = unescape(await page(door, f"?workshop={door.workshop.id}"))
    assert f"Nomor {person.number} · Dinas Kesehatan · Hari I - pagi" in html
    assert "dinkes" not in html.partition('id="koreksi"')[2]
    assert "Tiket tidak dikenal" not in html
    assert sentences(html)[0].startswith(
        'Sambungan daring "iPhone" pukul 09.00 WITA sampai pukul 11.30 WITA dinyatakan bukan'
    )
    await door.client.post(match, json={"registration_ids": [str(person.id)]}, headers=door.staff)
    told = sentences(await page(door, f"/{person.id}"))
    assert told[1] == (
        'Terhubung daring sebagai "iPhone" Senin, 3 Juli 2023, pukul 09.00 WITA sampai 11.30 WITA, '
        "120 menit di dalam acara."
    )
