"""Who tries links that open nothing: told to wait, in all processes, while good links open."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from service.app import create_app
from service.db import Database
from service.routers.visiting import Guesses, source_of
from service.settings import Settings
from tests import factories
from tests.factories import bearer, forged


@pytest.fixture
async def links(app: FastAPI, database: Database) -> tuple[str, str]:
    """A good link and a wrong one; three wrong ones are allowed."""
    database.settings.failed_links = 3
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        token = factories.participant_token(session, await factories.registration(session, gathering))
    return token, forged(token)


@pytest.fixture
async def clients(app: FastAPI, database: Database) -> AsyncIterator[list[AsyncClient]]:
    """A client at each of two processes."""
    other = create_app(database.settings)
    async with other.router.lifespan_context(other):
        transports = [ASGITransport(app=one) for one in (app, other)]
        yield [AsyncClient(transport=one, base_url="http://127.0.0.1:8000") for one in transports]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/my/{}"),
        ("GET", "/calendar/my/{}.ics"),
        ("GET", "/api/v1/invitations/{}"),
        # A form, whose transaction has to end before the guess is counted: on SQLite one of the two would wait.
        ("POST", "/confirm/{}"),
    ],
)
async def test_too_many_wrong_links_are_told_to_wait_and_good_ones_open(
    clients: list[AsyncClient], links: tuple[str, str], method: str, path: str
) -> None:
    good, wrong = links
    async with asyncio.timeout(10):
        statuses = [(await clients[number % 2].request(method, path.format(wrong))).status_code for number in range(5)]
    assert statuses == [404, 404, 404, 429, 429]
    assert (await clients[0].get(f"/my/{good}")).status_code == 200


async def test_wrong_credentials_count_alike(clients: list[AsyncClient], links: tuple[str, str]) -> None:
    good, wrong = links
    url = "/api/v1/my/registration"
    answers = [await clients[0].get(url, headers=bearer(wrong)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 601
    assert (await clients[0].get(url, headers=bearer(good))).status_code == 200
    assert (await clients[0].get(url)).status_code == 401


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_source(address: str, source: str) -> None:
    assert source_of(address) == source


def test_an_office_behind_one_address_can_send_a_thousand_people() -> None:
    assert Settings().registrations_per_address > 1000


@pytest.mark.parametrize("limit", [1, 1000])
async def test_a_flood_from_many_networks_is_not_remembered_without_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("service.routers.visiting.MOST_SOURCES", 5)
    database.settings.failed_links = limit
    guesses = Guesses()
    for network in range(12):
        for _ in range(2):
            await guesses.count(database, f"2001:db8:{network}::/64")
        assert len(guesses._pending) + len(guesses._until) <= 5
