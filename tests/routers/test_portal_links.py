"""Each contact of an agency has a way in of its own, and losing one costs the others nothing."""

from httpx import AsyncClient

from service.auth import Permission
from service.db import Database, settings_of
from service.domain import portal_links
from service.models.commitments import Axis
from service.models.portal_links import PortalLink
from service.tokens import Purpose, new_id
from tests import factories
from tests.support.promises import history_of, scene

API = "/api/v1"


async def test_contacts_act_as_their_agency_and_are_shut_out_one_by_one(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        s = await scene(session, "luwu")
        mine = await s.ask(session, data_item="DI-G01")
        stranger = await factories.api_key(session, await factories.organizer(session))
        keeper = await factories.api_key(session, s.house, Permission.ORGANISATIONS_WRITE)
    links = f"{API}/organisations/{s.agency.code}/portal-links"
    made = []
    for label in ("Kasubag Program", "Sekretaris"):
        body = {"label": label, "email": f" {label.split()[0]}@luwukab.go.id"}
        answer = await client.post(links, json=body, headers=s.headers)
        assert answer.status_code == 201, answer.text
        made.append(answer.json())
    first, second = made
    assert first["portal"].endswith(f"/portal/{first['token']}")
    listed = (await client.get(links, headers=s.headers)).json()["items"]
    assert [(row["label"], row["email"]) for row in listed] == [
        ("Kasubag Program", "Kasubag@luwukab.go.id"),
        ("Sekretaris", "Sekretaris@luwukab.go.id"),
    ]
    assert not {"token", "portal"} & set(listed[0])
    assert [row["email"] for row in (await client.get(links, headers=keeper)).json()["items"]] == [None, None]
    assert (await client.get(links, headers=stranger)).status_code == 404
    assert (await client.delete(f"{API}/portal-links/{first['id']}", headers=stranger)).status_code == 404

    pledge = f"{API}/portal/commitments/{mine.id}/pledge"
    office = {"signatory_office": "Kepala Dinas"}
    assert (await client.post(pledge, json=office, headers=factories.bearer(first["token"]))).status_code == 200
    [_asked, promised] = [row for row in await history_of(database, mine.id) if row.axis is Axis.COMMITMENT]
    assert promised.by == f"organisation:{s.agency.id}"

    async def opens() -> list[bool]:
        ways = [first["token"], second["token"], factories.forged(second["token"])]
        headers = [*map(factories.bearer, ways), s.agency_headers]
        return [(await client.get(f"{API}/portal", headers=one)).status_code == 200 for one in headers]

    assert await opens() == [True, True, False, True]
    assert (await client.delete(f"{API}/portal-links/{first['id']}", headers=s.headers)).status_code == 204
    assert (await client.get(f"/portal/{first['token']}")).status_code == 404
    assert await opens() == [False, True, False, True]
    await client.post(f"{API}/organisations/{s.agency.code}/portal-link/rotation", headers=s.headers)
    assert await opens() == [False, True, False, False]
    assert [row["label"] for row in (await client.get(links, headers=s.headers)).json()["items"]] == ["Sekretaris"]


def test_an_address_with_a_link_of_its_own_is_known_however_it_is_spelled() -> None:
    link = PortalLink(
        organizer_id=new_id(), organisation_id=new_id(), label="Staf", email="Umum@Luwukab.go.id", key_id="1"
    )
    known = ["umum@luwukab.go.id", "UMUM@luwukab.go.id.", "bidang@luwukab.go.id"]
    assert portal_links.without_link(known, [link]) == ["bidang@luwukab.go.id"]


async def test_a_link_of_another_purpose_or_of_an_agency_that_has_enough_is_none(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        s = await scene(session, "luwu")
        keyring = settings_of(session).keyring
        many = [
            PortalLink(organizer_id=s.house.id, organisation_id=s.agency.id, label="Staf", key_id=s.agency.key_id)
            for _number in range(portal_links.MOST)
        ]
        session.add_all(many)
        await session.flush()
        swapped = [
            keyring.issue(Purpose.PORTAL, many[0].id, 1, many[0].key_id),
            keyring.issue(Purpose.PORTAL_CONTACT, s.agency.id, 1, s.agency.key_id),
        ]
    for token in swapped:
        assert (await client.get(f"{API}/portal", headers=factories.bearer(token))).status_code == 401
    links = f"{API}/organisations/{s.agency.code}/portal-links"
    refused = await client.post(links, json={"label": "Staf"}, headers=s.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_portal_links")
    await client.delete(f"{API}/portal-links/{many[0].id}", headers=s.headers)
    assert (await client.post(links, json={"label": "Staf"}, headers=s.headers)).status_code == 201
    wrong = await client.post(links, json={"label": "Staf", "email": "bukan surel"}, headers=s.headers)
    assert wrong.json()["errors"][0]["pointer"] == "/email"
