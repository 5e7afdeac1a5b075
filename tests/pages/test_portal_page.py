"""The pages behind an agency's portal link: what it owes, and its answers."""

import re
from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database, settings_of
from service.domain import submissions
from service.models.commitments import Commitment, CommitmentStatus, FulfilmentStatus
from service.models.invitations import Invitation
from service.models.organizers import Holiday
from service.models.people import Organisation
from service.settings import Settings
from tests import factories
from tests.factories import at
from tests.support.promises import Scene, scene, stored

URL = "https://data.luwukab.go.id/set/12"


class Portal:
    """An agency's portal with one commitment, due on Friday 14 July."""

    def __init__(self, s: Scene, mine: Commitment, token: str) -> None:
        self.scene, self.mine = s, mine
        self.path = f"/portal/{token}"
        self.commitment = f"{self.path}/commitments/{mine.id}"


@pytest.fixture
async def portal(database: Database) -> Portal:
    async with database.write() as session:
        s = await scene(session, "luwu")
        mine = await s.ask(session, data_item="DI-G01")
        key_id = settings_of(session).keyring.current_id
        ids: dict[str, Any] = {"organizer_id": s.house.id, "workshop_id": s.workshop.id, "organisation_id": s.agency.id}
        session.add(Invitation(**ids, key_id=key_id))
        return Portal(s, mine, factories.portal_token(session, s.agency))


async def test_the_portal_says_who_we_are_what_we_owe_and_where_we_are_invited(
    client: AsyncClient, portal: Portal
) -> None:
    page = await client.get(portal.path)
    assert page.status_code == 200
    assert portal.scene.agency.name in page.text
    assert "1 data belum diserahkan. Tenggat terdekat: Jumat, 14 Juli 2023." in page.text
    assert f'<a href="{portal.commitment}">RPJMD</a>' in page.text
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    [workshop_page] = re.findall(r'href="(/w/[^"]+)"', page.text)
    assert (await client.get(workshop_page)).status_code == 200


