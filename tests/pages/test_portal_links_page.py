"""The committee hands a contact its own way into a portal, sees it once, and closes it."""

import re

from httpx import AsyncClient

from service.db import Database
from service.models.organizers import Role
from tests import factories
from tests.pages.world import signed_in
from tests.support.promises import scene


async def test_a_link_is_shown_once_and_opens_until_it_is_closed(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session, "luwu")
        await factories.organisation(session, await factories.organizer(session), "asing", name="Dinas Asing")
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    path = f"/staff/portals/{s.agency.code}"
    assert f'href="{path}"' in (await client.get("/staff/portals", headers=cookie)).text
    assert "Dinas Asing" not in (await client.get("/staff/portals", headers=cookie)).text
    for odd in ("/staff/portals/asing", "/staff/portals/%00", "/api/v1/organisations/%00/portal-links"):
        assert (await client.get(odd, headers=cookie)).status_code == 404
    assert (await client.get("/staff/portals?after=%00", headers=cookie)).status_code == 422

    form = {"csrf": csrf, "do": "add", "label": "Kasubag Program", "email": "program@luwukab.go.id"}
    made = await client.post(path, data=form, headers=cookie)
    [link] = re.findall(r'id="tautan-baru">http://127\.0\.0\.1:8000(/portal/[^<]+)<', made.text)
    [main] = re.findall(r'id="tautan-utama">http://127\.0\.0\.1:8000(/portal/[^<]+)<', made.text)
    # Reloading the answer sends the form again: the contact must not get every mail twice.
    again = await client.post(path, data=form | {"email": "Program@luwukab.go.id"}, headers=cookie)
    assert (again.status_code, 'href="#email"' in again.text) == (422, True)
    listed = (await client.get(path, headers=cookie)).text
    assert "program@luwukab.go.id" in listed
    assert link not in listed
    assert "1 tautan kontak" in (await client.get("/staff/portals", headers=cookie)).text
    assert [(await client.get(way)).status_code for way in (link, main)] == [200, 200]

    [identity] = re.findall(r'name="link" value="([^"]+)"', listed)
    closed = await client.post(path, data={"csrf": csrf, "do": "close", "link": identity}, headers=cookie)
    assert closed.headers["location"] == f"{path}?done=closed"
    assert [(await client.get(way)).status_code for way in (link, main)] == [404, 200]
    await client.post(path, data={"csrf": csrf, "do": "rotate"}, headers=cookie)
    assert (await client.get(main)).status_code == 404


async def test_what_is_wrong_with_a_new_link_is_said_and_a_reader_has_no_business_here(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        s = await scene(session, "luwu")
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    path = f"/staff/portals/{s.agency.code}"
    for typed, field in (({}, "label"), ({"label": "Kasubag", "email": "bukan surel"}, "email")):
        refused = await client.post(path, data={"csrf": csrf, "do": "add", **typed}, headers=cookie)
        assert refused.status_code == 422
        assert re.findall(r'<li><a href="#(\w+)">', refused.text) == [field]
    assert (await client.post(path, data={"do": "rotate"}, headers=cookie)).status_code == 403
    for typed in ({"do": "close", "link": "x"}, {"do": "open"}):
        assert (await client.post(path, data={"csrf": csrf, **typed}, headers=cookie)).status_code == 400
    reader, _csrf = await signed_in(database, s.house, Role.VIEWER)
    assert (await client.get(path, headers=reader)).status_code == 403
    assert "/staff/portals" not in (await client.get("/staff/commitments", headers=reader)).text
