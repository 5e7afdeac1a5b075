"""A committee prepares a workshop by clicks: from an occasion or a copy, through its steps, to the announcement."""

import re
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.auth import system
from service.db import Database
from service.domain import workshop_drafts
from service.domain.workshop_kinds import OCCASIONS
from service.models.organizers import Holiday, Organizer, Programme, Role
from service.models.outbox import EventRow
from service.models.workshops import AttendanceBlock, Capacity, Workshop, WorkshopStatus
from service.pages import choosing, setup_details
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in
from tests.support.statements import counted


class Desk:
    """A browser of the committee."""

    def __init__(self, client: AsyncClient, house: Organizer, cookie: dict[str, str], csrf: str) -> None:
        self.client, self.house, self.cookie, self.csrf = client, house, cookie, csrf

    async def get(self, path: str) -> str:
        answer = await self.client.get(path, headers=self.cookie)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    async def post(self, path: str, **typed: object) -> tuple[int, str]:
        """Status, and where it leads or what it says."""
        answer = await self.client.post(path, headers=self.cookie, data={"csrf": self.csrf} | typed)
        return answer.status_code, answer.headers.get("location") or answer.text

    async def form(self, path: str) -> dict[str, object]:
        """What the form of the details holds, as a browser would send it."""
        page = await self.get(path)
        values: dict[str, object] = {}
        for tag in re.findall(r"<input [^>]+>", page):
            name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and (("checkbox" not in tag and "radio" not in tag) or " checked" in tag):
                known = values.get(name[1])
                said = value[1] if value else ""
                values[name[1]] = [*known, said] if isinstance(known, list) else [known, said] if known else said
        values |= dict(re.findall(r'<textarea id="([^"]+)".*?>(.*?)</textarea>', page, re.DOTALL))
        for name, options in re.findall(r'<select id="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
            chosen = re.search(r'value="([^"]*)" selected', options)
            values[name] = chosen[1] if chosen else ""
        return values


@pytest.fixture
async def desk(client: AsyncClient, database: Database) -> Desk:
    clock.freeze(at("06-01 08:00"))
    async with database.write() as session:
        house = await factories.organizer(session, letterhead={"contact": "kominfo@luwukab.go.id"})
    return Desk(client, house, *await signed_in(database, house, Role.ORGANIZER))


async def only(database: Database) -> Workshop:
    async with database.read() as session:
        return (await session.exec(select(Workshop))).one()


async def test_a_workshop_is_made_prepared_rehearsed_announced_and_called_off(desk: Desk, database: Database) -> None:
    assert 'href="/staff/new"' in await desk.get("/staff")
    refused = await desk.post("/staff/new", occasion="bimtek")
    assert (refused[0], "Pilih tanggal hari pertama." in refused[1]) == (422, True)
    status, details = await desk.post("/staff/new", occasion="bimtek", starts_on="2023-07-03", title="Bimtek I")
    row = await only(database)
    assert (status, details) == (303, f"/staff/setup/details?workshop={row.id}&done=made")
    page = await desk.get(f"/staff/setup?workshop={row.id}")
    assert "Tempat belum diisi" in page
    assert f'action="/staff/setup/{row.id}/publish"' not in page
    too_early = await desk.post(f"/staff/setup/{row.id}/publish")
    assert (too_early[0], "Periksa kembali isian" in too_early[1], "missing" in too_early[1]) == (409, True, False)
    form = await desk.form(details)
    wrong = await desk.post(f"/staff/setup/details/{row.id}", **form | {"ends_at": "2023-07-01T08:00", "title": "Baru"})
    assert (wrong[0], 'href="#ends_at"' in wrong[1], 'value="Baru"' in wrong[1]) == (422, True, True)
    saved = await desk.post(f"/staff/setup/details/{row.id}", **form | {"venue_name": "Aula", "reminders": ["day"]})
    assert saved == (303, f"/staff/setup/details?workshop={row.id}&done=saved")
    changed = await only(database)
    assert (changed.venue_name, changed.reminders, changed.title) == ("Aula", ["day"], "Bimtek I")
    stale = await desk.post(f"/staff/setup/details/{row.id}", **form | {"title": "Terlambat"})
    assert (stale[0], 'value="Terlambat"' in stale[1]) == (412, True)
    assert "Judul kegiatan: Yang tersimpan sekarang: Bimtek I" in stale[1]
    await desk.post(f"/staff/setup/{row.id}/rehearsal", rehearsal="on")
    assert "hanya dikirim ke panitia" in await desk.get(details)
    await desk.post(f"/staff/setup/{row.id}/rehearsal", rehearsal="off")
    assert (await desk.post(f"/staff/setup/{row.id}/publish"))[0] == 303
    assert "Nyatakan selesai" not in await desk.get(f"/staff/setup?workshop={row.id}")
    nameless = await desk.post(f"/staff/setup/{row.id}/cancel")
    assert (nameless[0], "Tuliskan alasannya." in nameless[1]) == (422, True)
    long = await desk.post(f"/staff/setup/{row.id}/cancel", reason="Cuti " * 99)
    assert ('class="consequence" open' in long[1], f'value="{("Cuti " * 99).strip()}"' in long[1]) == (True, True)
    await desk.post(f"/staff/setup/{row.id}/cancel", reason="Cuti bersama")
    over = await only(database)
    assert (over.status, over.cancellation_reason) == (WorkshopStatus.CANCELLED, "Cuti bersama")


async def test_a_form_that_was_left_alone_changes_nothing(desk: Desk, database: Database) -> None:
    async with database.write() as session:
        odd = at("07-04 23:59") + timedelta(seconds=59)
        row = await factories.workshop(
            session, desk.house, registration_closes_at=odd, venue_latitude=-3.394812345, venue_longitude=120.1
        )
    path = f"/staff/setup/details?workshop={row.id}"
    assert (await desk.post(f"/staff/setup/details/{row.id}", **await desk.form(path)))[0] == 303
    after = await only(database)
    assert (after.version, after.registration_closes_at) == (1, odd)


async def test_a_change_of_an_announced_workshop_is_saved_once_its_effect_was_read(
    desk: Desk, database: Database
) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, desk.house, title="Bimtek <I>")
        await factories.registration(session, row)
    form = await desk.form(f"/staff/setup/details?workshop={row.id}")
    later = form | {"starts_at": "2023-07-10T08:00", "ends_at": "2023-07-11T16:00", "closes_at": "2023-07-11T12:00"}
    status, asked = await desk.post(f"/staff/setup/details/{row.id}", **later)
    assert (status, "1 peserta diberi tahu" in asked, (await only(database)).version) == (200, True, 1)
    status, again = await desk.post(f"/staff/setup/details/{row.id}", **later | {"edit": "yes"})
    assert (status, 'value="2023-07-10T08:00"' in again, (await only(database)).version) == (200, True, 1)
    assert (await desk.post(f"/staff/setup/details/{row.id}", **later | {"confirmed": "yes"}))[0] == 303
    async with database.read() as session:
        moved = (await session.exec(select(Workshop))).one()
        first = (await session.exec(select(AttendanceBlock).order_by(col(AttendanceBlock.position)))).first()
        assert first
        assert (moved.starts_at, first.starts_at) == (at("07-10 08:00"), at("07-10 09:15"))


