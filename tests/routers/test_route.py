"""What every route of the API does: conditional reads, known parameters, and what is wrong said in words."""

from typing import Any

import pytest
from httpx import AsyncClient
from pydantic import TypeAdapter, ValidationError

from service.db import Database
from service.models.columns import Day, Instant
from service.models.workshops_shapes import Zone
from tests import factories
from tests.routers.test_registrations import make
from tests.support.each import each

READS = [
    "/api/v1/organizers/{slug}/organisations",
    "/api/v1/organisations",
    "/api/v1/data-items",
    "/api/v1/commitments",
    "/api/v1/messages",
    "/api/v1/events",
    "/api/v1/staff",
    "/api/v1/api-keys",
    "/api/v1/reports",
    "/api/v1/workshops/{id}/registrations",
    "/api/v1/workshops/{id}/invitations",
    "/api/v1/workshops/{id}/devices",
    "/api/v1/workshops/{id}/attendance",
    "/api/v1/workshops/{id}/rooms",
]


@pytest.mark.parametrize("path", READS)
async def test_every_read_can_be_asked_whether_it_changed(client: AsyncClient, database: Database, path: str) -> None:
    house, gathering, key = await make(database)
    url = path.format(id=gathering.id, slug=house.slug)
    first = await client.get(url, headers=key)
    assert first.status_code == 200, first.text
    unchanged = await client.get(url, headers=key | {"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_the_etag_of_a_list_changes_with_it(client: AsyncClient, database: Database) -> None:
    house, _gathering, key = await make(database)
    before = await client.get("/api/v1/organisations", headers=key)
    async with database.write() as session:
        await factories.organisation(session, house, "dinkes")
    after = await client.get("/api/v1/organisations", headers=key | {"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert [one["code"] for one in after.json()["items"]] == ["dinkes"]


async def test_an_unknown_parameter_is_named(client: AsyncClient, database: Database) -> None:
    await make(database)
    answer = await client.get("/api/v1/workshops?organisasi=luwu")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/organisasi")


async def test_a_repeated_parameter_is_refused_unless_it_is_a_list(client: AsyncClient, database: Database) -> None:
    _house, _gathering, key = await make(database)
    answer = await client.get("/api/v1/workshops?limit=2&limit=3")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/limit")
    types = "type=workshop.created&type=workshop.changed"
    assert (await client.get(f"/api/v1/events?{types}", headers=key)).status_code == 200


async def test_what_is_wrong_is_said_in_words(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}"
    refused = await client.delete(f"{url}/registrations", headers=key)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    form = await client.post("/api/v1/holidays/import", json={}, headers=key)
    assert form.status_code == 400
    assert "multipart/form-data" in form.json()["detail"]
    either = await client.post(f"{url}/materials", content=b"x", headers=key | {"Content-Type": "text/plain"})
    assert either.json()["content_types"] == ["multipart/form-data", "application/json"]

    async def said(method: str, path: str, body: dict[str, Any]) -> str:
        answer = await client.request(method, path, json=body, headers=key | {"If-Match": "*"})
        assert answer.status_code == 422
        return str(answer.json()["errors"][0]["message"])

    role = await said("POST", "/api/v1/staff", {"email": "a@b.id", "name": "A", "role": "super_owner"})
    assert role == "Pilih salah satu: 'owner', 'organizer', 'door', 'viewer' atau 'steward'."
    assert "tanda hubung" in await said("POST", "/api/v1/organisations", {"code": "dinas kesehatan", "name": "X"})
    assert await said("PATCH", url, {"title": None}) == "Wajib diisi."


@each("absurd", [1_800_000_000, 1.8e9, "1800090000000", "1800000000", "2027-01-15", "2027-01-15T08:00:00", True, None])
def test_an_instant_is_an_rfc_3339_text_with_offset(absurd: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(absurd)
    if absurd != "2027-01-15":
        with pytest.raises(ValidationError):
            TypeAdapter(Day).validate_python(absurd)


def test_a_zone_is_a_place_or_utc() -> None:
    zone: TypeAdapter[str] = TypeAdapter(Zone)
    assert [zone.validate_python(name) for name in ("Asia/Makassar", "Asia/Ujung_Pandang", "UTC")]
    for nowhere in ("localtime", "Factory", "posixrules", "asia/makassar", "+08:00"):
        with pytest.raises(ValidationError):
            zone.validate_python(nowhere)
