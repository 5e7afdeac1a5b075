"""The agenda's page: what is typed is judged and kept, and stored as the API would store it."""

import re
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from httpx import AsyncClient

from service import clock
from service.auth import Permission
from service.db import Database
from service.domain import agenda
from service.domain.agenda import Plan
from service.models.attendance import Attendance
from service.models.organizers import Organizer, Role
from service.models.workshops import Workshop, WorkshopStatus
from service.pages.agenda_grid import Half, Row
from tests import factories
from tests.factories import at
from tests.pages.reading import Reading, faults
from tests.pages.world import signed_in

NAMES = {f"row-{one.name}" for one in fields(Row)} | {f"half-{one.name}" for one in fields(Half)}
NAMES |= {"row", "half", "version", "csrf"}


class Desk:
    """Somebody of the committee, and the agenda's form as a browser without a script has it."""

    def __init__(self, client: AsyncClient, cookie: dict[str, str], workshop: Workshop) -> None:
        self.client, self.cookie = client, cookie
        self.action = f"/staff/setup/agenda/{workshop.id}"
        self.page = f"/staff/setup/agenda?workshop={workshop.id}"
        self.fields: list[tuple[str, str]] = []
        self._ids: list[str] = []
        self.html = ""
        self.status = 200

    async def open(self) -> None:
        self._show((await self.client.get(self.page, headers=self.cookie)).text)

    async def press(self, deed: str, **few: str) -> str:
        """Where the button leads, or nothing where the form is shown again."""
        sent = [*self.fields, ("do", deed), *((name.replace("_", "-"), value) for name, value in few.items())]
        headers = self.cookie | {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await self.client.post(self.action, headers=headers, content=urlencode(sent))
        self.status = answer.status_code
        if answer.status_code != 303:
            self._show(answer.text)
        return str(answer.headers.get("location", ""))

    def type(self, identity: str, value: str) -> None:
        [place] = [n for n, one in enumerate(self._ids) if one == identity]
        self.fields[place] = self.fields[place][0], value

    def open_rows(self) -> list[str]:
        """The numbers that the open rows show."""
        return re.findall(r'class="fields" role="group" aria-label="Baris (\d+)"', self.html)

    def said(self) -> str:
        """What the panel of conflicts says."""
        panel = re.search(r'<div id="conflicts".*?</div></div>', self.html, re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", panel[0]).split()) if panel else ""

    def _show(self, html: str) -> None:
        assert faults(html, "id") == []
        self.html, self.fields, self._ids = html, [], []
        chosen = False
        for tag, one in Reading(html).tags:
            if tag in {"input", "select"} and one["name"] in NAMES:
                self.fields.append((one["name"], one.get("value", "")))
                self._ids.append(one.get("id", ""))
                chosen = tag == "input"
            elif tag == "option" and self.fields and not chosen:
                chosen = "selected" in one
                if chosen or not self.fields[-1][1]:
                    self.fields[-1] = self.fields[-1][0], one["value"]


async def prepared(database: Database, status: WorkshopStatus) -> tuple[Organizer, Workshop]:
    clock.freeze(at("06-20 09:00"))
    async with database.write() as session:
        house = await factories.organizer(session)
        return house, await factories.workshop(session, house, status=status, venue_name="Aula")


async def stored(database: Database, workshop: Workshop) -> Plan:
    async with database.read() as session:
        return await agenda.load(session, await session.get_one(Workshop, workshop.id))


async def test_an_agenda_is_written_judged_and_stored_by_buttons_alone(client: AsyncClient, database: Database) -> None:
    house, workshop = await prepared(database, WorkshopStatus.DRAFT)
    before = await stored(database, workshop)
    cookie, _csrf = await signed_in(database, house, Role.ORGANIZER)
    desk = Desk(client, cookie, workshop)
    await desk.open()
    assert "Semuanya cocok" in desk.said()

    assert not await desk.press("row-add 2023-07-03")
    desk.type("row-4-title", "Rencana tindak lanjut")
    desk.type("row-4-starts", "16:00")
    desk.type("row-4-half", "s1")
    await desk.press("check")
    assert "bertabrakan waktunya" in desk.said()
    assert '<li id="row-4" class="line line-row" data-tone="error">' in desk.html
    assert desk.open_rows() == ["4", "5"]
    assert len((await stored(database, workshop)).items) == len(before.items)

    assert "Baris 5, Sen, 3 Jul:" in desk.said()
    assert '<b class="line-number numbers">5</b>' in desk.html

    await desk.press("row-open 0")
    desk.type("row-0-starts", "02:00")
    await desk.press("row-open 1")
    desk.type("row-1-starts", "03:00")
    assert (await desk.press("save"), desk.html.count("Waktunya di luar waktu kegiatan.</p>")) == ("", 2)
    desk.type("row-0-starts", "09:15")
    desk.type("row-1-starts", "10:15")
    desk.type("row-4-starts", "16:15")
    desk.type("row-4-ends", "tadi")
    assert (await desk.press("save"), desk.status) == ("", 422)
    assert 'id="row-4-ends-refusal-1"' in desk.html
    desk.type("row-4-ends", "17:00")
    await desk.press("half-open 1")
    assert desk.open_rows() == []
    desk.type("half-1-hours", "5")
    assert await desk.press("save") == f"{desk.page}&done=saved"

    after = await stored(database, workshop)
    assert [item.id for item in after.items if item.title == "Materi"] == [item.id for item in before.items]
    assert [block.id for block in after.blocks] == [block.id for block in before.blocks]
    assert (after.blocks[1].hours, after.blocks[1].ends_at) == (5, at("07-03 17:00"))
    assert after.workshop.version == before.workshop.version + 1
    await desk.open()
    assert "Semuanya cocok" in desk.said()


async def test_rows_stand_in_one_light_line_until_they_are_opened_one_at_a_time(
    client: AsyncClient, database: Database
) -> None:
    house, workshop = await prepared(database, WorkshopStatus.DRAFT)
    cookie, _csrf = await signed_in(database, house, Role.ORGANIZER)
    desk = Desk(client, cookie, workshop)
    await desk.open()
    assert {name for name, _value in desk.fields} == {"row", "half", "version", "csrf"}
    closed = re.findall(r'<li id="row-\d+".*?</li>', desk.html, re.DOTALL)
    assert 'title="Baris 1"' in closed[0]
    assert "09.15" in closed[0]
    assert max(map(len, closed)) < 1_000

    await desk.press("row-open 1")
    assert (desk.open_rows(), "Perubahan belum disimpan." in desk.html) == (["2"], False)
    desk.type("row-1-title", "Materi & <praktik>")
    await desk.press("row-open 2")
    assert (desk.open_rows(), "Perubahan belum disimpan." in desk.html) == (["3"], True)
    assert "<strong>Materi &amp; &lt;praktik&gt;</strong>" in desk.html
    await desk.press("row-shut 2")
    assert desk.open_rows() == []
    assert await desk.press("save") == f"{desk.page}&done=saved"
    assert "Materi & <praktik>" in [item.title for item in (await stored(database, workshop)).items]
    desk.fields.append(("row", "terlalu\nsedikit"))
    assert (await desk.press("check"), desk.status) == ("", 400)


async def test_an_announced_agenda_first_says_who_is_told_and_never_overwrites_unseen(
    client: AsyncClient, database: Database
) -> None:
    house, workshop = await prepared(database, WorkshopStatus.PUBLISHED)
    async with database.write() as session:
        await factories.registration(session, workshop, email="camat@demo.invalid")
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    desk = Desk(client, cookie, workshop)
    await desk.open()
    await desk.press("row-open 0")
    desk.type("row-0-starts", "09:30")
    assert (await desk.press("save"), desk.status) == ("", 200)
    assert 'name="confirmed"' in desk.html
    assert (await stored(database, workshop)).blocks[0].starts_at == at("07-03 09:15")

    async with database.write() as session:
        (await session.get_one(Workshop, workshop.id)).version += 1
    assert (await desk.press("save", confirmed="yes"), desk.status) == ("", 412)
    assert "berubah sejak halaman ini dibuka" in desk.html
    assert ("row-starts", "09:30") in desk.fields
    assert await desk.press("save", confirmed="yes") == f"{desk.page}&done=saved"
    assert (await stored(database, workshop)).blocks[0].starts_at == at("07-03 09:30")

    async with database.write() as session:
        person = await factories.registration(session, workshop)
        block = (await agenda.load(session, await session.get_one(Workshop, workshop.id))).blocks[3]
        there: Any = {"registration_id": person.id, "block_id": block.id, "workshop_id": workshop.id}
        session.add(Attendance(**there, present=True, last_fact_at=clock.now()))
    await desk.open()
    await desk.press("half-remove 3")
    assert (await desk.press("save", confirmed="yes"), desk.status) == ("", 409)
    viewer, _csrf = await signed_in(database, house, Role.VIEWER)
    assert (await client.get(desk.page, headers=viewer)).status_code == 403
    assert (await client.post(desk.action, headers=cookie, data={"csrf": csrf, "row-id": "x"})).status_code == 400


async def test_the_api_names_the_same_conflicts(client: AsyncClient, database: Database) -> None:
    house, workshop = await prepared(database, WorkshopStatus.DRAFT)
    async with database.write() as session:
        key = await factories.api_key(session, house, Permission.WORKSHOPS_READ)
        plan = await agenda.load(session, await session.get_one(Workshop, workshop.id))
        plan.items[1].ends_at = at("07-03 13:30")
    url = f"/api/v1/workshops/{workshop.id}/agenda/conflicts"
    answer = await client.get(url, headers=key)
    found = answer.json()["items"]
    assert [(one["code"], one["severity"]) for one in found] == [
        ("overlap", "error"),
        ("blocks_overlap", "error"),
        ("block_minutes", "warning"),
    ]
    assert found[0]["items"] == [str(plan.items[1].id), str(plan.items[2].id)]
    assert found[1]["blocks"] == ["D1P", "D1S"]
    again = await client.get(url, headers=key | {"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