async def test_a_room_is_pasted_replaced_and_closed_while_the_page_says_what_follows(
    desk: Desk, database: Database
) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, desk.house)
    path = f"/staff/setup/room/{row.id}"
    wrong = await desk.post(f"{path}/open", provider="static", url="ftp://x")
    assert (wrong[0], 'id="url-refusal-1"' in wrong[1]) == (422, True)
    unset = await desk.post(f"{path}/open", provider="zoom")
    assert unset[0] == 409
    await desk.post(f"{path}/open", provider="static", url="https://meet.example.go.id/j/1")
    page = await desk.get(f"/staff/setup/room?workshop={row.id}")
    [replace] = re.findall(rf'action="({path}/[^"]+/replace)"', page)
    field = "url-" + replace.split("/")[-2]
    wrong = await desk.post(replace, **{field: "ftp://y"})
    said = (f'href="#{field}"', 'class="consequence" open', 'value="ftp://y"')
    assert [one in wrong[1] for one in said] == [True, True, True]
    assert "/staff/integrations" not in page
    assert (await desk.post(replace, **{field: "https://meet.example.go.id/j/2"}))[0] == 303
    page = await desk.get(f"/staff/setup/room?workshop={row.id}")
    assert ("j/2" in page, "j/1" in page) == (True, False)
    [close] = re.findall(rf'action="({path}/[^"]+/close)"', page)
    assert (await desk.post(close))[1].endswith("done=closed")
    assert "Belum ada ruang daring" in await desk.get(f"/staff/setup?workshop={row.id}")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_saving_loses_neither_what_the_pickers_do_not_reach_nor_what_a_spreadsheet_brings(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "EACH_WAY", 1)
    monkeypatch.setattr(setup_details, "MOST_PROGRAMMES", 1)
    async with database.write() as session:
        programmes = [Programme(organizer_id=desk.house.id, code=code, name=code) for code in ("a", "b")]
        session.add_all(programmes)
        times: dict[str, Any] = {"blocks": False, "ends_at": at("05-30 16:00")}
        old = await factories.workshop(session, desk.house, title="Lama", starts_at=at("05-01 08:00"), **times)
        await factories.workshop(session, desk.house, title="Baru", starts_at=at("05-02 08:00"), **times)
        own: dict[str, Any] = {"follows_id": old.id, "programme_id": programmes[1].id, "retention_days": 30}
        row = await factories.workshop(session, desk.house, status=WorkshopStatus.DRAFT, **own)
    form = await desk.form(f"/staff/setup/details?workshop={row.id}")
    pasted = {"venue_address": "Jl. Veteran\tNo. 1", "retention_days": ""}
    assert (await desk.post(f"/staff/setup/details/{row.id}", **form | pasted))[0] == 303
    async with database.read() as session:
        kept = await session.get_one(Workshop, row.id)
    assert (kept.follows_id, kept.programme_id) == (old.id, programmes[1].id)
    assert (kept.venue_address, kept.retention_days) == ("Jl. Veteran No. 1", desk.house.retention_days)
    assert f'value="{old.id}" selected' in await desk.get(f"/staff/new?copy={old.id}")
    many = await desk.post(f"/staff/setup/details/{row.id}", **form | {"version": "2", "aims": "Satu\n" * 21})
    assert "Tulis paling banyak 20 tujuan" in many[1]


