"""Reports and lists of commitments as tables to read and files to take along."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from httpx import AsyncClient
from openpyxl import load_workbook
from sqlalchemy import update
from sqlmodel import col

from service import auth
from service.auth import Permission
from service.db import Database
from service.documents import report_paper
from service.domain import reports
from service.domain.reports import papers
from service.domain.reports.tables import table
from service.models.people import Organisation
from tests import factories
from tests.support import fixture_world
from tests.support.report_tables import Tables

END = date(2023, 8, 1)
NASTY = '=HYPERLINK("http://x";"y")'


async def luwu(database: Database) -> tuple[Tables, dict[str, str]]:
    """The fixture with one organisation of a nasty name, and the headers of who may read reports."""
    async with database.write() as session:
        tables = Tables(session, fixture_world.world(fixture_world.fixture()))
        await tables.write()
        await session.exec(update(Organisation).where(col(Organisation.code) == "dlh").values(name=NASTY))
        readers = (Permission.REPORTS_READ, Permission.COMMITMENTS_READ)
        headers = await factories.api_key(session, tables.organizer, *readers)
    return tables, headers


def read_csv(content: bytes, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=separator))


async def test_every_answer_is_a_table_with_names_and_its_rows_lead_to_what_they_count(
    database: Database, client: AsyncClient
) -> None:
    tables, headers = await luwu(database)
    actor = auth.system(tables.organizer.id)
    async with database.read() as session:
        made = {}
        for name in reports.REPORTS:
            read = await reports.ask(session, actor, name, tables.workshop.id, END)
            made[name] = await table(session, actor, read)
    assert all(len(line.cells) == len(one.columns) for one in made.values() for line in one.rows)
    assert all(one.rows for one in made.values())
    assert made["most-overdue"].rows[1].cells == (NASTY, 2, 7)
    assert [column.number for column in made["most-overdue"].columns] == [False, True, True]
    assert made["single-day-organisations"].notes == ("Jumlah perangkat daerah yang hadir setiap hari: 27",)
    assert ("Hadir hanya pada hari ke-2", "damkar") in [one.cells for one in made["single-day-organisations"].rows]
    # Drilled down to, a row lists as many commitments as it says.
    late = made["most-overdue"].rows[1]
    found = await client.get("/api/v1/commitments", params={"as_of": "2023-08-01", **late.filters}, headers=headers)
    assert {item["organisation"] for item in found.json()["items"]} == {"dlh"}
    assert len({item["data_item"] for item in found.json()["items"]}) == late.cells[1]
    lines = {line.cells[0]: line for line in made["readiness"].rows}
    listed = await client.get(
        "/api/v1/commitments", params={"as_of": "2023-08-01", "limit": 200, **lines["economy"].filters}, headers=headers
    )
    assert len({item["data_item"] for item in listed.json()["items"]}) == lines["economy"].cells[1]


async def test_people_are_named_only_to_who_may_read_registrations(database: Database) -> None:
    tables, _headers = await luwu(database)
    async with database.read() as session:
        everything = auth.system(tables.organizer.id)
        read = await reports.ask(session, everything, "online-shortfalls", tables.workshop.id, END)
        told = await table(session, everything, read)
        screen = await table(session, replace(everything, permissions=frozenset({Permission.REPORTS_READ})), read)
    assert told.rows[0].cells[1:3] == ("Jabatan 47", "dishub")
    assert screen.rows[0].cells[1:3] == ("P-dishub-1", "")


async def test_reports_come_as_csv_xlsx_and_pdf_and_carry_no_formula(database: Database, client: AsyncClient) -> None:
    tables, headers = await luwu(database)
    about = {"workshop": str(tables.workshop.id), "as_of": "2023-08-01"}

    async def got(path: str, **more: str) -> bytes:
        answer = await client.get(f"/api/v1/{path}", params=about | more, headers=headers)
        assert answer.status_code == 200, answer.text
        assert "attachment" in answer.headers["content-disposition"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        return answer.content

    rows = read_csv(await got("reports/most-overdue.csv", separator="semicolon"), ";")
    assert rows[1] == {"Instansi": f"'{NASTY}", "Data terlambat": "2", "Terlama (hari kerja)": "7"}
    sheet = load_workbook(io.BytesIO(await got("reports/most-overdue.xlsx"))).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert [(cell.value, cell.data_type) for cell in cells if cell.value == NASTY] == [(NASTY, "s")]
    assert (await got("reports/missing-evidence.pdf")).startswith(b"%PDF-")
    # The brief carries the burn-up, with words for who does not see it; a single report carries none.
    assert (await got("dashboard.pdf", paper="f4")).startswith(b"%PDF-")
    async with database.read() as session:
        actor = auth.system(tables.organizer.id)
        drawn = report_paper.drawn(await papers.of_dashboard(session, actor, tables.workshop.id, END))
        alone = await papers.of_report(session, actor, "readiness", tables.workshop.id, END)
    assert drawn is not None
    assert re.fullmatch(r"Penyerahan data terhadap tenggat: diminta \d+, jatuh tempo \d+, .*\.", str(drawn["said"]))
    assert ET.fromstring(str(drawn["svg"])).tag == "{http://www.w3.org/2000/svg}svg"
    assert report_paper.drawn(alone) is None
    for path in ("reports/nothing.csv", "reports/nothing.xlsx", "reports/nothing.pdf"):
        assert (await client.get(f"/api/v1/{path}", params=about, headers=headers)).status_code == 404


async def test_commitments_come_as_files_with_the_filters_and_the_moment_of_the_list(
    database: Database, client: AsyncClient
) -> None:
    _tables, headers = await luwu(database)
    for params in ({"as_of": "2023-08-01", "overdue": "true"}, {"as_of": "2023-07-20", "dimension": "economy"}):
        listed = await client.get("/api/v1/commitments", params={"limit": 200, **params}, headers=headers)
        items: list[Mapping[str, object]] = listed.json()["items"]
        exported = await client.get("/api/v1/commitments.csv", params=params, headers=headers)
        rows = read_csv(exported.content)
        assert [row["Kode komitmen"] for row in rows] == [item["code"] for item in items]
        assert [row["Menunggu"] for row in rows] == [item["waiting_on"] or "" for item in items]
        late = [str(item["working_days_late"]) if item["overdue"] else "" for item in items]
        assert [row["Terlambat (hari kerja)"] for row in rows] == late
    book = await client.get("/api/v1/commitments.xlsx", params={"as_of": "2023-08-01"}, headers=headers)
    sheet = load_workbook(io.BytesIO(book.content)).worksheets[0]
    everything = await client.get("/api/v1/commitments", params={"as_of": "2023-08-01", "limit": 200}, headers=headers)
    assert sheet.max_row == len(everything.json()["items"]) + 1
