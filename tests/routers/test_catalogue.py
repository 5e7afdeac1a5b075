"""What is asked for: found, dated in one of three ways, copied within a house and from those who share it."""

from typing import Any

from httpx import AsyncClient
from sqlmodel import SQLModel, select

from service.db import Database
from service.domain.programmes_uses import NAMING
from tests.support.promises import Scene, scene

API = "/api/v1"
PROGRAMME = {
    "code": "sc",
    "name": "Smart City",
    "stages": [{"code": "b1", "label": "Bimtek I", "date": "3-4 Juli 2023", "due_date": "2023-07-21"}],
    "dimensions": [{"code": "living", "label": "Kehidupan Cerdas", "coordinator": "dinkes"}],
    "aliases": {"Smart Lighting": "living"},
}


async def _sent(client: AsyncClient, s: Scene, path: str, data: dict[str, Any], status: int = 201) -> Any:
    answer = await client.post(f"{API}{path}", json=data, headers=s.headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def _two_houses(client: AsyncClient, database: Database) -> tuple[Scene, Scene]:
    """Two houses; the first has a programme with two data items, one of which names an office and a day."""
    async with database.write() as session:
        mine, theirs = await scene(session, "luwu"), await scene(session, "banjar")
    await _sent(client, mine, "/programmes", PROGRAMME)
    first = {"code": "L-1", "name": "Jumlah puskesmas", "programme": "sc", "dimension": "smart lighting"}
    await _sent(client, mine, "/data-items", first | {"due_stage": "b1", "description": "Per kecamatan"})
    second = {"code": "L-2", "name": "Daftar posyandu", "programme": "sc", "item_kind": "need"}
    await _sent(client, mine, "/data-items", second | {"requested_from": mine.agency.code, "due_date": "2099-07-21"})
    return mine, theirs


async def _listed(client: AsyncClient, s: Scene, query: str) -> list[str]:
    answer = await client.get(f"{API}/data-items?{query}", headers=s.headers)
    return [item["code"] for item in answer.json()["items"]]


async def test_items_are_found_and_dated_in_one_of_three_ways(client: AsyncClient, database: Database) -> None:
    mine, _theirs = await _two_houses(client, database)
    assert await _listed(client, mine, "programme=sc") == ["L-1", "L-2"]
    assert await _listed(client, mine, f"requested_from={mine.agency.code}") == ["L-2"]
    assert await _listed(client, mine, "q=POSYANDU") == ["L-2"]
    assert await _listed(client, mine, "q=l-&programme=sc&dimension=living") == ["L-1"]
    assert await _listed(client, mine, "q=%25") == []
    both = {"code": "X", "name": "X", "due_days": 3, "due_date": "2023-07-21"}
    refused = await _sent(client, mine, "/data-items", both, 422)
    assert [error["pointer"] for error in refused["errors"]] == ["/due_days"]
    unknown = {"code": "X", "name": "X", "programme": "sc", "due_stage": "b9"}
    refused = await _sent(client, mine, "/data-items", unknown, 422)
    assert refused["errors"][0]["pointer"] == "/due_stage"
    assert "b1" in refused["errors"][0]["message"]
    only_one = await _sent(client, mine, "/data-items", {"code": "X", "name": "X", "due_stage": "b1"})
    assert (only_one["programme"], only_one["due_stage"]) == ("sc", "b1")
    any_version = {**mine.headers, "If-Match": "*"}
    changed = await client.patch(f"{API}/data-items/X", json={"due_days": -2}, headers=any_version)
    assert [changed.json()[name] for name in ("due_days", "due_stage", "due_date")] == [-2, None, None]
    moved = await client.patch(f"{API}/data-items/X", json={"programme": None}, headers=any_version)
    assert moved.json()["programme"] is None


async def test_a_programme_is_copied_with_its_items_for_the_next_year(client: AsyncClient, database: Database) -> None:
    mine, theirs = await _two_houses(client, database)
    copy = await _sent(client, mine, "/programmes/sc/copies", {"code": "sc-2024", "name": "Smart City 2024"})
    assert (copy["name"], copy["stages"], copy["shared"]) == (
        "Smart City 2024",
        PROGRAMME["stages"],
        False,
    )
    copied = (await client.get(f"{API}/data-items?programme=sc-2024", headers=mine.headers)).json()["items"]
    assert [(one["code"], one["due_stage"], one["due_date"], one["requested_from"]) for one in copied] == [
        ("L-1-sc-2024", "b1", None, None),
        ("L-2-sc-2024", None, "2099-07-21", mine.agency.code),
    ]
    again = {"source": "sc", "programme": "sc-2024", "ending": "-sc-2024", "codes": ["L-1", "L-9"]}
    assert await _sent(client, mine, "/data-items/copies", again) == {
        "programme": "sc-2024",
        "copied": [],
        "skipped": [{"code": "L-1-sc-2024", "reason": "code_taken"}, {"code": "L-9", "reason": "unknown"}],
    }
    await _sent(client, mine, "/programmes/sc/copies", {"code": "sc-2024"}, 409)
    bare = await _sent(client, mine, "/programmes/sc/copies", {"code": "bare", "data_items": False})
    assert bare["name"] == "Smart City"
    assert await _listed(client, mine, "programme=bare") == []
    # One that was made by mistake goes, unless something hangs on it; another house's is not there.
    assert (await client.delete(f"{API}/programmes/bare", headers=theirs.headers)).status_code == 404
    assert (await client.delete(f"{API}/programmes/bare", headers=mine.headers)).status_code == 204
    assert (await client.get(f"{API}/programmes/bare", headers=mine.headers)).status_code == 404
    refused = await client.delete(f"{API}/programmes/sc", headers=mine.headers)
    assert (refused.status_code, refused.json()["uses"]) == (409, {"data_items": 2})
    columns = [column for table in SQLModel.metadata.tables.values() for column in table.columns]
    naming = {str(one) for one in columns if any(key.target_fullname == "programmes.id" for key in one.foreign_keys)}
    assert {str(select(one)).split()[1] for one in NAMING.values()} == naming


async def test_only_what_is_shared_is_copied_by_others_and_only_the_catalogue(
    client: AsyncClient, database: Database
) -> None:
    mine, theirs = await _two_houses(client, database)
    wish = {"code": "sc", "organizer": "luwu"}
    await _sent(client, theirs, "/programmes/sc/copies", wish, 404)
    assert (await client.get(f"{API}/catalogues", headers=theirs.headers)).json()["items"] == []
    shared = {**mine.headers, "If-Match": "*"}
    await client.patch(f"{API}/programmes/sc", json={"shared": True}, headers=shared)
    [offered] = (await client.get(f"{API}/catalogues", headers=theirs.headers)).json()["items"]
    assert {name: offered[name] for name in ("organizer", "code", "name", "stages", "dimensions", "data_items")} == {
        "organizer": "luwu",
        "code": "sc",
        "name": "Smart City",
        "stages": 1,
        "dimensions": 1,
        "data_items": 2,
    }
    copy = await _sent(client, theirs, "/programmes/sc/copies", wish)
    assert copy["stages"] == [{"code": "b1", "label": "Bimtek I", "date": None, "due_date": None}]
    assert (copy["dimensions"][0]["coordinator"], copy["aliases"]) == (None, {"Smart Lighting": "living"})
    copied = (await client.get(f"{API}/data-items?programme=sc", headers=theirs.headers)).json()["items"]
    assert [(one["code"], one["dimension"], one["due_stage"], one["due_date"]) for one in copied] == [
        ("L-1", "living", "b1", None),
        ("L-2", None, None, None),
    ]
    assert mine.agency.code not in str(copied)
    unshared = {"source": "nope", "organizer": "luwu", "programme": "sc"}
    refused = await _sent(client, theirs, "/data-items/copies", unshared, 422)
    assert refused["errors"][0]["pointer"] == "/source"