async def test_every_occasion_makes_a_draft_that_only_lacks_its_place(desk: Desk, database: Database) -> None:
    made = {}
    async with database.write() as session:
        session.add(Holiday(organizer_id=desk.house.id, day=at("07-04 00:00").date(), name="Cuti bersama"))
        for occasion in OCCASIONS:
            row = await workshop_drafts.from_occasion(
                session, system(desk.house.id), occasion.code, at("07-03 00:00").date()
            )
            blocks = await session.exec(select(AttendanceBlock).where(AttendanceBlock.workshop_id == row.id))
            seats = (await session.get_one(Capacity, row.id)).offline_limit
            made[occasion.code] = (sum(block.hours for block in blocks), seats, row.ends_at)
    assert made == {
        # The second day of a Bimtek is the next working day, past the holiday.
        "bimtek": (14, 80, at("07-05 16:00")),
        "training": (7, 40, at("07-03 16:00")),
        "evaluation": (8, 60, at("07-03 16:00")),
        "coordination_meeting": (4, 50, at("07-03 12:00")),
        "needs": (4, 60, at("07-03 12:00")),
        "preparation_meeting": (7, 60, at("07-03 15:15")),
    }


async def test_home_shows_what_comes_and_finds_the_rest(desk: Desk, database: Database) -> None:
    async with database.write() as session:
        for title, day, status in (
            ("Yang mendatang", "08-01", WorkshopStatus.PUBLISHED),
            ("Yang lampau", "05-02", WorkshopStatus.COMPLETED),
            ("Yang dirancang", "09-01", WorkshopStatus.DRAFT),
        ):
            times: dict[str, Any] = {"starts_at": at(f"{day} 08:00"), "ends_at": at(f"{day} 16:00")}
            await factories.workshop(session, desk.house, title=title, status=status, blocks=False, **times)

    async def shown(query: str) -> list[str]:
        return re.findall(r">(Yang \w+)</a></h2>", await desk.get(f"/staff{query}"))

    assert await shown("") == ["Yang mendatang", "Yang dirancang"]
    assert await shown("?show=past") == ["Yang lampau"]
    assert await shown("?show=draft") == ["Yang dirancang"]
    assert await shown("?q=LAMP") == ["Yang lampau"]
    assert await shown("?show=all") == ["Yang dirancang", "Yang mendatang", "Yang lampau"]
    assert (await desk.client.get("/staff?after=x", headers=desk.cookie)).status_code == 422


async def test_nothing_is_prepared_for_others(desk: Desk, database: Database, client: AsyncClient) -> None:
    async with database.write() as session:
        theirs = await factories.workshop(session, await factories.organizer(session))
    viewer, csrf = await signed_in(database, desk.house, Role.VIEWER)
    for path in ("", "/details", "/room"):
        assert (await client.get(f"/staff/setup{path}?workshop={theirs.id}", headers=desk.cookie)).status_code == 404
        assert (await client.get(f"/staff/setup{path}", headers=viewer)).status_code == 403
    assert (await desk.post(f"/staff/setup/details/{theirs.id}", title="x"))[0] == 404
    assert (await desk.post("/staff/new/copy", **{"copy": str(theirs.id), "copy-starts_on": "2023-08-07"}))[0] == 404
    denied = await client.post(f"/staff/setup/{theirs.id}/publish", headers=viewer, data={"csrf": csrf})
    assert denied.status_code == 403
    async with database.read() as session:
        assert [*await session.exec(select(EventRow).where(EventRow.type == "workshop.created"))] == []


async def test_the_pages_ask_the_database_as_often_however_many_are_registered(desk: Desk, database: Database) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, desk.house)
    paths = ["/staff", "/staff/new", *(f"/staff/setup{step}?workshop={row.id}" for step in ("", "/details", "/room"))]
    counts = []
    for _time in range(2):
        for path in paths:
            await desk.get(path)
        with counted(database) as seen:
            for path in paths:
                await desk.get(path)
        counts.append(len(seen))
        async with database.write() as session:
            for _person in range(5):
                await factories.registration(session, await session.get_one(Workshop, row.id))
            await factories.workshop(session, desk.house)
    assert counts[0] == counts[1]
