"""Around every request: HEAD, other origins, foreign hosts."""

import pytest
from httpx import AsyncClient

from service.db import Database
from tests import factories
from tests.routers.test_registrations import make


@pytest.mark.parametrize("path", ["/api/v1/workshops", "/healthz", "/calendar/luwu.ics", "/api/v1/openapi.json"])
async def test_head_is_answered_like_get(client: AsyncClient, database: Database, path: str) -> None:
    async with database.write() as session:
        await factories.organizer(session, "luwu")
    read, asked = await client.get(path), await client.head(path)
    assert (asked.status_code, asked.headers.get("etag")) == (read.status_code, read.headers.get("etag")) != (405, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/workshops"),
        ("POST", "/api/v1/workshops/{id}/registrations"),
        ("PUT", "/api/v1/invitations/x/delegates"),
    ],
)
async def test_a_website_may_call_what_is_public(
    client: AsyncClient, database: Database, method: str, path: str
) -> None:
    _house, gathering, _key = await make(database)
    asked = await client.options(
        path.format(id=gathering.id),
        headers={"Origin": "https://luwukab.go.id", "Access-Control-Request-Method": method},
    )
    assert asked.headers["access-control-allow-origin"] == "*"
    assert asked.headers["access-control-allow-methods"] == method
    assert "access-control-allow-credentials" not in asked.headers


@pytest.mark.parametrize("path", ["/api/v1/staff", "/", "/sign-in"])
async def test_no_other_origin_reads_pages_or_what_needs_a_credential(client: AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Origin": "https://luwukab.go.id"})
    assert "access-control-allow-origin" not in answer.headers


async def test_a_refusal_of_a_public_call_can_be_read_by_a_website(client: AsyncClient) -> None:
    answer = await client.get("/api/v1/workshops?tipo=1", headers={"Origin": "https://luwukab.go.id"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (422, "*")


async def test_a_foreign_host_name_is_refused(client: AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
