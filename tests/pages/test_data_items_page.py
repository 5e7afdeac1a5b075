"""The committee keeps the catalogue, fills it from lists and programmes, and asks many at once, in plain forms."""

import html
import re
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import func, select

from service.db import Database
from service.models.commitments import Commitment
from service.models.organizers import Role
from tests.pages.world import signed_in
from tests.support.promises import Scene, scene

# The statements behind it run on both kinds of database in tests/routers.
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
PROGRAMME = {
    "code": "sc",
    "name": "Smart City",
    "stages": [{"code": "b1", "label": "Bimtek I", "due_date": "2023-07-21"}],
    "dimensions": [{"code": "living", "label": "Kehidupan Cerdas"}],
}
LIST = "Kode;Data;Dimensi;OPD\nL-1;Jumlah puskesmas;Kehidupan Cerdas;{office}\nL-2;Daftar posyandu;Langit;\n"


class Committee:
    """A signed-in browser without script."""

    def __init__(self, client: AsyncClient, s: Scene, cookie: dict[str, str], csrf: str) -> None:
        self.client, self.s, self.cookie, self.csrf = client, s, cookie, csrf

    async def shown(self, address: str) -> str:
        answer = await self.client.get(address, headers=self.cookie)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    async def post(self, address: str, **data: Any) -> Response:
        return await self.client.post(address, data={"csrf": self.csrf} | data, headers=self.cookie)

    async def upload(self, text: str, csrf: str = "") -> Response:
        files = {"file": ("katalog.csv", text.encode(), "text/csv")}
        data = {"csrf": csrf or self.csrf}
        return await self.client.post("/staff/catalogue/import", data=data, files=files, headers=self.cookie)


async def _committee(client: AsyncClient, database: Database, role: Role = Role.OWNER) -> Committee:
    async with database.write() as session:
        s = await scene(session)
    made = await client.post("/api/v1/programmes", json=PROGRAMME, headers=s.headers)
    assert made.status_code == 201
    return Committee(client, s, *await signed_in(database, s.house, role))


def _refusals(answer: Response) -> list[str]:
    """The fields that the summary leads to."""
    return re.findall(r'<li><a href="#(\w+)">', answer.text)


@ON_SQLITE
async def test_an_item_is_added_found_and_changed_once(client: AsyncClient, database: Database) -> None:
    there = await _committee(client, database)
    new = "/staff/catalogue/new"
    wrong = await there.post(new, code="A 1", item_kind="data", due="days", due_days="lima")
    assert (wrong.status_code, sorted(_refusals(wrong))) == (422, ["code", "due_days", "name"])
    values = {"code": "A-1", "name": "Jumlah puskesmas", "item_kind": "data", "dimension": "living", "due_date": "x"}
    added = await there.post(new, **values, due="stage", due_stage="b1", requested_from=there.s.agency.code)
    assert (added.status_code, added.headers["location"]) == (303, "/staff/data-items?done=added")
    found = await there.shown("/staff/data-items?q=puskesmas&dimension=living")
    assert "Tenggat mengikuti tahap Bimtek I" in found
    assert (there.s.agency.name in found, "RPJMD" in found) == (True, False)
    form = await there.shown("/staff/data-items/A-1")
    [version] = re.findall(r'name="version" value="(\d+)"', form)
    change = {"version": version, "name": "Puskesmas", "item_kind": "need", "due": "days", "due_days": "-3"}
    changed = await there.post("/staff/data-items/A-1", **change)
    assert changed.headers["location"] == "/staff/data-items?done=changed"
    listed = await there.shown("/staff/data-items?q=a-1")
    assert "Tenggat 3 hari kerja sebelum kegiatan" in listed
    assert (await there.post("/staff/data-items/A-1", **change)).status_code == 412
    emptied = await there.post("/staff/data-items/A-1", version="2", item_kind="need", due="day")
    assert (emptied.status_code, sorted(_refusals(emptied))) == (422, ["due_date", "name"])


