"""Which workshop the pages of the committee open on, and how they say which one it is."""

import html
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Role
from service.models.workshops import WorkshopStatus
from service.pages import choosing
from tests import factories
from tests.factories import at
from tests.pages.reading import Reading
from tests.pages.world import signed_in

PAGES = ("attendance", "presences", "door", "certificates", "messages")
TITLE = "Bimbingan Teknis Penyusunan Masterplan Kota Cerdas dan Quick Win Tahap"
# The statements behind it run on both kinds of database elsewhere.
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@ON_SQLITE
async def test_every_page_opens_on_the_workshop_that_has_just_ended_and_names_it(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        for title, status, start, days in (
            ("I", WorkshopStatus.COMPLETED, "07-03 08:00", 1),
            ("II", WorkshopStatus.PUBLISHED, "08-14 08:00", 0),
            ("III", WorkshopStatus.DRAFT, "07-05 08:00", 0),
            ("IV", WorkshopStatus.CANCELLED, "07-04 08:00", 0),
        ):
            times: dict[str, Any] = {"starts_at": at(start), "ends_at": at(start) + timedelta(days=days, hours=8)}
            await factories.workshop(session, house, title=f"{TITLE} {title}", status=status, blocks=False, **times)
    cookie, _csrf = await signed_in(database, house, Role.ORGANIZER)
    clock.freeze(at("07-05 09:00"))
    for page in PAGES:
        text = html.unescape((await client.get(f"/staff/{page}", headers=cookie)).text)
        assert f"selected>3–4 Juli 2023 · {TITLE} I</option>" in text, page
        assert len(Reading(text).all("option")) >= 4, page
        assert text.index(f"{TITLE} IV · dibatalkan</option>") > text.index(f"{TITLE} I</option>"), page
    clock.freeze(at("08-13 09:00"))
    door = html.unescape((await client.get("/staff/door", headers=cookie)).text)
    assert f"selected>Senin, 14 Agustus 2023 · {TITLE} II</option>" in door


@ON_SQLITE
async def test_one_beyond_the_list_can_be_shown_and_stands_in_it(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "EACH_WAY", 1)
    async with database.write() as session:
        house = await factories.organizer(session)
        made = [
            await factories.workshop(
                session, house, title=f"Minggu {week}", starts_at=day, ends_at=day + timedelta(hours=8), blocks=False
            )
            for week in range(4)
            for day in (at("07-03 08:00") + timedelta(weeks=week),)
        ]
    cookie, _csrf = await signed_in(database, house, Role.ORGANIZER)
    clock.freeze(at("07-12 08:00"))
    for workshop, titles in ((made[1], [2, 1]), (made[0], [2, 1, 0])):
        page = (await client.get("/staff/door", params={"workshop": str(workshop.id)}, headers=cookie)).text
        assert [f"Minggu {week}</option>" in page for week in range(4)] == [week in titles for week in range(4)]
        assert f'value="{workshop.id}" selected' in page