async def test_what_is_late_says_by_how_many_working_days(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    async with database.write() as session:
        session.add(Holiday(organizer_id=portal.scene.house.id, day=date(2023, 7, 19), name="Tahun Baru Islam"))
    clock.freeze(at("07-24 09:00"))
    for path in (portal.path, portal.commitment):
        assert "Tenggat: Jumat, 14 Juli 2023 (terlambat 5 hari kerja)" in (await client.get(path)).text
    assert "1 data melewati tenggat dan belum diserahkan." in (await client.get(portal.path)).text


async def test_a_promise_is_made_by_an_office(client: AsyncClient, database: Database, portal: Portal) -> None:
    sent = await client.post(portal.commitment, data={"do": "pledge", "signatory_office": "Kepala Dinas"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{portal.commitment}?done=pledged")
    page = (await client.get(sent.headers["location"])).text
    assert "Kesanggupan sudah dicatat." in page
    assert "Disanggupi oleh Kepala Dinas" in page
    assert 'value="pledge"' not in page
    assert (await stored(database, portal.mine.id)).commitment_status is CommitmentStatus.COMMITTED


async def test_a_refusal_to_promise_needs_a_reason(client: AsyncClient, database: Database, portal: Portal) -> None:
    refused = await client.post(portal.commitment, data={"do": "decline"})
    assert refused.status_code == 422
    assert '<a href="#reason">Tuliskan alasan secara singkat.</a>' in refused.text
    await client.post(portal.commitment, data={"do": "decline", "reason": "Bukan kewenangan\r\nkami."})
    assert (await stored(database, portal.mine.id)).commitment_status is CommitmentStatus.DECLINED
    assert "Tidak ada data yang masih harus diserahkan." in (await client.get(portal.path)).text
    page = (await client.get(portal.commitment)).text
    assert "Alasan: Bukan kewenangan\nkami." in page
    assert "<form" not in page


async def test_a_link_is_handed_in_without_a_promise_returned_and_handed_in_again(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    typed = {"do": "submit", "url": URL, "note": "Semester I", "partial": "yes"}
    sent = await client.post(portal.commitment, data=typed)
    assert sent.headers["location"].endswith("?done=submitted")
    page = (await client.get(portal.commitment)).text
    assert f'<a href="{URL}" rel="noopener noreferrer">' in page
    assert "Semester I" in page
    assert "Baru sebagian" in page
    assert 'value="submit"' not in page
    again = await client.post(portal.commitment, data=typed)
    assert again.status_code == 409
    assert "Tindakan tidak berlaku pada status ini" in again.text
    async with database.write() as session:
        actor = portal.scene.actor
        read = await client.get(f"/api/v1/commitments/{portal.mine.id}", headers=portal.scene.headers)
        delivery = factories.uuid(read.json()["submissions"][0]["id"])
        await submissions.send_back(session, actor, delivery, "Satuan belum diisi")
    returned = (await client.get(portal.commitment)).text
    assert "Dikembalikan untuk diperbaiki. Alasan: Satuan belum diisi" in returned
    await client.post(portal.commitment, data={"do": "submit", "url": f"{URL}?v=2"})
    assert (await stored(database, portal.mine.id)).fulfilment_status is FulfilmentStatus.SUBMITTED


async def test_more_time_is_asked_for(client: AsyncClient, database: Database, portal: Portal) -> None:
    data = {"do": "extend", "until": "2023-07-28", "why": "Menunggu data kecamatan"}
    await client.post(portal.commitment, data=data)
    assert (await stored(database, portal.mine.id)).requested_until == date(2023, 7, 28)
    assert "Perpanjangan sampai Jumat, 28 Juli 2023 sudah diminta" in (await client.get(portal.commitment)).text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"do": "pledge"}, "signatory_office"),
        ({"do": "submit"}, "url"),
        ({"do": "submit", "url": "javascript:alert(1)"}, "url"),
        ({"do": "submit", "url": "luwukab"}, "url"),
        ({"do": "extend", "why": "Menunggu"}, "until"),
        ({"do": "extend", "why": "Menunggu", "until": "besok"}, "until"),
        ({"do": "extend", "why": "Menunggu", "until": "2023-07-14"}, "until"),
        ({"do": "extend", "until": "2023-07-28"}, "why"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    client: AsyncClient, database: Database, portal: Portal, typed: dict[str, str], field: str
) -> None:
    answer = await client.post(portal.commitment, data=typed)
    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == [field]
    assert f'id="{field}"' in answer.text
    assert (await stored(database, portal.mine.id)).version == portal.mine.version


async def test_nobody_opens_or_answers_what_is_not_theirs(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    async with database.write() as session:
        theirs = await portal.scene.ask(session, organisation=portal.scene.other.code)
    strange = f"{portal.path}/commitments/{theirs.id}"
    promise = {"do": "pledge", "signatory_office": "Kepala Dinas"}
    assert (await client.get(strange)).status_code == 404
    assert (await client.post(strange, data=promise)).status_code == 404
    async with database.write() as session:
        (await session.get_one(Organisation, portal.scene.agency.id)).link_version += 1
    for path in (portal.path, portal.commitment):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert portal.scene.agency.name not in answer.text
    assert (await client.post(portal.commitment, data=promise)).status_code == 404
    assert (await stored(database, portal.mine.id)).commitment_status is CommitmentStatus.REQUESTED


@pytest.mark.parametrize("typed", [{}, {"do": "accept"}])
async def test_a_button_that_does_not_exist_does_nothing(
    client: AsyncClient, portal: Portal, typed: dict[str, str]
) -> None:
    assert (await client.post(portal.commitment, data=typed)).status_code == 400


async def test_looking_changes_nothing_and_the_demo_says_that_it_is_one(
    client: AsyncClient, database: Database, portal: Portal, settings: Settings
) -> None:
    settings.now = clock.now()
    for path in (portal.path, f"{portal.commitment}?done=pledged"):
        assert "Mode demo" in (await client.get(path)).text
    assert (await stored(database, portal.mine.id)).version == portal.mine.version
