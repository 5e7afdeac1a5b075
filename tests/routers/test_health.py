"""Alive and ready."""

from httpx import AsyncClient


async def test_a_running_service_is_ready(client: AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready"}


async def test_an_unknown_address_is_a_problem(client: AsyncClient) -> None:
    answer = await client.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
