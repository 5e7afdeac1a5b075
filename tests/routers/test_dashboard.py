"""The dashboard over HTTP: the matrix, the burn-up, links for screens, and what everybody may see."""

import pytest
from httpx import AsyncClient

from service.auth import Permission, system
from service.db import Database
from service.domain import dashboard_links
from service.errors import NotFound
from service.models.dashboard_shapes import DashboardLinkCreate
from tests import factories
from tests.support import fixture_world
from tests.support.report_tables import Tables
from tests.support.statements import counted


@pytest.fixture
async def luwu(database: Database) -> tuple[Tables, dict[str, str]]:
    """The fixture's world and a key that may read reports."""
    async with database.write() as session:
        tables = Tables(session, fixture_world.world(fixture_world.fixture()))
        await tables.write()
        return tables, await factories.api_key(session, tables.organizer, Permission.REPORTS_READ)


async def test_the_matrix_and_the_burn_up_agree_with_the_dashboard_of_that_day(
    client: AsyncClient, database: Database, luwu: tuple[Tables, dict[str, str]]
) -> None:
    tables, headers = luwu
    query = {"workshop": str(tables.workshop.id), "as_of": "2023-08-01"}
    paths = ("/api/v1/dashboard", "/api/v1/dashboard/matrix", "/api/v1/dashboard/burn-up")
    answers = [await client.get(path, params=query, headers=headers) for path in paths]
    overview, matrix, burn_up = (answer.json() for answer in answers)
    for name in ("owes", "overdue", "awaiting_review", "accepted"):
        assert matrix["total"][name] == overview["totals"][name]
    assert matrix["total"]["asked"] == overview["totals"]["commitments"] == 61
    assert [one["code"] for one in matrix["dimensions"]] == list(overview["readiness"])
    assert burn_up["points"][-1] == {"day": "2023-07-31", "standing": 58, "delivered": 25, "accepted": 20}
    assert burn_up["due"][-1] == {"day": "2023-08-25", "due": 58}
    assert sum(one["overdue"] for one in overview["delays"]) == overview["totals"]["overdue"] == 23
    assert overview["delays"][0] == {"due_date": "2023-07-14", "working_days_late": 11, "overdue": 1}
    again = [
        await client.get(path, params=query, headers=headers | {"If-None-Match": answer.headers["etag"]})
        for path, answer in zip(paths, answers, strict=True)
    ]
    assert [one.status_code for one in again] == [304, 304, 304]

    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
        powerless = await factories.api_key(session, tables.organizer, Permission.COMMITMENTS_READ)
    for path in paths[1:]:
        assert (await client.get(path, params=query, headers=stranger)).status_code == 404
        assert (await client.get(path, params=query, headers=powerless)).status_code == 403
    with counted(database) as statements:
        await client.get(paths[1], params=query, headers=headers)
        await client.get(paths[2], params=query, headers=headers)
    assert len(statements) <= 20


async def test_a_link_for_a_screen_is_shown_once_listed_without_its_secret_and_closed_for_good(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        theirs = await factories.organizer(session)
        foreign = await factories.workshop(session, theirs)
        sharer = await factories.api_key(session, house, Permission.REPORTS_SHARE)
        reader = await factories.api_key(session, house, Permission.REPORTS_READ)
        other = await factories.api_key(session, theirs)
    wanted = {"name": "Ruang rapat Sekda", "workshop": str(gathering.id)}
    assert (await client.post("/api/v1/dashboard-links", json=wanted, headers=reader)).status_code == 403
    stolen = {"name": "Layar", "workshop": str(foreign.id)}
    assert (await client.post("/api/v1/dashboard-links", json=stolen, headers=sharer)).status_code == 404
    made = (await client.post("/api/v1/dashboard-links", json=wanted, headers=sharer)).json()
    assert made["link"].endswith(f"/dashboard/{made['token']}")
    await client.post("/api/v1/dashboard-links", json={"name": "Layar dua"}, headers=sharer)

    first = (await client.get("/api/v1/dashboard-links", params={"limit": 1}, headers=sharer)).json()
    assert first["items"] == [{name: made[name] for name in ("id", "name", "workshop", "created_at")}]
    second = await client.get("/api/v1/dashboard-links", params={"cursor": first["next"]}, headers=sharer)
    assert [one["name"] for one in second.json()["items"]] == ["Layar dua"]
    assert (await client.get("/api/v1/dashboard-links", headers=other)).json()["items"] == []

    async with database.read() as session:
        actor = dashboard_links.viewer(await dashboard_links.open_link(session, made["token"]))
    assert actor.workshops == frozenset({gathering.id})
    assert actor.permissions == {Permission.REPORTS_READ, Permission.COMMITMENTS_READ}
    path = f"/api/v1/dashboard-links/{made['id']}"
    statuses = [(await client.delete(path, headers=headers)).status_code for headers in (other, sharer, sharer)]
    assert statuses == [404, 204, 204]
    async with database.read() as session:
        for token in (made["token"], factories.forged(made["token"]), "x"):
            with pytest.raises(NotFound):
                await dashboard_links.open_link(session, token)

    monkeypatch.setattr(dashboard_links, "MOST", 1)
    full = await client.post("/api/v1/dashboard-links", json=wanted, headers=sharer)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_dashboard_links")


async def test_a_link_opens_no_api_and_nothing_of_another_purpose(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        await factories.workshop(session, house)
        row = await dashboard_links.add(session, system(house.id), DashboardLinkCreate(name="Layar"))
        token = dashboard_links.token_of(session, row)
    for path in ("/api/v1/dashboard", "/api/v1/commitments", "/api/v1/portal"):
        assert (await client.get(path, headers=factories.bearer(token))).status_code == 401


async def test_what_everybody_may_see_is_nothing_at_first_and_changed_part_by_part(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        headers = await factories.api_key(session, await factories.organizer(session))
    found = await client.get("/api/v1/organizer", headers=headers)
    assert found.json()["public_progress"] == {"enabled": False, "burn_up": False, "organisations": False}
    for part in ("enabled", "burn_up"):
        sent = headers | {"If-Match": found.headers["etag"]}
        found = await client.patch("/api/v1/organizer", json={"public_progress": {part: True}}, headers=sent)
    assert found.json()["public_progress"] == {"enabled": True, "burn_up": True, "organisations": False}
    wrong = await client.patch(
        "/api/v1/organizer", json={"public_progress": {"files": True}}, headers=headers | {"If-Match": "*"}
    )
    assert wrong.status_code == 422
