"""The committee keeps its holidays: a day, or a pasted year; what moves is said before it is kept."""

import html
import json
import re
from typing import Any

from httpx import AsyncClient, Response

from service.db import Database
from service.domain import data_items
from service.models.data_items_shapes import DataItemCreate
from service.models.organizers import Role
from service.worker import Worker
from tests.pages.world import signed_in
from tests.support.promises import scene, stored

HERE = "/staff/holidays"
LIST = "Cuti bersama 2023\n5 Juli Cuti\n6 Juli Cuti\nomong kosong"


async def test_a_day_that_moves_a_due_date_is_asked_about_and_a_list_is_tried_first(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    async with database.write() as session:
        s = await scene(session)
        await data_items.add(session, s.actor, DataItemCreate(code="LATER", name="Peta", due_days=3))
        commitment = await s.ask(session, data_item="LATER")
        assert commitment.due_date is not None
        due = commitment.due_date.isoformat()
    cookie, csrf = await signed_in(database, s.house, Role.ORGANIZER)

    async def post(path: str, **data: Any) -> Response:
        return await client.post(HERE + path, data={"csrf": csrf} | data, headers=cookie)

    async def kept() -> list[tuple[str, str]]:
        answer = await client.get("/api/v1/holidays", headers=s.headers)
        return [(one["day"], one["kind"]) for one in answer.json()["items"]]

    def packed(answer: Response) -> dict[str, str]:
        fields = re.findall(r'name="(packed|version|verb|year|count)" value="([^"]*)"', answer.text)
        return {name: html.unescape(value) for name, value in fields}

    async def tried(text: str, **data: str) -> Response:
        files = {"file": ("", b"", "application/octet-stream")}
        return await client.post(HERE, data={"csrf": csrf, "text": text} | data, files=files, headers=cookie)

    far = await post("/add", day="2024-12-25", name="Natal", kind="libur_nasional")
    assert far.headers["location"] == f"{HERE}?year=2024&done=added&count=1"
    asked = await post("/add", day=due, name="Hari Jadi", kind="libur_daerah")
    assert "1 tenggat komitmen bergeser" in asked.text
    assert s.agency.name in asked.text
    assert await kept() == [("2024-12-25", "libur_nasional")]
    assert (await post("/confirmed", **packed(asked))).headers["location"] == f"{HERE}?year=2023&done=added&count=1"
    assert await kept() == [(due, "libur_daerah"), ("2024-12-25", "libur_nasional")]
    await worker.drain()
    moved = (await stored(database, commitment.id)).due_date
    assert moved is not None
    assert moved.isoformat() > due
    stale = await post("/confirmed", **packed(asked))
    assert (stale.status_code, (await post("/confirmed", packed="[]")).status_code) == (412, 400)

    gone = await post("/removed", day="2024-12-25")
    offer = await client.get(gone.headers["location"], headers=cookie)
    assert 'name="day" value="2024-12-25"' in offer.text
    assert await kept() == [(due, "libur_daerah")]

    assert (await tried("omong kosong")).status_code == 422
    assert (await tried(LIST, csrf="x")).status_code == 403
    trial = await tried(LIST, year="2020", whole="yes")
    assert "Tidak ada tanggal yang dapat dibaca." in trial.text
    told = packed(trial)
    assert [one["kind"] for one in json.loads(told["packed"])["items"]] == ["cuti_bersama"] * 2
    parts = {"text": (None, LIST), "whole": (None, "true")}
    same = (await client.post("/api/v1/holidays/import", files=parts, headers=s.headers)).json()
    assert (same["dry_run"], len(same["added"]), len(same["removed"]), same["moved"]) == (True, 2, 1, 1)
    assert [one["line"] for one in same["unread"]] == [4]
    assert (await post("/confirmed", **told)).headers["location"] == f"{HERE}?year=2023&done=imported&count=3"
    assert await kept() == [("2023-07-05", "cuti_bersama"), ("2023-07-06", "cuti_bersama")]
    form = await client.get(f"{HERE}?year=2023", headers=cookie)
    assert "Rabu, 5 Juli 2023" in form.text
    viewer, _csrf = await signed_in(database, s.house, Role.VIEWER)
    assert (await client.get(HERE, headers=viewer)).status_code == 403
