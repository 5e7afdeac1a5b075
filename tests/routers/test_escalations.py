"""Letters to heads, the regional secretary's list, and reminding by hand, over the API."""

from datetime import date
from io import BytesIO

import pytest
from httpx import AsyncClient
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlmodel import select

from service import clock
from service.db import Database
from service.domain import escalations, submissions, workshops
from service.models.commitments import Commitment
from service.models.commitments_shapes import SubmissionFields
from service.models.escalations import Escalation
from service.models.organizers import Organizer
from service.models.people import Organisation
from tests import factories
from tests.factories import at
from tests.support import promises
from tests.support.promises import Scene

API = "/api/v1"


def text_of(content: bytes) -> str:
    """The words of a PDF, in one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


async def raised(database: Database) -> tuple[Scene, list[Escalation]]:
    """Two agencies are so late that each has its letter, and one of them stands on the list."""
    async with database.write() as session:
        scene = await promises.scene(session)
        house = await session.get_one(Organizer, scene.house.id)
        house.letterhead = {"government": "Pemerintah Kabupaten Luwu", "place": "Belopa"}
        (await session.get_one(Organisation, scene.agency.id)).name = "Dinas Perpustakaan dan Kearsipan"
        for due in (14, 17):
            await scene.ask(session, due_date=date(2023, 7, due))
        await scene.ask(session, organisation=scene.other.code, due_date=date(2023, 7, 24))
    rows: list[Escalation] = []
    for day in ("07-24 08:00", "07-31 08:00"):
        clock.freeze(at(day))
        async with database.write() as session:
            rows += await escalations.raise_due(session, scene.workshop.id)
    return scene, rows


async def test_steps_are_listed_numbered_and_dealt_with(client: AsyncClient, database: Database) -> None:
    scene, rows = await raised(database)
    assert sorted(row.level.value for row in rows) == ["letter", "letter", "list"]
    url = f"{API}/escalations"
    first = await client.get(url, params={"workshop": str(scene.workshop.id), "limit": 2}, headers=scene.headers)
    rest = await client.get(url, params={"limit": 2, "cursor": first.json()["next"]}, headers=scene.headers)
    found = first.json()["items"] + rest.json()["items"]
    assert {one["id"] for one in found} == {str(row.id) for row in rows}
    letter = next(one for one in found if one["organisation"] == scene.agency.code and one["level"] == "letter")
    assert (letter["items"], letter["working_days_late"], letter["due_date"]) == (2, 11, "2023-07-14")

    one = f"{url}/{letter['id']}"
    tag = (await client.get(one, headers=scene.headers)).headers["etag"]
    number = {"letter_number": "005/231/Diskominfo-SP/2023"}
    assert (await client.patch(one, json=number, headers=scene.headers)).status_code == 428
    changed = await client.patch(one, json=number, headers=scene.headers | {"If-Match": tag})
    assert (changed.status_code, changed.json()["letter_number"]) == (200, number["letter_number"])
    assert (await client.patch(one, json=number, headers=scene.headers | {"If-Match": tag})).status_code == 412

    for note in ("Disampaikan melalui kurir.", "Lagi"):
        answer = await client.post(f"{one}/handled", json={"note": note}, headers=scene.headers)
        assert (answer.status_code, answer.json()["note"]) == (200, "Disampaikan melalui kurir.")
    handled = await client.get(url, params={"handled": "true"}, headers=scene.headers)
    assert [item["id"] for item in handled.json()["items"]] == [letter["id"]]
    assert (await client.get(url, headers=scene.agency_headers)).status_code == 403


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_letter_asks_the_head_for_what_is_late_and_orders_nothing(
    client: AsyncClient, database: Database
) -> None:
    scene, rows = await raised(database)
    letter = next(row for row in rows if row.organisation_id == scene.agency.id)
    url = f"{API}/escalations/{letter.id}/letter.pdf"
    answer = await client.get(url, headers=scene.headers)
    assert answer.headers["content-type"] == "application/pdf"
    said = text_of(answer.content)
    for part in ("Yth. Pimpinan Dinas Perpustakaan dan Kearsipan", "14 Juli 2023", "11 hari kerja", "bukan merupakan"):
        assert part in said
    assert "/portal/" not in said
    async with database.write() as session:
        actor = scene.agency_actor()
        query = select(Commitment.id).where(Commitment.organisation_id == scene.agency.id)
        for commitment in await session.exec(query):
            await submissions.submit(session, actor, commitment, SubmissionFields(), url="https://data.contoh.go.id/1")
    # What was all settled is printed as it was when it was raised.
    later = text_of((await client.get(url, headers=scene.headers)).content)
    assert "6 hari kerja" in later


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_secretarys_list_names_who_is_late_after_a_letter(client: AsyncClient, database: Database) -> None:
    scene, _rows = await raised(database)
    url = f"{API}/workshops/{scene.workshop.id}/escalation-list"
    printed = text_of((await client.get(f"{url}.pdf", headers=scene.headers)).content)
    assert "Dinas Perpustakaan dan Kearsipan" in printed
    assert scene.other.name not in printed
    assert "disiapkan 24 Juli 2023" in printed
    sheet = load_workbook(BytesIO((await client.get(f"{url}.xlsx", headers=scene.headers)).content)).active
    assert sheet
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert "Dinas Perpustakaan dan Kearsipan" in cells
    assert 11 in cells


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_list_follows_what_is_late_now_and_says_how_many_are_late_but_not_that_late(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        scene = await promises.scene(session)
        await scene.ask(session)
    url = f"{API}/workshops/{scene.workshop.id}/escalation-list"

    async def listed() -> str:
        sheet = load_workbook(BytesIO((await client.get(f"{url}.xlsx", headers=scene.headers)).content)).active
        assert sheet
        cells = " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
        printed = text_of((await client.get(f"{url}.pdf", headers=scene.headers)).content)
        assert (scene.agency.name in printed) == (scene.agency.name in cells)
        assert ("Belum ada yang terlambat" in printed) == ("Belum ada yang terlambat" in cells)
        return cells

    assert "Nihil: tidak ada data yang melewati tenggat." in await listed()
    clock.freeze(at("07-27 08:00"))
    near = "Belum ada yang terlambat 10 hari kerja; 1 perangkat daerah terlambat kurang dari itu."
    assert near in await listed()
    # Nobody raised anything meanwhile.
    clock.freeze(at("07-28 08:00"))
    assert scene.agency.name in await listed()


async def test_the_rule_is_merged_and_its_list_comes_after_its_letter(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        scene = await promises.scene(session)
    url = f"{API}/organizer"
    read = await client.get(url, headers=scene.headers)
    assert read.json()["escalation"] == {"letter_after": 5, "list_after": 10, "send": False}
    match = scene.headers | {"If-Match": read.headers["etag"]}
    wrong = await client.patch(url, json={"escalation": {"letter_after": 12}}, headers=match)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/escalation/list_after")
    changed = await client.patch(url, json={"escalation": {"list_after": None}}, headers=match)
    assert changed.json()["escalation"] == {"letter_after": 5, "list_after": None, "send": False}
    match = scene.headers | {"If-Match": changed.headers["etag"]}
    changed = await client.patch(url, json={"escalation": {"send": True}}, headers=match)
    assert changed.json()["escalation"] == {"letter_after": 5, "list_after": None, "send": True}


async def test_organisations_are_reminded_at_once_and_told_who_was_not(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        scene = await promises.scene(session)
        (await session.get_one(Organisation, scene.agency.id)).contacts = [{"email": "umum@luwukab.go.id"}]
        await scene.ask(session)
    body = {"workshop": str(scene.workshop.id)}
    answers = [await client.post(f"{API}/commitments/reminders", json=body, headers=scene.headers) for _ in range(2)]
    assert answers[0].json() == {"reminded": [scene.agency.code], "skipped": []}
    assert answers[1].json()["skipped"] == [{"organisation": scene.agency.code, "reason": "reminded_today"}]
    viewer = await client.post(f"{API}/commitments/reminders", json=body, headers=scene.agency_headers)
    assert viewer.status_code == 403
    async with database.write() as session:
        await workshops.cancel(session, scene.actor, scene.workshop.id, "Ditunda")
    called_off = await client.post(f"{API}/commitments/reminders", json=body, headers=scene.headers)
    assert (called_off.status_code, called_off.json()["title"]) == (409, "Kegiatan ini dibatalkan")
    async with database.write() as session:
        other = await factories.organizer(session)
        stranger = await factories.api_key(session, other)
    assert (await client.post(f"{API}/commitments/reminders", json=body, headers=stranger)).status_code == 404
