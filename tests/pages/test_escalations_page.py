"""The committee's page of letters and the secretary's list: what is there, what is to come, and what it does."""

import re

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service.db import Database
from service.models.escalations import Escalation
from service.models.organizers import Organizer, Role
from tests.pages.world import signed_in
from tests.routers.test_escalations import raised
from tests.support import promises


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_letter_is_numbered_and_marked_as_dealt_with_on_the_page(
    client: AsyncClient, database: Database
) -> None:
    scene, rows = await raised(database)
    cookie, csrf = await signed_in(database, scene.house, Role.STEWARD)
    url = f"/staff/escalations?workshop={scene.workshop.id}"
    page = (await client.get(url, headers=cookie)).text
    assert page.count("data melewati tenggat, yang tertua terlambat") == 3
    assert "terlambat 11 hari kerja" in page
    assert re.search(rf"<strong[^>]*>{scene.other.name}</strong><p[^>]*>Senin, 7 Agustus 2023", page)
    letter = next(row for row in rows if row.organisation_id == scene.agency.id)
    action = f"/staff/escalations/{letter.id}"
    assert action in page

    assert (await client.post(action, headers=cookie, data={"do": "handled"})).status_code == 403
    bad = await client.post(action, headers=cookie, data={"csrf": csrf, "do": "number", "letter_number": "a" * 400})
    assert (bad.status_code, f'id="letter_number-{letter.id}-refusal-1"' in bad.text) == (422, True)
    number = {"csrf": csrf, "do": "number", "letter_number": "005/231"}
    done = await client.post(action, headers=cookie, data=number)
    assert done.headers["location"] == f"{url}&done=numbered"
    await client.post(action, headers=cookie, data={"csrf": csrf, "do": "handled", "note": "Melalui kurir"})
    async with database.read() as session:
        kept = (await session.exec(select(Escalation).where(Escalation.id == letter.id))).one()
    assert (kept.letter_number, kept.note, kept.handled_at is not None) == ("005/231", "Melalui kurir", True)
    assert action not in (await client.get(url, headers=cookie)).text
    handled = (await client.get(f"{url}&show=handled", headers=cookie)).text
    assert "Nomor surat: 005/231" in handled
    assert "Melalui kurir" in handled

    viewer, _csrf = await signed_in(database, scene.house, Role.VIEWER)
    assert '<form method="post"' not in (await client.get(url, headers=viewer)).text


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_owner_sets_after_how_many_days_which_step_follows(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        scene = await promises.scene(session)
    cookie, csrf = await signed_in(database, scene.house, Role.OWNER)
    url, action = f"/staff/escalations?workshop={scene.workshop.id}", "/staff/escalations/rule"
    page = (await client.get(url, headers=cookie)).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    sent = {"csrf": csrf, "workshop": str(scene.workshop.id), "version": version[1]}
    for wrong in ({"letter_after": "7", "list_after": "5"}, {"letter_after": "lima"}):
        refused = await client.post(action, headers=cookie, data=sent | wrong)
        assert (refused.status_code, 'class="field field-refused"' in refused.text) == (422, True)
    done = await client.post(action, headers=cookie, data=sent | {"list_after": "8", "send": "yes"})
    assert done.headers["location"] == f"{url}&done=rule"
    async with database.read() as session:
        kept = (await session.get_one(Organizer, scene.house.id)).escalation
    assert kept == {"letter_after": None, "list_after": 8, "send": True}
    late = await client.post(action, headers=cookie, data=sent | {"list_after": "9"})
    assert (late.status_code, "alert" in late.text) == (422, True)
    steward, csrf = await signed_in(database, scene.house, Role.STEWARD)
    assert action not in (await client.get(url, headers=steward)).text
    assert (await client.post(action, headers=steward, data=sent | {"csrf": csrf})).status_code == 403
