"""Asking the fifteen questions over HTTP."""

from datetime import timedelta

import pytest
from httpx import AsyncClient

from service import clock
from service.auth import Permission
from service.db import Database
from service.domain import reports
from service.models.workshops import WorkshopStatus
from tests import factories
from tests.support import fixture_world
from tests.support.report_tables import Tables


@pytest.fixture
async def luwu(database: Database) -> tuple[Tables, dict[str, str]]:
    """The fixture's world and a key that may read reports."""
    async with database.write() as session:
        tables = Tables(session, fixture_world.world(fixture_world.fixture()))
        await tables.write()
        return tables, await factories.api_key(session, tables.organizer, Permission.REPORTS_READ)


async def test_the_list_names_all_fifteen_questions_in_both_languages(
    client: AsyncClient, luwu: tuple[Tables, dict[str, str]]
) -> None:
    answer = (await client.get("/api/v1/reports", headers=luwu[1])).json()
    assert [item["name"] for item in answer["items"]] == list(reports.REPORTS)
    assert len(answer["items"]) == 15
    assert answer["next"] is None
    assert all(item["title"]["id"] != item["title"]["en"] and item["shape"] for item in answer["items"])


async def test_a_report_answers_for_the_day_and_repeats_what_was_asked(
    client: AsyncClient, luwu: tuple[Tables, dict[str, str]]
) -> None:
    tables, headers = luwu
    query = {"workshop": str(tables.workshop.id), "as_of": "2023-08-01"}
    answer = await client.get("/api/v1/reports/missing-evidence", params=query, headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {
        "report": "missing-evidence",
        "workshop": str(tables.workshop.id),
        "as_of": "2023-08-01",
        "answer": ["C-E02", "C-L06", "C-S05", "C-V04"],
    }
    again = await client.get(
        "/api/v1/reports/missing-evidence", params=query, headers=headers | {"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


MOMENTS = [
    ("2023-07-03T09:00:00+08:00", "2023-07-03T09:00:00+08:00", 0),
    ("2023-07-03T09:00:00 08:00", "2023-07-03T09:00:00+08:00", 0),
    ("2023-07-03T04:00:00Z", "2023-07-03T12:00:00+08:00", 76),
    ("2023-07-02", "2023-07-02", 0),
    ("2023-07-03", "2023-07-03", 77),
    (None, "2023-07-04T18:00:00+08:00", 77),
]


async def test_a_day_means_its_local_end_an_instant_itself_and_nothing_means_now(
    client: AsyncClient, luwu: tuple[Tables, dict[str, str]]
) -> None:
    tables, headers = luwu
    clock.freeze(factories.at("07-04 18:00"))
    for as_of, echo, present in MOMENTS:
        query = {"workshop": str(tables.workshop.id)} | ({"as_of": as_of} if as_of else {})
        answer = (await client.get("/api/v1/reports/headcount", params=query, headers=headers)).json()
        assert (answer["as_of"], answer["answer"]["day1"]["unique_present"]) == (echo, present), as_of


async def test_a_report_without_a_workshop_or_with_an_unclear_moment_is_refused(
    client: AsyncClient, luwu: tuple[Tables, dict[str, str]]
) -> None:
    tables, headers = luwu
    whole = {"workshop": str(tables.workshop.id)}
    unclear = [whole | {"as_of": as_of} for as_of in ("kemarin", "2023-08-01T08:00:00")]
    for query in ({}, {"as_of": "2023-08-01"}, *unclear):
        answer = await client.get("/api/v1/reports/headcount", params=query, headers=headers)
        assert answer.status_code == 422, query


async def test_what_is_not_asked_or_not_ours_is_not_found(
    client: AsyncClient, database: Database, luwu: tuple[Tables, dict[str, str]]
) -> None:
    tables, headers = luwu
    query = {"workshop": str(tables.workshop.id)}
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
        powerless = await factories.api_key(session, tables.organizer, Permission.WORKSHOPS_READ)
    assert (await client.get("/api/v1/reports/unknown", params=query, headers=headers)).status_code == 404
    assert (await client.get("/api/v1/reports/headcount", params=query, headers=stranger)).status_code == 404
    assert (await client.get("/api/v1/dashboard", params=query, headers=stranger)).status_code == 404
    assert (await client.get("/api/v1/dashboard", headers=stranger)).status_code == 404
    assert (await client.get("/api/v1/dashboard", headers=powerless)).status_code == 403
    assert (await client.get("/api/v1/reports", headers={})).status_code == 401


async def test_the_dashboard_shows_the_workshop_that_started_last(
    client: AsyncClient, database: Database, luwu: tuple[Tables, dict[str, str]]
) -> None:
    tables, headers = luwu
    clock.freeze(factories.at("08-01 18:00"))
    async with database.write() as session:
        for weeks, status in [(-4, WorkshopStatus.COMPLETED), (8, WorkshopStatus.PUBLISHED)]:
            starts = tables.workshop.starts_at + timedelta(weeks=weeks)
            await factories.workshop(session, tables.organizer, starts_at=starts, status=status)
    answer = (await client.get("/api/v1/dashboard", params={"as_of": "2023-08-01"}, headers=headers)).json()
    assert answer["workshop"] == str(tables.workshop.id)
    assert answer["readiness"]["governance"]["readiness_pct"] == 50.0
    assert answer["totals"] == {"commitments": 61, "owes": 33, "overdue": 23, "awaiting_review": 5, "accepted": 20}
    assert answer["attendance"]["day2"]["unique_present"] == 68
    assert answer["next_due"] == [{"due_date": "2023-08-25", "owed": 10}]


async def test_the_first_and_the_last_day_of_the_calendar_have_answers(
    client: AsyncClient, luwu: tuple[Tables, dict[str, str]]
) -> None:
    tables, headers = luwu
    paths = ["/api/v1/dashboard", *(f"/api/v1/reports/{name}" for name in reports.REPORTS)]
    for as_of in ("0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        query = {"workshop": str(tables.workshop.id), "as_of": as_of}
        answers = {path: (await client.get(path, params=query, headers=headers)).status_code for path in paths}
        assert answers == dict.fromkeys(paths, 200), as_of
