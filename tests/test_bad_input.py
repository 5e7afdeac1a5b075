"""Malformed, huge and absurd input: always a problem with a code, never a crash, whatever takes a body."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from starlette.requests import Request

from service import errors
from service.db import Database
from service.problems import problem
from service.settings import Settings
from tests import factories
from tests.routers.test_registrations import form, make

BROKEN = [
    b"NaN",
    b'{"name": NaN}',
    b'{"name": 1e999}',
    b'{"name": "\\u0000"}',
    b'{"name": "\x00"}',
    b'{"name": "\\ud800"}',
    b'{"name": 1180591620717411303424}',
    b'{"name": "\xff\xfe"}',
    b"[" * 100_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
]
ABSURD: list[object] = [
    "\u202e",
    "x" * 100_000,
    "",
    -1,
    2**62,
    None,
    [],
    {},
    True,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2023-07-03T08:30:00",
    "-0000000001",
]


def assert_problem(answer: Response) -> None:
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"]


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                yield method.upper(), path, operation


def mutations(value: object) -> Iterator[object]:
    """The body with each of its leaves replaced by each absurdity."""
    if isinstance(value, dict):
        for name, part in value.items():
            for changed in mutations(part):
                yield value | {name: changed}
    elif isinstance(value, list) and value:
        for changed in mutations(value[0]):
            yield [changed]
    yield from ABSURD


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
async def test_a_broken_body_is_a_problem(client: AsyncClient, database: Database, body: bytes) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    assert_problem(await client.post(url, content=body, headers={"Content-Type": "application/json"}))


async def test_json_sent_as_text_is_refused(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    assert_problem(await client.post(url, content=json.dumps(form()), headers={"Content-Type": "text/plain"}))


async def test_a_body_over_the_limit_is_refused(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    answer = await client.post(url, content=b" " * 20_000_000, headers={"Content-Type": "application/json"})
    assert_problem(answer)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_the_value_is_never_echoed(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    secret = "rahasia-negara"
    for changes in ({"mode": secret}, {"consent": secret}, {secret: 1}, {"email": secret}, {"organisation": secret}):
        answer = await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=form(**changes))
        assert_problem(answer)
        assert secret not in answer.text.replace(f"/{secret}", "") or secret in changes


@pytest.mark.parametrize("credential", ["key", "participant", "portal", "device"])
async def test_no_absurd_value_crashes_any_operation(
    app: FastAPI, client: AsyncClient, database: Database, settings: Settings, credential: str
) -> None:
    some = 5 if settings.on_postgresql else 7  # a part of them keeps the suite quick; every leaf gets its turn
    house, gathering, key = await make(database)
    async with database.write() as session:
        person = await factories.registration(session, gathering)
        agency = await factories.organisation(session, house, "dinkes")
        _device, device = await factories.device(session, gathering)
        headers = {
            "key": key | {"If-Match": "*"},
            "participant": factories.bearer(factories.participant_token(session, person)),
            "portal": factories.bearer(factories.portal_token(session, agency)),
            "device": device,
        }[credential]
    ids = {"workshop_id": gathering.id, "registration_id": person.id, "code": "dinkes", "name": "headcount"}
    for method, path, operation in operations(app):
        mine = {"key": "", "participant": "/my/", "portal": "/portal", "device": "/checkins"}[credential]
        if mine not in path or path.endswith(("/session", "/password")):
            continue
        address = path
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                value = ids.get(parameter["name"], factories.some_id())
                address = address.replace(f"{{{parameter['name']}}}", str(value))
        body = operation["requestBody"]["content"]["application/json"]["example"]
        for index, changed in enumerate(mutations(body)):
            if index % some and credential == "key":
                continue
            answer = await client.request(method, address, json=changed, headers=headers)
            assert answer.status_code < 500, (method, path, str(changed)[:200], answer.text[:300])
            if answer.status_code >= 400:
                assert answer.json()["code"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=9999999999999999999999",
        "cursor=%00",
        "cursor=%F0%9F",
        "cursor=" + "A" * 600,
        "cursor=WyJ4Il0",
        "unknown=1",
        "q=%00",
        "from=0001-01-01T00:00:00%2B14:00",
        "from=gestern",
        "status=draft%00",
    ],
)
async def test_a_bad_query_is_a_problem(client: AsyncClient, database: Database, query: str) -> None:
    await make(database)
    assert_problem(await client.get(f"/api/v1/workshops?{query}"))


@pytest.mark.parametrize(
    "path", ["/api/v1/workshops/not-a-uuid", "/api/v1/workshops/%00", "/calendar/%2e%2e.ics", "/my/x"]
)
async def test_a_bad_address_is_a_problem_or_a_page(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"device_clock": "2023-07-03T10:00:00+08:00", "items": "x"}, ["/items"]),
        ({"items": []}, ["/device_clock"]),
    ],
)
async def test_a_pointer_leads_to_the_field(
    client: AsyncClient, database: Database, body: dict[str, object], pointers: list[str]
) -> None:
    _house, gathering, key = await make(database)
    answer = await client.post(f"/api/v1/workshops/{gathering.id}/checkins/batch", json=body, headers=key)
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_one_fault_is_named_once(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    answer = await client.post(url, json=form(answers={"wa": {"nested": "x"}}))
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/answers/wa"]
    asked = await client.get("/api/v1/workshops?from=gestern")
    assert [error["pointer"] for error in asked.json()["errors"]] == ["query/from"]


def test_what_a_refusal_tells_besides_replaces_no_member_of_the_problem() -> None:
    request = Request({"type": "http", "headers": [], "request_id": "1"})
    plain = json.loads(bytes(problem(request, errors.InvalidState()).body))
    besides: dict[str, Any] = dict.fromkeys(plain, "published")
    assert json.loads(bytes(problem(request, errors.InvalidState(**besides, state="x")).body)) == plain | {"state": "x"}