@ON_SQLITE
async def test_a_list_is_tried_on_the_page_and_then_taken_over(client: AsyncClient, database: Database) -> None:
    there = await _committee(client, database)
    text = LIST.format(office=there.s.agency.code)
    assert (await there.upload(text, csrf="x")).status_code == 403
    assert (await there.upload("")).status_code == 422
    tried = await there.upload(text)
    assert tried.status_code == 200
    assert "Baris 3: Dimensi tidak dikenal." in html.unescape(tried.text)
    assert "L-1" not in await there.shown("/staff/data-items")
    [packed] = re.findall(r'name="packed" value="([^"]+)"', tried.text)
    assert (await there.post("/staff/catalogue/import/confirmed", packed=packed)).status_code == 409
    assert (await there.post("/staff/catalogue/import/confirmed", packed="eJwz")).status_code == 400
    taken = await there.post("/staff/catalogue/import/confirmed", packed=packed, skip_faulty="yes")
    assert taken.headers["location"] == "/staff/data-items?done=imported&count=1"
    assert "1 butir data diimpor." in await there.shown(taken.headers["location"])

    copies = "/staff/catalogue/copies"
    same = await there.post(copies, source="/sc", programme="sc")
    assert (same.status_code, _refusals(same)) == (422, ["ending"])
    copied = await there.post(copies, source="/sc", code="sc-2024", ending="-2024")
    assert copied.headers["location"] == "/staff/data-items?done=copied&count=1"
    assert "L-1-2024" in await there.shown("/staff/data-items?programme=sc-2024")


@ON_SQLITE
async def test_many_are_asked_after_the_page_said_how_much_that_is(client: AsyncClient, database: Database) -> None:
    there = await _committee(client, database)
    here, s = "/staff/catalogue/request", there.s
    await client.post("/api/v1/data-items", json={"code": "A-1", "name": "Peta"}, headers=s.headers)
    wish: dict[str, Any] = {"workshop": str(s.workshop.id), "what": "items", "whom": "organisations"}
    assert _refusals(await there.post(here, **wish)) == ["items"]
    wish |= {"item": ["A-1", "DI-G01"], "organisation": [s.agency.code, s.other.code]}
    tried = await there.post(here, **wish)
    assert "4 permintaan kepada 2 perangkat daerah." in tried.text

    async def count() -> int:
        async with database.read() as session:
            return (await session.exec(select(func.count()).select_from(Commitment))).one()

    assert await count() == 0
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', tried.text)
    confirmed: dict[str, list[str]] = {}
    for name, value in hidden:
        confirmed.setdefault(name, []).append(value)
    asked = await client.post(here, data=confirmed, headers=there.cookie)
    assert (asked.headers["location"], await count()) == ("/staff/data-items?done=requested&count=4", 4)
    again = await there.post(here, **wish)
    assert "4 sudah diminta sebelumnya dan dilewati." in again.text
    programme = await there.post(here, workshop=str(s.workshop.id), what="all", programme="sc", whom="requested_from")
    assert programme.status_code == 422
    owner = await there.post(here, workshop=str(s.workshop.id), what="items", item="A-1", whom="requested_from")
    assert "1 butir belum punya penanggung jawab dan dilewati: A-1." in owner.text


@ON_SQLITE
async def test_who_only_reads_sees_the_catalogue_and_changes_nothing(client: AsyncClient, database: Database) -> None:
    there = await _committee(client, database, Role.VIEWER)
    shown = await there.shown("/staff/data-items")
    assert ("RPJMD" in shown, "/staff/catalogue/" in shown) == (True, False)
    for address in ("new", "import", "request"):
        answer = await client.get(f"/staff/catalogue/{address}", headers=there.cookie)
        assert answer.status_code == 403
    assert (await there.post("/staff/catalogue/new", code="A-1", name="x")).status_code == 403
    assert (await there.upload("Kode;Data\nA-1;x\n")).status_code == 403
