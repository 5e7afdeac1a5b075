"""Who answers for the installation sees every organizer's figures and makes new ones; nobody else crosses."""

import re
from datetime import date

from httpx import AsyncClient
from sqlmodel import select

from service import auth, clock
from service.db import Database
from service.domain import commitments_requests, data_items
from service.models.accounts import StaffInvitation
from service.models.commitments_shapes import CommitmentCreate
from service.models.data_items_shapes import DataItemCreate
from service.models.organizers import Organizer, Role, Staff
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in
from tests.support.statements import counted

PAGE = "/staff/roll-up"


async def _house(database: Database, slug: str) -> Organizer:
    async with database.write() as session:
        house = await factories.organizer(session, slug)
        house.name = f"Kominfo {slug}"
        gathering = await factories.workshop(session, house, title=f"Bimtek {slug}")
        await factories.registration(session, gathering)
        office = await factories.organisation(session, house, "dinkes")
        for code, due in (("A", date(2023, 7, 1)), ("B", date(2023, 7, 30))):
            await data_items.add(session, auth.system(house.id), DataItemCreate(code=code, name=code))
            asked = CommitmentCreate(data_item=code, organisation=office.code, workshop=gathering.id, due_date=due)
            await commitments_requests.request(session, auth.system(house.id), asked)
        return house


async def test_figures_of_all_houses_cost_as_many_statements_as_those_of_one(
    client: AsyncClient, database: Database
) -> None:
    clock.freeze(at("07-10 09:00"))
    luwu = await _house(database, "luwu")
    cookie, _csrf = await signed_in(database, luwu, Role.SUPER_OWNER)
    with counted(database) as alone:
        await client.get(PAGE, headers=cookie)
    for slug in ("banjar", "wajo"):
        await _house(database, slug)
    async with database.write() as session:
        await factories.organizer(session, "kosong")
    with counted(database) as together:
        page = (await client.get(PAGE, headers=cookie)).text
    assert len(together) == len(alone)
    assert re.findall(r"<strong class=\"anywhere\">([^<]+)</strong>", page)[0] == "Kominfo banjar"

    answer = (await client.get("/api/v1/roll-up?limit=3", headers=cookie)).json()
    assert [one["slug"] for one in answer["items"]] == ["banjar", "kosong", "luwu"]
    banjar, empty, _luwu = answer["items"]
    assert (banjar["overdue"], banjar["awaiting_review"]) == (1, 0)
    assert {
        name: banjar["workshop"][name] for name in ("title", "registered", "present", "items", "readiness_pct")
    } == {
        "title": "Bimtek banjar",
        "registered": 1,
        "present": 0,
        "items": 2,
        "readiness_pct": 0.0,
    }
    assert (empty["workshop"], empty["overdue"]) == (None, 0)
    after = (await client.get(f"/api/v1/roll-up?cursor={answer['next']}", headers=cookie)).json()
    assert [one["slug"] for one in after["items"]] == ["wajo"]
    owner, _csrf = await signed_in(database, luwu, Role.OWNER)
    for address in (PAGE, "/api/v1/roll-up"):
        assert (await client.get(address, headers=owner)).status_code == 403
    assert PAGE not in (await client.get("/staff/backups", headers=owner)).text


async def test_a_new_organizer_comes_with_an_invitation_for_its_owner_or_not_at_all(
    client: AsyncClient, database: Database
) -> None:
    luwu = await _house(database, "luwu")
    cookie, csrf = await signed_in(database, luwu, Role.SUPER_OWNER)
    async with database.write() as session:
        (await session.exec(select(Staff))).one().super_owner = True
        (await session.get_one(Organizer, luwu.id)).timezone = "Asia/Jayapura"
    zones = (await client.get(PAGE, headers=cookie)).text
    assert '<option value="Asia/Jayapura" selected>WIT (Asia/Jayapura)</option>' in zones
    good = {"csrf": csrf, "name": "Kominfo Wajo", "slug": "wajo", "timezone": "Asia/Makassar"}
    owner = {"owner-name": "Kepala Dinas", "owner-email": "kadis@wajokab.go.id"}
    for typed, fields in (
        (good, ["owner-email", "owner-name"]),
        ({**good, **owner, "slug": "luwu"}, ["slug"]),
        ({**good, **owner, "slug": "Wajo Baru"}, ["slug"]),
        ({**good, **owner, "owner-email": "bukan surel"}, ["owner-email"]),
    ):
        refused = await client.post(PAGE, data=typed, headers=cookie)
        assert refused.status_code in {409, 422}
        assert re.findall(r'<li><a href="#([\w-]+)">', refused.text) == fields
        assert 'value="Kominfo Wajo"' in refused.text
    made = await client.post(PAGE, data=good | owner, headers=cookie)
    assert made.headers["location"] == f"{PAGE}?done=created"
    # Nothing is mailed from here, so the way to the link is told.
    assert "salin tautan undangan pemiliknya" in (await client.get(f"{PAGE}?done=created", headers=cookie)).text
    async with database.read() as session:
        wajo = (await session.exec(select(Organizer).where(Organizer.slug == "wajo"))).one()
        invited = (await session.exec(select(StaffInvitation))).one()
        assert (invited.organizer_id, invited.email, invited.role) == (wajo.id, "kadis@wajokab.go.id", Role.OWNER)
    entered = await client.post(f"{PAGE}/wajo", data={"csrf": csrf}, headers=cookie)
    assert (entered.status_code, entered.headers.get("location")) == (303, "/staff"), entered.text
    assert (await client.get("/api/v1/session", headers=cookie)).json()["organizer"]["slug"] == "wajo"
