"""The organizer's public face, its settings, holidays and programmes."""

import pytest
from httpx import AsyncClient

from service.auth import Permission
from service.db import Database
from service.models.organizers import Organizer
from service.routers.access import cursor
from tests import factories
from tests.support.access_world import Headers

STAGES: list[dict[str, object]] = [
    {"code": "bimtek_1", "label": "Bimtek I", "date": "3-4 Juli 2023", "due_date": "2023-07-21"},
    {"code": "bimtek_2", "label": "Bimtek II"},
]
DIMENSIONS: list[dict[str, object]] = [
    {"code": "living", "label": "Kehidupan Cerdas", "sub": ["Harmony", "Health", "Mobility"], "coordinator": "dputr"},
    {"code": "economy", "label": "Ekonomi Cerdas"},
]
PROGRAMME = {
    "code": "smart-city",
    "name": "Gerakan Menuju 100 Smart City",
    "stages": STAGES,
    "dimensions": DIMENSIONS,
    "aliases": {"smart lighting": "living", "smart ekonomi": "economy"},
}
HOLIDAYS = [
    {"day": "2023-06-28", "name": "Cuti bersama Iduladha", "kind": "cuti_bersama"},
    {"day": "2023-06-29", "name": "Iduladha 1444 Hijriah", "kind": "libur_nasional"},
]


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session, "luwu", kemendagri_code="73.17", alias_domain="peserta.invalid")


@pytest.fixture
async def key(database: Database, house: Organizer) -> Headers:
    """An API key of the house with every permission."""
    async with database.write() as session:
        return await factories.api_key(session, house)


async def test_everybody_sees_name_zone_logo_and_calendar_and_no_more(client: AsyncClient, house: Organizer) -> None:
    answer = await client.get("/api/v1/organizers/luwu")
    assert answer.json() == {
        "slug": "luwu",
        "name": house.name,
        "timezone": "Asia/Makassar",
        "language": "id",
        "logo": None,
        "calendar": "http://127.0.0.1:8000/calendar/luwu.ics",
    }
    assert answer.headers["access-control-allow-origin"] == "*"
    again = await client.get("/api/v1/organizers/luwu", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await client.get("/api/v1/organizers/tiada")).status_code == 404


async def test_settings_change_by_merge_patch(client: AsyncClient, key: Headers) -> None:
    before = await client.get("/api/v1/organizer", headers=key)
    patch = {"name": "Diskominfo Luwu", "online_threshold": 0.7, "kemendagri_code": None}
    headers = key | {"If-Match": before.headers["etag"]}
    after = await client.patch("/api/v1/organizer", json=patch, headers=headers)
    changed = before.json() | patch | {"version": 2}
    assert after.json() | {"updated_at": ""} == changed | {"updated_at": ""}
    assert (await client.patch("/api/v1/organizer", json=patch, headers=headers)).status_code == 412
    assert (await client.get("/api/v1/organizers/luwu")).json()["name"] == "Diskominfo Luwu"


@pytest.mark.parametrize(
    "patch",
    [
        {"name": None},
        {"name": ""},
        {"timezone": "Asia"},
        {"timezone": "../../etc/passwd"},
        {"slug": "lain"},
        {"online_threshold": 0},
        {"certificate_threshold": 1.1},
        {"logo": "javascript:alert(1)"},
        {"alias_domain": "tanpa titik"},
        {"steward_code": "tiada"},
        {"join_window_minutes": -1},
    ],
)
async def test_unfit_settings_are_refused(client: AsyncClient, key: Headers, patch: dict[str, object]) -> None:
    answer = await client.patch("/api/v1/organizer", json=patch, headers=key | {"If-Match": "*"})
    assert answer.status_code == 422
    [pointer] = [error["pointer"] for error in answer.json()["errors"]]
    assert pointer == f"/{next(iter(patch))}"


async def test_the_steward_is_an_organisation_of_the_house(
    client: AsyncClient, database: Database, house: Organizer, key: Headers
) -> None:
    async with database.write() as session:
        await factories.organisation(session, house, "kominfo")
    answer = await client.patch("/api/v1/organizer", json={"steward_code": "kominfo"}, headers=key | {"If-Match": "*"})
    assert answer.json()["steward_code"] == "kominfo"


async def test_holidays_are_replaced_as_a_whole(client: AsyncClient, key: Headers) -> None:
    empty = await client.get("/api/v1/holidays", headers=key)
    assert empty.json() == {"items": [], "next": None}
    put = await client.put(
        "/api/v1/holidays", json={"items": HOLIDAYS[::-1]}, headers=key | {"If-Match": empty.headers["etag"]}
    )
    assert put.json() == {"items": HOLIDAYS, "next": None}
    read = await client.get("/api/v1/holidays", headers=key)
    assert (read.json(), read.headers["etag"]) == (put.json(), put.headers["etag"])
    late = key | {"If-Match": empty.headers["etag"]}
    assert (await client.put("/api/v1/holidays", json={"items": []}, headers=late)).status_code == 412
    await client.put("/api/v1/holidays", json={"items": HOLIDAYS[:1]}, headers=key | {"If-Match": "*"})
    assert (await client.get("/api/v1/holidays", headers=key)).json() == {"items": HOLIDAYS[:1], "next": None}


