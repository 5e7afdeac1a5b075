"""Nobody learns from a registration whether a contact is known: not from the answer, not from what it takes."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlmodel import func, select

from service import clock
from service.app import create_app
from service.db import Database
from service.models.messages import Message, Occasion
from service.models.outbox import EventRow
from service.models.workshops import Workshop
from service.worker import Worker
from tests import factories
from tests.support.statements import counted

PERSON = {"name": "Kepala Bidang Aptika", "email": "aptika@luwukab.go.id", "mode": "offline", "consent": True}
OTHER_NAME = PERSON | {"name": "Kepala Seksi"}
CHANGING = {"x-request-id", "date", "content-length"}


async def workshop(database: Database) -> Workshop:
    async with database.write() as session:
        return await factories.workshop(session, await factories.organizer(session))


def url(gathering: Workshop) -> str:
    return f"/api/v1/workshops/{gathering.id}/registrations"


def verbs(statements: list[str]) -> list[str]:
    """What is done to the database, in order; where a row goes is another matter."""
    return [re.sub(r"^(\w+).*", r"\1", one.strip(), flags=re.DOTALL) for one in statements]


def told(answer: Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """The answer but for what counts on: the number, and its length."""
    body = answer.json()
    assert body.pop("number") > 0
    return answer.status_code, body, {name: value for name, value in answer.headers.items() if name not in CHANGING}


async def test_new_known_held_and_limited_contacts_are_answered_alike(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    gathering = await workshop(database)
    await client.post(url(gathering), json=PERSON | {"email": "lain@luwukab.go.id"})
    seen = []
    for form in (PERSON, PERSON, OTHER_NAME, *[PERSON] * 4, *[OTHER_NAME] * 4):
        with counted(database) as statements:
            answer = await client.post(url(gathering), json=form)
        seen.append((told(answer), verbs(statements)))
        async with database.read() as session:
            events = (await session.exec(select(func.count()).select_from(EventRow))).one()
        assert events == len(seen) + 1
    assert [one for one in seen if one != seen[0]] == []


async def test_repetitions_are_written_about_three_times_an_hour(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    gathering = await workshop(database)
    start = clock.now()
    for minutes in (0, 1, 2, 11, 22, 33, 44, 55, 61, 72):
        clock.freeze(start + timedelta(minutes=minutes))
        assert (await client.post(url(gathering), json=PERSON)).status_code == 201
        await worker.drain()
    async with database.read() as session:
        sent = await session.exec(select(Message.created_at).where(Message.occasion == Occasion.REPEATED))
        minutes_of = sorted((one - start) / timedelta(minutes=1) for one in sent)
    # The confirmation is another message; 2 is in the ten minutes of 1; within an hour of 33 to 55 there were three.
    assert minutes_of == [1, 11, 22, 61, 72]


@pytest.fixture
async def two(app: FastAPI, database: Database) -> Any:
    """Clients at two processes on one database, as visitors behind the address given."""
    database.settings.registrations_per_address = 3
    other = create_app(database.settings)

    def visitor(application: FastAPI, address: str) -> AsyncClient:
        transport = ASGITransport(app=application, client=(address, 1))
        return AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")

    async with other.router.lifespan_context(other):
        yield lambda number, address: visitor((app, other)[number], address)


async def register(
    client: AsyncClient, gathering: Workshop, number: int, headers: dict[str, str] | None = None
) -> Response:
    async with client:
        return await client.post(url(gathering), json=PERSON | {"email": f"p{number}@luwukab.go.id"}, headers=headers)


@pytest.mark.parametrize(
    ("same", "elsewhere"),
    [(["192.0.2.7"], "192.0.2.8"), (["2001:db8:1:2::7", "2001:db8:1:2:ffff::9"], "2001:db8:1:3::7")],
)
async def test_one_address_is_limited_across_processes_and_its_neighbours_are_not(
    database: Database, two: Any, same: list[str], elsewhere: str
) -> None:
    gathering = await workshop(database)
    answers = [await register(two(one % 2, same[one % len(same)]), gathering, one) for one in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 601
    assert (await register(two(1, elsewhere), gathering, 9)).status_code == 201
    async with database.read() as session:
        assert (await session.exec(select(func.count()).select_from(EventRow))).one() == 4


async def test_a_persons_own_link_is_no_way_past_the_limit(database: Database, two: Any) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        mine = factories.bearer(factories.participant_token(session, await factories.registration(session, gathering)))
    answers = [await register(two(0, "192.0.2.7"), gathering, one, mine) for one in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]


async def test_who_has_a_key_is_no_stranger_and_not_counted(database: Database, two: Any) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        key = await factories.api_key(session, await factories.house_of(session, str(gathering.id)))
    answers = [await register(two(0, "192.0.2.7"), gathering, one, key) for one in range(5)]
    assert {answer.status_code for answer in answers} == {201}
