"""The register of organisations over HTTP, and the link of their portal."""

from httpx import AsyncClient
from sqlmodel import SQLModel, select

from service.auth import Permission
from service.db import Database
from service.domain.organisations_removal import REFERRING
from service.models.portal_links import PortalLink
from tests import factories
from tests.support.promises import scene

NEW = {
    "code": "dishub",
    "name": "Dinas Perhubungan",
    "kind": "dinas",
    "contacts": [{"position": "Kasubag Program", "email": " dishub@luwukab.go.id. ", "phone": "0812-0000-0001"}],
}


async def test_an_organisation_is_added_read_and_changed_by_its_version(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        s = await scene(session)
    made = await client.post("/api/v1/organisations", json=NEW, headers=s.headers)
    assert made.status_code == 201
    contact = {
        "name": None,
        "position": "Kasubag Program",
        "email": "dishub@luwukab.go.id",
        "phone": "+6281200000001",
    }
    assert made.json()["contacts"] == [contact]
    read = await client.get("/api/v1/organisations/dishub", headers=s.headers)
    assert read.json() == made.json()
    again = await client.get(
        "/api/v1/organisations/dishub", headers={**s.headers, "If-None-Match": read.headers["etag"]}
    )
    assert again.status_code == 304
    patch = {"kind": None, "name": "Dinas Perhubungan dan Kominfo"}
    blind = await client.patch("/api/v1/organisations/dishub", json=patch, headers=s.headers)
    assert blind.status_code == 428
    versioned = {**s.headers, "If-Match": read.headers["etag"]}
    changed = await client.patch("/api/v1/organisations/dishub", json=patch, headers=versioned)
    assert (changed.json()["name"], changed.json()["kind"], changed.json()["version"]) == (patch["name"], None, 2)
    assert changed.json()["contacts"] == [contact]
    stale = await client.patch("/api/v1/organisations/dishub", json=patch, headers=versioned)
    assert stale.status_code == 412
    taken = await client.post("/api/v1/organisations", json=NEW, headers=s.headers)
    assert (taken.status_code, taken.json()["code"]) == (409, "code_taken")


async def test_a_contact_nobody_can_reach_is_named_and_never_echoed(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    for wrong, pointer in (
        ({"phone": "rahasia"}, "/contacts/0/phone"),
        ({"email": "rahasia"}, "/contacts/0/email"),
        ({}, "/contacts/0"),
    ):
        answer = await client.post("/api/v1/organisations", json=NEW | {"contacts": [wrong]}, headers=s.headers)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert "rahasia" not in answer.text


async def test_a_null_for_what_cannot_be_empty_is_refused(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    answer = await client.patch(
        f"/api/v1/organisations/{s.agency.code}", json={"name": None}, headers={**s.headers, "If-Match": "*"}
    )
    assert answer.status_code == 422


async def test_contacts_and_the_portal_link_are_for_those_who_may(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        viewer = await factories.api_key(session, s.house, Permission.ORGANISATIONS_READ)
    await client.post("/api/v1/organisations", json=NEW, headers=s.headers)
    seen = (await client.get("/api/v1/organisations/dishub", headers=viewer)).json()
    assert (seen["contacts"], seen["links"]) == (None, None)
    listed = await client.get("/api/v1/organisations", headers=viewer)
    assert "dishub@" not in listed.text
    assert "/portal/" not in listed.text
    assert (await client.post("/api/v1/organisations", json=NEW, headers=viewer)).status_code == 403


async def test_rotation_kills_the_old_portal_link_at_once(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    path = f"/api/v1/organisations/{s.agency.code}"
    old = (await client.get(path, headers=s.headers)).json()["links"]["portal"].rsplit("/", 1)[1]
    assert (await client.get("/api/v1/portal", headers=factories.bearer(old))).status_code == 200
    rotated = await client.post(f"{path}/portal-link/rotation", headers=s.headers)
    new = rotated.json()["links"]["portal"].rsplit("/", 1)[1]
    assert (await client.get("/api/v1/portal", headers=factories.bearer(old))).status_code == 401
    assert (await client.get("/api/v1/portal", headers=factories.bearer(new))).status_code == 200


async def test_the_public_sees_codes_and_names_only_page_by_page(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session, "luwu")
        await scene(session, "lain")
    first = (await client.get("/api/v1/organizers/luwu/organisations?limit=1")).json()
    second = (await client.get(f"/api/v1/organizers/luwu/organisations?limit=1&cursor={first['next']}")).json()
    expected = sorted([s.agency, s.other], key=lambda row: row.code)
    assert first["items"] + second["items"] == [{"code": row.code, "name": row.name} for row in expected]
    assert second["next"] is None
    assert (await client.get("/api/v1/organizers/tiada/organisations")).status_code == 404


async def test_another_house_finds_nothing(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s, stranger = await scene(session), await scene(session)
    path = f"/api/v1/organisations/{s.agency.code}"
    assert (await client.get(path, headers=stranger.headers)).status_code == 404
    rotated = await client.post(f"{path}/portal-link/rotation", headers=stranger.headers)
    assert rotated.status_code == 404
    assert (await client.get(path)).status_code == 401


async def test_only_an_organisation_to_which_nothing_refers_is_removed(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        double = await factories.organisation(session, s.house, "dinkes-2")
        named = await factories.organisation(session, s.house, "pln")
        session.add(PortalLink(organizer_id=s.house.id, organisation_id=named.id, label="x", key_id=named.key_id))
        stranger = await factories.api_key(session, await factories.organizer(session))
    place = f"/api/v1/organisations/{double.code}"
    assert (await client.delete(place, headers=stranger)).status_code == 404
    refused = await client.delete("/api/v1/organisations/pln", headers=s.headers)
    assert (refused.status_code, refused.json()["uses"]) == (409, {"portal_links": 1})
    assert (await client.delete(place, headers=s.headers)).status_code == 204
    assert (await client.get(place, headers=s.headers)).status_code == 404


def test_every_column_that_names_an_organisation_keeps_it() -> None:
    columns = [column for table in SQLModel.metadata.tables.values() for column in table.columns]
    naming = {str(one) for one in columns if any(key.target_fullname == "organisations.id" for key in one.foreign_keys)}
    assert {str(select(one)).split()[1] for one in REFERRING.values()} == naming - {
        "organisation_aliases.organisation_id"
    }
