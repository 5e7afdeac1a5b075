"""The catalogue over HTTP."""

from httpx import AsyncClient

from service.db import Database
from service.models.organizers import Programme
from tests.support.promises import scene

DIMENSIONS: list[dict[str, object]] = [
    {"code": "governance", "label": "Tata Kelola Cerdas", "sub": ["Kebijakan Publik"], "coordinator": None},
    {"code": "living", "label": "Kehidupan Cerdas", "sub": ["Health"], "coordinator": None},
]


async def _programme(database: Database) -> dict[str, str]:
    async with database.write() as session:
        s = await scene(session)
        aliases = {"Smart Lighting": "living"}
        session.add(
            Programme(organizer_id=s.house.id, code="sc", name="Smart City", dimensions=DIMENSIONS, aliases=aliases)
        )
    return s.headers


async def test_a_dimension_is_understood_in_any_known_spelling(client: AsyncClient, database: Database) -> None:
    headers = await _programme(database)
    for number, spelling in enumerate(["living", "LIVING", " smart  lighting ", "Kehidupan Cerdas"]):
        data = {"code": f"DI-{number}", "name": "Data", "dimension": spelling}
        made = await client.post("/api/v1/data-items", json=data, headers=headers)
        assert (made.json()["dimension"], made.json()["programme"]) == ("living", "sc")
    listed = (await client.get("/api/v1/data-items?dimension=living", headers=headers)).json()
    assert [item["code"] for item in listed["items"]] == ["DI-0", "DI-1", "DI-2", "DI-3"]


async def test_an_unknown_dimension_is_refused_with_the_known_ones(client: AsyncClient, database: Database) -> None:
    headers = await _programme(database)
    data = {"code": "DI-1", "name": "Data", "dimension": "Smart Sky"}
    refused = await client.post("/api/v1/data-items", json=data, headers=headers)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["pointer"] == "/dimension"
    assert "governance, living" in error["message"]
    assert "Sky" not in refused.text


async def test_without_a_programme_any_dimension_is_kept_as_written(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    data = {"code": "DI-1", "name": "Data", "dimension": "Smart Sky"}
    made = await client.post("/api/v1/data-items", json=data, headers=s.headers)
    assert (made.status_code, made.json()["dimension"]) == (201, "Smart Sky")


async def test_an_entry_is_changed_by_a_merge_patch(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    data = {"code": "DI-1", "name": "Data", "requested_from": s.agency.code, "due_date": "2023-07-21"}
    made = await client.post("/api/v1/data-items", json=data, headers=s.headers)
    assert made.json()["requested_from"] == s.agency.code
    versioned = {**s.headers, "If-Match": made.headers["etag"]}
    patch = {"due_date": None, "requested_from": s.other.code, "item_kind": "need"}
    changed = (await client.patch("/api/v1/data-items/DI-1", json=patch, headers=versioned)).json()
    assert {name: changed[name] for name in patch} == patch
    assert (changed["name"], changed["version"]) == ("Data", 2)
    assert (await client.get("/api/v1/data-items/DI-1", headers=s.headers)).json() == changed
    unknown = await client.patch(
        "/api/v1/data-items/DI-1", json={"requested_from": "tiada"}, headers={**s.headers, "If-Match": "*"}
    )
    assert unknown.json()["errors"][0]["pointer"] == "/requested_from"


async def test_codes_are_unique_in_one_house_only(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s, neighbour = await scene(session), await scene(session)
    data = {"code": "DI-1", "name": "Data"}
    statuses = [
        (await client.post("/api/v1/data-items", json=data, headers=headers)).status_code
        for headers in (s.headers, s.headers, neighbour.headers)
    ]
    assert statuses == [201, 409, 201]
    assert (await client.get("/api/v1/data-items/DI-9", headers=s.headers)).status_code == 404