async def test_holidays_are_paged_by_day(client: AsyncClient, key: Headers) -> None:
    await client.put("/api/v1/holidays", json={"items": HOLIDAYS}, headers=key | {"If-Match": "*"})
    first = (await client.get("/api/v1/holidays?limit=1", headers=key)).json()
    second = (await client.get(f"/api/v1/holidays?limit=1&cursor={first['next']}", headers=key)).json()
    assert first["items"] + second["items"] == HOLIDAYS
    assert second["next"] is None
    assert (await client.get(f"/api/v1/holidays?cursor={cursor('kemarin')}", headers=key)).status_code == 422


async def test_a_day_is_one_holiday(client: AsyncClient, key: Headers) -> None:
    twice = {"items": [HOLIDAYS[0], HOLIDAYS[0]]}
    assert (await client.put("/api/v1/holidays", json=twice, headers=key | {"If-Match": "*"})).status_code == 422


async def test_a_programme_keeps_stages_dimensions_and_spellings(client: AsyncClient, key: Headers) -> None:
    made = await client.post("/api/v1/programmes", json=PROGRAMME, headers=key)
    assert made.status_code == 201
    body = made.json()
    assert body["stages"] == [STAGES[0], STAGES[1] | {"date": None, "due_date": None}]
    assert body["dimensions"] == [DIMENSIONS[0], {**DIMENSIONS[1], "sub": [], "coordinator": None}]
    assert body["aliases"] == PROGRAMME["aliases"]
    assert (await client.get("/api/v1/programmes", headers=key)).json() == {"items": [body], "next": None}
    assert (await client.get("/api/v1/programmes/smart-city", headers=key)).json() == body
    again = await client.post("/api/v1/programmes", json=PROGRAMME, headers=key)
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")


async def test_a_programme_changes_by_merge_patch(client: AsyncClient, key: Headers) -> None:
    made = await client.post("/api/v1/programmes", json=PROGRAMME, headers=key)
    headers = key | {"If-Match": made.headers["etag"]}
    changed = await client.patch("/api/v1/programmes/smart-city", json={"stages": STAGES[:1]}, headers=headers)
    assert changed.json() | {"updated_at": ""} == made.json() | {"stages": STAGES[:1], "version": 2, "updated_at": ""}
    unfit: list[dict[str, object]] = [{"dimensions": []}, {"aliases": {"smart": "tiada"}}]
    for broken in unfit:
        answer = await client.patch("/api/v1/programmes/smart-city", json=broken, headers=key | {"If-Match": "*"})
        assert answer.status_code == 422
    assert (await client.patch("/api/v1/programmes/smart-city", json={}, headers=key)).status_code == 428


async def test_programmes_are_paged_by_code(client: AsyncClient, key: Headers) -> None:
    for code in ("c", "a", "b"):
        await client.post("/api/v1/programmes", json={"code": code, "name": "Program"}, headers=key)
    first = (await client.get("/api/v1/programmes?limit=2", headers=key)).json()
    second = (await client.get(f"/api/v1/programmes?limit=2&cursor={first['next']}", headers=key)).json()
    assert [one["code"] for one in first["items"] + second["items"]] == ["a", "b", "c"]


async def test_a_readers_key_changes_no_settings(client: AsyncClient, database: Database, house: Organizer) -> None:
    async with database.write() as session:
        reader = await factories.api_key(session, house, Permission.WORKSHOPS_READ) | {"If-Match": "*"}
    answers = [
        await client.patch("/api/v1/organizer", json={}, headers=reader),
        await client.put("/api/v1/holidays", json={"items": []}, headers=reader),
        await client.post("/api/v1/programmes", json=PROGRAMME, headers=reader),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_who_sees_no_contacts_sees_neither_addresses_nor_the_signatorys_nip(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    async with database.write() as session:
        row = await session.get_one(Organizer, house.id)
        row.committee_emails = ["panitia@luwukab.go.id"]
        row.letterhead = {"signatory_office": "Kepala Dinas", "signatory_nip": "19700101 199503 1 001"}
        reader = await factories.api_key(session, house, Permission.WORKSHOPS_READ)
        knowing = await factories.api_key(session, house, Permission.WORKSHOPS_READ, Permission.CONTACTS_READ)
    hidden = (await client.get("/api/v1/organizer", headers=reader)).json()
    shown = (await client.get("/api/v1/organizer", headers=knowing)).json()
    assert (hidden["committee_emails"], hidden["letterhead"]["signatory_nip"]) == ([], None)
    assert hidden["letterhead"]["signatory_office"] == "Kepala Dinas"
    assert (shown["committee_emails"], shown["letterhead"]["signatory_nip"]) == (
        ["panitia@luwukab.go.id"],
        "19700101 199503 1 001",
    )
