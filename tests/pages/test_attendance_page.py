"""The committee's attendance page: figures, who is missing, corrections as sentences, papers."""

import re
from datetime import timedelta
from html import unescape

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Role
from service.models.registrations import Registration, RegistrationStatus
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in
from tests.support.door import Door, Json, scan, undo, walk_in
from tests.support.online import MORNING

# The statements behind it run on both kinds of database in tests/routers.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def page(door: Door, query: str = "", role: Role = Role.ORGANIZER) -> str:
    cookie, _csrf = await signed_in(door.database, door.house, role)
    answer = await door.client.get(f"/staff/attendance?workshop={door.workshop.id}&{query}", headers=cookie)
    assert answer.status_code == 200
    return answer.text


async def of_agency(door: Door, code: str, *, here: int, expected: int) -> list[tuple[Registration, Json]]:
    """People of one organisation, some of whom have come."""
    async with door.database.write() as session:
        agency = await factories.organisation(session, door.house, code, name=f"Dinas {code.title()}")
    people = [await door.person(organisation_id=agency.id) for _ in range(expected)]
    for _row, ticket in people[:here]:
        await door.send(scan(ticket, MORNING))
    return people


def agencies(html: str) -> list[tuple[str, str]]:
    """Name and "here of expected", in the order of the page."""
    rows = re.findall(r"<tr data-agency=.*?</tr>", html.partition("<template")[0], re.DOTALL)
    plain = [unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split())) for row in rows]
    return [(row[:-8].replace("Belum hadir", "").strip(), row[-8:]) for row in plain]


def sentences(html: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'<p class="anywhere">(.*?)</p>', html.partition('id="koreksi"')[2])]


async def test_the_figures_stand_on_the_page_without_any_script(door: Door) -> None:
    await of_agency(door, "kesehatan", here=1, expected=2)
    html = await page(door)
    [block] = re.findall(r'<li [^>]*data-block="D1P".*?</li>', html, re.DOTALL)
    assert 'data-figure="unique">1<' in block
    assert 'data-figure="expected">2<' in block
    assert "data-current" in block
    assert html.count("data-current") == 1
    assert f'data-live="/api/v1/workshops/{door.workshop.id}/attendance/stream"' in html


async def test_whose_people_are_missing_stand_first_and_the_list_is_sorted_searched_and_per_session(door: Door) -> None:
    await of_agency(door, "arsip", here=2, expected=2)
    await of_agency(door, "kesehatan", here=1, expected=3)
    await of_agency(door, "perikanan", here=0, expected=1)
    assert agencies(await page(door)) == [
        ("Dinas Perikanan", "0 dari 1"),
        ("Dinas Kesehatan", "1 dari 3"),
        ("Dinas Arsip", "2 dari 2"),
    ]
    assert [name for name, _ in agencies(await page(door, "sort=name"))] == [
        "Dinas Arsip",
        "Dinas Kesehatan",
        "Dinas Perikanan",
    ]
    assert agencies(await page(door, "q=KESEHATAN")) == [("Dinas Kesehatan", "1 dari 3")]
    assert {tally[0] for _, tally in agencies(await page(door, "block=D2P"))} == {"0"}
    wall = await page(door, "wall=1")
    assert "<li>Dinas Perikanan</li>" in wall
    assert "<li>Dinas Arsip</li>" not in wall
    # The afternoon is shown once the morning is over.
    clock.freeze(at("07-03 12:00"))
    assert {tally[0] for _, tally in agencies(await page(door))} == {"0"}


async def test_corrections_are_told_as_sentences(door: Door) -> None:
    person, ticket = await door.person(name="Camat Bua")
    mistaken = scan(ticket, MORNING)
    await door.send(mistaken)
    await door.upload([undo(mistaken, MORNING + timedelta(minutes=1))])
    _, exception = await door.person(status=RegistrationStatus.WAITLISTED)
    clock.freeze(MORNING + timedelta(days=1))
    await door.send(
        scan(exception, clock.now(), block="D2P", method="manual", admit={"reason": "Izin Kabid"}), door.staff
    )
    await door.upload([scan(walk_in("a"), MORNING)])
    assert sentences(await page(door)) == [
        "Datang tanpa pendaftaran, dicatat oleh Gerbang A Senin, 3 Juli 2023, pukul 09.02 WITA.",
        "Pemindaian Senin, 3 Juli 2023, pukul 09.02 WITA oleh Gerbang A baru diterima pukul 09.02 WITA.",
        "Dicatat manual oleh kunci API Situs web pukul 09.02 WITA.",
        "Diizinkan masuk oleh kunci API Situs web pukul 09.02 WITA: Izin Kabid",
        "Pemindaian pukul 09.02 WITA dibatalkan oleh Gerbang A pukul 09.03 WITA: Salah orang",
    ]
    [mine] = sentences(await page(door, f"number={person.number}"))
    assert "Salah orang" in mine
    assert sentences(await page(door, "kind=admitted&number=")) == [
        "Diizinkan masuk oleh kunci API Situs web pukul 09.02 WITA: Izin Kabid"
    ]
    assert sentences(await page(door, "number=nobody")) == []


async def test_the_papers_are_linked_for_those_who_may_read_contacts(door: Door) -> None:
    path = f"/api/v1/workshops/{door.workshop.id}"
    html = await page(door)
    for name in ("attendance-sheet.pdf?date=2023-07-03", "attendance-sheet.xlsx?date=2023-07-04", "badges.pdf"):
        assert f'href="{path}/{name}"' in html
    assert f'href="/staff/door?workshop={door.workshop.id}"' in html
    seen_by_viewers = await page(door, role=Role.VIEWER)
    assert f'href="{path}' not in seen_by_viewers
    assert "/staff/door" not in seen_by_viewers


async def test_the_page_is_for_staff_who_read_attendance(door: Door) -> None:
    cookie, _csrf = await signed_in(door.database, door.house, Role.DOOR)
    assert (await door.client.get("/staff/attendance", headers=cookie)).status_code == 403
    assert (await door.client.get("/staff/attendance")).headers["location"].startswith("/sign-in")
    other = await Door.open(door.client, door.database)
    theirs, _csrf = await signed_in(door.database, other.house, Role.OWNER)
    answer = await door.client.get(f"/staff/attendance?workshop={door.workshop.id}", headers=theirs)
    assert answer.status_code == 404
